//! Finds stacked recurrent layers by the names that PyTorch gives their parameters, under any prefix:
//! `{prefix}weight_ih_l{k}`, `weight_hh_l{k}`, `bias_ih_l{k}`, `bias_hh_l{k}`, each with `_reverse` for the
//! second direction. Cell and sizes follow from `weight_hh`, `[G·H, H]`. Behind each layer may stand a layer
//! norm, `{norms}{k}.weight` and `.bias`.

use super::names::Names;
use super::parameters;
use super::state_dict::StateDict;
use crate::FormatError;
use rnn_compute::ParameterList;
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{CellKind, Directions, RecurrentConfig, RecurrentLayers};
use std::collections::{BTreeMap, BTreeSet};

const PARTS: [&str; 5] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"];

/// Digits of the number of a layer; more are no layer's.
const MAX_DIGITS: usize = 4;

/// Words of a list that are told.
const WORDS_TOLD: usize = 5;

/// What the modules of layer norms are customarily called, as parts of their list's name.
const NORM_WORDS: [&str; 2] = ["norm", "ln"];

/// A stack found in a file.
pub(super) struct Stack {
    pub(super) recurrent: RecurrentConfig,
    /// What stands before `weight_ih_l0`: empty, or ending in a dot.
    prefix: String,
    /// What stands before `0.weight` of the layer norms, if there are any.
    norms: Option<String>,
}

impl Stack {
    /// Says where the parameters of `{ours}rnn.…` and `{ours}norms.…` are.
    pub(super) fn name(self, ours: &str, names: &mut Names) {
        names.add(format!("{ours}rnn."), self.prefix);
        if let Some(norms) = self.norms {
            names.add(format!("{ours}norms."), norms);
        }
    }
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

/// The prefixes of all stacks of a file.
pub(super) fn prefixes<'a>(file: &StateDict<'a>) -> BTreeSet<&'a str> {
    file.tensors().filter_map(|tensor| parse(&tensor.name)).map(|(prefix, ..)| prefix).collect()
}

/// Finds the one stack of a file, whose Elman cells have this nonlinearity.
pub(super) fn find(file: &StateDict<'_>, nonlinearity: Nonlinearity) -> Result<Stack, FormatError> {
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
        (Some((prefix, places)), None) => read(file, prefix, &places, nonlinearity),
        (Some((first, _)), Some((second, _))) => refuse(format!(
            "two stacks of recurrent layers were found, “{first}weight_ih_l0” and “{second}weight_ih_l0”; \
             expected one, or one of an encoder and one of a decoder"
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
fn read(
    file: &StateDict<'_>,
    prefix: &str,
    places: &BTreeSet<Place>,
    nonlinearity: Nonlinearity,
) -> Result<Stack, FormatError> {
    let layers = places.last().map_or(0, |&(layer, _)| layer + 1);
    let is_both = places.iter().any(|&(_, is_reverse)| is_reverse);
    let directions = if is_both { Directions::Both } else { Directions::Forward };
    let hidden_name = format!("{prefix}weight_hh_l0");
    let (rows, hidden) = file.matrix(&hidden_name)?;
    let cell = [CellKind::Elman(nonlinearity), CellKind::Gru, CellKind::Lstm];
    let cell = cell.into_iter().find(|cell| cell.gates().checked_mul(hidden) == Some(rows));
    let Some(cell) = cell else {
        return refuse(format!(
            "“{hidden_name}” must have H, 3·H or 4·H rows (Elman, GRU, LSTM) of H = {hidden} numbers, found {rows} \
             rows"
        ));
    };
    let (_, inputs) = file.matrix(&format!("{prefix}weight_ih_l0"))?;
    let recurrent = RecurrentConfig { directions, ..RecurrentConfig::new(cell, inputs, hidden, layers) };
    let mut list = ParameterList::default();
    RecurrentLayers::declare(&mut list, "", recurrent)?;
    for parameter in parameters(&list) {
        if let Some(own) = parameter.name.strip_prefix("rnn.").filter(|own| own.starts_with("weight")) {
            file.expect(&format!("{prefix}{own}"), &parameter.shape)?;
        }
    }
    let norms = norms(file, &recurrent)?;
    let recurrent = RecurrentConfig { layer_norm: norms.is_some(), ..recurrent };
    Ok(Stack { recurrent, prefix: prefix.to_owned(), norms })
}

/// What stands before `0.weight` of the layer norms behind these layers, if there are any.
fn norms(file: &StateDict<'_>, recurrent: &RecurrentConfig) -> Result<Option<String>, FormatError> {
    let lists = file.tensors().filter(|tensor| *tensor.shape == [recurrent.width()]);
    let lists = lists.filter_map(|tensor| tensor.name.strip_suffix("0.weight"));
    let is_norm = |list: &&str| {
        let word = list.strip_suffix('.').and_then(|list| list.rsplit('.').next());
        word.is_some_and(|word| NORM_WORDS.iter().any(|norm| word.to_lowercase().contains(norm)))
    };
    let lists: Vec<&str> = lists.filter(is_norm).collect();
    match *lists {
        [] => Ok(None),
        [list] => {
            for layer in 0..recurrent.layers {
                file.expect(&format!("{list}{layer}.weight"), &[recurrent.width()])?;
            }
            Ok(Some(list.to_owned()))
        }
        _ => refuse(format!(
            "each of {} can be the layer norms by its shape; expected one",
            listed(lists.iter().map(|list| format!("“{list}0.weight”")))
        )),
    }
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
