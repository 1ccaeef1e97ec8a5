//! The graphs of encoders: one reads a source sequence, one looks at a picture. Both give the states with
//! which the decoder begins.

use super::builder::{Constant, Dim, Element, GraphBuilder, Value};
use super::network::Network;
use super::proto::Attribute;
use super::sequence::state_names;
use super::{BATCH, TIME};
use crate::{Embedding, FormatError, Linear};
use rnn_compute::models::{CaptionerConfig, EncoderDecoderConfig, ImageEncoderConfig};
use rnn_compute::ops::BatchNorm;

impl Network<'_> {
    /// The encoder of a source sequence.
    pub(super) fn source_encoder(
        &self,
        graph: &mut GraphBuilder,
        config: &EncoderDecoderConfig,
    ) -> Result<(), FormatError> {
        let recurrent = config.encoder();
        let tokens = graph.input("tokens", Element::Int64, &[TIME, BATCH]);
        let batch = graph.size(&tokens, 1);
        let lengths = graph.lengths(&tokens, &batch);
        let embedding = Embedding { symbols: config.source_vocabulary, width: config.embedding };
        let read = self.embedding(graph, "encoder.embedding", &tokens, embedding)?;
        let traces =
            graph.recurrent(&read, "encoder.", &recurrent, (&lengths, &[]), |name| self.weight(name))?;
        graph.output("states", &traces.hidden, &[TIME, BATCH, Dim::Of(recurrent.width())]);
        let sizes = [config.layers, recurrent.directions.all().len(), config.hidden];
        let joined: Vec<_> =
            traces.states.iter().map(|state| graph.directions_joined(state, sizes)).collect();
        graph.output_states(&joined, [config.layers, recurrent.width()]);
        Ok(())
    }

    /// The encoder of a picture.
    pub(super) fn image_encoder(
        &self,
        graph: &mut GraphBuilder,
        config: &CaptionerConfig,
    ) -> Result<(), FormatError> {
        let ImageEncoderConfig { channels, filters, .. } = &config.encoder;
        // Its mean over the picture makes it indifferent to the picture's size.
        let size = [Dim::Free("height"), Dim::Free("width")];
        let images = graph.input("images", Element::Float, &[BATCH, Dim::Of(*channels), size[0], size[1]]);
        let (mut seen, mut inputs) = (images, *channels);
        for (block, &outputs) in filters.iter().enumerate() {
            seen = self.block(graph, block, &seen, [outputs, inputs])?;
            inputs = outputs;
        }
        let pooled = graph.apply("GlobalAveragePool", &[&seen], &[]);
        let features = graph.apply("Flatten", &[&pooled], &[("axis", Attribute::Integer(1))]);
        graph.output("features", &features, &[BATCH, Dim::Of(inputs)]);
        let (layers, outputs) = (config.decoder.layers, config.decoder.hidden);
        let mut states = Vec::new();
        for kind in state_names(config.decoder.cell, ["hidden", "cells"]) {
            let mut of_layers = Vec::with_capacity(layers);
            for layer in 0..layers {
                let name = format!("encoder.{kind}.{layer}");
                let projected = self.linear(graph, &name, &features, Linear { inputs, outputs })?;
                let state = graph.apply("Tanh", &[&projected], &[]);
                of_layers.push(graph.unsqueeze(&state, 0));
            }
            states.push(graph.concat(&of_layers, 0));
        }
        graph.output_states(&states, [layers, outputs]);
        Ok(())
    }

    /// Convolution, batch norm by the running statistics, ReLU, and the largest of each two by two.
    fn block(
        &self,
        graph: &mut GraphBuilder,
        block: usize,
        input: &Value,
        [outputs, inputs]: [usize; 2],
    ) -> Result<Value, FormatError> {
        let mut constant = |name: String, shape: &[usize]| -> Result<Value, FormatError> {
            let constant = Constant::float(shape, self.weight(&name).to_vec())?;
            Ok(graph.constant(&name, &constant))
        };
        let convolution = |part: &str| format!("encoder.convolutions.{block}.{part}");
        let kernel = ImageEncoderConfig::KERNEL;
        let weight = constant(convolution("weight"), &[outputs, inputs, kernel, kernel])?;
        let bias = constant(convolution("bias"), &[outputs])?;
        let mut of_norm = |part: &str| constant(format!("encoder.norms.{block}.{part}"), &[outputs]);
        let (scale, shift) = (of_norm("weight")?, of_norm("bias")?);
        let (mean, variance) = (of_norm("running_mean")?, of_norm("running_var")?);
        // At the beginning and at the end of both axes.
        let padding = [("pads", Attribute::Integers(vec![(kernel / 2) as i64; 4]))];
        let convolved = graph.apply("Conv", &[input, &weight, &bias], &padding);
        let epsilon = [("epsilon", Attribute::Float(BatchNorm::default().epsilon as f32))];
        let inputs = [&convolved, &scale, &shift, &mean, &variance];
        let normed = graph.apply("BatchNormalization", &inputs, &epsilon);
        let active = graph.apply("Relu", &[&normed], &[]);
        let two_by_two = Attribute::Integers(vec![2, 2]);
        Ok(graph.apply(
            "MaxPool",
            &[&active],
            &[("kernel_shape", two_by_two.clone()), ("strides", two_by_two)],
        ))
    }
}

impl GraphBuilder {
    /// The states of both directions of each layer side by side: `[L·D, B, H]` to `[L, B, D·H]`.
    fn directions_joined(&mut self, states: &Value, [layers, directions, hidden]: [usize; 3]) -> Value {
        if directions == 1 {
            return states.clone();
        }
        let sizes = |sizes: [usize; 4]| sizes.map(|size| size as i64);
        let [l, d, h, joined] = sizes([layers, directions, hidden, directions * hidden]);
        // −1 takes what is left, the batch.
        let apart = self.reshape(states, &[l, d, -1, h]);
        let order = Attribute::Integers(vec![0, 2, 1, 3]);
        let ordered = self.apply("Transpose", &[&apart], &[("perm", order)]);
        self.reshape(&ordered, &[l, -1, joined])
    }
}
