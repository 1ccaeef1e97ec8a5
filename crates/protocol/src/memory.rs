//! The settings of the Memory lab, and what it finds out beside its recall.

use serde::{Deserialize, Serialize};

/// What is to be kept in mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryTask {
    /// One symbol of eight, shown first; answer it after a cue.
    #[default]
    Copy,
    /// Two marked numbers; answer their sum.
    Adding,
    /// Two symbols of X and Y; answer which came in which order.
    Order,
}

/// The task of the Memory lab. Other labs do not read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemorySettings {
    /// What is to be kept in mind.
    pub task: MemoryTask,
    /// Steps that carry nothing to keep in mind.
    pub delay: u32,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self { task: MemoryTask::Copy, delay: 10 }
    }
}

/// Recall at one delay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DelayRecall {
    /// The delay.
    pub delay: u32,
    /// The share of sequences that is answered correctly; no number if the network's answers are none.
    pub recall: f32,
}
