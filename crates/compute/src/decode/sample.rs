//! Drawing a symbol from the model's scores.
//!
//! From scores z, in this order:
//! 1. temperature τ: `p_i ∝ exp(z_i / τ)`;
//! 2. top-k (Fan, Lewis and Dauphin, 2018): the k largest p;
//! 3. top-p, the nucleus (Holtzman et al., 2020): the fewest of those, largest first, whose sum reaches
//!    the share p of what (2) has left;
//! 4. a draw among them in proportion to p.
//!
//! Of equal scores the one that comes first counts as the larger. Scores that are not finite are never
//! drawn, unless there are no others.

use crate::Random;

/// How a symbol is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// τ. 0 takes the largest, as does what is not a number.
    pub temperature: f64,
    /// Only this many of the likeliest symbols; 0 counts as 1.
    pub top_k: Option<usize>,
    /// Only the likeliest symbols that together have this probability; there is always one.
    pub top_p: Option<f64>,
}

/// The model's own distribution.
impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, top_p: None }
    }
}

/// The index of the largest score, the first of several; 0 if none is finite.
#[must_use]
pub fn greedy(logits: &[f32]) -> usize {
    (0..logits.len())
        .filter(|&index| logits[index].is_finite())
        .max_by(|&a, &b| logits[a].total_cmp(&logits[b]).then(b.cmp(&a)))
        .unwrap_or(0)
}

/// Draws an index with probability proportional to `exp(logits / temperature)`; temperature 0 takes
/// the largest.
#[must_use]
pub fn sample(logits: &[f32], temperature: f64, random: &mut Random) -> usize {
    Sampling { temperature, ..Sampling::default() }.draw(logits, random)
}

impl Sampling {
    /// Draws an index.
    #[must_use]
    pub fn draw(&self, logits: &[f32], random: &mut Random) -> usize {
        let best = greedy(logits);
        if self.is_greedy() {
            return best;
        }
        let weights = self.weights(logits);
        // (4)
        let mut left = random.unit() * weights.iter().sum::<f64>();
        let is_hit = |weight: &f64| {
            left -= weight;
            left < 0.0
        };
        weights.iter().position(is_hit).unwrap_or(best)
    }

    /// The probability of each index; all 0 if no score is finite.
    #[must_use]
    pub fn probabilities(&self, logits: &[f32]) -> Vec<f64> {
        let mut weights = self.weights(logits);
        let total: f64 = weights.iter().sum();
        if total > 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= total);
        }
        weights
    }

    fn is_greedy(&self) -> bool {
        self.temperature.is_nan() || self.temperature <= 0.0
    }

    /// What the probabilities are in proportion to.
    fn weights(&self, logits: &[f32]) -> Vec<f64> {
        let best = greedy(logits);
        // (1)
        let weight = |(index, &logit): (usize, &f32)| match logit.is_finite() {
            true if self.is_greedy() => f64::from(u8::from(index == best)),
            true => libm::exp(f64::from(logit - logits[best]) / self.temperature),
            false => 0.0,
        };
        let mut weights: Vec<f64> = logits.iter().enumerate().map(weight).collect();
        if self.top_k.is_some() || self.top_p.is_some() {
            self.cut(&mut weights);
        }
        weights
    }

    /// Sets the weight of what is not among the likeliest to 0.
    fn cut(&self, weights: &mut [f64]) {
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_unstable_by(|&a, &b| weights[b].total_cmp(&weights[a]).then(a.cmp(&b)));
        // (2)
        let mut kept = self.top_k.unwrap_or(usize::MAX).clamp(1, weights.len().max(1)).min(weights.len());
        // (3)
        if let Some(share) = self.top_p {
            let total: f64 = order[..kept].iter().map(|&index| weights[index]).sum();
            let mut sum = 0.0;
            let reaches = |&index: &usize| {
                sum += weights[index];
                sum >= share * total
            };
            kept = order[..kept].iter().position(reaches).map_or(kept, |last| last + 1);
        }
        for &index in &order[kept..] {
            weights[index] = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stream;

    #[test]
    fn frequencies_follow_the_softmax_at_each_temperature() {
        let logits = [0.0, 1.0, f32::NEG_INFINITY, 2.0];
        for temperature in [0.5, 1.0, 2.0] {
            let mut random = Random::new(1, Stream::Sampling);
            let mut counts = [0; 4];
            for _ in 0..20_000 {
                counts[sample(&logits, temperature, &mut random)] += 1;
            }
            let weights = logits.map(|z| (f64::from(z) / temperature).exp());
            let total: f64 = weights.iter().sum();
            for (count, weight) in counts.into_iter().zip(weights) {
                // Four standard errors of a share of 20,000 draws, at most 0.0142.
                assert!(
                    (f64::from(count) / 2e4 - weight / total).abs() < 0.0142,
                    "{temperature}: {counts:?}"
                );
            }
        }
    }

    #[test]
    fn the_limits_do_not_fail() {
        let mut random = Random::new(1, Stream::Sampling);
        assert_eq!(sample(&[1.0, 3.0, 3.0, f32::NAN], 0.0, &mut random), 1);
        assert_eq!(sample(&[f32::NAN, f32::NAN], 1.0, &mut random), 0);
        assert_eq!(sample(&[-1e30, 1e30], 1e-30, &mut random), 1);
        assert_eq!(sample(&[1.0, 3.0], f64::NAN, &mut random), 1);
        let filtered = Sampling { temperature: 1.0, top_k: Some(2), top_p: Some(0.5) };
        assert_eq!(filtered.draw(&[], &mut random), 0);
        assert_eq!(filtered.draw(&[f32::NAN], &mut random), 0);
    }

    #[test]
    fn only_the_likeliest_are_left() {
        // Probabilities 0.1, 0.4, 0.2, 0.2, 0.1.
        let logits = [1.0, 4.0, 2.0, 2.0, 1.0_f32].map(f32::ln);
        let probabilities = |top_k, top_p| -> Vec<i32> {
            let shares = Sampling { temperature: 1.0, top_k, top_p }.probabilities(&logits);
            shares.into_iter().map(|share| (share * 100.0).round() as i32).collect()
        };
        assert_eq!(probabilities(None, None), [10, 40, 20, 20, 10]);
        assert_eq!(probabilities(Some(1), None), [0, 100, 0, 0, 0]);
        // Of two equal ones the first.
        assert_eq!(probabilities(Some(2), None), [0, 67, 33, 0, 0]);
        assert_eq!(probabilities(Some(9), None), [10, 40, 20, 20, 10]);
        assert_eq!(probabilities(None, Some(0.3)), [0, 100, 0, 0, 0]);
        assert_eq!(probabilities(None, Some(0.5)), [0, 67, 33, 0, 0]);
        assert_eq!(probabilities(None, Some(0.75)), [0, 50, 25, 25, 0]);
        // The share is that of what top-k has left: 0.4 of 0.6 is less than 0.7.
        assert_eq!(probabilities(Some(2), Some(0.7)), [0, 67, 33, 0, 0]);
        assert_eq!(probabilities(Some(2), Some(0.6)), [0, 100, 0, 0, 0]);
        for nonsense in [f64::NAN, 2.0, f64::INFINITY] {
            assert_eq!(probabilities(None, Some(nonsense)), [10, 40, 20, 20, 10]);
        }
        for little in [0.0, -1.0] {
            assert_eq!(probabilities(Some(0), Some(little)), [0, 100, 0, 0, 0]);
        }
    }

    #[test]
    fn draws_keep_to_what_is_left() {
        let logits = [0.0, 1.0, f32::NAN, 2.0, 0.5];
        let sampling = Sampling { temperature: 2.0, top_k: Some(3), top_p: Some(0.9) };
        let probabilities = sampling.probabilities(&logits);
        let mut random = Random::new(2, Stream::Sampling);
        let mut counts = [0; 5];
        for _ in 0..20_000 {
            counts[sampling.draw(&logits, &mut random)] += 1;
        }
        for (count, probability) in counts.into_iter().zip(probabilities) {
            assert!((f64::from(count) / 2e4 - probability).abs() < 0.0142, "{counts:?}");
            assert_eq!(count == 0, probability == 0.0, "{counts:?}");
        }
    }
}
