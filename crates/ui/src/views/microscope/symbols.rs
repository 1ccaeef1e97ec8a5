//! Symbols of equations on screen.

use leptos::prelude::*;

/// One piece of a formula: plain, or a subscript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The letters.
    pub letters: String,
    /// Whether they stand below the line.
    pub is_subscript: bool,
}

/// Takes a formula apart: `_x` and `_{xy}` are subscripts.
#[must_use]
pub fn pieces(formula: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut letters = formula.chars().peekable();
    let mut plain = String::new();
    while let Some(letter) = letters.next() {
        if letter != '_' {
            plain.push(letter);
            continue;
        }
        let below: String = if letters.next_if_eq(&'{').is_some() {
            letters.by_ref().take_while(|&letter| letter != '}').collect()
        } else {
            letters.next().into_iter().collect()
        };
        if !plain.is_empty() {
            pieces.push(Piece { letters: std::mem::take(&mut plain), is_subscript: false });
        }
        pieces.push(Piece { letters: below, is_subscript: true });
    }
    if !plain.is_empty() {
        pieces.push(Piece { letters: plain, is_subscript: false });
    }
    pieces
}

/// A formula with its subscripts in place.
pub fn formula(text: &str) -> impl IntoView + use<> {
    pieces(text)
        .into_iter()
        .map(|Piece { letters, is_subscript }| match is_subscript {
            true => view! { <sub>{letters}</sub> }.into_any(),
            false => view! { <span>{letters}</span> }.into_any(),
        })
        .collect_view()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscripts_are_told_from_the_rest() {
        let piece = |letters: &str, is_subscript| Piece { letters: letters.to_owned(), is_subscript };
        let expected = [piece("W", false), piece("ii", true), piece(" x", false), piece("t", true)];
        assert_eq!(pieces("W_{ii} x_t"), expected);
        assert_eq!(pieces("c_"), [piece("c", false), piece("", true)]);
    }
}
