//! One turn of a run: what goes out, and whom it works with.

use super::SessionConfig;
use super::inspection::Inspections;
use super::tracing::Traces;
use super::walking::Walks;
use crate::device::Devices;
use crate::team::Team;
use crate::{Clock, Slice};
use rnn_protocol::{Event, Quantity, RunId, Snapshot};
use std::collections::VecDeque;

/// What goes out, and what the other side asked for.
#[derive(Default)]
pub(super) struct Traffic {
    pub(super) events: Vec<Event>,
    pub(super) snapshot: Option<Snapshot>,
    /// One for each [`Event::Saved`], in their order.
    pub(super) files: VecDeque<Vec<u8>>,
    /// Whether the page takes a snapshot.
    pub(super) has_credit: bool,
    /// Whether the page shows an older look than there is, or another quantity.
    pub(super) is_stale: bool,
    pub(super) quantity: Quantity,
    /// The cell that is to be under the microscope.
    pub(super) inspections: Inspections,
    /// The walk that is wanted.
    pub(super) walks: Walks,
    /// What is to be worked out about the gradient.
    pub(super) traces: Traces,
}

/// Whose steps may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// Of whoever works.
    All,
    /// Of one run among several, so that each gets its turn.
    Of(RunId),
    None,
}

/// A stretch of time in which a run works, and whom it works with.
pub(super) struct Turn<'a> {
    pub(super) config: SessionConfig,
    pub(super) clock: &'a dyn Clock,
    pub(super) slice: &'a Slice<'a>,
    pub(super) team: &'a mut Team,
    pub(super) devices: &'a mut Devices,
    pub(super) traffic: &'a mut Traffic,
    pub(super) looks: Looks,
}

impl Turn<'_> {
    /// Whether a run that plays has taken all the steps it is to take.
    pub(super) fn is_beyond(&self, step: u32) -> bool {
        self.config.stop_at.is_some_and(|last| step >= last)
    }

    /// Whether a step of this run may be looked at.
    pub(super) fn may_look_at(&self, run: RunId) -> bool {
        match self.looks {
            Looks::All => true,
            Looks::Of(looked_at) => looked_at == run,
            Looks::None => false,
        }
    }

    pub(super) fn now(&self) -> f64 {
        self.clock.now_millis()
    }
}
