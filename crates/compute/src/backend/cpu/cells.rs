//! The recurrent cells, four units at a time.
//!
//! One pass over a step computes all gates and the state, so that each number is loaded and stored
//! once. The equations are those of the ops of the same name, in the order of the scalar reference.

use super::Cpu;
use super::activation::{sigmoid, tanh};
use super::lanes::{load, parts, parts_mut, steps, store};
use crate::backend::{CellStep, Cells};
use wide::f32x4;

/// Slot `step` of a `[T, B, width]` buffer.
fn slot(buffer: &[f32], at: CellStep, step: usize, width: usize) -> &[f32] {
    &buffer[step * at.batch * width..][..at.batch * width]
}

/// Slot `step` of a `[T, B, width]` buffer, to be written.
fn slot_mut(buffer: &mut [f32], at: CellStep, step: usize, width: usize) -> &mut [f32] {
    &mut buffer[step * at.batch * width..][..at.batch * width]
}

/// Slots t and t+1 of a state buffer, to be written.
fn states_mut(buffer: &mut [f32], at: CellStep) -> [&mut [f32]; 2] {
    let size = at.batch * at.hidden;
    parts_mut(&mut buffer[at.step * size..], size)
}

/// The part of one sequence in a slot.
#[inline(always)]
fn row(slot: &[f32], sequence: usize, width: usize) -> &[f32] {
    &slot[sequence * width..][..width]
}

/// The part of one sequence in a slot, to be written.
#[inline(always)]
fn row_mut(slot: &mut [f32], sequence: usize, width: usize) -> &mut [f32] {
    &mut slot[sequence * width..][..width]
}

impl Cells for Cpu {
    fn elman_forward(&self, at: CellStep, gates: &mut Vec<f32>, hidden: &mut Vec<f32>) {
        let gates = slot_mut(gates, at, at.step, at.hidden);
        let next = slot_mut(hidden, at, at.step + 1, at.hidden);
        for u in steps(at.batch * at.hidden) {
            let h = tanh(load(gates, u));
            store(h, gates, u);
            store(h, next, u);
        }
    }

    fn elman_backward(&self, at: CellStep, gates: &Vec<f32>, d_hidden: &Vec<f32>, d_gates: &mut Vec<f32>) {
        let gates = slot(gates, at, at.step, at.hidden);
        let d_next = slot(d_hidden, at, at.step + 1, at.hidden);
        let d_gates = slot_mut(d_gates, at, at.step, at.hidden);
        for u in steps(at.batch * at.hidden) {
            store(load(d_next, u) * tanh_slope(load(gates, u)), d_gates, u);
        }
    }

    fn lstm_forward(&self, at: CellStep, gates: &mut Vec<f32>, cells: &mut Vec<f32>, hidden: &mut Vec<f32>) {
        let units = at.hidden;
        let gates = slot_mut(gates, at, at.step, 4 * units);
        let [previous, next] = states_mut(cells, at);
        let hidden = slot_mut(hidden, at, at.step + 1, units);
        for b in 0..at.batch {
            let gates: [&mut [f32]; 4] = parts_mut(row_mut(gates, b, 4 * units), units);
            let (previous, next) = (row(previous, b, units), row_mut(next, b, units));
            let hidden = row_mut(hidden, b, units);
            for u in steps(units) {
                let i = sigmoid(load(gates[0], u));
                let f = sigmoid(load(gates[1], u));
                let g = tanh(load(gates[2], u));
                let o = sigmoid(load(gates[3], u));
                let c = f * load(previous, u) + i * g;
                store(i, gates[0], u);
                store(f, gates[1], u);
                store(g, gates[2], u);
                store(o, gates[3], u);
                store(c, next, u);
                store(o * tanh(c), hidden, u);
            }
        }
    }

    fn lstm_backward(
        &self,
        at: CellStep,
        gates: &Vec<f32>,
        cells: &Vec<f32>,
        d_hidden: &Vec<f32>,
        d_cells: &mut Vec<f32>,
        d_gates: &mut Vec<f32>,
    ) {
        let units = at.hidden;
        let gates = slot(gates, at, at.step, 4 * units);
        let [previous, next] = [at.step, at.step + 1].map(|step| slot(cells, at, step, units));
        let d_hidden = slot(d_hidden, at, at.step + 1, units);
        let [d_previous, d_next] = states_mut(d_cells, at);
        let d_gates = slot_mut(d_gates, at, at.step, 4 * units);
        for b in 0..at.batch {
            let gates: [&[f32]; 4] = parts(row(gates, b, 4 * units), units);
            let [previous, next, d_hidden] = [previous, next, d_hidden].map(|slot| row(slot, b, units));
            let (d_previous, d_next) = (row_mut(d_previous, b, units), row_mut(d_next, b, units));
            let d_gates: [&mut [f32]; 4] = parts_mut(row_mut(d_gates, b, 4 * units), units);
            for u in steps(units) {
                let [i, f, g, o] = gates.map(|gate| load(gate, u));
                let squashed = tanh(load(next, u));
                let d_h = load(d_hidden, u);
                let d_c = load(d_next, u) + d_h * o * tanh_slope(squashed);
                store(d_c, d_next, u);
                store(load(d_previous, u) + d_c * f, d_previous, u);
                store(d_c * g * sigmoid_slope(i), d_gates[0], u);
                store(d_c * load(previous, u) * sigmoid_slope(f), d_gates[1], u);
                store(d_c * i * tanh_slope(g), d_gates[2], u);
                store(d_h * squashed * sigmoid_slope(o), d_gates[3], u);
            }
        }
    }

    fn gru_forward(&self, at: CellStep, gates: &mut Vec<f32>, recurrent: &Vec<f32>, hidden: &mut Vec<f32>) {
        let units = at.hidden;
        let gates = slot_mut(gates, at, at.step, 3 * units);
        let recurrent = slot(recurrent, at, at.step, 3 * units);
        let [previous, next] = states_mut(hidden, at);
        for b in 0..at.batch {
            let gates: [&mut [f32]; 3] = parts_mut(row_mut(gates, b, 3 * units), units);
            let recurrent: [&[f32]; 3] = parts(row(recurrent, b, 3 * units), units);
            let (previous, next) = (row(previous, b, units), row_mut(next, b, units));
            for u in steps(units) {
                let r = sigmoid(load(gates[0], u) + load(recurrent[0], u));
                let z = sigmoid(load(gates[1], u) + load(recurrent[1], u));
                let n = tanh(load(gates[2], u) + r * load(recurrent[2], u));
                store(r, gates[0], u);
                store(z, gates[1], u);
                store(n, gates[2], u);
                store((f32x4::splat(1.0) - z) * n + z * load(previous, u), next, u);
            }
        }
    }

    fn gru_backward(
        &self,
        at: CellStep,
        gates: &Vec<f32>,
        recurrent: &Vec<f32>,
        hidden: &Vec<f32>,
        d_hidden: &mut Vec<f32>,
        d_gates: &mut Vec<f32>,
        d_recurrent: &mut Vec<f32>,
    ) {
        let units = at.hidden;
        let gates = slot(gates, at, at.step, 3 * units);
        let recurrent = slot(recurrent, at, at.step, 3 * units);
        let previous = slot(hidden, at, at.step, units);
        let [d_previous, d_next] = states_mut(d_hidden, at);
        let d_gates = slot_mut(d_gates, at, at.step, 3 * units);
        let d_recurrent = slot_mut(d_recurrent, at, at.step, 3 * units);
        for b in 0..at.batch {
            let gates: [&[f32]; 3] = parts(row(gates, b, 3 * units), units);
            let recurrent: [&[f32]; 3] = parts(row(recurrent, b, 3 * units), units);
            let (previous, d_next) = (row(previous, b, units), row(d_next, b, units));
            let d_previous = row_mut(d_previous, b, units);
            let d_gates: [&mut [f32]; 3] = parts_mut(row_mut(d_gates, b, 3 * units), units);
            let d_recurrent: [&mut [f32]; 3] = parts_mut(row_mut(d_recurrent, b, 3 * units), units);
            for u in steps(units) {
                let [r, z, n] = gates.map(|gate| load(gate, u));
                let d_h = load(d_next, u);
                let d_n = d_h * (f32x4::splat(1.0) - z) * tanh_slope(n);
                let d_r = d_n * load(recurrent[2], u) * sigmoid_slope(r);
                let d_z = d_h * (load(previous, u) - n) * sigmoid_slope(z);
                store(load(d_previous, u) + d_h * z, d_previous, u);
                for (gate, [input, state]) in [[d_r, d_r], [d_z, d_z], [d_n, d_n * r]].into_iter().enumerate()
                {
                    store(input, d_gates[gate], u);
                    store(state, d_recurrent[gate], u);
                }
            }
        }
    }
}

/// The derivative of tanh where its value is `y`.
#[inline(always)]
fn tanh_slope(y: f32x4) -> f32x4 {
    f32x4::splat(1.0) - y * y
}

/// The derivative of sigmoid where its value is `y`.
#[inline(always)]
fn sigmoid_slope(y: f32x4) -> f32x4 {
    y * (f32x4::splat(1.0) - y)
}
