//! What the page shows of an experiment, and the words of a link for it.

use super::word::LinkWord;
use crate::snapshot::Quantity;
use std::collections::BTreeSet;

/// Names that a list may have, and bytes of a name: more than there are panels and settings.
const MAX_NAMES: usize = 48;
const MAX_NAME_BYTES: usize = 32;

/// What the page shows, beside the experiment. It decides nothing about a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewState {
    /// What the map inside the network draws.
    pub quantity: Quantity,
    /// The panels that are open; `None` leaves it to the width of the window.
    pub open: Option<BTreeSet<String>>,
    /// Settings and panels that are not offered, by their keys.
    pub hidden: BTreeSet<String>,
    /// Whether the page stands in a frame of another page: without its head and margins.
    pub is_embedded: bool,
}

/// Every word about the view, in the order in which they are written and read.
pub const VIEW_WORDS: &[LinkWord<ViewState>] = &[
    LinkWord {
        key: "view",
        get: |view| (view.quantity != Quantity::default()).then(|| view.quantity.key().to_owned()),
        set: |view, value| {
            let expected = || format!("one of {}", Quantity::ALL.map(Quantity::key).join(", "));
            view.quantity = Quantity::from_key(value).ok_or_else(expected)?;
            Ok(())
        },
    },
    LinkWord {
        key: "open",
        get: |view| view.open.as_ref().map(joined),
        set: |view, value| {
            view.open = Some(names(value).ok_or("names of panels, joined by commas")?);
            Ok(())
        },
    },
    LinkWord {
        key: "hide",
        get: |view| (!view.hidden.is_empty()).then(|| joined(&view.hidden)),
        set: |view, value| {
            view.hidden = names(value).ok_or("keys of settings and names of panels, joined by commas")?;
            Ok(())
        },
    },
    LinkWord {
        key: "embed",
        get: |view| view.is_embedded.then(|| "1".to_owned()),
        set: |view, value| {
            view.is_embedded = match value {
                "1" => true,
                "0" => false,
                _ => return Err("1 or 0".to_owned()),
            };
            Ok(())
        },
    },
];

impl ViewState {
    /// Whether the setting or panel of this key is offered.
    #[must_use]
    pub fn offers(&self, key: &str) -> bool {
        !self.hidden.contains(key)
    }
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// A list of names; the empty text is the empty list.
fn names(value: &str) -> Option<BTreeSet<String>> {
    let names: BTreeSet<String> =
        value.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let is_name = |name: &String| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        name.len() <= MAX_NAME_BYTES && name.bytes().all(is_letter)
    };
    (names.len() <= MAX_NAMES && names.iter().all(is_name)).then_some(names)
}
