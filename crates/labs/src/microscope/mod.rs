//! A cell of the unrolled network under the microscope.
//!
//! A [`Microscope`] keeps the sequence of the last look inside, the state that it began from, and the weights
//! that read it. It reads the sequence once more, step by step on a network taken apart
//! ([`rnn_compute::models::Dissection`]), so that every number of every cell is at hand; and once again with
//! what was changed by hand. Training goes on beside it and is never touched.

mod consequence;
mod course;
mod edits;
mod reading;

use crate::{LabError, Slice};
use course::Course;
use edits::Edits;
use rnn_compute::models::{CellKind, Dissection, LanguageModel};
use rnn_compute::{ComputeError, Cpu, ParameterList, Parameters};
use rnn_protocol::{CellLook, CellPlace, Inspection, MAX_STEPS};
use std::sync::Arc;

/// A network taken apart, with a sequence to read.
pub struct Microscope {
    network: Network,
    subject: Option<Subject>,
    inspection: Option<Inspection>,
    edits: Edits,
    /// The sequence as it was read, once it is.
    as_is: Course,
    /// The sequence as it is read with the changes.
    edited: Course,
    stage: Stage,
}

/// What computes.
struct Network {
    parts: Dissection<Cpu>,
    /// Those that read the sequence.
    parameters: Parameters<Cpu>,
    symbols: Arc<[String]>,
}

/// What is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subject {
    /// The step in which it was read.
    pub step: u32,
    /// Steps taken when the weights were as they are handed over with it.
    pub weights_step: u32,
    /// The symbols.
    pub ids: Vec<u16>,
    /// The state of each layer before the first time step: h, and c of the LSTM.
    pub initial: Vec<(Vec<f32>, Option<Vec<f32>>)>,
}

/// What is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The courses are read as far as they are; the answer is due when they are whole.
    Reading,
    /// The answer was given.
    Answered,
}

impl Microscope {
    /// For networks of this kind, whose symbols bear these names.
    ///
    /// # Errors
    /// If the model could not be recorded.
    pub fn new(
        model: &LanguageModel,
        list: &ParameterList,
        symbols: Arc<[String]>,
    ) -> Result<Self, LabError> {
        let network =
            Network { parts: model.dissect(&Cpu)?, parameters: Parameters::new(Cpu, list), symbols };
        Ok(Self {
            network,
            subject: None,
            inspection: None,
            edits: Edits::default(),
            as_is: Course::default(),
            edited: Course::default(),
            stage: Stage::Answered,
        })
    }

    /// Numbers that a microscope would hold for windows of `steps` time steps.
    ///
    /// # Errors
    /// If the model could not be recorded.
    pub fn planned_numbers(
        model: &LanguageModel,
        list: &ParameterList,
        steps: usize,
    ) -> Result<u64, ComputeError> {
        let config = model.config();
        // x, h computed and handed on, c likewise, and the gates.
        let width = config.hidden.saturating_mul(5 + config.cell.gates()).saturating_add(config.embedding);
        let step = width.saturating_mul(config.layers).saturating_add(config.vocabulary) as u64;
        let courses = step.saturating_mul(2 * steps.min(MAX_STEPS) as u64);
        // Parameters hold a gradient each.
        let weights = list.count().saturating_mul(2);
        Ok(model.dissection_numbers::<Cpu>()?.saturating_add(courses).saturating_add(weights))
    }

    /// Takes over the sequence of a look, with the weights that read it. While a sequence is being read, that
    /// one is finished first, and this one is left out: of a network that reads slowly, something is seen, too.
    pub fn show(&mut self, mut subject: Subject, parameters: &Parameters<Cpu>) {
        if self.has_work() && self.as_is.steps() > 0 {
            return;
        }
        subject.ids.truncate(MAX_STEPS);
        self.network.parameters.copy_from(parameters);
        self.edits.forget_displaced();
        self.subject = Some(subject);
        self.as_is.clear();
        self.edited.clear();
        self.stage = Stage::Reading;
    }

    /// Sets what is to be looked at.
    ///
    /// # Errors
    /// If a change by hand cannot be made; the sentence says why. What was looked at before stays.
    pub fn inspect(&mut self, inspection: Option<&Inspection>) -> Result<(), String> {
        let edits = inspection.map_or(&[][..], |inspection| &inspection.edits);
        if !self.edits.are(edits) {
            let checked = Edits::check(edits, &self.network)?;
            self.edits.restore(&mut self.network.parameters);
            self.edits = checked;
            self.edited.clear();
        }
        self.inspection = inspection.cloned();
        self.stage = Stage::Reading;
        Ok(())
    }

    /// Whether a cell is to be shown that has not been yet.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.stage == Stage::Reading && self.inspection.is_some() && self.subject.is_some()
    }

    /// Reads on. Returns the cell once all is read; takes at least one time step.
    pub fn advance(&mut self, slice: &Slice<'_>) -> Option<CellLook> {
        if !self.has_work() {
            return None;
        }
        let Self { network, subject, inspection, edits, as_is, edited, stage } = self;
        let (subject, place) = (subject.as_ref()?, inspection.as_ref()?.place);
        let steps = subject.ids.len();
        while as_is.steps() < steps || (!edits.are_none() && edited.steps() < steps) {
            let outcome = if as_is.steps() < steps {
                edits.restore(&mut network.parameters);
                as_is.take_step(network, subject, &Edits::default())
            } else {
                edits.displace(&mut network.parameters);
                edited.take_step(network, subject, edits)
            };
            if outcome.is_err() {
                // Sequence, state and network come from one look, so that they fit.
                debug_assert!(false, "{outcome:?}");
                *stage = Stage::Answered;
                return None;
            }
            if slice.is_over() {
                break;
            }
        }
        let is_read = as_is.steps() == steps && (edits.are_none() || edited.steps() == steps);
        if !is_read {
            return None;
        }
        *stage = Stage::Answered;
        let nearest = self.nearest(place)?;
        Some(self.look(nearest))
    }

    /// The cell itself, or the nearest that there is.
    fn nearest(&self, place: CellPlace) -> Option<CellPlace> {
        let last = |count: usize| u32::try_from(count).ok()?.checked_sub(1);
        let layer = self.network.parts.layers.last()?;
        Some(CellPlace {
            layer: place.layer.min(last(self.network.parts.layers.len())?),
            step: place.step.min(last(self.as_is.steps())?),
            unit: place.unit.min(last(layer.weights().hidden)?),
        })
    }
}

impl Network {
    /// V.
    fn vocabulary(&self) -> usize {
        self.parts.embedding.1.rows()
    }

    /// E.
    fn embedding_width(&self) -> usize {
        self.parts.embedding.1.width()
    }

    /// H.
    fn hidden(&self) -> usize {
        self.parts.layers.first().map_or(0, |layer| layer.weights().hidden)
    }

    fn cell(&self) -> CellKind {
        self.parts.layers.first().map_or(CellKind::ELMAN, |layer| layer.cell())
    }
}
