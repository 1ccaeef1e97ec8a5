//! Beam search: the likeliest sequence that a look at a few candidates at a time finds.
//!
//! At each step every hypothesis of a beam is continued by every symbol, and the best `width` go on:
//! 1. `log P(Y·s) = log P(Y) + log softmax(z)_s`, z the model's scores after Y.
//! 2. A candidate that is among the best `width` and ends in the end symbol is finished.
//! 3. Hypotheses are ranked by `log P(Y) / lp(|Y|)`, `lp(n) = ((5 + n) / 6)^α` (Wu et al., 2016), since
//!    without it every further symbol costs. |Y| counts the end symbol.
//! 4. A beam is done when no hypothesis that goes on can overtake the finished ones, of which there are
//!    `width`, or at the largest length.
//!
//! The hypotheses of all beams are stepped together, so that a model can compute them as one batch.

use crate::ComputeError;
use crate::tape::at_least_one;
use std::cmp::Ordering;

/// A model that reads one symbol at a time.
pub trait StepModel {
    /// What it has read of one sequence.
    type State: Clone;

    /// V: how many symbols there are.
    fn symbols(&self) -> usize;

    /// Reads a symbol into each state, and writes the scores of what may follow each: `[N, V]`,
    /// row-major, not normalised. N is at most the width times the number of beams. What is not finite
    /// cannot follow.
    ///
    /// # Errors
    /// Whatever keeps it from reading; the search ends with it.
    fn step(
        &mut self,
        states: &mut [Self::State],
        symbols: &[u32],
        scores: &mut [f32],
    ) -> Result<(), ComputeError>;
}

/// How a search is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeamSearch {
    /// Hypotheses that go on at each step. 1 is greedy.
    pub width: usize,
    /// The most symbols of a hypothesis, its end included.
    pub max_len: usize,
    /// The symbol that ends a sequence, if one does.
    pub end: Option<u32>,
    /// α; 0 ranks by probability alone.
    pub length_penalty: f64,
}

/// Width and α as in Vaswani et al. (2017).
impl Default for BeamSearch {
    fn default() -> Self {
        Self { width: 4, max_len: 100, end: None, length_penalty: 0.6 }
    }
}

/// A sequence that a search has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// What follows the first symbol, without the end symbol.
    pub symbols: Vec<u32>,
    /// log P, in nats.
    pub log_probability: f64,
    /// What it is ranked by.
    pub score: f64,
    /// Whether the end symbol followed.
    pub is_finished: bool,
}

/// Searches under way.
pub struct BeamRun<S> {
    search: BeamSearch,
    beams: Vec<Beam<S>>,
    /// Symbols of what is live.
    len: usize,
    scores: Vec<f32>,
}

/// A hypothesis that goes on.
struct Live<S> {
    symbols: Vec<u32>,
    log_probability: f64,
    state: S,
    /// What the model reads next.
    last: u32,
}

/// One search: what goes on, best first, and what is finished.
struct Beam<S> {
    live: Vec<Live<S>>,
    finished: Vec<Hypothesis>,
}

/// A continuation of a live hypothesis.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    parent: usize,
    symbol: u32,
    log_probability: f64,
}

impl BeamSearch {
    /// Searches from several states at once, each with the symbol to be read first. Returns the best
    /// hypotheses of each, at most `width`, best first; those that no end symbol ended as they stand.
    ///
    /// # Errors
    /// If width, largest length or vocabulary is zero, or the model fails.
    pub fn search<M: StepModel>(
        &self,
        model: &mut M,
        starts: Vec<(M::State, u32)>,
    ) -> Result<Vec<Vec<Hypothesis>>, ComputeError> {
        let mut run = self.begin(starts)?;
        while !run.advance(model)? {}
        Ok(run.found())
    }

    /// Begins a search that is taken on step by step, so that something else can be done in between.
    ///
    /// # Errors
    /// If width or largest length is zero.
    pub fn begin<S: Clone>(&self, starts: Vec<(S, u32)>) -> Result<BeamRun<S>, ComputeError> {
        at_least_one("beam width", self.width)?;
        at_least_one("largest length", self.max_len)?;
        let start = |(state, last)| Beam {
            live: vec![Live { symbols: Vec::new(), log_probability: 0.0, state, last }],
            finished: Vec::new(),
        };
        let beams = starts.into_iter().map(start).collect();
        Ok(BeamRun { search: *self, beams, len: 0, scores: Vec::new() })
    }

    /// Continues the hypotheses of a beam to `len` symbols, from the states and scores that each has.
    fn extend<S: Clone>(&self, beam: &mut Beam<S>, rows: &[(S, &[f32])], len: usize) {
        let candidates = self.best_candidates(&beam.live, rows);
        if candidates.is_empty() {
            // Nothing can follow: a dead end counts only where nothing is finished.
            if beam.finished.is_empty() {
                self.stop(beam);
            }
            beam.live.clear();
            return;
        }
        let parents = std::mem::take(&mut beam.live);
        for (rank, candidate) in candidates.into_iter().enumerate() {
            let Candidate { parent, symbol, log_probability } = candidate;
            let mut symbols = parents[parent].symbols.clone();
            if self.end == Some(symbol) {
                // (2)
                if rank < self.width {
                    let score = self.score(log_probability, len);
                    beam.finished.push(Hypothesis { symbols, log_probability, score, is_finished: true });
                }
            } else if beam.live.len() < self.width {
                symbols.push(symbol);
                let state = rows[parent].0.clone();
                beam.live.push(Live { symbols, log_probability, state, last: symbol });
            }
        }
        beam.finished.sort_by(by_score);
        beam.finished.truncate(self.width);
        if len == self.max_len {
            self.stop(beam);
        } else if self.is_done(beam, len) {
            beam.live.clear();
        }
    }

    /// (1) The best continuations, best first: enough for the width even if all of that end.
    fn best_candidates<S>(&self, live: &[Live<S>], rows: &[(S, &[f32])]) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (parent, (hypothesis, (_, scores))) in live.iter().zip(rows).enumerate() {
            let log_sum = log_sum_exp(scores);
            let follow = |(symbol, &score): (usize, &f32)| {
                let log_probability = hypothesis.log_probability + (f64::from(score) - log_sum);
                let candidate = Candidate { parent, symbol: symbol as u32, log_probability };
                (score.is_finite() && log_probability.is_finite()).then_some(candidate)
            };
            candidates.extend(scores.iter().enumerate().filter_map(follow));
        }
        let better = |a: &Candidate, b: &Candidate| {
            let likelier = b.log_probability.total_cmp(&a.log_probability);
            likelier.then_with(|| (a.parent, a.symbol).cmp(&(b.parent, b.symbol)))
        };
        // At most one continuation of each hypothesis ends.
        let wanted = self.width.saturating_add(live.len());
        if wanted < candidates.len() {
            candidates.select_nth_unstable_by(wanted, better);
            candidates.truncate(wanted);
        }
        candidates.sort_unstable_by(better);
        candidates
    }

    /// (3)
    fn score(&self, log_probability: f64, len: usize) -> f64 {
        log_probability / self.penalty(len)
    }

    fn penalty(&self, len: usize) -> f64 {
        libm::pow((5.0 + len as f64) / 6.0, self.length_penalty)
    }

    /// (4) log P is at most 0 and falls, so that no continuation scores better than what it is now over
    /// the largest penalty to come.
    fn is_done<S>(&self, beam: &Beam<S>, len: usize) -> bool {
        let (Some(best), Some(worst)) = (beam.live.first(), beam.finished.last()) else {
            return beam.live.is_empty();
        };
        let largest = self.penalty(len + 1).max(self.penalty(self.max_len));
        beam.finished.len() >= self.width && best.log_probability / largest <= worst.score
    }

    /// Takes what is live as it stands.
    fn stop<S>(&self, beam: &mut Beam<S>) {
        let as_it_stands = |Live { symbols, log_probability, .. }: Live<S>| {
            let score = self.score(log_probability, symbols.len());
            Hypothesis { symbols, log_probability, score, is_finished: false }
        };
        beam.finished.extend(beam.live.drain(..).map(as_it_stands));
    }
}

impl<S: Clone> BeamRun<S> {
    /// Lengthens every hypothesis by a symbol. Returns whether the search is over.
    ///
    /// # Errors
    /// If the vocabulary is zero, or the model fails.
    pub fn advance(&mut self, model: &mut impl StepModel<State = S>) -> Result<bool, ComputeError> {
        let vocabulary = at_least_one("vocabulary", model.symbols())?;
        let (mut states, mut symbols) = (Vec::new(), Vec::new());
        for hypothesis in self.beams.iter().flat_map(|beam| &beam.live) {
            states.push(hypothesis.state.clone());
            symbols.push(hypothesis.last);
        }
        if symbols.is_empty() {
            return Ok(true);
        }
        self.scores.clear();
        self.scores.resize(symbols.len() * vocabulary, 0.0);
        model.step(&mut states, &symbols, &mut self.scores)?;
        self.len += 1;
        let mut rows = states.into_iter().zip(self.scores.chunks_exact(vocabulary));
        for beam in &mut self.beams {
            let rows: Vec<(S, &[f32])> = rows.by_ref().take(beam.live.len()).collect();
            self.search.extend(beam, &rows, self.len);
        }
        Ok(self.beams.iter().all(|beam| beam.live.is_empty()))
    }

    /// What each search has found, finished or as it stands: at most `width`, best first.
    #[must_use]
    pub fn found(mut self) -> Vec<Vec<Hypothesis>> {
        for beam in &mut self.beams {
            self.search.stop(beam);
            beam.finished.sort_by(by_score);
            beam.finished.truncate(self.search.width);
        }
        self.beams.into_iter().map(|beam| beam.finished).collect()
    }
}

/// Best first; of equal ones the earlier stays first.
fn by_score(a: &Hypothesis, b: &Hypothesis) -> Ordering {
    b.score.total_cmp(&a.score)
}

/// `ln Σ exp(z)` over what is finite.
fn log_sum_exp(scores: &[f32]) -> f64 {
    let finite = || scores.iter().filter(|score| score.is_finite()).map(|&score| f64::from(score));
    let largest = finite().fold(f64::NEG_INFINITY, f64::max);
    largest + libm::log(finite().map(|score| libm::exp(score - largest)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u32 = 0;

    /// Scores by formula from the last two symbols; the state is what has been read.
    struct Formula {
        vocabulary: usize,
        largest_batch: usize,
    }

    impl Formula {
        fn new(vocabulary: usize) -> Self {
            Self { vocabulary, largest_batch: 0 }
        }

        fn scores(&self, read: &[u32]) -> Vec<f32> {
            let last = read.iter().rev().take(2).fold(7, |sum, &symbol| 31 * sum + 17 * symbol + 5);
            (0..self.vocabulary as u32).map(|symbol| ((last * (symbol + 3)) % 23) as f32 / 6.0).collect()
        }
    }

    impl StepModel for Formula {
        type State = Vec<u32>;

        fn symbols(&self) -> usize {
            self.vocabulary
        }

        fn step(
            &mut self,
            states: &mut [Vec<u32>],
            symbols: &[u32],
            scores: &mut [f32],
        ) -> Result<(), ComputeError> {
            self.largest_batch = self.largest_batch.max(states.len());
            for (row, (state, &symbol)) in states.iter_mut().zip(symbols).enumerate() {
                state.push(symbol);
                let own = self.scores(state);
                scores[row * self.vocabulary..(row + 1) * self.vocabulary].copy_from_slice(&own);
            }
            Ok(())
        }
    }

    /// Every sequence up to the largest length, scored one by one.
    fn exhaustive(search: &BeamSearch, model: &Formula, read: &mut Vec<u32>, log: f64) -> Vec<Hypothesis> {
        let len = read.len();
        let scores = model.scores(read);
        let log_sum = scores.iter().map(|&score| f64::from(score).exp()).sum::<f64>().ln();
        let mut found = Vec::new();
        for (symbol, &score) in (0_u32..).zip(&scores) {
            let log_probability = log + f64::from(score) - log_sum;
            let is_finished = search.end == Some(symbol);
            read.push(symbol);
            if is_finished || len == search.max_len {
                let symbols = read[1..read.len() - usize::from(is_finished)].to_vec();
                let score = log_probability / ((5.0 + len as f64) / 6.0).powf(search.length_penalty);
                found.push(Hypothesis { symbols, log_probability, score, is_finished });
            } else {
                found.extend(exhaustive(search, model, read, log_probability));
            }
            read.pop();
        }
        found.sort_by(by_score);
        found
    }

    #[test]
    fn a_beam_wide_enough_finds_the_best_of_all() {
        for length_penalty in [0.0, 0.6, 1.5, -0.5] {
            let search = BeamSearch { width: 400, max_len: 4, end: Some(END), length_penalty };
            let mut model = Formula::new(4);
            let found = &search.search(&mut model, vec![(Vec::new(), 2)]).unwrap()[0];
            let all = exhaustive(&search, &model, &mut vec![2], 0.0);
            for (found, wanted) in found.iter().zip(&all).take(20) {
                assert_eq!((&found.symbols, found.is_finished), (&wanted.symbols, wanted.is_finished));
                assert!((found.score - wanted.score).abs() < 1e-12);
                assert!((found.log_probability - wanted.log_probability).abs() < 1e-12);
            }
            // A narrower one that stops early is no better, and its scores are true.
            let narrow = BeamSearch { width: 3, ..search };
            let found = &narrow.search(&mut model, vec![(Vec::new(), 2)]).unwrap()[0];
            assert_eq!(found.len(), 3);
            for hypothesis in found {
                let twin = all.iter().find(|other| other.symbols == hypothesis.symbols).unwrap();
                assert!((hypothesis.score - twin.score).abs() < 1e-12 && twin.score <= all[0].score);
            }
        }
    }

    #[test]
    fn a_beam_of_one_is_greedy() {
        for first in 0..5 {
            let mut model = Formula::new(5);
            let search = BeamSearch { width: 1, max_len: 12, end: Some(END), length_penalty: 0.6 };
            let found = search.search(&mut model, vec![(Vec::new(), first)]).unwrap();
            let mut read = vec![first];
            while read.len() <= 12 {
                let best = crate::decode::greedy(&model.scores(&read)) as u32;
                if best == END {
                    break;
                }
                read.push(best);
            }
            assert_eq!(found[0][0].symbols, read[1..], "from {first}");
            assert_eq!(found[0].len(), 1);
        }
    }

    /// “a” is the likelier first symbol, but what follows it is uncertain.
    #[test]
    fn a_wider_beam_finds_what_greedy_misses() {
        struct Trap;
        impl StepModel for Trap {
            type State = ();
            fn symbols(&self) -> usize {
                3
            }
            fn step(
                &mut self,
                _: &mut [()],
                symbols: &[u32],
                scores: &mut [f32],
            ) -> Result<(), ComputeError> {
                for (row, symbol) in scores.chunks_exact_mut(3).zip(symbols) {
                    let probabilities: [f32; 3] = match symbol {
                        0 => [0.0, 0.6, 0.4],
                        1 => [0.34, 0.33, 0.33],
                        _ => [0.05, 0.0, 0.95],
                    };
                    row.copy_from_slice(&probabilities.map(f32::ln));
                }
                Ok(())
            }
        }
        let search = BeamSearch { width: 1, max_len: 2, end: None, length_penalty: 0.0 };
        let best = |width| {
            BeamSearch { width, ..search }.search(&mut Trap, vec![((), 0)]).unwrap()[0][0].symbols.clone()
        };
        assert_eq!(best(1), [1, 0]);
        assert_eq!(best(2), [2, 2]);
    }

    #[test]
    fn beams_searched_together_find_what_each_finds_alone() {
        let search = BeamSearch { width: 3, max_len: 9, end: Some(END), length_penalty: 0.8 };
        let mut model = Formula::new(6);
        let together = search.search(&mut model, (0..5).map(|first| (Vec::new(), first)).collect()).unwrap();
        assert!(model.largest_batch > 3 && model.largest_batch <= 15);
        for (first, found) in (0..5).zip(together) {
            let alone = search.search(&mut model, vec![(Vec::new(), first)]).unwrap();
            assert_eq!(vec![found], alone);
        }
    }

    #[test]
    fn the_limits_do_not_fail() {
        struct Mute;
        impl StepModel for Mute {
            type State = ();
            fn symbols(&self) -> usize {
                2
            }
            fn step(&mut self, _: &mut [()], _: &[u32], scores: &mut [f32]) -> Result<(), ComputeError> {
                scores.fill(f32::NAN);
                Ok(())
            }
        }
        let search = BeamSearch { width: usize::MAX, max_len: 3, end: None, length_penalty: f64::NAN };
        let found = search.search(&mut Mute, vec![((), 0)]).unwrap();
        assert_eq!((found[0].len(), found[0][0].symbols.len()), (1, 0));
        assert!(search.search(&mut Mute, Vec::new()).unwrap().is_empty());
        for nothing in [BeamSearch { width: 0, ..search }, BeamSearch { max_len: 0, ..search }] {
            assert!(nothing.search(&mut Mute, vec![((), 0)]).is_err());
        }
        let unfinished = search.begin(vec![((), 0)]).unwrap();
        assert_eq!(unfinished.found()[0].len(), 1);
        assert!(search.search(&mut Formula::new(0), vec![(Vec::new(), 0)]).is_err());
    }
}
