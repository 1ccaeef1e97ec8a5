//! From the hidden states of all steps to one vector for the sequence.

use super::builder::{Constant, Element, GraphBuilder, Value};
use super::proto::Attribute;
use rnn_compute::models::RecurrentConfig;

impl GraphBuilder {
    /// `[T, B, D·H]` to `[B, D·H]` by the mean or the largest over the first `lengths` steps of each
    /// sequence.
    pub(super) fn pooled(&mut self, hidden: &Value, lengths: &Value, is_mean: bool) -> Value {
        let mask = self.mask(hidden, lengths);
        if is_mean {
            let zero = self.constant("nothing", &Constant::number(0.0));
            let counted = self.apply("Where", &[&mask, hidden, &zero], &[]);
            let sum = self.sum(&counted, 0, false);
            let count = self.apply("Cast", &[lengths], &[("to", Attribute::Integer(Element::Float.code()))]);
            let count = self.unsqueeze(&count, 1);
            return self.apply("Div", &[&sum, &count], &[]);
        }
        let counted = self.where_counted(&mask, hidden);
        let first = Attribute::Integers(vec![0]);
        self.apply("ReduceMax", &[&counted], &[("axes", first), ("keepdims", Attribute::Integer(0))])
    }

    /// Each direction's last state of the top layer, side by side: `[L·D, B, H]` to `[B, D·H]`.
    pub(super) fn top_state(&mut self, states: &Value, recurrent: &RecurrentConfig) -> Value {
        let count = recurrent.directions.all().len();
        let layers = self.split(states, recurrent.layers);
        let top = layers.last().unwrap_or(states).clone();
        let order = Attribute::Integers(vec![1, 0, 2]);
        let ordered = self.apply("Transpose", &[&top], &[("perm", order)]);
        self.reshape(&ordered, &[0, (count * recurrent.hidden) as i64])
    }

    /// The numbers where the mask says so, the least that there are elsewhere.
    pub(super) fn where_counted(&mut self, mask: &Value, numbers: &Value) -> Value {
        let least = self.constant("least", &Constant::number(f32::MIN));
        self.apply("Where", &[mask, numbers, &least], &[])
    }

    /// Whether step t of sequence b counts, `[T, B, 1]`.
    pub(super) fn mask(&mut self, hidden: &Value, lengths: &Value) -> Value {
        let [zero, one] = [0, 1].map(|number| {
            let number = self.integers(&[number]);
            self.apply("Squeeze", &[&number], &[])
        });
        let steps = self.size(hidden, 0);
        let steps = self.apply("Squeeze", &[&steps], &[]);
        let steps = self.apply("Range", &[&zero, &steps, &one], &[]);
        let steps = self.unsqueeze(&steps, 1);
        let lengths = self.apply("Cast", &[lengths], &[("to", Attribute::Integer(Element::Int64.code()))]);
        let mask = self.apply("Less", &[&steps, &lengths], &[]);
        self.unsqueeze(&mask, 2)
    }
}
