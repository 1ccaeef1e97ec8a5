//! The settings of the Anatomy lab: the sentence that it reads, and what counts as one of its tokens.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Characters of a sentence at most: as many as a person follows, and as fit into a link with all else.
pub const MAX_SENTENCE_CHARS: usize = 60;

/// Tokens that are read of a sentence at most: each is a column of numbers.
pub const MAX_TOKENS: usize = 24;

/// Numbers of an embedding in the Anatomy lab at most.
pub const MAX_ANATOMY_EMBEDDING: u32 = 4;

/// Units in the Anatomy lab at most.
pub const MAX_ANATOMY_UNITS: u32 = 6;

/// What a sentence is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// Every character is a token, spaces, too.
    #[default]
    Characters,
    /// What stands between spaces is a token.
    Words,
}

/// The sentence of the Anatomy lab. Other labs do not read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnatomySettings {
    /// The sentence.
    pub sentence: String,
    /// What it is cut into.
    pub tokens: TokenKind,
}

impl Default for AnatomySettings {
    fn default() -> Self {
        Self { sentence: "hello world".to_owned(), tokens: TokenKind::Characters }
    }
}

/// What is wrong with a sentence; it ends a phrase that begins with the setting's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentenceFault {
    /// There is none.
    Empty,
    /// It has so many characters.
    TooLong(usize),
    /// It has a character that cannot be seen.
    Invisible,
    /// It is one token, or the same one over and over.
    OneToken(TokenKind),
}

impl fmt::Display for SentenceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "is empty; type a few words, such as hello world"),
            Self::TooLong(found) => {
                write!(f, "must have at most {MAX_SENTENCE_CHARS} characters, found {found}; shorten it")
            }
            Self::Invisible => write!(f, "has a character that cannot be seen; type it anew"),
            Self::OneToken(TokenKind::Characters) => {
                write!(f, "needs two different characters: one to read, and one to predict")
            }
            Self::OneToken(TokenKind::Words) => write!(
                f,
                "needs two different words: one to read, and one to predict; add a word, or choose characters"
            ),
        }
    }
}

impl TokenKind {
    /// The tokens of a sentence, as far as they are read.
    pub fn cut(self, sentence: &str) -> Vec<String> {
        let all: Vec<String> = match self {
            Self::Characters => sentence.chars().map(String::from).collect(),
            Self::Words => sentence.split_whitespace().map(str::to_owned).collect(),
        };
        all.into_iter().take(MAX_TOKENS).collect()
    }

    /// Tokens of a sentence, those that are not read included.
    #[must_use]
    pub fn count(self, sentence: &str) -> usize {
        match self {
            Self::Characters => sentence.chars().count(),
            Self::Words => sentence.split_whitespace().count(),
        }
    }

    /// Checks a sentence that is cut in this way.
    ///
    /// # Errors
    /// If it cannot be learnt, or is too long to be followed.
    pub fn check(self, sentence: &str) -> Result<(), SentenceFault> {
        let count = sentence.chars().count();
        if sentence.trim().is_empty() {
            return Err(SentenceFault::Empty);
        }
        if count > MAX_SENTENCE_CHARS {
            return Err(SentenceFault::TooLong(count));
        }
        if sentence.chars().any(is_invisible) {
            return Err(SentenceFault::Invisible);
        }
        let tokens = self.cut(sentence);
        let first = tokens.first();
        let has_two = tokens.iter().any(|token| Some(token) != first);
        if has_two { Ok(()) } else { Err(SentenceFault::OneToken(self)) }
    }
}

/// What has no picture of its own, or turns the text around it.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_cut_into_characters_or_words() {
        assert_eq!(TokenKind::Characters.cut("a bé"), ["a", " ", "b", "é"]);
        assert_eq!(TokenKind::Words.cut("the  cat, the dog"), ["the", "cat,", "the", "dog"]);
        let long = "abc ".repeat(15);
        assert_eq!((TokenKind::Characters.cut(&long).len(), TokenKind::Characters.count(&long)), (24, 60));
    }

    #[test]
    fn what_cannot_be_learnt_is_named() {
        use TokenKind::{Characters, Words};
        assert_eq!(Characters.check("hello world"), Ok(()));
        assert_eq!(Characters.check("鯨🐋"), Ok(()));
        assert_eq!(Characters.check("  "), Err(SentenceFault::Empty));
        assert_eq!(Characters.check(&"ab".repeat(31)), Err(SentenceFault::TooLong(62)));
        assert_eq!(Characters.check("a\tb"), Err(SentenceFault::Invisible));
        assert_eq!(Characters.check("a\u{202e}b"), Err(SentenceFault::Invisible));
        assert_eq!(Characters.check("aaa"), Err(SentenceFault::OneToken(Characters)));
        assert_eq!(Words.check("hello"), Err(SentenceFault::OneToken(Words)));
        assert_eq!(Words.check("ha ha ha"), Err(SentenceFault::OneToken(Words)));
        assert_eq!(Words.check("hello world"), Ok(()));
        // Different tokens that are not read do not count.
        assert!(Characters.check(&format!("{}b", "a".repeat(24))).is_err());
    }
}
