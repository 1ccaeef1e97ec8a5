//! The texts that a run has written.

use std::collections::VecDeque;

/// Samples kept of a run; the oldest goes first.
const KEPT: usize = 12;

/// One text that the network wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its number within the run.
    pub number: u32,
    /// Steps taken when it was begun.
    pub step: u32,
    /// What the visitor gave it to continue.
    pub prompt: String,
    /// What it wrote.
    pub text: String,
}

/// The last few texts of a run, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Samples {
    kept: VecDeque<Sample>,
}

impl Samples {
    /// Adds a piece to sample `number`, which it begins if it is new; `prompt` is asked for then.
    pub fn push(&mut self, step: u32, number: u32, piece: &str, prompt: impl FnOnce() -> String) {
        match self.kept.iter_mut().rev().find(|sample| sample.number == number) {
            Some(sample) => sample.text.push_str(piece),
            None => {
                if self.kept.len() == KEPT {
                    self.kept.pop_front();
                }
                self.kept.push_back(Sample { number, step, prompt: prompt(), text: piece.to_owned() });
            }
        }
    }

    /// The one being written, or written last.
    #[must_use]
    pub fn current(&self) -> Option<&Sample> {
        self.kept.back()
    }

    /// Those before it, newest first.
    pub fn earlier(&self) -> impl Iterator<Item = &Sample> {
        self.kept.iter().rev().skip(1)
    }

    /// Forgets the samples begun after `step`.
    pub fn truncate_after(&mut self, step: u32) {
        self.kept.retain(|sample| sample.step <= step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_the_sample_of_their_number_and_the_oldest_samples_go() {
        let mut samples = Samples::default();
        for number in 0..KEPT as u32 + 3 {
            samples.push(number * 10, number, "to ", || "Call me ".to_owned());
            samples.push(number * 10, number, "sea", || unreachable!("only a new sample has a prompt"));
        }
        let current = samples.current().unwrap();
        assert_eq!((current.text.as_str(), current.prompt.as_str()), ("to sea", "Call me "));
        assert_eq!(current.number, KEPT as u32 + 2);
        assert_eq!(samples.earlier().count(), KEPT - 1);
        assert_eq!(samples.earlier().last().unwrap().number, 3);
    }
}
