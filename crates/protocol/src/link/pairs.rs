//! A fragment taken apart: pairs of key and value, each key once.

use super::MAX_LINK_BYTES;
use super::fault::{Faults, LinkFault, quoted};
use super::percent;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The values of a link, decoded, by their keys.
pub(super) type Pairs = BTreeMap<String, String>;

/// The pairs. What is no pair is a fault.
pub(super) fn pairs_of(fragment: &str, faults: &mut Faults) -> Pairs {
    let mut pairs = Pairs::new();
    for part in within_bounds(fragment, faults).split('&').filter(|part| !part.is_empty()) {
        // A link that went through HTML may have come back with `&amp;`.
        let part = part.strip_prefix("amp;").unwrap_or(part);
        let Some((key, value)) = part.split_once('=') else {
            faults.push(LinkFault::NotAPair { found: quoted(part) });
            continue;
        };
        let (Some(key), Some(value)) = (percent::decode(key), percent::decode(value)) else {
            faults.push(LinkFault::Escape { found: quoted(part) });
            continue;
        };
        match pairs.entry(key) {
            Entry::Occupied(first) => faults.push(LinkFault::Repeated { key: quoted(first.key()) }),
            Entry::Vacant(place) => {
                place.insert(value);
            }
        }
    }
    pairs
}

/// At most [`MAX_LINK_BYTES`], without the part that is cut through.
fn within_bounds<'a>(fragment: &'a str, faults: &mut Faults) -> &'a str {
    if fragment.len() <= MAX_LINK_BYTES {
        return fragment;
    }
    faults.push(LinkFault::TooLong { found: fragment.len() });
    let start = &fragment.as_bytes()[..MAX_LINK_BYTES];
    // `&` is a character of its own, so that the cut lies between characters.
    let end = start.iter().rposition(|byte| *byte == b'&').unwrap_or(0);
    &fragment[..end]
}
