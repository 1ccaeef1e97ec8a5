//! Activations, four numbers at a time.

use super::Cpu;
use super::activation::{map, sigmoid, tanh};
use super::lanes::{load, steps, store};
use crate::backend::{Activation, At, Elementwise};
use wide::f32x4;

impl Elementwise for Cpu {
    fn activate(
        &self,
        activation: Activation,
        At(source, from): At<&Vec<f32>>,
        At(target, to): At<&mut Vec<f32>>,
        len: usize,
    ) {
        let (source, target) = (&source[from..from + len], &mut target[to..to + len]);
        match activation {
            Activation::Relu => map(source, target, relu),
            Activation::Tanh => map(source, target, tanh),
            Activation::Sigmoid => map(source, target, sigmoid),
        }
    }

    fn activate_backward(
        &self,
        activation: Activation,
        At(target, value): At<&Vec<f32>>,
        At(d_target, from): At<&Vec<f32>>,
        At(d_source, to): At<&mut Vec<f32>>,
        len: usize,
    ) {
        let (target, d_target) = (&target[value..value + len], &d_target[from..from + len]);
        let d_source = &mut d_source[to..to + len];
        match activation {
            Activation::Relu => add_map(target, d_target, d_source, relu_gradient),
            Activation::Tanh => add_map(target, d_target, d_source, tanh_gradient),
            Activation::Sigmoid => add_map(target, d_target, d_source, sigmoid_gradient),
        }
    }
}

/// `d_source += f(target, d_target)`.
#[inline(always)]
fn add_map(target: &[f32], d_target: &[f32], d_source: &mut [f32], f: impl Fn(f32x4, f32x4) -> f32x4) {
    for n in steps(target.len()) {
        store(load(d_source, n) + f(load(target, n), load(d_target, n)), d_source, n);
    }
}

#[inline(always)]
fn relu(x: f32x4) -> f32x4 {
    // Written so that NaN stays.
    let zero = f32x4::splat(0.0);
    x.simd_lt(zero).bitselect(zero, x)
}

#[inline(always)]
fn relu_gradient(y: f32x4, d_y: f32x4) -> f32x4 {
    let zero = f32x4::splat(0.0);
    y.simd_le(zero).bitselect(zero, d_y)
}

#[inline(always)]
fn tanh_gradient(y: f32x4, d_y: f32x4) -> f32x4 {
    d_y * (f32x4::splat(1.0) - y * y)
}

#[inline(always)]
fn sigmoid_gradient(y: f32x4, d_y: f32x4) -> f32x4 {
    d_y * (y * (f32x4::splat(1.0) - y))
}
