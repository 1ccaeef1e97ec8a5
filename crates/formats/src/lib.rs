//! Files in and out. This crate turns bytes into values and back; reading and writing the files
//! themselves is its callers' business.

mod weights;

pub use weights::{FormatError, Tensor, WeightFile};
