//! The characters that a network knows.

use rustc_hash::FxHashMap;

/// The most symbols a vocabulary holds. Beyond, the rarest become [`UNKNOWN`]: the output layer scores
/// every symbol at every step, so each costs time and memory.
const MAX_SYMBOLS: usize = 8192;

/// Stands for every character that is not in the vocabulary.
pub(super) const UNKNOWN: char = '\u{fffd}';

/// The characters that a network knows, numbered in the order of their code points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    symbols: Vec<char>,
    ids: FxHashMap<char, u16>,
}

impl Vocabulary {
    /// The characters of a training text. `UNKNOWN` is one of them if the text has more kinds than a
    /// vocabulary holds, or if `others` has characters that it has not.
    #[must_use]
    pub fn from_text(training: &str, others: &str) -> Self {
        let mut counts: FxHashMap<char, u64> = FxHashMap::default();
        for symbol in training.chars() {
            *counts.entry(symbol).or_default() += 1;
        }
        let mut symbols: Vec<char> = counts.keys().copied().collect();
        let is_cut = symbols.len() > MAX_SYMBOLS;
        if is_cut {
            symbols.sort_unstable_by_key(|symbol| (std::cmp::Reverse(counts[symbol]), *symbol));
            symbols.truncate(MAX_SYMBOLS - 1);
        }
        let needs_unknown = is_cut || others.chars().any(|symbol| !counts.contains_key(&symbol));
        if needs_unknown && !symbols.contains(&UNKNOWN) {
            symbols.push(UNKNOWN);
        }
        symbols.sort_unstable();
        Self::from_symbols(symbols)
    }

    /// A vocabulary with these symbols, numbered in this order.
    #[must_use]
    pub fn from_symbols(symbols: Vec<char>) -> Self {
        let ids = symbols.iter().enumerate().map(|(id, &symbol)| (symbol, id as u16)).collect();
        Self { symbols, ids }
    }

    /// V.
    #[must_use]
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Whether there is no symbol at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// The symbols in the order of their numbers.
    #[must_use]
    pub fn symbols(&self) -> &[char] {
        &self.symbols
    }

    /// The number of a character; that of `UNKNOWN` if it is not known, and `None` if there is none.
    #[must_use]
    pub fn id(&self, symbol: char) -> Option<u16> {
        self.ids.get(&symbol).or_else(|| self.ids.get(&UNKNOWN)).copied()
    }

    /// The number of a character, if it has one of its own.
    #[must_use]
    pub fn own_id(&self, symbol: char) -> Option<u16> {
        self.ids.get(&symbol).copied()
    }

    /// The number that stands for unknown characters, if there is one.
    #[must_use]
    pub fn unknown(&self) -> Option<u16> {
        self.ids.get(&UNKNOWN).copied()
    }

    /// The numbers of a text's characters. Characters without a number are left out.
    #[must_use]
    pub fn ids_from_text(&self, text: &str) -> Vec<u16> {
        text.chars().filter_map(|symbol| self.id(symbol)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_numbered_by_code_point() {
        let vocabulary = Vocabulary::from_text("banana", "ban");
        assert_eq!(vocabulary.symbols(), ['a', 'b', 'n']);
        assert_eq!(vocabulary.ids_from_text("nab"), [2, 0, 1]);
        assert_eq!(vocabulary.id('z'), None);
    }

    #[test]
    fn characters_seen_only_in_held_out_text_become_unknown() {
        let vocabulary = Vocabulary::from_text("banana", "band");
        assert_eq!(vocabulary.symbols(), ['a', 'b', 'n', UNKNOWN]);
        assert_eq!(vocabulary.ids_from_text("bandz"), [1, 0, 2, 3, 3]);
    }

    #[test]
    fn the_rarest_of_too_many_become_unknown() {
        let mut text: String =
            (0..MAX_SYMBOLS as u32 + 5).filter_map(|i| char::from_u32(0x4e00 + i)).collect();
        let rare = text.chars().next_back().unwrap();
        text.push_str(&text.chars().take(MAX_SYMBOLS - 1).collect::<String>());
        let vocabulary = Vocabulary::from_text(&text, "");
        assert_eq!(vocabulary.len(), MAX_SYMBOLS);
        assert_eq!(vocabulary.id(rare), vocabulary.unknown());
        assert_ne!(vocabulary.id('\u{4e00}'), vocabulary.unknown());
    }
}
