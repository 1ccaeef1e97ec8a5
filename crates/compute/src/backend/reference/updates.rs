//! The update rules, scalar.

use super::Reference;
use crate::Real;
use crate::backend::{AdamStep, RmsPropStep, SgdStep, Update, Updates};

/// Step size and weight decay.
fn constants<R: Real>(update: Update) -> [R; 2] {
    [update.learning_rate, update.weight_decay].map(R::from_f64)
}

impl<R: Real> Updates for Reference<R> {
    fn sgd(
        &self,
        update: Update,
        sgd: SgdStep,
        value: &mut Vec<R>,
        gradient: &Vec<R>,
        velocity: &mut Vec<R>,
    ) {
        let [rate, decay]: [R; 2] = constants(update);
        let momentum = R::from_f64(sgd.momentum);
        for n in 0..value.len() {
            let g = gradient[n] + decay * value[n];
            velocity[n] = momentum * velocity[n] + g;
            let step = if sgd.nesterov { g + momentum * velocity[n] } else { velocity[n] };
            value[n] = value[n] - rate * step;
        }
    }

    fn rmsprop(
        &self,
        update: Update,
        rmsprop: RmsPropStep,
        value: &mut Vec<R>,
        gradient: &Vec<R>,
        square: &mut Vec<R>,
        velocity: &mut Vec<R>,
    ) {
        let [rate, decay]: [R; 2] = constants(update);
        let [keep, take] = [rmsprop.alpha, 1.0 - rmsprop.alpha].map(R::from_f64);
        let [epsilon, momentum] = [rmsprop.epsilon, rmsprop.momentum].map(R::from_f64);
        for n in 0..value.len() {
            let g = gradient[n] + decay * value[n];
            square[n] = keep * square[n] + take * g * g;
            velocity[n] = momentum * velocity[n] + g / (square[n].sqrt() + epsilon);
            value[n] = value[n] - rate * velocity[n];
        }
    }

    fn adagrad(&self, update: Update, epsilon: f64, value: &mut Vec<R>, gradient: &Vec<R>, sum: &mut Vec<R>) {
        let [rate, decay]: [R; 2] = constants(update);
        let epsilon = R::from_f64(epsilon);
        for n in 0..value.len() {
            let g = gradient[n] + decay * value[n];
            sum[n] += g * g;
            value[n] = value[n] - rate * g / (sum[n].sqrt() + epsilon);
        }
    }

    fn adam(
        &self,
        update: Update,
        adam: AdamStep,
        value: &mut Vec<R>,
        gradient: &Vec<R>,
        mean: &mut Vec<R>,
        square: &mut Vec<R>,
    ) {
        let [_, decay]: [R; 2] = constants(update);
        let [keep1, take1] = [adam.beta1, 1.0 - adam.beta1].map(R::from_f64);
        let [keep2, take2] = [adam.beta2, 1.0 - adam.beta2].map(R::from_f64);
        let step = R::from_f64(update.learning_rate / adam.bias_correction1);
        let root_correction = R::from_f64(libm::sqrt(adam.bias_correction2));
        let shrink = R::from_f64(1.0 - update.learning_rate * adam.decoupled_decay);
        let epsilon = R::from_f64(adam.epsilon);
        for n in 0..value.len() {
            let g = gradient[n] + decay * value[n];
            mean[n] = keep1 * mean[n] + take1 * g;
            square[n] = keep2 * square[n] + take2 * g * g;
            value[n] = shrink * value[n] - step * mean[n] / (square[n].sqrt() / root_correction + epsilon);
        }
    }

    fn clamp(&self, numbers: &mut Vec<R>, bound: f64) {
        let bound = R::from_f64(bound);
        for number in numbers {
            if *number > bound {
                *number = bound;
            } else if *number < -bound {
                *number = -bound;
            }
        }
    }

    fn squared_distance(&self, a: &Vec<R>, b: &Vec<R>) -> f64 {
        let square = |(a, b): (&R, &R)| (a.to_f64() - b.to_f64()) * (a.to_f64() - b.to_f64());
        a.iter().zip(b).map(square).sum()
    }
}
