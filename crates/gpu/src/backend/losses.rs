//! Losses by row, and their weighted sum.

use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{At, ElementwiseLoss, LossRows, Losses};

kernels! {
    FORWARD(Forward {
        prediction_start: u32, labels_start: u32, first: u32, rows: u32, width: u32, kind: u32, delta: f32,
    }) = "elementwise_loss_forward" [Read, Read, Write];
    BACKWARD(Backward {
        prediction_start: u32, labels_start: u32, weights_start: u32, d_loss_start: u32,
        d_prediction_start: u32, first: u32, rows: u32, width: u32, kind: u32, delta: f32,
    }) = "elementwise_loss_backward" [Read, Read, Read, Read, Write];
    WEIGHTED_SUM(WeightedSum { weights_start: u32, row_losses_start: u32, loss_start: u32, rows: u32 })
        = "weighted_sum" [Read, Read, Write];
}

/// The kernels' number of a loss, and δ.
fn kind(loss: ElementwiseLoss) -> (u32, f32) {
    match loss {
        ElementwiseLoss::BinaryCrossEntropy => (0, 0.0),
        ElementwiseLoss::Squared => (1, 0.0),
        ElementwiseLoss::Absolute => (2, 0.0),
        ElementwiseLoss::Huber { delta } => (3, delta as f32),
    }
}

impl Losses for Gpu {
    fn elementwise_loss_forward(
        &self,
        loss: ElementwiseLoss,
        LossRows { first, rows, width }: LossRows,
        At(prediction, start): At<&Buffer>,
        At(targets, targets_start): At<&Buffer>,
        row_losses: &mut Buffer,
    ) {
        let ((kind, delta), end) = (kind(loss), first + rows);
        row_losses.0.start(0, end);
        let params = Forward {
            prediction_start: prediction.0.start(start, end * width),
            labels_start: targets.0.start(targets_start, end * width),
            first: word(first),
            rows: word(rows),
            width: word(width),
            kind,
            delta,
        };
        self.run(&FORWARD, params, [&prediction.0, &targets.0, &row_losses.0], Groups::each(rows));
    }

    fn elementwise_loss_backward(
        &self,
        loss: ElementwiseLoss,
        LossRows { first, rows, width }: LossRows,
        At(prediction, start): At<&Buffer>,
        At(targets, targets_start): At<&Buffer>,
        At(weights, first_weight): At<&Buffer>,
        At(d_loss, loss_start): At<&Buffer>,
        At(d_prediction, d_start): At<&mut Buffer>,
    ) {
        let ((kind, delta), end) = (kind(loss), first + rows);
        let params = Backward {
            prediction_start: prediction.0.start(start, end * width),
            labels_start: targets.0.start(targets_start, end * width),
            weights_start: weights.0.start(first_weight, end),
            d_loss_start: d_loss.0.start(loss_start, 1),
            d_prediction_start: d_prediction.0.start(d_start, end * width),
            first: word(first),
            rows: word(rows),
            width: word(width),
            kind,
            delta,
        };
        let buffers = [&prediction.0, &targets.0, &weights.0, &d_loss.0, &d_prediction.0];
        self.run(&BACKWARD, params, buffers, Groups::over(rows * width));
    }

    fn weighted_sum(
        &self,
        At(weights, first_weight): At<&Buffer>,
        At(row_losses, first_loss): At<&Buffer>,
        At(loss, loss_start): At<&mut Buffer>,
        rows: usize,
    ) {
        let params = WeightedSum {
            weights_start: weights.0.start(first_weight, rows),
            row_losses_start: row_losses.0.start(first_loss, rows),
            loss_start: loss.0.start(loss_start, 1),
            rows: word(rows),
        };
        self.run(&WEIGHTED_SUM, params, [&weights.0, &row_losses.0, &loss.0], Groups([1, 1, 1]));
    }
}
