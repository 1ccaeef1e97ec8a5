//! Who takes the steps of a run.

use super::{OnDevice, Trial};
use crate::step_timing::StepTiming;

/// Who takes the steps of a run.
#[derive(Default)]
pub(crate) enum Duty {
    /// The lab, since nothing else has been considered.
    #[default]
    Undecided,
    /// The lab, whose steps are timed.
    Timing(StepTiming),
    /// A device, on trial.
    Trial(Box<Trial>),
    /// A device.
    Device(Box<OnDevice>),
    /// The lab, for good.
    Lab,
}

impl Duty {
    /// The training on a device, but for a trial.
    pub(crate) fn device(&self) -> Option<&OnDevice> {
        match self {
            Self::Device(device) => Some(device),
            _ => None,
        }
    }

    /// The same, to work with.
    pub(crate) fn device_mut(&mut self) -> Option<&mut OnDevice> {
        match self {
            Self::Device(device) => Some(device),
            _ => None,
        }
    }
}
