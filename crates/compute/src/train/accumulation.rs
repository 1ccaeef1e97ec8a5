//! The micro-batches of a step, whose losses and gradients are added up.
//!
//! With k of them, `L = Σ L_i / k` and `∂L = Σ ∂L_i / k`: the same as one batch of all of them, where
//! each L_i is the mean over as many predictions.

/// How far a step has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Accumulation {
    /// k; 0 between two steps.
    wanted: u32,
    /// Those whose gradients have been added.
    done: u32,
}

impl Accumulation {
    /// The beginning of a step of `wanted` micro-batches; 0 counts as 1.
    pub(super) fn new(wanted: u32) -> Self {
        Self { wanted: wanted.max(1), done: 0 }
    }

    /// 1/k.
    pub(super) fn share(self) -> f64 {
        1.0 / f64::from(self.wanted)
    }

    /// Whether no gradient of the step has been added, so that the step may as well not have begun.
    pub(super) fn is_first(self) -> bool {
        self.done == 0
    }

    /// Whether the present micro-batch is the last.
    pub(super) fn is_last(self) -> bool {
        self.done + 1 == self.wanted
    }

    /// Passes that have been begun, the present one included.
    pub(super) fn passes(self) -> u32 {
        self.done + 1
    }

    /// On to the next micro-batch.
    pub(super) fn go_on(&mut self) {
        self.done += 1;
    }
}
