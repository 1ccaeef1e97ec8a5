//! Where the gradient of one sequence comes from and what its way makes of it: more than a look inside tells, worked
//! out beside the training when it is asked for.

use serde::{Deserialize, Serialize};

/// Time steps of the longest sequence whose losses are told apart: as many walks back are needed.
pub const MAX_ITEMISED_STEPS: usize = 64;
/// Units of the widest layer whose Jacobians are multiplied out in any case, at about 20 H³ operations a time step; the
/// norms of wider ones are estimated where that is quicker.
pub const MAX_EXACT_JACOBIAN_UNITS: usize = 256;

/// What is to be worked out of the last look's sequence, and of each later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceRequest {
    /// ‖∂h_T/∂h_t‖ of every layer.
    pub has_jacobians: bool,
    /// Which loss moved which state of this layer.
    pub itemised_layer: Option<u32>,
}

/// What was worked out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GradientTrace {
    /// The training step whose look the sequence is of.
    pub step: u32,
    /// Steps that had been taken when the weights were as they are here: one less than `step` where they are those
    /// that read the sequence.
    pub weights_step: u32,
    /// Symbols of the sequence, T.
    pub symbols: Vec<String>,
    /// ‖∂h_T/∂h_t‖₂, t = 0 … T−1, of each layer; none where that was not asked for.
    pub jacobians: Vec<Vec<f32>>,
    /// Whether some of these are estimates, which are never above the norm: those of wide layers.
    pub are_estimates: bool,
    /// Which loss moved which state, where that was asked for and the sequence is short and has a loss at each step.
    pub itemised: Option<Itemised>,
}

/// ‖∂L_j/∂h_t‖ of one layer and one sequence: what the loss at step j wants of the state after step t.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Itemised {
    /// The layer, from 0 at the bottom.
    pub layer: u32,
    /// For j = 0 … T−1, the norms for t = 0 … j, one after the other. A later state moves no earlier loss.
    pub norms: Vec<f32>,
}

impl Itemised {
    /// Numbers of a sequence of `steps` time steps.
    #[must_use]
    pub fn count(steps: usize) -> usize {
        steps * (steps + 1) / 2
    }

    /// Where ‖∂L_j/∂h_t‖ stands; `None` above the diagonal.
    #[must_use]
    pub fn index(loss_step: usize, step: usize) -> Option<usize> {
        (step <= loss_step).then(|| Self::count(loss_step) + step)
    }

    /// j and t of a place.
    #[must_use]
    pub fn place(index: usize) -> (usize, usize) {
        let mut loss_step = 0;
        while Self::count(loss_step + 1) <= index {
            loss_step += 1;
        }
        (loss_step, index - Self::count(loss_step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_triangle_is_found_again() {
        let mut index = 0;
        for loss_step in 0..MAX_ITEMISED_STEPS {
            for step in 0..=loss_step {
                assert_eq!(Itemised::index(loss_step, step), Some(index));
                assert_eq!(Itemised::place(index), (loss_step, step));
                index += 1;
            }
            assert_eq!(Itemised::index(loss_step, loss_step + 1), None);
        }
        assert_eq!(index, Itemised::count(MAX_ITEMISED_STEPS));
    }
}
