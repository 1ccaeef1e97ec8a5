//! The walk of a recurrent layer through time: a step is one call, from the state before it to the state
//! after it, and so is the way back through it.
//!
//! Shapes: states `[B, H]` in the caller's order of sequences; `h, c [T, B, H]`, pre-activations and gates
//! `[T, B, G·H]`, weight `[G·H, H]`, bias `[G·H]`. The equations are those of [`mod@crate::ops::recurrent`] and
//! its cells; (1) to (6) below are the walk's.

use super::{Algebra, At, Memory, Nonlinearity, StateKind, StepRows, Steps, WalkOrder, WalkSize};

/// W_hh, as the parameter is, and laid out if [`Recurrence::LAYS_OUT_WEIGHTS`]: transposed on the way forward,
/// plain on the way back.
#[derive(Debug)]
pub struct RecurrentWeight<'a, B: Memory + ?Sized> {
    /// `[G·H, H]`.
    pub matrix: &'a B::Buffer,
    /// What [`Algebra::gemm`] multiplies by.
    pub packed: Option<&'a B::Packed>,
}

impl<B: Memory + ?Sized> Clone for RecurrentWeight<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B: Memory + ?Sized> Copy for RecurrentWeight<'_, B> {}

/// What steps of Elman's cell write.
#[derive(Debug)]
pub struct ElmanSteps<'a, T> {
    /// The inputs' share of the pre-activations, both biases included; receives the activations.
    pub gates: At<&'a mut T>,
    /// h.
    pub hidden: At<&'a mut T>,
    /// h after the last step, `[B, H]`; may be written if the walk ends and its order is plain.
    pub last: At<&'a mut T>,
}

/// What steps of an LSTM write.
#[derive(Debug)]
pub struct LstmSteps<'a, T> {
    /// The inputs' share of the pre-activations of i, f, g, o, both biases included; receives the
    /// activations.
    pub gates: At<&'a mut T>,
    /// h.
    pub hidden: At<&'a mut T>,
    /// c.
    pub cells: At<&'a mut T>,
    /// h and c after the last step, `[B, H]`; may be written if the walk ends and its order is plain.
    pub last: [At<&'a mut T>; 2],
}

/// What steps of a GRU read and write.
#[derive(Debug)]
pub struct GruSteps<'a, T> {
    /// The inputs' share of the pre-activations of r, z, n, with its bias; receives the activations.
    pub gates: At<&'a mut T>,
    /// The state's share, overwritten.
    pub recurrent: At<&'a mut T>,
    /// The bias of the state's share.
    pub bias: &'a T,
    /// h.
    pub hidden: At<&'a mut T>,
    /// h after the last step, `[B, H]`; may be written if the walk ends and its order is plain.
    pub last: At<&'a mut T>,
}

/// What the way back through steps of Elman's cell reads and writes.
#[derive(Debug)]
pub struct ElmanStepsBack<'a, T> {
    /// h.
    pub hidden: At<&'a T>,
    /// What reaches h from above; receives the sum with what is carried back.
    pub d_hidden: At<&'a mut T>,
    /// Of the pre-activations; overwritten.
    pub d_gates: At<&'a mut T>,
}

/// What the way back through steps of an LSTM reads and writes.
#[derive(Debug)]
pub struct LstmStepsBack<'a, T> {
    /// i, f, g, o.
    pub gates: At<&'a T>,
    /// c.
    pub cells: At<&'a T>,
    /// What reaches h from above; receives the sum with what is carried back.
    pub d_hidden: At<&'a mut T>,
    /// What reaches c from outside; receives the sum of all paths.
    pub d_cells: At<&'a mut T>,
    /// Of the pre-activations; overwritten.
    pub d_gates: At<&'a mut T>,
}

/// What the way back through steps of a GRU reads and writes.
#[derive(Debug)]
pub struct GruStepsBack<'a, T> {
    /// r, z, n.
    pub gates: At<&'a T>,
    /// The state's share of the pre-activations.
    pub recurrent: At<&'a T>,
    /// What reaches h from above; receives the sum with what is carried back.
    pub d_hidden: At<&'a mut T>,
    /// Of the inputs' share; overwritten.
    pub d_gates: At<&'a mut T>,
    /// Of the state's share; overwritten.
    pub d_recurrent: At<&'a mut T>,
}

/// The gradient of a state after the walk, on its way to the state at each sequence's last step.
#[derive(Debug)]
pub struct ExitGradient<'a, T> {
    /// Of the state after the walk, `[B, H]`.
    pub d_last: At<&'a T>,
    /// Of the state after each step; may be added to.
    pub d_after: At<&'a mut T>,
}

/// What of a state's gradient does not come by way of the product: the gradient of the state after the step,
/// times a gate, the second one of the cell's.
#[derive(Debug)]
pub struct PastGates<'a, T> {
    /// Which state: the LSTM's c (times f) or the GRU's h (times z).
    pub state: StateKind,
    /// The gates.
    pub gates: At<&'a T>,
    /// The gradient of the state after each step, all paths counted.
    pub d_after: At<&'a T>,
}

/// The gradient of the state before the walk.
#[derive(Debug)]
pub struct EntryGradient<'a, T> {
    /// The gradient of the recurrent share of the pre-activations, over the whole walk.
    pub d_share: At<&'a T>,
    /// What comes past the gates.
    pub past_gates: Option<PastGates<'a, T>>,
    /// Of h before the walk, `[B, H]`; added to.
    pub d_hidden: Option<At<&'a mut T>>,
    /// Of c before the walk; added to.
    pub d_cells: Option<At<&'a mut T>>,
}

/// The rows whose sum is the gradient of a bias, and how many they are.
pub type BiasRows<'a, T> = (At<&'a T>, usize);

/// Walks of recurrent layers, forward and backward.
pub trait Recurrence: Algebra {
    /// Whether [`RecurrentWeight::packed`] is wanted.
    const LAYS_OUT_WEIGHTS: bool;
    /// What a walk keeps for itself between its steps, and for the way back.
    type Walk;

    /// Room for a walk.
    fn walk(&self, size: WalkSize) -> Self::Walk;
    /// Numbers that [`Recurrence::walk`] makes room for. Known without allocating, so that it can be planned.
    fn walk_numbers(size: WalkSize) -> u64;
    /// How many steps of a walk the backend takes in one call: all, or one. One of packed sequences.
    fn steps_at_once(&self, _size: WalkSize) -> usize {
        1
    }
    /// The states before each step, `[T, B, H]` in the rows of the step, once the walk is over.
    ///
    /// # Panics
    /// If the walk is not for being walked back.
    fn hidden_before<'a>(&self, walk: &'a Self::Walk) -> &'a Self::Buffer;

    /// (1) Before the first step: takes the states in that the walk begins from.
    fn enter_walk(
        &self,
        walk: &mut Self::Walk,
        order: WalkOrder<'_, Self::Indices>,
        hidden: At<&Self::Buffer>,
        cells: Option<At<&Self::Buffer>>,
    );
    /// (2) Steps of Elman's cell.
    fn elman_steps(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Self::Walk,
        tensors: ElmanSteps<'_, Self::Buffer>,
    );
    /// (2) Steps of an LSTM.
    fn lstm_steps(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Self::Walk,
        tensors: LstmSteps<'_, Self::Buffer>,
    );
    /// (2) Steps of a GRU.
    fn gru_steps(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Self::Walk,
        tensors: GruSteps<'_, Self::Buffer>,
    );
    /// (3) After the last step: a state after each sequence's last step, taken from the walk or from the state
    /// `after` each step, unless the steps have written it already.
    fn leave_walk(
        &self,
        walk: &Self::Walk,
        order: WalkOrder<'_, Self::Indices>,
        state: StateKind,
        after: At<&Self::Buffer>,
        last: At<&mut Self::Buffer>,
    );

    /// (4) Before the way back: takes the gradients of the states in that the walk ended with.
    fn enter_walk_backward(
        &self,
        walk: &mut Self::Walk,
        order: WalkOrder<'_, Self::Indices>,
        hidden: ExitGradient<'_, Self::Buffer>,
        cells: Option<ExitGradient<'_, Self::Buffer>>,
    );
    /// (5) Back through steps of Elman's cell, the last of them first.
    fn elman_steps_back(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Self::Walk,
        tensors: ElmanStepsBack<'_, Self::Buffer>,
    );
    /// (5) Back through steps of an LSTM, the last of them first.
    fn lstm_steps_back(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Self::Walk,
        tensors: LstmStepsBack<'_, Self::Buffer>,
    );
    /// (5) Back through steps of a GRU, the last of them first.
    fn gru_steps_back(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Self::Walk,
        tensors: GruStepsBack<'_, Self::Buffer>,
    );
    /// (6) After the way back: the gradients of the states that the walk began from. `rows` are those of the
    /// first step. If h and c are asked for in two calls, h comes first.
    fn leave_walk_backward(
        &self,
        rows: StepRows,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Self::Walk,
        order: WalkOrder<'_, Self::Indices>,
        gradient: EntryGradient<'_, Self::Buffer>,
    );
    /// The gradients of both biases, `[G·H]` each, added to: of the inputs' share the sum of its rows, of the
    /// state's share the sum of its own rows, or the same if it has none. `sum [G·H]` is room.
    fn bias_gradients(
        &self,
        width: usize,
        input: BiasRows<'_, Self::Buffer>,
        recurrent: Option<BiasRows<'_, Self::Buffer>>,
        sum: &mut Self::Buffer,
        d_biases: [&mut Self::Buffer; 2],
    );
}
