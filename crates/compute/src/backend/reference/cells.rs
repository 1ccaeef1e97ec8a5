//! The recurrent cells, scalar.

use super::{Reference, matrix, matrix_mut};
use crate::Real;
use crate::backend::{At, CellSize, Cells, GruGradient, GruTrace, LstmGradient, LstmTrace, Nonlinearity};

impl<R: Real> Cells for Reference<R> {
    fn elman_forward(
        &self,
        size: CellSize,
        nonlinearity: Nonlinearity,
        At(gates, a): At<&mut Vec<R>>,
        At(hidden, h): At<&mut Vec<R>>,
    ) {
        for n in 0..size.rows * size.hidden {
            let x = gates[a + n];
            gates[a + n] = match nonlinearity {
                Nonlinearity::Tanh => x.tanh(),
                // Written so that NaN stays.
                Nonlinearity::Relu => {
                    if x < R::ZERO {
                        R::ZERO
                    } else {
                        x
                    }
                }
            };
            hidden[h + n] = gates[a + n];
        }
    }

    fn elman_backward(
        &self,
        size: CellSize,
        nonlinearity: Nonlinearity,
        At(hidden, h): At<&Vec<R>>,
        carried: &Vec<R>,
        At(d_hidden, d_h): At<&mut Vec<R>>,
        At(d_gates, d_a): At<&mut Vec<R>>,
    ) {
        for n in 0..size.rows * size.hidden {
            d_hidden[d_h + n] += carried[n];
            let y = hidden[h + n];
            let slope = match nonlinearity {
                Nonlinearity::Tanh => R::ONE - y * y,
                Nonlinearity::Relu => {
                    if y == R::ZERO {
                        R::ZERO
                    } else {
                        R::ONE
                    }
                }
            };
            d_gates[d_a + n] = d_hidden[d_h + n] * slope;
        }
    }

    fn lstm_forward(
        &self,
        size: CellSize,
        gates: At<&mut Vec<R>>,
        previous: &Vec<R>,
        cells: At<&mut Vec<R>>,
        hidden: At<&mut Vec<R>>,
    ) {
        let CellSize { rows, hidden: units } = size;
        let mut gates = matrix_mut(gates, rows, 4 * units);
        let previous = matrix(At(previous, 0), rows, units);
        let (mut cells, mut hidden) = (matrix_mut(cells, rows, units), matrix_mut(hidden, rows, units));
        for b in 0..rows {
            for u in 0..units {
                let i = gates[[b, u]].sigmoid();
                let f = gates[[b, units + u]].sigmoid();
                let g = gates[[b, 2 * units + u]].tanh();
                let o = gates[[b, 3 * units + u]].sigmoid();
                let c = f * previous[[b, u]] + i * g;
                cells[[b, u]] = c;
                hidden[[b, u]] = o * c.tanh();
                for (k, activation) in [i, f, g, o].into_iter().enumerate() {
                    gates[[b, k * units + u]] = activation;
                }
            }
        }
    }

    fn lstm_backward(
        &self,
        size: CellSize,
        trace: LstmTrace<'_, Vec<R>>,
        gradient: LstmGradient<'_, Vec<R>>,
    ) {
        let CellSize { rows, hidden: units } = size;
        let gates = matrix(trace.gates, rows, 4 * units);
        let previous = matrix(trace.previous, rows, units);
        let cells = matrix(trace.cells, rows, units);
        let mut d_hidden = matrix_mut(gradient.hidden, rows, units);
        let mut d_cells = matrix_mut(gradient.cells, rows, units);
        let carried_hidden = matrix(At(gradient.carried_hidden, 0), rows, units);
        let mut carried_cells = matrix_mut(At(gradient.carried_cells, 0), rows, units);
        let mut d_gates = matrix_mut(gradient.gates, rows, 4 * units);
        for b in 0..rows {
            for u in 0..units {
                let [i, f, g, o] = std::array::from_fn(|k| gates[[b, k * units + u]]);
                let squashed = cells[[b, u]].tanh();
                let d_h = d_hidden[[b, u]] + carried_hidden[[b, u]];
                let d_c = d_cells[[b, u]] + carried_cells[[b, u]] + d_h * o * (R::ONE - squashed * squashed);
                d_hidden[[b, u]] = d_h;
                d_cells[[b, u]] = d_c;
                carried_cells[[b, u]] = d_c * f;
                d_gates[[b, u]] = d_c * g * i * (R::ONE - i);
                d_gates[[b, units + u]] = d_c * previous[[b, u]] * f * (R::ONE - f);
                d_gates[[b, 2 * units + u]] = d_c * i * (R::ONE - g * g);
                d_gates[[b, 3 * units + u]] = d_h * squashed * o * (R::ONE - o);
            }
        }
    }

    fn gru_forward(
        &self,
        size: CellSize,
        gates: At<&mut Vec<R>>,
        recurrent: At<&Vec<R>>,
        previous: &Vec<R>,
        hidden: At<&mut Vec<R>>,
    ) {
        let CellSize { rows, hidden: units } = size;
        let mut gates = matrix_mut(gates, rows, 3 * units);
        let recurrent = matrix(recurrent, rows, 3 * units);
        let previous = matrix(At(previous, 0), rows, units);
        let mut hidden = matrix_mut(hidden, rows, units);
        for b in 0..rows {
            for u in 0..units {
                let r = (gates[[b, u]] + recurrent[[b, u]]).sigmoid();
                let z = (gates[[b, units + u]] + recurrent[[b, units + u]]).sigmoid();
                let n = (gates[[b, 2 * units + u]] + r * recurrent[[b, 2 * units + u]]).tanh();
                hidden[[b, u]] = (R::ONE - z) * n + z * previous[[b, u]];
                for (k, activation) in [r, z, n].into_iter().enumerate() {
                    gates[[b, k * units + u]] = activation;
                }
            }
        }
    }

    fn gru_backward(&self, size: CellSize, trace: GruTrace<'_, Vec<R>>, gradient: GruGradient<'_, Vec<R>>) {
        let CellSize { rows, hidden: units } = size;
        let gates = matrix(trace.gates, rows, 3 * units);
        let recurrent = matrix(trace.recurrent, rows, 3 * units);
        let previous = matrix(trace.previous, rows, units);
        let mut d_hidden = matrix_mut(gradient.hidden, rows, units);
        let mut carried = matrix_mut(At(gradient.carried, 0), rows, units);
        let mut d_gates = matrix_mut(gradient.gates, rows, 3 * units);
        let mut d_recurrent = matrix_mut(gradient.recurrent, rows, 3 * units);
        for b in 0..rows {
            for u in 0..units {
                let [r, z, n] = std::array::from_fn(|k| gates[[b, k * units + u]]);
                let d_h = d_hidden[[b, u]] + carried[[b, u]];
                d_hidden[[b, u]] = d_h;
                let d_n = d_h * (R::ONE - z) * (R::ONE - n * n);
                let d_r = d_n * recurrent[[b, 2 * units + u]] * r * (R::ONE - r);
                let d_z = d_h * (previous[[b, u]] - n) * z * (R::ONE - z);
                carried[[b, u]] = d_h * z;
                for (k, [input, state]) in [[d_r, d_r], [d_z, d_z], [d_n, d_n * r]].into_iter().enumerate() {
                    d_gates[[b, k * units + u]] = input;
                    d_recurrent[[b, k * units + u]] = state;
                }
            }
        }
    }
}
