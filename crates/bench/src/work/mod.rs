//! What each workload does: one function a workload, which builds its model with its trainer.

mod forecast;
mod generation;
mod language;
mod one_hot;
mod sentiment;
mod training;

pub use forecast::forecaster;
pub use generation::generation;
pub use language::{characters, music, small_characters};
pub use one_hot::one_hot;
pub use sentiment::sentiment;
#[cfg(test)]
pub(crate) use sentiment::with_dropout;
pub use training::Training;

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
