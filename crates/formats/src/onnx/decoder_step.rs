//! The graph of one step of a decoder, with its look at the source.

use super::builder::{Constant, Dim, Element, GraphBuilder, Value};
use super::network::Network;
use super::proto::Attribute;
use super::sequence::state_names;
use super::{BATCH, TIME};
use crate::{Embedding, FormatError, Linear};
use rnn_compute::models::{AttentionKind, DecoderConfig};
use rnn_compute::ops::DotScale;

impl Network<'_> {
    /// Reads a symbol in the given states, and scores the next.
    pub(super) fn decoder_step(
        &self,
        graph: &mut GraphBuilder,
        config: &DecoderConfig,
    ) -> Result<(), FormatError> {
        let DecoderConfig { vocabulary, embedding, hidden, layers, cell, attention, .. } = *config;
        let symbols = graph.input("tokens", Element::Int64, &[BATCH]);
        let shape = [Dim::Of(layers), BATCH, Dim::Of(hidden)];
        let names = state_names(cell, ["h_0", "c_0"]).into_iter();
        let states: Vec<_> = names.map(|name| graph.input(name, Element::Float, &shape)).collect();
        let table = Embedding { symbols: vocabulary, width: embedding };
        let mut read = self.embedding(graph, "decoder.embedding", &symbols, table)?;
        if let (Some(kind), Some(hidden)) = (attention, states.first()) {
            let top = graph.split(hidden, layers).pop().unwrap_or_else(|| hidden.clone());
            let query = graph.squeeze(&top, 0);
            let context = self.attention(graph, config, kind, &query)?;
            read = graph.concat(&[read, context], -1);
        }
        let one_step = graph.unsqueeze(&read, 0);
        let everything = Value::nothing();
        let weights = |name: &str| self.weight(name);
        let traces =
            graph.recurrent(&one_step, "decoder.", &config.recurrent(), (&everything, &states), weights)?;
        let top = graph.squeeze(&traces.hidden, 0);
        let linear = Linear { inputs: hidden, outputs: vocabulary };
        let scores = self.linear(graph, "decoder.output", &top, linear)?;
        graph.output("logits", &scores, &[BATCH, Dim::Of(vocabulary)]);
        graph.output_states(&traces.states, [layers, hidden]);
        Ok(())
    }

    /// Looks at the source states with a query `[B, H]`. Gives the weights, and returns the context
    /// `[B, W]`.
    fn attention(
        &self,
        graph: &mut GraphBuilder,
        config: &DecoderConfig,
        kind: AttentionKind,
        query: &Value,
    ) -> Result<Value, FormatError> {
        let shape = [TIME, BATCH, Dim::Of(config.source_width)];
        let sources = graph.input("states", Element::Float, &shape);
        let batch = graph.size(&sources, 1);
        let lengths = graph.lengths(&sources, &batch);
        let scores = match kind {
            AttentionKind::Additive { size } => {
                self.additive_scores(graph, config, size, (query, &sources))?
            }
            AttentionKind::Dot(scale) => graph.dot_scores(query, &sources, (scale, config.source_width)),
        };
        let mask = graph.mask(&sources, &lengths);
        let counted = graph.where_counted(&mask, &scores);
        let weights = graph.apply("Softmax", &[&counted], &[("axis", Attribute::Integer(0))]);
        let products = graph.apply("Mul", &[&weights, &sources], &[]);
        let context = graph.sum(&products, 0, false);
        let table = graph.squeeze(&weights, 2);
        let order = Attribute::Integers(vec![1, 0]);
        let table = graph.apply("Transpose", &[&table], &[("perm", order)]);
        graph.output("attention", &table, &[BATCH, TIME]);
        Ok(context)
    }

    /// `vᵀ tanh(W_q q + W_k s)` of each source state s, `[S, B, 1]`.
    fn additive_scores(
        &self,
        graph: &mut GraphBuilder,
        config: &DecoderConfig,
        size: usize,
        (query, sources): (&Value, &Value),
    ) -> Result<Value, FormatError> {
        let linear = |inputs| Linear { inputs, outputs: size };
        let query = self.linear(graph, "decoder.attention.query", query, linear(config.hidden))?;
        let keys = self.linear(graph, "decoder.attention.key", sources, linear(config.source_width))?;
        let sum = graph.apply("Add", &[&keys, &query], &[]);
        let active = graph.apply("Tanh", &[&sum], &[]);
        let name = "decoder.attention.score.weight";
        let weight = graph.constant(name, &Constant::transposed([1, size], self.weight(name))?);
        Ok(graph.apply("MatMul", &[&active, &weight], &[]))
    }
}

impl GraphBuilder {
    /// `q·s` of each source state s, perhaps scaled, `[S, B, 1]`.
    fn dot_scores(&mut self, query: &Value, sources: &Value, (scale, width): (DotScale, usize)) -> Value {
        let products = self.apply("Mul", &[sources, query], &[]);
        let scores = self.sum(&products, 2, true);
        match scale {
            DotScale::One => scores,
            DotScale::InverseRoot => {
                let root = self.constant("root of the width", &Constant::number((width as f32).sqrt()));
                self.apply("Div", &[&scores, &root], &[])
            }
        }
    }
}
