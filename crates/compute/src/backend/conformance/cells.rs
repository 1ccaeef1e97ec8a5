//! The recurrent cells.

use super::{CPU, buffer, error, host, numbers, truth};
use crate::backend::{At, Backend, CellSize, GruGradient, GruTrace, LstmGradient, LstmTrace, Nonlinearity};

/// Rows before those of the step.
const FIRST: usize = 2;
/// Rows in all.
const ROWS: usize = 7;

/// A cell and a direction.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kernel {
    ElmanForward(Nonlinearity),
    ElmanBackward(Nonlinearity),
    LstmForward,
    LstmBackward,
    GruForward,
    GruBackward,
}

use Kernel::{ElmanBackward, ElmanForward, GruBackward, GruForward, LstmBackward, LstmForward};
use Nonlinearity::{Relu, Tanh};

/// Every kernel with its tolerance, beside the largest error measured.
const KERNELS: [(Kernel, f64); 8] = [
    (ElmanForward(Tanh), 3e-7),  // 8.4e-8
    (ElmanForward(Relu), 0.0),   // exact
    (ElmanBackward(Tanh), 3e-7), // 9.4e-8
    (ElmanBackward(Relu), 2e-7), // 3.9e-8
    (LstmForward, 4e-7),         // 1.0e-7
    (LstmBackward, 3e-6),        // 9.4e-7
    (GruForward, 4e-7),          // 1.4e-7
    (GruBackward, 1e-6),         // 3.7e-7
];

impl Kernel {
    /// G.
    fn gates(self) -> usize {
        match self {
            ElmanForward(_) | ElmanBackward(_) => 1,
            LstmForward | LstmBackward => 4,
            GruForward | GruBackward => 3,
        }
    }
}

/// Runs a kernel over some rows of tensors, of which `poke` may change one number of the gates before;
/// returns all that it may have written, the rows around included.
fn run<B: Backend>(backend: &B, kernel: Kernel, size: CellSize, poke: Option<(usize, f64)>) -> Vec<f64> {
    let (units, wide) = (size.hidden, kernel.gates() * size.hidden);
    let mut first = numbers(ROWS * wide, 1);
    if let Some((index, number)) = poke {
        first[index] = number;
    }
    let mut gates = buffer(backend, &first);
    let recurrent = buffer(backend, &numbers(ROWS * wide, 2));
    let mut d_gates = buffer(backend, &numbers(ROWS * wide, 3));
    let mut d_recurrent = buffer(backend, &numbers(ROWS * wide, 4));
    let [mut hidden, mut cells, mut d_hidden, mut d_cells, previous] =
        [5, 6, 7, 8, 9].map(|seed| buffer(backend, &numbers(ROWS * units, seed)));
    let mut carried = buffer(backend, &numbers(ROWS * units, 10));
    let mut carried_cells = buffer(backend, &numbers(ROWS * units, 11));
    let (wide_start, start) = (FIRST * wide, FIRST * units);
    match kernel {
        ElmanForward(nonlinearity) => {
            let (gates, hidden) = (At(&mut gates, wide_start), At(&mut hidden, start));
            backend.elman_forward(size, nonlinearity, gates, hidden);
        }
        ElmanBackward(nonlinearity) => {
            let (d_hidden, d_gates) = (At(&mut d_hidden, start), At(&mut d_gates, wide_start));
            let hidden = At(&gates, start);
            backend.elman_backward(size, nonlinearity, hidden, &carried, d_hidden, d_gates);
        }
        LstmForward => {
            let (cells, hidden) = (At(&mut cells, start), At(&mut hidden, start));
            backend.lstm_forward(size, At(&mut gates, wide_start), &previous, cells, hidden);
        }
        LstmBackward => {
            let trace = LstmTrace {
                gates: At(&gates, wide_start),
                previous: At(&previous, start),
                cells: At(&cells, start),
            };
            let gradient = LstmGradient {
                hidden: At(&mut d_hidden, start),
                cells: At(&mut d_cells, start),
                carried_hidden: &carried,
                carried_cells: &mut carried_cells,
                gates: At(&mut d_gates, wide_start),
            };
            backend.lstm_backward(size, trace, gradient);
        }
        GruForward => {
            let (gates, recurrent) = (At(&mut gates, wide_start), At(&recurrent, wide_start));
            backend.gru_forward(size, gates, recurrent, &previous, At(&mut hidden, start));
        }
        GruBackward => {
            let trace = GruTrace {
                gates: At(&gates, wide_start),
                recurrent: At(&recurrent, wide_start),
                previous: At(&previous, start),
            };
            let gradient = GruGradient {
                hidden: At(&mut d_hidden, start),
                carried: &mut carried,
                gates: At(&mut d_gates, wide_start),
                recurrent: At(&mut d_recurrent, wide_start),
            };
            backend.gru_backward(size, trace, gradient);
        }
    }
    let wide = [gates, d_gates, d_recurrent].map(|buffer| host(backend, &buffer, ROWS * wide));
    let narrow = [hidden, cells, d_hidden, d_cells, carried, carried_cells]
        .map(|buffer| host(backend, &buffer, ROWS * units));
    wide.into_iter().chain(narrow).flatten().collect()
}

#[test]
fn cells_agree() {
    for (kernel, tolerance) in KERNELS {
        let mut worst = 0.0_f64;
        for rows in [1, 3] {
            for hidden in [1, 3, 4, 5, 7, 16, 33, 127] {
                let size = CellSize { rows, hidden };
                let found = run(&CPU, kernel, size, None);
                worst = worst.max(error(&found, &run(&truth(), kernel, size, None)));
            }
        }
        assert!(worst <= tolerance, "{kernel:?}: {worst:e}");
    }
}

#[test]
fn what_is_not_finite_spreads_as_in_the_reference() {
    let size = CellSize { rows: 2, hidden: 5 };
    for (kernel, _) in KERNELS {
        for gate in 0..kernel.gates() {
            // The first unit and the last, which lies in the padded vector, of the second sequence.
            for unit in [0, size.hidden - 1] {
                let index = (FIRST + 1) * kernel.gates() * size.hidden + gate * size.hidden + unit;
                let poke = Some((index, f64::NAN));
                let found = run(&CPU, kernel, size, poke);
                let lost = |numbers: &[f64]| -> Vec<usize> {
                    (0..numbers.len()).filter(|&n| numbers[n].is_nan()).collect()
                };
                assert_eq!(lost(&found), lost(&run(&truth(), kernel, size, poke)), "{kernel:?}, gate {gate}");
            }
        }
    }
}
