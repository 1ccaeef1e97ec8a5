//! The recurrent cells, four units at a time.
//!
//! One pass over a step computes all gates and the state, so that each number is loaded and stored
//! once. The equations are those of the ops of the same name, in the order of the scalar reference.

use super::Cpu;
use super::activation::{sigmoid_in_place, tanh_in_place, tanh_in_place_and_into, tanh_into};
use super::lanes::{load, parts, parts_mut, steps, store};
use crate::backend::{At, CellSize, Cells, GruGradient, GruTrace, LstmGradient, LstmTrace, Nonlinearity};
use wide::f32x4;

/// The rows of a step, `width` numbers each.
fn rows(At(buffer, start): At<&Vec<f32>>, size: CellSize, width: usize) -> &[f32] {
    &buffer[start..][..size.rows * width]
}

/// The rows of a step, `width` numbers each, to be written.
fn rows_mut(At(buffer, start): At<&mut Vec<f32>>, size: CellSize, width: usize) -> &mut [f32] {
    &mut buffer[start..][..size.rows * width]
}

/// One row.
#[inline(always)]
fn row(rows: &[f32], index: usize, width: usize) -> &[f32] {
    &rows[index * width..][..width]
}

/// One row, to be written.
#[inline(always)]
fn row_mut(rows: &mut [f32], index: usize, width: usize) -> &mut [f32] {
    &mut rows[index * width..][..width]
}

impl Cells for Cpu {
    fn elman_forward(
        &self,
        size: CellSize,
        nonlinearity: Nonlinearity,
        gates: At<&mut Vec<f32>>,
        hidden: At<&mut Vec<f32>>,
    ) {
        let (gates, hidden) = (rows_mut(gates, size, size.hidden), rows_mut(hidden, size, size.hidden));
        match nonlinearity {
            Nonlinearity::Tanh => tanh_in_place_and_into(gates, hidden),
            Nonlinearity::Relu => {
                for (x, h) in gates.iter_mut().zip(hidden) {
                    // Not `max`: NaN stays NaN.
                    *x = if *x < 0.0 { 0.0 } else { *x };
                    *h = *x;
                }
            }
        }
    }

    fn elman_backward(
        &self,
        size: CellSize,
        nonlinearity: Nonlinearity,
        hidden: At<&Vec<f32>>,
        carried: &Vec<f32>,
        d_hidden: At<&mut Vec<f32>>,
        d_gates: At<&mut Vec<f32>>,
    ) {
        let (hidden, carried) = (rows(hidden, size, size.hidden), rows(At(carried, 0), size, size.hidden));
        let d_hidden = rows_mut(d_hidden, size, size.hidden);
        let d_gates = rows_mut(d_gates, size, size.hidden);
        for u in steps(size.rows * size.hidden) {
            let d_h = load(d_hidden, u) + load(carried, u);
            let y = load(hidden, u);
            let slope = match nonlinearity {
                Nonlinearity::Tanh => tanh_slope(y),
                Nonlinearity::Relu => y.simd_eq(f32x4::ZERO).bitselect(f32x4::ZERO, f32x4::ONE),
            };
            store(d_h, d_hidden, u);
            store(d_h * slope, d_gates, u);
        }
    }

    fn lstm_forward(
        &self,
        size: CellSize,
        gates: At<&mut Vec<f32>>,
        previous: &Vec<f32>,
        cells: At<&mut Vec<f32>>,
        hidden: At<&mut Vec<f32>>,
    ) {
        let units = size.hidden;
        let gates = rows_mut(gates, size, 4 * units);
        let previous = rows(At(previous, 0), size, units);
        let (cells, hidden) = (rows_mut(cells, size, units), rows_mut(hidden, size, units));
        for b in 0..size.rows {
            let gates = row_mut(gates, b, 4 * units);
            let (previous, cells) = (row(previous, b, units), row_mut(cells, b, units));
            let hidden = row_mut(hidden, b, units);
            sigmoid_in_place(&mut gates[..2 * units]);
            tanh_in_place(&mut gates[2 * units..3 * units]);
            sigmoid_in_place(&mut gates[3 * units..]);
            let [i, f, g, o] = parts(gates, units);
            for ((((c, previous), i), f), g) in cells.iter_mut().zip(previous).zip(i).zip(f).zip(g) {
                *c = f * previous + i * g;
            }
            tanh_into(cells, hidden);
            for (h, o) in hidden.iter_mut().zip(o) {
                *h *= o;
            }
        }
    }

    fn lstm_backward(
        &self,
        size: CellSize,
        trace: LstmTrace<'_, Vec<f32>>,
        gradient: LstmGradient<'_, Vec<f32>>,
    ) {
        let units = size.hidden;
        let gates = rows(trace.gates, size, 4 * units);
        let [previous, cells] = [trace.previous, trace.cells].map(|part| rows(part, size, units));
        let carried_hidden = rows(At(gradient.carried_hidden, 0), size, units);
        let [d_hidden, d_cells, carried_cells] =
            [gradient.hidden, gradient.cells, At(gradient.carried_cells, 0)]
                .map(|part| rows_mut(part, size, units));
        let d_gates = rows_mut(gradient.gates, size, 4 * units);
        for b in 0..size.rows {
            let gates: [&[f32]; 4] = parts(row(gates, b, 4 * units), units);
            let [previous, cells, carried_hidden] =
                [previous, cells, carried_hidden].map(|rows| row(rows, b, units));
            let d_hidden = row_mut(d_hidden, b, units);
            let (d_cells, carried_cells) = (row_mut(d_cells, b, units), row_mut(carried_cells, b, units));
            let d_gates: [&mut [f32]; 4] = parts_mut(row_mut(d_gates, b, 4 * units), units);
            // The place of the output gate's gradient holds tanh(c) until it is written.
            tanh_into(cells, d_gates[3]);
            for u in steps(units) {
                let [i, f, g, o] = gates.map(|gate| load(gate, u));
                let squashed = load(d_gates[3], u);
                let d_h = load(d_hidden, u) + load(carried_hidden, u);
                let d_c = load(d_cells, u) + load(carried_cells, u) + d_h * o * tanh_slope(squashed);
                store(d_h, d_hidden, u);
                store(d_c, d_cells, u);
                store(d_c * f, carried_cells, u);
                store(d_c * g * sigmoid_slope(i), d_gates[0], u);
                store(d_c * load(previous, u) * sigmoid_slope(f), d_gates[1], u);
                store(d_c * i * tanh_slope(g), d_gates[2], u);
                store(d_h * squashed * sigmoid_slope(o), d_gates[3], u);
            }
        }
    }

    fn gru_forward(
        &self,
        size: CellSize,
        gates: At<&mut Vec<f32>>,
        recurrent: At<&Vec<f32>>,
        previous: &Vec<f32>,
        hidden: At<&mut Vec<f32>>,
    ) {
        let units = size.hidden;
        let gates = rows_mut(gates, size, 3 * units);
        let recurrent = rows(recurrent, size, 3 * units);
        let (previous, hidden) = (rows(At(previous, 0), size, units), rows_mut(hidden, size, units));
        for b in 0..size.rows {
            let (gates, recurrent) = (row_mut(gates, b, 3 * units), row(recurrent, b, 3 * units));
            let (previous, hidden) = (row(previous, b, units), row_mut(hidden, b, units));
            let (reset_update, candidate) = gates.split_at_mut(2 * units);
            for (gate, state) in reset_update.iter_mut().zip(recurrent) {
                *gate += state;
            }
            sigmoid_in_place(reset_update);
            let (r, z) = reset_update.split_at(units);
            for ((n, state), r) in candidate.iter_mut().zip(&recurrent[2 * units..]).zip(r) {
                *n += r * state;
            }
            tanh_in_place(candidate);
            for (((h, z), n), previous) in hidden.iter_mut().zip(z).zip(&*candidate).zip(previous) {
                *h = (1.0 - z) * n + z * previous;
            }
        }
    }

    fn gru_backward(
        &self,
        size: CellSize,
        trace: GruTrace<'_, Vec<f32>>,
        gradient: GruGradient<'_, Vec<f32>>,
    ) {
        let units = size.hidden;
        let [gates, recurrent] = [trace.gates, trace.recurrent].map(|part| rows(part, size, 3 * units));
        let previous = rows(trace.previous, size, units);
        let d_hidden = rows_mut(gradient.hidden, size, units);
        let carried = rows_mut(At(gradient.carried, 0), size, units);
        let d_gates = rows_mut(gradient.gates, size, 3 * units);
        let d_recurrent = rows_mut(gradient.recurrent, size, 3 * units);
        for b in 0..size.rows {
            let gates: [&[f32]; 3] = parts(row(gates, b, 3 * units), units);
            let recurrent: [&[f32]; 3] = parts(row(recurrent, b, 3 * units), units);
            let previous = row(previous, b, units);
            let (d_hidden, carried) = (row_mut(d_hidden, b, units), row_mut(carried, b, units));
            let d_gates: [&mut [f32]; 3] = parts_mut(row_mut(d_gates, b, 3 * units), units);
            let d_recurrent: [&mut [f32]; 3] = parts_mut(row_mut(d_recurrent, b, 3 * units), units);
            for u in steps(units) {
                let [r, z, n] = gates.map(|gate| load(gate, u));
                let d_h = load(d_hidden, u) + load(carried, u);
                store(d_h, d_hidden, u);
                let d_n = d_h * (f32x4::splat(1.0) - z) * tanh_slope(n);
                let d_r = d_n * load(recurrent[2], u) * sigmoid_slope(r);
                let d_z = d_h * (load(previous, u) - n) * sigmoid_slope(z);
                store(d_h * z, carried, u);
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
