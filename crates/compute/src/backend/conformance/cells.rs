//! The recurrent cells.

#[cfg(test)]
use super::CPU;
use super::{Agreement, buffer, host, numbers, truth};
use crate::backend::{At, CellSize, Cells, GruGradient, GruTrace, LstmGradient, LstmTrace, Nonlinearity};

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

/// Every kernel, by name.
const KERNELS: [(Kernel, &str); 8] = [
    (ElmanForward(Tanh), "Elman's cell, tanh"),
    (ElmanForward(Relu), "Elman's cell, ReLU"),
    (ElmanBackward(Tanh), "Elman's cell, tanh, backward"),
    (ElmanBackward(Relu), "Elman's cell, ReLU, backward"),
    (LstmForward, "LSTM"),
    (LstmBackward, "LSTM, backward"),
    (GruForward, "GRU"),
    (GruBackward, "GRU, backward"),
];

/// The CPU's tolerance for each, beside the largest error measured.
#[cfg(test)]
const TOLERANCES: [f64; 8] = [
    3e-7, // 8.4e-8
    0.0,  // exact
    3e-7, // 9.4e-8
    2e-7, // 3.9e-8
    4e-7, // 1.0e-7
    3e-6, // 9.4e-7
    4e-7, // 1.4e-7
    1e-6, // 3.7e-7
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
fn run<B: Cells>(backend: &B, kernel: Kernel, size: CellSize, poke: Option<(usize, f64)>) -> Vec<f64> {
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

/// Every scenario of this suite, compared with the scalar reference.
#[must_use]
pub fn agreement<B: Cells>(backend: &B) -> Vec<Agreement> {
    let each = |(kernel, what)| {
        let mut agreement = Agreement::new(what);
        for rows in [1, 3] {
            for hidden in [1, 3, 4, 5, 7, 16, 31, 33, 65, 127] {
                let size = CellSize { rows, hidden };
                agreement.compare(&run(backend, kernel, size, None), &run(&truth(), kernel, size, None));
            }
        }
        agreement
    };
    KERNELS.map(each).into()
}

#[test]
fn cells_agree() {
    for (agreement, tolerance) in agreement(&CPU).into_iter().zip(TOLERANCES) {
        assert!(agreement.worst <= tolerance, "{agreement:?}");
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
