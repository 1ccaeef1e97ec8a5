//! The trainer: forward, backward, clip, update, in parts that can be interrupted.

mod accumulation;
mod checkpoint;
mod config;
mod flight;
mod norms;
mod shared_step;
mod state_request;
mod step_ledger;
mod truncation;
mod watched;

pub use checkpoint::{Companions, Snapshot, TrainerState};
pub use config::{Divergence, StepOutcome, TrainerConfig};
pub use norms::{StepNorms, UpdateNorms};
pub use shared_step::Share;
pub use state_request::StateRequest;
pub use truncation::Truncation;

use crate::backend::Backend;
use crate::optimise::{Optimizer, PlateauState};
use crate::probe::{GradientProbe, ProbePoints};
use crate::tape::{GradientScope, Mode, Pass, Tape};
use crate::{ComputeError, Parameters, Real};
use accumulation::Accumulation;
use flight::{Departure, Flights, Mark};
use step_ledger::StepLedger;
use watched::WatchedGradients;

enum Phase<B: Backend> {
    Idle,
    Forward(Pass),
    Backward(Pass),
    Look(Box<GradientProbe<B>>),
    /// This trainer's share of a shared step is worked out.
    Waiting,
    Update,
}

/// How far training has come: what is counted, apart from weights and their memory.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// Updates made.
    step: u32,
    /// Training passes begun, which differ from the steps where these have several micro-batches.
    passes: u32,
}

/// Weights and optimiser as of the last finite loss.
struct LastGood<B: Backend> {
    parameters: Parameters<B>,
    optimizer: Optimizer<B>,
    progress: Progress,
}

impl<B: Backend> LastGood<B> {
    /// Where the run stood when these were its weights.
    fn set_mark(&mut self, mark: Mark) {
        self.progress = mark.progress;
        self.optimizer.set_step(mark.updates);
    }
}

/// What has been asked for with the next step.
#[derive(Debug, Clone, Copy, Default)]
struct Requests {
    look: bool,
    update_norms: bool,
}

/// A model in training: its tape, its weights, and how they change.
pub struct Trainer<B: Backend> {
    backend: B,
    config: TrainerConfig,
    tape: Tape<B>,
    points: ProbePoints,
    parameters: Parameters<B>,
    optimizer: Optimizer<B>,
    good: LastGood<B>,
    plateau: PlateauState,
    phase: Phase<B>,
    progress: Progress,
    accumulation: Accumulation,
    ledger: StepLedger<B>,
    flights: Flights<B>,
    norms: StepNorms,
    requests: Requests,
    is_shared: bool,
    /// The look of the step in hand, once its walk is over.
    probe: Option<Box<GradientProbe<B>>>,
    watched: WatchedGradients<B>,
}

impl<B: Backend> Trainer<B> {
    /// A trainer at step 0. `spare` is a second set of the same parameters, in which the last good
    /// weights are kept.
    #[must_use]
    pub fn new(
        backend: &B,
        config: TrainerConfig,
        (tape, points): (Tape<B>, ProbePoints),
        parameters: Parameters<B>,
        mut spare: Parameters<B>,
    ) -> Self {
        spare.copy_from(&parameters);
        let optimizer = |parameters: &Parameters<B>| Optimizer::new(backend.clone(), config.rule, parameters);
        let progress = Progress::default();
        let ledger = StepLedger::new(backend.clone(), &parameters);
        let flights = Flights::new(backend, ledger.entries());
        Self {
            backend: backend.clone(),
            config,
            tape,
            points,
            optimizer: optimizer(&parameters),
            good: LastGood { optimizer: optimizer(&parameters), parameters: spare, progress },
            parameters,
            plateau: PlateauState::default(),
            phase: Phase::Idle,
            progress,
            accumulation: Accumulation::default(),
            ledger,
            flights,
            norms: StepNorms::default(),
            requests: Requests::default(),
            is_shared: false,
            probe: None,
            watched: WatchedGradients::default(),
        }
    }

    /// Steps taken.
    #[must_use]
    pub fn step(&self) -> u32 {
        self.progress.step
    }

    /// Whether no pass is half done, so that the inputs of the next may be written: those of a step, or
    /// of the step's next micro-batch.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    /// The tape, to write inputs and to look at activations.
    pub fn tape_mut(&mut self) -> &mut Tape<B> {
        &mut self.tape
    }

    /// The tape, to look at activations.
    #[must_use]
    pub fn tape(&self) -> &Tape<B> {
        &self.tape
    }

    /// Goes on with another tape of the same model, such as one over more or fewer sequences.
    ///
    /// # Errors
    /// If a step is half done.
    pub fn replace_tape(&mut self, tape: Tape<B>, points: ProbePoints) -> Result<(), ComputeError> {
        self.check_between_steps()?;
        (self.tape, self.points) = (tape, points);
        self.watched = WatchedGradients::default();
        Ok(())
    }

    /// The weights.
    #[must_use]
    pub fn parameters(&self) -> &Parameters<B> {
        &self.parameters
    }

    /// The weights, for another tape of the same model to run with.
    pub fn parameters_mut(&mut self) -> &mut Parameters<B> {
        &mut self.parameters
    }

    /// The weights that last gave a finite loss: between two steps, those that the last step read its
    /// sequences with, before their update.
    #[must_use]
    pub fn last_good_parameters(&self) -> &Parameters<B> {
        &self.good.parameters
    }

    /// The norms of the last step that was taken.
    #[must_use]
    pub fn norms(&self) -> &StepNorms {
        &self.norms
    }

    /// The step size of the next step, as schedule and warm-up make it.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        let TrainerConfig { learning_rate, schedule, warmup, .. } = self.config;
        schedule.learning_rate(learning_rate, warmup, self.progress.step, &self.plateau)
    }

    /// Changes how the trainer learns, from the next update on; the number of micro-batches from the
    /// next step on. An update rule of another kind is not taken, nor what comes with it.
    pub fn set_config(&mut self, config: TrainerConfig) {
        if self.optimizer.set_rule(config.rule) {
            self.good.optimizer.set_rule(config.rule);
            self.config = config;
        }
    }

    /// Tells the schedule a held-out loss, which may reduce the learning rate.
    pub fn observe(&mut self, loss: f64) {
        let TrainerConfig { schedule, warmup, .. } = self.config;
        schedule.observe(loss, warmup, self.progress.step, &mut self.plateau);
    }

    /// Asks for a [`GradientLook`](crate::GradientLook) with the next step.
    pub fn request_look(&mut self) {
        self.requests.look = true;
    }

    /// Asks for [`UpdateNorms`] with the next step.
    pub fn request_update_norms(&mut self) {
        self.requests.update_norms = true;
    }

    /// Works on the current step until it is done or `should_yield` says to stop; asked after each
    /// part. The inputs must have been written. Returns the outcome of the oldest step that is begun in full,
    /// once it is known, and nothing if there is more to do, the next inputs are to be written
    /// ([`Trainer::is_idle`]), the shares of others are to come ([`Trainer::is_waiting`]), or as many steps as
    /// may be are in flight ([`Trainer::is_full`]).
    ///
    /// # Errors
    /// If the loss or its gradient is not finite.
    pub fn advance(
        &mut self,
        should_yield: &mut dyn FnMut() -> bool,
    ) -> Option<Result<StepOutcome, Divergence>> {
        loop {
            if self.is_idle() && self.flights.is_full() {
                return self.land();
            }
            if let Some(divergence) = self.advance_part() {
                return Some(Err(divergence));
            }
            if self.is_idle() {
                return self.land();
            }
            if self.is_waiting() || should_yield() {
                return None;
            }
        }
    }

    fn advance_part(&mut self) -> Option<Divergence> {
        match &mut self.phase {
            Phase::Idle => self.begin_forward(),
            Phase::Forward(pass) => {
                if self.tape.advance(pass, &mut self.parameters) {
                    self.tape.enter(self.points.loss, self.accumulation.share(), self.ledger.loss_mut());
                    let loss = self.ledger.known_loss();
                    if loss.is_none_or(f64::is_finite) {
                        self.begin_backward();
                    } else if self.is_shared {
                        self.parameters.zero_gradients();
                        self.phase = Phase::Waiting;
                    } else {
                        let failed = self.progress.step.saturating_add(1);
                        return Some(self.restore(failed, loss.unwrap_or(f64::NAN), None));
                    }
                }
            }
            Phase::Backward(pass) => {
                if self.tape.advance(pass, &mut self.parameters) {
                    if std::mem::take(&mut self.requests.look) {
                        self.begin_look();
                    } else {
                        self.end_micro_batch();
                    }
                }
            }
            Phase::Look(probe) => {
                if probe.advance(&mut self.tape, &mut self.parameters) {
                    let looked = std::mem::replace(&mut self.phase, Phase::Idle);
                    if let Phase::Look(probe) = looked {
                        self.probe = Some(probe);
                    }
                    self.end_micro_batch();
                }
            }
            Phase::Waiting => {}
            Phase::Update => self.update(),
        }
        None
    }

    fn begin_forward(&mut self) {
        if self.accumulation.is_first() {
            self.accumulation = Accumulation::new(self.config.micro_batches);
            self.ledger.set_loss(0.0);
        }
        self.tape.set_mode(Mode::Training { seed: self.config.seed, step: self.progress.passes });
        self.progress.passes = self.progress.passes.wrapping_add(1);
        self.phase = Phase::Forward(Pass::forward());
    }

    fn begin_backward(&mut self) {
        if self.accumulation.is_last() && !self.is_shared {
            self.keep_as_good();
        }
        if self.accumulation.is_first() {
            self.parameters.zero_gradients();
        }
        self.tape.zero_gradients();
        self.seed_gradient();
        self.phase = Phase::Backward(Pass::backward(GradientScope::Everything));
    }

    /// The weights that give a finite loss are good.
    fn keep_as_good(&mut self) {
        let judged = self.ledger.loss();
        self.good.parameters.copy_if_finite(judged, &self.parameters);
        self.good.optimizer.copy_memory_if_finite(judged, &self.optimizer);
        if self.ledger.known_loss().is_some_and(f64::is_finite) {
            self.good.set_mark(self.mark_before());
        }
    }

    /// Where the run stood before the step in hand.
    fn mark_before(&self) -> Mark {
        let passes = self.progress.passes.wrapping_sub(self.accumulation.passes());
        Mark { progress: Progress { passes, ..self.progress }, updates: self.optimizer.step() }
    }

    fn begin_look(&mut self) {
        self.watched.request(&self.tape);
        let probe = GradientProbe::begin(self.points.clone(), &mut self.tape);
        // Both walks of a look start from this micro-batch's share of the loss.
        self.seed_gradient();
        self.phase = Phase::Look(Box::new(probe));
    }

    fn seed_gradient(&mut self) {
        self.tape.set_gradient(self.points.loss, &[B::Elem::from_f64(self.accumulation.share())]);
    }

    fn end_micro_batch(&mut self) {
        if self.accumulation.is_last() {
            self.phase = if self.is_shared { Phase::Waiting } else { Phase::Update };
        } else {
            self.accumulation.go_on();
            self.phase = Phase::Idle;
        }
    }

    fn update(&mut self) {
        let TrainerConfig { clip_value, clip_norm, .. } = self.config;
        let (before, learning_rate) = (self.mark_before(), self.learning_rate());
        let has_update_norms = std::mem::take(&mut self.requests.update_norms);
        self.ledger.clip(&mut self.parameters, (clip_value, clip_norm));
        if !self.ledger.has_diverged() {
            self.optimizer.update(learning_rate, &mut self.parameters);
            if has_update_norms {
                self.ledger.enter_update(&self.good.parameters, &self.parameters);
            }
        }
        self.progress.step = self.progress.step.saturating_add(1);
        self.end_step();
        let (step, probe) = (self.progress.step, self.probe.take());
        let departure = Departure { before, step, learning_rate, has_update_norms, probe };
        self.flights.depart(&self.backend, self.ledger.ledger(), departure);
    }

    /// Puts back the weights that last gave a finite loss, after somebody else has found that the
    /// present ones do not: the update of the last step was too large.
    pub fn retreat(&mut self) -> Divergence {
        self.restore(self.progress.step.saturating_add(1), f64::NAN, None)
    }

    /// Takes back step `failed` and all that is in flight behind it.
    fn restore(&mut self, failed: u32, loss: f64, grad_norm: Option<f64>) -> Divergence {
        self.parameters.copy_from(&self.good.parameters);
        self.optimizer.copy_from(&self.good.optimizer);
        self.progress = self.good.progress;
        self.tape.forget_passes();
        self.flights.clear();
        self.end_step();
        self.probe = None;
        self.watched.forget();
        Divergence { step: failed, loss, grad_norm }
    }

    fn end_step(&mut self) {
        self.accumulation = Accumulation::default();
        self.phase = Phase::Idle;
    }
}
