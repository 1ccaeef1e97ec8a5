//! The seam between the mathematics and the machine.
//!
//! A backend is a few dozen kernels over an opaque buffer. Ops say what is computed and in which
//! order; a backend says how. [`Reference`] is scalar, generic over `f32` and `f64`, and defines
//! truth; [`Cpu`] is what runs: `f32` with 128-bit vectors. One suite tests them against each other.
//!
//! Kernels take their operands as a buffer and a start, and their extent from a dimension struct.
//! Where a kernel adds to its target instead of overwriting it, its name or its doc says so.

mod algebra;
mod attention;
mod cells;
mod choices;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod convolution;
mod cpu;
mod ctc;
mod elementwise;
mod factors;
mod host;
mod image_pooling;
mod ledger;
mod losses;
mod memory;
mod normalisation;
mod projections;
mod recurrence;
mod reference;
mod rows;
mod softmax;
mod symbols;
mod time_pooling;
mod transfer;
mod updates;
mod walk;
mod windows;

pub use algebra::{Algebra, Gemm, Layout, Write};
pub use attention::{Attention, SourceDims};
pub use cells::{CellSize, Cells, GruGradient, GruTrace, LstmGradient, LstmTrace, Nonlinearity};
pub use choices::Choices;
pub use convolution::{Convolution, ConvolutionLines};
pub use cpu::Cpu;
pub use ctc::{Ctc, CtcDims, CtcTrace};
pub use elementwise::{Activation, Elementwise};
pub use factors::{DropoutMask, Factors};
pub use host::HostWalk;
pub use image_pooling::{ImagePoolDims, ImagePooling};
pub use ledger::Ledgers;
pub use losses::{ElementwiseLoss, LossRows, Losses};
pub use memory::{At, Memory};
pub use normalisation::{AffineAxis, Moments, NormDims, Normalisation};
pub use projections::{Bias, Projections};
pub use recurrence::{
    BiasRows, ElmanSteps, ElmanStepsBack, EntryGradient, ExitGradient, GruSteps, GruStepsBack, LstmSteps,
    LstmStepsBack, PastGates, Recurrence, RecurrentWeight,
};
pub use reference::Reference;
pub use rows::{ColumnBlock, Rows};
pub use softmax::{Softmax, SoftmaxKind};
pub use symbols::{CrossEntropyRows, Symbols};
pub use time_pooling::{TimePoolDims, TimePoolingKernels};
pub use transfer::{DeviceError, Transfers};
pub use updates::{AdamStep, RmsPropStep, SgdStep, Update, Updates};
pub use walk::{StateKind, StepRows, Steps, WalkOrder, WalkSize};
pub use windows::Windows;

/// The kernels that models, optimisers and probes are made of.
///
/// Reductions run in a fixed order, so that the same calls give the same bits. A start or an extent
/// outside a buffer is a bug of the caller and panics.
pub trait Backend:
    Memory
    + Algebra
    + Projections
    + Symbols
    + Recurrence
    + Choices
    + Updates
    + Elementwise
    + Factors
    + Normalisation
    + Rows
    + Softmax
    + TimePoolingKernels
    + Ledgers
    + Transfers
    + Losses
    + Ctc
    + Attention
    + Convolution
    + ImagePooling
    + Clone
    + 'static
{
}

impl<T> Backend for T where
    T: Memory
        + Algebra
        + Projections
        + Symbols
        + Recurrence
        + Choices
        + Updates
        + Elementwise
        + Factors
        + Normalisation
        + Rows
        + Softmax
        + TimePoolingKernels
        + Ledgers
        + Transfers
        + Losses
        + Ctc
        + Attention
        + Convolution
        + ImagePooling
        + Clone
        + 'static
{
}
