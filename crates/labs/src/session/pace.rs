//! How fast a run trains that is meant to be followed: a network so small that a step takes microseconds would be
//! done before anybody has seen a number of it, and its reports would keep the page busy.

use super::run::{EvaluationStage, Mode, Run};
use super::turn::Turn;

impl Run {
    /// A step is taken: the next one waits, where somebody looks on and the lab has a pace.
    pub(super) fn rest(&mut self, turn: &Turn<'_>) {
        let pace = self.experiment.lab.description().steps_per_second;
        let Some(steps) = pace.filter(|_| turn.config.is_watched && self.race.is_none()) else { return };
        self.rested_millis = turn.now() + 1000.0 / f64::from(steps.max(1));
    }

    /// Milliseconds until the next step of a run that plays and has a pace, 0 where it is due: a rest that ends
    /// between a turn and this question must not be taken for the end of the work.
    pub(super) fn rest_left(&self, now: f64) -> Option<f64> {
        let waits =
            self.mode() == Mode::Playing && !self.is_mid_step && self.evaluation == EvaluationStage::Idle;
        let is_paced = self.rested_millis > f64::NEG_INFINITY;
        (waits && is_paced).then_some((self.rested_millis - now).max(0.0))
    }

    /// Whether the next step is not due yet.
    pub(super) fn is_resting(&self, now: f64) -> bool {
        self.rest_left(now).is_some_and(|left| left > 0.0)
    }
}
