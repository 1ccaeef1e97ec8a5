//! The recurrent cells.

use super::{CPU, buffer, error, host, numbers, truth};
use crate::backend::{Backend, CellStep};

const STEPS: usize = 3;

/// A cell and a direction.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kernel {
    ElmanForward,
    ElmanBackward,
    LstmForward,
    LstmBackward,
    GruForward,
    GruBackward,
}

use Kernel::{ElmanBackward, ElmanForward, GruBackward, GruForward, LstmBackward, LstmForward};

impl Kernel {
    /// G.
    fn gates(self) -> usize {
        match self {
            ElmanForward | ElmanBackward => 1,
            LstmForward | LstmBackward => 4,
            GruForward | GruBackward => 3,
        }
    }
}

/// Runs a kernel over buffers `[T, B, G·H]` and `[T+1, B, H]`, of which `poke` may change one number of
/// the first before; returns all that it may have written.
fn run<B: Backend>(backend: &B, kernel: Kernel, at: CellStep, poke: Option<(usize, f64)>) -> Vec<f64> {
    let wide = STEPS * at.batch * kernel.gates() * at.hidden;
    let narrow = (STEPS + 1) * at.batch * at.hidden;
    let mut first = numbers(wide, 1);
    if let Some((index, number)) = poke {
        first[index] = number;
    }
    let mut gates = buffer(backend, &first);
    let recurrent = buffer(backend, &numbers(wide, 2));
    let mut d_gates = buffer(backend, &numbers(wide, 3));
    let mut d_recurrent = buffer(backend, &numbers(wide, 4));
    let mut hidden = buffer(backend, &numbers(narrow, 5));
    let mut cells = buffer(backend, &numbers(narrow, 6));
    let mut d_hidden = buffer(backend, &numbers(narrow, 7));
    let mut d_cells = buffer(backend, &numbers(narrow, 8));
    match kernel {
        ElmanForward => backend.elman_forward(at, &mut gates, &mut hidden),
        ElmanBackward => backend.elman_backward(at, &gates, &d_hidden, &mut d_gates),
        LstmForward => backend.lstm_forward(at, &mut gates, &mut cells, &mut hidden),
        LstmBackward => {
            backend.lstm_backward(at, &gates, &cells, &d_hidden, &mut d_cells, &mut d_gates);
        }
        GruForward => backend.gru_forward(at, &mut gates, &recurrent, &mut hidden),
        GruBackward => {
            let (d_gates, d_recurrent) = (&mut d_gates, &mut d_recurrent);
            backend.gru_backward(at, &gates, &recurrent, &hidden, &mut d_hidden, d_gates, d_recurrent);
        }
    }
    let wide = [gates, d_gates, d_recurrent].map(|buffer| host(backend, &buffer, wide));
    let narrow = [hidden, cells, d_hidden, d_cells].map(|buffer| host(backend, &buffer, narrow));
    wide.into_iter().chain(narrow).flatten().collect()
}

#[test]
fn cells_agree() {
    for (kernel, tolerance) in [
        (ElmanForward, 3e-7),  // measured 8.5e-8
        (ElmanBackward, 3e-7), // 8.9e-8
        (LstmForward, 4e-7),   // 1.3e-7
        (LstmBackward, 4e-6),  // 1.3e-6
        (GruForward, 4e-7),    // 1.2e-7
        (GruBackward, 1e-6),   // 3.6e-7
    ] {
        let mut worst = 0.0_f64;
        for batch in [1, 3] {
            for hidden in [1, 3, 4, 5, 7, 16, 33, 127] {
                for step in [0, STEPS - 1] {
                    let at = CellStep { batch, hidden, step };
                    let found = run(&CPU, kernel, at, None);
                    worst = worst.max(error(&found, &run(&truth(), kernel, at, None)));
                }
            }
        }
        assert!(worst < tolerance, "{kernel:?}: {worst:e}");
    }
}

#[test]
fn what_is_not_finite_spreads_as_in_the_reference() {
    let at = CellStep { batch: 2, hidden: 5, step: 1 };
    for kernel in [ElmanForward, ElmanBackward, LstmForward, LstmBackward, GruForward, GruBackward] {
        for gate in 0..kernel.gates() {
            // The first unit and the last, which lies in the padded vector, of the second sequence.
            for unit in [0, at.hidden - 1] {
                let index = (at.batch + 1) * kernel.gates() * at.hidden + gate * at.hidden + unit;
                let poke = Some((index, f64::NAN));
                let found = run(&CPU, kernel, at, poke);
                let lost = |numbers: &[f64]| -> Vec<usize> {
                    (0..numbers.len()).filter(|&n| numbers[n].is_nan()).collect()
                };
                assert_eq!(lost(&found), lost(&run(&truth(), kernel, at, poke)), "{kernel:?}, gate {gate}");
            }
        }
    }
}
