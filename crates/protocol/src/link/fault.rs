//! What could not be read of a link, in sentences.

use super::{LINK_VERSION, MAX_LINK_BYTES};
use crate::settings::SettingError;
use thiserror::Error;

/// Faults that are told of one link; of more there is only the number.
const MAX_FAULTS: usize = 8;
/// Characters that are quoted of what was found.
const MAX_QUOTED_CHARS: usize = 60;

/// A part of a link that could not be read and therefore keeps its default.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LinkFault {
    /// The link is longer than any that is written.
    #[error("The link has {found} bytes; only its first {MAX_LINK_BYTES} are read.")]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// A part has no `=`.
    #[error("“{found}” is no pair of a key and a value, such as cell=gru.")]
    NotAPair {
        /// The part.
        found: String,
    },
    /// A `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    #[error("“{found}” has a % that does not stand for a character; % itself is written %25.")]
    Escape {
        /// The part.
        found: String,
    },
    /// A key stands there again.
    #[error("“{key}” stands in the link more than once; the first is taken.")]
    Repeated {
        /// The key.
        key: String,
    },
    /// The format's version is not known yet.
    #[error(
        "The link is of version {found}, written by a later release; this page reads version {LINK_VERSION} and \
         takes from it what it understands."
    )]
    LaterVersion {
        /// The version.
        found: u32,
    },
    /// No setting and no word of the view has this name.
    #[error("“{key}” is nothing that a link can say here.")]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// The value is none of the setting's.
    #[error("“{key}” keeps its default: {error}.")]
    Setting {
        /// The setting's key.
        key: &'static str,
        /// What was expected and found.
        error: SettingError,
    },
    /// The value is none that this key takes.
    #[error("“{key}” keeps its default: it must be {expected}, found “{found}”.")]
    Value {
        /// The key.
        key: &'static str,
        /// What it takes.
        expected: String,
        /// What was found.
        found: String,
    },
    /// There are more faults than are told.
    #[error("{count} more parts of the link could not be read.")]
    More {
        /// How many.
        count: usize,
    },
}

impl LinkFault {
    /// `key` takes `expected`, not `found`.
    #[must_use]
    pub fn value(key: &'static str, expected: impl Into<String>, found: &str) -> Self {
        Self::Value { key, expected: expected.into(), found: quoted(found) }
    }
}

/// Faults as they are found: the first few, and the number of the others.
#[derive(Default)]
pub(super) struct Faults {
    list: Vec<LinkFault>,
    more: usize,
}

impl Faults {
    pub(super) fn push(&mut self, fault: LinkFault) {
        if self.list.len() < MAX_FAULTS {
            self.list.push(fault);
        } else {
            self.more += 1;
        }
    }

    pub(super) fn into_list(mut self) -> Vec<LinkFault> {
        if self.more > 0 {
            self.list.push(LinkFault::More { count: self.more });
        }
        self.list
    }
}

/// As it can stand in a sentence: what is long is cut, and what would be invisible or turn the sentence
/// round is written as its escape. Anything that a link may say passes unchanged.
pub(super) fn quoted(found: &str) -> String {
    let mut quoted = String::new();
    for (index, character) in found.chars().enumerate() {
        if index == MAX_QUOTED_CHARS {
            quoted.push('…');
            break;
        }
        let turns_text =
            matches!(character, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns_text {
            quoted.extend(character.escape_default());
        } else {
            quoted.push(character);
        }
    }
    quoted
}
