//! The tasks: what is read, what is to be answered, and when an answer is correct.

use rnn_compute::Random;
use rnn_protocol::{Answer, MemorySettings, MemoryTask};

/// What is kept in mind by copying.
const COPIED: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];
/// What is to be told apart by its order.
const ORDERED: [&str; 2] = ["X", "Y"];
/// What comes between.
const DISTRACTORS: [&str; 4] = ["a", "b", "c", "d"];
/// Now the answer is asked for.
const CUE: &str = "?";
/// A sum may be off by so much.
const SUM_TOLERANCE: f32 = 0.04;

/// A task at a delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) kind: MemoryTask,
    /// D, at least 1.
    pub(super) delay: usize,
}

/// Sequences of one length, time-major, and what is to be answered at the end of each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batch {
    pub(super) inputs: Inputs,
    /// `[B]`: the number of a class, or a sum.
    pub(super) targets: Vec<f32>,
}

/// What is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Inputs {
    /// Symbols by their numbers, `[T, B]`.
    Symbols(Vec<u32>),
    /// Numbers and marks, `[T, B, 2]`.
    Numbers(Vec<f32>),
}

impl Task {
    pub(super) fn new(settings: &MemorySettings) -> Self {
        Self { kind: settings.task, delay: settings.delay.max(1) as usize }
    }

    /// T.
    pub(super) fn steps(&self) -> usize {
        match self.kind {
            MemoryTask::Copy | MemoryTask::Adding => self.delay + 2,
            MemoryTask::Order => self.delay + 3,
        }
    }

    /// The symbols in the order of their numbers; none where numbers are read.
    pub(super) fn symbols(&self) -> Vec<&'static str> {
        let own: &[&str] = match self.kind {
            MemoryTask::Copy => &COPIED,
            MemoryTask::Order => &ORDERED,
            MemoryTask::Adding => return Vec::new(),
        };
        own.iter().chain(&DISTRACTORS).chain(&[CUE]).copied().collect()
    }

    /// Classes to choose from; 0 where the answer is a number.
    pub(super) fn classes(&self) -> usize {
        match self.kind {
            MemoryTask::Copy => COPIED.len(),
            MemoryTask::Order => ORDERED.len() * ORDERED.len(),
            MemoryTask::Adding => 0,
        }
    }

    /// The share that is answered correctly without reading anything: by any one class, or by the mean of the
    /// sums. They lie between 0 and 2 with a triangular density that is 1 at their mean.
    pub(super) fn chance(&self) -> f32 {
        match self.kind {
            MemoryTask::Copy | MemoryTask::Order => 1.0 / self.classes() as f32,
            MemoryTask::Adding => 2.0 * SUM_TOLERANCE - SUM_TOLERANCE * SUM_TOLERANCE,
        }
    }

    /// Draws the next `count` sequences.
    pub(super) fn draw(&self, count: usize, random: &mut Random) -> Batch {
        let mut targets = Vec::with_capacity(count);
        let inputs = if self.kind == MemoryTask::Adding {
            let mut numbers = vec![0.0; self.steps() * count * 2];
            for row in 0..count {
                let (pairs, sum) = self.draw_sum(random);
                for (step, pair) in pairs.iter().enumerate() {
                    numbers[(step * count + row) * 2..][..2].copy_from_slice(pair);
                }
                targets.push(sum);
            }
            Inputs::Numbers(numbers)
        } else {
            let mut symbols = vec![0; self.steps() * count];
            for row in 0..count {
                let (read, class) = self.draw_symbols(random);
                for (step, symbol) in read.into_iter().enumerate() {
                    symbols[step * count + row] = symbol;
                }
                targets.push(class as f32);
            }
            Inputs::Symbols(symbols)
        };
        Batch { inputs, targets }
    }

    /// One sequence of symbols, and its class.
    fn draw_symbols(&self, random: &mut Random) -> (Vec<u32>, usize) {
        let own = if self.kind == MemoryTask::Copy { COPIED.len() } else { ORDERED.len() };
        let steps = self.steps();
        let mut read: Vec<u32> =
            (0..steps).map(|_| (own + below(DISTRACTORS.len(), random)) as u32).collect();
        read[steps - 1] = (own + DISTRACTORS.len()) as u32;
        let class = if self.kind == MemoryTask::Copy {
            let class = below(own, random);
            read[0] = class as u32;
            class
        } else {
            let third = (steps - 1) / 3;
            let (first, second) = (below(own, random), below(own, random));
            read[below(third, random)] = first as u32;
            read[third + below(third, random)] = second as u32;
            first * own + second
        };
        (read, class)
    }

    /// One sequence of numbers with their marks, and the sum of those marked.
    fn draw_sum(&self, random: &mut Random) -> (Vec<[f32; 2]>, f32) {
        let steps = self.steps();
        let mut pairs: Vec<[f32; 2]> = (0..steps).map(|_| [random.unit() as f32, 0.0]).collect();
        let half = steps / 2;
        let marked = [below(half, random), half + below(steps - half, random)];
        for step in marked {
            pairs[step][1] = 1.0;
        }
        let sum = marked.iter().map(|&step| pairs[step][0]).sum();
        (pairs, sum)
    }

    /// Whether these scores, or this sum, count as the right answer.
    pub(super) fn is_correct(&self, target: f32, scores: &[f32]) -> bool {
        match (self.classes(), scores) {
            (0, &[sum]) => (sum - target).abs() <= SUM_TOLERANCE,
            (0, _) => false,
            _ => largest(scores) == target as usize,
        }
    }

    /// An answer in words.
    pub(super) fn answer(&self, target: f32, scores: &[f32]) -> Answer {
        let given = match (self.classes(), scores) {
            (0, _) => scores.first().map_or_else(String::new, |sum| self.target_in_words(*sum)),
            _ => self.target_in_words(largest(scores) as f32),
        };
        let truth = self.target_in_words(target);
        Answer { given, truth, is_correct: self.is_correct(target, scores) }
    }

    /// What the first sequence of a batch reads, a word a step; a marked number has a plus.
    pub(super) fn first_in_words(&self, batch: &Batch) -> Vec<String> {
        let count = batch.targets.len();
        match &batch.inputs {
            Inputs::Symbols(symbols) => {
                let words = self.symbols();
                symbols.iter().step_by(count).map(|&symbol| words[symbol as usize].to_owned()).collect()
            }
            Inputs::Numbers(numbers) => {
                let word = |pair: &[f32]| {
                    let mark = if pair[1] > 0.0 { "+" } else { "" };
                    format!("{mark}{:.2}", pair[0])
                };
                numbers.chunks_exact(2 * count).map(|step| word(&step[..2])).collect()
            }
        }
    }

    fn target_in_words(&self, target: f32) -> String {
        match self.kind {
            MemoryTask::Copy => COPIED[target as usize % COPIED.len()].to_owned(),
            MemoryTask::Order => {
                let class = target as usize;
                let own = |index: usize| ORDERED[index % ORDERED.len()];
                format!("{} then {}", own(class / ORDERED.len()), own(class))
            }
            MemoryTask::Adding => format!("{target:.3}"),
        }
    }
}

impl Batch {
    /// Only these sequences of it.
    pub(super) fn rows(&self, rows: std::ops::Range<usize>) -> Self {
        let count = self.targets.len();
        let inputs = match &self.inputs {
            Inputs::Symbols(symbols) => Inputs::Symbols(
                symbols.chunks_exact(count).flat_map(|step| &step[rows.clone()]).copied().collect(),
            ),
            Inputs::Numbers(numbers) => {
                let own = 2 * rows.start..2 * rows.end;
                Inputs::Numbers(
                    numbers.chunks_exact(2 * count).flat_map(|step| &step[own.clone()]).copied().collect(),
                )
            }
        };
        Self { inputs, targets: self.targets[rows].to_vec() }
    }
}

/// Uniform among `0 … count − 1`.
fn below(count: usize, random: &mut Random) -> usize {
    (random.unit() * count as f64) as usize
}

/// The first of the largest; a score that is no number is none.
fn largest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (index, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_compute::Stream;

    const COUNT: usize = 400;

    fn drawn(kind: MemoryTask, delay: usize) -> (Task, Batch) {
        let task = Task { kind, delay };
        (task, task.draw(COUNT, &mut Random::new(3, Stream::HeldOut)))
    }

    fn column(symbols: &[u32], row: usize) -> Vec<usize> {
        symbols.iter().skip(row).step_by(COUNT).map(|&symbol| symbol as usize).collect()
    }

    #[test]
    fn copy_shows_the_answer_first_and_asks_last() {
        for delay in [1, 7, 200] {
            let (task, batch) = drawn(MemoryTask::Copy, delay);
            let Inputs::Symbols(symbols) = &batch.inputs else { unreachable!() };
            let mut seen = [0; 8];
            for row in 0..COUNT {
                let read = column(symbols, row);
                assert_eq!(read.len(), delay + 2);
                assert_eq!((read[0], read[delay + 1]), (batch.targets[row] as usize, 12));
                assert!(read[1..=delay].iter().all(|symbol| (8..12).contains(symbol)), "{read:?}");
                seen[read[0]] += 1;
            }
            // 50 expected of each, standard deviation 6.6.
            assert!(seen.iter().all(|count| (20..80).contains(count)), "{seen:?}");
            assert_eq!(task.symbols().len(), 13);
        }
    }

    #[test]
    fn the_order_is_that_of_the_only_two_symbols_that_matter() {
        for delay in [1, 2, 30] {
            let (task, batch) = drawn(MemoryTask::Order, delay);
            let Inputs::Symbols(symbols) = &batch.inputs else { unreachable!() };
            for row in 0..COUNT {
                let read = column(symbols, row);
                assert_eq!((read.len(), read[delay + 2]), (delay + 3, 6));
                let marks: Vec<usize> = read.iter().copied().filter(|&symbol| symbol < 2).collect();
                assert_eq!(marks.len(), 2, "{read:?}");
                assert_eq!(batch.targets[row] as usize, 2 * marks[0] + marks[1]);
            }
            assert_eq!(task.answer(1.0, &[0.0, 3.0, 1.0, 2.0]).truth, "X then Y");
        }
    }

    #[test]
    fn the_sum_is_that_of_the_two_marked_numbers() {
        for delay in [1, 2, 30] {
            let (task, batch) = drawn(MemoryTask::Adding, delay);
            let Inputs::Numbers(numbers) = &batch.inputs else { unreachable!() };
            let mut guessed = 0;
            for row in 0..COUNT {
                let pairs: Vec<&[f32]> = numbers.chunks_exact(2).skip(row).step_by(COUNT).collect();
                assert_eq!(pairs.len(), delay + 2);
                assert_eq!(pairs.iter().filter(|pair| pair[1] == 1.0).count(), 2);
                let sum: f32 = pairs.iter().map(|pair| pair[0] * pair[1]).sum();
                assert!((sum - batch.targets[row]).abs() < 1e-6);
                guessed += usize::from(task.is_correct(batch.targets[row], &[1.0]));
            }
            // 31 expected, standard deviation 5.4.
            let expected = task.chance() * COUNT as f32;
            assert!((guessed as f32 - expected).abs() < 20.0, "{guessed} against {expected}");
        }
    }

    #[test]
    fn some_rows_are_columns_of_all() {
        for kind in [MemoryTask::Copy, MemoryTask::Adding] {
            let (task, batch) = drawn(kind, 4);
            let part = batch.rows(3..9);
            assert_eq!(part.targets, batch.targets[3..9]);
            let from_third = batch.rows(3..COUNT);
            assert_eq!(task.first_in_words(&part), task.first_in_words(&from_third));
        }
    }

    #[test]
    fn an_answer_counts_by_its_largest_score_or_its_distance() {
        let copy = Task { kind: MemoryTask::Copy, delay: 3 };
        assert!(copy.is_correct(2.0, &[0.0, 0.1, 0.9, f32::NAN, 0.2, 0.0, 0.0, 0.0]));
        let adding = Task { kind: MemoryTask::Adding, delay: 3 };
        assert!(adding.is_correct(1.0, &[1.039]) && !adding.is_correct(1.0, &[1.041]));
        assert!(!adding.is_correct(1.0, &[f32::NAN]));
        assert_eq!(adding.answer(0.5, &[0.25]).given, "0.250");
    }
}
