//! Table rows and softmax cross-entropy, scalar.

use super::{Reference, matrix, matrix_mut};
use crate::Real;
use crate::backend::{At, Symbols};

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
        logits: At<&Vec<R>>,
        targets: &Vec<u32>,
        At(weights, first_weight): At<&Vec<R>>,
        probabilities: &mut Vec<R>,
        At(loss, loss_start): At<&mut Vec<R>>,
        rows: usize,
        width: usize,
    ) {
        let logits = matrix(logits, rows, width);
        let mut probabilities = matrix_mut(At(probabilities, 0), rows, width);
        let mut total = R::ZERO;
        for r in 0..rows {
            let row = logits.row(r);
            // Subtracting the largest logit changes nothing and keeps the exponentials finite.
            let largest = row.iter().copied().fold(row[0], |a, b| if b > a { b } else { a });
            let sum: R = row.iter().map(|&x| (x - largest).exp()).sum();
            for j in 0..width {
                probabilities[[r, j]] = (row[j] - largest).exp() / sum;
            }
            total += weights[first_weight + r] * (sum.ln() + largest - row[targets[r] as usize]);
        }
        loss[loss_start] = total;
    }

    fn softmax_cross_entropy_backward(
        &self,
        probabilities: &Vec<R>,
        targets: &Vec<u32>,
        At(weights, first_weight): At<&Vec<R>>,
        At(d_loss, loss_start): At<&Vec<R>>,
        d_logits: At<&mut Vec<R>>,
        rows: usize,
        width: usize,
    ) {
        let probabilities = matrix(At(probabilities, 0), rows, width);
        let mut d_logits = matrix_mut(d_logits, rows, width);
        for r in 0..rows {
            let scale = d_loss[loss_start] * weights[first_weight + r];
            for j in 0..width {
                let target = if j == targets[r] as usize { R::ONE } else { R::ZERO };
                d_logits[[r, j]] += scale * (probabilities[[r, j]] - target);
            }
        }
    }
}
