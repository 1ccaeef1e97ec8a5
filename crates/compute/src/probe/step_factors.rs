//! The Jacobian of one step, as factors of columns.
//!
//! Symbols as in [`super::jacobian`]: `α, β [G·H]` lead from h and c after the step to the recurrent
//! product, `π [H]` from h to the h before it past the gates, `γ, f [H]` from h and c to the c before it;
//! `s, s_c` the state before the step; `a_hn` the recurrent product in the GRU's n block.
//!
//! 1. Elman: `α = 1 − h²`, or `[h > 0]`.
//! 2. GRU: `α_r = (1 − z) ⊙ (1 − n²) ⊙ a_hn ⊙ r(1 − r)`, `α_z = (s − n) ⊙ z(1 − z)`,
//!    `α_n = (1 − z) ⊙ (1 − n²) ⊙ r`; `π = z`.
//! 3. LSTM, with `u = o ⊙ (1 − tanh²c)`: `β = (g ⊙ i(1 − i), s_c ⊙ f(1 − f), i ⊙ (1 − g²), 0)`,
//!    `α = (u, u, u, 0) ⊙ β + (0, 0, 0, tanh(c) ⊙ o(1 − o))`; `γ = u ⊙ f`.

use super::ProbedLayer;
use crate::backend::{Backend, Nonlinearity};
use crate::ops::{CellKind, Direction};
use crate::{ComputeError, Parameters, Real, Tape};
use ndarray::{Array1, Array2, Array3, ArrayView1, s};

/// What a step scales columns by.
#[derive(Debug, Clone)]
pub(super) struct StepFactors {
    /// α.
    pub(super) hidden: Array1<f64>,
    /// π, GRU only.
    pub(super) past: Option<Array1<f64>>,
    /// LSTM only.
    pub(super) cells: Option<CellFactors>,
}

/// What a step of an LSTM scales columns by on the way to and from c.
#[derive(Debug, Clone)]
pub(super) struct CellFactors {
    /// β.
    pub(super) gates: Array1<f64>,
    /// γ.
    pub(super) from_hidden: Array1<f64>,
    /// f.
    pub(super) forget: Array1<f64>,
}

/// What the steps of one sequence computed, one row each.
pub(super) struct SequenceTrace {
    cell: CellKind,
    /// H.
    size: usize,
    hidden: Array2<f64>,
    gates: Array2<f64>,
    hidden_before: Array2<f64>,
    /// c and s_c, LSTM only.
    cells: Option<[Array2<f64>; 2]>,
    /// a_h, GRU only.
    recurrent_share: Option<Array2<f64>>,
}

impl SequenceTrace {
    /// Reads sequence `sequence` of the last forward pass.
    pub(super) fn read<B: Backend>(
        layer: &ProbedLayer,
        tape: &Tape<B>,
        parameters: &Parameters<B>,
        sequence: usize,
    ) -> Result<Self, ComputeError> {
        let (activations, before) = (layer.activations(tape)?, layer.states_before(tape)?);
        let Some(&steps) = activations.lengths.get(sequence) else {
            let (size, found) = (activations.lengths.len(), u32::try_from(sequence).unwrap_or(u32::MAX));
            return Err(ComputeError::Index { what: "sequence", size, found });
        };
        let rows = |padded: &Array3<B::Elem>| padded.slice(s![..steps, sequence, ..]).mapv(Real::to_f64);
        let places: Vec<_> = (0..steps).map(|step| (step, sequence)).collect();
        let is_gru = layer.cell == CellKind::Gru;
        let cells = activations.cells.as_ref().zip(before.cells.as_ref());
        Ok(Self {
            cell: layer.cell,
            size: layer.weights.hidden,
            hidden: rows(&activations.hidden),
            gates: rows(&activations.gates),
            hidden_before: rows(&before.hidden),
            cells: cells.map(|(after, before)| [rows(after), rows(before)]),
            recurrent_share: is_gru.then(|| layer.recurrent_share(tape, parameters, &places)).transpose()?,
        })
    }

    /// The factors of every step, in the order of the layer's walk: T is the last.
    pub(super) fn along_walk(&self, direction: Direction) -> Vec<StepFactors> {
        let mut factors: Vec<_> = (0..self.hidden.nrows()).map(|step| self.factors(step)).collect();
        if direction == Direction::Reverse {
            factors.reverse();
        }
        factors
    }

    /// The factors of step `step`.
    fn factors(&self, step: usize) -> StepFactors {
        match (self.cell, &self.cells, &self.recurrent_share) {
            (CellKind::Gru, _, Some(a_h)) => self.gru(step, &a_h.row(step)),
            (CellKind::Lstm, Some(cells), _) => {
                self.lstm(step, &cells.each_ref().map(|cells| cells.row(step)))
            }
            (CellKind::Elman(Nonlinearity::Relu), ..) => {
                self.elman(step, |h| if h > 0.0 { 1.0 } else { 0.0 })
            }
            _ => self.elman(step, |h| 1.0 - h * h),
        }
    }

    /// (1).
    fn elman(&self, step: usize, slope: impl Fn(f64) -> f64) -> StepFactors {
        StepFactors { hidden: self.hidden.row(step).mapv(slope), past: None, cells: None }
    }

    /// (2).
    fn gru(&self, step: usize, a_h: &ArrayView1<'_, f64>) -> StepFactors {
        let [r, z, n] = [0, 1, 2].map(|block| self.gate(step, block));
        let (size, s) = (self.size, self.hidden_before.row(step));
        let mut alpha = Array1::zeros(3 * size);
        for unit in 0..size {
            let (r, z, n) = (r[unit], z[unit], n[unit]);
            let d_a_n = (1.0 - z) * (1.0 - n * n);
            alpha[unit] = d_a_n * a_h[2 * size + unit] * r * (1.0 - r);
            alpha[size + unit] = (s[unit] - n) * z * (1.0 - z);
            alpha[2 * size + unit] = d_a_n * r;
        }
        StepFactors { hidden: alpha, past: Some(z.to_owned()), cells: None }
    }

    /// (3).
    fn lstm(&self, step: usize, [c, before]: &[ArrayView1<'_, f64>; 2]) -> StepFactors {
        let [i, f, g, o] = [0, 1, 2, 3].map(|block| self.gate(step, block));
        let size = self.size;
        let (mut alpha, mut beta) = (Array1::zeros(4 * size), Array1::zeros(4 * size));
        let mut gamma = Array1::zeros(size);
        for unit in 0..size {
            let (i, f, g, o) = (i[unit], f[unit], g[unit], o[unit]);
            let tanh_c = Real::tanh(c[unit]);
            let u = o * (1.0 - tanh_c * tanh_c);
            let by_cells = [g * i * (1.0 - i), before[unit] * f * (1.0 - f), i * (1.0 - g * g)];
            for (block, by_cells) in by_cells.into_iter().enumerate() {
                beta[block * size + unit] = by_cells;
                alpha[block * size + unit] = u * by_cells;
            }
            alpha[3 * size + unit] = tanh_c * o * (1.0 - o);
            gamma[unit] = u * f;
        }
        let cells = CellFactors { gates: beta, from_hidden: gamma, forget: f.to_owned() };
        StepFactors { hidden: alpha, past: None, cells: Some(cells) }
    }

    fn gate(&self, step: usize, block: usize) -> ArrayView1<'_, f64> {
        self.gates.slice(s![step, block * self.size..(block + 1) * self.size])
    }
}
