//! A helper: works out its part's share of each step.

use super::letter::{Payload, Reply};
use super::standing;
use crate::arithmetic::ARITHMETIC;
use crate::{LabData, LabError, Place, Slice, Training};
use rnn_compute::{Divergence, Share, StepOutcome};
use rnn_protocol::{BUILD_ID, BatchPart, HelperCommand, HelperEvent, Standing};
use std::rc::Rc;
use thiserror::Error;

/// A worker that helps another one to train. It does what its lead says, one command after the other, and
/// never yields: nobody else talks to it.
#[derive(Default)]
pub struct Helper {
    task: u32,
    data: Option<LabData>,
    work: Option<Work>,
}

/// What the helper was asked to set up.
struct Work {
    training: Box<dyn Training>,
    part: BatchPart,
}

/// Why a helper cannot go on with its task.
#[derive(Debug, Error)]
enum HelperError {
    #[error("the lead is of build {found}, the helper of build {BUILD_ID}")]
    OtherBuild { found: String },
    #[error("nothing is set up to go on with")]
    NothingOpen,
    #[error("a command came without what belongs to it")]
    PayloadMissing,
    #[error("the step ended without waiting for the sum of all shares")]
    NotShared,
    #[error("the step did not end with the sum of all shares")]
    NotComplete,
    #[error(transparent)]
    Lab(#[from] LabError),
}

impl Helper {
    /// Carries out a command. Returns the answer to it, if it has one.
    pub fn handle(&mut self, command: HelperCommand, payload: Payload) -> Option<Reply> {
        if let HelperCommand::Open { task, .. } = command {
            self.task = task;
        }
        self.carry_out(command, payload).unwrap_or_else(|error| {
            self.work = None;
            let message = error.to_string();
            Some(Reply { event: HelperEvent::Failed { task: self.task, message }, numbers: Vec::new() })
        })
    }

    fn carry_out(&mut self, command: HelperCommand, payload: Payload) -> Result<Option<Reply>, HelperError> {
        let task = self.task;
        match (command, payload) {
            (HelperCommand::Open { build, experiment, part, .. }, payload) => {
                if build != BUILD_ID {
                    return Err(HelperError::OtherBuild { found: build });
                }
                if let Payload::Bytes(bytes) = payload {
                    self.data = Some(LabData::read(experiment.lab, Rc::unwrap_or_clone(bytes))?);
                }
                let data = self.data.as_ref().ok_or(HelperError::PayloadMissing)?;
                self.work = Some(Work { training: data.open_part(&experiment, part)?, part });
                let event = HelperEvent::Ready { task, build, arithmetic: ARITHMETIC };
                Ok(Some(Reply { event, numbers: Vec::new() }))
            }
            (HelperCommand::Adopt { standing }, Payload::Numbers(numbers)) => {
                self.work()?.adopt(&standing, &numbers)?;
                Ok(None)
            }
            (HelperCommand::Tune { experiment }, _) => {
                self.work()?.training.tune(&experiment);
                Ok(None)
            }
            (HelperCommand::Step, _) => {
                let (loss, numbers) = self.work()?.share()?;
                Ok(Some(Reply { event: HelperEvent::Share { task, loss }, numbers }))
            }
            (HelperCommand::Complete { loss }, Payload::Numbers(gradients)) => {
                self.work()?.complete(loss, gradients)?;
                Ok(None)
            }
            _ => Err(HelperError::PayloadMissing),
        }
    }

    fn work(&mut self) -> Result<&mut Work, HelperError> {
        self.work.as_mut().ok_or(HelperError::NothingOpen)
    }
}

impl Work {
    /// Goes on from where the run stands.
    fn adopt(&mut self, standing: &Standing, numbers: &[f32]) -> Result<(), LabError> {
        let states = standing::load(self.training.trainer_mut(), standing, numbers)?;
        let states = standing.has_state.then(|| states.to_vec());
        self.training.take_part(self.part, &Place { position: standing.position as usize, states })
    }

    /// The loss of its share of the next step; its gradients, and the state that its sequences have reached.
    fn share(&mut self) -> Result<(f64, Vec<f32>), HelperError> {
        if self.advance().is_some() || !self.training.trainer().is_waiting() {
            return Err(HelperError::NotShared);
        }
        let mut share = Share { loss: 0.0, gradients: Vec::new() };
        self.training.trainer().share(&mut share).map_err(LabError::from)?;
        let Share { loss, gradients: mut numbers } = share;
        numbers.extend(self.training.place().states.into_iter().flatten());
        Ok((loss, numbers))
    }

    /// Ends the step. One that diverges does so for all: each goes back to the same last good weights.
    fn complete(&mut self, loss: f64, gradients: Rc<Vec<f32>>) -> Result<(), HelperError> {
        let sum = Share { loss, gradients: Rc::unwrap_or_clone(gradients) };
        self.training.trainer_mut().complete(&sum).map_err(LabError::from)?;
        self.advance().map(drop).ok_or(HelperError::NotComplete)
    }

    /// Works until the step is done or the shares of others are awaited.
    fn advance(&mut self) -> Option<Result<StepOutcome, Divergence>> {
        let stopped_clock = || 0.0;
        self.training.advance(&Slice::new(&stopped_clock, f64::INFINITY))
    }
}
