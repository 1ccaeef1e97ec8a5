//! The nominal work of a training step, so that speeds can be compared between engines.
//!
//! Only matrix products count, a multiplication and an addition as two operations; gates, softmax, loss
//! and update are left out. Every token is projected, even where an engine projects the embedding table
//! once instead: who avoids work is quicker, and shows it. Backward is two products for each one forward (one for the gradient of the input, one
//! for that of the weight), so that a step is three times its forward pass:
//!
//! 1. A recurrent layer in one direction, a token: `2·G·H·(I + H)`.
//! 2. A linear layer, a row: `2·I·O`.
//! 3. A training step: `3 ×` the sum over layers, directions and tokens.

/// (1) Forward work of one direction of one recurrent layer for one token.
#[must_use]
pub const fn recurrent(gates: u64, inputs: u64, hidden: u64) -> u64 {
    2 * gates * hidden * (inputs + hidden)
}

/// (2) Forward work of a linear layer for one row.
#[must_use]
pub const fn linear(inputs: u64, outputs: u64) -> u64 {
    2 * inputs * outputs
}

/// (3) Work of a training step from that of its forward pass.
#[must_use]
pub const fn training_step(forward: u64) -> u64 {
    3 * forward
}
