//! How the walk goes: by what, and how fast.

use std::time::Duration;

/// What a step goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grain {
    /// A whole line.
    #[default]
    Line,
    /// One multiplication, addition or function.
    Operation,
}

/// Steps a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// Slow enough to reckon along.
    #[default]
    Slow,
    /// To see which numbers follow from which.
    Even,
    /// To see the whole pass.
    Fast,
}

impl Pace {
    /// All of them, the slowest first.
    pub const ALL: [Self; 3] = [Self::Slow, Self::Even, Self::Fast];

    /// As it is written on screen.
    #[must_use]
    pub fn label(self, grain: Grain) -> &'static str {
        match (self, grain) {
            (Self::Slow, Grain::Line) => "1 line a second",
            (Self::Even, Grain::Line) => "5 lines a second",
            (Self::Fast, Grain::Line) => "25 lines a second",
            (Self::Slow, Grain::Operation) => "1 operation a second",
            (Self::Even, Grain::Operation) => "5 operations a second",
            (Self::Fast, Grain::Operation) => "25 operations a second",
        }
    }

    /// The time between two steps.
    #[must_use]
    pub fn wait(self) -> Duration {
        Duration::from_millis(match self {
            Self::Slow => 1000,
            Self::Even => 200,
            Self::Fast => 40,
        })
    }
}
