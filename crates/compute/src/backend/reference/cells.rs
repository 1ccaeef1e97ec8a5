//! The recurrent cells, scalar.

use super::{Reference, matrix, matrix_mut};
use crate::Real;
use crate::backend::{At, CellStep, Cells};

/// Where step t of a `[T, B, width]` buffer starts.
fn slot(at: CellStep, step: usize, width: usize) -> usize {
    step * at.batch * width
}

impl<R: Real> Cells for Reference<R> {
    fn elman_forward(&self, at: CellStep, gates: &mut Vec<R>, hidden: &mut Vec<R>) {
        let (now, next) = (slot(at, at.step, at.hidden), slot(at, at.step + 1, at.hidden));
        for n in 0..at.batch * at.hidden {
            gates[now + n] = gates[now + n].tanh();
            hidden[next + n] = gates[now + n];
        }
    }

    fn elman_backward(&self, at: CellStep, gates: &Vec<R>, d_hidden: &Vec<R>, d_gates: &mut Vec<R>) {
        let (now, next) = (slot(at, at.step, at.hidden), slot(at, at.step + 1, at.hidden));
        for n in 0..at.batch * at.hidden {
            let h = gates[now + n];
            d_gates[now + n] = d_hidden[next + n] * (R::ONE - h * h);
        }
    }

    fn lstm_forward(&self, at: CellStep, gates: &mut Vec<R>, cells: &mut Vec<R>, hidden: &mut Vec<R>) {
        let units = at.hidden;
        let mut gates = matrix_mut(At(gates, slot(at, at.step, 4 * units)), at.batch, 4 * units);
        for b in 0..at.batch {
            for u in 0..units {
                let i = gates[[b, u]].sigmoid();
                let f = gates[[b, units + u]].sigmoid();
                let g = gates[[b, 2 * units + u]].tanh();
                let o = gates[[b, 3 * units + u]].sigmoid();
                let previous = slot(at, at.step, units) + b * units + u;
                let next = slot(at, at.step + 1, units) + b * units + u;
                cells[next] = f * cells[previous] + i * g;
                hidden[next] = o * cells[next].tanh();
                for (k, activation) in [i, f, g, o].into_iter().enumerate() {
                    gates[[b, k * units + u]] = activation;
                }
            }
        }
    }

    fn lstm_backward(
        &self,
        at: CellStep,
        gates: &Vec<R>,
        cells: &Vec<R>,
        d_hidden: &Vec<R>,
        d_cells: &mut Vec<R>,
        d_gates: &mut Vec<R>,
    ) {
        let units = at.hidden;
        let start = slot(at, at.step, 4 * units);
        let gates = matrix(At(gates, start), at.batch, 4 * units);
        let mut d_gates = matrix_mut(At(d_gates, start), at.batch, 4 * units);
        for b in 0..at.batch {
            for u in 0..units {
                let [i, f, g, o] = std::array::from_fn(|k| gates[[b, k * units + u]]);
                let previous = slot(at, at.step, units) + b * units + u;
                let next = slot(at, at.step + 1, units) + b * units + u;
                let squashed = cells[next].tanh();
                let d_h = d_hidden[next];
                d_cells[next] += d_h * o * (R::ONE - squashed * squashed);
                let d_c = d_cells[next];
                d_cells[previous] += d_c * f;
                d_gates[[b, u]] = d_c * g * i * (R::ONE - i);
                d_gates[[b, units + u]] = d_c * cells[previous] * f * (R::ONE - f);
                d_gates[[b, 2 * units + u]] = d_c * i * (R::ONE - g * g);
                d_gates[[b, 3 * units + u]] = d_h * squashed * o * (R::ONE - o);
            }
        }
    }

    fn gru_forward(&self, at: CellStep, gates: &mut Vec<R>, recurrent: &Vec<R>, hidden: &mut Vec<R>) {
        let units = at.hidden;
        let start = slot(at, at.step, 3 * units);
        let mut gates = matrix_mut(At(gates, start), at.batch, 3 * units);
        let recurrent = matrix(At(recurrent, start), at.batch, 3 * units);
        for b in 0..at.batch {
            for u in 0..units {
                let r = (gates[[b, u]] + recurrent[[b, u]]).sigmoid();
                let z = (gates[[b, units + u]] + recurrent[[b, units + u]]).sigmoid();
                let n = (gates[[b, 2 * units + u]] + r * recurrent[[b, 2 * units + u]]).tanh();
                let previous = slot(at, at.step, units) + b * units + u;
                let next = slot(at, at.step + 1, units) + b * units + u;
                hidden[next] = (R::ONE - z) * n + z * hidden[previous];
                for (k, activation) in [r, z, n].into_iter().enumerate() {
                    gates[[b, k * units + u]] = activation;
                }
            }
        }
    }

    fn gru_backward(
        &self,
        at: CellStep,
        gates: &Vec<R>,
        recurrent: &Vec<R>,
        hidden: &Vec<R>,
        d_hidden: &mut Vec<R>,
        d_gates: &mut Vec<R>,
        d_recurrent: &mut Vec<R>,
    ) {
        let units = at.hidden;
        let start = slot(at, at.step, 3 * units);
        let gates = matrix(At(gates, start), at.batch, 3 * units);
        let recurrent = matrix(At(recurrent, start), at.batch, 3 * units);
        let mut d_gates = matrix_mut(At(d_gates, start), at.batch, 3 * units);
        let mut d_recurrent = matrix_mut(At(d_recurrent, start), at.batch, 3 * units);
        for b in 0..at.batch {
            for u in 0..units {
                let [r, z, n] = std::array::from_fn(|k| gates[[b, k * units + u]]);
                let previous = slot(at, at.step, units) + b * units + u;
                let next = slot(at, at.step + 1, units) + b * units + u;
                let d_h = d_hidden[next];
                let d_n = d_h * (R::ONE - z) * (R::ONE - n * n);
                let d_r = d_n * recurrent[[b, 2 * units + u]] * r * (R::ONE - r);
                let d_z = d_h * (hidden[previous] - n) * z * (R::ONE - z);
                d_hidden[previous] += d_h * z;
                for (k, [input, state]) in [[d_r, d_r], [d_z, d_z], [d_n, d_n * r]].into_iter().enumerate() {
                    d_gates[[b, k * units + u]] = input;
                    d_recurrent[[b, k * units + u]] = state;
                }
            }
        }
    }
}
