//! Activations.

use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{Activation, At, Elementwise};

kernels! {
    ACTIVATE(Activate { source_start: u32, result_start: u32, len: u32, kind: u32 })
        = "activate" [Read, Write];
    ACTIVATE_BACKWARD(ActivateBackward {
        result_start: u32, d_result_start: u32, d_source_start: u32, len: u32, kind: u32,
    }) = "activate_backward" [Read, Read, Write];
}

/// The kernels' number of an activation.
fn kind(activation: Activation) -> u32 {
    match activation {
        Activation::Relu => 0,
        Activation::Tanh => 1,
        Activation::Sigmoid => 2,
    }
}

impl Elementwise for Gpu {
    fn activate(
        &self,
        activation: Activation,
        At(source, from): At<&Buffer>,
        At(target, to): At<&mut Buffer>,
        len: usize,
    ) {
        let params = Activate {
            source_start: source.0.start(from, len),
            result_start: target.0.start(to, len),
            len: word(len),
            kind: kind(activation),
        };
        self.run(&ACTIVATE, params, [&source.0, &target.0], Groups::over(len));
    }

    fn activate_backward(
        &self,
        activation: Activation,
        At(target, value): At<&Buffer>,
        At(d_target, from): At<&Buffer>,
        At(d_source, to): At<&mut Buffer>,
        len: usize,
    ) {
        let params = ActivateBackward {
            result_start: target.0.start(value, len),
            d_result_start: d_target.0.start(from, len),
            d_source_start: d_source.0.start(to, len),
            len: word(len),
            kind: kind(activation),
        };
        let buffers = [&target.0, &d_target.0, &d_source.0];
        self.run(&ACTIVATE_BACKWARD, params, buffers, Groups::over(len));
    }
}
