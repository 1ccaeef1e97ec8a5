//! What the gates' nonlinearities received.
//!
//! A recurrent layer turns pre-activations into gates in place, so the tape does not hold them after a
//! pass. They follow from what it does hold:
//!
//! 1. The input's share `a_x = x · W_ihᵀ + b_ih`.
//! 2. The state's share `a_h = s · W_hhᵀ + b_hh`, s the state before the step.
//! 3. `a = a_x + a_h`; in the GRU's n block `a_n = a_xn + r ⊙ a_hn` with `r = σ(a_r)`.
//!
//! Weights and inputs must still be those of the pass.

use super::ProbedLayer;
use super::products::{matrix, product};
use crate::backend::Backend;
use crate::ops::{CellKind, LayerInput, SymbolInput, SymbolTable};
use crate::{ComputeError, Parameters, Real, Tape};
use ndarray::{Array1, Array2, Array3, ArrayView1, Axis, s};
use std::ops::Range;

/// The pre-activations of some steps, each `[steps, B, G·H]`.
#[derive(Debug, Clone, PartialEq)]
pub struct PreActivations {
    /// a_x, (1).
    pub input_share: Array3<f64>,
    /// a_h, (2).
    pub recurrent_share: Array3<f64>,
    /// What the nonlinearities received, (3).
    pub sum: Array3<f64>,
}

/// The steps and sequences of the rows that are computed, in any order.
type Places = [(usize, usize)];

impl ProbedLayer {
    /// Computes the pre-activations of `steps` once more: one step, `t..t + 1`, or all, `0..T`.
    ///
    /// # Errors
    /// If there are no such steps, or the layer is not one that was recorded with these parameters.
    pub fn pre_activations<B: Backend>(
        &self,
        tape: &Tape<B>,
        parameters: &Parameters<B>,
        steps: Range<usize>,
    ) -> Result<PreActivations, ComputeError> {
        let [largest, batch] = self.sequences();
        if steps.end > largest {
            let what = "the end of the steps";
            return Err(ComputeError::TooLarge { what, largest, found: steps.end });
        }
        let lengths = tape.lengths(self.output.hidden.packing(), [largest, batch]);
        let all = steps.clone().flat_map(|step| (0..batch).map(move |sequence| (step, sequence)));
        let places: Vec<_> = all.filter(|&(step, sequence)| step < lengths[sequence]).collect();
        let input_share = self.input_share(tape, parameters, &places)?;
        let recurrent_share = self.recurrent_share(tape, parameters, &places)?;
        let sum = self.sum(&input_share, &recurrent_share); // (3)
        let spread = |rows: &Array2<f64>| {
            let mut padded = Array3::zeros((steps.len(), batch, rows.ncols()));
            for (&(step, sequence), row) in places.iter().zip(rows.rows()) {
                padded.slice_mut(s![step - steps.start, sequence, ..]).assign(&row);
            }
            padded
        };
        let [input_share, recurrent_share, sum] = [&input_share, &recurrent_share, &sum].map(spread);
        Ok(PreActivations { input_share, recurrent_share, sum })
    }

    /// (1).
    fn input_share<B: Backend>(
        &self,
        tape: &Tape<B>,
        parameters: &Parameters<B>,
        places: &Places,
    ) -> Result<Array2<f64>, ComputeError> {
        let weights = self.weights;
        let weight = matrix(parameters, weights.input, [self.width(), weights.inputs])?;
        let share = match self.input {
            LayerInput::Rows(input) => {
                let rows = rows_of(&tape.read_padded(input)?, places);
                product(&rows.view(), &weight.t())
            }
            LayerInput::Symbols(SymbolInput { ids, batch, table }) => {
                let ids = tape.read_indices_padded(ids, batch)?;
                let symbols: Vec<usize> = places.iter().map(|&place| ids[place] as usize).collect();
                match table {
                    SymbolTable::OneHot => weight.t().select(Axis(0), &symbols),
                    SymbolTable::Embedding(table, shape) => {
                        let table = matrix(parameters, table, [shape.rows(), shape.width()])?;
                        product(&table.select(Axis(0), &symbols).view(), &weight.t())
                    }
                }
            }
        };
        Ok(share + bias(parameters, weights.input_bias))
    }

    /// (2), for the rows at `places`.
    pub(super) fn recurrent_share<B: Backend>(
        &self,
        tape: &Tape<B>,
        parameters: &Parameters<B>,
        places: &Places,
    ) -> Result<Array2<f64>, ComputeError> {
        let weights = self.weights;
        let weight = matrix(parameters, weights.recurrent, [self.width(), weights.hidden])?;
        let states = rows_of(&self.states_before(tape)?.hidden, places);
        Ok(product(&states.view(), &weight.t()) + bias(parameters, weights.recurrent_bias))
    }

    /// (3).
    fn sum(&self, input_share: &Array2<f64>, recurrent_share: &Array2<f64>) -> Array2<f64> {
        let mut sum = input_share + recurrent_share;
        if self.cell == CellKind::Gru {
            let hidden = self.weights.hidden;
            for ((mut sum, a_x), a_h) in
                sum.rows_mut().into_iter().zip(input_share.rows()).zip(recurrent_share.rows())
            {
                for unit in 0..hidden {
                    let n = 2 * hidden + unit;
                    sum[n] = a_x[n] + sum[unit].sigmoid() * a_h[n];
                }
            }
        }
        sum
    }

    /// G·H.
    pub(super) fn width(&self) -> usize {
        self.cell.gates() * self.weights.hidden
    }
}

fn bias<B: Backend>(parameters: &Parameters<B>, id: crate::ParameterId) -> Array1<f64> {
    parameters.read(id).iter().map(|number| number.to_f64()).collect()
}

/// Rows `[n, X]` of a tensor `[T, B, X]`.
fn rows_of<R: Real>(padded: &Array3<R>, places: &Places) -> Array2<f64> {
    let mut rows = Array2::zeros((places.len(), padded.dim().2));
    for (mut row, &(step, sequence)) in rows.rows_mut().into_iter().zip(places) {
        let source: ArrayView1<'_, R> = padded.slice(s![step, sequence, ..]);
        row.zip_mut_with(&source, |target, number| *target = number.to_f64());
    }
    rows
}
