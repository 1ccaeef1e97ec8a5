//! The seam between a run and its training on a device.

use crate::{LabError, RawLook, RunState, Slice};
use rnn_compute::{DeviceError, Divergence};
use rnn_protocol::{Experiment, StepReport};

/// Why a device does not go on.
#[derive(Debug, Clone, PartialEq)]
pub enum DeviceStop {
    /// The loss or its gradient stopped being a number. The last good weights are in place again.
    Diverged(Divergence),
    /// The device failed, and its numbers are lost.
    Failed(DeviceError),
}

/// A lab's training on a device.
///
/// Nothing here waits for the device. What has not arrived is asked for again later; in a browser it can only
/// arrive between two turns of the caller.
pub trait DeviceTraining {
    /// Goes on from where a run stands.
    ///
    /// # Errors
    /// If a step is in hand or in flight, or the state is that of another network.
    fn load(&mut self, state: &RunState) -> Result<(), LabError>;

    /// Takes over the settings that a running network can change.
    fn tune(&mut self, experiment: &Experiment);

    /// Steps that are begun in full.
    fn step(&self) -> u32;

    /// Items trained on in one step.
    fn items_per_step(&self) -> u64;

    /// Whether a step is begun that the device has not been given in full.
    fn is_mid_step(&self) -> bool;

    /// Whether a step that is begun in full has not landed.
    fn is_in_flight(&self) -> bool;

    /// Whether as many steps are in flight as may be.
    fn is_full(&self) -> bool;

    /// Begins the next step, or goes on with the one in hand. Returns the report of the oldest in flight, if it
    /// has arrived.
    ///
    /// # Errors
    /// If the loss or its gradient stopped being a number, or the device failed.
    fn advance(&mut self, slice: &Slice<'_>) -> Option<Result<StepReport, DeviceStop>>;

    /// The report of the oldest step in flight, if it has arrived; begins none.
    ///
    /// # Errors
    /// As [`DeviceTraining::advance`].
    fn land(&mut self) -> Option<Result<StepReport, DeviceStop>>;

    /// Has the next step looked at, unless a look is on its way.
    fn request_look(&mut self);

    /// The look that was asked for, once it has arrived.
    ///
    /// # Errors
    /// If the device failed.
    fn take_look(&mut self) -> Result<Option<RawLook>, DeviceError>;

    /// Asks for the run's state after the last step that is begun in full. To be forgotten if a step up to
    /// that diverges.
    ///
    /// # Errors
    /// If a step is in hand.
    fn request_state(&mut self) -> Result<(), LabError>;

    /// Forgets that the state was asked for.
    fn forget_state(&mut self);

    /// The state that was asked for, once it has arrived.
    ///
    /// # Errors
    /// If the device failed.
    fn take_state(&mut self) -> Result<Option<RunState>, DeviceError>;

    /// Measures the network on the held-out data. Returns what was measured once it is known; no step
    /// may begin until then.
    fn evaluate(&mut self, slice: &Slice<'_>) -> Option<f32>;

    /// Whether the evaluation has nothing to do but to wait for the device.
    fn is_evaluation_awaited(&self) -> bool;

    /// Gives up an evaluation that has begun.
    fn restart_evaluation(&mut self);

    /// Puts back the last good weights, after an evaluation that gave no finite number. No step may be in hand
    /// or in flight.
    fn retreat(&mut self) -> Divergence;

    /// Why the device is of no use any longer, if so.
    fn failure(&self) -> Option<DeviceError>;
}
