//! The table of a model's symbols, and how its first layer reads them.

use crate::backend::Backend;
use crate::ops::{LayerInput, SymbolInput, SymbolTable, dropout, embedding};
use crate::tape::{IndexVar, Recorder, Shape, Var, at_least_one};
use crate::{ComputeError, ParameterId, ParameterList, ParameterRole};

/// Up to this size, what the first layer makes of each symbol is computed for the whole vocabulary, even
/// if the window is smaller.
const SMALL_VOCABULARY: usize = 512;

/// A table `[V, E]` (PyTorch's `nn.Embedding`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddingTable {
    table: ParameterId,
    shape: Shape,
}

impl EmbeddingTable {
    /// Declares `{prefix}embedding.weight`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(
        list: &mut ParameterList,
        prefix: &str,
        [vocabulary, width]: [usize; 2],
    ) -> Result<Self, ComputeError> {
        let shape =
            Shape::from([at_least_one("vocabulary", vocabulary)?, at_least_one("embedding size", width)?]);
        let table = list.declare(format!("{prefix}embedding.weight"), shape, ParameterRole::Embedding);
        Ok(Self { table, shape })
    }

    /// V.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.shape.rows()
    }

    /// The table, and its shape `[V, E]`.
    #[must_use]
    pub fn parameter(&self) -> (ParameterId, Shape) {
        (self.table, self.shape)
    }

    /// Symbols `[T, B]` as what a recurrent layer reads. A small vocabulary goes through the layer's
    /// weights once, a large one, or one with dropout, row by row.
    ///
    /// # Errors
    /// If the probability of dropout is none.
    pub fn layer_input<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        ids: IndexVar,
        [steps, batch]: [usize; 2],
        probability: f64,
    ) -> Result<LayerInput, ComputeError> {
        if probability == 0.0 && self.vocabulary() <= steps.saturating_mul(batch).max(SMALL_VOCABULARY) {
            let table = SymbolTable::Embedding(self.table, self.shape);
            return Ok(LayerInput::Symbols(SymbolInput { ids, batch, table }));
        }
        let rows = self.rows(recorder, ids, [steps, batch, self.shape.width()])?;
        if probability == 0.0 {
            return Ok(LayerInput::Rows(rows));
        }
        let stream = recorder.random_stream();
        Ok(LayerInput::Rows(dropout(recorder, rows, probability, stream)?))
    }

    /// Symbols as rows of numbers, in a tensor of `shape`.
    ///
    /// # Errors
    /// If there are not as many symbols as rows.
    pub fn rows<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        ids: IndexVar,
        shape: impl Into<Shape>,
    ) -> Result<Var, ComputeError> {
        embedding(recorder, ids, (self.table, self.shape), shape)
    }
}
