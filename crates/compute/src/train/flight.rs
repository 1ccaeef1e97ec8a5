//! Steps that are begun in full and of which the device has not told the outcome yet.
//!
//! A device is given its next step before it has told how the last one went, so that it never waits. What a
//! step made of weights that were bad already does no harm: the last good weights were copied on the device,
//! only if the loss was finite there.

use super::step_ledger::LOSS;
use super::{Progress, StepOutcome, Trainer};
use crate::Divergence;
use crate::backend::Backend;
use crate::probe::GradientProbe;
use std::collections::VecDeque;

/// Steps in flight where nobody asks for fewer.
const MOST_IN_FLIGHT: usize = 2;

/// What belongs to weights besides the weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) progress: Progress,
    /// Updates that the optimiser has made.
    pub(super) updates: u32,
}

/// A step whose outcome is on its way.
struct Flight<B: Backend> {
    pending: B::Pending,
    probe: Option<Box<GradientProbe<B>>>,
    /// Where the run stood before it.
    before: Mark,
    step: u32,
    learning_rate: f64,
    has_update_norms: bool,
}

/// The steps in flight, the oldest first, and room for reading as many as there may be.
pub(super) struct Flights<B: Backend> {
    flights: VecDeque<Flight<B>>,
    rooms: Vec<B::Pending>,
    entries: Vec<f64>,
    limit: usize,
}

/// What is known of a step when it takes off.
pub(super) struct Departure<B: Backend> {
    pub(super) before: Mark,
    pub(super) step: u32,
    pub(super) learning_rate: f64,
    pub(super) has_update_norms: bool,
    pub(super) probe: Option<Box<GradientProbe<B>>>,
}

impl<B: Backend> Flights<B> {
    pub(super) fn new(backend: &B, entries: usize) -> Self {
        Self {
            flights: VecDeque::with_capacity(MOST_IN_FLIGHT),
            rooms: (0..MOST_IN_FLIGHT).map(|_| backend.pending(entries)).collect(),
            entries: vec![0.0; entries],
            limit: MOST_IN_FLIGHT,
        }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.clamp(1, MOST_IN_FLIGHT);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// Whether another step has to wait until one has landed.
    pub(super) fn is_full(&self) -> bool {
        self.flights.len() >= self.limit
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        while let Some(flight) = self.flights.pop_front() {
            self.rooms.push(flight.pending);
        }
    }

    /// Asks for the outcome of a step.
    pub(super) fn depart(&mut self, backend: &B, ledger: &B::Ledger, departure: Departure<B>) {
        let mut pending = self.rooms.pop().unwrap_or_else(|| backend.pending(self.entries.len()));
        backend.request(ledger, &mut pending);
        let Departure { before, step, learning_rate, has_update_norms, probe } = departure;
        self.flights.push_back(Flight { pending, probe, before, step, learning_rate, has_update_norms });
    }

    /// The oldest flight, if its numbers have arrived.
    fn land(&mut self, backend: &B) -> Option<(Flight<B>, &[f64])> {
        let oldest = self.flights.front_mut()?;
        let has_look = oldest.probe.as_mut().is_none_or(|probe| probe.has_arrived());
        if !(has_look && backend.fetch(&mut oldest.pending, &mut self.entries)) {
            return None;
        }
        self.flights.pop_front().map(|flight| (flight, &*self.entries))
    }

    fn give_back(&mut self, pending: B::Pending) {
        self.rooms.push(pending);
    }
}

impl<B: Backend> Trainer<B> {
    /// Sets how many steps may be in flight: 1 for stepping by hand, 2 for a device that is to have no pause.
    /// Without effect where numbers are known at once.
    pub fn set_flight_limit(&mut self, limit: usize) {
        self.flights.set_limit(limit);
    }

    /// Whether the outcome of a step is on its way from the device.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        !self.flights.is_empty()
    }

    /// Whether as many steps are in flight as may be: the next begins once one has landed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.flights.is_full()
    }

    /// The outcome of the oldest step in flight, if it has arrived. [`Trainer::advance`] asks by itself; this is
    /// for those who begin no further step.
    ///
    /// # Errors
    /// If its loss or its gradient is not finite: then it and all later ones are taken back.
    pub fn land(&mut self) -> Option<Result<StepOutcome, Divergence>> {
        let (flight, entries) = self.flights.land(&self.backend)?;
        let Flight { pending, probe, before, step, learning_rate, has_update_norms } = flight;
        let loss = entries[LOSS];
        let grad_norm = self.ledger.take_norms(entries, has_update_norms, &mut self.norms);
        self.flights.give_back(pending);
        if loss.is_finite() {
            self.good.set_mark(before);
            if grad_norm.is_finite() {
                let look = probe.and_then(|mut probe| probe.take_look());
                return Some(Ok(StepOutcome { step, loss, grad_norm, learning_rate, look }));
            }
        }
        Some(Err(self.restore(step, loss, loss.is_finite().then_some(grad_norm))))
    }
}
