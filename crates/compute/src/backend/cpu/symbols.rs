//! Table rows and softmax cross-entropy.
//!
//! - (1) `p_j = e^(x_j − c) / s`, `s = Σ_j e^(x_j − c)`, c the row's largest logit: it changes nothing
//!   and keeps the exponentials finite.
//! - (2) `−ln p_target = ln s + (c − x_target)`, the loss of a row without label smoothing.
//! - (3) With it, `ln s + (1 − ε) · (c − x_target) + ε/V · Σ_j (c − x_j)`. The distances come first: the
//!   logits themselves may be so large that adding them would round ln s away.
//!
//! Sums run in four lanes over the row, joined as (0 + 1) + (2 + 3). Past its end a row of
//! exponentials reads as 0, which adds nothing.

use super::Cpu;
use super::activation::{exp, map};
use super::lanes::{load, load_padded, steps, store};
use super::memory::add_to;
use crate::backend::{At, CrossEntropyRows, Symbols};
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
        extent: CrossEntropyRows,
        At(logits, start): At<&Vec<f32>>,
        At(targets, first_target): At<&Vec<u32>>,
        probabilities: &mut Vec<f32>,
        row_losses: &mut Vec<f32>,
    ) {
        let CrossEntropyRows { first, rows, width, .. } = extent;
        for r in first..first + rows {
            let row = &logits[start + r * width..][..width];
            let (largest, sum) = softmax(row, &mut probabilities[r * width..][..width]);
            row_losses[r] = match extent.target(&targets[first_target..], r) {
                None => 0.0,
                Some(target) if extent.label_smoothing == 0.0 => libm::logf(sum) + (largest - row[target]), // (2)
                Some(target) => {
                    let (uniform, certain) = extent.shares();
                    let spread = uniform as f32 * distances(row, largest);
                    libm::logf(sum) + (certain as f32 * (largest - row[target]) + spread) // (3)
                }
            };
        }
    }

    fn softmax_cross_entropy_backward(
        &self,
        extent: CrossEntropyRows,
        probabilities: &Vec<f32>,
        At(targets, first_target): At<&Vec<u32>>,
        At(weights, first_weight): At<&Vec<f32>>,
        At(d_loss, loss_start): At<&Vec<f32>>,
        At(d_logits, start): At<&mut Vec<f32>>,
    ) {
        let CrossEntropyRows { first, rows, width, .. } = extent;
        let (uniform, certain) = extent.shares();
        let (share, target_share) = (uniform as f32, (uniform + certain) as f32);
        for r in first..first + rows {
            let weight = weights[first_weight + r];
            let Some(target) = extent.target(&targets[first_target..], r).filter(|_| weight != 0.0) else {
                continue;
            };
            let scale = d_loss[loss_start] * weight;
            let row = &mut d_logits[start + r * width..][..width];
            let probabilities = &probabilities[r * width..][..width];
            // The target's share is set apart so that the others are one loop without a branch.
            let d_target = row[target] + scale * (probabilities[target] - target_share);
            for (d_logit, probability) in row.iter_mut().zip(probabilities) {
                *d_logit += scale * (probability - share);
            }
            row[target] = d_target;
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
    let shift = f32x4::splat(largest);
    map(row, probabilities, |x| exp(x - shift));
    let mut sums = f32x4::splat(0.0);
    for j in steps(row.len()) {
        sums += load(probabilities, j);
    }
    let [a, b, c, d] = sums.to_array();
    let sum = (a + b) + (c + d);
    for j in steps(row.len()) {
        store(load(probabilities, j) / f32x4::splat(sum), probabilities, j);
    }
    (largest, sum)
}

/// Σ_j (largest − x_j).
fn distances(row: &[f32], largest: f32) -> f32 {
    let mut sums = f32x4::splat(0.0);
    for j in steps(row.len()) {
        sums += f32x4::splat(largest) - load_padded(row, j, largest);
    }
    let [a, b, c, d] = sums.to_array();
    (a + b) + (c + d)
}

/// The greater of each two lanes.
#[inline(always)]
fn greater(a: f32x4, b: f32x4) -> f32x4 {
    b.simd_gt(a).bitselect(b, a)
}
