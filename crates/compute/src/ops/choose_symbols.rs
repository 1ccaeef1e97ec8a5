//! What a decoder reads next: the true symbol or the one that it finds likeliest itself, as a coin
//! decides (scheduled sampling; Bengio, Vinyals, Jaitly and Shazeer, 2015). With all coins 1 it is teacher
//! forcing.
//!
//! Shapes: scores `[B, V]`; true symbols, coins and chosen symbols `[B]`.
//!
//! 1. Forward: `y[b] = c[b] ≠ 0 ? t[b] : argmax_v z[b, v]`.
//! 2. No gradient flows through a choice.

use super::Op;
use crate::ComputeError;
use crate::backend::{At, Backend};
use crate::tape::{Context, IndexVar, Recorder, Shape, Var, same_shape};

struct ChooseSymbols {
    scores: Var,
    truth: IndexVar,
    coins: IndexVar,
    chosen: IndexVar,
}

/// Records a choice between `truth` and the largest score, and returns the chosen symbols. `coins` are
/// indices below 2.
///
/// # Errors
/// If there is not one true symbol and one coin for each row of scores.
pub fn choose_symbols<B: Backend>(
    recorder: &mut Recorder<B>,
    scores: Var,
    truth: IndexVar,
    coins: IndexVar,
) -> Result<IndexVar, ComputeError> {
    let (rows, width) = (scores.shape().rows(), scores.shape().width());
    for (what, indices, size) in [("true symbols", truth, width), ("coins", coins, 2)] {
        let found = Shape::from([indices.len(), indices.table_size()]);
        same_shape("choose symbols", what, [rows, size], found)?;
    }
    let chosen = recorder.index_output(rows, width);
    recorder.push(ChooseSymbols { scores, truth, coins, chosen });
    Ok(chosen)
}

impl<B: Backend> Op<B> for ChooseSymbols {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let Self { scores, truth, coins, chosen } = *self;
        let ids = [truth, coins, chosen].map(|var| var.id());
        #[expect(clippy::expect_used, reason = "the chosen symbols are recorded apart")]
        let [t, c, y] = context.indices.get_disjoint_mut(ids).expect("true symbols, coins and choice apart");
        let (t, c, y) = (At(&*t, truth.start()), At(&*c, coins.start()), At(y, chosen.start()));
        let (rows, width) = (scores.shape().rows(), scores.shape().width());
        context.backend.choose(context.values.at(scores), t, c, y, rows, width); // (1)
    }

    fn backward(&mut self, _part: usize, _context: &mut Context<'_, B>) {}
}
