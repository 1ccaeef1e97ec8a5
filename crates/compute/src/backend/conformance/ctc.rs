//! Connectionist temporal classification.

use super::{Agreement, buffer, host, indices, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, Ctc, CtcDims, CtcTrace};
use crate::tape::Packing;

/// A batch.
#[derive(Debug)]
struct Sequences {
    /// Frames of each.
    lengths: Vec<usize>,
    /// Labels of each.
    labels: Vec<usize>,
    classes: usize,
}

impl Sequences {
    /// Frames, batch, labels at most and classes.
    fn shape(&self) -> [usize; 4] {
        let longest = |lengths: &[usize]| lengths.iter().copied().max().unwrap_or(0);
        [longest(&self.lengths), self.lengths.len(), longest(&self.labels), self.classes]
    }
}

/// All batches, a real one last: spoken words of up to 100 frames and 40 letters.
fn batches() -> impl Iterator<Item = Sequences> {
    let few: [(&[usize], &[usize], usize); 10] = [
        (&[1], &[1], 3),
        (&[1, 2], &[1, 1], 7),
        (&[7, 7, 7], &[2, 3, 1], 3),
        (&[5, 9, 2, 7], &[3, 4, 1, 2], 7),
        // One that no path has, and one of weight 0.
        (&[6, 2, 6, 3], &[3, 2, 4, 2], 31),
        (&[31, 30], &[7, 15], 33),
        (&[33, 1], &[16, 1], 65),
        (&[65, 64], &[31, 20], 127),
        (&[127, 100], &[33, 40], 31),
        // More states than a workgroup has invocations.
        (&[300, 150], &[130, 65], 5),
    ];
    let real = |sequence: usize| (100 - 2 * sequence, 40 - sequence);
    let (lengths, labels) = (0..16).map(real).unzip();
    few.map(|(lengths, labels, classes)| Sequences {
        lengths: lengths.to_vec(),
        labels: labels.to_vec(),
        classes,
    })
    .into_iter()
    .chain([Sequences { lengths, labels, classes: 29 }])
}

/// Losses, probabilities and gradients, computed in two parts.
#[expect(clippy::unwrap_used, reason = "the lengths above are those of a batch")]
fn run<B: Ctc>(backend: &B, sequences: &Sequences) -> Vec<f64> {
    let Sequences { lengths, labels: label_lengths, classes } = sequences;
    let [steps, batch, longest, _] = sequences.shape();
    let mut inputs = Packing::full(steps, batch);
    inputs.set(lengths).unwrap();
    let dims = CtcDims { inputs: &inputs, label_lengths, longest, classes: *classes, blank: 1 };
    let (rows, states) = (inputs.rows(), 2 * longest + 1);
    // Every third label repeats the one before.
    let labels: Vec<_> = (0..batch * longest).map(|n| [0, 2, 2][n % 3]).collect();
    let labels = indices(backend, &labels);
    let logits = buffer(backend, &numbers(2 + rows * classes, 1));
    let mut log_probabilities = backend.zeros(rows * classes);
    let mut trace = CtcTrace {
        alphas: backend.zeros(rows * states),
        shifts: backend.zeros(rows),
        betas: backend.zeros(batch * states),
    };
    let mut losses = backend.zeros(batch);
    let mut weights = numbers(batch + 1, 2);
    if batch > 2 {
        weights[1 + 1] = 0.0;
    }
    let (weights, d_loss) = (buffer(backend, &weights), buffer(backend, &numbers(1, 3)));
    let mut d_logits = buffer(backend, &numbers(3 + rows * classes, 4));
    let half = steps / 2;
    for range in [0..half, half..steps] {
        backend.ctc_forward(dims, range, At(&logits, 2), &labels, &mut log_probabilities, &mut trace);
    }
    backend.ctc_losses(dims, &trace, &mut losses);
    for range in [half..steps, 0..half] {
        let (weights, d_loss, d_logits) = (At(&weights, 1), At(&d_loss, 0), At(&mut d_logits, 3));
        backend.ctc_backward(dims, range, &log_probabilities, &labels, weights, d_loss, &mut trace, d_logits);
    }
    let parts = [(&losses, batch), (&log_probabilities, rows * classes), (&d_logits, 3 + rows * classes)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: T, B, labels at most, classes.
#[must_use]
pub fn agreement<B: Ctc>(backend: &B) -> Vec<Agreement> {
    let mut agreement = Agreement::new("CTC");
    for sequences in batches() {
        agreement.compare(&sequences.shape(), &run(backend, &sequences), &run(&truth(), &sequences));
    }
    vec![agreement]
}

#[test]
fn ctc_agrees() {
    assert_within(&agreement(&CPU), &[1.0]);
}
