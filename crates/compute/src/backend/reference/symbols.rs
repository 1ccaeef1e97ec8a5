//! Table rows and softmax cross-entropy, scalar.

use super::{Reference, matrix, matrix_mut};
use crate::Real;
use crate::backend::{At, CrossEntropyRows, Symbols};

impl<R: Real> Symbols for Reference<R> {
    fn gather(
        &self,
        At(table, first_entry): At<&Vec<R>>,
        At(rows, first_row): At<&Vec<u32>>,
        At(target, start): At<&mut Vec<R>>,
        count: usize,
        width: usize,
    ) {
        for (r, &row) in rows[first_row..first_row + count].iter().enumerate() {
            let row = first_entry + row as usize * width;
            target[start + r * width..][..width].copy_from_slice(&table[row..row + width]);
        }
    }

    fn scatter_add(
        &self,
        At(source, start): At<&Vec<R>>,
        At(rows, first_row): At<&Vec<u32>>,
        At(table, first_entry): At<&mut Vec<R>>,
        count: usize,
        width: usize,
    ) {
        for (r, &row) in rows[first_row..first_row + count].iter().enumerate() {
            for j in 0..width {
                table[first_entry + row as usize * width + j] += source[start + r * width + j];
            }
        }
    }

    fn softmax_cross_entropy_forward(
        &self,
        extent: CrossEntropyRows,
        At(logits, start): At<&Vec<R>>,
        At(targets, first_target): At<&Vec<u32>>,
        probabilities: &mut Vec<R>,
        row_losses: &mut Vec<R>,
    ) {
        let CrossEntropyRows { first, rows, width, .. } = extent;
        let logits = matrix(At(logits, start + first * width), rows, width);
        let mut probabilities = matrix_mut(At(probabilities, first * width), rows, width);
        let (uniform, certain) = extent.shares();
        for r in 0..rows {
            let row = logits.row(r);
            // Subtracting the largest logit changes nothing and keeps the exponentials finite.
            let largest = row.iter().copied().fold(row[0], |a, b| if b > a { b } else { a });
            let sum: R = row.iter().map(|&x| (x - largest).exp()).sum();
            for j in 0..width {
                probabilities[[r, j]] = (row[j] - largest).exp() / sum; // (1)
            }
            // −ln p of a class is ln s + c − x; the weights in y add up to 1.
            row_losses[first + r] = match extent.target(&targets[first_target..], first + r) {
                None => R::ZERO,
                Some(target) => {
                    let mut loss = sum.ln() + R::from_f64(certain) * (largest - row[target]);
                    if extent.label_smoothing > 0.0 {
                        let distances: R = row.iter().map(|&x| largest - x).sum();
                        loss += R::from_f64(uniform) * distances;
                    }
                    loss // (2)
                }
            };
        }
    }

    fn softmax_cross_entropy_backward(
        &self,
        extent: CrossEntropyRows,
        probabilities: &Vec<R>,
        At(targets, first_target): At<&Vec<u32>>,
        At(weights, first_weight): At<&Vec<R>>,
        At(d_loss, loss_start): At<&Vec<R>>,
        At(d_logits, start): At<&mut Vec<R>>,
    ) {
        let CrossEntropyRows { first, rows, width, .. } = extent;
        let probabilities = matrix(At(probabilities, first * width), rows, width);
        let mut d_logits = matrix_mut(At(d_logits, start + first * width), rows, width);
        let (uniform, certain) = extent.shares();
        for r in 0..rows {
            let weight = weights[first_weight + first + r];
            let Some(target) =
                extent.target(&targets[first_target..], first + r).filter(|_| weight != R::ZERO)
            else {
                continue;
            };
            let scale = d_loss[loss_start] * weight;
            for j in 0..width {
                let y = uniform + if j == target { certain } else { 0.0 };
                d_logits[[r, j]] += scale * (probabilities[[r, j]] - R::from_f64(y)); // (3)
            }
        }
    }
}
