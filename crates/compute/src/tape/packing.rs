//! Sequences of different lengths side by side, without their padding (PyTorch's
//! `nn.utils.rnn.pack_padded_sequence` with `enforce_sorted=False`).
//!
//! The sequences of a batch are ordered by length, the longest first. The rows of a packed tensor are
//! those of step 0 of every sequence, then those of step 1 of the sequences that have one, and so on:
//! `N = Σ lengths` rows, at each step those of the first [`Packing::count`] sequences in that order. Ops
//! that treat rows alike need not know of it; the recurrent ones walk the steps.

use crate::ComputeError;

/// A place on a tape for the lengths of a batch of sequences, which are written from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackingVar {
    pub(super) id: usize,
    pub(super) steps: usize,
    pub(super) batch: usize,
}

impl PackingVar {
    /// The longest that a sequence can be, T.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Sequences side by side, B.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch
    }
}

/// How the rows of a packed tensor follow from the lengths of its sequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    /// The length of each sequence, in the caller's order.
    lengths: Vec<usize>,
    /// The sequences, the longest first; equal ones in the caller's order.
    order: Vec<u32>,
    /// For each step how many sequences reach it.
    counts: Vec<usize>,
    /// Where each step's rows start, and the number of rows at the end.
    starts: Vec<usize>,
}

impl Packing {
    /// `batch` sequences of `steps` steps each: nothing is left out.
    #[must_use]
    pub fn full(steps: usize, batch: usize) -> Self {
        Self {
            lengths: vec![steps; batch],
            order: (0..batch as u32).collect(),
            counts: vec![batch; steps],
            starts: (0..=steps).map(|step| step * batch).collect(),
        }
    }

    /// Takes new lengths in, without allocating.
    ///
    /// # Errors
    /// If there are not as many as sequences, or one is 0 or larger than T.
    pub fn set(&mut self, lengths: &[usize]) -> Result<(), ComputeError> {
        let (batch, steps) = (self.lengths.len(), self.counts.len());
        if lengths.len() != batch {
            let what = "lengths of sequences".to_owned();
            return Err(ComputeError::Length { what, expected: batch, found: lengths.len() });
        }
        if let Some((sequence, &found)) =
            lengths.iter().enumerate().find(|&(_, &length)| length == 0 || length > steps)
        {
            return Err(ComputeError::SequenceLength { sequence, longest: steps, found });
        }
        self.lengths.copy_from_slice(lengths);
        self.order.sort_unstable_by_key(|&sequence| (usize::MAX - lengths[sequence as usize], sequence));
        for (step, count) in self.counts.iter_mut().enumerate() {
            *count = lengths.iter().filter(|&&length| length > step).count();
            self.starts[step + 1] = self.starts[step] + *count;
        }
        Ok(())
    }

    /// The length of each sequence, in the caller's order.
    #[must_use]
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// The sequences, the longest first.
    #[must_use]
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// Steps that are reached by a sequence.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.lengths.iter().copied().max().unwrap_or(0)
    }

    /// How many sequences reach step `step`.
    #[must_use]
    pub fn count(&self, step: usize) -> usize {
        self.counts[step]
    }

    /// The first row of step `step`.
    #[must_use]
    pub fn start(&self, step: usize) -> usize {
        self.starts[step]
    }

    /// Rows in all, N: the sum of the lengths.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The step and the sequence (in the caller's order) of each row.
    pub fn places(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.counts.len()).flat_map(|step| {
            self.order[..self.counts[step]].iter().map(move |&sequence| (step, sequence as usize))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_longest_first_step_by_step() {
        let mut packing = Packing::full(4, 3);
        assert_eq!(packing.rows(), 12);
        packing.set(&[2, 4, 1]).unwrap();
        assert_eq!((packing.order(), packing.rows(), packing.steps()), ([1, 0, 2].as_slice(), 7, 4));
        let places: Vec<_> = packing.places().collect();
        assert_eq!(places, [(0, 1), (0, 0), (0, 2), (1, 1), (1, 0), (2, 1), (3, 1)]);
        assert_eq!((packing.start(1), packing.count(1), packing.count(3)), (3, 2, 1));
        // Equal lengths keep the caller's order, whatever came before.
        packing.set(&[3, 3, 3]).unwrap();
        assert_eq!((packing.order(), packing.rows(), packing.steps()), ([0, 1, 2].as_slice(), 9, 3));
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let mut packing = Packing::full(4, 2);
        for lengths in [[0, 1].as_slice(), &[1, 5], &[1], &[1, 2, 3]] {
            assert!(packing.set(lengths).is_err(), "{lengths:?}");
        }
        assert_eq!(packing, Packing::full(4, 2));
    }
}
