//! What an experiment would take of the machine's memory, reckoned before anything is allocated.

use rnn_compute::optimise::OptimizerRule;
use std::fmt;

/// The most that one run may take. A browser tab is cut off by phones well below the 4 GiB that
/// WebAssembly can address.
const LIMIT_BYTES: u64 = 1 << 30;

/// Bytes of one number.
const NUMBER_BYTES: u64 = 4;

/// Memory that a run would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryPlan {
    bytes: u64,
}

/// A number of bytes, in words.
struct Bytes(u64);

impl MemoryPlan {
    /// A run with this many weights and this many numbers on its tapes.
    #[must_use]
    pub fn new(weights: u64, rule: &OptimizerRule, tape_numbers: u64) -> Self {
        // Value and gradient, what the optimiser remembers, and value and memory of the last good step.
        let numbers_per_weight = 2 + rule.numbers_per_weight() + 2 + rule.numbers_per_weight();
        let numbers = weights.saturating_mul(numbers_per_weight).saturating_add(tape_numbers);
        Self { bytes: numbers.saturating_mul(NUMBER_BYTES) }
    }

    /// This and `count` runs more of another plan, in workers of one page.
    #[must_use]
    pub fn and(self, count: u64, other: Self) -> Self {
        Self { bytes: self.bytes.saturating_add(other.bytes.saturating_mul(count)) }
    }

    /// Whether it is within the limit.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.bytes <= LIMIT_BYTES
    }

    /// What it would take, such as `152 GiB`.
    #[must_use]
    pub fn needed(&self) -> String {
        Bytes(self.bytes).to_string()
    }

    /// The limit, such as `1 GiB`.
    #[must_use]
    pub fn limit(&self) -> String {
        Bytes(LIMIT_BYTES).to_string()
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.0 as f64 / f64::from(1 << 20);
        match mib {
            m if m < 1024.0 => write!(f, "{m:.0} MiB"),
            m if m < 10.0 * 1024.0 => write!(f, "{:.1} GiB", m / 1024.0),
            m if m < 1024.0 * 1024.0 => write!(f, "{:.0} GiB", m / 1024.0),
            m => write!(f, "{:.1} TiB", m / 1024.0 / 1024.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_compute::optimise::Adam;

    #[test]
    fn sizes_are_said_in_words() {
        let rule = OptimizerRule::Adam(Adam::default());
        let small = MemoryPlan::new(1 << 20, &rule, 0);
        assert_eq!((small.needed().as_str(), small.fits()), ("32 MiB", true));
        let large = MemoryPlan::new(40_000_000_000, &rule, 0);
        assert_eq!((large.needed().as_str(), large.fits()), ("1.2 TiB", false));
        assert!(!MemoryPlan::new(u64::MAX, &rule, u64::MAX).fits());
    }
}
