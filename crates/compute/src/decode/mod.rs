//! From a model's scores to symbols: drawing them, writing on, searching for the likeliest, reading off
//! labels, and choosing what a model in training reads.

mod beam;
mod ctc;
mod sample;
mod teacher_forcing;
mod write;

pub use beam::{BeamRun, BeamSearch, Hypothesis, StepModel};
pub use ctc::{CtcBeamConfig, Labelling, ctc_beam_search, ctc_best_path};
pub use sample::{Sampling, greedy, sample};
pub use teacher_forcing::TeacherForcing;
pub use write::Writing;
