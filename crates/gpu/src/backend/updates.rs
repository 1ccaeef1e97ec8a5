//! The update rules of the optimisers. What depends on constants alone is worked out in `f64`.

use super::squares;
use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{AdamStep, RmsPropStep, SgdStep, Update, Updates};

kernels! {
    SGD(Sgd {
        len: u32, is_nesterov: u32, learning_rate: f32, weight_decay: f32, momentum: f32,
    }) = "sgd" [Write, Read, Write];
    RMSPROP(RmsProp {
        len: u32, learning_rate: f32, weight_decay: f32, alpha: f32,
        one_minus_alpha: f32, epsilon: f32, momentum: f32,
    }) = "rmsprop" [Write, Read, Write, Write];
    ADAGRAD(Adagrad {
        len: u32, learning_rate: f32, weight_decay: f32, epsilon: f32,
    }) = "adagrad" [Write, Read, Write];
    ADAM(Adam {
        len: u32, weight_decay: f32, beta1: f32, one_minus_beta1: f32, beta2: f32,
        one_minus_beta2: f32, step: f32, root_correction: f32, shrink: f32, epsilon: f32,
    }) = "adam" [Write, Read, Write, Write];
    CLAMP(Clamp { len: u32, bound: f32 }) = "clamp" [Write];
}

impl Updates for Gpu {
    fn sgd(
        &self,
        update: Update,
        sgd: SgdStep,
        value: &mut Buffer,
        gradient: &Buffer,
        velocity: &mut Buffer,
    ) {
        let len = value.0.len;
        let params = Sgd {
            len: word(len),
            is_nesterov: u32::from(sgd.nesterov),
            learning_rate: update.learning_rate as f32,
            weight_decay: update.weight_decay as f32,
            momentum: sgd.momentum as f32,
        };
        self.run(&SGD, params, [&value.0, &gradient.0, &velocity.0], Groups::over(len));
    }

    fn rmsprop(
        &self,
        update: Update,
        rmsprop: RmsPropStep,
        value: &mut Buffer,
        gradient: &Buffer,
        square: &mut Buffer,
        velocity: &mut Buffer,
    ) {
        let len = value.0.len;
        let params = RmsProp {
            len: word(len),
            learning_rate: update.learning_rate as f32,
            weight_decay: update.weight_decay as f32,
            alpha: rmsprop.alpha as f32,
            one_minus_alpha: (1.0 - rmsprop.alpha) as f32,
            epsilon: rmsprop.epsilon as f32,
            momentum: rmsprop.momentum as f32,
        };
        let buffers = [&value.0, &gradient.0, &square.0, &velocity.0];
        self.run(&RMSPROP, params, buffers, Groups::over(len));
    }

    fn adagrad(&self, update: Update, epsilon: f64, value: &mut Buffer, gradient: &Buffer, sum: &mut Buffer) {
        let len = value.0.len;
        let params = Adagrad {
            len: word(len),
            learning_rate: update.learning_rate as f32,
            weight_decay: update.weight_decay as f32,
            epsilon: epsilon as f32,
        };
        self.run(&ADAGRAD, params, [&value.0, &gradient.0, &sum.0], Groups::over(len));
    }

    fn adam(
        &self,
        update: Update,
        adam: AdamStep,
        value: &mut Buffer,
        gradient: &Buffer,
        mean: &mut Buffer,
        square: &mut Buffer,
    ) {
        let len = value.0.len;
        let params = Adam {
            len: word(len),
            weight_decay: update.weight_decay as f32,
            beta1: adam.beta1 as f32,
            one_minus_beta1: (1.0 - adam.beta1) as f32,
            beta2: adam.beta2 as f32,
            one_minus_beta2: (1.0 - adam.beta2) as f32,
            step: (update.learning_rate / adam.bias_correction1) as f32,
            root_correction: adam.bias_correction2.sqrt() as f32,
            shrink: (1.0 - update.learning_rate * adam.decoupled_decay) as f32,
            epsilon: adam.epsilon as f32,
        };
        let buffers = [&value.0, &gradient.0, &mean.0, &square.0];
        self.run(&ADAM, params, buffers, Groups::over(len));
    }

    fn clamp(&self, numbers: &mut Buffer, bound: f64) {
        let len = numbers.0.len;
        let params = Clamp { len: word(len), bound: bound as f32 };
        self.run(&CLAMP, params, [&numbers.0], Groups::over(len));
    }

    /// In `f32` on the device, joined in `f64`; waits for the device.
    fn squared_distance(&self, a: &Buffer, b: &Buffer) -> f64 {
        squares::read(self, squares::of_distance(self, [a, b]))
    }
}
