//! States and gates of every step, and their gradients.

use super::ProbedLayer;
use crate::backend::Backend;
use crate::ops::{CellKind, Direction};
use crate::tape::Var;
use crate::{ComputeError, Real, Tape};
use ndarray::{Array3, s};

/// What the steps of a layer computed.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerActivations<R> {
    /// h, `[T, B, H]`.
    pub hidden: Array3<R>,
    /// c, `[T, B, H]`, LSTM only.
    pub cells: Option<Array3<R>>,
    /// The gates after their nonlinearities, `[T, B, G·H]`.
    pub gates: Array3<R>,
    /// The length of each sequence, T if they are not packed. Behind it the numbers mean nothing.
    pub lengths: Vec<usize>,
}

/// The gradients of a layer's steps, all paths counted.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerGradients<R> {
    /// ∂L/∂h_t, `[T, B, H]`.
    pub hidden: Array3<R>,
    /// ∂L/∂c_t, `[T, B, H]`, LSTM only.
    pub cells: Option<Array3<R>>,
    /// ∂L/∂a_t, `[T, B, G·H]`: of what the nonlinearities received.
    pub pre_activations: Array3<R>,
    /// The same of the state's share, where it differs: GRU, whose reset gate scales that share of n.
    pub recurrent_share: Option<Array3<R>>,
}

/// The state that each step began with.
#[derive(Debug, Clone, PartialEq)]
pub struct StatesBefore<R> {
    /// h, `[T, B, H]`.
    pub hidden: Array3<R>,
    /// c, `[T, B, H]`, LSTM only.
    pub cells: Option<Array3<R>>,
}

impl ProbedLayer {
    /// What every step computed in the last forward pass.
    ///
    /// # Errors
    /// If the layer is not one that was recorded.
    pub fn activations<B: Backend>(&self, tape: &Tape<B>) -> Result<LayerActivations<B::Elem>, ComputeError> {
        let output = self.output;
        Ok(LayerActivations {
            hidden: tape.read_padded(output.hidden)?,
            cells: output.cells.map(|cells| tape.read_padded(cells)).transpose()?,
            gates: tape.read_padded(output.gates)?,
            lengths: tape.lengths(output.hidden.packing(), self.sequences()),
        })
    }

    /// The gradients of the last backward pass; nothing if the tape keeps none.
    ///
    /// # Errors
    /// If the layer is not one that was recorded.
    pub fn gradients<B: Backend>(
        &self,
        tape: &Tape<B>,
    ) -> Result<Option<LayerGradients<B::Elem>>, ComputeError> {
        if !tape.has_gradients() {
            return Ok(None);
        }
        let output = self.output;
        let pre_activations = tape.read_gradient_padded(output.gates)?;
        let recurrent_share = match self.cell {
            CellKind::Gru => {
                Some(self.scaled_by_reset(pre_activations.clone(), &tape.read_padded(output.gates)?))
            }
            CellKind::Elman(_) | CellKind::Lstm => None,
        };
        Ok(Some(LayerGradients {
            hidden: tape.read_gradient_padded(output.hidden)?,
            cells: output.cells.map(|cells| tape.read_gradient_padded(cells)).transpose()?,
            pre_activations,
            recurrent_share,
        }))
    }

    /// The state that each step began with: the one that the step before in the direction of the walk
    /// ended with, and the initial state at a sequence's first.
    ///
    /// # Errors
    /// If the layer is not one that was recorded.
    pub fn states_before<B: Backend>(&self, tape: &Tape<B>) -> Result<StatesBefore<B::Elem>, ComputeError> {
        let (output, initial) = (self.output, self.output.initial);
        let cells = output.cells.zip(initial.cells);
        Ok(StatesBefore {
            hidden: self.before(tape, output.hidden, initial.hidden)?,
            cells: cells.map(|(cells, initial)| self.before(tape, cells, initial)).transpose()?,
        })
    }

    fn before<B: Backend>(
        &self,
        tape: &Tape<B>,
        output: Var,
        initial: Var,
    ) -> Result<Array3<B::Elem>, ComputeError> {
        let (after, initial) = (tape.read_padded(output)?, tape.read(initial));
        let mut before = Array3::from_elem(after.dim(), B::Elem::ZERO);
        let lengths = tape.lengths(output.packing(), self.sequences());
        for ((sequence, &length), initial) in lengths.iter().enumerate().zip(initial.rows()) {
            for step in 0..length {
                let earlier = match self.direction {
                    Direction::Forward => step.checked_sub(1),
                    Direction::Reverse => Some(step + 1).filter(|&step| step < length),
                };
                let mut state = before.slice_mut(s![step, sequence, ..]);
                match earlier {
                    Some(earlier) => state.assign(&after.slice(s![earlier, sequence, ..])),
                    None => state.assign(&initial),
                }
            }
        }
        Ok(before)
    }

    /// `da_h = (da_r, da_z, r ⊙ da_n)`.
    fn scaled_by_reset<R: Real>(&self, mut d_a: Array3<R>, gates: &Array3<R>) -> Array3<R> {
        let hidden = self.weights.hidden;
        let reset = gates.slice(s![.., .., ..hidden]);
        d_a.slice_mut(s![.., .., 2 * hidden..]).zip_mut_with(&reset, |d_a, &reset| *d_a = *d_a * reset);
        d_a
    }
}
