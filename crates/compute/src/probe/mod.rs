//! Probes: what a recurrent layer did at every step, and what becomes of the gradient on its way.
//!
//! A probe that is off costs nothing. One that is on reads what the tape holds after a pass, for any
//! layer and direction, packed or not; it writes nothing that training reads, so that training goes on
//! with the same bits. What a layer computes in place and the tape therefore lacks, the pre-activations,
//! is computed again on request, in `f64`.
//!
//! - [`LayerActivations`], [`LayerGradients`]: h, c and gates of every step, and their gradients.
//! - [`PreActivations`]: what the gates' nonlinearities received.
//! - [`JacobianProbe`]: ‖∂h_T/∂h_t‖, the factor by which the recurrence alone stretches or shrinks a
//!   gradient; [`JacobianEstimate`] for wide layers.
//! - [`GradientProbe`]: ‖∂L/∂h_t‖ and ‖∂L_T/∂h_t‖, what really arrived.
//! - [`ItemisedProbe`]: ∂L_j/∂h_t, which loss moved which state.
//! - [`Saturation`]: gates at their limits, units that are dead.
//! - [`SpectralRadius`]: of the recurrent weights.
//!
//! Tensors are `[T, B, ·]` in the caller's order of sequences, with 0 behind a sequence's end;
//! [`crate::tape::batch_first`] turns them around. Gates lie in PyTorch's order, see [`gate_names`].

mod eigenvalues;
mod gates;
mod gradient_look;
mod itemised;
mod jacobian;
mod jacobian_estimate;
mod pre_activations;
mod products;
mod saturation;
mod spectral_norm;
mod spectrum;
mod step_factors;

pub use gates::{LayerActivations, LayerGradients, StatesBefore};
pub use gradient_look::{GradientLook, GradientProbe, ProbePoints};
pub use itemised::ItemisedProbe;
pub use jacobian::{JacobianNorms, JacobianProbe};
pub use jacobian_estimate::JacobianEstimate;
pub use pre_activations::PreActivations;
pub use saturation::{GateSaturation, Saturation, SaturationBounds};
pub use spectral_norm::spectral_norm;
pub use spectrum::{SpectralRadius, spectral_radius};

use crate::ops::{CellKind, Direction, LayerInput, LayerWeights, RecurrentOutput};

/// One direction of a recurrent layer as the probes see it: what [`crate::ops::recurrent()`] was given, and
/// what it recorded.
#[derive(Debug, Clone, Copy)]
pub struct ProbedLayer {
    /// Its cell.
    pub cell: CellKind,
    /// Which way it walks.
    pub direction: Direction,
    /// What it reads.
    pub input: LayerInput,
    /// Its parameters.
    pub weights: LayerWeights,
    /// Its tensors.
    pub output: RecurrentOutput,
}

impl ProbedLayer {
    /// T and B.
    fn sequences(&self) -> [usize; 2] {
        match *self.output.hidden.shape().dims() {
            [steps, batch, _] => [steps, batch],
            _ => [0, 0],
        }
    }
}

/// What the blocks of H rows in a cell's weights and gates are called, in PyTorch's order.
#[must_use]
pub fn gate_names(cell: CellKind) -> &'static [&'static str] {
    match cell {
        CellKind::Elman(_) => &["h"],
        CellKind::Gru => &["r", "z", "n"],
        CellKind::Lstm => &["i", "f", "g", "o"],
    }
}
