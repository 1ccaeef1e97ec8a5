//! What a walk keeps in the memory of the program: the state that runs along, where it stays in the cache, and the
//! states before each step for the way back.

use crate::Real;
use crate::backend::{At, StateKind, StepRows, WalkSize};

/// What a walk keeps.
#[derive(Debug)]
pub struct HostWalk<R> {
    pub(super) size: WalkSize,
    pub(super) hidden: RunningState<R>,
    pub(super) cells: Option<RunningState<R>>,
}

/// A state between two steps, and its gradient on the way back.
#[derive(Debug)]
pub(super) struct RunningState<R> {
    /// `[B, H]`: s on the way forward, ds on the way back, of the sequences that reach the present step in
    /// front.
    pub(super) current: Vec<R>,
    /// `[T, B, H]`: s before each step, in the rows of the step; nothing if it is not walked back.
    before: Option<Vec<R>>,
}

impl<R: Real> RunningState<R> {
    pub(super) fn new(size: WalkSize) -> Self {
        let before = size.is_kept.then(|| vec![R::ZERO; size.walk_len()]);
        Self { current: vec![R::ZERO; size.state_len()], before }
    }

    pub(super) fn before(&self) -> &Vec<R> {
        #[expect(clippy::expect_used, reason = "a walk that is not kept is never walked back")]
        self.before.as_ref().expect("kept for the way back")
    }

    /// ds to be written, and s before each step.
    pub(super) fn carried_and_before(&mut self) -> (&mut Vec<R>, &Vec<R>) {
        #[expect(clippy::expect_used, reason = "a walk that is not kept is never walked back")]
        (&mut self.current, self.before.as_ref().expect("kept for the way back"))
    }

    /// Before a step: keeps s for the way back.
    pub(super) fn keep(&mut self, rows: StepRows, width: usize) {
        if let Some(before) = &mut self.before {
            let len = rows.count * width;
            before[rows.first * width..][..len].copy_from_slice(&self.current[..len]);
        }
    }

    /// After a step: s is what the step has written.
    pub(super) fn take(&mut self, rows: StepRows, width: usize, At(after, start): &At<&mut Vec<R>>) {
        let len = rows.count * width;
        self.current[..len].copy_from_slice(&after[start + rows.first * width..][..len]);
    }
}

impl<R: Real> HostWalk<R> {
    pub(super) fn new(size: WalkSize) -> Self {
        let cells = (size.states == 2).then(|| RunningState::new(size));
        Self { size, hidden: RunningState::new(size), cells }
    }

    /// Numbers that [`Self::new`] asks for.
    pub(super) fn numbers(size: WalkSize) -> u64 {
        let state = (size.batch as u64).saturating_mul(size.hidden as u64);
        let copies = if size.is_kept { (size.steps as u64).saturating_add(1) } else { 1 };
        state.saturating_mul(copies).saturating_mul(size.states as u64)
    }

    /// h and c of an LSTM.
    pub(super) fn both(&mut self) -> (&mut RunningState<R>, &mut RunningState<R>) {
        #[expect(clippy::expect_used, reason = "the walk of an LSTM has two states")]
        (&mut self.hidden, self.cells.as_mut().expect("the walk of an LSTM"))
    }

    /// h or c.
    pub(super) fn state(&self, state: StateKind) -> Option<&RunningState<R>> {
        match state {
            StateKind::Hidden => Some(&self.hidden),
            StateKind::Cells => self.cells.as_ref(),
        }
    }

    /// Numbers of a row of the recurrent share.
    pub(super) fn width(&self) -> usize {
        self.size.gates * self.size.hidden
    }
}

/// The states that a walk has, each with what belongs to it.
pub(super) fn each<R, T>(
    walk: &mut HostWalk<R>,
    hidden: T,
    cells: Option<T>,
) -> impl Iterator<Item = (&mut RunningState<R>, T)> {
    [(Some(&mut walk.hidden), Some(hidden)), (walk.cells.as_mut(), cells)]
        .into_iter()
        .filter_map(|(state, part)| state.zip(part))
}
