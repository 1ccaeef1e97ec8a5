//! Table rows and softmax cross-entropy.
//!
//! - (1) `p_j = e^(x_j − c) / s`, `s = Σ_j e^(x_j − c)`, c the row's largest logit: it changes nothing
//!   and keeps the exponentials finite.
//! - (2) `−ln p_target = ln s + c − x_target`, summed over the rows in `f64`.
//!
//! Sums run in four lanes over the row, joined as (0 + 1) + (2 + 3). Past its end a row reads as −∞,
//! whose exponential adds nothing.

use super::Cpu;
use super::activation::exp;
use super::lanes::{load, load_padded, steps, store};
use super::memory::add_to;
use crate::backend::{At, Symbols};
use wide::f32x4;

impl Symbols for Cpu {
    fn gather(
        &self,
        At(table, first_entry): At<&Vec<f32>>,
        At(rows, first_row): At<&Vec<u32>>,
        At(target, start): At<&mut Vec<f32>>,
        count: usize,
        width: usize,
    ) {
        let target = &mut target[start..start + count * width];
        for (r, &row) in rows[first_row..first_row + count].iter().enumerate() {
            target[r * width..][..width]
                .copy_from_slice(&table[first_entry + row as usize * width..][..width]);
        }
    }

    fn scatter_add(
        &self,
        At(source, start): At<&Vec<f32>>,
        At(rows, first_row): At<&Vec<u32>>,
        At(table, first_entry): At<&mut Vec<f32>>,
        count: usize,
        width: usize,
    ) {
        let source = &source[start..start + count * width];
        for (r, &row) in rows[first_row..first_row + count].iter().enumerate() {
            add_to(&mut table[first_entry + row as usize * width..][..width], &source[r * width..][..width]);
        }
    }

    fn softmax_cross_entropy_forward(
        &self,
        At(logits, start): At<&Vec<f32>>,
        targets: &Vec<u32>,
        At(weights, first_weight): At<&Vec<f32>>,
        probabilities: &mut Vec<f32>,
        At(loss, loss_start): At<&mut Vec<f32>>,
        rows: usize,
        width: usize,
    ) {
        let logits = &logits[start..start + rows * width];
        let probabilities = &mut probabilities[..rows * width];
        let weights = &weights[first_weight..first_weight + rows];
        let mut total = 0.0;
        for (r, (&target, &weight)) in targets[..rows].iter().zip(weights).enumerate() {
            let row = &logits[r * width..][..width];
            let (largest, sum) = softmax(row, &mut probabilities[r * width..][..width]);
            total += f64::from(weight * (libm::logf(sum) + largest - row[target as usize]));
        }
        loss[loss_start] = total as f32;
    }

    fn softmax_cross_entropy_backward(
        &self,
        probabilities: &Vec<f32>,
        targets: &Vec<u32>,
        At(weights, first_weight): At<&Vec<f32>>,
        At(d_loss, loss_start): At<&Vec<f32>>,
        At(d_logits, start): At<&mut Vec<f32>>,
        rows: usize,
        width: usize,
    ) {
        let probabilities = &probabilities[..rows * width];
        let d_logits = &mut d_logits[start..start + rows * width];
        let weights = &weights[first_weight..first_weight + rows];
        for (r, (&target, weight)) in targets[..rows].iter().zip(weights).enumerate() {
            let scale = d_loss[loss_start] * weight;
            let row = &mut d_logits[r * width..][..width];
            let probabilities = &probabilities[r * width..][..width];
            // The target's share is set apart so that the others are one loop without a branch.
            let d_target = row[target as usize] + scale * (probabilities[target as usize] - 1.0);
            for (d_logit, probability) in row.iter_mut().zip(probabilities) {
                *d_logit += scale * probability;
            }
            row[target as usize] = d_target;
        }
    }
}

/// (1) for a row; returns c and s.
fn softmax(row: &[f32], probabilities: &mut [f32]) -> (f32, f32) {
    let mut largest = f32x4::splat(f32::NEG_INFINITY);
    for j in steps(row.len()) {
        largest = greater(largest, load_padded(row, j, f32::NEG_INFINITY));
    }
    let [a, b, c, d] = largest.to_array();
    // NaN may or may not win here; its exponential makes the sum NaN, and with it the whole row.
    let largest = [b, c, d].into_iter().fold(a, |largest, x| if x > largest { x } else { largest });
    let mut sums = f32x4::splat(0.0);
    for j in steps(row.len()) {
        let power = exp(load_padded(row, j, f32::NEG_INFINITY) - f32x4::splat(largest));
        sums += power;
        store(power, probabilities, j);
    }
    let [a, b, c, d] = sums.to_array();
    let sum = (a + b) + (c + d);
    for j in steps(row.len()) {
        store(load(probabilities, j) / f32x4::splat(sum), probabilities, j);
    }
    (largest, sum)
}

/// The greater of each two lanes.
#[inline(always)]
fn greater(a: f32x4, b: f32x4) -> f32x4 {
    b.simd_gt(a).bitselect(b, a)
}
