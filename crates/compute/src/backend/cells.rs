//! The recurrent cells, one time step each.

use super::Memory;

/// One step of a recurrent layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellStep {
    /// Sequences side by side, B.
    pub batch: usize,
    /// Hidden units, H.
    pub hidden: usize,
    /// The time step t, from 0. State buffers are `[T+1, B, H]` with the initial state in front: the
    /// step reads slot t and writes slot t+1.
    pub step: usize,
}

/// One time step of each cell, forward and backward.
///
/// `gates` is `[T, B, G·H]`, `hidden` and `cells` are `[T+1, B, H]`, and `d_` buffers have the shape of
/// what they are the gradient of. The equations are numbered in the ops of the same name.
pub trait Cells: Memory {
    /// `gates[t]` holds the pre-activation and receives its tanh, which is also `hidden[t+1]`.
    fn elman_forward(&self, at: CellStep, gates: &mut Self::Buffer, hidden: &mut Self::Buffer);
    /// Overwrites `d_gates[t]` with the gradient of the pre-activation.
    fn elman_backward(
        &self,
        at: CellStep,
        gates: &Self::Buffer,
        d_hidden: &Self::Buffer,
        d_gates: &mut Self::Buffer,
    );
    /// `gates[t]` holds the pre-activations of i, f, g, o and receives their activations;
    /// `cells[t+1]` and `hidden[t+1]` are written.
    fn lstm_forward(
        &self,
        at: CellStep,
        gates: &mut Self::Buffer,
        cells: &mut Self::Buffer,
        hidden: &mut Self::Buffer,
    );
    /// Adds to `d_cells[t+1]` and `d_cells[t]`, overwrites `d_gates[t]` with the gradient of the
    /// pre-activations.
    fn lstm_backward(
        &self,
        at: CellStep,
        gates: &Self::Buffer,
        cells: &Self::Buffer,
        d_hidden: &Self::Buffer,
        d_cells: &mut Self::Buffer,
        d_gates: &mut Self::Buffer,
    );
    /// `gates[t]` holds the input's share of the pre-activations of r, z, n (`W_i· x + b_i·`) and
    /// receives their activations; `recurrent[t]` holds the state's share (`W_h· h + b_h·`).
    /// `hidden[t+1]` is written.
    fn gru_forward(
        &self,
        at: CellStep,
        gates: &mut Self::Buffer,
        recurrent: &Self::Buffer,
        hidden: &mut Self::Buffer,
    );
    /// Overwrites `d_gates[t]` (gradient of the input's share) and `d_recurrent[t]` (of the state's
    /// share), and adds what flows past the gates, `z ⊙ d_hidden[t+1]`, to `d_hidden[t]`.
    #[expect(
        clippy::too_many_arguments,
        reason = "the cell has two shares of each gate, with a gradient each"
    )]
    fn gru_backward(
        &self,
        at: CellStep,
        gates: &Self::Buffer,
        recurrent: &Self::Buffer,
        hidden: &Self::Buffer,
        d_hidden: &mut Self::Buffer,
        d_gates: &mut Self::Buffer,
        d_recurrent: &mut Self::Buffer,
    );
}
