//! What the page knows of the GPU.

use rnn_protocol::{GpuChoice, GpuStatus, Placement};

/// The visitor's choice, what there is, and what became of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gpu {
    /// Whether the visitor wants it.
    pub choice: GpuChoice,
    /// What the page's address asked for and nobody understands.
    pub misunderstood: Option<String>,
    /// Whether there is one, once the worker has said so.
    pub status: Option<GpuStatus>,
    /// Where the steps of the run on stage are taken, once the worker has said so.
    pub placement: Option<Placement>,
}

impl Gpu {
    /// Nothing is known of what there is, nor of what became of it.
    pub fn forget(&mut self) {
        self.status = None;
        self.placement = None;
    }

    /// Whether one is wanted, and a second try may help.
    #[must_use]
    pub fn can_be_tried_again(&self) -> bool {
        let is_gone = matches!(self.status, Some(GpuStatus::Lost { .. } | GpuStatus::Unavailable { .. }));
        let has_refused = matches!(self.placement, Some(Placement::Fallback { .. }));
        self.choice != GpuChoice::Off && (is_gone || has_refused)
    }
}
