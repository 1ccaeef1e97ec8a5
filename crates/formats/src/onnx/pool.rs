//! From the hidden states of all steps to one vector for the sequence.

use super::builder::{Constant, Element, GraphBuilder, Value};
use super::proto::Attribute;
use crate::Recurrent;

/// How a classifier makes one vector of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pooling {
    /// Each direction's state after the last step it reads.
    #[default]
    Last,
    /// The mean over the steps that count.
    Mean,
    /// The largest over the steps that count, each unit for itself.
    Max,
}

impl GraphBuilder {
    /// `[T, B, D·H]` to `[B, D·H]` by the mean or the largest over the first `lengths` steps of each
    /// sequence.
    pub(super) fn pooled(&mut self, hidden: &Value, lengths: &Value, is_mean: bool) -> Value {
        let mask = self.mask(hidden, lengths);
        let first = ("keepdims", Attribute::Integer(0));
        let axis = self.integers(&[0]);
        if is_mean {
            let zero = self.constant("nothing", &Constant::number(0.0));
            let counted = self.apply("Where", &[&mask, hidden, &zero], &[]);
            let sum = self.apply("ReduceSum", &[&counted, &axis], &[first]);
            let count = self.apply("Cast", &[lengths], &[("to", Attribute::Integer(Element::Float.code()))]);
            let column = self.integers(&[1]);
            let count = self.apply("Unsqueeze", &[&count, &column], &[]);
            return self.apply("Div", &[&sum, &count], &[]);
        }
        let least = self.constant("least", &Constant::number(f32::MIN));
        let counted = self.apply("Where", &[&mask, hidden, &least], &[]);
        self.apply("ReduceMax", &[&counted], &[("axes", Attribute::Integers(vec![0])), first])
    }

    /// Each direction's last state of the top layer, side by side: `[L·D, B, H]` to `[B, D·H]`.
    pub(super) fn top_state(&mut self, states: &Value, recurrent: &Recurrent) -> Value {
        let count = recurrent.directions.count();
        let layers = self.split(states, recurrent.layers);
        let top = layers.last().unwrap_or(states).clone();
        let order = Attribute::Integers(vec![1, 0, 2]);
        let ordered = self.apply("Transpose", &[&top], &[("perm", order)]);
        let shape = self.integers(&[0, (count * recurrent.hidden) as i64]);
        self.apply("Reshape", &[&ordered, &shape], &[])
    }

    /// Whether step t of sequence b counts, `[T, B, 1]`.
    fn mask(&mut self, hidden: &Value, lengths: &Value) -> Value {
        let [zero, one] = [0, 1].map(|number| {
            let number = self.integers(&[number]);
            self.apply("Squeeze", &[&number], &[])
        });
        let steps = self.size(hidden, 0);
        let steps = self.apply("Squeeze", &[&steps], &[]);
        let steps = self.apply("Range", &[&zero, &steps, &one], &[]);
        let column = self.integers(&[1]);
        let steps = self.apply("Unsqueeze", &[&steps, &column], &[]);
        let lengths = self.apply("Cast", &[lengths], &[("to", Attribute::Integer(Element::Int64.code()))]);
        let mask = self.apply("Less", &[&steps, &lengths], &[]);
        let last = self.integers(&[2]);
        self.apply("Unsqueeze", &[&mask, &last], &[])
    }
}
