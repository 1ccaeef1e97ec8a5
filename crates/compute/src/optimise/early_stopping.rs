//! Stopping when the held-out loss no longer falls (Prechelt, 1998).
//!
//! A value that is told each measurement and answers; whoever holds it keeps the weights of the best.

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStoppingRule {
    /// Measurements in a row that may fail to improve before training stops; 0 counts as 1.
    pub patience: u32,
    /// How far a measurement must lie below the best to improve on it.
    pub min_delta: f64,
}

/// Ten measurements, any improvement.
impl Default for EarlyStoppingRule {
    fn default() -> Self {
        Self { patience: 10, min_delta: 0.0 }
    }
}

/// The best measurement so far, and how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    /// The smallest loss; infinite before the first.
    pub best: f64,
    /// The step it was measured at.
    pub best_step: u32,
    /// Measurements since.
    pub waited: u32,
}

/// Before the first measurement.
impl Default for EarlyStopping {
    fn default() -> Self {
        Self { best: f64::INFINITY, best_step: 0, waited: 0 }
    }
}

/// What a measurement means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The best so far: these are the weights to keep.
    Improved,
    /// Not better; there is patience left.
    Waiting,
    /// Not better for too long.
    Stop,
}

impl EarlyStopping {
    /// Takes the held-out loss at a step down. One that is not a number does not improve.
    pub fn observe(&mut self, rule: EarlyStoppingRule, step: u32, loss: f64) -> Verdict {
        if loss < self.best - rule.min_delta {
            *self = Self { best: loss, best_step: step, waited: 0 };
            return Verdict::Improved;
        }
        self.waited = self.waited.saturating_add(1);
        if self.waited >= rule.patience { Verdict::Stop } else { Verdict::Waiting }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Improved, Stop, Waiting};
    use super::*;

    fn verdicts(rule: EarlyStoppingRule, losses: &[f64]) -> (Vec<Verdict>, EarlyStopping) {
        let mut stopping = EarlyStopping::default();
        let observe = |(step, &loss): (u32, &f64)| stopping.observe(rule, step, loss);
        ((1..).zip(losses).map(observe).collect(), stopping)
    }

    #[test]
    fn it_stops_when_patience_is_out_and_keeps_the_best() {
        let rule = EarlyStoppingRule { patience: 2, min_delta: 0.0 };
        let (found, stopping) = verdicts(rule, &[3.0, 2.0, 2.0, 1.5, 1.6, f64::NAN]);
        assert_eq!(found, [Improved, Improved, Waiting, Improved, Waiting, Stop]);
        assert_eq!((stopping.best, stopping.best_step), (1.5, 4));
    }

    #[test]
    fn a_small_improvement_is_none() {
        let rule = EarlyStoppingRule { patience: 2, min_delta: 0.5 };
        let (found, stopping) = verdicts(rule, &[3.0, 2.75, 2.5, 2.25]);
        // Measured against the best, not against the last.
        assert_eq!(found, [Improved, Waiting, Stop, Improved]);
        assert_eq!(stopping.best_step, 4);
        let hasty = EarlyStoppingRule { patience: 0, ..rule };
        assert_eq!(verdicts(hasty, &[1.0, 1.0]).0, [Improved, Stop]);
    }
}
