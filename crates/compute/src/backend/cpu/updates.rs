//! The update rules, in plain loops that the compiler vectorises: `√` and `÷` are exact on every
//! machine, and nothing is summed. The same bits as the scalar reference.

use super::Cpu;
use crate::backend::{AdamStep, Update, Updates};

impl Updates for Cpu {
    fn sgd(
        &self,
        update: Update,
        momentum: f64,
        value: &mut Vec<f32>,
        gradient: &Vec<f32>,
        velocity: &mut Vec<f32>,
    ) {
        let [rate, scale, momentum] =
            [update.learning_rate, update.gradient_scale, momentum].map(|number| number as f32);
        let len = value.len();
        for ((value, gradient), velocity) in value.iter_mut().zip(&gradient[..len]).zip(&mut velocity[..len])
        {
            *velocity = momentum * *velocity + scale * gradient;
            *value -= rate * *velocity;
        }
    }

    fn rmsprop(
        &self,
        update: Update,
        alpha: f64,
        epsilon: f64,
        value: &mut Vec<f32>,
        gradient: &Vec<f32>,
        square: &mut Vec<f32>,
    ) {
        let [rate, scale] = [update.learning_rate, update.gradient_scale].map(|number| number as f32);
        let [keep, take, epsilon] = [alpha, 1.0 - alpha, epsilon].map(|number| number as f32);
        let len = value.len();
        for ((value, gradient), square) in value.iter_mut().zip(&gradient[..len]).zip(&mut square[..len]) {
            let g = scale * gradient;
            *square = keep * *square + take * g * g;
            *value -= rate * g / (square.sqrt() + epsilon);
        }
    }

    fn adam(
        &self,
        update: Update,
        adam: AdamStep,
        value: &mut Vec<f32>,
        gradient: &Vec<f32>,
        mean: &mut Vec<f32>,
        square: &mut Vec<f32>,
    ) {
        let scale = update.gradient_scale as f32;
        let [keep1, take1] = [adam.beta1, 1.0 - adam.beta1].map(|number| number as f32);
        let [keep2, take2] = [adam.beta2, 1.0 - adam.beta2].map(|number| number as f32);
        let step = (update.learning_rate / adam.bias_correction1) as f32;
        let root_correction = libm::sqrt(adam.bias_correction2) as f32;
        let shrink = (1.0 - update.learning_rate * adam.weight_decay) as f32;
        let epsilon = adam.epsilon as f32;
        let len = value.len();
        let moments = mean[..len].iter_mut().zip(&mut square[..len]);
        for ((value, gradient), (mean, square)) in value.iter_mut().zip(&gradient[..len]).zip(moments) {
            let g = scale * gradient;
            *mean = keep1 * *mean + take1 * g;
            *square = keep2 * *square + take2 * g * g;
            *value = shrink * *value - step * *mean / (square.sqrt() / root_correction + epsilon);
        }
    }
}
