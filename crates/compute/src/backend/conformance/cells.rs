//! The recurrent cells.

use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, CellSize, Cells, GruGradient, GruTrace, LstmGradient, LstmTrace, Nonlinearity};

/// Rows before those of the step, and behind them.
const FIRST: usize = 2;

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
    3e-7, // 9.9e-8
    0.0,  // exact
    6e-7, // 2.1e-7
    2e-7, // 4.0e-8
    6e-7, // 2.0e-7
    2e-5, // 5.0e-6
    6e-7, // 1.8e-7
    2e-6, // 6.3e-7
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
    let rows = size.rows + 2 * FIRST;
    let mut first = numbers(rows * wide, 1);
    if let Some((index, number)) = poke {
        first[index] = number;
    }
    let mut gates = buffer(backend, &first);
    let recurrent = buffer(backend, &numbers(rows * wide, 2));
    let mut d_gates = buffer(backend, &numbers(rows * wide, 3));
    let mut d_recurrent = buffer(backend, &numbers(rows * wide, 4));
    let [mut hidden, mut cells, mut d_hidden, mut d_cells, previous] =
        [5, 6, 7, 8, 9].map(|seed| buffer(backend, &numbers(rows * units, seed)));
    let mut carried = buffer(backend, &numbers(rows * units, 10));
    let mut carried_cells = buffer(backend, &numbers(rows * units, 11));
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
    let wide = [gates, d_gates, d_recurrent].map(|buffer| host(backend, &buffer, rows * wide));
    let narrow = [hidden, cells, d_hidden, d_cells, carried, carried_cells]
        .map(|buffer| host(backend, &buffer, rows * units));
    wide.into_iter().chain(narrow).flatten().collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: rows and hidden units.
#[must_use]
pub fn agreement<B: Cells>(backend: &B) -> Vec<Agreement> {
    let each = |(kernel, what)| {
        let mut agreement = Agreement::new(what);
        let ragged = [1, 3].into_iter().flat_map(|rows| RAGGED.map(|hidden| [rows, hidden]));
        for [rows, hidden] in ragged.chain([[64, 128], [64, 512]]) {
            let size = CellSize { rows, hidden };
            let [found, want] = [run(backend, kernel, size, None), run(&truth(), kernel, size, None)];
            agreement.compare(&[rows, hidden], &found, &want);
        }
        agreement
    };
    KERNELS.map(each).into()
}

#[test]
fn cells_agree() {
    assert_within(&agreement(&CPU), &TOLERANCES);
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
