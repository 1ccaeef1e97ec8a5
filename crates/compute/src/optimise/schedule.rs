//! How the learning rate changes with the steps (PyTorch's `optim.lr_scheduler`), as a function of the
//! number of steps taken, so that it can be taken up anywhere.
//!
//! After k steps, from the base rate r:
//! 1. constant: `r`.
//! 2. step (`StepLR`): `r·factor^⌊k / every⌋`.
//! 3. exponential (`ExponentialLR`): `r·factor^k`.
//! 4. cosine (`CosineAnnealingLR`; Loshchilov and Hutter, 2017): `floor + (r − floor)·(1 + cos(π·k / period)) / 2`,
//!    which falls for a period and rises again in the next.
//! 5. plateau (`ReduceLROnPlateau`): as [`Plateau`] says.
//! 6. warm-up (`LinearLR`): `r·(start + (1 − start)·k / steps)` for the first steps, after which one of
//!    the others begins from its k = 0 (as `SequentialLR` composes them).

use super::{Plateau, PlateauState};
use std::f64::consts::PI;

/// How the learning rate changes after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Schedule {
    /// It does not.
    #[default]
    Constant,
    /// It is multiplied every so many steps.
    Step {
        /// Steps between two changes; 0 counts as 1.
        every: u32,
        /// What it is multiplied by.
        factor: f64,
    },
    /// It is multiplied at every step.
    Exponential {
        /// What it is multiplied by.
        factor: f64,
    },
    /// It follows half a cosine.
    Cosine {
        /// Steps until the floor is reached; 0 counts as 1.
        period: u32,
        /// The lowest rate.
        floor: f64,
    },
    /// It falls when a measure stops falling.
    Plateau(Plateau),
}

/// A linear rise at the beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warmup {
    /// Steps until the base rate is reached; 0 is no warm-up.
    pub steps: u32,
    /// The share of the base rate that the first step has.
    pub start: f64,
}

/// None; where there is one, it starts at a third, PyTorch's default.
impl Default for Warmup {
    fn default() -> Self {
        Self { steps: 0, start: 1.0 / 3.0 }
    }
}

impl Schedule {
    /// The rate of the step that comes after `steps` have been taken.
    #[must_use]
    pub fn learning_rate(&self, base: f64, warmup: Warmup, steps: u32, state: &PlateauState) -> f64 {
        let Some(steps) = steps.checked_sub(warmup.steps) else {
            // (6)
            let share = f64::from(steps) / f64::from(warmup.steps);
            return base * (warmup.start + (1.0 - warmup.start) * share);
        };
        match *self {
            // (1)
            Self::Constant => base,
            // (2)
            Self::Step { every, factor } => base * libm::pow(factor, f64::from(steps / every.max(1))),
            // (3)
            Self::Exponential { factor } => base * libm::pow(factor, f64::from(steps)),
            // (4)
            Self::Cosine { period, floor } => {
                // The remainder keeps the argument small, where a cosine is exact.
                let phase = f64::from(steps % period.max(1).saturating_mul(2)) / f64::from(period.max(1));
                floor + (base - floor) * (1.0 + libm::cos(PI * phase)) / 2.0
            }
            // (5)
            Self::Plateau(plateau) => plateau.learning_rate(base, state),
        }
    }

    /// Takes a measurement down, such as a held-out loss: only [`Schedule::Plateau`] looks at it, and
    /// only after the warm-up.
    pub fn observe(&self, loss: f64, warmup: Warmup, steps: u32, state: &mut PlateauState) {
        if let Self::Plateau(plateau) = self
            && steps >= warmup.steps
        {
            plateau.observe(loss, state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_size_is_too_small_or_too_large() {
        let state = PlateauState::default();
        for schedule in [
            Schedule::Constant,
            Schedule::Step { every: 0, factor: 0.5 },
            Schedule::Exponential { factor: 0.5 },
            Schedule::Cosine { period: 0, floor: 0.0 },
            Schedule::Cosine { period: u32::MAX, floor: 0.0 },
            Schedule::Plateau(Plateau::default()),
        ] {
            for warmup in [Warmup::default(), Warmup { steps: u32::MAX, start: 0.0 }] {
                for steps in [0, 1, u32::MAX] {
                    let rate = schedule.learning_rate(0.1, warmup, steps, &state);
                    assert!((0.0..=0.1).contains(&rate), "{schedule:?} after {steps}: {rate}");
                }
            }
        }
    }

    #[test]
    fn a_warm_up_ignores_what_is_measured() {
        let warmup = Warmup { steps: 5, start: 0.1 };
        let schedule = Schedule::Plateau(Plateau { patience: 0, ..Plateau::default() });
        let mut state = PlateauState::default();
        for steps in [0, 4] {
            schedule.observe(f64::NAN, warmup, steps, &mut state);
            assert_eq!(state, PlateauState::default());
        }
        schedule.observe(f64::NAN, warmup, 5, &mut state);
        assert_eq!(state.scale, 0.1);
    }
}
