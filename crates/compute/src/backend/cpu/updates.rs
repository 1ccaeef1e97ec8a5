//! The update rules, in plain loops that the compiler vectorises: `√` and `÷` are exact on every
//! machine, and nothing is summed. The same bits as the scalar reference.

use super::Cpu;
use crate::backend::{AdamStep, RmsPropStep, SgdStep, Update, Updates};

/// Step size and weight decay.
fn constants(update: Update) -> [f32; 2] {
    [update.learning_rate, update.weight_decay].map(|number| number as f32)
}

impl Updates for Cpu {
    fn sgd(
        &self,
        update: Update,
        sgd: SgdStep,
        value: &mut Vec<f32>,
        gradient: &Vec<f32>,
        velocity: &mut Vec<f32>,
    ) {
        let [rate, decay] = constants(update);
        let momentum = sgd.momentum as f32;
        let len = value.len();
        for ((value, gradient), velocity) in value.iter_mut().zip(&gradient[..len]).zip(&mut velocity[..len])
        {
            let g = gradient + decay * *value;
            *velocity = momentum * *velocity + g;
            *value -= rate * if sgd.nesterov { g + momentum * *velocity } else { *velocity };
        }
    }

    fn rmsprop(
        &self,
        update: Update,
        rmsprop: RmsPropStep,
        value: &mut Vec<f32>,
        gradient: &Vec<f32>,
        square: &mut Vec<f32>,
        velocity: &mut Vec<f32>,
    ) {
        let [rate, decay] = constants(update);
        let [keep, take] = [rmsprop.alpha, 1.0 - rmsprop.alpha].map(|number| number as f32);
        let [epsilon, momentum] = [rmsprop.epsilon, rmsprop.momentum].map(|number| number as f32);
        let len = value.len();
        let memories = square[..len].iter_mut().zip(&mut velocity[..len]);
        for ((value, gradient), (square, velocity)) in value.iter_mut().zip(&gradient[..len]).zip(memories) {
            let g = gradient + decay * *value;
            *square = keep * *square + take * g * g;
            *velocity = momentum * *velocity + g / (square.sqrt() + epsilon);
            *value -= rate * *velocity;
        }
    }

    fn adagrad(
        &self,
        update: Update,
        epsilon: f64,
        value: &mut Vec<f32>,
        gradient: &Vec<f32>,
        sum: &mut Vec<f32>,
    ) {
        let [rate, decay] = constants(update);
        let epsilon = epsilon as f32;
        let len = value.len();
        for ((value, gradient), sum) in value.iter_mut().zip(&gradient[..len]).zip(&mut sum[..len]) {
            let g = gradient + decay * *value;
            *sum += g * g;
            *value -= rate * g / (sum.sqrt() + epsilon);
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
        let [_, decay] = constants(update);
        let [keep1, take1] = [adam.beta1, 1.0 - adam.beta1].map(|number| number as f32);
        let [keep2, take2] = [adam.beta2, 1.0 - adam.beta2].map(|number| number as f32);
        let step = (update.learning_rate / adam.bias_correction1) as f32;
        let root_correction = libm::sqrt(adam.bias_correction2) as f32;
        let shrink = (1.0 - update.learning_rate * adam.decoupled_decay) as f32;
        let epsilon = adam.epsilon as f32;
        let len = value.len();
        let moments = mean[..len].iter_mut().zip(&mut square[..len]);
        for ((value, gradient), (mean, square)) in value.iter_mut().zip(&gradient[..len]).zip(moments) {
            let g = gradient + decay * *value;
            *mean = keep1 * *mean + take1 * g;
            *square = keep2 * *square + take2 * g * g;
            *value = shrink * *value - step * *mean / (square.sqrt() / root_correction + epsilon);
        }
    }

    fn clamp(&self, numbers: &mut Vec<f32>, bound: f64) {
        let bound = bound as f32;
        for number in numbers {
            // Not `clamp`, which panics where the bounds are not in order.
            *number = number.min(bound).max(-bound);
        }
    }

    fn squared_distance(&self, a: &Vec<f32>, b: &Vec<f32>) -> f64 {
        let square = |(&a, &b)| (f64::from(a) - f64::from(b)) * (f64::from(a) - f64::from(b));
        a.iter().zip(b).map(square).sum()
    }
}
