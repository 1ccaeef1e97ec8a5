//! Inverted dropout (Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014; PyTorch's
//! `nn.Dropout`): while training each number is dropped with probability p, and the others are enlarged,
//! so that the expectation stays. Evaluation copies.
//!
//! Shapes: `x` and `y` alike, any.
//!
//! 1. Mask: `m[n] = 0` where `w[n] < p · 2³²`, else `1 / (1 − p)`; w is a [`CounterRandom`]'s sequence.
//! 2. Forward: `y = x ⊙ m`.
//! 3. Backward: `dx += dy ⊙ m`. The mask is drawn again rather than kept.
//!
//! The mask depends on the seed, the op's stream, the training step and the place n of the number in its
//! tensor alone, n = row · width + column. So steps of padding, which are rows behind all others, change
//! nothing; but a batch that is packed has its rows in other places than one that is padded, and draws
//! another mask of the same kind.

use super::Op;
use crate::ComputeError;
use crate::backend::{Backend, DropoutMask, Write};
use crate::counter_random::CounterRandom;
use crate::tape::{Context, Mode, Recorder, Var};

struct Dropout {
    probability: f64,
    stream: u32,
    input: Var,
    output: Var,
    /// That of the last forward pass, whose mask the backward pass needs.
    mask: Option<DropoutMask>,
}

/// Records a dropout of probability p; the output is packed as the input is. `stream` is the op's own
/// number: ops of the same stream draw the same masks.
///
/// # Errors
/// If p is not in `[0, 1)`.
pub fn dropout<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    probability: f64,
    stream: u32,
) -> Result<Var, ComputeError> {
    if !(0.0..1.0).contains(&probability) {
        let (what, expected) = ("dropout probability", "at least 0 and below 1");
        return Err(ComputeError::Constant { what, expected, found: probability.to_string() });
    }
    let output = recorder.output_like(input, input.shape().width());
    recorder.push(Dropout { probability, stream, input, output, mask: None });
    Ok(output)
}

impl Dropout {
    /// (1); none where nothing is dropped.
    fn mask(&self, mode: Mode) -> Option<DropoutMask> {
        match mode {
            Mode::Training { seed, step } if self.probability > 0.0 => Some(DropoutMask {
                random: CounterRandom { seed, stream: self.stream, step },
                // Saturates where p is within 2^−32 of 1.
                threshold: (self.probability * (u64::from(u32::MAX) + 1) as f64) as u32,
                scale: 1.0 / (1.0 - self.probability),
            }),
            _ => None,
        }
    }
}

impl<B: Backend> Op<B> for Dropout {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let len = context.rows(self.input) * self.input.shape().width();
        self.mask = self.mask(context.mode);
        let [x, y] = context.values.many_mut([self.input, self.output]);
        let (x, y) = (self.input.at(&*x), self.output.at(y));
        match self.mask {
            Some(mask) => context.backend.mask(mask, x, y, len, Write::Overwrite), // (2)
            None => context.backend.copy(x, y, len),
        }
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        if self.input.is_constant() {
            return;
        }
        let len = context.rows(self.input) * self.input.shape().width();
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
        match self.mask {
            Some(mask) => context.backend.mask(mask, d_y, d_x, len, Write::Accumulate), // (3)
            None => context.backend.add(d_y, d_x, len),
        }
    }
}
