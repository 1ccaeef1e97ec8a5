//! Finds a network over one sequence: a stack of recurrent layers, and what may stand below and above it.

use super::names::Names;
use super::state_dict::StateDict;
use super::{SequenceNetwork, output_and_embedding, recurrent_stack};
use crate::FormatError;
use rnn_compute::backend::Nonlinearity;

/// Finds the network, and its parameters' names under ours, which begin with `ours`.
pub(super) fn find(
    file: &StateDict<'_>,
    nonlinearity: Nonlinearity,
    ours: &str,
    names: &mut Names,
) -> Result<SequenceNetwork, FormatError> {
    let stack = recurrent_stack::find(file, nonlinearity)?;
    let recurrent = stack.recurrent;
    stack.name(ours, names);
    let ends = output_and_embedding::find(file, &recurrent)?;
    ends.name(ours, names);
    let embedding = ends.embedding.map(|(embedding, _)| embedding);
    let output = ends.output.map(|(output, _)| output);
    Ok(SequenceNetwork { embedding, recurrent, output, dropout: 0.0 })
}
