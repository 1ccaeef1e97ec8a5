//! Steps of recurrent layers, a dispatch each.

use super::recurrence::{STEP_BACK_TILE, Walk, groups, is_aligned, is_relu, start, start_mut};
use crate::Buffer;
use crate::buffer::{VECTOR, word};
use crate::gpu::Gpu;
use crate::kernel::kernels;
use rnn_compute::backend::{
    ElmanSteps, ElmanStepsBack, GruSteps, GruStepsBack, LstmSteps, LstmStepsBack, Nonlinearity, Steps,
};

kernels! {
    ELMAN_STEP(ElmanStep {
        gates_start: u32, hidden_start: u32, last_hidden_start: u32, first: u32, rows: u32,
        before_first: u32, before_rows: u32, after_rows: u32, hidden_size: u32, is_aligned: u32, is_kept: u32,
        is_left: u32, is_relu: u32,
    }) = "elman_step" [Read, Read, Write, Write, Write, Write];
    LSTM_STEP(LstmStep {
        gates_start: u32, hidden_start: u32, cells_start: u32, last_hidden_start: u32, last_cells_start: u32,
        first: u32, rows: u32, before_first: u32, before_rows: u32, after_rows: u32, batch: u32,
        hidden_size: u32, is_aligned: u32, is_kept: u32, is_left: u32,
    }) = "lstm_step" [Read, Read, Write, Write, Write, Write, Write, Write];
    GRU_STEP(GruStep {
        gates_start: u32, recurrent_start: u32, hidden_start: u32, last_hidden_start: u32, first: u32,
        rows: u32, before_first: u32, before_rows: u32, after_rows: u32, hidden_size: u32, is_aligned: u32,
        is_kept: u32, is_left: u32,
    }) = "gru_step" [Read, Read, Read, Write, Write, Write, Write, Write];
    ELMAN_STEP_BACK(ElmanStepBack {
        hidden_start: u32, d_hidden_start: u32, d_gates_start: u32, first: u32, rows: u32, after_first: u32,
        after_rows: u32, hidden_size: u32, is_aligned: u32, is_relu: u32,
    }) = "elman_step_back" [Read, Read, Write, Write];
    LSTM_STEP_BACK(LstmStepBack {
        gates_start: u32, cells_start: u32, d_hidden_start: u32, d_cells_start: u32, d_gates_start: u32,
        first: u32, rows: u32, before_first: u32, before_rows: u32, after_first: u32, after_rows: u32,
        batch: u32, hidden_size: u32, is_aligned: u32,
    }) = "lstm_step_back" [Read, Read, Read, Read, Write, Write, Write];
    GRU_STEP_BACK(GruStepBack {
        gates_start: u32, recurrent_start: u32, d_hidden_start: u32, d_gates_start: u32,
        d_recurrent_start: u32, first: u32, rows: u32, after_first: u32, after_rows: u32, hidden_size: u32,
        is_aligned: u32,
    }) = "gru_step_back" [Read, Read, Read, Read, Write, Write, Write];
}

/// Rows and units that a workgroup of a step computes; of Elman's cell it is four times as many units.
const STEP_TILE: [usize; 2] = [32, 8];

impl Gpu {
    pub(super) fn elman_step(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: &Buffer,
        walk: &Walk,
        tensors: ElmanSteps<'_, Buffer>,
    ) {
        let ElmanSteps { gates, hidden, last } = tensors;
        let Steps { hidden: width, rows, before, after, .. } = steps;
        let params = ElmanStep {
            gates_start: start_mut(&gates, rows, width),
            hidden_start: start_mut(&hidden, rows, width),
            last_hidden_start: last.0.0.start(last.1, walk.size.state_len()),
            first: word(rows.first),
            rows: word(rows.count),
            before_first: word(before.first),
            before_rows: word(before.count),
            after_rows: word(after.count),
            hidden_size: word(width),
            is_aligned: is_aligned(width),
            is_kept: u32::from(walk.before.is_some()),
            is_left: u32::from(walk.is_left_by(steps)),
            is_relu: is_relu(nonlinearity),
        };
        let unused = self.scratch(VECTOR);
        let before = walk.before.as_ref().map_or(&*unused, |before| &before.0);
        let buffers = [&weight.0, &walk.entry, &gates.0.0, &hidden.0.0, before, &last.0.0];
        let [tile_rows, tile_units] = STEP_TILE;
        self.run(&ELMAN_STEP, params, buffers, groups(rows.count, width, [tile_rows, 4 * tile_units]));
    }

    pub(super) fn elman_step_back(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: &Buffer,
        tensors: ElmanStepsBack<'_, Buffer>,
    ) {
        let ElmanStepsBack { hidden, d_hidden, d_gates } = tensors;
        let Steps { hidden: width, rows, after, .. } = steps;
        let params = ElmanStepBack {
            hidden_start: start(&hidden, rows, width),
            d_hidden_start: start_mut(&d_hidden, rows, width),
            d_gates_start: start_mut(&d_gates, rows, width),
            first: word(rows.first),
            rows: word(rows.count),
            after_first: word(after.first),
            after_rows: word(after.count),
            hidden_size: word(width),
            is_aligned: is_aligned(width),
            is_relu: is_relu(nonlinearity),
        };
        let buffers = [&weight.0, &hidden.0.0, &d_hidden.0.0, &d_gates.0.0];
        self.run(&ELMAN_STEP_BACK, params, buffers, groups(rows.count, width, STEP_BACK_TILE));
    }

    pub(super) fn lstm_step(
        &self,
        steps: Steps,
        weight: &Buffer,
        walk: &Walk,
        tensors: LstmSteps<'_, Buffer>,
    ) {
        let LstmSteps { gates, hidden, cells, last: [last_hidden, last_cells] } = tensors;
        let Steps { hidden: width, rows, before, after, .. } = steps;
        let params = LstmStep {
            gates_start: start_mut(&gates, rows, 4 * width),
            hidden_start: start_mut(&hidden, rows, width),
            cells_start: start_mut(&cells, rows, width),
            last_hidden_start: last_hidden.0.0.start(last_hidden.1, walk.size.state_len()),
            last_cells_start: last_cells.0.0.start(last_cells.1, walk.size.state_len()),
            first: word(rows.first),
            rows: word(rows.count),
            before_first: word(before.first),
            before_rows: word(before.count),
            after_rows: word(after.count),
            batch: word(walk.size.batch),
            hidden_size: word(width),
            is_aligned: is_aligned(width),
            is_kept: u32::from(walk.before.is_some()),
            is_left: u32::from(walk.is_left_by(steps)),
        };
        let unused = self.scratch(VECTOR);
        let before = walk.before.as_ref().map_or(&*unused, |before| &before.0);
        let buffers = [
            &weight.0,
            &walk.entry,
            &gates.0.0,
            &hidden.0.0,
            &cells.0.0,
            before,
            &last_hidden.0.0,
            &last_cells.0.0,
        ];
        self.run(&LSTM_STEP, params, buffers, groups(rows.count, width, STEP_TILE));
    }

    pub(super) fn lstm_step_back(
        &self,
        steps: Steps,
        weight: &Buffer,
        walk: &Walk,
        tensors: LstmStepsBack<'_, Buffer>,
    ) {
        let LstmStepsBack { gates, cells, d_hidden, d_cells, d_gates } = tensors;
        let Steps { hidden: width, rows, before, after, .. } = steps;
        let params = LstmStepBack {
            gates_start: start(&gates, rows, 4 * width),
            cells_start: start(&cells, rows, width),
            d_hidden_start: start_mut(&d_hidden, rows, width),
            d_cells_start: start_mut(&d_cells, rows, width),
            d_gates_start: start_mut(&d_gates, rows, 4 * width),
            first: word(rows.first),
            rows: word(rows.count),
            before_first: word(before.first),
            before_rows: word(before.count),
            after_first: word(after.first),
            after_rows: word(after.count),
            batch: word(walk.size.batch),
            hidden_size: word(width),
            is_aligned: is_aligned(width),
        };
        let buffers =
            [&weight.0, &walk.entry, &gates.0.0, &cells.0.0, &d_hidden.0.0, &d_cells.0.0, &d_gates.0.0];
        self.run(&LSTM_STEP_BACK, params, buffers, groups(rows.count, width, STEP_BACK_TILE));
    }

    pub(super) fn gru_step(&self, steps: Steps, weight: &Buffer, walk: &Walk, tensors: GruSteps<'_, Buffer>) {
        let GruSteps { gates, recurrent, bias, hidden, last } = tensors;
        let Steps { hidden: width, rows, before, after, .. } = steps;
        bias.0.start(0, 3 * width);
        let params = GruStep {
            gates_start: start_mut(&gates, rows, 3 * width),
            recurrent_start: start_mut(&recurrent, rows, 3 * width),
            hidden_start: start_mut(&hidden, rows, width),
            last_hidden_start: last.0.0.start(last.1, walk.size.state_len()),
            first: word(rows.first),
            rows: word(rows.count),
            before_first: word(before.first),
            before_rows: word(before.count),
            after_rows: word(after.count),
            hidden_size: word(width),
            is_aligned: is_aligned(width),
            is_kept: u32::from(walk.before.is_some()),
            is_left: u32::from(walk.is_left_by(steps)),
        };
        let unused = self.scratch(VECTOR);
        let before = walk.before.as_ref().map_or(&*unused, |before| &before.0);
        let buffers =
            [&weight.0, &bias.0, &walk.entry, &gates.0.0, &recurrent.0.0, &hidden.0.0, before, &last.0.0];
        self.run(&GRU_STEP, params, buffers, groups(rows.count, width, STEP_TILE));
    }

    pub(super) fn gru_step_back(
        &self,
        steps: Steps,
        weight: &Buffer,
        walk: &Walk,
        tensors: GruStepsBack<'_, Buffer>,
    ) {
        let GruStepsBack { gates, recurrent, d_hidden, d_gates, d_recurrent } = tensors;
        let Steps { hidden: width, rows, after, .. } = steps;
        let params = GruStepBack {
            gates_start: start(&gates, rows, 3 * width),
            recurrent_start: start(&recurrent, rows, 3 * width),
            d_hidden_start: start_mut(&d_hidden, rows, width),
            d_gates_start: start_mut(&d_gates, rows, 3 * width),
            d_recurrent_start: start_mut(&d_recurrent, rows, 3 * width),
            first: word(rows.first),
            rows: word(rows.count),
            after_first: word(after.first),
            after_rows: word(after.count),
            hidden_size: word(width),
            is_aligned: is_aligned(width),
        };
        let buffers = [
            &weight.0,
            &gates.0.0,
            &recurrent.0.0,
            &walk.before().0,
            &d_hidden.0.0,
            &d_gates.0.0,
            &d_recurrent.0.0,
        ];
        self.run(&GRU_STEP_BACK, params, buffers, groups(rows.count, width, STEP_BACK_TILE));
    }
}
