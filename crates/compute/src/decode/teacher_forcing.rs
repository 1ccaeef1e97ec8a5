//! Scheduled sampling (Bengio, Vinyals, Jaitly and Shazeer, 2015): while it learns, a model reads at
//! each step either the true symbol or the one it has drawn itself, as a coin decides.

use crate::Random;

/// The probability ε_i that a training step i, counted from 0, reads true symbols. What a formula
/// leaves outside `[0, 1]` counts as the nearer end, what is not a number as 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum TeacherForcing {
    /// 1: teacher forcing.
    #[default]
    Always,
    /// The same at every step.
    Constant {
        /// ε.
        probability: f64,
    },
    /// `max(floor, start − slope·i)`.
    Linear {
        /// At the first step.
        start: f64,
        /// How much it falls with each step.
        slope: f64,
        /// Where it stays.
        floor: f64,
    },
    /// `base^i`, base below 1.
    Exponential {
        /// What it is multiplied by at each step.
        base: f64,
    },
    /// `k / (k + exp(i / k))`, k at least 1: it stays near 1, then falls.
    InverseSigmoid {
        /// How slowly.
        k: f64,
    },
}

impl TeacherForcing {
    /// ε_i.
    #[must_use]
    pub fn probability(&self, step: u32) -> f64 {
        let i = f64::from(step);
        let probability = match *self {
            Self::Always => 1.0,
            Self::Constant { probability } => probability,
            Self::Linear { start, slope, floor } => (start - slope * i).max(floor),
            Self::Exponential { base } => libm::pow(base, i),
            Self::InverseSigmoid { k } => k / (k + libm::exp(i / k)),
        };
        if probability.is_nan() { 0.0 } else { probability.clamp(0.0, 1.0) }
    }

    /// Throws a coin for each prediction of a training step: whether it reads the true symbol. As many
    /// numbers are drawn whatever the probability.
    pub fn throw(&self, step: u32, random: &mut Random, coins: &mut [bool]) {
        let probability = self.probability(step);
        coins.fill_with(|| random.unit() < probability);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stream;

    #[test]
    fn probabilities_fall_as_in_the_paper() {
        let linear = TeacherForcing::Linear { start: 0.9, slope: 0.01, floor: 0.2 };
        let exponential = TeacherForcing::Exponential { base: 0.99 };
        let sigmoid = TeacherForcing::InverseSigmoid { k: 10.0 };
        for (forcing, step, expected) in [
            (TeacherForcing::Always, 1000, 1.0),
            (linear, 0, 0.9),
            (linear, 30, 0.6),
            (linear, 1000, 0.2),
            (exponential, 0, 1.0),
            (exponential, 100, 0.366_032_341_273_229),
            (sigmoid, 0, 10.0 / 11.0),
            (sigmoid, 23, 0.500_646_272_888_607),
            (sigmoid, u32::MAX, 0.0),
            (TeacherForcing::Constant { probability: 7.0 }, 0, 1.0),
            (TeacherForcing::Constant { probability: f64::NAN }, 0, 0.0),
            (TeacherForcing::InverseSigmoid { k: 0.0 }, 0, 0.0),
        ] {
            let found = forcing.probability(step);
            assert!((found - expected).abs() < 1e-12, "{forcing:?} at {step}: {found}");
        }
    }

    #[test]
    fn coins_fall_as_often_as_they_should() {
        let mut random = Random::new(4, Stream::TeacherForcing);
        let mut coins = [false; 10_000];
        for probability in [0.0, 0.3, 1.0] {
            let position = random.position();
            TeacherForcing::Constant { probability }.throw(0, &mut random, &mut coins);
            let share = coins.iter().filter(|&&coin| coin).count() as f64 / 1e4;
            // Four standard errors: 4·√(0.21 / 10,000).
            assert!((share - probability).abs() < 0.0184, "{share}");
            assert_eq!(random.position() - position, 20_000);
        }
    }
}
