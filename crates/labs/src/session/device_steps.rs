//! A run whose steps are taken on a device, and how it comes there and back.

use super::run::{EvaluationStage, Mode, Run};
use super::steps::is_evaluation_due;
use super::turn::Turn;
use crate::device::{Duty, OnDevice, Trial, Verdict};
use crate::step_timing::StepTiming;
use crate::{DeviceStop, DeviceTraining};
use rnn_compute::DeviceError;
use rnn_protocol::{Event, GpuChoice, GpuStatus, Place, Placement, StepReport, StepTime};

/// A step that the CPU has not ended after this long is given up for a trial of the device.
const CPU_PATIENCE_MILLIS: f64 = 300.0;

impl Run {
    /// To be called between two steps of the lab: finds out who is to take the next, as far as that is open.
    /// Returns whether it is somebody else.
    pub(super) fn find_place(&mut self, turn: &mut Turn<'_>) -> bool {
        if !self.experiment.lab.description().takes_devices {
            return false;
        }
        if self.duty_generation != turn.devices.generation() {
            self.duty_generation = turn.devices.generation();
            let was_decided = matches!(std::mem::take(&mut self.duty), Duty::Lab | Duty::Timing(_));
            if was_decided && turn.devices.choice == GpuChoice::Off {
                self.announce(Placement::Chosen { place: Place::Cpu }, turn);
            }
        }
        match (&self.duty, turn.devices.usable().map(|device| device.facts().is_software)) {
            (Duty::Undecided, Some(is_software)) => match turn.devices.choice {
                GpuChoice::On => self.move_to_device(turn),
                GpuChoice::Auto if is_software => {
                    self.duty = Duty::Lab;
                    self.announce(Placement::SoftwareGpu, turn);
                }
                GpuChoice::Auto if self.mode == Mode::Playing => {
                    self.duty = Duty::Timing(StepTiming::default());
                }
                GpuChoice::Auto | GpuChoice::Off => {}
            },
            (Duty::Timing(timing), Some(_)) if self.mode == Mode::Playing => {
                if let Some(millis) = timing.millis() {
                    self.begin_trial(StepTime { millis: millis as f32, is_at_least: false }, turn);
                }
            }
            _ => {}
        }
        matches!(self.duty, Duty::Device(_) | Duty::Trial(_))
    }

    /// A step that takes the CPU very long is given up, for the device to show whether it takes less.
    pub(super) fn try_device_if_slow(&mut self, turn: &mut Turn<'_>) {
        let is_playing = self.mode == Mode::Playing && turn.devices.usable().is_some();
        if is_playing && matches!(self.duty, Duty::Timing(_)) && self.step_millis > CPU_PATIENCE_MILLIS {
            self.lab.training_mut().abandon();
            self.is_mid_step = false;
            let cpu = StepTime { millis: self.step_millis as f32, is_at_least: true };
            self.begin_trial(cpu, turn);
        }
    }

    /// The trial in hand, if there is one, has never been.
    pub(super) fn give_up_trial(&mut self) {
        if matches!(self.duty, Duty::Trial(_)) {
            self.duty = Duty::Undecided;
        }
    }

    fn begin_trial(&mut self, cpu: StepTime, turn: &mut Turn<'_>) {
        if let Some(training) = self.open_device(turn) {
            self.duty = Duty::Trial(Box::new(Trial::new(training, cpu, turn.now())));
        }
    }

    fn move_to_device(&mut self, turn: &mut Turn<'_>) {
        if let Some(training) = self.open_device(turn) {
            self.duty = Duty::Device(Box::new(OnDevice::new(training, self.lab.step())));
            self.announce(Placement::Chosen { place: Place::Gpu }, turn);
        }
    }

    /// The device with the run's state; none if it does not take it, which is then announced.
    fn open_device(&mut self, turn: &mut Turn<'_>) -> Option<Box<dyn DeviceTraining>> {
        let opened = self.leave_team(turn.team).and_then(|()| {
            let Some(device) = turn.devices.usable() else { return Ok(None) };
            let mut training = device.open(&self.experiment, &self.data)?;
            training.load(&self.lab.training().state()?)?;
            Ok(Some(training))
        });
        let message = match opened {
            Ok(training) => match training.as_ref().and_then(|training| training.failure()) {
                None => return training,
                Some(DeviceError { message }) => message,
            },
            Err(error) => error.to_string(),
        };
        self.fall_back(message, turn);
        None
    }

    /// Works on a trial, and ends it when enough is known.
    pub(super) fn work_on_trial(&mut self, turn: &mut Turn<'_>) {
        let Duty::Trial(trial) = &mut self.duty else { return };
        if self.duty_generation != turn.devices.generation() {
            self.give_up_trial();
            return;
        }
        match trial.advance(turn.slice, turn.now()) {
            Ok(is_awaited) => self.is_device_awaited = is_awaited,
            Err(DeviceStop::Failed(DeviceError { message })) => return self.fall_back(message, turn),
            // The CPU will come to the same, and say so.
            Err(DeviceStop::Diverged(_)) => return self.duty = Duty::Lab,
        }
        if !trial.is_over(turn.now()) {
            return;
        }
        self.is_device_awaited = false;
        if let Duty::Trial(trial) = std::mem::replace(&mut self.duty, Duty::Lab) {
            let Verdict { placement, device } = trial.decide(turn.now());
            self.announce(placement, turn);
            if let Some((training, reports)) = device {
                self.duty = Duty::Device(Box::new(OnDevice::new(training, self.lab.step())));
                reports.into_iter().for_each(|report| self.take_report(report, turn));
            }
        }
    }

    /// Works with the device: takes in what has arrived, and gives it what is next.
    pub(super) fn work_on_device(&mut self, turn: &mut Turn<'_>) {
        let outcome = self.take_arrivals(turn).and_then(|()| self.give_work(turn));
        match outcome {
            Ok(()) => {}
            Err(DeviceStop::Failed(DeviceError { message })) => self.fall_back(message, turn),
            Err(DeviceStop::Diverged(divergence)) => {
                if let Some(device) = self.duty.device_mut() {
                    device.step_taken_back();
                }
                self.evaluation = EvaluationStage::Idle;
                self.stop_at(&divergence, turn);
            }
        }
    }

    fn take_arrivals(&mut self, turn: &mut Turn<'_>) -> Result<(), DeviceStop> {
        while let Some(outcome) = self.duty.device_mut().and_then(|device| device.training.land()) {
            self.take_landing(outcome?, turn);
        }
        let Some(device) = self.duty.device_mut() else { return Ok(()) };
        if let Some(error) = device.training.failure() {
            return Err(DeviceStop::Failed(error));
        }
        if let Some(look) = device.training.take_look().map_err(DeviceStop::Failed)? {
            self.lab.show(look);
            turn.traffic.is_stale = true;
        }
        if let Some(state) = device.training.take_state().map_err(DeviceStop::Failed)? {
            let step = state.trainer.present.step;
            let taken = self.lab.training_mut().go_on_from(&state);
            taken.map_err(|error| DeviceStop::Failed(DeviceError { message: error.to_string() }))?;
            device.state_arrived(step, turn.now());
            self.keep_checkpoint_if_due(turn);
        }
        Ok(())
    }

    fn take_landing(&mut self, report: StepReport, turn: &mut Turn<'_>) {
        let Some(device) = self.duty.device_mut() else { return };
        let now = turn.now();
        let millis = device.landed_millis.replace(now).map_or(0.0, |last| now - last);
        self.rate.count(device.training.items_per_step() as f64, millis);
        self.keep.past.clock.training_millis += millis;
        if is_evaluation_due(report.step, turn) && device.evaluated_step != Some(report.step) {
            self.evaluation = EvaluationStage::Requested;
        }
        self.take_report(report, turn);
    }

    fn give_work(&mut self, turn: &mut Turn<'_>) -> Result<(), DeviceStop> {
        let is_leaving = self.duty_generation != turn.devices.generation();
        let mode = self.mode;
        let is_enough = mode == Mode::Playing && self.is_enough(self.step(), turn);
        let Some(device) = self.duty.device_mut() else { return Ok(()) };
        let step = device.training.step();
        if device.training.is_mid_step() {
            return self.advance_on_device(turn);
        }
        if self.evaluation != EvaluationStage::Idle {
            self.evaluate_on_device(turn);
            return Ok(());
        }
        if mode == Mode::Paused || is_leaving || is_enough {
            self.settle(is_leaving, turn);
            return Ok(());
        }
        device.request_state_if_due(turn.now(), false);
        let is_to_be_evaluated = is_evaluation_due(step, turn) && device.evaluated_step != Some(step);
        if is_to_be_evaluated && !device.training.is_in_flight() {
            self.evaluation = EvaluationStage::Requested;
            return Ok(());
        }
        let is_alone = mode == Mode::Stepping || is_to_be_evaluated;
        if device.training.is_full() || (is_alone && device.training.is_in_flight()) {
            self.is_device_awaited = true;
            return Ok(());
        }
        device.landed_millis.get_or_insert(turn.now());
        if self.is_look_due(turn.now(), turn)
            && let Some(device) = self.duty.device_mut()
        {
            device.training.request_look();
        }
        self.advance_on_device(turn)
    }

    fn advance_on_device(&mut self, turn: &mut Turn<'_>) -> Result<(), DeviceStop> {
        let outcome = self.duty.device_mut().and_then(|device| device.training.advance(turn.slice));
        if let Some(report) = outcome.transpose()? {
            self.take_landing(report, turn);
        }
        Ok(())
    }

    fn evaluate_on_device(&mut self, turn: &mut Turn<'_>) {
        let Some(device) = self.duty.device_mut() else { return };
        if self.evaluation == EvaluationStage::Requested {
            device.training.restart_evaluation();
            self.evaluation = EvaluationStage::Reading;
        }
        // Steps are reported before what was measured after them.
        let is_awaited = device.training.is_evaluation_awaited();
        if is_awaited && device.training.is_in_flight() {
            self.is_device_awaited = true;
            return;
        }
        let Some(value) = device.training.evaluate(turn.slice) else {
            self.is_device_awaited = device.training.is_evaluation_awaited();
            return;
        };
        self.evaluation = EvaluationStage::Idle;
        device.evaluated_step = Some(device.training.step());
        // What a device that has failed gives is no number either; the next turn finds out.
        if value.is_finite() {
            self.report_validation(value, turn.traffic);
        } else if device.training.failure().is_none() {
            let divergence = device.training.retreat();
            device.step_taken_back();
            self.stop_at(&divergence, turn);
        }
    }

    /// No step is to be begun: has the lab take over the run's state, and the run leave the device if it is to.
    fn settle(&mut self, is_leaving: bool, turn: &mut Turn<'_>) {
        let Some(device) = self.duty.device_mut() else { return };
        if !device.is_settled() {
            if !device.training.is_in_flight() {
                device.request_state_if_due(turn.now(), true);
            }
            self.is_device_awaited = true;
        } else if is_leaving {
            self.duty = Duty::Undecided;
            self.duty_generation = turn.devices.generation();
            if turn.devices.choice == GpuChoice::Off {
                self.announce(Placement::Chosen { place: Place::Cpu }, turn);
            }
        } else if self.mode == Mode::Playing {
            self.set_mode(Mode::Paused, turn.team, turn.traffic);
        }
    }

    /// The device failed, or did not take the network: the lab goes on from what it has.
    fn fall_back(&mut self, message: String, turn: &mut Turn<'_>) {
        let step = self.lab.step();
        self.duty = Duty::Lab;
        self.is_device_awaited = false;
        if self.evaluation == EvaluationStage::Reading {
            // What was asked for is still owed; what fell due will fall due again.
            let is_owed = self.mode == Mode::Paused;
            self.evaluation = if is_owed { EvaluationStage::Requested } else { EvaluationStage::Idle };
        }
        self.reports.retain(|report| report.step <= step);
        self.flush_reports(turn.traffic);
        if turn.devices.drop_failed() {
            let status = GpuStatus::Lost { message: message.clone() };
            turn.traffic.events.push(Event::Gpu { status });
        }
        self.duty_generation = turn.devices.generation();
        self.announce(Placement::Fallback { message, step }, turn);
    }

    fn announce(&self, placement: Placement, turn: &mut Turn<'_>) {
        turn.traffic.events.push(Event::Placed { run: self.id(), placement });
    }
}
