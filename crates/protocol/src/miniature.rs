//! The miniatures of the home page: of each lab a small network that trains while a visitor looks on.
//!
//! They are no runs: they have no number, are never kept, and give way to the run on stage.

use crate::{Answer, Experiment, LabKind};
use serde::{Deserialize, Serialize};

/// Points of a miniature's loss curve at most.
pub const MAX_CURVE_POINTS: usize = 64;

/// Numbers of a miniature's picture at most, T·H.
pub const MAX_PICTURE_CELLS: usize = 1024;

/// What the page asks of the miniatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum MiniatureCommand {
    /// Set up the miniature of this lab at step 0. The lab's shipped data, where it has any, travels beside.
    Begin {
        /// The lab.
        lab: LabKind,
    },
    /// Train all of them, in short turns, each until it has taken its steps.
    Play,
    /// Stop.
    Pause,
    /// Forget all of them.
    End,
}

/// What is told of a miniature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum MiniatureNews {
    /// It is set up.
    Begun {
        /// What determines it: a run of this experiment gives the same numbers.
        experiment: Box<Experiment>,
        /// Steps that it takes at most.
        step_limit: u32,
    },
    /// How it stands, a few times a second.
    Looked {
        /// Of which lab.
        lab: LabKind,
        /// How it stands.
        look: Box<MiniatureLook>,
    },
    /// It cannot be set up or go on.
    Failed {
        /// Of which lab.
        lab: LabKind,
        /// Why.
        message: String,
    },
}

/// How a miniature stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MiniatureLook {
    /// Steps taken.
    pub step: u32,
    /// The loss so far, at steps evenly apart and at the last one; [`MAX_CURVE_POINTS`] at most.
    pub curve: Vec<CurvePoint>,
    /// The symbols that the first sequence of the last batch read, one a time step, T of them.
    pub symbols: Vec<String>,
    /// Units of the lowest layer, H.
    pub units: u32,
    /// Their hidden states while they read, `[T, H]`; [`MAX_PICTURE_CELLS`] at most.
    pub hidden: Vec<f32>,
    /// What the network answered after the last symbol, where it is asked something.
    pub answer: Option<Answer>,
    /// What the network wrote just now, where it writes.
    pub written: Option<String>,
    /// What was last measured on the held-out data, where that is measured.
    pub held_out: Option<f32>,
}

/// The loss at a step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Steps taken, this one included.
    pub step: u32,
    /// That of the step's batch, as in [`crate::StepReport::loss`].
    pub loss: f32,
}

impl MiniatureLook {
    /// The loss of the last step.
    #[must_use]
    pub fn loss(&self) -> Option<f32> {
        self.curve.last().map(|point| point.loss)
    }

    /// The hidden states of all units at a time step; empty beyond the last.
    #[must_use]
    pub fn states_at(&self, step: usize) -> &[f32] {
        let units = self.units as usize;
        self.hidden.get(step * units..(step + 1) * units).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_found_by_time_step_and_nothing_lies_beyond() {
        let look = MiniatureLook { units: 2, hidden: vec![1.0, 2.0, 3.0, 4.0], ..MiniatureLook::default() };
        assert_eq!((look.states_at(1), look.states_at(2)), (&[3.0, 4.0][..], &[][..]));
        assert_eq!((look.loss(), MiniatureLook::default().states_at(0)), (None, &[][..]));
    }
}
