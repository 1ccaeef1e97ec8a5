//! What a [`Snapshot`](crate::Snapshot) says of the unrolled network beside its units: which rows there are,
//! what flows along its links, and what was predicted at each step.

use serde::{Deserialize, Serialize};

/// One row of the unrolled network: a recurrent layer, walked one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Row {
    /// The layer, from 0 next to the input.
    pub layer: usize,
    /// Whether it walks from the last step to the first.
    pub is_backward: bool,
}

/// What the network predicted at a step of the first sequence, beside what was true.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Prediction {
    /// The time step, from 0.
    pub step: u32,
    /// The most probable symbol.
    pub symbol: String,
    /// Its probability.
    pub probability: f32,
    /// The true symbol. With teacher forcing it is what the next step reads.
    pub target: String,
    /// The probability of the true symbol.
    pub target_probability: f32,
}

/// Numbers of the first sequence that say how much flows along the links: Euclidean norms over a layer's
/// units. R counts the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// ‖x_t‖ of what the first layer reads, `[T]`.
    Input,
    /// ‖h_t‖, `[R, T]`.
    Hidden,
    /// ‖c_t‖, `[R, T]`, LSTM only.
    Cell,
    /// ‖∂L/∂h_t‖, `[R, T]`.
    HiddenGradient,
    /// ‖∂L/∂c_t‖, `[R, T]`, LSTM only.
    CellGradient,
    /// ‖h‖ that the walk began with, `[R]`.
    CarriedHidden,
    /// ‖c‖ that the walk began with, `[R]`, LSTM only.
    CarriedCell,
}

impl Flow {
    /// How many numbers it is, of so many rows and steps.
    #[must_use]
    pub fn count(self, rows: usize, steps: usize) -> usize {
        match self {
            Self::Input => steps,
            Self::Hidden | Self::Cell | Self::HiddenGradient | Self::CellGradient => rows * steps,
            Self::CarriedHidden | Self::CarriedCell => rows,
        }
    }
}
