//! A run whose steps are taken on a device, and what has come back of it.

use super::DeviceTraining;

/// A state is asked for at most this often …
const STATE_MILLIS: f64 = 250.0;
/// … and so that its way back takes at most one in so many milliseconds.
const STATE_SHARE: f64 = 20.0;

/// Training on a device, and how much of it the lab knows.
pub(crate) struct OnDevice {
    pub(crate) training: Box<dyn DeviceTraining>,
    /// The step whose state the lab has.
    known_step: u32,
    /// When the state was asked for that is on its way.
    asked_millis: Option<f64>,
    /// When the next may be asked for.
    next_state_millis: f64,
    /// The last step whose network was measured on the held-out data.
    pub(crate) evaluated_step: Option<u32>,
    /// When the last step landed.
    pub(crate) landed_millis: Option<f64>,
}

impl OnDevice {
    /// A training that has gone on from the state that the lab had after `known_step`.
    pub(crate) fn new(training: Box<dyn DeviceTraining>, known_step: u32) -> Self {
        Self {
            training,
            known_step,
            asked_millis: None,
            next_state_millis: f64::NEG_INFINITY,
            evaluated_step: Some(known_step),
            landed_millis: None,
        }
    }

    /// Whether the lab has everything, and nothing is on its way.
    pub(crate) fn is_settled(&self) -> bool {
        let training = &self.training;
        !training.is_mid_step() && !training.is_in_flight() && self.known_step == training.step()
    }

    /// Asks for the state if the lab has an older one and `is_urgent` or it is time.
    pub(crate) fn request_state_if_due(&mut self, now: f64, is_urgent: bool) {
        let is_due = self.asked_millis.is_none() && (is_urgent || now >= self.next_state_millis);
        let is_newer = self.training.step() != self.known_step;
        if is_due && is_newer && !self.training.is_mid_step() && self.training.request_state().is_ok() {
            self.asked_millis = Some(now);
        }
    }

    /// The lab has taken over the state after this step.
    pub(crate) fn state_arrived(&mut self, step: u32, now: f64) {
        self.known_step = step;
        let took = self.asked_millis.take().map_or(0.0, |asked| now - asked);
        self.next_state_millis = now + STATE_MILLIS.max(STATE_SHARE * took);
    }

    /// A step was taken back: what was asked for before is worth nothing, and what the lab has may be older
    /// than what is in place.
    pub(crate) fn step_taken_back(&mut self) {
        self.training.forget_state();
        self.asked_millis = None;
    }
}
