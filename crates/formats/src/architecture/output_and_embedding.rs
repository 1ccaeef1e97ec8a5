//! Finds the embedding and the linear output layer among the matrices that are no recurrent layer's: the
//! embedding is as wide as the recurrent layers' input and has no bias, the output is as wide as what they
//! hand on. Where that leaves two candidates, the customary names decide, or nothing does.

use super::names::Names;
use super::recurrent_stack::{is_recurrent, listed, refuse};
use super::state_dict::StateDict;
use super::{Embedding, Linear};
use crate::FormatError;
use rnn_compute::models::RecurrentConfig;

/// What modules are customarily called, as parts of the last word before `.weight`.
const EMBEDDING_WORDS: [&str; 5] = ["emb", "lookup", "table", "wte", "encoder"];
const OUTPUT_WORDS: [&str; 8] = ["out", "fc", "linear", "decoder", "proj", "head", "classifier", "dense"];

/// A matrix that is no recurrent layer's.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    /// Its name without `weight`.
    prefix: &'a str,
    rows: usize,
    width: usize,
    has_bias: bool,
}

/// What was found, with the prefix of its name.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) embedding: Option<(Embedding, String)>,
    pub(super) output: Option<(Linear, String)>,
}

impl Ends {
    /// Says where the parameters of `{ours}embedding.…` and `{ours}output.…` are.
    pub(super) fn name(&self, ours: &str, names: &mut Names) {
        if let Some((_, prefix)) = &self.embedding {
            names.add(format!("{ours}embedding."), prefix);
        }
        if let Some((_, prefix)) = &self.output {
            names.add(format!("{ours}output."), prefix);
        }
    }
}

/// Finds both ends of the network around its recurrent layers.
pub(super) fn find(file: &StateDict<'_>, recurrent: &RecurrentConfig) -> Result<Ends, FormatError> {
    let matrices = matrices(file);
    let reads_symbols = |matrix: &Matrix| matrix.width == recurrent.inputs && !matrix.has_bias;
    let reads_states = |matrix: &Matrix| matrix.width == recurrent.width();
    // A matrix that can be either is taken for what its name says, before it is counted as a candidate.
    let is_embedding = |matrix: &Matrix| {
        reads_symbols(matrix) && (!reads_states(matrix) || is_called(matrix, &EMBEDDING_WORDS))
    };
    let is_output = |matrix: &Matrix| {
        reads_states(matrix)
            && !is_embedding(matrix)
            && (!reads_symbols(matrix) || is_called(matrix, &OUTPUT_WORDS))
    };
    let is_either = |matrix: &&Matrix| reads_symbols(matrix) && !is_embedding(matrix) && !is_output(matrix);
    if let Some(Matrix { prefix, .. }) = matrices.iter().find(is_either) {
        return refuse(format!(
            "“{prefix}weight” can be the embedding or the output layer by its shape, and its name does not \
             say which"
        ));
    }
    let embedding = unique("the embedding", &matrices, is_embedding, &EMBEDDING_WORDS)?;
    let output = unique("the output layer", &matrices, is_output, &OUTPUT_WORDS)?;
    Ok(Ends {
        embedding: embedding
            .map(|found| (Embedding { symbols: found.rows, width: found.width }, found.prefix.to_owned())),
        output: output
            .map(|found| (Linear { inputs: found.width, outputs: found.rows }, found.prefix.to_owned())),
    })
}

fn matrices<'a>(file: &StateDict<'a>) -> Vec<Matrix<'a>> {
    let found = file.tensors().filter(|tensor| !is_recurrent(&tensor.name)).filter_map(|tensor| {
        let prefix = tensor.name.strip_suffix("weight")?;
        let is_module = prefix.is_empty() || prefix.ends_with('.');
        let &[rows, width] = &*tensor.shape else { return None };
        let has_bias = file.find(&format!("{prefix}bias")).is_some();
        (is_module && rows > 0 && width > 0).then_some(Matrix { prefix, rows, width, has_bias })
    });
    found.collect()
}

/// The one candidate, or the one among several whose name is customary.
fn unique<'a>(
    what: &str,
    matrices: &[Matrix<'a>],
    is_candidate: impl Fn(&Matrix) -> bool,
    words: &[&str],
) -> Result<Option<Matrix<'a>>, FormatError> {
    let candidates: Vec<_> = matrices.iter().copied().filter(|matrix| is_candidate(matrix)).collect();
    if candidates.len() < 2 {
        return Ok(candidates.first().copied());
    }
    let mut called = candidates.iter().filter(|matrix| is_called(matrix, words));
    match (called.next(), called.next()) {
        (Some(&one), None) => Ok(Some(one)),
        _ => {
            let names = candidates.iter().map(|matrix| format!("“{}weight”", matrix.prefix));
            refuse(format!("each of {} can be {what} by its shape; expected one", listed(names)))
        }
    }
}

/// Whether the last word of the module's name contains one of these.
fn is_called(matrix: &Matrix, words: &[&str]) -> bool {
    let module = matrix.prefix.trim_end_matches('.');
    let last = module.rsplit('.').next().unwrap_or_default().to_lowercase();
    words.iter().any(|word| last.contains(word))
}
