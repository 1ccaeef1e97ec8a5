//! Finds a decoder: an embedding, recurrent layers, an output, and what compares its state with a source's.
//!
//! The recurrent layers of a decoder with attention read an embedding and a context, E + W numbers, those of
//! another E: so much can be told from the shapes. Additive attention has parameters of its own. A context
//! without them may be that of dot attention, of scaled dot attention, or the source's last state at every
//! step: that must be said ([`super::Hints`]).

use super::infer::Hints;
use super::names::Names;
use super::output_and_embedding::{self, Ends};
use super::recurrent_stack::{self, refuse};
use super::state_dict::StateDict;
use crate::FormatError;
use rnn_compute::models::{AttentionKind, DecoderConfig, Directions, RecurrentConfig};

/// What modules are customarily called that belong to an attention.
const ATTENTION_WORDS: [&str; 2] = ["attention", "attn"];
/// What its parts are called.
const QUERY_WORDS: [&str; 4] = ["query", "w_q", "wq", "wa"];
const KEY_WORDS: [&str; 4] = ["key", "w_k", "wk", "ua"];
const SCORE_WORDS: [&str; 4] = ["score", "energy", "v", "va"];

/// Finds the decoder under the names `decoder.…`; `source_width` is W if there is something to look at.
pub(super) fn find(
    file: StateDict<'_>,
    source_width: Option<usize>,
    hints: &Hints,
    names: &mut Names,
) -> Result<DecoderConfig, FormatError> {
    let (attention, file) = file.split(is_attention);
    let stack = recurrent_stack::find(&file, hints.nonlinearity())?;
    let recurrent = stack.recurrent;
    stack.name("decoder.", names);
    if recurrent.directions == Directions::Both {
        return refuse("a decoder that reads in both directions has seen what it is to write".to_owned());
    }
    let RecurrentConfig { cell, inputs, hidden, layers, .. } = recurrent;
    let read = |context: usize| ends(&file, &recurrent, inputs.checked_sub(context)?);
    let plain = read(0).filter(|_| attention.is_empty());
    let looking = source_width.and_then(|width| Some((width, read(width)?)));
    let (attention, source_width, (embedding, vocabulary, ends)) = match (plain, looking) {
        (Some(plain), _) => (None, 0, plain),
        (None, Some((width, looking))) if attention.is_empty() => match hints.dot_scale {
            Some(scale) => (Some(AttentionKind::Dot(scale)), width, looking),
            None => {
                return refuse(format!(
                    "the decoder reads {inputs} numbers, {width} more than its embedding has, and has no parameters \
                     that compare states: this is dot attention, scaled or not, or none; say which"
                ));
            }
        },
        (None, Some((width, looking))) => (Some(additive(&attention, names)?), width, looking),
        (None, None) => {
            return refuse(format!(
                "the decoder's recurrent layers read {inputs} numbers and hand on {hidden}; expected an embedding \
                 and an output layer that fit{}",
                source_width
                    .map_or(String::new(), |width| format!(", with or without {width} numbers of context"))
            ));
        }
    };
    ends.name("decoder.", names);
    Ok(DecoderConfig { vocabulary, embedding, hidden, layers, cell, dropout: 0.0, attention, source_width })
}

/// Embedding width, symbols and names of a decoder whose embedding is this wide, if its ends are there and
/// agree.
fn ends(file: &StateDict<'_>, recurrent: &RecurrentConfig, width: usize) -> Option<(usize, usize, Ends)> {
    let recurrent = RecurrentConfig { inputs: width, ..*recurrent };
    let ends = output_and_embedding::find(file, &recurrent).ok()?;
    let ((embedding, _), (output, _)) = (ends.embedding.as_ref()?, ends.output.as_ref()?);
    let (symbols, width) = (embedding.symbols, embedding.width);
    (output.outputs == symbols).then_some((width, symbols, ends))
}

fn is_attention(name: &str) -> bool {
    let name = name.to_lowercase();
    ATTENTION_WORDS.iter().any(|word| name.contains(word))
}

/// Finds the parts of additive attention; their sizes are checked with those of all parameters.
fn additive(attention: &StateDict<'_>, names: &mut Names) -> Result<AttentionKind, FormatError> {
    for (ours, words) in [("query", QUERY_WORDS), ("key", KEY_WORDS), ("score", SCORE_WORDS)] {
        let modules = attention.tensors().filter_map(|tensor| tensor.name.strip_suffix("weight"));
        let mut modules = modules.filter(|prefix| is_called(prefix, &words));
        match (modules.next(), modules.next()) {
            (Some(prefix), None) => names.add(format!("decoder.attention.{ours}."), prefix),
            _ => {
                return refuse(format!(
                    "the {ours} of the attention was not found; expected one “{ours}.weight”"
                ));
            }
        }
    }
    let (size, _) = attention.matrix(&names.theirs("decoder.attention.query.weight"))?;
    Ok(AttentionKind::Additive { size })
}

/// Whether the last word of the module's name is one of these, or contains one that is long enough to mean it.
fn is_called(prefix: &str, words: &[&str]) -> bool {
    let word = prefix.trim_end_matches('.').rsplit('.').next().unwrap_or_default().to_lowercase();
    words.iter().any(|&known| word == known || (known.len() > 2 && word.contains(known)))
}
