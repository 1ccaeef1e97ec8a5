//! Connectionist temporal classification (Graves et al., 2006, “Connectionist Temporal Classification:
//! Labelling Unsegmented Sequence Data with Recurrent Neural Networks”; PyTorch's `functional.ctc_loss`,
//! with the softmax inside): the probability of a sequence of labels, over all alignments with a longer
//! input.
//!
//! A path has a class at every step; its labelling is what is left when repeats are joined and blanks
//! removed. Every labelling l of length U is extended to `l' = ␣ l_1 ␣ l_2 … l_U ␣`, of 2U + 1 states.
//!
//! Shapes: `logits z [T, B, V]`, packed if the inputs differ in length; labels `[B, S]`, padded, with
//! lengths `U ≤ S`; weights `w [B]`, log-probabilities `ln y [T, B, V]`, sequence losses `[B]`, loss `[1]`.
//! S is the longest that a target can be. For PyTorch's `sum` the weights are 1, for its `mean` 1 / (B·U).
//!
//! For each sequence, with `α_0(s) = y_0(l'_s)` for the first two states, and 0 for the others:
//! 1. Forward: `ln y_t = log_softmax(z_t)`.
//! 2. `α_t(s) = y_t(l'_s) · (α_{t−1}(s) + α_{t−1}(s − 1) + α_{t−1}(s − 2))`, the last term only where l'_s
//!    is neither blank nor equal to l'_{s−2}.
//! 3. `p = α_{T−1}(2U) + α_{T−1}(2U − 1)`, and the sequence's loss is `−ln p`, in nats;
//!    `loss = Σ_b w[b] · −ln p[b]`.
//! 4. Backward: `β_{T−1}(s) = 1` for the last two states, 0 for the others, and
//!    `β_t(s) = Σ_{s'} β_{t+1}(s') · y_{t+1}(l'_{s'})` over the states s' that s can go to.
//! 5. `γ_t(s) = α_t(s) β_t(s) / Σ_r α_t(r) β_t(r)`, the probability that the alignment is at s.
//! 6. `dz_t[k] += dloss · w · (y_t(k) − Σ_{s: l'_s = k} γ_t(s))`.
//!
//! α and β are logarithms, and at each step their largest is moved to 0, so that neither underflow nor
//! the length of the input costs accuracy; the shifts are part of the loss and cancel in (5).
//!
//! # Targets that no path has
//! A target needs a step for each label and one more between equal neighbours. [`super::check_ctc`] refuses
//! what does not fit. If such a target is written all the same, or a label's logit is −∞, p is 0 and the
//! sequence counts with loss 0 and gradient 0: what PyTorch does with `zero_infinity=True`.

use super::Op;
use super::ctc_targets::{CtcConfig, CtcTargets};
use super::parts::RowParts;
use super::row_loss::WeightedRows;
use crate::ComputeError;
use crate::backend::{Backend, CtcDims, CtcTrace};
use crate::tape::{
    Context, GradientScope, Gradients, Packing, Recorder, Shape, Var, at_least_one, same_shape,
};

/// What a logit and a state cost in a step, in multiply-adds of a product: their exponentials and
/// logarithms are scalar.
const LOGIT_COST: usize = 300;
const STATE_COST: usize = 1500;

/// The tensors of a recorded CTC loss.
#[derive(Debug, Clone, Copy)]
pub struct CtcOutput {
    /// `[1]`, in nats.
    pub loss: Var,
    /// The loss of each sequence before its weight, `[B, 1]`, in the caller's order, in nats; its gradient
    /// is not used.
    pub sequence_losses: Var,
    /// `[T, B, V]`, packed like the logits; its gradient is not used.
    pub log_probabilities: Var,
}

struct CtcLoss<B: Backend> {
    logits: Var,
    targets: CtcTargets,
    config: CtcConfig,
    rows: WeightedRows,
    log_probabilities: Var,
    scratch: Option<Scratch<B::Buffer>>,
}

struct Scratch<T> {
    /// α, and the β of one step.
    trace: CtcTrace<T>,
    /// How the rows lie of logits that are not packed.
    full: Packing,
}

/// Records the CTC loss of `logits` against `targets`.
///
/// # Errors
/// If the logits are not `[T, B, V]`, there is not one target of labels below V and one weight for each
/// sequence, labels or weights are packed, or the blank is not below V.
pub fn ctc<B: Backend>(
    recorder: &mut Recorder<B>,
    logits: Var,
    targets: CtcTargets,
    weights: Var,
    config: CtcConfig,
) -> Result<CtcOutput, ComputeError> {
    let (op, shape) = ("CTC", logits.shape());
    let &[steps, batch, classes] = shape.dims() else {
        let expected = Shape::from([shape.rows(), 1, shape.width()]);
        return Err(ComputeError::Shape { op, what: "logits", expected, found: shape });
    };
    at_least_one("sequence length", steps)?;
    at_least_one("batch", batch)?;
    at_least_one("classes", classes)?;
    if config.blank as usize >= classes {
        return Err(ComputeError::Index { what: "blank", size: classes, found: config.blank });
    }
    let CtcTargets { labels, lengths } = targets;
    let longest = at_least_one("longest target", lengths.steps())?;
    same_shape(
        op,
        "labels (sequences, classes)",
        [batch, classes],
        Shape::from([lengths.batch(), labels.table_size()]),
    )?;
    same_shape(op, "labels (count)", [batch.saturating_mul(longest)], Shape::from([labels.len()]))?;
    if labels.packing().is_some() {
        return Err(ComputeError::Packing { op, what: "labels", expected: "padded, not packed" });
    }
    let sequence_losses = recorder.intermediate([batch, 1]);
    let rows = WeightedRows::record(recorder, op, sequence_losses, weights)?;
    let log_probabilities = recorder.intermediate_like(logits, classes);
    recorder.push(CtcLoss { logits, targets, config, rows, log_probabilities, scratch: None });
    Ok(CtcOutput { loss: rows.output.loss, sequence_losses, log_probabilities })
}

impl<B: Backend> CtcLoss<B> {
    fn batch(&self) -> usize {
        self.targets.lengths.batch()
    }

    fn steps(&self) -> usize {
        self.logits.shape().dims()[0]
    }

    /// States of the longest target.
    fn states(&self) -> usize {
        CtcDims::states_of(self.targets.lengths.steps())
    }

    /// The steps, cut into parts: α and β go through all sequences step by step.
    fn parts(&self) -> RowParts {
        let logits = self.logits.shape().width().saturating_mul(LOGIT_COST);
        let states = self.states().saturating_mul(STATE_COST);
        RowParts::new::<B>(self.steps(), logits.saturating_add(states).saturating_mul(self.batch()))
    }

    /// What the kernels must know, and the op's memory.
    fn prepare<'s>(&'s mut self, context: &Context<'s, B>) -> (CtcDims<'s>, &'s mut CtcTrace<B::Buffer>) {
        #[expect(clippy::expect_used, reason = "a tape allocates every op before it runs one")]
        let Scratch { trace, full } = self.scratch.as_mut().expect("ops are allocated before they run");
        let dims = CtcDims {
            inputs: self.logits.packing().map_or(full, |packing| context.packing(packing)),
            label_lengths: context.packing(self.targets.lengths).lengths(),
            longest: self.targets.lengths.steps(),
            classes: self.logits.shape().width(),
            blank: self.config.blank,
        };
        (dims, trace)
    }
}

impl<B: Backend> Op<B> for CtcLoss<B> {
    fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        let (steps, batch, states) = (self.steps() as u64, self.batch() as u64, self.states() as u64);
        let alphas = steps.saturating_mul(batch).saturating_mul(states.saturating_add(1));
        match gradients {
            Gradients::Kept => alphas.saturating_add(batch.saturating_mul(states)),
            Gradients::None => alphas,
        }
    }

    fn allocate(&mut self, backend: &B, gradients: Gradients) {
        let (rows, states) = (self.steps() * self.batch(), self.states());
        let betas = if gradients == Gradients::Kept { self.batch() * states } else { 0 };
        let trace = CtcTrace {
            alphas: backend.zeros(rows * states),
            shifts: backend.zeros(rows),
            betas: backend.zeros(betas),
        };
        self.scratch = Some(Scratch { trace, full: Packing::full(self.steps(), self.batch()) });
    }

    fn forward_parts(&self) -> usize {
        self.parts().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let (backend, parts, rows, batch) = (context.backend, self.parts(), self.rows, self.batch());
        let (logits, log_probabilities) = (self.logits, self.log_probabilities);
        let labels = &context.indices[self.targets.labels.id()];
        let (dims, trace) = self.prepare(context);
        let [z, log_y, l] = context.values.many_mut([logits, log_probabilities, rows.output.row_losses]);
        backend.ctc_forward(dims, parts.range(part), logits.at(&*z), labels, log_y, trace); // (1), (2)
        if part + 1 == parts.count() {
            backend.ctc_losses(dims, trace, l); // (3)
            rows.sum(context, batch); // (3)
        }
    }

    /// Those of the forward pass, the last first.
    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts().count()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        if self.logits.is_constant() {
            return;
        }
        let (backend, parts, rows, logits) = (context.backend, self.parts(), self.rows, self.logits);
        let log_y = context.values.at(self.log_probabilities).0;
        let w = context.values.at(rows.weights);
        let labels = &context.indices[self.targets.labels.id()];
        let (dims, trace) = self.prepare(context);
        let range = parts.range(parts.count() - 1 - part);
        let [d_z, d_loss] = context.gradients.many_mut([logits, rows.output.loss]);
        let (d_z, d_loss) = (logits.at(d_z), rows.output.loss.at(&*d_loss));
        backend.ctc_backward(dims, range, log_y, labels, w, d_loss, trace, d_z); // (4), (5), (6)
    }
}
