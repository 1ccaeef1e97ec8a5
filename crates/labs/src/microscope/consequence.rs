//! What changes by hand lead to: two courses compared.

use super::Microscope;
use rnn_protocol::{CellPlace, Consequence, SymbolChange};

/// Symbols that are named.
const SYMBOLS: usize = 6;

impl Microscope {
    /// Compares the courses, of which both must be read.
    pub(super) fn consequence(&self, place: CellPlace) -> Consequence {
        let (as_is, edited) = (&self.as_is, &self.edited);
        let steps = 0..edited.steps();
        let layers = as_is.layers.iter().zip(&edited.layers);
        let distances = layers.map(|(as_is, edited)| {
            steps
                .clone()
                .map(|step| distance(&as_is.after(step).hidden, &edited.after(step).hidden))
                .collect()
        });
        let moved: Vec<f32> =
            steps.clone().map(|step| moved(as_is.probabilities(step), edited.probabilities(step))).collect();
        let most = |best: usize, step: usize| if moved[step] > moved[best] { step } else { best };
        let most_moved = steps.clone().fold(0, most);
        Consequence {
            course: edited.layers[place.layer as usize].course_of(place.unit as usize),
            distances: distances.collect(),
            most_moved_step: most_moved as u32,
            symbols: self.changes(most_moved),
            moved,
        }
    }

    /// The symbols whose probability changed the most after a time step.
    fn changes(&self, step: usize) -> Vec<SymbolChange> {
        let (as_is, edited) = (self.as_is.probabilities(step), self.edited.probabilities(step));
        let mut order: Vec<usize> = (0..as_is.len()).collect();
        let change = |id: usize| (edited[id] - as_is[id]).abs();
        order.sort_by(|&one, &other| change(other).total_cmp(&change(one)));
        let named = order.into_iter().take(SYMBOLS).filter_map(|id| {
            let symbol = self.network.symbols.get(id)?.clone();
            Some(SymbolChange { symbol, as_is: as_is[id], edited: edited[id] })
        });
        named.collect()
    }
}

/// ‖other − one‖.
fn distance(one: &[f32], other: &[f32]) -> f32 {
    let squares = one.iter().zip(other).map(|(one, other)| f64::from(other - one) * f64::from(other - one));
    rnn_compute::Real::sqrt(squares.sum::<f64>()) as f32
}

/// ½ Σ |p′ − p|.
fn moved(one: &[f32], other: &[f32]) -> f32 {
    let sum: f64 = one.iter().zip(other).map(|(one, other)| f64::from((other - one).abs())).sum();
    (sum / 2.0) as f32
}
