//! How recurrent layers walk through time: a dispatch a step, or one for all steps.

use rnn_compute::backend::WalkSize;

/// Hidden units up to which a walk is one dispatch. A workgroup then reads the whole weight at every step, at the
/// speed of one compute unit; a dispatch a step spreads it over all of them, but costs what a dispatch costs. Where
/// the one outweighs the other was estimated without a GPU at hand (a weight of 256 KiB, some 4,000 cycles); it is
/// to be measured.
const LARGEST_AT_ONCE: usize = 128;
/// Hidden units up to which the state of some rows fits in the workgroup memory that every device has.
const LARGEST_THAT_FITS: usize = 256;

/// Which kernels walk through time. Sequences of different lengths are walked step by step in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Walks {
    /// Whatever is quicker for the size.
    #[default]
    Quickest,
    /// A dispatch a step.
    StepByStep,
    /// One dispatch for all steps, wherever the state fits.
    AtOnce,
}

impl Walks {
    /// Whether a walk of this size is one dispatch.
    pub(crate) fn is_at_once(self, size: WalkSize) -> bool {
        let largest = match self {
            Self::Quickest => LARGEST_AT_ONCE,
            Self::StepByStep => 0,
            Self::AtOnce => LARGEST_THAT_FITS,
        };
        size.steps > 1 && !size.is_packed && size.hidden <= largest
    }
}
