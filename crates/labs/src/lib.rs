//! What is learned: one folder a lab, and the [`Session`] that runs one.
//!
//! A [`Lab`] is one task with its data, model, metric and output. A [`Session`] is one experiment
//! running: commands go in, events and snapshots come out. There is no browser in it; the worker,
//! the command line and the tests drive the same session.

mod anatomy;
mod arithmetic;
mod catalog;
mod device;
mod error;
mod keeping;
mod lab;
mod memory;
mod memory_plan;
mod microscope;
mod miniature;
mod network;
mod rate;
mod session;
mod slice;
mod step_timing;
mod team;
pub mod text;
mod training;

pub use catalog::{LabData, miniature_of};
pub use device::{Accelerator, DeviceBackend, DeviceStop, DeviceTraining};
pub use error::LabError;
pub use keeping::{DataMark, KeepingError};
pub use lab::{Lab, LabFacts, LabNetwork, LabOutput, LookedWith, RawLook, WindowFacts};
pub use memory_plan::MemoryPlan;
pub use microscope::{Microscope, Subject};
pub use miniature::MiniaturePlan;
pub use session::{Session, SessionConfig};
pub use slice::{Clock, Slice};
pub use team::{Helper, Payload, Post, Reply};
pub use training::{Place, RunState, Training};
