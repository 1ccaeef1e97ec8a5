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

    /// Tensors one after the other along an axis.
    pub(super) fn concat(&mut self, values: &[Value], axis: i64) -> Value {
        let values: Vec<&Value> = values.iter().collect();
        self.apply("Concat", &values, &[("axis", Attribute::Integer(axis))])
    }

    /// The same numbers in another shape; −1 takes what is left, 0 keeps a size.
    pub(super) fn reshape(&mut self, value: &Value, sizes: &[i64]) -> Value {
        let sizes = self.integers(sizes);
        self.apply("Reshape", &[value, &sizes], &[])
    }

    /// Without an axis of size 1.
    pub(super) fn squeeze(&mut self, value: &Value, axis: i64) -> Value {
        let axis = self.integers(&[axis]);
        self.apply("Squeeze", &[value, &axis], &[])
    }

    /// With another axis of size 1.
    pub(super) fn unsqueeze(&mut self, value: &Value, axis: i64) -> Value {
        let axis = self.integers(&[axis]);
        self.apply("Unsqueeze", &[value, &axis], &[])
    }

    /// The sum along an axis, which is kept as 1 or left out.
    pub(super) fn sum(&mut self, value: &Value, axis: i64, is_kept: bool) -> Value {
        let axis = self.integers(&[axis]);
        let is_kept = Attribute::Integer(is_kept.into());
        self.apply("ReduceSum", &[value, &axis], &[("keepdims", is_kept)])
    }

    /// One size of a tensor, as `[1]` of int64.
    pub(super) fn size(&mut self, value: &Value, axis: i64) -> Value {
        let attributes = [("start", Attribute::Integer(axis)), ("end", Attribute::Integer(axis + 1))];
        self.apply("Shape", &[value], &attributes)
    }
}
