//! The messages of ONNX that are written here, with the field numbers of `onnx.proto3`.
//! <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3>

use super::wire::Message;
use super::{Dim, Element};
use std::collections::BTreeMap;

/// The newest that every onnxruntime since 1.11 reads together with [`OPSET`].
const IR_VERSION: i64 = 8;

/// The first with `LayerNormalization`.
const OPSET: i64 = 17;

const PRODUCER: &str = "rnn-playground";

/// An attribute of a node.
#[derive(Debug, Clone)]
pub(super) enum Attribute {
    Float(f32),
    Integer(i64),
    Integers(Vec<i64>),
    Word(&'static str),
    Words(Vec<&'static str>),
}

/// One operation.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) operator: &'static str,
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
}

/// A constant, or the default of an optional input.
#[derive(Debug, Clone)]
pub(super) struct Initializer {
    pub(super) name: String,
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    /// Little-endian.
    pub(super) bytes: Vec<u8>,
}

/// An input or an output of the graph.
#[derive(Debug, Clone)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) element: Element,
    pub(super) shape: Vec<Dim>,
}

/// A graph.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) initializers: Vec<Initializer>,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
}

/// A whole file.
pub(super) fn model(graph: &Graph, metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let mut opset = Message::default();
    opset.bytes(1, "").integer(2, OPSET);
    let mut model = Message::default();
    model.integer(1, IR_VERSION).bytes(2, PRODUCER).bytes(3, env!("CARGO_PKG_VERSION"));
    model.message(7, &self::graph(graph)).message(8, &opset);
    for (key, word) in metadata {
        let mut entry = Message::default();
        entry.bytes(1, key).bytes(2, word);
        model.message(14, &entry);
    }
    model.into_bytes()
}

fn graph(graph: &Graph) -> Message {
    let mut message = Message::default();
    for (index, node) in graph.nodes.iter().enumerate() {
        message.message(1, &self::node(index, node));
    }
    message.bytes(2, "network");
    for initializer in &graph.initializers {
        message.message(5, &self::initializer(initializer));
    }
    for input in &graph.inputs {
        message.message(11, &port(input));
    }
    for output in &graph.outputs {
        message.message(12, &port(output));
    }
    message
}

fn node(index: usize, node: &Node) -> Message {
    let mut message = Message::default();
    for input in &node.inputs {
        message.bytes(1, input);
    }
    for output in &node.outputs {
        message.bytes(2, output);
    }
    message.bytes(3, format!("{}_{index}", node.operator)).bytes(4, node.operator);
    for (name, value) in &node.attributes {
        message.message(5, &attribute(name, value));
    }
    message
}

fn attribute(name: &str, value: &Attribute) -> Message {
    const FLOAT: i64 = 1;
    const INT: i64 = 2;
    const STRING: i64 = 3;
    const INTS: i64 = 7;
    const STRINGS: i64 = 8;
    let mut message = Message::default();
    message.bytes(1, name);
    let kind = match value {
        Attribute::Float(number) => {
            message.float(2, *number);
            FLOAT
        }
        Attribute::Integer(number) => {
            message.integer(3, *number);
            INT
        }
        Attribute::Word(word) => {
            message.bytes(4, word);
            STRING
        }
        Attribute::Integers(numbers) => {
            for &number in numbers {
                message.integer(8, number);
            }
            INTS
        }
        Attribute::Words(words) => {
            for word in words {
                message.bytes(9, word);
            }
            STRINGS
        }
    };
    message.integer(20, kind);
    message
}

fn initializer(initializer: &Initializer) -> Message {
    let mut message = Message::default();
    for &size in &initializer.shape {
        message.integer(1, size as i64);
    }
    message.integer(2, initializer.element.code()).bytes(8, &initializer.name).bytes(9, &initializer.bytes);
    message
}

fn port(port: &Port) -> Message {
    let mut shape = Message::default();
    for dim in &port.shape {
        let mut message = Message::default();
        match dim {
            Dim::Of(size) => message.integer(1, *size as i64),
            Dim::Free(name) => message.bytes(2, name),
        };
        shape.message(1, &message);
    }
    let mut tensor = Message::default();
    tensor.integer(1, port.element.code()).message(2, &shape);
    let mut kind = Message::default();
    kind.message(1, &tensor);
    let mut message = Message::default();
    message.bytes(1, &port.name).message(2, &kind);
    message
}
