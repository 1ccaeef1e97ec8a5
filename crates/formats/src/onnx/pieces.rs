//! Pieces of networks as ONNX operations, each with the weights of its PyTorch counterpart.

use super::builder::{Constant, GraphBuilder, Value};
use super::proto::Attribute;
use crate::FormatError;

impl GraphBuilder {
    /// Rows of the table `[V, E]` (`nn.Embedding`): symbols `[T, B]` to `[T, B, E]`.
    pub fn embedding(&mut self, symbols: &Value, name: &str, table: &Constant) -> Value {
        let table = self.constant(&format!("{name}.weight"), table);
        self.apply("Gather", &[&table, symbols], &[])
    }

    /// `x·Wᵀ + b` over the last axis (`nn.Linear`), with the weight and the bias of `shape`, `[O, I]`.
    ///
    /// # Errors
    /// If there are not as many weights or biases.
    pub fn linear(
        &mut self,
        input: &Value,
        name: &str,
        shape: [usize; 2],
        (weight, bias): (&[f32], &[f32]),
    ) -> Result<Value, FormatError> {
        let weight = self.constant(&format!("{name}.weight"), &Constant::transposed(shape, weight)?);
        let bias = self.constant(&format!("{name}.bias"), &Constant::float([shape[0]], bias.to_vec())?);
        let product = self.apply("MatMul", &[input, &weight], &[]);
        Ok(self.apply("Add", &[&product, &bias], &[]))
    }

    /// `(x − mean)/√(variance + ε)·scale + shift` over the last axis, of `width` numbers (`nn.LayerNorm`).
    ///
    /// # Errors
    /// If there are not as many scales or shifts.
    pub fn layer_normalization(
        &mut self,
        input: &Value,
        name: &str,
        (width, epsilon): (usize, f32),
        (scale, shift): (&[f32], &[f32]),
    ) -> Result<Value, FormatError> {
        let scale = self.constant(&format!("{name}.weight"), &Constant::float([width], scale.to_vec())?);
        let shift = self.constant(&format!("{name}.bias"), &Constant::float([width], shift.to_vec())?);
        let attributes = [("axis", Attribute::Integer(-1)), ("epsilon", Attribute::Float(epsilon))];
        Ok(self.apply("LayerNormalization", &[input, &scale, &shift], &attributes))
    }

    /// Log-probabilities over the last axis (`log_softmax`).
    pub fn log_softmax(&mut self, input: &Value) -> Value {
        self.apply("LogSoftmax", &[input], &[("axis", Attribute::Integer(-1))])
    }

    /// One size of a tensor, as `[1]` of int64.
    pub(super) fn size(&mut self, value: &Value, axis: i64) -> Value {
        let attributes = [("start", Attribute::Integer(axis)), ("end", Attribute::Integer(axis + 1))];
        self.apply("Shape", &[value], &attributes)
    }
}
