//! One reading of the sequence: every number of every cell.

use super::edits::Edits;
use super::{Network, Subject};
use rnn_compute::models::StepValues;
use rnn_compute::{ComputeError, Real};

/// The sequence, as far as it is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    /// Of each layer.
    pub(super) layers: Vec<LayerCourse>,
    /// The probabilities of the next symbol, `[V]` a time step.
    probabilities: Vec<Vec<f32>>,
}

/// One layer's part.
#[derive(Debug, Clone, Default)]
pub(super) struct LayerCourse {
    /// What the cell read and computed, one a time step.
    pub(super) steps: Vec<StepValues<f32>>,
    /// The state before the first time step and after each, as it is handed on.
    states: Vec<State>,
}

/// What a cell hands to the next time step.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct State {
    /// h, which the layer above reads, too.
    pub(super) hidden: Vec<f32>,
    /// c, LSTM only.
    pub(super) cells: Option<Vec<f32>>,
}

impl Course {
    /// Time steps read.
    pub(super) fn steps(&self) -> usize {
        self.probabilities.len()
    }

    /// Forgets what was read.
    pub(super) fn clear(&mut self) {
        self.layers.clear();
        self.probabilities.clear();
    }

    /// Reads the next symbol. The weights that are changed by hand must be in place.
    ///
    /// # Errors
    /// If the sequence or its state is not one of this network.
    pub(super) fn take_step(
        &mut self,
        network: &mut Network,
        subject: &Subject,
        edits: &Edits,
    ) -> Result<(), ComputeError> {
        let step = self.steps();
        if step == 0 {
            self.layers = begin(subject, edits);
        }
        let Network { parts, parameters, .. } = network;
        let id = edits.symbol(step).unwrap_or(subject.ids[step]);
        let (table, shape) = parts.embedding;
        let (vocabulary, width) = (shape.rows(), shape.width());
        let row = parameters.value(table).get(usize::from(id) * width..).and_then(|rows| rows.get(..width));
        let what = "symbol";
        let found = u32::from(id);
        let row = row.ok_or(ComputeError::Index { what, size: vocabulary, found })?;
        let mut handed_up = row.to_vec();
        edits.change_input(step, &mut handed_up);
        for (layer_idx, (layer, course)) in parts.layers.iter_mut().zip(&mut self.layers).enumerate() {
            let before = course.before(step);
            let values = layer.step(&handed_up, (&before.hidden, before.cells.as_deref()), parameters)?;
            let mut state = State { hidden: values.hidden.clone(), cells: values.cells.clone() };
            edits.change_state(layer_idx, Some(step), &mut state);
            handed_up.clone_from(&state.hidden);
            course.steps.push(values);
            course.states.push(state);
        }
        let scores = parts.score(&handed_up, parameters)?;
        self.probabilities.push(softmax(&scores));
        Ok(())
    }

    /// The probabilities of the symbol that follows a time step, `[V]`.
    pub(super) fn probabilities(&self, step: usize) -> &[f32] {
        &self.probabilities[step]
    }
}

impl LayerCourse {
    /// The state that a time step began with.
    pub(super) fn before(&self, step: usize) -> &State {
        &self.states[step]
    }

    /// The state that a time step handed on.
    pub(super) fn after(&self, step: usize) -> &State {
        &self.states[step + 1]
    }

    /// A unit's hidden state after each time step.
    pub(super) fn course_of(&self, unit: usize) -> Vec<f32> {
        self.states.iter().skip(1).map(|state| state.hidden[unit]).collect()
    }
}

fn begin(subject: &Subject, edits: &Edits) -> Vec<LayerCourse> {
    let layer = |(layer, (hidden, cells)): (usize, &(Vec<f32>, Option<Vec<f32>>))| {
        let mut state = State { hidden: hidden.clone(), cells: cells.clone() };
        edits.change_state(layer, None, &mut state);
        LayerCourse { steps: Vec::new(), states: vec![state] }
    };
    subject.initial.iter().enumerate().map(layer).collect()
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = scores.iter().map(|&score| Real::exp(f64::from(score - largest))).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| (power / sum) as f32).collect()
}
