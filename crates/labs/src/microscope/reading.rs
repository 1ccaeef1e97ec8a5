//! What is shown of one cell.
//!
//! Of the chosen unit, each gate's pre-activation is taken apart, in double precision from the network's own
//! numbers: row u of each gate's block of H rows,
//!
//! 1. `a = W_ih[u] · x + b_ih[u] + W_hh[u] · h₋ + b_hh[u]`;
//! 2. of the GRU's candidate, `a_n = W_in[u] · x + b_in[u] + r ⊙ (W_hn[u] · h₋ + b_hn[u])`.
//!
//! The gates and states beside them are those that the network computed.

use super::course::{Course, LayerCourse};
use super::{Microscope, Network, Subject};
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{CellKind, StepValues};
use rnn_compute::ops::LayerWeights;
use rnn_compute::{ParameterId, Real};
use rnn_protocol::{
    CellForm, CellLook, CellPlace, CellReading, CellVectors, GateReading, Quantity, Source, UnitReading,
    WeightNames, WeightReading,
};
use std::cmp::Ordering;

/// Products that are shown of each gate.
const PRODUCTS: usize = 8;

impl Microscope {
    /// The cell at `place`, of courses that are read.
    pub(super) fn look(&mut self, place: CellPlace) -> CellLook {
        let subject = self.subject.clone().unwrap_or_default();
        let (layer, unit) = (place.layer as usize, place.unit as usize);
        self.edits.restore(&mut self.network.parameters);
        let as_is = self.network.read(&self.as_is, &subject.ids, place);
        let edited = (!self.edits.are_none()).then(|| {
            self.edits.displace(&mut self.network.parameters);
            let ids = self.edited_ids(&subject);
            let reading = self.network.read(&self.edited, &ids, place);
            self.edits.restore(&mut self.network.parameters);
            reading
        });
        let consequence = edited.is_some().then(|| self.consequence(place));
        let weights = self.network.parts.layers[layer].weights();
        CellLook {
            step: subject.step,
            weights_step: subject.weights_step,
            place,
            form: form(self.network.cell()),
            layers: self.network.parts.layers.len() as u32,
            steps: self.as_is.steps() as u32,
            units: weights.hidden as u32,
            inputs: weights.inputs as u32,
            weights: self.network.names(weights),
            as_is,
            edited,
            course: self.as_is.layers[layer].course_of(unit),
            consequence,
        }
    }

    fn edited_ids(&self, subject: &Subject) -> Vec<u16> {
        let ids = subject.ids.iter().enumerate();
        ids.map(|(step, &id)| self.edits.symbol(step).unwrap_or(id)).collect()
    }
}

impl Network {
    fn names(&self, weights: LayerWeights) -> WeightNames {
        let name = |id: ParameterId| self.parameters.name(id).to_owned();
        WeightNames {
            input: name(weights.input),
            recurrent: name(weights.recurrent),
            input_bias: name(weights.input_bias),
            recurrent_bias: name(weights.recurrent_bias),
        }
    }

    /// Reads one cell. The weights must be those of the course.
    fn read(&self, course: &Course, ids: &[u16], place: CellPlace) -> CellReading {
        let (layer, step) = (place.layer as usize, place.step as usize);
        let course = &course.layers[layer];
        let symbol = ids.get(step).and_then(|&id| self.symbols.get(usize::from(id)));
        CellReading {
            symbol: symbol.cloned().unwrap_or_default(),
            unit: self.read_unit(course, place),
            vectors: vectors(course, step),
        }
    }

    fn read_unit(&self, course: &LayerCourse, place: CellPlace) -> UnitReading {
        let (step, unit) = (place.step as usize, place.unit as usize);
        let (before, after) = (course.before(step), course.after(step));
        let values = &course.steps[step];
        let gates = self.read_gates(values, &before.hidden, place);
        let gate = |index: usize| gates.get(index).map_or(0.0, |gate| f64::from(gate.value));
        let hidden_before = before.hidden[unit];
        let hidden = values.hidden[unit];
        let cells_before = before.cells.as_ref().map(|cells| cells[unit]);
        let cells = values.cells.as_ref().map(|cells| cells[unit]);
        let (kept, written) = match self.cell() {
            CellKind::Lstm => (gate(1) * f64::from(cells_before.unwrap_or(0.0)), gate(0) * gate(2)),
            CellKind::Gru => (gate(1) * f64::from(hidden_before), (1.0 - gate(1)) * gate(2)),
            CellKind::Elman(_) => (0.0, f64::from(hidden)),
        };
        UnitReading {
            hidden_before,
            cells_before,
            gates,
            kept,
            written,
            squashed: cells.map(|cells| Real::tanh(f64::from(cells))),
            cells,
            hidden,
            handed_on: after.hidden[unit],
        }
    }

    fn read_gates(&self, values: &StepValues<f32>, before: &[f32], place: CellPlace) -> Vec<GateReading> {
        let weights = self.parts.layers[place.layer as usize].weights();
        let mut readings: Vec<GateReading> = Vec::new();
        for (block, &gate) in form(self.cell()).gates().iter().enumerate() {
            let row = block * weights.hidden + place.unit as usize;
            let row_of = |id: ParameterId, width: usize| &self.parameters.value(id)[row * width..][..width];
            let inputs = row_of(weights.input, weights.inputs);
            let states = row_of(weights.recurrent, weights.hidden);
            let input_bias = self.parameters.value(weights.input_bias)[row];
            let recurrent_bias = self.parameters.value(weights.recurrent_bias)[row];
            let input_product = dot(inputs, &values.input);
            let recurrent_product = dot(states, before);
            let input_share = input_product + f64::from(input_bias);
            let recurrent_share = recurrent_product + f64::from(recurrent_bias);
            let reset = readings.first().map(|reset| f64::from(reset.value));
            let pre_activation = match (self.cell(), gate, reset) {
                (CellKind::Gru, Quantity::Candidate, Some(reset)) => input_share + reset * recurrent_share, // (2)
                _ => input_share + recurrent_share, // (1)
            };
            readings.push(GateReading {
                gate,
                row: row as u32,
                input_product,
                input_bias,
                recurrent_product,
                recurrent_bias,
                pre_activation,
                value: values.gates[row],
                products: largest_products((inputs, &values.input), (states, before)),
            });
        }
        readings
    }
}

fn form(cell: CellKind) -> CellForm {
    match cell {
        CellKind::Elman(Nonlinearity::Tanh) => CellForm::ElmanTanh,
        CellKind::Elman(Nonlinearity::Relu) => CellForm::ElmanRelu,
        CellKind::Lstm => CellForm::Lstm,
        CellKind::Gru => CellForm::Gru,
    }
}

fn vectors(course: &LayerCourse, step: usize) -> CellVectors {
    let (before, values) = (course.before(step), &course.steps[step]);
    CellVectors {
        input: values.input.clone(),
        hidden_before: before.hidden.clone(),
        cells_before: before.cells.clone(),
        gates: values.gates.chunks(values.hidden.len().max(1)).map(<[f32]>::to_vec).collect(),
        cells: values.cells.clone(),
        hidden: values.hidden.clone(),
    }
}

fn dot(weights: &[f32], values: &[f32]) -> f64 {
    weights.iter().zip(values).map(|(&weight, &value)| f64::from(weight) * f64::from(value)).sum()
}

/// The largest products of both shares, the largest first; of equal ones, the first.
fn largest_products(inputs: (&[f32], &[f32]), states: (&[f32], &[f32])) -> Vec<WeightReading> {
    let share = |(weights, values): (&[f32], &[f32]), source: Source| {
        let readings = weights.iter().zip(values).enumerate();
        readings
            .map(|(index, (&weight, &value))| WeightReading { source, index: index as u32, weight, value })
            .collect::<Vec<_>>()
    };
    let mut all = share(inputs, Source::Input);
    all.extend(share(states, Source::State));
    let size = |reading: &WeightReading| (reading.weight * reading.value).abs();
    let by_size = |one: &WeightReading, other: &WeightReading| {
        size(other).partial_cmp(&size(one)).unwrap_or(Ordering::Equal)
    };
    all.sort_by(by_size);
    all.truncate(PRODUCTS);
    all
}
