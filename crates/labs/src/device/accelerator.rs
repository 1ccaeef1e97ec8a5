//! The device of a session, and whether it is to be used.

use super::DeviceTraining;
use crate::{LabData, LabError};
use rnn_compute::{Backend, DeviceError};
use rnn_protocol::{Experiment, GpuChoice, GpuFacts};

/// A device that can take the steps of a run.
pub trait Accelerator {
    /// What is known of it.
    fn facts(&self) -> &GpuFacts;

    /// Why it is of no use any longer, if so.
    fn failure(&self) -> Option<DeviceError>;

    /// Sets up the training of an experiment, with weights that are still to come.
    ///
    /// # Errors
    /// If the experiment cannot be run on this data.
    fn open(&self, experiment: &Experiment, data: &LabData) -> Result<Box<dyn DeviceTraining>, LabError>;
}

/// A backend as a session's device.
pub struct DeviceBackend<B> {
    backend: B,
    facts: GpuFacts,
}

impl<B: Backend<Elem = f32>> DeviceBackend<B> {
    /// A backend, and what is known of the device behind it.
    #[must_use]
    pub fn new(backend: B, facts: GpuFacts) -> Self {
        Self { backend, facts }
    }
}

impl<B: Backend<Elem = f32>> Accelerator for DeviceBackend<B> {
    fn facts(&self) -> &GpuFacts {
        &self.facts
    }

    fn failure(&self) -> Option<DeviceError> {
        self.backend.failure()
    }

    fn open(&self, experiment: &Experiment, data: &LabData) -> Result<Box<dyn DeviceTraining>, LabError> {
        data.open_on(&self.backend, experiment)
    }
}

/// The device of a session, if there is one.
#[derive(Default)]
pub(crate) struct Devices {
    pub(crate) choice: GpuChoice,
    accelerator: Option<Box<dyn Accelerator>>,
    /// Counts what a run's place depends on, so that each run decides anew when it has changed.
    generation: u32,
}

impl Devices {
    /// Changes whether the device is used.
    pub(crate) fn choose(&mut self, choice: GpuChoice) {
        self.choice = choice;
        self.generation += 1;
    }

    /// There is a device, or there is none any longer.
    pub(crate) fn set(&mut self, accelerator: Option<Box<dyn Accelerator>>) {
        self.accelerator = accelerator;
        self.generation += 1;
    }

    /// Parts with the device if it has failed. Returns whether it had.
    pub(crate) fn drop_failed(&mut self) -> bool {
        let has_failed = self.accelerator.as_ref().is_some_and(|device| device.failure().is_some());
        if has_failed {
            self.set(None);
        }
        has_failed
    }

    /// Changes whenever it may have changed who takes a run's steps.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether a device is wanted that is not there.
    pub(crate) fn is_wanted(&self) -> bool {
        self.choice != GpuChoice::Off && self.accelerator.is_none()
    }

    /// The device, if there is one that may be used.
    pub(crate) fn usable(&self) -> Option<&dyn Accelerator> {
        self.accelerator.as_deref().filter(|_| self.choice != GpuChoice::Off)
    }
}
