//! What symbols need: rows of a table on the way in, a softmax over classes on the way out.
//!
//! The equations of softmax cross-entropy and their numbers are those of `ops/softmax_cross_entropy.rs`.

use super::{At, Memory};

/// The rows that one call of a softmax cross-entropy kernel treats, and what they are compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossEntropyRows {
    /// The first row.
    pub first: usize,
    /// How many rows from there on.
    pub rows: usize,
    /// Classes, V.
    pub width: usize,
    /// ε: the part of the target distribution y that is spread evenly over all classes.
    pub label_smoothing: f64,
    /// Rows with this target have no loss and no gradient.
    pub ignored: Option<u32>,
}

impl CrossEntropyRows {
    /// What y holds for each class, and what it holds for the target on top.
    pub(super) fn shares(self) -> (f64, f64) {
        (self.label_smoothing / self.width as f64, 1.0 - self.label_smoothing)
    }

    /// The class that a row is to be, unless it is ignored.
    pub(super) fn target(self, targets: &[u32], row: usize) -> Option<usize> {
        Some(targets[row]).filter(|&target| Some(target) != self.ignored).map(|target| target as usize)
    }
}

/// Table rows by index, and softmax cross-entropy.
pub trait Symbols: Memory {
    /// `target[r, :] = table[rows[r], :]` for `count` indices.
    fn gather(
        &self,
        table: At<&Self::Buffer>,
        rows: At<&Self::Indices>,
        target: At<&mut Self::Buffer>,
        count: usize,
        width: usize,
    );
    /// `table[rows[r], :] += source[r, :]`, in the order of r.
    fn scatter_add(
        &self,
        source: At<&Self::Buffer>,
        rows: At<&Self::Indices>,
        table: At<&mut Self::Buffer>,
        count: usize,
        width: usize,
    );

    /// (1) and (2): `probabilities[r, :] = softmax(logits[r, :])`, and each row's loss before its weight,
    /// `row_losses[r] = −Σ_j y[r, j] · ln probabilities[r, j]`.
    fn softmax_cross_entropy_forward(
        &self,
        extent: CrossEntropyRows,
        logits: At<&Self::Buffer>,
        targets: At<&Self::Indices>,
        probabilities: &mut Self::Buffer,
        row_losses: &mut Self::Buffer,
    );
    /// (3): `d_logits[r, j] += d_loss[0] · weights[r] · (probabilities[r, j] − y[r, j])`. Rows of weight 0
    /// are left alone.
    fn softmax_cross_entropy_backward(
        &self,
        extent: CrossEntropyRows,
        probabilities: &Self::Buffer,
        targets: At<&Self::Indices>,
        weights: At<&Self::Buffer>,
        d_loss: At<&Self::Buffer>,
        d_logits: At<&mut Self::Buffer>,
    );
}
