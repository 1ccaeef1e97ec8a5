//! What a network of symbols predicted at each step, beside what followed.

/// At one step: indices and probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StepPrediction {
    /// The most probable symbol.
    pub(super) symbol: usize,
    /// Its probability.
    pub(super) probability: f32,
    /// The true symbol.
    pub(super) target: usize,
    /// Its probability.
    pub(super) target_probability: f32,
}

/// The predictions behind scores `[T, V]`, one for each of the true symbols `[T]`.
pub(super) fn predictions(scores: &[f32], targets: &[u32]) -> Vec<StepPrediction> {
    let Some(symbols) = scores.len().checked_div(targets.len()).filter(|&symbols| symbols > 0) else {
        return Vec::new();
    };
    scores.chunks_exact(symbols).zip(targets).filter_map(|(row, &target)| of_step(row, target)).collect()
}

/// p_v = exp(s_v − max s) / Σ exp(s − max s); nothing if the true symbol has no score.
fn of_step(scores: &[f32], target: u32) -> Option<StepPrediction> {
    let target = target as usize;
    let target_score = *scores.get(target)?;
    let greater = |best: usize, symbol: usize| if scores[symbol] > scores[best] { symbol } else { best };
    let symbol = (0..scores.len()).fold(0, greater);
    let greatest = scores[symbol];
    let above = |score: f32| f64::from(score - greatest).exp();
    let sum: f64 = scores.iter().map(|&score| above(score)).sum();
    let probability = |score: f32| (above(score) / sum) as f32;
    Some(StepPrediction {
        symbol,
        probability: probability(greatest),
        target,
        target_probability: probability(target_score),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_a_softmax_of_each_step() {
        // Large scores, as e^1000 is no number.
        let found = predictions(&[1000.0, 1000.0 + 3f32.ln(), 0.0, 2.0, 0.0, 0.0], &[0, 0]);
        assert_eq!((found[0].symbol, found[0].target, found[1].symbol), (1, 0, 0));
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-4, "{a} {b}");
        close(found[0].probability, 0.75);
        close(found[0].target_probability, 0.25);
        close(found[1].probability, 2f32.exp() / (2f32.exp() + 2.0));
        assert_eq!(found[1].probability, found[1].target_probability);
    }

    #[test]
    fn scores_that_fit_no_symbols_give_nothing() {
        assert_eq!(predictions(&[], &[1]), []);
        assert_eq!(predictions(&[1.0], &[]), []);
        assert_eq!(predictions(&[1.0, 2.0], &[2]), []);
        let diverged = predictions(&[f32::NAN, 1.0], &[1]);
        assert_eq!((diverged.len(), diverged[0].target), (1, 1));
    }
}
