//! The list of labs. A new lab is a folder beside `text/` and a line in each match below.

use crate::anatomy::{self, AnatomyLab, AnatomyNetwork};
use crate::memory::{self, MemoryLab, MemoryNetwork};
use crate::miniature::MiniaturePlan;
use crate::network::NetworkTraining;
use crate::text::{self, TextData, TextDevice, TextLab, TextPlan};
use crate::{DataMark, DeviceTraining, Lab, LabError, MemoryPlan, Training};
use rnn_compute::Backend;
use rnn_protocol::{BatchPart, Experiment, LabKind};
use std::rc::Rc;

/// What the home page shows of a lab in miniature.
#[must_use]
pub fn miniature_of(lab: LabKind) -> MiniaturePlan {
    match lab {
        LabKind::Text => text::miniature(),
        LabKind::Memory => memory::miniature(),
        LabKind::Anatomy => anatomy::miniature(),
    }
}

/// A lab's data, read and checked once and shared by every run on it.
#[derive(Clone)]
pub enum LabData {
    /// A text to learn to continue.
    Text(Rc<TextData>),
    /// Sequences to keep something in mind of, generated from the seed.
    Memory,
    /// The sentence of the experiment.
    Anatomy,
}

impl LabData {
    /// Reads the bytes of a file or of pasted text for a lab.
    ///
    /// # Errors
    /// If they are not what the lab learns from.
    pub fn read(lab: LabKind, bytes: Vec<u8>) -> Result<Self, LabError> {
        match lab {
            LabKind::Text => Ok(Self::Text(Rc::new(TextData::read(bytes)?))),
            LabKind::Memory => Ok(Self::Memory),
            LabKind::Anatomy => Ok(Self::Anatomy),
        }
    }

    /// The data of a lab that generates its own from the experiment's seed; `None` where it must be read.
    #[must_use]
    pub fn generated(lab: LabKind) -> Option<Self> {
        match lab {
            LabKind::Text => None,
            LabKind::Memory => Some(Self::Memory),
            LabKind::Anatomy => Some(Self::Anatomy),
        }
    }

    /// Sets up a lab at step 0.
    ///
    /// # Errors
    /// If the experiment cannot be run on this data.
    pub fn open(&self, experiment: &Experiment) -> Result<Box<dyn Lab>, LabError> {
        match self {
            Self::Text(data) => Ok(Box::new(TextLab::new(experiment, Rc::clone(data))?)),
            Self::Memory => Ok(Box::new(MemoryLab::new(experiment)?)),
            Self::Anatomy => Ok(Box::new(AnatomyLab::new(experiment)?)),
        }
    }

    /// What the lab would take of the machine's memory, with nothing allocated yet.
    ///
    /// # Errors
    /// If the experiment cannot be run on this data.
    pub fn memory(&self, experiment: &Experiment) -> Result<MemoryPlan, LabError> {
        match self {
            Self::Text(data) => TextLab::memory(experiment, data),
            Self::Memory => MemoryNetwork::new(experiment)?.memory(),
            Self::Anatomy => AnatomyNetwork::new(experiment)?.memory(),
        }
    }

    /// Sets up the training of a part of the batch at step 0, for a helper.
    ///
    /// # Errors
    /// If the experiment cannot be run on this data, or its batch has no such part.
    pub fn open_part(&self, experiment: &Experiment, part: BatchPart) -> Result<Box<dyn Training>, LabError> {
        match self {
            Self::Text(data) => {
                let plan = TextPlan::new(experiment, Rc::clone(data))?;
                Ok(Box::new(NetworkTraining::of_part(experiment, plan, part)?))
            }
            Self::Memory => {
                let network = MemoryNetwork::new(experiment)?;
                Ok(Box::new(NetworkTraining::of_part(experiment, network, part)?))
            }
            Self::Anatomy => {
                let network = AnatomyNetwork::new(experiment)?;
                Ok(Box::new(NetworkTraining::of_part(experiment, network, part)?))
            }
        }
    }

    /// Sets up the training on a device, with weights that are still to come.
    ///
    /// # Errors
    /// If the experiment cannot be run on this data.
    pub fn open_on<B: Backend<Elem = f32>>(
        &self,
        backend: &B,
        experiment: &Experiment,
    ) -> Result<Box<dyn DeviceTraining>, LabError> {
        match self {
            Self::Text(data) => Ok(Box::new(TextDevice::new(backend, experiment, Rc::clone(data))?)),
            Self::Memory | Self::Anatomy => Err(LabError::NoDevice),
        }
    }

    /// Whether it is the same data, and not only alike.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(data), Self::Text(other)) => Rc::ptr_eq(data, other),
            (Self::Memory, Self::Memory) | (Self::Anatomy, Self::Anatomy) => true,
            (Self::Text(_) | Self::Memory | Self::Anatomy, _) => false,
        }
    }

    /// By what a saved run knows it.
    #[must_use]
    pub fn mark(&self) -> DataMark {
        match self {
            Self::Text(data) => data.mark(),
            Self::Memory | Self::Anatomy => DataMark::new(&[]),
        }
    }

    /// Bytes that are read as this data.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(data) => data.to_text().into_bytes(),
            Self::Memory | Self::Anatomy => Vec::new(),
        }
    }
}
