//! What each workload does: one function a workload, which builds its model with its trainer.

mod generation;
mod language;
mod one_hot;
mod training;

pub use generation::generation;
pub use language::{characters, music, small_characters};
pub use one_hot::one_hot;

use crate::BenchError;

/// A network that can be stepped.
pub trait Work {
    /// Writes the next inputs and takes one step.
    ///
    /// # Errors
    /// If the loss is not finite.
    fn step(&mut self) -> Result<(), BenchError>;

    /// The loss of the last step, if there is one: to see that the network learns.
    fn loss(&self) -> Option<f64> {
        None
    }
}

/// W4.
///
/// # Errors
/// Always: the engine lacks what it is made of.
pub fn sentiment() -> Result<Box<dyn Work>, BenchError> {
    let missing = "the bidirectional classifier, dropout and binary cross-entropy";
    Err(BenchError::Missing { workload: "W4", missing })
}

/// W5.
///
/// # Errors
/// Always: the engine lacks what it is made of.
pub fn forecaster() -> Result<Box<dyn Work>, BenchError> {
    Err(BenchError::Missing { workload: "W5", missing: "the squared error" })
}
