//! Finds stacked recurrent layers by the names that PyTorch gives their parameters, under any prefix:
//! `{prefix}weight_ih_l{k}`, `weight_hh_l{k}`, `bias_ih_l{k}`, `bias_hh_l{k}`, each with `_reverse` for the
//! second direction. Cell and sizes follow from `weight_hh`, `[G·H, H]`.

use super::state_dict::StateDict;
use super::{Directions, Recurrent};
use crate::FormatError;
use rnn_compute::models::CellKind;
use std::collections::{BTreeMap, BTreeSet};

const PARTS: [&str; 5] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"];

/// Digits of the number of a layer; more are no layer's.
const MAX_DIGITS: usize = 4;

/// Words of a list that are told.
const WORDS_TOLD: usize = 5;

/// A stack found in a file.
pub(super) struct Stack {
    pub(super) recurrent: Recurrent,
    /// What stands before `weight_ih_l0`: empty, or ending in a dot.
    pub(super) prefix: String,
}

/// A refusal.
pub(super) fn refuse<T>(reason: String) -> Result<T, FormatError> {
    Err(FormatError::Architecture { reason })
}

/// A list in words, of which only the first are told.
pub(super) fn listed(mut words: impl ExactSizeIterator<Item = String>) -> String {
    let told: Vec<_> = words.by_ref().take(WORDS_TOLD).collect();
    match words.len() {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

/// Whether the name is that of a recurrent layer's parameter.
pub(super) fn is_recurrent(name: &str) -> bool {
    parse(name).is_some()
}

/// Finds the one stack of a file.
pub(super) fn find(file: &StateDict<'_>) -> Result<Stack, FormatError> {
    let mut stacks: BTreeMap<&str, BTreeSet<Place>> = BTreeMap::new();
    for tensor in file.tensors() {
        if let Some((prefix, part, place)) = parse(&tensor.name) {
            if part == "weight_hr" {
                let name = &tensor.name;
                return refuse(format!("“{name}” belongs to an LSTM with proj_size, which is not supported"));
            }
            stacks.entry(prefix).or_default().insert(place);
        }
    }
    let mut stacks = stacks.into_iter();
    match (stacks.next(), stacks.next()) {
        (None, _) => {
            refuse("no recurrent layer was found; expected names like “rnn.weight_ih_l0”".to_owned())
        }
        (Some((prefix, places)), None) => read(file, prefix, &places),
        (Some((first, _)), Some((second, _))) => refuse(format!(
            "two stacks of recurrent layers were found, “{first}weight_ih_l0” and “{second}weight_ih_l0”; \
             expected one"
        )),
    }
}

/// A layer and whether it is that of the second direction.
type Place = (usize, bool);

/// Takes `encoder.lstm.weight_ih_l0_reverse` apart: `encoder.lstm.`, `weight_ih`, layer 0, reverse.
fn parse(name: &str) -> Option<(&str, &str, Place)> {
    let start = name.rfind('.').map_or(0, |dot| dot + 1);
    let (prefix, own) = name.split_at(start);
    let part = PARTS.into_iter().find(|part| own.starts_with(part))?;
    let layer = own.strip_prefix(part)?.strip_prefix("_l")?;
    let (layer, is_reverse) = match layer.strip_suffix("_reverse") {
        Some(layer) => (layer, true),
        None => (layer, false),
    };
    let is_number = layer.len() <= MAX_DIGITS && layer.bytes().all(|byte| byte.is_ascii_digit());
    let layer: usize = layer.parse().ok().filter(|_| is_number)?;
    Some((prefix, part, (layer, is_reverse)))
}

/// Reads cell and sizes from the first layer's weights, and checks every weight against them.
fn read(file: &StateDict<'_>, prefix: &str, places: &BTreeSet<Place>) -> Result<Stack, FormatError> {
    let layers = places.last().map_or(0, |&(layer, _)| layer + 1);
    let is_both = places.iter().any(|&(_, is_reverse)| is_reverse);
    let directions = if is_both { Directions::Both } else { Directions::Forward };
    let hidden_name = format!("{prefix}weight_hh_l0");
    let (rows, hidden) = file.matrix(&hidden_name)?;
    let cell = [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm];
    let cell = cell.into_iter().find(|cell| cell.gates().checked_mul(hidden) == Some(rows));
    let Some(cell) = cell else {
        return refuse(format!(
            "“{hidden_name}” must have H, 3·H or 4·H rows (Elman, GRU, LSTM) of H = {hidden} numbers, found {rows} \
             rows"
        ));
    };
    let (_, inputs) = file.matrix(&format!("{prefix}weight_ih_l0"))?;
    let recurrent = Recurrent { cell, inputs, hidden, layers, directions };
    for (layer, suffix) in recurrent.suffixes() {
        file.expect(&format!("{prefix}weight_ih_{suffix}"), &[rows, recurrent.layer_inputs(layer)])?;
        file.expect(&format!("{prefix}weight_hh_{suffix}"), &[rows, hidden])?;
    }
    Ok(Stack { recurrent, prefix: prefix.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_whatever_stands_before_them() {
        assert_eq!(parse("weight_ih_l0"), Some(("", "weight_ih", (0, false))));
        assert_eq!(parse("lstm.bias_hh_l12"), Some(("lstm.", "bias_hh", (12, false))));
        assert_eq!(parse("a.b.weight_hh_l1_reverse"), Some(("a.b.", "weight_hh", (1, true))));
        for name in [
            "weight_ih",
            "weight_ih_l",
            "weight_ih_l_reverse",
            "weight_ih_l+1",
            "weight_ih_l0x",
            "my_weight_ih_l0",
            "weight_ih_l99999999999",
            "weight_ih_l0.x",
            "",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
