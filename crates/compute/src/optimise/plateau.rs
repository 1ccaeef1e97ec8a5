//! Reducing the learning rate when a measure stops falling (PyTorch's `ReduceLROnPlateau` with its
//! relative threshold; its `eps`, which ignores reductions below 1e-8, is left out).
//!
//! At each measurement:
//! 1. It is better if `loss < best·(1 − threshold)`; then it becomes the best and the bad ones are
//!    forgotten, else there is one bad one more.
//! 2. While cooling down, bad ones are forgotten.
//! 3. After more than `patience` bad ones, the rate is multiplied by `factor` and cools down.

/// When to reduce the learning rate, and how far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    /// What the rate is multiplied by.
    pub factor: f64,
    /// Bad measurements that are borne with.
    pub patience: u32,
    /// The share by which a better measurement must lie below the best.
    pub threshold: f64,
    /// Measurements after a reduction that do not count as bad.
    pub cooldown: u32,
    /// The rate is not reduced below this.
    pub floor: f64,
}

/// PyTorch's defaults.
impl Default for Plateau {
    fn default() -> Self {
        Self { factor: 0.1, patience: 10, threshold: 1e-4, cooldown: 0, floor: 0.0 }
    }
}

/// What has been seen so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlateauState {
    /// What the base rate is multiplied by, before the floor.
    pub scale: f64,
    /// The best measurement; infinite before the first.
    pub best: f64,
    /// Bad ones since.
    pub bad: u32,
    /// Measurements of the cool-down that are left.
    pub cooling: u32,
}

/// Before the first measurement.
impl Default for PlateauState {
    fn default() -> Self {
        Self { scale: 1.0, best: f64::INFINITY, bad: 0, cooling: 0 }
    }
}

impl Plateau {
    /// Takes a measurement down. One that is not a number is a bad one.
    pub fn observe(&self, loss: f64, state: &mut PlateauState) {
        // (1)
        if loss < state.best * (1.0 - self.threshold) {
            state.best = loss;
            state.bad = 0;
        } else {
            state.bad = state.bad.saturating_add(1);
        }
        // (2)
        if state.cooling > 0 {
            state.cooling -= 1;
            state.bad = 0;
        }
        // (3)
        if state.bad > self.patience {
            state.scale *= self.factor;
            state.cooling = self.cooldown;
            state.bad = 0;
        }
    }

    /// The rate now. A base that is below the floor stays.
    #[must_use]
    pub fn learning_rate(&self, base: f64, state: &PlateauState) -> f64 {
        (base * state.scale).max(self.floor.min(base))
    }
}
