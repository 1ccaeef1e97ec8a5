//! The models that the network is compared with, measured on the same held-out text.

use super::ngram::Ngram;
use crate::Slice;

/// Training characters that are counted at most. More would cost memory and change little.
const MAX_COUNTED: usize = 2_000_000;

/// Characters worked on before the slice is looked at again.
const CHARS_PER_PART: usize = 2048;

const MODELS: [(&str, usize); 2] = [("unigram", 0), ("5-gram", 4)];

/// A unigram and a 5-gram model, measured one after the other in small parts.
#[derive(Debug)]
pub(super) struct Baselines {
    vocabulary: usize,
    measured: Vec<(&'static str, f32)>,
    current: Option<Measurement>,
}

#[derive(Debug)]
struct Measurement {
    model: Ngram,
    counted: usize,
    read: usize,
    bits: f64,
}

impl Baselines {
    pub(super) fn new(vocabulary: usize) -> Self {
        Self { vocabulary, measured: Vec::new(), current: None }
    }

    /// What is measured so far: names, and bits per character.
    pub(super) fn measured(&self) -> &[(&'static str, f32)] {
        &self.measured
    }

    pub(super) fn are_all_measured(&self) -> bool {
        self.measured.len() == MODELS.len()
    }

    /// Works until the slice is over or one more baseline is measured.
    pub(super) fn advance(&mut self, training: &[u16], validation: &[u16], slice: &Slice<'_>) {
        let Some(&(name, context)) = MODELS.get(self.measured.len()) else { return };
        let current = self.current.get_or_insert_with(|| Measurement {
            model: Ngram::new(self.vocabulary, context),
            counted: 0,
            read: 0,
            bits: 0.0,
        });
        let training = &training[..training.len().min(MAX_COUNTED)];
        loop {
            if current.counted < training.len() {
                let end = (current.counted + CHARS_PER_PART).min(training.len());
                for position in current.counted..end {
                    current.model.count(training, position);
                }
                current.counted = end;
            } else if current.read < validation.len() {
                let end = (current.read + CHARS_PER_PART).min(validation.len());
                for position in current.read..end {
                    current.bits += current.model.bits(validation, position);
                }
                current.read = end;
            } else {
                self.measured.push((name, (current.bits / validation.len() as f64) as f32));
                self.current = None;
                return;
            }
            if slice.is_over() {
                return;
            }
        }
    }
}
