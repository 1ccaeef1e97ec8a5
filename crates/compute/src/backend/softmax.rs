//! Softmax and its logarithm over each row.

use super::host::Host;
use super::{At, Memory};
use crate::Real;

/// Softmax or its logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoftmaxKind {
    /// `y_j = e^x_j / Σ_k e^x_k`.
    Softmax,
    /// `y_j = x_j − ln Σ_k e^x_k`.
    LogSoftmax,
}

/// Softmax over `rows` rows of `width` numbers.
pub trait Softmax: Memory {
    /// `target[r, :] = f(source[r, :])`. The row's largest number is subtracted first, which changes
    /// nothing and keeps the exponentials finite.
    fn softmax(
        &self,
        kind: SoftmaxKind,
        source: At<&Self::Buffer>,
        target: At<&mut Self::Buffer>,
        rows: usize,
        width: usize,
    );
    /// From the values y: `d_source += y · (d_target − Σ_k d_target_k · y_k)` for softmax,
    /// `d_source += d_target − e^y · Σ_k d_target_k` for its logarithm.
    fn softmax_backward(
        &self,
        kind: SoftmaxKind,
        target: At<&Self::Buffer>,
        d_target: At<&Self::Buffer>,
        d_source: At<&mut Self::Buffer>,
        rows: usize,
        width: usize,
    );
}

impl<H: Host> Softmax for H {
    fn softmax(
        &self,
        kind: SoftmaxKind,
        At(source, from): At<&H::Buffer>,
        At(target, to): At<&mut H::Buffer>,
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            let source = &source[from + r * width..][..width];
            let target = &mut target[to + r * width..][..width];
            let largest = source.iter().copied().fold(source[0], |a, b| if b > a { b } else { a });
            match kind {
                SoftmaxKind::Softmax => {
                    let mut sum = H::Elem::ZERO;
                    for (target, &x) in target.iter_mut().zip(source) {
                        *target = (x - largest).exp();
                        sum += *target;
                    }
                    for y in target {
                        *y = *y / sum;
                    }
                }
                SoftmaxKind::LogSoftmax => {
                    let sum: H::Elem = source.iter().map(|&x| (x - largest).exp()).sum();
                    let log_sum = sum.ln();
                    for (target, &x) in target.iter_mut().zip(source) {
                        *target = (x - largest) - log_sum;
                    }
                }
            }
        }
    }

    fn softmax_backward(
        &self,
        kind: SoftmaxKind,
        At(target, value): At<&H::Buffer>,
        At(d_target, from): At<&H::Buffer>,
        At(d_source, to): At<&mut H::Buffer>,
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            let y = &target[value + r * width..][..width];
            let d_y = &d_target[from + r * width..][..width];
            let d_x = &mut d_source[to + r * width..][..width];
            let each = d_x.iter_mut().zip(y.iter().zip(d_y));
            match kind {
                SoftmaxKind::Softmax => {
                    let sum: H::Elem = y.iter().zip(d_y).map(|(&y, &d_y)| d_y * y).sum();
                    each.for_each(|(d_x, (&y, &d_y))| *d_x += y * (d_y - sum));
                }
                SoftmaxKind::LogSoftmax => {
                    let sum: H::Elem = d_y.iter().copied().sum();
                    each.for_each(|(d_x, (&y, &d_y))| *d_x += d_y - y.exp() * sum);
                }
            }
        }
    }
}
