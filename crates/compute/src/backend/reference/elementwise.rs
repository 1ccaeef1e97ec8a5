//! Activations, scalar.

use super::Reference;
use crate::Real;
use crate::backend::{Activation, At, Elementwise};

impl<R: Real> Elementwise for Reference<R> {
    fn activate(
        &self,
        activation: Activation,
        At(source, from): At<&Vec<R>>,
        At(target, to): At<&mut Vec<R>>,
        len: usize,
    ) {
        for (target, &x) in target[to..to + len].iter_mut().zip(&source[from..from + len]) {
            *target = match activation {
                // Written so that NaN stays.
                Activation::Relu => {
                    if x < R::ZERO {
                        R::ZERO
                    } else {
                        x
                    }
                }
                Activation::Tanh => x.tanh(),
                Activation::Sigmoid => x.sigmoid(),
            };
        }
    }

    fn activate_backward(
        &self,
        activation: Activation,
        At(target, value): At<&Vec<R>>,
        At(d_target, from): At<&Vec<R>>,
        At(d_source, to): At<&mut Vec<R>>,
        len: usize,
    ) {
        let values = target[value..value + len].iter().zip(&d_target[from..from + len]);
        for (d_source, (&y, &d_y)) in d_source[to..to + len].iter_mut().zip(values) {
            *d_source += match activation {
                Activation::Relu => {
                    if y <= R::ZERO {
                        R::ZERO
                    } else {
                        d_y
                    }
                }
                Activation::Tanh => d_y * (R::ONE - y * y),
                Activation::Sigmoid => d_y * (y * (R::ONE - y)),
            };
        }
    }
}
