//! What a walk is through: cell, sizes, vocabulary and sentence.

use rnn_protocol::{CellForm, WalkLook};

/// What the tables are made for: they are made anew when it is another.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// The cell.
    pub form: CellForm,
    /// E.
    pub inputs: usize,
    /// H.
    pub units: usize,
    /// The vocabulary.
    pub symbols: Vec<String>,
    /// The sentence as indices.
    pub tokens: Vec<u32>,
}

impl Outline {
    /// Of a walk.
    #[must_use]
    pub fn of(look: &WalkLook) -> Self {
        Self {
            form: look.form,
            inputs: look.inputs as usize,
            units: look.units as usize,
            symbols: look.symbols.clone(),
            tokens: look.tokens.clone(),
        }
    }

    /// T.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }

    /// The token at a place of the sentence.
    #[must_use]
    pub fn token(&self, at: usize) -> &str {
        let id = self.tokens.get(at).map(|&id| id as usize);
        id.and_then(|id| self.symbols.get(id)).map_or("", String::as_str)
    }
}
