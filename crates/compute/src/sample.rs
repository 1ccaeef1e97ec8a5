//! Drawing a symbol from the model's scores.

use crate::Random;

/// Draws an index with probability proportional to `exp(logits / temperature)`; temperature 0 takes
/// the largest. Scores that are not finite are never drawn.
#[must_use]
pub fn sample(logits: &[f32], temperature: f64, random: &mut Random) -> usize {
    let best = (0..logits.len())
        .filter(|&index| logits[index].is_finite())
        .max_by(|&a, &b| logits[a].total_cmp(&logits[b]).then(b.cmp(&a)))
        .unwrap_or(0);
    if temperature <= 0.0 || logits.is_empty() {
        return best;
    }
    let weight = |index: usize| {
        let logit = logits[index];
        if logit.is_finite() { libm::exp(f64::from(logit - logits[best]) / temperature) } else { 0.0 }
    };
    let total: f64 = (0..logits.len()).map(weight).sum();
    let mut left = random.unit() * total;
    for index in 0..logits.len() {
        left -= weight(index);
        if left < 0.0 {
            return index;
        }
    }
    best
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
    }
}
