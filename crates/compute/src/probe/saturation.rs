//! Gates at their limits, and units that are dead.
//!
//! A gate near its limit hardly changes with its pre-activation, and hardly any gradient goes through it
//! (Karpathy, Johnson and Li, "Visualizing and Understanding Recurrent Networks", 2016, whose diagrams
//! count gates left of 0.1 and right of 0.9).

use super::{LayerActivations, gate_names};
use crate::Real;
use crate::backend::Nonlinearity;
use crate::ops::CellKind;
use ndarray::s;

/// From where on a gate counts as saturated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SaturationBounds {
    /// A logistic gate below this is closed. 0.05, where its slope is 0.0475, a fifth of the steepest.
    pub closed: f64,
    /// A logistic gate above this is open. 0.95.
    pub open: f64,
    /// A tanh beyond ± this is saturated. 0.95, where its slope is 0.0975, a tenth of the steepest.
    pub tanh: f64,
}

impl Default for SaturationBounds {
    fn default() -> Self {
        Self { closed: 0.05, open: 0.95, tanh: 0.95 }
    }
}

/// How many of a gate's numbers, over all units, sequences and their steps, are saturated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateSaturation {
    /// Which gate, as in [`gate_names`].
    pub gate: &'static str,
    /// The share at the lower limit: closed, or near −1.
    pub low: f64,
    /// The share at the upper limit: open, or near 1.
    pub high: f64,
}

impl GateSaturation {
    /// The share at either limit.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.low + self.high
    }
}

/// What is saturated in one direction of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Saturation {
    /// Gate by gate; none for ReLU, which has no upper limit.
    pub gates: Vec<GateSaturation>,
    /// The share of units that are 0 at every step of every sequence and so receive no gradient; ReLU
    /// only.
    pub dead_units: Option<f64>,
}

impl Saturation {
    /// Measures what the steps of a layer of `cell`s computed. Numbers that are not numbers count as not
    /// saturated, and as alive.
    #[must_use]
    pub fn of<R: Real>(cell: CellKind, activations: &LayerActivations<R>, bounds: SaturationBounds) -> Self {
        if cell == CellKind::Elman(Nonlinearity::Relu) {
            return Self { gates: Vec::new(), dead_units: Some(dead_units(activations)) };
        }
        let measure = |(block, &gate)| {
            let is_tanh =
                matches!((cell, block), (CellKind::Elman(_), _) | (CellKind::Gru | CellKind::Lstm, 2));
            let limits = if is_tanh { [-bounds.tanh, bounds.tanh] } else { [bounds.closed, bounds.open] };
            let [low, high] = shares(activations, (block, cell.gates()), limits);
            GateSaturation { gate, low, high }
        };
        Self { gates: gate_names(cell).iter().enumerate().map(measure).collect(), dead_units: None }
    }
}

/// The shares of the numbers in block `block` of `blocks` that are below and above the limits.
fn shares<R: Real>(
    activations: &LayerActivations<R>,
    (block, blocks): (usize, usize),
    [low, high]: [f64; 2],
) -> [f64; 2] {
    let gates = &activations.gates;
    let size = gates.dim().2 / blocks.max(1);
    let (mut below, mut above, mut all) = (0_u64, 0_u64, 0_u64);
    for (sequence, &length) in activations.lengths.iter().enumerate() {
        for number in gates.slice(s![..length, sequence, block * size..(block + 1) * size]) {
            let number = number.to_f64();
            below += u64::from(number < low);
            above += u64::from(number > high);
            all += 1;
        }
    }
    [below, above].map(|count| count as f64 / all.max(1) as f64)
}

fn dead_units<R: Real>(activations: &LayerActivations<R>) -> f64 {
    let size = activations.hidden.dim().2;
    let is_dead = |&unit: &usize| {
        let mut sequences = activations.lengths.iter().enumerate();
        sequences.all(|(sequence, &length)| {
            activations.hidden.slice(s![..length, sequence, unit]).iter().all(|&number| number == R::ZERO)
        })
    };
    (0..size).filter(is_dead).count() as f64 / size.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, arr3};

    fn activations(gates: Array3<f32>, hidden: Array3<f32>) -> LayerActivations<f32> {
        LayerActivations { hidden, cells: None, gates, lengths: vec![2, 1] }
    }

    #[test]
    fn each_gate_is_counted_by_its_own_limits_up_to_the_sequences_ends() {
        // T = 2, B = 2, H = 1; the second sequence has one step.
        let gates = arr3(&[[[0.04, 0.06, -0.96], [0.96, 0.94, 0.94]], [[0.99, 0.01, 0.97], [0.0; 3]]]);
        let found = Saturation::of(
            CellKind::Gru,
            &activations(gates, Array3::zeros((2, 2, 1))),
            SaturationBounds::default(),
        );
        let third = 1.0 / 3.0;
        let gate = |gate, low, high| GateSaturation { gate, low, high };
        assert_eq!(
            found.gates,
            [gate("r", third, 2.0 * third), gate("z", third, 0.0), gate("n", third, third)]
        );
        assert_eq!((found.dead_units, found.gates[0].share()), (None, 1.0));
    }

    #[test]
    fn a_unit_is_dead_if_it_is_never_above_0() {
        // The last step of the second sequence is behind its end.
        let hidden = arr3(&[[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.5], [7.0, 7.0, 7.0]]]);
        let found = Saturation::of(
            CellKind::Elman(Nonlinearity::Relu),
            &activations(hidden.clone(), hidden),
            SaturationBounds::default(),
        );
        assert_eq!(found, Saturation { gates: Vec::new(), dead_units: Some(1.0 / 3.0) });
    }
}
