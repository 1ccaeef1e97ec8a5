//! Writing symbol by symbol: a model reads the last symbol, and from its scores the next is chosen, by
//! [`super::greedy`], [`super::Sampling::draw`] or otherwise.

use super::StepModel;
use crate::ComputeError;
use crate::tape::at_least_one;

/// When writing stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    /// The most symbols of a sequence; its end does not count.
    pub max_len: usize,
    /// The symbol that ends a sequence, if one does.
    pub end: Option<u32>,
}

impl Writing {
    /// Writes on from several states at once, each with the symbol to be read first. Returns what follows
    /// it, without the end symbol. `choose` is asked for each sequence in turn, step by step.
    ///
    /// # Errors
    /// If the vocabulary is zero, or the model fails.
    pub fn write<M: StepModel>(
        &self,
        model: &mut M,
        starts: Vec<(M::State, u32)>,
        choose: &mut dyn FnMut(&[f32]) -> usize,
    ) -> Result<Vec<Vec<u32>>, ComputeError> {
        let vocabulary = at_least_one("vocabulary", model.symbols())?;
        let mut written = vec![Vec::new(); starts.len()];
        let mut live: Vec<usize> = (0..starts.len()).collect();
        let (mut states, mut last): (Vec<M::State>, Vec<u32>) = starts.into_iter().unzip();
        let mut scores = Vec::new();
        for _ in 0..self.max_len {
            if live.is_empty() {
                break;
            }
            scores.resize(live.len() * vocabulary, 0.0);
            model.step(&mut states, &last, &mut scores)?;
            last.clear();
            last.extend(scores.chunks_exact(vocabulary).map(|row| choose(row) as u32));
            for (&sequence, &symbol) in live.iter().zip(&last) {
                if self.end != Some(symbol) {
                    written[sequence].push(symbol);
                }
            }
            let goes_on: Vec<bool> = last.iter().map(|&symbol| self.end != Some(symbol)).collect();
            retain(&mut live, &goes_on);
            retain(&mut states, &goes_on);
            retain(&mut last, &goes_on);
        }
        Ok(written)
    }
}

/// Keeps the entries that are marked.
fn retain<T>(entries: &mut Vec<T>, marks: &[bool]) {
    let mut marks = marks.iter();
    entries.retain(|_| marks.next().copied().unwrap_or(false));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::greedy;

    /// Scores the sum of what has been read, modulo V, highest.
    struct Sum;

    const VOCABULARY: usize = 7;

    impl StepModel for Sum {
        type State = u32;

        fn symbols(&self) -> usize {
            VOCABULARY
        }

        fn step(
            &mut self,
            states: &mut [u32],
            symbols: &[u32],
            scores: &mut [f32],
        ) -> Result<(), ComputeError> {
            for ((state, symbol), row) in states.iter_mut().zip(symbols).zip(scores.chunks_mut(VOCABULARY)) {
                *state += symbol;
                row.fill(0.0);
                row[*state as usize % VOCABULARY] = 1.0;
            }
            Ok(())
        }
    }

    #[test]
    fn each_sequence_goes_on_until_its_end() -> Result<(), ComputeError> {
        let starts = vec![(0, 1), (0, 3), (4, 3), (0, 0)];
        let writing = Writing { max_len: 5, end: Some(5) };
        let written = writing.write(&mut Sum, starts.clone(), &mut |scores| greedy(scores))?;
        // 1, 1+1, 2+2, 4+4 …; 3 and 6, then 5, which is the end; 0 for ever, twice.
        let expected: [&[u32]; 4] = [&[1, 2, 4, 1, 2], &[3, 6], &[0, 0, 0, 0, 0], &[0, 0, 0, 0, 0]];
        assert_eq!(written, expected);
        let endless = Writing { max_len: 4, end: None };
        let written = endless.write(&mut Sum, starts, &mut |scores| greedy(scores))?;
        assert_eq!(written[1], [3, 6, 5, 3]);
        assert!(endless.write(&mut Sum, Vec::new(), &mut |scores| greedy(scores))?.is_empty());
        let nothing = Writing { max_len: 0, end: None };
        assert_eq!(nothing.write(&mut Sum, vec![(0, 1)], &mut |_| 0)?, [Vec::<u32>::new()]);
        Ok(())
    }
}
