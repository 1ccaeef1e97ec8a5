//! A layer's inputs and their share of the pre-activations: rows of numbers, which are multiplied by the
//! weight all at once ([`crate::ops::projection`]), or symbols ([`super::symbols`]).

use super::LayerWeights;
use super::symbols::SymbolProjection;
use crate::backend::{Backend, BiasRows, StepRows};
use crate::ops::projection::{RowBias, RowProjection};
use crate::tape::{Buffers, Context, GradientScope, Gradients, IndexVar, Recorder, Shape, Var, same_shape};
use crate::{ComputeError, ParameterId};

/// What a recurrent layer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerInput {
    /// `[T, B, I]`.
    Rows(Var),
    /// Symbols `[T, B]`.
    Symbols(SymbolInput),
}

/// Symbols that a layer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolInput {
    /// The symbols, `[T, B]`.
    pub ids: IndexVar,
    /// B.
    pub batch: usize,
    /// What stands for them.
    pub table: SymbolTable,
}

/// What stands for a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolTable {
    /// A row of a table `[V, I]`.
    Embedding(ParameterId, Shape),
    /// A vector of I = V numbers, all 0 but one.
    OneHot,
}

impl LayerInput {
    /// B.
    #[must_use]
    pub fn batch(self) -> usize {
        match self {
            Self::Rows(var) => var.shape().dims().get(1).copied().unwrap_or(0),
            Self::Symbols(input) => input.batch,
        }
    }

    /// T and B, if the input has I numbers a row.
    pub(super) fn check(self, inputs: usize) -> Result<[usize; 2], ComputeError> {
        let op = "recurrent layer";
        match self {
            Self::Rows(var) => match *var.shape().dims() {
                [steps, batch, width] if width == inputs && steps > 0 && batch > 0 => Ok([steps, batch]),
                _ => {
                    let expected = Shape::from([1, 1, inputs]);
                    Err(ComputeError::Shape { op, what: "input", expected, found: var.shape() })
                }
            },
            Self::Symbols(SymbolInput { ids, batch, table }) => {
                let symbols = ids.table_size();
                match table {
                    SymbolTable::Embedding(_, shape) => same_shape(op, "table", [symbols, inputs], shape)?,
                    SymbolTable::OneHot => {
                        same_shape(op, "one-hot input", [inputs], Shape::from([symbols]))?;
                    }
                }
                let steps = ids.len().checked_div(batch).unwrap_or(0);
                same_shape(op, "symbols", [steps.max(1), batch.max(1)], Shape::from([steps, batch]))?;
                same_shape(op, "symbols", [steps * batch], Shape::from([ids.len()]))?;
                Ok([steps, batch])
            }
        }
    }
}

/// The inputs' share of the pre-activations of a layer.
pub(super) enum InputProjection<B: Backend> {
    /// Of rows, with where it goes.
    Rows(RowProjection, Var),
    /// Of symbols.
    Symbols(SymbolProjection<B>),
}

impl<B: Backend> InputProjection<B> {
    pub(super) fn new(
        recorder: &mut Recorder<B>,
        input: LayerInput,
        width: usize,
        weights: LayerWeights,
    ) -> Self {
        match input {
            LayerInput::Rows(var) => {
                let output = recorder.intermediate_like(var, width);
                let shape = Shape::from([width, weights.inputs]);
                Self::Rows(RowProjection::new(recorder, var, (weights.input, shape), output), output)
            }
            LayerInput::Symbols(input) => {
                Self::Symbols(SymbolProjection::new(recorder, input, width, weights))
            }
        }
    }

    /// `[T, B, G·H]`, which the cell then turns into gates, in place.
    pub(super) fn output(&self) -> Var {
        match self {
            Self::Rows(_, output) => *output,
            Self::Symbols(symbols) => symbols.output(),
        }
    }

    pub(super) fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        match self {
            Self::Rows(..) => 0,
            Self::Symbols(symbols) => symbols.scratch_numbers(gradients),
        }
    }

    pub(super) fn allocate(&mut self, backend: &B, gradients: Gradients) {
        if let Self::Symbols(symbols) = self {
            symbols.allocate(backend, gradients);
        }
    }

    pub(super) fn forward_parts(&self) -> usize {
        match self {
            Self::Rows(rows, _) => rows.forward_parts::<B>(),
            Self::Symbols(symbols) => symbols.forward_parts(),
        }
    }

    /// A part of what can be computed before the first step. The bias `[G·H]` is added to every row.
    pub(super) fn forward(&mut self, part: usize, bias: RowBias, context: &mut Context<'_, B>) {
        match self {
            Self::Rows(rows, _) => rows.forward(part, bias, context),
            Self::Symbols(symbols) => symbols.forward(part, bias, context),
        }
    }

    /// Puts the share of some inputs in place, if it is not there yet: of a step, or of all.
    pub(super) fn forward_step(&self, rows: StepRows, context: &mut Context<'_, B>) {
        if let Self::Symbols(symbols) = self {
            symbols.forward_step(rows, context);
        }
    }

    /// Before the last step is walked back.
    pub(super) fn begin_backward(&mut self, context: &Context<'_, B>) {
        if let Self::Symbols(symbols) = self {
            symbols.begin_backward(context);
        }
    }

    /// Collects the gradient of some shares, of a step or of all, if it is not used where it is.
    pub(super) fn backward_step(&mut self, rows: StepRows, context: &Context<'_, B>) {
        if let Self::Symbols(symbols) = self {
            symbols.backward_step(rows, context);
        }
    }

    /// Rows whose sum is the gradient of the bias, of as many shares.
    pub(super) fn bias_rows<'a>(&'a self, gradients: &'a Buffers<B>, rows: usize) -> BiasRows<'a, B::Buffer> {
        match self {
            Self::Rows(_, output) => (gradients.at(*output), rows),
            Self::Symbols(symbols) => symbols.bias_rows(),
        }
    }

    pub(super) fn backward_parts(&self, scope: GradientScope) -> usize {
        match self {
            Self::Rows(rows, _) => rows.backward_parts::<B>(scope),
            Self::Symbols(symbols) => symbols.backward_parts(scope),
        }
    }

    /// A part of what is left once all steps have been walked back.
    pub(super) fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        match self {
            Self::Rows(rows, _) => rows.backward(part, context),
            Self::Symbols(symbols) => symbols.backward(part, context),
        }
    }
}
