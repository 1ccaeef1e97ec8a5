//! A sentence as indices of its vocabulary.

use rnn_protocol::AnatomySettings;

/// A sentence, cut and numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    /// The vocabulary, in the order in which the sentence brings its tokens.
    pub(super) symbols: Vec<String>,
    /// Every token that is read or predicted; two at least.
    pub(super) ids: Vec<u32>,
    /// Tokens of the sentence, those that are not read included.
    pub(super) token_count: usize,
}

impl Sentence {
    /// Cuts and numbers a sentence.
    pub(super) fn new(settings: &AnatomySettings) -> Self {
        let AnatomySettings { sentence, tokens } = settings;
        let mut symbols: Vec<String> = Vec::new();
        let mut number = |token: String| match symbols.iter().position(|known| *known == token) {
            Some(id) => id as u32,
            None => {
                symbols.push(token);
                symbols.len() as u32 - 1
            }
        };
        let ids = tokens.cut(sentence).into_iter().map(&mut number).collect();
        Self { ids, symbols, token_count: tokens.count(sentence) }
    }

    /// T: the last token is not read.
    pub(super) fn steps(&self) -> usize {
        self.ids.len().saturating_sub(1)
    }

    /// What is read.
    pub(super) fn read(&self) -> &[u32] {
        &self.ids[..self.steps()]
    }

    /// What follows each of them.
    pub(super) fn followed(&self) -> &[u32] {
        self.ids.get(1..).unwrap_or_default()
    }

    /// The share of what follows that is right if always the same token is guessed, the most frequent one.
    pub(super) fn most_frequent_share(&self) -> f32 {
        let count = |id: u32| self.followed().iter().filter(|&&next| next == id).count();
        let most = (0..self.symbols.len() as u32).map(count).max().unwrap_or(0);
        most as f32 / self.steps().max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::TokenKind;

    #[test]
    fn indices_are_given_as_the_sentence_brings_its_tokens() {
        let sentence = Sentence::new(&AnatomySettings::default());
        assert_eq!(sentence.symbols, ["h", "e", "l", "o", " ", "w", "r", "d"]);
        assert_eq!(sentence.read(), [0, 1, 2, 2, 3, 4, 5, 3, 6, 2]);
        assert_eq!(sentence.followed(), [1, 2, 2, 3, 4, 5, 3, 6, 2, 7]);
        assert_eq!(sentence.most_frequent_share(), 0.3, "l follows thrice in ten");
        let settings = AnatomySettings { sentence: "ab ".repeat(20), tokens: TokenKind::Words };
        let sentence = Sentence::new(&settings);
        assert_eq!((sentence.ids.len(), sentence.token_count), (20, 20));
    }
}
