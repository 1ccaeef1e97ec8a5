//! Labellings from the outputs of a network that was trained with connectionist temporal classification
//! (see [`crate::ops::ctc`]): the best path, and prefix beam search.
//!
//! Shapes: log-probabilities `ln y [T, V]` of one sequence.
//!
//! A labelling's probability is the sum over all its paths (an alignment with repeats and blanks). The
//! most probable path is found at once, but need not belong to the most probable labelling.
//!
//! Prefix beam search (Hannun et al., 2014, “First-Pass Large Vocabulary Continuous Speech Recognition
//! using Bi-Directional Recurrent DNNs”, without its language model) keeps, for each of the `width` most
//! probable prefixes l, the probability of its paths that end in a blank, `p_␣(l)`, and of those that end
//! in its last label, `p_l(l)`. A step with outputs y leads
//! 1. from l to l by a blank: `p_␣'(l) += y(␣) · (p_␣(l) + p_l(l))`,
//! 2. from l to l by its last label c again: `p_l'(l) += y(c) · p_l(l)`,
//! 3. from l to l·c by c equal to its last label: `p_l'(l·c) += y(c) · p_␣(l)`,
//! 4. from l to l·c by any other c: `p_l'(l·c) += y(c) · (p_␣(l) + p_l(l))`.
//!
//! All are kept as logarithms in `f64`. With a width that leaves no prefix out, the probabilities are
//! exact.

use crate::tape::at_least_one;
use crate::{ComputeError, Real};
use std::collections::BTreeMap;

/// A sequence of labels, without blanks.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelling {
    /// The labels.
    pub labels: Vec<u32>,
    /// ln of its probability: of one path for the best path, of all paths that were kept for a beam.
    pub log_probability: f64,
}

/// How wide to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CtcBeamConfig {
    /// The class that stands for no label.
    pub blank: u32,
    /// Prefixes kept at each step.
    pub width: usize,
}

impl Default for CtcBeamConfig {
    /// Blank 0 as in [`crate::ops::CtcConfig`]; a width of 100, within Hannun et al.'s range.
    fn default() -> Self {
        Self { blank: 0, width: 100 }
    }
}

/// The labelling of the most probable path: the best class of each step, the first of equal ones.
///
/// # Errors
/// If there is no step or class, the numbers are not whole rows, or the blank is not a class.
pub fn ctc_best_path<R: Real>(
    log_probabilities: &[R],
    classes: usize,
    blank: u32,
) -> Result<Labelling, ComputeError> {
    check(log_probabilities, classes, blank)?;
    let mut best_path = Labelling { labels: Vec::new(), log_probability: 0.0 };
    let mut before = blank;
    for row in log_probabilities.chunks_exact(classes) {
        let best = (1..classes).fold(0, |best, class| if row[class] > row[best] { class } else { best });
        best_path.log_probability += row[best].to_f64();
        let best = best as u32;
        if best != before && best != blank {
            best_path.labels.push(best);
        }
        before = best;
    }
    Ok(best_path)
}

/// The labellings that a prefix beam search ends with, the most probable first, at most `width`.
///
/// # Errors
/// If there is no step or class, the numbers are not whole rows, the blank is not a class, or the width
/// is 0.
pub fn ctc_beam_search<R: Real>(
    log_probabilities: &[R],
    classes: usize,
    CtcBeamConfig { blank, width }: CtcBeamConfig,
) -> Result<Vec<Labelling>, ComputeError> {
    check(log_probabilities, classes, blank)?;
    at_least_one("beam width", width)?;
    let mut prefixes = Prefixes::default();
    let mut beam = vec![(Prefixes::EMPTY, Ends { blank: 0.0, label: f64::NEG_INFINITY })];
    for row in log_probabilities.chunks_exact(classes) {
        let mut next = BTreeMap::new();
        for &(prefix, ends) in &beam {
            let last = prefixes.last(prefix);
            for (class, y) in (0..).zip(row) {
                let y = y.to_f64();
                if class == blank {
                    next.entry(prefix).or_insert(Ends::NEVER).add_blank(y + ends.total()); // (1)
                } else if Some(class) == last {
                    next.entry(prefix).or_insert(Ends::NEVER).add_label(y + ends.label); // (2)
                    let longer = prefixes.longer(prefix, class);
                    next.entry(longer).or_insert(Ends::NEVER).add_label(y + ends.blank); // (3)
                } else {
                    let longer = prefixes.longer(prefix, class);
                    next.entry(longer).or_insert(Ends::NEVER).add_label(y + ends.total()); // (4)
                }
            }
        }
        beam.clear();
        beam.extend(next);
        // Stable: prefixes of equal probability stay in the order in which they were met.
        beam.sort_by(|(_, a), (_, b)| b.total().total_cmp(&a.total()));
        beam.truncate(width);
    }
    let possible = beam.iter().filter(|(_, ends)| ends.total() != f64::NEG_INFINITY);
    let labelling = |&(prefix, ends): &(usize, Ends)| Labelling {
        labels: prefixes.labels(prefix),
        log_probability: ends.total(),
    };
    Ok(possible.map(labelling).collect())
}

/// ln of the probabilities of a prefix's paths, by their last class.
#[derive(Debug, Clone, Copy)]
struct Ends {
    blank: f64,
    label: f64,
}

impl Ends {
    const NEVER: Self = Self { blank: f64::NEG_INFINITY, label: f64::NEG_INFINITY };

    fn total(self) -> f64 {
        log_sum(self.blank, self.label)
    }

    fn add_blank(&mut self, more: f64) {
        self.blank = log_sum(self.blank, more);
    }

    fn add_label(&mut self, more: f64) {
        self.label = log_sum(self.label, more);
    }
}

/// Prefixes as a tree: each is a number, and is a shorter one with a label behind it.
#[derive(Debug, Default)]
struct Prefixes {
    /// What prefix `i + 1` is made of.
    made_of: Vec<(usize, u32)>,
    numbers: BTreeMap<(usize, u32), usize>,
}

impl Prefixes {
    const EMPTY: usize = 0;

    fn last(&self, prefix: usize) -> Option<u32> {
        prefix.checked_sub(1).map(|index| self.made_of[index].1)
    }

    fn longer(&mut self, prefix: usize, label: u32) -> usize {
        *self.numbers.entry((prefix, label)).or_insert_with(|| {
            self.made_of.push((prefix, label));
            self.made_of.len()
        })
    }

    fn labels(&self, mut prefix: usize) -> Vec<u32> {
        let mut labels = Vec::new();
        while let Some(&(shorter, label)) = prefix.checked_sub(1).and_then(|index| self.made_of.get(index)) {
            labels.push(label);
            prefix = shorter;
        }
        labels.reverse();
        labels
    }
}

/// ln(e^a + e^b).
fn log_sum(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if small == f64::NEG_INFINITY { large } else { large + libm::log1p(libm::exp(small - large)) }
}

fn check<R: Real>(log_probabilities: &[R], classes: usize, blank: u32) -> Result<(), ComputeError> {
    at_least_one("classes", classes)?;
    at_least_one("sequence length", log_probabilities.len())?;
    if blank as usize >= classes {
        return Err(ComputeError::Index { what: "blank", size: classes, found: blank });
    }
    let found = log_probabilities.len();
    let expected = found.next_multiple_of(classes);
    if expected == found {
        Ok(())
    } else {
        Err(ComputeError::Length { what: "log-probabilities".to_owned(), expected, found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of log-probabilities.
    fn logs(rows: &[&[f64]]) -> Vec<f64> {
        rows.concat().into_iter().map(f64::ln).collect()
    }

    /// Rows of uneven log-probabilities (xorshift32).
    fn outputs(steps: usize, classes: usize, seed: u32) -> Vec<f64> {
        let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (f64::from(state) / f64::from(u32::MAX) * 4.0).exp()
        };
        let rows = (0..steps).flat_map(|_| {
            let row: Vec<f64> = (0..classes).map(|_| next()).collect();
            let sum: f64 = row.iter().sum();
            row.into_iter().map(move |y| (y / sum).ln())
        });
        rows.collect()
    }

    /// Every labelling with its probability, from all V^T paths.
    fn all_labellings(log_y: &[f64], classes: usize, blank: u32) -> BTreeMap<Vec<u32>, f64> {
        let steps = log_y.len() / classes;
        let mut labellings = BTreeMap::new();
        for number in 0..classes.pow(steps as u32) {
            let path: Vec<usize> =
                (0..steps).map(|step| number / classes.pow(step as u32) % classes).collect();
            let log: f64 = path.iter().enumerate().map(|(step, &class)| log_y[step * classes + class]).sum();
            let mut labels: Vec<u32> = path.iter().map(|&class| class as u32).collect();
            labels.dedup();
            labels.retain(|&class| class != blank);
            *labellings.entry(labels).or_insert(0.0) += log.exp();
        }
        labellings
    }

    #[test]
    fn a_wide_beam_finds_every_labelling_with_its_probability() {
        let mut worst = 0.0_f64;
        for (steps, classes) in [(1, 1), (1, 3), (2, 2), (3, 4), (5, 3), (7, 2), (4, 5)] {
            for (seed, blank) in (1..).zip(0..classes as u32) {
                let log_y = outputs(steps, classes, seed);
                let all = all_labellings(&log_y, classes, blank);
                let config = CtcBeamConfig { blank, width: 10_000 };
                let found = ctc_beam_search(&log_y, classes, config).unwrap();
                assert_eq!(found.len(), all.len(), "T = {steps}, V = {classes}");
                assert!(found.windows(2).all(|pair| pair[0].log_probability >= pair[1].log_probability));
                for Labelling { labels, log_probability } in &found {
                    worst = worst.max((log_probability.exp() - all[labels]).abs());
                }
                let total: f64 = found.iter().map(|labelling| labelling.log_probability.exp()).sum();
                assert!((total - 1.0).abs() < 1e-12, "probabilities sum to {total}");
            }
        }
        // Measured 1.1e-16.
        assert!(worst < 1e-15, "{worst:e}");
    }

    #[test]
    fn a_narrow_beam_never_claims_more_than_there_is() {
        for seed in 1..20 {
            let log_y = outputs(6, 3, seed);
            let all = all_labellings(&log_y, 3, 1);
            for width in 1..5 {
                let found = ctc_beam_search(&log_y, 3, CtcBeamConfig { blank: 1, width }).unwrap();
                assert!(!found.is_empty() && found.len() <= width);
                for Labelling { labels, log_probability } in found {
                    assert!(log_probability.exp() <= all[&labels] + 1e-12, "{labels:?}");
                }
            }
        }
    }

    /// Two steps that each prefer the blank: the best path says nothing (0.36), but three paths say “1”
    /// (0.4·0.6 + 0.6·0.4 + 0.4·0.4 = 0.64).
    #[test]
    fn the_beam_adds_up_paths_where_the_best_path_does_not() {
        let log_y = logs(&[&[0.6, 0.4], &[0.6, 0.4]]);
        let best_path = ctc_best_path(&log_y, 2, 0).unwrap();
        assert!(best_path.labels.is_empty());
        assert!((best_path.log_probability.exp() - 0.36).abs() < 1e-12);
        let beam = ctc_beam_search(&log_y, 2, CtcBeamConfig { blank: 0, width: 2 }).unwrap();
        assert_eq!(beam[0].labels, [1]);
        assert!((beam[0].log_probability.exp() - 0.64).abs() < 1e-12);
        assert!(beam[1].labels.is_empty());
    }

    #[test]
    fn repeats_are_joined_and_blanks_between_them_keep_them_apart() {
        let one = |class: usize| (0..3).map(move |c| if c == class { 0.0 } else { f64::NEG_INFINITY });
        // The blank is 2.
        for (path, labels) in [
            ([0, 0, 1, 1], vec![0, 1]),
            ([0, 2, 0, 0], vec![0, 0]),
            ([2, 1, 2, 2], vec![1]),
            ([2, 2, 2, 2], vec![]),
        ] {
            let log_y: Vec<f64> = path.into_iter().flat_map(one).collect();
            let want = Labelling { labels, log_probability: 0.0 };
            assert_eq!(ctc_best_path(&log_y, 3, 2).unwrap(), want, "{path:?}");
            let beam = ctc_beam_search(&log_y, 3, CtcBeamConfig { blank: 2, width: 9 }).unwrap();
            assert_eq!(beam, [want], "{path:?}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        let log_y = outputs(2, 3, 1);
        let beam = |numbers: &[f64], classes, blank, width| {
            ctc_beam_search(numbers, classes, CtcBeamConfig { blank, width }).unwrap_err()
        };
        assert_eq!(beam(&log_y, 3, 0, 0), ComputeError::ZeroSize { what: "beam width" });
        for (numbers, classes, blank, want) in [
            (&log_y[..], 0, 0, ComputeError::ZeroSize { what: "classes" }),
            (&[], 3, 0, ComputeError::ZeroSize { what: "sequence length" }),
            (&log_y, 3, 3, ComputeError::Index { what: "blank", size: 3, found: 3 }),
            (&log_y, 4, 0, ComputeError::Length { what: "log-probabilities".into(), expected: 8, found: 6 }),
        ] {
            assert_eq!(beam(numbers, classes, blank, 5), want);
            assert_eq!(ctc_best_path(numbers, classes, blank).unwrap_err(), want);
        }
        // Lost numbers are no reason to panic.
        assert!(ctc_best_path(&[f64::NAN; 6], 3, 0).is_ok());
        assert!(ctc_beam_search(&[f64::NAN; 6], 3, CtcBeamConfig::default()).is_ok());
        let impossible = ctc_beam_search(&[f64::NEG_INFINITY; 6], 3, CtcBeamConfig::default()).unwrap();
        assert!(impossible.is_empty());
    }
}
