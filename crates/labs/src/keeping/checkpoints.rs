//! Checkpoints along a run, in bounded memory and evenly spaced however long the run gets.
//!
//! A checkpoint is due every [`FIRST_INTERVAL`] steps. When there is no room for one more, every second one goes,
//! the first stays, and from then on they are due half as often.

use crate::RunState;
use rnn_compute::NamedTensor;
use std::rc::Rc;

/// Steps between two checkpoints at first.
const FIRST_INTERVAL: u32 = 10;
/// Checkpoints of a run.
const MOST: usize = 24;
/// Bytes that they take together. What allows fewer than two is a network too large for any.
const BUDGET_BYTES: usize = 64 << 20;

/// Where a run stood.
struct Checkpoint {
    step: u32,
    state: Rc<RunState>,
}

/// The checkpoints of a run, in order.
#[derive(Default)]
pub(crate) struct Checkpoints {
    kept: Vec<Checkpoint>,
    /// Doublings of the interval.
    doublings: u32,
    /// Where the run stood when it went back, unless a checkpoint is there. It goes when training goes on.
    head: Option<Checkpoint>,
    /// Whether the steps have changed since this was last asked.
    is_changed: bool,
    /// Whether there is room for none.
    is_too_large: bool,
}

impl Checkpoints {
    /// Whether the run should be taken down, which stands at `step`.
    pub(crate) fn is_due(&self, step: u32) -> bool {
        let interval = self.interval();
        let is_late = |last: &Checkpoint| step >= (last.step / interval + 1).saturating_mul(interval);
        !self.is_too_large && self.kept.last().is_none_or(is_late)
    }

    /// Takes the run down.
    pub(crate) fn keep(&mut self, mut state: RunState) {
        state.trainer.last_good = None;
        let room = (BUDGET_BYTES / bytes(&state).max(1)).min(MOST);
        if room < 2 {
            self.is_too_large = true;
            return;
        }
        let step = state.trainer.present.step;
        while self.kept.len() >= room {
            let mut index = 0;
            self.kept.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.doublings += 1;
        }
        self.is_changed = true;
        if self.is_due(step) {
            self.kept.push(Checkpoint { step, state: Rc::new(state) });
        }
    }

    /// The run goes back from where it stands: it can come back here as long as training does not go on.
    pub(crate) fn leave(&mut self, mut state: RunState) {
        let step = state.trainer.present.step;
        if self.steps().last().is_none_or(|&last| last < step) {
            state.trainer.last_good = None;
            self.head = Some(Checkpoint { step, state: Rc::new(state) });
            self.is_changed = true;
        }
    }

    /// The run goes on at `step`: what was later is no more.
    pub(crate) fn go_on(&mut self, step: u32) {
        let before = self.kept.len();
        self.kept.retain(|checkpoint| checkpoint.step <= step);
        let had_head = self.head.take().is_some();
        self.is_changed |= had_head || self.kept.len() < before;
    }

    /// Where the run stood at this step.
    pub(crate) fn find(&self, step: u32) -> Option<Rc<RunState>> {
        let all = self.kept.iter().chain(&self.head);
        all.rev().find(|checkpoint| checkpoint.step == step).map(|checkpoint| Rc::clone(&checkpoint.state))
    }

    /// The steps that the run can go to.
    pub(crate) fn steps(&self) -> Vec<u32> {
        self.kept.iter().chain(&self.head).map(|checkpoint| checkpoint.step).collect()
    }

    /// The same, if they have changed since this was last asked.
    pub(crate) fn take_changed(&mut self) -> Option<Vec<u32>> {
        std::mem::take(&mut self.is_changed).then(|| self.steps())
    }

    fn interval(&self) -> u32 {
        FIRST_INTERVAL.saturating_mul(1_u32.checked_shl(self.doublings).unwrap_or(u32::MAX))
    }
}

fn bytes(state: &RunState) -> usize {
    let present = &state.trainer.present;
    let tensors = present.parameters.iter().chain(&present.optimizer.memories);
    let numbers: usize = tensors.map(|NamedTensor { numbers, .. }| numbers.len()).sum();
    (numbers + state.place.states.as_ref().map_or(0, Vec::len)) * size_of::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use rnn_compute::optimise::{OptimizerState, PlateauState};
    use rnn_compute::{Companions, Snapshot, TrainerState};

    fn state(step: u32, numbers: usize) -> RunState {
        let optimizer = OptimizerState { rule: "sgd".to_owned(), step, memories: Vec::new() };
        let parameters = vec![NamedTensor { name: "w".to_owned(), numbers: vec![0.0; numbers] }];
        let present = Snapshot { step, passes: step, parameters, optimizer };
        let (plateau, companions) = (PlateauState::default(), Companions::default());
        let trainer = TrainerState { present, last_good: None, plateau, companions };
        RunState { trainer, place: Place { position: 0, states: None } }
    }

    fn train(checkpoints: &mut Checkpoints, steps: std::ops::RangeInclusive<u32>, numbers: usize) {
        for step in steps {
            checkpoints.go_on(step);
            if checkpoints.is_due(step) {
                checkpoints.keep(state(step, numbers));
            }
        }
    }

    #[test]
    fn they_cover_the_run_evenly_however_long_it_is() {
        for steps in [5, 60, 230, 240, 999, 30_000] {
            let mut checkpoints = Checkpoints::default();
            train(&mut checkpoints, 0..=steps, 3);
            let found = checkpoints.steps();
            assert_eq!(found[0], 0);
            assert!(found.len() <= MOST && (steps < 240 || found.len() >= MOST / 2), "{steps}: {found:?}");
            let interval = found.get(1).map_or(FIRST_INTERVAL, |second| second - found[0]);
            assert!(found.windows(2).all(|pair| pair[1] - pair[0] == interval), "{found:?}");
            assert!(steps - found[found.len() - 1] < interval);
        }
    }

    #[test]
    fn a_large_network_has_fewer_and_a_huge_one_none() {
        let mut checkpoints = Checkpoints::default();
        train(&mut checkpoints, 0..=200, BUDGET_BYTES / 4 / 3);
        assert!((2..=3).contains(&checkpoints.steps().len()), "{:?}", checkpoints.steps());
        let mut checkpoints = Checkpoints::default();
        train(&mut checkpoints, 0..=20, BUDGET_BYTES / 4);
        assert!(checkpoints.steps().is_empty());
    }

    #[test]
    fn the_later_part_stays_until_training_goes_on() {
        let mut checkpoints = Checkpoints::default();
        train(&mut checkpoints, 0..=37, 3);
        checkpoints.leave(state(37, 3));
        assert_eq!(checkpoints.steps(), [0, 10, 20, 30, 37]);
        // From step 10 back to where it was, and again to step 10.
        assert_eq!(checkpoints.find(37).map(|state| state.trainer.present.step), Some(37));
        checkpoints.leave(state(10, 3));
        assert_eq!(checkpoints.steps(), [0, 10, 20, 30, 37]);
        assert!(checkpoints.take_changed().is_some() && checkpoints.take_changed().is_none());
        checkpoints.go_on(11);
        assert_eq!(checkpoints.take_changed(), Some(vec![0, 10]));
        assert!(checkpoints.find(20).is_none());
    }
}
