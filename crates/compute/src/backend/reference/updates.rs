//! The update rules, scalar.

use super::Reference;
use crate::Real;
use crate::backend::{AdamStep, Update, Updates};

impl<R: Real> Updates for Reference<R> {
    fn sgd(
        &self,
        update: Update,
        momentum: f64,
        value: &mut Vec<R>,
        gradient: &Vec<R>,
        velocity: &mut Vec<R>,
    ) {
        let [rate, scale, momentum] =
            [update.learning_rate, update.gradient_scale, momentum].map(R::from_f64);
        for n in 0..value.len() {
            velocity[n] = momentum * velocity[n] + scale * gradient[n];
            value[n] = value[n] - rate * velocity[n];
        }
    }

    fn rmsprop(
        &self,
        update: Update,
        alpha: f64,
        epsilon: f64,
        value: &mut Vec<R>,
        gradient: &Vec<R>,
        square: &mut Vec<R>,
    ) {
        let [rate, scale] = [update.learning_rate, update.gradient_scale].map(R::from_f64);
        let [keep, take, epsilon] = [alpha, 1.0 - alpha, epsilon].map(R::from_f64);
        for n in 0..value.len() {
            let g = scale * gradient[n];
            square[n] = keep * square[n] + take * g * g;
            value[n] = value[n] - rate * g / (square[n].sqrt() + epsilon);
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
        let scale = R::from_f64(update.gradient_scale);
        let [keep1, take1] = [adam.beta1, 1.0 - adam.beta1].map(R::from_f64);
        let [keep2, take2] = [adam.beta2, 1.0 - adam.beta2].map(R::from_f64);
        let step = R::from_f64(update.learning_rate / adam.bias_correction1);
        let root_correction = R::from_f64(libm::sqrt(adam.bias_correction2));
        let shrink = R::from_f64(1.0 - update.learning_rate * adam.weight_decay);
        let epsilon = R::from_f64(adam.epsilon);
        for n in 0..value.len() {
            let g = scale * gradient[n];
            mean[n] = keep1 * mean[n] + take1 * g;
            square[n] = keep2 * square[n] + take2 * g * g;
            value[n] = shrink * value[n] - step * mean[n] / (square[n].sqrt() / root_correction + epsilon);
        }
    }
}
