//! Connectionist temporal classification, a dispatch for each step.

use crate::buffer::{Words, word};
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::{Buffer, Indices};
use rnn_compute::backend::{At, Ctc, CtcDims, CtcTrace};
use std::ops::Range;
use std::rc::Rc;

kernels! {
    FORWARD(Forward {
        logits_start: u32, row: u32, previous_row: u32, count: u32, batch: u32, longest: u32, classes: u32,
        blank: u32, is_first: u32,
    }) = "ctc_forward" [Read, Read, Read, Write, Write, Write];
    LOSSES(Losses { count: u32, longest: u32 }) = "ctc_losses" [Read, Read, Read, Write];
    BACKWARD(Backward {
        weights_start: u32, d_loss_start: u32, d_logits_start: u32, row: u32, next_row: u32, step: u32,
        count: u32, batch: u32, longest: u32, classes: u32, blank: u32,
    }) = "ctc_backward" [Read, Read, Read, Read, Read, Read, Write, Write];
}

/// Order, lengths of labels and of inputs, and where steps begin: see `ctc_forward.wgsl`.
fn table(gpu: &Gpu, dims: CtcDims<'_>) -> Rc<Words> {
    let order = dims.inputs.order().iter().copied();
    let lengths = dims.label_lengths.iter().chain(dims.inputs.lengths()).map(|&length| word(length));
    let starts = (0..dims.inputs.steps()).map(|step| word(dims.inputs.start(step)));
    gpu.table(order.chain(lengths).chain(starts))
}

impl Ctc for Gpu {
    fn ctc_forward(
        &self,
        dims: CtcDims<'_>,
        steps: Range<usize>,
        At(logits, start): At<&Buffer>,
        labels: &Indices,
        log_probabilities: &mut Buffer,
        trace: &mut CtcTrace<Buffer>,
    ) {
        let table = table(self, dims);
        let logits_start = logits.0.start(start, dims.inputs.rows() * dims.classes);
        for step in steps {
            let count = dims.inputs.count(step);
            let params = Forward {
                logits_start,
                row: word(dims.inputs.start(step)),
                previous_row: word(dims.inputs.start(step.saturating_sub(1))),
                count: word(count),
                batch: word(dims.label_lengths.len()),
                longest: word(dims.longest),
                classes: word(dims.classes),
                blank: dims.blank,
                is_first: u32::from(step == 0),
            };
            let written = [&log_probabilities.0, &trace.alphas.0, &trace.shifts.0];
            let [log_y, alphas, shifts] = written;
            let buffers = [&logits.0, &labels.0, &*table, log_y, alphas, shifts];
            self.run(&FORWARD, params, buffers, Groups::each(count));
        }
    }

    fn ctc_losses(&self, dims: CtcDims<'_>, trace: &CtcTrace<Buffer>, sequence_losses: &mut Buffer) {
        let (table, count) = (table(self, dims), dims.label_lengths.len());
        sequence_losses.0.start(0, count);
        let params = Losses { count: word(count), longest: word(dims.longest) };
        let buffers = [&trace.alphas.0, &trace.shifts.0, &*table, &sequence_losses.0];
        self.run(&LOSSES, params, buffers, Groups::over(count));
    }

    fn ctc_backward(
        &self,
        dims: CtcDims<'_>,
        steps: Range<usize>,
        log_probabilities: &Buffer,
        labels: &Indices,
        At(weights, first_weight): At<&Buffer>,
        At(d_loss, loss_start): At<&Buffer>,
        trace: &mut CtcTrace<Buffer>,
        At(d_logits, start): At<&mut Buffer>,
    ) {
        let (table, batch) = (table(self, dims), dims.label_lengths.len());
        let weights_start = weights.0.start(first_weight, batch);
        let d_loss_start = d_loss.0.start(loss_start, 1);
        let d_logits_start = d_logits.0.start(start, dims.inputs.rows() * dims.classes);
        for step in steps.rev() {
            let count = dims.inputs.count(step);
            let params = Backward {
                weights_start,
                d_loss_start,
                d_logits_start,
                row: word(dims.inputs.start(step)),
                next_row: word(dims.inputs.start(step + 1)),
                step: word(step),
                count: word(count),
                batch: word(batch),
                longest: word(dims.longest),
                classes: word(dims.classes),
                blank: dims.blank,
            };
            let read = [&log_probabilities.0, &labels.0, &*table, &weights.0, &d_loss.0, &trace.alphas.0];
            let [log_y, labels, table, weights, d_loss, alphas] = read;
            let buffers = [log_y, labels, table, weights, d_loss, alphas, &trace.betas.0, &d_logits.0];
            self.run(&BACKWARD, params, buffers, Groups::each(count));
        }
    }
}
