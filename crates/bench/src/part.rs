//! The part of a batch that one worker trains on.

use crate::BenchError;
use std::ops::Range;

/// Some sequences of a batch, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Number of the worker, from 0, which leads.
    pub member: u32,
    /// Its first sequence.
    pub first: usize,
    /// Its number of sequences.
    pub count: usize,
    /// Sequences of the whole batch.
    pub batch: usize,
}

impl Part {
    /// All of a batch.
    #[must_use]
    pub const fn whole(batch: usize) -> Self {
        Self { member: 0, first: 0, count: batch, batch }
    }

    /// What falls to one of `workers`, as evenly as it goes, the lead's part first.
    ///
    /// # Errors
    /// If there are fewer sequences than workers, or no such member.
    pub fn of(batch: usize, member: u32, workers: u32) -> Result<Self, BenchError> {
        if member >= workers || workers as usize > batch {
            return Err(BenchError::NoPart { member, workers, batch });
        }
        let start = |member: u32| member as usize * batch / workers as usize;
        let first = start(member);
        Ok(Self { member, first, count: start(member + 1) - first, batch })
    }

    /// The numbers of its sequences.
    #[must_use]
    pub const fn sequences(self) -> Range<usize> {
        self.first..self.first + self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_are_nearly_alike() {
        for (batch, workers, counts) in [(32, 1, vec![32]), (32, 2, vec![16, 16]), (7, 3, vec![2, 2, 3])] {
            let parts: Vec<_> =
                (0..workers).map(|member| Part::of(batch, member, workers).unwrap()).collect();
            assert_eq!(parts.iter().map(|part| part.count).collect::<Vec<_>>(), counts);
            let sequences: Vec<_> = parts.iter().flat_map(|part| part.sequences()).collect();
            assert_eq!(sequences, (0..batch).collect::<Vec<_>>());
        }
        assert_eq!(Part::of(5, 0, 1).unwrap(), Part::whole(5));
    }

    #[test]
    fn a_worker_without_a_sequence_is_refused() {
        for (member, workers) in [(0, 17), (2, 2), (0, 0), (u32::MAX, u32::MAX)] {
            let refusal = Part::of(16, member, workers).unwrap_err().to_string();
            assert!(refusal.contains("16 sequences"), "{refusal}");
        }
    }
}
