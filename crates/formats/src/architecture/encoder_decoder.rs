//! Finds an encoder–decoder: two networks, which the modules' names tell apart.

use super::infer::Hints;
use super::names::Names;
use super::recurrent_stack::refuse;
use super::state_dict::StateDict;
use super::{decoder, sequence};
use crate::FormatError;
use rnn_compute::models::{DecoderConfig, EncoderDecoderConfig};

/// What modules are customarily called that belong to either.
const ENCODER_WORDS: [&str; 3] = ["enc", "src", "source"];
const DECODER_WORDS: [&str; 7] = ["dec", "tgt", "trg", "target", "attention", "attn", "out"];

/// Whether the first word of the name that says so says that this belongs to an encoder.
pub(super) fn is_encoders(name: &str) -> bool {
    let name = name.to_lowercase();
    let says = |words: &[&str], part: &str| words.iter().any(|word| part.contains(word));
    let side =
        name.split('.').find_map(|part| match (says(&ENCODER_WORDS, part), says(&DECODER_WORDS, part)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        });
    side == Some(true)
}

/// Finds both.
pub(super) fn find(
    file: StateDict<'_>,
    hints: &Hints,
    names: &mut Names,
) -> Result<EncoderDecoderConfig, FormatError> {
    let (encoder, decoder) = file.split(is_encoders);
    let encoder = sequence::find(&encoder, hints.nonlinearity(), "encoder.", names)?;
    let Some(embedding) = encoder.embedding else {
        return refuse("the encoder has no embedding; expected a matrix as wide as what it reads".to_owned());
    };
    let recurrent = encoder.recurrent;
    let decoder = decoder::find(decoder, Some(recurrent.width()), hints, names)?;
    let DecoderConfig { vocabulary, attention, .. } = decoder;
    let expected = (recurrent.cell, recurrent.layers, recurrent.width(), embedding.width);
    let found = (decoder.cell, decoder.layers, decoder.hidden, decoder.embedding);
    if expected != found {
        let words = |(cell, layers, hidden, embedding)| {
            format!("{layers} layers of {cell:?} with {hidden} units on an embedding of {embedding}")
        };
        return refuse(format!(
            "the decoder must have what the encoder hands on, {}, found {}",
            words(expected),
            words(found)
        ));
    }
    Ok(EncoderDecoderConfig {
        source_vocabulary: embedding.symbols,
        target_vocabulary: vocabulary,
        embedding: embedding.width,
        hidden: recurrent.hidden,
        layers: recurrent.layers,
        cell: recurrent.cell,
        directions: recurrent.directions,
        dropout: 0.0,
        attention,
    })
}
