//! Keeping a run: as a file from which it goes on to the bit, and as checkpoints along its way.
//!
//! A [`SavedRun`] is everything that the coming steps depend on, with what has been reported so far. Its file is
//! safetensors: the weights under PyTorch's names, so that PyTorch opens it; everything else under `run/` and in
//! the metadata. The data is not in it: the file says by a [`DataMark`] which it needs.
//!
//! [`Checkpoints`] are the same without the last good weights and without a file, in memory and bounded.

mod checkpoints;
mod data_mark;
mod error;
mod saved_file;
mod saved_run;
mod weights;

pub(crate) use checkpoints::Checkpoints;
pub use data_mark::DataMark;
pub use error::KeepingError;
pub(crate) use saved_file::{SavedFile, SavedRuns};
pub(crate) use saved_run::SavedRun;
pub(crate) use weights::adopt_weights;
