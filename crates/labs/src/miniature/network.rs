//! One miniature: a lab in training that is looked at a few times a second.

use super::MiniaturePlan;
use super::curve::Curve;
use crate::{Clock, Lab, LabData, LabError, LabOutput, Slice};
use rnn_protocol::{Experiment, LabKind, MiniatureLook, MiniatureNews, Quantity};

/// It is looked at this often: a look costs about a third of a step.
const LOOK_MILLIS: f64 = 200.0;
/// Writing takes at most this long at a time.
const WRITING_MILLIS: f64 = 4.0;

/// A miniature in training.
pub(super) struct Network {
    plan: MiniaturePlan,
    lab: Box<dyn Lab>,
    curve: Curve,
    held_out: Option<f32>,
    is_mid_step: bool,
    is_looking: bool,
    is_evaluating: bool,
    has_failed: bool,
    looked_millis: f64,
}

impl Network {
    /// Sets one up at step 0.
    ///
    /// # Errors
    /// If its experiment cannot be run on this data.
    pub(super) fn new(plan: MiniaturePlan, data: &LabData) -> Result<Self, LabError> {
        Ok(Self {
            lab: data.open(&plan.experiment)?,
            plan,
            curve: Curve::new(),
            held_out: None,
            is_mid_step: false,
            is_looking: false,
            is_evaluating: false,
            has_failed: false,
            looked_millis: f64::NEG_INFINITY,
        })
    }

    pub(super) fn kind(&self) -> LabKind {
        self.plan.experiment.lab
    }

    pub(super) fn begun(&self) -> MiniatureNews {
        let experiment: Box<Experiment> = Box::new(self.plan.experiment.clone());
        MiniatureNews::Begun { experiment, step_limit: self.plan.steps }
    }

    /// Whether it has steps left to take.
    pub(super) fn has_more(&self) -> bool {
        !self.has_failed && (self.lab.step() < self.plan.steps || self.is_evaluating)
    }

    /// Trains until the slice is over or there is something to tell.
    pub(super) fn advance(&mut self, clock: &dyn Clock, slice: &Slice<'_>) -> Option<MiniatureNews> {
        // At least one part of work, even if the slice was over before it began.
        while self.has_more() {
            let news =
                if self.is_evaluating { self.evaluate(clock, slice) } else { self.train(clock, slice) };
            if news.is_some() || slice.is_over() {
                return news;
            }
        }
        None
    }

    fn train(&mut self, clock: &dyn Clock, slice: &Slice<'_>) -> Option<MiniatureNews> {
        if !self.is_mid_step {
            self.is_mid_step = true;
            let is_last = self.lab.step() + 1 == self.plan.steps;
            self.is_looking = is_last || clock.now_millis() - self.looked_millis >= LOOK_MILLIS;
            if self.is_looking {
                self.looked_millis = clock.now_millis();
                self.lab.network_mut().request_look();
            }
        }
        let outcome = self.lab.train(slice)?;
        self.is_mid_step = false;
        match outcome {
            Ok(report) => {
                self.curve.push(report);
                let is_due = self.plan.evaluate_every.is_some_and(|every| report.step.is_multiple_of(every));
                if is_due {
                    self.lab.restart_evaluation();
                    self.is_evaluating = true;
                }
                // A reading of the same step is worth waiting for.
                (self.is_looking && !is_due).then(|| self.looked(clock))
            }
            Err(divergence) => {
                self.has_failed = true;
                let message = format!("its loss was no longer a number at step {}", divergence.step);
                Some(MiniatureNews::Failed { lab: self.kind(), message })
            }
        }
    }

    fn evaluate(&mut self, clock: &dyn Clock, slice: &Slice<'_>) -> Option<MiniatureNews> {
        self.held_out = Some(self.lab.evaluate(slice)?);
        self.is_evaluating = false;
        std::mem::take(&mut self.is_looking).then(|| self.looked(clock))
    }

    /// How it stands, after a step that was looked at.
    fn looked(&mut self, clock: &dyn Clock) -> MiniatureNews {
        let written = self.write(clock);
        let mut look = MiniatureLook {
            step: self.lab.step(),
            curve: self.curve.points(),
            held_out: self.held_out,
            written,
            ..MiniatureLook::default()
        };
        if let Some(snapshot) = self.lab.snapshot(Quantity::Hidden) {
            look.hidden = snapshot.unit_values(0).to_vec();
            look.units = snapshot.header.units;
            look.symbols = snapshot.header.symbols;
            look.answer = snapshot.header.answer;
        }
        MiniatureNews::Looked { lab: self.kind(), look: Box::new(look) }
    }

    /// Has it write a line with the weights as they are.
    fn write(&mut self, clock: &dyn Clock) -> Option<String> {
        let writes = self.kind().description().has_output;
        if !writes {
            return None;
        }
        self.lab.begin_output("", self.plan.written);
        match self.lab.write_output(self.plan.written, &Slice::new(clock, WRITING_MILLIS)) {
            Some(LabOutput::Text { piece, .. }) => Some(piece),
            _ => None,
        }
    }
}
