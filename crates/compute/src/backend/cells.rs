//! The recurrent cells, one time step each.

use super::{At, Memory};

/// The size of one step of a recurrent layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellSize {
    /// Sequences that reach this step; B if none is shorter than the others.
    pub rows: usize,
    /// Hidden units, H.
    pub hidden: usize,
}

/// What an Elman cell makes of its pre-activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Nonlinearity {
    /// Hyperbolic tangent, Elman's and PyTorch's default.
    #[default]
    Tanh,
    /// max(0, a). Its slope at 0 is taken as 0.
    Relu,
}

/// What a step of an LSTM computed: `gates [rows, 4H]`, the rest `[rows, H]`.
#[derive(Debug)]
pub struct LstmTrace<'a, T> {
    /// i, f, g, o.
    pub gates: At<&'a T>,
    /// The cell state before the step.
    pub previous: At<&'a T>,
    /// The cell state after the step.
    pub cells: At<&'a T>,
}

/// The gradients of a step of an LSTM.
#[derive(Debug)]
pub struct LstmGradient<'a, T> {
    /// Of the hidden state: what reaches it from above; receives the sum with what is carried.
    pub hidden: At<&'a mut T>,
    /// Of the cell state: what reaches it from outside; receives the sum of all paths.
    pub cells: At<&'a mut T>,
    /// Of the hidden state, carried back from the step after.
    pub carried_hidden: &'a T,
    /// Of the cell state, carried back from the step after; receives what goes on to the step before.
    pub carried_cells: &'a mut T,
    /// Of the pre-activations; overwritten.
    pub gates: At<&'a mut T>,
}

/// What a step of a GRU computed: `gates` and `recurrent` `[rows, 3H]`, `previous [rows, H]`.
#[derive(Debug)]
pub struct GruTrace<'a, T> {
    /// r, z, n.
    pub gates: At<&'a T>,
    /// The state's share of the pre-activations.
    pub recurrent: At<&'a T>,
    /// The hidden state before the step.
    pub previous: At<&'a T>,
}

/// The gradients of a step of a GRU.
#[derive(Debug)]
pub struct GruGradient<'a, T> {
    /// Of the hidden state: what reaches it from above; receives the sum with what is carried.
    pub hidden: At<&'a mut T>,
    /// Carried back from the step after; receives what flows past the gates to the step before.
    pub carried: &'a mut T,
    /// Of the input's share of the pre-activations; overwritten.
    pub gates: At<&'a mut T>,
    /// Of the state's share; overwritten.
    pub recurrent: At<&'a mut T>,
}

/// One time step of each cell, forward and backward, over the first rows of the batch: what the steps of
/// [`super::Recurrence`] are made of where the numbers lie in the program's memory.
///
/// The state before a step and what is carried back lie at the front of buffers `[B, H]`; all else is a
/// part of a tensor over the whole sequence. The equations are numbered in the ops of the same name.
pub trait Cells: Memory {
    /// `gates [rows, H]` holds the pre-activation and receives its nonlinearity, which is also `hidden`.
    fn elman_forward(
        &self,
        size: CellSize,
        nonlinearity: Nonlinearity,
        gates: At<&mut Self::Buffer>,
        hidden: At<&mut Self::Buffer>,
    );
    /// Adds `carried` to `d_hidden` and overwrites `d_gates` with the gradient of the pre-activation.
    fn elman_backward(
        &self,
        size: CellSize,
        nonlinearity: Nonlinearity,
        hidden: At<&Self::Buffer>,
        carried: &Self::Buffer,
        d_hidden: At<&mut Self::Buffer>,
        d_gates: At<&mut Self::Buffer>,
    );
    /// `gates [rows, 4H]` holds the pre-activations of i, f, g, o and receives their activations; `cells`
    /// and `hidden` are written.
    fn lstm_forward(
        &self,
        size: CellSize,
        gates: At<&mut Self::Buffer>,
        previous: &Self::Buffer,
        cells: At<&mut Self::Buffer>,
        hidden: At<&mut Self::Buffer>,
    );
    /// See [`LstmGradient`] for what is added to and what is overwritten.
    fn lstm_backward(
        &self,
        size: CellSize,
        trace: LstmTrace<'_, Self::Buffer>,
        gradient: LstmGradient<'_, Self::Buffer>,
    );
    /// `gates [rows, 3H]` holds the input's share of the pre-activations of r, z, n (`W_i· x + b_i·`) and
    /// receives their activations; `recurrent` holds the state's share (`W_h· h + b_h·`). `hidden` is
    /// written.
    fn gru_forward(
        &self,
        size: CellSize,
        gates: At<&mut Self::Buffer>,
        recurrent: At<&Self::Buffer>,
        previous: &Self::Buffer,
        hidden: At<&mut Self::Buffer>,
    );
    /// See [`GruGradient`] for what is added to and what is overwritten.
    fn gru_backward(
        &self,
        size: CellSize,
        trace: GruTrace<'_, Self::Buffer>,
        gradient: GruGradient<'_, Self::Buffer>,
    );
}
