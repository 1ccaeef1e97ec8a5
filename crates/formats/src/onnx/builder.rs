//! Puts a graph together, operation by operation.

use super::proto::{Attribute, Graph, Initializer, Node, Port, model};
use crate::FormatError;
use std::collections::BTreeMap;

/// Protocol buffers hold less than 2 GiB.
const MAX_BYTES: usize = i32::MAX as usize;

/// What a tensor of a graph holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// Single precision.
    Float,
    /// 32-bit integers.
    Int32,
    /// 64-bit integers.
    Int64,
}

impl Element {
    /// ONNX's number for it.
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Float => 1,
            Self::Int32 => 6,
            Self::Int64 => 7,
        }
    }
}

/// A size of an input or an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dim {
    /// Always this.
    Of(usize),
    /// Whatever is given, everywhere the same under the same name.
    Free(&'static str),
}

/// A tensor of a graph, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(String);

impl Value {
    /// The input that is not there, where others follow it.
    #[must_use]
    pub fn nothing() -> Self {
        Self(String::new())
    }
}

/// A graph under construction.
#[derive(Debug, Default)]
pub struct GraphBuilder {
    graph: Graph,
    /// Numbers the tensors that have no name of their own.
    count: usize,
}

impl GraphBuilder {
    /// A graph of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Something that the graph is given.
    pub fn input(&mut self, name: &str, element: Element, shape: &[Dim]) -> Value {
        self.graph.inputs.push(Port { name: name.to_owned(), element, shape: shape.to_vec() });
        Value(name.to_owned())
    }

    /// Something that the graph is given or else is `default`, of as many numbers along each free size as
    /// there must be: 1 if what follows repeats them.
    pub fn optional_input(&mut self, name: &str, shape: &[Dim], default: &Constant) -> Value {
        self.constant(name, default);
        self.input(name, default.element(), shape)
    }

    /// Something that the graph gives.
    pub fn output(&mut self, name: &str, value: &Value, shape: &[Dim]) {
        // The name belongs to the output; what computes it has a name of its own.
        let inputs = vec![value.0.clone()];
        let (operator, outputs) = ("Identity", vec![name.to_owned()]);
        self.graph.nodes.push(Node { operator, inputs, outputs, attributes: Vec::new() });
        self.graph.outputs.push(Port {
            name: name.to_owned(),
            element: Element::Float,
            shape: shape.to_vec(),
        });
    }

    /// A constant of the graph.
    pub fn constant(&mut self, name: &str, constant: &Constant) -> Value {
        // A weight that two nodes read is written once.
        if self.graph.initializers.iter().any(|known| known.name == name) {
            return Value(name.to_owned());
        }
        let (element, shape) = (constant.element(), constant.shape.clone());
        let bytes = constant.numbers.to_bytes();
        self.graph.initializers.push(Initializer { name: name.to_owned(), element, shape, bytes });
        Value(name.to_owned())
    }

    /// Integers of the graph's own: sizes, places, axes.
    pub(super) fn integers(&mut self, numbers: &[i64]) -> Value {
        let name = self.fresh("integers");
        self.constant(&name, &Constant::int64(numbers.to_vec()))
    }

    /// The one result of an operation.
    pub(super) fn apply(
        &mut self,
        operator: &'static str,
        inputs: &[&Value],
        attributes: &[(&'static str, Attribute)],
    ) -> Value {
        let output = Value(self.fresh(operator));
        self.push(operator, inputs, attributes, vec![output.0.clone()]);
        output
    }

    /// The several results of an operation.
    pub(super) fn apply_many<const COUNT: usize>(
        &mut self,
        operator: &'static str,
        inputs: &[&Value],
        attributes: &[(&'static str, Attribute)],
    ) -> [Value; COUNT] {
        let outputs = std::array::from_fn(|_| Value(self.fresh(operator)));
        self.push(operator, inputs, attributes, outputs.iter().map(|value| value.0.clone()).collect());
        outputs
    }

    /// Equal pieces of `value` along its first axis.
    pub(super) fn split(&mut self, value: &Value, count: usize) -> Vec<Value> {
        if count == 1 {
            return vec![value.clone()];
        }
        let pieces: Vec<_> = (0..count).map(|_| Value(self.fresh("Split"))).collect();
        let outputs = pieces.iter().map(|value| value.0.clone()).collect();
        self.push("Split", &[value], &[("axis", Attribute::Integer(0))], outputs);
        pieces
    }

    /// The file.
    ///
    /// # Errors
    /// If it would be larger than the format allows.
    pub fn finish(self, metadata: &BTreeMap<String, String>) -> Result<Vec<u8>, FormatError> {
        let bytes = model(&self.graph, metadata);
        check_size(bytes.len())?;
        Ok(bytes)
    }

    fn push(
        &mut self,
        operator: &'static str,
        inputs: &[&Value],
        attributes: &[(&'static str, Attribute)],
        outputs: Vec<String>,
    ) {
        let inputs = inputs.iter().map(|value| value.0.clone()).collect();
        self.graph.nodes.push(Node { operator, inputs, outputs, attributes: attributes.to_vec() });
    }

    fn fresh(&mut self, word: &str) -> String {
        self.count += 1;
        format!("{word}:{}", self.count)
    }
}

/// Numbers with a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    shape: Vec<usize>,
    numbers: Numbers,
}

#[derive(Debug, Clone, PartialEq)]
enum Numbers {
    Float(Vec<f32>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
}

impl Numbers {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Float(numbers) => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
            Self::Int32(numbers) => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
            Self::Int64(numbers) => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
        }
    }
}

impl Constant {
    /// Numbers in single precision, row-major.
    ///
    /// # Errors
    /// If there are not as many as the shape has room for.
    pub fn float(shape: impl Into<Vec<usize>>, numbers: Vec<f32>) -> Result<Self, FormatError> {
        let len = numbers.len();
        Self::checked(shape.into(), len, Numbers::Float(numbers))
    }

    /// Rows and columns of a matrix exchanged.
    ///
    /// # Errors
    /// If there are not as many numbers as `[rows, width]` has room for.
    pub fn transposed([rows, width]: [usize; 2], numbers: &[f32]) -> Result<Self, FormatError> {
        let column = |column: usize| numbers.iter().skip(column).step_by(width.max(1)).copied();
        Self::float([width, rows], (0..width).flat_map(column).collect())
    }

    /// A number in single precision.
    pub(super) fn number(number: f32) -> Self {
        Self { shape: Vec::new(), numbers: Numbers::Float(vec![number]) }
    }

    /// 32-bit integers.
    pub(super) fn int32(numbers: Vec<i32>) -> Self {
        Self { shape: vec![numbers.len()], numbers: Numbers::Int32(numbers) }
    }

    /// 64-bit integers.
    pub(super) fn int64(numbers: Vec<i64>) -> Self {
        Self { shape: vec![numbers.len()], numbers: Numbers::Int64(numbers) }
    }

    fn checked(shape: Vec<usize>, len: usize, numbers: Numbers) -> Result<Self, FormatError> {
        let room = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
        if room != Some(len) {
            let reason = format!("{len} numbers do not have the shape {shape:?}");
            return Err(FormatError::Export { reason });
        }
        Ok(Self { shape, numbers })
    }

    fn element(&self) -> Element {
        match self.numbers {
            Numbers::Float(_) => Element::Float,
            Numbers::Int32(_) => Element::Int32,
            Numbers::Int64(_) => Element::Int64,
        }
    }
}

/// Refuses a file of more bytes than the format allows.
fn check_size(found: usize) -> Result<(), FormatError> {
    if found <= MAX_BYTES {
        return Ok(());
    }
    let reason = format!("an ONNX file holds at most {MAX_BYTES} bytes, and this network takes {found}");
    Err(FormatError::Export { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_larger_than_the_format_allows_are_refused() {
        assert_eq!(check_size(0), Ok(()));
        assert_eq!(check_size((1 << 31) - 1), Ok(()));
        let error = check_size(1 << 31).unwrap_err().to_string();
        assert!(error.contains("at most 2147483647 bytes, and this network takes 2147483648"), "{error}");
    }
}
