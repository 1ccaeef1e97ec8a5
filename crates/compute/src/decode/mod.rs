//! From the numbers of a trained network to sequences of symbols.

mod ctc;

pub use ctc::{CtcBeamConfig, Labelling, ctc_beam_search, ctc_best_path};
