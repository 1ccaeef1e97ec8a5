//! A text, split and numbered.

use super::baselines::Baselines;
use super::decode::text_from_bytes;
use super::vocabulary::Vocabulary;
use crate::{DataMark, LabError};
use std::cell::RefCell;

/// Largest file that is read.
pub const MAX_BYTES: usize = 64 << 20;

/// Fewest characters that can be trained on.
pub(super) const MIN_CHARS: usize = 32;

/// One character of this many is held out.
const HELD_OUT_SHARE: usize = 20;

/// Fewest characters held out.
const MIN_HELD_OUT: usize = 8;

/// Most characters held out: enough for a steady figure, and read in about a second.
const MAX_HELD_OUT: usize = 100_000;

/// A text, split into a training part and a held-out end, as numbers of its vocabulary.
#[derive(Debug)]
pub struct TextData {
    vocabulary: Vocabulary,
    training: Vec<u16>,
    validation: Vec<u16>,
    mark: DataMark,
    /// Measured once for all runs on this text.
    pub(super) baselines: RefCell<Baselines>,
}

impl TextData {
    /// Reads a UTF-8 text. The last 5% (at least 8 characters, at most 100,000) are held out; the
    /// vocabulary is that of the rest.
    ///
    /// # Errors
    /// If it is no text, or too short, too long or too uniform to learn from.
    pub fn read(bytes: Vec<u8>) -> Result<Self, LabError> {
        let mark = DataMark::new(&bytes);
        let text = text_from_bytes(bytes)?;
        let chars = text.chars().count();
        let held_out = (chars / HELD_OUT_SHARE).clamp(MIN_HELD_OUT, MAX_HELD_OUT);
        let cut = text.char_indices().nth(chars - held_out).map_or(text.len(), |(offset, _)| offset);
        let (training, validation) = text.split_at(cut);
        let vocabulary = Vocabulary::from_text(training, validation);
        if vocabulary.len() < 2 {
            return Err(LabError::OneSymbol);
        }
        Ok(Self {
            training: vocabulary.ids_from_text(training),
            validation: vocabulary.ids_from_text(validation),
            baselines: RefCell::new(Baselines::new(vocabulary.len())),
            vocabulary,
            mark,
        })
    }

    /// Of the bytes that it was read from.
    #[must_use]
    pub fn mark(&self) -> DataMark {
        self.mark
    }

    /// The characters it is made of.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The part that is trained on.
    #[must_use]
    pub fn training(&self) -> &[u16] {
        &self.training
    }

    /// A text that is read as this one, with unknown characters as they are shown.
    #[must_use]
    pub fn to_text(&self) -> String {
        let symbols = self.vocabulary.symbols();
        let ids = self.training.iter().chain(&self.validation);
        ids.map(|&id| symbols[usize::from(id)]).collect()
    }

    /// The end that is held out.
    #[must_use]
    pub fn validation(&self) -> &[u16] {
        &self.validation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_twentieth_is_held_out_within_bounds() {
        let text = "abcdefghij".repeat(100);
        let data = TextData::read(text.into_bytes()).unwrap();
        assert_eq!((data.training().len(), data.validation().len()), (950, 50));
        assert_eq!(data.vocabulary().len(), 10);
        assert_eq!(data.validation()[0], 0);
        for (repeats, held_out) in [(5, 8), (300_000, 100_000)] {
            let data = TextData::read("abcdefghij".repeat(repeats).into_bytes()).unwrap();
            assert_eq!(data.validation().len(), held_out);
        }
    }

    #[test]
    fn it_is_read_again_as_it_was() {
        let rare: String = (0..9000).filter_map(|at| char::from_u32(0x4e00 + at)).collect();
        let ascii = "the whale\r\nthe sea, \u{fffd}\n".repeat(9);
        for text in [ascii.clone(), format!("{ascii}{}", "unknown: éß"), rare.repeat(2)] {
            let data = TextData::read(text.into_bytes()).unwrap();
            let again = TextData::read(data.to_text().into_bytes()).unwrap();
            assert_eq!(again.vocabulary(), data.vocabulary());
            assert_eq!((again.training(), again.validation()), (data.training(), data.validation()));
        }
    }

    #[test]
    fn one_repeated_character_is_refused() {
        assert_eq!(TextData::read(vec![b'a'; 500]).unwrap_err(), LabError::OneSymbol);
    }
}
