//! The targets of [`mod@super::ctc`]: how labellings are written, and which of them an input can have.

use crate::ComputeError;
use crate::backend::Backend;
use crate::tape::{IndexVar, PackingVar, Recorder, Tape, at_least_one};

/// How labels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CtcConfig {
    /// The class that stands for no label. PyTorch's default is 0.
    pub blank: u32,
}

/// The labellings that the outputs are compared with, written from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CtcTargets {
    /// Labels `[B, S]`, each sequence's from the front of its row; what lies behind them is not read.
    pub labels: IndexVar,
    /// How many labels each sequence has, 1 to S.
    pub lengths: PackingVar,
}

impl CtcTargets {
    /// Targets of at most `longest` labels below `classes` for each of `batch` sequences.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn record<B: Backend>(
        recorder: &mut Recorder<B>,
        (batch, longest): (usize, usize),
        classes: usize,
    ) -> Result<Self, ComputeError> {
        at_least_one("batch", batch)?;
        at_least_one("longest target", longest)?;
        at_least_one("classes", classes)?;
        let labels = recorder.index_input(batch.saturating_mul(longest), classes);
        Ok(Self { labels, lengths: recorder.packing(longest, batch) })
    }

    /// Checks the targets of all sequences with [`check_ctc`] and writes them. `input_lengths` are those of
    /// the logits.
    ///
    /// # Errors
    /// If a target does not fit; then nothing is written.
    pub fn write<B: Backend>(
        &self,
        tape: &mut Tape<B>,
        config: CtcConfig,
        input_lengths: &[usize],
        targets: &[impl AsRef<[u32]>],
    ) -> Result<(), ComputeError> {
        check_ctc(config, self.labels.table_size(), input_lengths, targets)?;
        let lengths: Vec<usize> = targets.iter().map(|target| target.as_ref().len()).collect();
        tape.write_lengths(self.lengths, &lengths)?;
        let longest = self.lengths.steps();
        let mut labels = vec![0; self.labels.len()];
        for (row, target) in labels.chunks_exact_mut(longest).zip(targets) {
            row[..target.as_ref().len()].copy_from_slice(target.as_ref());
        }
        tape.write_indices(self.labels, &labels)
    }
}

/// Checks that each sequence's target can come out of an input of its length.
///
/// # Errors
/// If there is not one target for each sequence, one is empty or takes more steps than its input has,
/// a label is not below `classes`, or the blank is used as a label.
pub fn check_ctc(
    CtcConfig { blank }: CtcConfig,
    classes: usize,
    input_lengths: &[usize],
    targets: &[impl AsRef<[u32]>],
) -> Result<(), ComputeError> {
    if targets.len() != input_lengths.len() {
        let what = "targets of sequences".to_owned();
        return Err(ComputeError::Length { what, expected: input_lengths.len(), found: targets.len() });
    }
    for (sequence, (target, &steps)) in targets.iter().zip(input_lengths).enumerate() {
        let target = target.as_ref();
        if target.is_empty() {
            return Err(ComputeError::SequenceLength { sequence, longest: steps, found: 0 });
        }
        if let Some(&found) = target.iter().find(|&&label| label as usize >= classes) {
            return Err(ComputeError::Index { what: "label", size: classes, found });
        }
        if target.contains(&blank) {
            return Err(ComputeError::BlankLabel { sequence, found: blank });
        }
        let repeats = target.windows(2).filter(|pair| pair[0] == pair[1]).count();
        let expected = target.len() + repeats;
        if expected > steps {
            return Err(ComputeError::TargetTooLong { sequence, expected, found: steps });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inputs: &[usize], targets: &[&[u32]]) -> Result<(), ComputeError> {
        check_ctc(CtcConfig { blank: 2 }, 4, inputs, targets)
    }

    #[test]
    fn a_target_takes_a_step_for_each_label_and_one_between_equal_ones() {
        assert_eq!(check(&[3, 1], &[&[1, 3, 1], &[0]]), Ok(()));
        assert_eq!(check(&[5], &[&[1, 1, 1]]), Ok(()));
        let too_long = ComputeError::TargetTooLong { sequence: 1, expected: 5, found: 4 };
        assert_eq!(check(&[9, 4], &[&[1], &[1, 1, 1]]), Err(too_long));
    }

    #[test]
    fn targets_that_are_none_are_refused() {
        let empty = ComputeError::SequenceLength { sequence: 0, longest: 3, found: 0 };
        assert_eq!(check(&[3], &[&[]]), Err(empty));
        assert_eq!(check(&[3], &[&[0, 4]]), Err(ComputeError::Index { what: "label", size: 4, found: 4 }));
        let blank = ComputeError::BlankLabel { sequence: 1, found: 2 };
        assert_eq!(check(&[3, 3], &[&[0], &[2]]), Err(blank));
        let what = "targets of sequences".to_owned();
        assert_eq!(check(&[3, 3], &[&[0]]), Err(ComputeError::Length { what, expected: 2, found: 1 }));
    }
}
