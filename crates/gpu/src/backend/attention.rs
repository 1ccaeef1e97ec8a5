//! Attention over the states of source sequences.

use crate::Buffer;
use crate::buffer::{Words, word};
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{At, Attention, SourceDims, Write};
use std::rc::Rc;

kernels! {
    SOURCE_DOTS(SourceDots {
        rows_start: u32, source_start: u32, dots_start: u32, steps: u32, batch: u32, width: u32,
        has_lengths: u32, first: u32, count: u32, is_added: u32, scale: f32,
    }) = "source_dots" [Read, Read, Read, Write];
    SOURCE_SUMS(SourceSums {
        weights_start: u32, source_start: u32, sums_start: u32, steps: u32, batch: u32, width: u32,
        has_lengths: u32, first: u32, count: u32, is_added: u32, scale: f32,
    }) = "source_sums" [Read, Read, Read, Write];
    SOURCE_PRODUCTS(SourceProducts {
        weights_start: u32, rows_start: u32, source_start: u32, steps: u32, batch: u32, width: u32,
        has_lengths: u32, first: u32, count: u32, scale: f32,
    }) = "source_products" [Read, Read, Read, Write];
    ADDITIVE_FORWARD(AdditiveForward {
        keys_start: u32, query_start: u32, scores_start: u32, steps: u32, batch: u32, width: u32,
        has_lengths: u32, first: u32, count: u32,
    }) = "additive_scores_forward" [Read, Read, Read, Read, Write];
    ADDITIVE_BACKWARD(AdditiveBackward {
        keys_start: u32, query_start: u32, d_scores_start: u32, d_keys_start: u32, d_query_start: u32,
        steps: u32, batch: u32, width: u32, has_lengths: u32, first: u32, count: u32,
    }) = "additive_scores_backward" [Read, Read, Read, Read, Read, Write, Write];
    ADDITIVE_WEIGHT_GRADIENT(AdditiveWeightGradient {
        keys_start: u32, query_start: u32, d_scores_start: u32, steps: u32, batch: u32, width: u32,
        has_lengths: u32, first: u32, count: u32,
    }) = "additive_weight_gradient" [Read, Read, Read, Read, Write];
    SOFTMAX_FORWARD(SoftmaxForward {
        scores_start: u32, weights_start: u32, steps: u32, batch: u32, width: u32, has_lengths: u32,
        first: u32, count: u32,
    }) = "masked_softmax_forward" [Read, Read, Write];
    SOFTMAX_BACKWARD(SoftmaxBackward {
        weights_start: u32, d_weights_start: u32, d_scores_start: u32, steps: u32, batch: u32, width: u32,
        has_lengths: u32, first: u32, count: u32,
    }) = "masked_softmax_backward" [Read, Read, Read, Write];
}

/// The sizes of a source as a kernel's parameters, and what follows from them.
struct Source {
    steps: u32,
    batch: u32,
    width: u32,
    has_lengths: u32,
    first: u32,
    count: u32,
    /// Numbers of all rows, of all scores and of all states.
    rows_len: usize,
    scores_len: usize,
    states_len: usize,
    lengths: Option<Rc<Words>>,
}

impl Source {
    fn new(gpu: &Gpu, dims: SourceDims<'_>) -> Self {
        let SourceDims { steps, batch, width, lengths, first, count } = dims;
        assert!(first + count <= batch, "sequences {first} to {first} + {count} of {batch}");
        Self {
            steps: word(steps),
            batch: word(batch),
            width: word(width),
            has_lengths: u32::from(lengths.is_some()),
            first: word(first),
            count: word(count),
            rows_len: batch * width,
            scores_len: batch * steps,
            states_len: steps * batch * width,
            lengths: lengths.map(|lengths| gpu.table(lengths.iter().map(|&length| word(length)))),
        }
    }

    /// The lengths, or some other buffer that is only read.
    fn lengths<'a>(&'a self, other: &'a Words) -> &'a Words {
        self.lengths.as_deref().unwrap_or(other)
    }
}

impl Attention for Gpu {
    fn source_dots(
        &self,
        dims: SourceDims<'_>,
        scale: f64,
        At(rows, from): At<&Buffer>,
        At(source, source_from): At<&Buffer>,
        At(dots, to): At<&mut Buffer>,
        write: Write,
    ) {
        let size = Source::new(self, dims);
        let Source { steps, batch, width, has_lengths, first, count, .. } = size;
        let params = SourceDots {
            rows_start: rows.0.start(from, size.rows_len),
            source_start: source.0.start(source_from, size.states_len),
            dots_start: dots.0.start(to, size.scores_len),
            steps,
            batch,
            width,
            has_lengths,
            first,
            count,
            is_added: u32::from(write == Write::Accumulate),
            scale: scale as f32,
        };
        let buffers = [&rows.0, &source.0, size.lengths(&rows.0), &dots.0];
        self.run(&SOURCE_DOTS, params, buffers, Groups::each(dims.count * dims.steps));
    }

    fn source_sums(
        &self,
        dims: SourceDims<'_>,
        scale: f64,
        At(weights, from): At<&Buffer>,
        At(source, source_from): At<&Buffer>,
        At(sums, to): At<&mut Buffer>,
        write: Write,
    ) {
        let size = Source::new(self, dims);
        let Source { steps, batch, width, has_lengths, first, count, .. } = size;
        let params = SourceSums {
            weights_start: weights.0.start(from, size.scores_len),
            source_start: source.0.start(source_from, size.states_len),
            sums_start: sums.0.start(to, size.rows_len),
            steps,
            batch,
            width,
            has_lengths,
            first,
            count,
            is_added: u32::from(write == Write::Accumulate),
            scale: scale as f32,
        };
        let buffers = [&weights.0, &source.0, size.lengths(&weights.0), &sums.0];
        self.run(&SOURCE_SUMS, params, buffers, Groups::over(dims.count * dims.width));
    }

    fn source_products(
        &self,
        dims: SourceDims<'_>,
        scale: f64,
        At(weights, from): At<&Buffer>,
        At(rows, rows_from): At<&Buffer>,
        At(source, to): At<&mut Buffer>,
    ) {
        let size = Source::new(self, dims);
        let Source { steps, batch, width, has_lengths, first, count, .. } = size;
        let params = SourceProducts {
            weights_start: weights.0.start(from, size.scores_len),
            rows_start: rows.0.start(rows_from, size.rows_len),
            source_start: source.0.start(to, size.states_len),
            steps,
            batch,
            width,
            has_lengths,
            first,
            count,
            scale: scale as f32,
        };
        let buffers = [&weights.0, &rows.0, size.lengths(&weights.0), &source.0];
        let groups = Groups::over(dims.steps * dims.count * dims.width);
        self.run(&SOURCE_PRODUCTS, params, buffers, groups);
    }

    fn additive_scores_forward(
        &self,
        dims: SourceDims<'_>,
        At(keys, from): At<&Buffer>,
        At(query, query_from): At<&Buffer>,
        weight: &Buffer,
        At(scores, to): At<&mut Buffer>,
    ) {
        let size = Source::new(self, dims);
        let Source { steps, batch, width, has_lengths, first, count, .. } = size;
        weight.0.start(0, dims.width);
        let params = AdditiveForward {
            keys_start: keys.0.start(from, size.states_len),
            query_start: query.0.start(query_from, size.rows_len),
            scores_start: scores.0.start(to, size.scores_len),
            steps,
            batch,
            width,
            has_lengths,
            first,
            count,
        };
        let buffers = [&keys.0, &query.0, &weight.0, size.lengths(&keys.0), &scores.0];
        self.run(&ADDITIVE_FORWARD, params, buffers, Groups::each(dims.count * dims.steps));
    }

    fn additive_scores_backward(
        &self,
        dims: SourceDims<'_>,
        At(keys, from): At<&Buffer>,
        At(query, query_from): At<&Buffer>,
        weight: &Buffer,
        At(d_scores, above): At<&Buffer>,
        At(d_keys, to_keys): At<&mut Buffer>,
        At(d_query, to_query): At<&mut Buffer>,
        d_weight: Option<&mut Buffer>,
    ) {
        let size = Source::new(self, dims);
        let Source { steps, batch, width, has_lengths, first, count, .. } = size;
        weight.0.start(0, dims.width);
        let keys_start = keys.0.start(from, size.states_len);
        let query_start = query.0.start(query_from, size.rows_len);
        let d_scores_start = d_scores.0.start(above, size.scores_len);
        let params = AdditiveBackward {
            keys_start,
            query_start,
            d_scores_start,
            d_keys_start: d_keys.0.start(to_keys, size.states_len),
            d_query_start: d_query.0.start(to_query, size.rows_len),
            steps,
            batch,
            width,
            has_lengths,
            first,
            count,
        };
        let lengths = size.lengths(&keys.0);
        let buffers = [&keys.0, &query.0, &weight.0, &d_scores.0, lengths, &d_keys.0, &d_query.0];
        self.run(&ADDITIVE_BACKWARD, params, buffers, Groups::over(dims.count * dims.width));
        if let Some(d_weight) = d_weight {
            d_weight.0.start(0, dims.width);
            let params = AdditiveWeightGradient {
                keys_start,
                query_start,
                d_scores_start,
                steps,
                batch,
                width,
                has_lengths,
                first,
                count,
            };
            let buffers = [&keys.0, &query.0, &d_scores.0, lengths, &d_weight.0];
            self.run(&ADDITIVE_WEIGHT_GRADIENT, params, buffers, Groups::each(dims.width));
        }
    }

    fn masked_softmax_forward(
        &self,
        dims: SourceDims<'_>,
        At(scores, from): At<&Buffer>,
        At(weights, to): At<&mut Buffer>,
    ) {
        let size = Source::new(self, dims);
        let Source { steps, batch, width, has_lengths, first, count, .. } = size;
        let params = SoftmaxForward {
            scores_start: scores.0.start(from, size.scores_len),
            weights_start: weights.0.start(to, size.scores_len),
            steps,
            batch,
            width,
            has_lengths,
            first,
            count,
        };
        let buffers = [&scores.0, size.lengths(&scores.0), &weights.0];
        self.run(&SOFTMAX_FORWARD, params, buffers, Groups::each(dims.count));
    }

    fn masked_softmax_backward(
        &self,
        dims: SourceDims<'_>,
        At(weights, from): At<&Buffer>,
        At(d_weights, above): At<&Buffer>,
        At(d_scores, to): At<&mut Buffer>,
    ) {
        let size = Source::new(self, dims);
        let Source { steps, batch, width, has_lengths, first, count, .. } = size;
        let params = SoftmaxBackward {
            weights_start: weights.0.start(from, size.scores_len),
            d_weights_start: d_weights.0.start(above, size.scores_len),
            d_scores_start: d_scores.0.start(to, size.scores_len),
            steps,
            batch,
            width,
            has_lengths,
            first,
            count,
        };
        let buffers = [&weights.0, &d_weights.0, size.lengths(&weights.0), &d_scores.0];
        self.run(&SOFTMAX_BACKWARD, params, buffers, Groups::each(dims.count));
    }
}
