//! Truncated backpropagation through time with overlapping windows, BPTT(k₂; k₁) of Williams and Peng
//! (1990): after every k₁ steps of the sequence the gradient walks back over the last k₂.
//!
//! A tape holds one window of T = k₂ steps, and each window begins k₁ steps after the one before:
//! 1. window n reads the steps `n·k₁ … n·k₁ + k₂ − 1`;
//! 2. it starts from the state that window n − 1 had after its first k₁ steps, without that state's
//!    gradient;
//! 3. its loss is the mean over its last k₁ steps, those that no window before it has read; the first
//!    window's is that over all of its steps, so that every step of the sequence counts exactly once.
//!
//! With k₁ = k₂ = T the windows follow each other without overlap. With k₁ < k₂ every loss, but for the
//! first window's, reaches back over at least k₂ − k₁ + 1 steps, for k₂/k₁ times the work. A state is that
//! of the weights with which it was computed and is not computed again after an update, as in the paper.

use crate::backend::Backend;
use crate::models::LayerTrace;
use crate::{ComputeError, Real, Tape};
use std::ops::Range;

/// How windows follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncation {
    /// k₁.
    advance: usize,
    /// k₂.
    window: usize,
}

impl Truncation {
    /// Windows of `window` steps, each `advance` steps after the one before.
    ///
    /// # Errors
    /// If `advance` is zero or larger than `window`, which would leave steps unread.
    pub fn new(advance: usize, window: usize) -> Result<Self, ComputeError> {
        if advance == 0 {
            return Err(ComputeError::ZeroSize { what: "steps between two windows" });
        }
        if advance > window {
            return Err(ComputeError::TooLarge {
                what: "steps between two windows",
                largest: window,
                found: advance,
            });
        }
        Ok(Self { advance, window })
    }

    /// k₁: steps from one window to the next.
    #[must_use]
    pub fn advance(&self) -> usize {
        self.advance
    }

    /// k₂: steps of a window.
    #[must_use]
    pub fn window(&self) -> usize {
        self.window
    }

    /// (1) The steps of the sequence that a window reads, windows counted from 0.
    #[must_use]
    pub fn steps(&self, window: usize) -> Range<usize> {
        let start = window.saturating_mul(self.advance);
        start..start.saturating_add(self.window)
    }

    /// (2) Hands every layer's state after k₁ steps to the next window.
    ///
    /// # Panics
    /// If the window on the tape has fewer steps, or is packed.
    pub fn carry_state<B: Backend>(&self, layers: &[LayerTrace], tape: &mut Tape<B>) {
        for layer in layers {
            let by_step = [Some(layer.hidden), layer.cells].into_iter().flatten();
            for ((initial, _), states) in layer.states().zip(by_step) {
                tape.copy(states.entry(self.advance - 1), initial);
            }
        }
    }

    /// (3) How much each prediction of a window counts in the loss, `[T·B]`.
    #[must_use]
    pub fn loss_weights<R: Real>(&self, window: usize, batch: usize) -> Vec<R> {
        let counted = if window == 0 { self.window } else { self.advance };
        let weight = R::from_f64(1.0 / counted.saturating_mul(batch).max(1) as f64);
        let mut weights = vec![R::ZERO; (self.window - counted).saturating_mul(batch)];
        weights.resize(self.window.saturating_mul(batch), weight);
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_counts_exactly_once() -> Result<(), ComputeError> {
        for (advance, window) in [(1, 1), (1, 5), (2, 5), (5, 5), (3, 7)] {
            let truncation = Truncation::new(advance, window)?;
            let mut counted = vec![0; window + 5 * advance];
            for index in 0..6 {
                let weights: Vec<f64> = truncation.loss_weights(index, 1);
                assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-15);
                for (step, weight) in truncation.steps(index).zip(weights) {
                    counted[step] += usize::from(weight > 0.0);
                }
            }
            assert_eq!(counted, vec![1; window + 5 * advance], "{advance} of {window}");
        }
        Ok(())
    }

    #[test]
    fn windows_that_leave_gaps_are_refused() {
        assert!(Truncation::new(0, 3).is_err());
        assert!(Truncation::new(4, 3).is_err());
    }
}
