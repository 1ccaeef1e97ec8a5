//! Inputs by formula: what is read decides nothing about the speed, but a network that learns shows that
//! its steps are real. The peers read the same.

use std::ops::Range;

/// Batches that are written in turn.
pub const BATCHES: usize = 16;

/// The symbol at a step of a sequence: eight kinds of sequences, each with a period of eight.
#[must_use]
pub fn symbol(batch: usize, sequence: usize, step: usize, vocabulary: usize) -> u32 {
    let (kind, phase) = (sequence % 8, (step + batch + sequence) % 8);
    ((7 * kind + 11 * phase + kind * phase) % vocabulary) as u32
}

/// Symbols of some sequences of a window, `[T, B]`.
#[must_use]
pub fn symbols(batch: usize, steps: Range<usize>, sequences: Range<usize>, vocabulary: usize) -> Vec<u32> {
    let of_step = |step| sequences.clone().map(move |sequence| symbol(batch, sequence, step, vocabulary));
    steps.flat_map(of_step).collect()
}

/// The class of a sequence of [`symbol`]: 0 or 1.
#[must_use]
pub fn label(sequence: usize) -> u32 {
    (sequence % 8 % 2) as u32
}

/// A number that goes up and down, every sequence at its own pace; to be foretold from those before it.
#[must_use]
pub fn reading(batch: usize, sequence: usize, step: usize) -> f32 {
    let pace = 0.2 + 0.01 * (sequence % 8) as f32;
    (pace * (step + batch + 3 * sequence) as f32).sin()
}
