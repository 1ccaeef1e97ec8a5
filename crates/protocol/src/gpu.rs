//! Whether a GPU takes the steps of a run, and why.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Whether steps may be taken on a GPU. It belongs to the visit and not to the experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GpuChoice {
    /// Never.
    Off,
    /// Where it is faster, which is measured on the network itself. A program that only acts as a GPU is not
    /// even tried.
    #[default]
    Auto,
    /// Always, if there is one.
    On,
}

impl GpuChoice {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Off, Self::Auto, Self::On];

    /// Its word, as in `gpu=auto`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Auto => "auto",
            Self::On => "on",
        }
    }
}

/// There is no such choice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected off, auto or on, found {found}")]
pub struct UnknownGpuChoice {
    /// What was found instead.
    pub found: String,
}

impl FromStr for GpuChoice {
    type Err = UnknownGpuChoice;

    fn from_str(word: &str) -> Result<Self, UnknownGpuChoice> {
        let known = Self::ALL.into_iter().find(|choice| choice.word() == word);
        known.ok_or_else(|| UnknownGpuChoice { found: word.to_owned() })
    }
}

/// What is known of a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuFacts {
    /// Its name, as far as the driver or the browser tells it; may be empty.
    pub name: String,
    /// Whether it is a program on the CPU that acts as a GPU: good for tests, never faster.
    pub is_software: bool,
}

/// Whether there is a GPU to take steps on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum GpuStatus {
    /// There is one, and it is open.
    Ready {
        /// What is known of it.
        facts: GpuFacts,
    },
    /// There is none, or it gives no device.
    Unavailable {
        /// Why, as a sentence without a full stop.
        message: String,
    },
    /// There was one, and it failed.
    Lost {
        /// Why, as a sentence without a full stop.
        message: String,
    },
}

/// Where the steps of a run are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the worker.
    Cpu,
    /// On the GPU.
    Gpu,
}

/// Where the steps of a run are taken from here on, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Placement {
    /// Where a step of this network takes less time.
    Measured {
        /// Where that is.
        place: Place,
        /// Milliseconds a step on the GPU.
        gpu: StepTime,
        /// Milliseconds a step on the CPU.
        cpu: StepTime,
    },
    /// Where the visitor wants them.
    Chosen {
        /// Where that is.
        place: Place,
    },
    /// On the CPU, since the only GPU is a program on the CPU.
    SoftwareGpu,
    /// On the CPU, since the GPU failed or did not take the network. The run goes on from where the CPU last
    /// had its weights.
    Fallback {
        /// Why, as a sentence without a full stop.
        message: String,
        /// Steps taken of which the CPU has the weights.
        step: u32,
    },
}

/// What a step takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    /// Milliseconds.
    pub millis: f32,
    /// Whether it was given up after that long.
    pub is_at_least: bool,
}
