//! What symbols need: rows of a table on the way in, a softmax over classes on the way out.

use super::{At, Memory};

/// Table rows by index, and softmax cross-entropy over `rows` rows of `width` classes.
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

    /// `probabilities[r, :] = softmax(logits[r, :])` and
    /// `loss[0] = Σ_r weights[r] · −ln probabilities[r, targets[r]]`.
    #[expect(
        clippy::too_many_arguments,
        reason = "two inputs, targets, weights, two outputs and their extent"
    )]
    fn softmax_cross_entropy_forward(
        &self,
        logits: At<&Self::Buffer>,
        targets: &Self::Indices,
        weights: At<&Self::Buffer>,
        probabilities: &mut Self::Buffer,
        loss: At<&mut Self::Buffer>,
        rows: usize,
        width: usize,
    );
    /// `d_logits[r, j] += d_loss[0] · weights[r] · (probabilities[r, j] − [j = targets[r]])`.
    #[expect(clippy::too_many_arguments, reason = "mirrors the forward kernel")]
    fn softmax_cross_entropy_backward(
        &self,
        probabilities: &Self::Buffer,
        targets: &Self::Indices,
        weights: At<&Self::Buffer>,
        d_loss: At<&Self::Buffer>,
        d_logits: At<&mut Self::Buffer>,
        rows: usize,
        width: usize,
    );
}
