//! Connectionist temporal classification. The equations and their numbers are those of `ops/ctc.rs`.
//!
//! Written once for all backends in the program's memory, scalar: the states of a labelling depend on
//! each other, and there are few of them.

use super::host::Host;
use super::{At, Memory};
use crate::Real;
use crate::tape::Packing;
use std::ops::Range;

/// The sequences of a CTC loss. States are those of `l'`, 2S + 1 in a row.
#[derive(Debug, Clone, Copy)]
pub struct CtcDims<'a> {
    /// How the rows of logits follow from the inputs' lengths.
    pub inputs: &'a Packing,
    /// Labels of each sequence, in the caller's order.
    pub label_lengths: &'a [usize],
    /// S.
    pub longest: usize,
    /// V.
    pub classes: usize,
    /// The class that stands for no label.
    pub blank: u32,
}

/// What a CTC loss keeps between its kernels.
#[derive(Debug)]
pub struct CtcTrace<T> {
    /// ln α of (2), moved so that each row's largest is 0, `[N, 2S + 1]`.
    pub alphas: T,
    /// How far each row was moved, `[N]`.
    pub shifts: T,
    /// ln β of (4) of one step, up to a constant, `[B, 2S + 1]`.
    pub betas: T,
}

/// CTC over all sequences of a batch, in ranges of steps: forward from the first to the last, backward
/// from the last to the first.
pub trait Ctc: Memory {
    /// (1) and (2) of some steps.
    fn ctc_forward(
        &self,
        dims: CtcDims<'_>,
        steps: Range<usize>,
        logits: At<&Self::Buffer>,
        labels: &Self::Indices,
        log_probabilities: &mut Self::Buffer,
        trace: &mut CtcTrace<Self::Buffer>,
    );
    /// (3): `sequence_losses[b] = −ln p[b]` once all steps are done; 0 where p is 0.
    fn ctc_losses(
        &self,
        dims: CtcDims<'_>,
        trace: &CtcTrace<Self::Buffer>,
        sequence_losses: &mut Self::Buffer,
    );
    /// (4) to (6) of some steps. Sequences of weight 0, and those whose p is 0, are left alone.
    #[expect(clippy::too_many_arguments, reason = "five inputs, what is kept, a gradient and their extent")]
    fn ctc_backward(
        &self,
        dims: CtcDims<'_>,
        steps: Range<usize>,
        log_probabilities: &Self::Buffer,
        labels: &Self::Indices,
        weights: At<&Self::Buffer>,
        d_loss: At<&Self::Buffer>,
        trace: &mut CtcTrace<Self::Buffer>,
        d_logits: At<&mut Self::Buffer>,
    );
}

/// A labelling l' with its blanks.
#[derive(Clone, Copy)]
struct Extended<'a> {
    labels: &'a [u32],
    blank: u32,
}

impl Extended<'_> {
    fn states(self) -> usize {
        CtcDims::states_of(self.labels.len())
    }

    /// l'_s.
    fn class(self, state: usize) -> usize {
        let label = if state % 2 == 1 { self.labels[state / 2] } else { self.blank };
        label as usize
    }

    /// Whether a path may go from s − 2 to s: past a blank, between different labels.
    fn is_skip(self, state: usize) -> bool {
        state % 2 == 1 && state >= 3 && self.labels[state / 2] != self.labels[state / 2 - 1]
    }
}

impl<'a> CtcDims<'a> {
    /// States of a labelling of `labels` labels, 2U + 1.
    pub(crate) fn states_of(labels: usize) -> usize {
        labels.saturating_mul(2).saturating_add(1)
    }

    fn width(self) -> usize {
        Self::states_of(self.longest)
    }

    fn extended(self, labels: &'a [u32], sequence: usize) -> Extended<'a> {
        let labels = &labels[sequence * self.longest..][..self.label_lengths[sequence]];
        Extended { labels, blank: self.blank }
    }

    /// The sequences that reach a step, each with its row.
    fn rows(self, step: usize) -> impl Iterator<Item = (usize, usize)> + 'a {
        let reached = &self.inputs.order()[..self.inputs.count(step)];
        let first = self.inputs.start(step);
        reached.iter().enumerate().map(move |(place, &sequence)| (sequence as usize, first + place))
    }

    /// The row of a sequence's last step. Its place among the sequences is the same at every step.
    fn last_row(self, place: usize, sequence: usize) -> usize {
        self.inputs.start(self.inputs.lengths()[sequence] - 1) + place
    }

    /// (3) without the shifts: ln p of the sequence at `place`, moved like its last row of α.
    fn log_end<R: Real>(self, alphas: &[R], place: usize, sequence: usize) -> R {
        let states = Self::states_of(self.label_lengths[sequence]);
        let row = &alphas[self.last_row(place, sequence) * self.width()..][..states];
        log_sum([row[states - 1], row[states - 2], never()])
    }
}

impl<H: Host> Ctc for H {
    fn ctc_forward(
        &self,
        dims: CtcDims<'_>,
        steps: Range<usize>,
        At(logits, start): At<&Vec<H::Elem>>,
        labels: &Vec<u32>,
        log_probabilities: &mut Vec<H::Elem>,
        CtcTrace { alphas, shifts, .. }: &mut CtcTrace<Vec<H::Elem>>,
    ) {
        let (width, classes) = (dims.width(), dims.classes);
        for step in steps {
            for (place, (sequence, row)) in dims.rows(step).enumerate() {
                let log_y = &mut log_probabilities[row * classes..][..classes];
                log_softmax(&logits[start + row * classes..][..classes], log_y); // (1)
                let extended = dims.extended(labels, sequence);
                let (before, now) = alphas.split_at_mut(row * width);
                let before = step.checked_sub(1).map(|previous| {
                    &before[(dims.inputs.start(previous) + place) * width..][..extended.states()]
                });
                let now = &mut now[..extended.states()];
                for (state, alpha) in now.iter_mut().enumerate() {
                    *alpha = log_y[extended.class(state)] + log_arrivals(extended, before, state); // (2)
                }
                shifts[row] = move_largest_to_0(now);
            }
        }
    }

    fn ctc_losses(
        &self,
        dims: CtcDims<'_>,
        CtcTrace { alphas, shifts, .. }: &CtcTrace<Vec<H::Elem>>,
        sequence_losses: &mut Vec<H::Elem>,
    ) {
        for (place, &sequence) in dims.inputs.order().iter().enumerate() {
            let sequence = sequence as usize;
            let steps = 0..dims.inputs.lengths()[sequence];
            let moved: f64 = steps.map(|step| shifts[dims.inputs.start(step) + place].to_f64()).sum();
            let loss = -(moved + dims.log_end(alphas, place, sequence).to_f64());
            // Written so that NaN stays.
            let counted = if loss == f64::INFINITY { 0.0 } else { loss };
            sequence_losses[sequence] = H::Elem::from_f64(counted); // (3)
        }
    }

    fn ctc_backward(
        &self,
        dims: CtcDims<'_>,
        steps: Range<usize>,
        log_probabilities: &Vec<H::Elem>,
        labels: &Vec<u32>,
        At(weights, first_weight): At<&Vec<H::Elem>>,
        At(d_loss, loss_start): At<&Vec<H::Elem>>,
        CtcTrace { alphas, betas, .. }: &mut CtcTrace<Vec<H::Elem>>,
        At(d_logits, start): At<&mut Vec<H::Elem>>,
    ) {
        let (width, classes) = (dims.width(), dims.classes);
        for step in steps.rev() {
            for (place, (sequence, row)) in dims.rows(step).enumerate() {
                let weight = weights[first_weight + sequence];
                if weight == H::Elem::ZERO || dims.log_end(alphas, place, sequence) == never() {
                    continue;
                }
                let extended = dims.extended(labels, sequence);
                let betas = &mut betas[sequence * width..][..extended.states()];
                if row == dims.last_row(place, sequence) {
                    end(betas); // (4)
                } else {
                    let next = dims.inputs.start(step + 1) + place;
                    step_back(extended, &log_probabilities[next * classes..][..classes], betas); // (4)
                }
                let alphas = &alphas[row * width..][..extended.states()];
                let scale = d_loss[loss_start] * weight;
                let d_z = &mut d_logits[start + row * classes..][..classes];
                for (d_z, &log_y) in d_z.iter_mut().zip(&log_probabilities[row * classes..][..classes]) {
                    *d_z += scale * log_y.exp(); // (6)
                }
                let log_total = log_sum_of(|| alphas.iter().zip(&*betas).map(|(&alpha, &beta)| alpha + beta));
                for (state, (&alpha, &beta)) in alphas.iter().zip(&*betas).enumerate() {
                    let occupancy = (alpha + beta - log_total).exp(); // (5)
                    d_z[extended.class(state)] += -(scale * occupancy); // (6)
                }
            }
        }
    }
}

/// ln of the sum in (2): what comes to a state from the step before, or 1 at the start of the first two.
fn log_arrivals<R: Real>(extended: Extended<'_>, before: Option<&[R]>, state: usize) -> R {
    let Some(before) = before else {
        return if state < 2 { R::ZERO } else { never() };
    };
    let one_back = if state >= 1 { before[state - 1] } else { never() };
    let two_back = if extended.is_skip(state) { before[state - 2] } else { never() };
    log_sum([before[state], one_back, two_back])
}

/// (4) at the last step.
fn end<R: Real>(betas: &mut [R]) {
    betas.fill(never());
    let states = betas.len();
    betas[states - 2..].fill(R::ZERO);
}

/// (4) from the step whose `ln y` is given to the one before, in place: a state's sum reads only states
/// that are not written yet.
fn step_back<R: Real>(extended: Extended<'_>, log_y: &[R], betas: &mut [R]) {
    for state in 0..betas.len() {
        let term = |to: usize| betas[to] + log_y[extended.class(to)];
        let one_on = if state + 1 < betas.len() { term(state + 1) } else { never() };
        let can_skip = state + 2 < betas.len() && extended.is_skip(state + 2);
        let two_on = if can_skip { term(state + 2) } else { never() };
        betas[state] = log_sum([term(state), one_on, two_on]);
    }
    move_largest_to_0(betas);
}

/// (1).
fn log_softmax<R: Real>(row: &[R], log_y: &mut [R]) {
    let log_total = log_sum_of(|| row.iter().copied());
    for (log_y, &x) in log_y.iter_mut().zip(row) {
        *log_y = x - log_total;
    }
}

/// Subtracts the largest of some logarithms from all; returns it. What is all −∞ stays.
fn move_largest_to_0<R: Real>(numbers: &mut [R]) -> R {
    let largest = largest(numbers.iter().copied());
    if largest == never() {
        return R::ZERO;
    }
    for number in numbers {
        *number = *number - largest;
    }
    largest
}

/// ln 0.
fn never<R: Real>() -> R {
    R::from_f64(f64::NEG_INFINITY)
}

fn largest<R: Real>(numbers: impl Iterator<Item = R>) -> R {
    numbers.fold(never(), |a, b| if b > a { b } else { a })
}

fn log_sum<R: Real>(logarithms: [R; 3]) -> R {
    log_sum_of(|| logarithms.into_iter())
}

/// ln Σ e^x. NaN if one of them is, or is ∞.
fn log_sum_of<R: Real, I: Iterator<Item = R>>(logarithms: impl Fn() -> I) -> R {
    let largest = largest(logarithms());
    if largest == never() {
        // ln 0, or NaN, which no comparison finds.
        return logarithms().sum();
    }
    // The largest itself takes no exponential: of the few terms of a state it is one.
    let power = |distance: R| if distance == R::ZERO { R::ONE } else { distance.exp() };
    largest + logarithms().map(|x| power(x - largest)).sum::<R>().ln()
}
