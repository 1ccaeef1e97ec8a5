//! What models are made of. Each op is one file: its equations, then forward and backward side by
//! side.
//!
//! An op is recorded by a function of its name, which checks shapes and returns the op's outputs.
//! Gradients are added to those of the op's inputs; whoever starts the backward pass has zeroed
//! them.

mod absolute_error;
mod activation;
mod add;
mod attention;
mod attention_scores;
mod batch_norm;
mod binary_cross_entropy;
mod choose_symbols;
mod concat;
mod context_sum;
mod convolution;
mod ctc;
mod ctc_targets;
mod dropout;
mod elementwise_loss;
mod embedding;
mod global_average_pool;
mod huber;
mod layer_norm;
mod linear;
mod masked_softmax;
mod max_pool;
mod multiply;
mod pack;
mod parts;
mod pool_time;
mod projection;
pub mod recurrent;
mod reverse;
mod row_loss;
mod row_map;
mod scratch;
mod slice;
mod softmax;
mod softmax_cross_entropy;
mod squared_error;
mod weight_gradient;

pub use crate::backend::Activation;
pub use absolute_error::absolute_error;
pub use activation::activation;
pub use add::add;
pub use attention::{AttentionOutput, Sources, additive_attention, dot_attention};
pub use attention_scores::{DotScale, additive_scores, dot_scores};
pub use batch_norm::{BatchNorm, BatchNormWeights, batch_norm};
pub use binary_cross_entropy::binary_cross_entropy;
pub use choose_symbols::choose_symbols;
pub use concat::concat;
pub use context_sum::context_sum;
pub use convolution::{ConvolutionConfig, convolution};
pub use ctc::{CtcOutput, ctc};
pub use ctc_targets::{CtcConfig, CtcTargets, check_ctc};
pub use dropout::dropout;
pub use embedding::{embedding, padded_embedding};
pub use global_average_pool::global_average_pool;
pub use huber::{HuberConfig, huber};
pub use layer_norm::{LayerNorm, LayerNormWeights, layer_norm};
pub use linear::linear;
pub use masked_softmax::masked_softmax;
pub use max_pool::{MaxPoolConfig, max_pool};
pub use multiply::multiply;
pub use pack::{pack, unpack};
pub use pool_time::{TimePooling, pool_time};
pub use recurrent::{
    CellKind, CellState, Direction, LayerInput, LayerWeights, RecurrentOutput, SymbolInput, SymbolTable,
    recurrent,
};
pub use reverse::{reverse, reverse_padded};
pub use row_loss::LossOutput;
pub use slice::slice;
pub use softmax::{log_softmax, softmax};
pub use softmax_cross_entropy::{
    CrossEntropyConfig, CrossEntropyOutput, mean_weights, softmax_cross_entropy,
};
pub use squared_error::squared_error;

use crate::backend::Backend;
use crate::tape::{Context, GradientScope, Gradients};

/// A recorded op.
///
/// Its work comes in parts of at most a few milliseconds, run in order; the same parts run whether
/// or not the pass is interrupted between them.
pub trait Op<B: Backend> {
    /// Numbers that [`Op::allocate`] will ask for.
    fn scratch_numbers(&self, _gradients: Gradients) -> u64 {
        0
    }

    /// Allocates what the op keeps for itself.
    fn allocate(&mut self, _backend: &B, _gradients: Gradients) {}

    /// Parts of the forward pass.
    fn forward_parts(&self) -> usize {
        1
    }

    /// Runs one part of the forward pass.
    fn forward(&mut self, part: usize, context: &mut Context<'_, B>);

    /// Parts of the backward pass.
    fn backward_parts(&self, _scope: GradientScope) -> usize {
        1
    }

    /// Runs one part of the backward pass.
    fn backward(&mut self, part: usize, context: &mut Context<'_, B>);

    /// Forgets which training passes it has seen, since those that come may bear the same numbers.
    fn forget(&mut self) {}
}
