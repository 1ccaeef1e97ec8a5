//! A device beside the processor, on which a run's steps may be taken: a GPU.
//!
//! The lab of a run stays where it is. A [`DeviceTraining`] of the same network takes the steps in its stead
//! and hands back, without anybody waiting: what each step found, what a look inside shows, and now and then
//! the run's whole [state](crate::RunState), which the lab takes over. From that the lab writes, and from that
//! it goes on by itself if the device fails.
//!
//! # How a run comes to its place
//! Its first steps are taken in the lab and timed. Then the device takes over where the run stands, for a few
//! steps on trial: if they take less time, it simply goes on; if not, they are forgotten, and the lab goes on
//! where it was, so that its numbers do not depend on there having been a trial.
//!
//! Nothing here knows what device it is: whoever drives the session hands over an [`Accelerator`].

mod accelerator;
mod duty;
mod on_device;
mod training;
mod trial;

pub(crate) use accelerator::Devices;
pub use accelerator::{Accelerator, DeviceBackend};
pub(crate) use duty::Duty;
pub(crate) use on_device::OnDevice;
pub use training::{DeviceStop, DeviceTraining};
pub(crate) use trial::{Trial, Verdict};
