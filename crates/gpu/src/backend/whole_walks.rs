//! Walks of recurrent layers that are one dispatch, for sizes whose state fits in workgroup memory.

use super::recurrence::{Walk, is_relu, start, start_mut};
use crate::Buffer;
use crate::buffer::{VECTOR, Words, word};
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{
    ElmanSteps, ElmanStepsBack, GruSteps, GruStepsBack, LstmSteps, LstmStepsBack, Nonlinearity, StepRows,
    Steps, WalkSize,
};

kernels! {
    LAY_OUT(LayOut { hidden_size: u32, gates: u32, is_back: u32 }) = "lay_out_gates" [Read, Write];
    ELMAN(ElmanWalk {
        gates_start: u32, hidden_start: u32, last_hidden_start: u32, first: u32, steps: u32, is_reverse: u32,
        batch: u32, hidden_size: u32, lanes: u32, is_kept: u32, is_relu: u32,
    }) = "elman_walk" [Read, Read, Write, Write, Write, Write];
    LSTM(LstmWalk {
        gates_start: u32, hidden_start: u32, cells_start: u32, last_hidden_start: u32, last_cells_start: u32,
        first: u32, steps: u32, is_reverse: u32, batch: u32, hidden_size: u32, lanes: u32, is_kept: u32,
    }) = "lstm_walk" [Read, Read, Write, Write, Write, Write, Write, Write];
    GRU(GruWalk {
        gates_start: u32, recurrent_start: u32, hidden_start: u32, last_hidden_start: u32, first: u32,
        steps: u32, is_reverse: u32, batch: u32, hidden_size: u32, lanes: u32, is_kept: u32,
    }) = "gru_walk" [Read, Read, Read, Write, Write, Write, Write, Write];
    ELMAN_BACK(ElmanWalkBack {
        hidden_start: u32, d_hidden_start: u32, d_gates_start: u32, first: u32, steps: u32, is_reverse: u32,
        batch: u32, hidden_size: u32, lanes: u32, is_relu: u32,
    }) = "elman_walk_back" [Read, Read, Write, Write];
    LSTM_BACK(LstmWalkBack {
        gates_start: u32, cells_start: u32, d_hidden_start: u32, d_cells_start: u32, d_gates_start: u32,
        first: u32, steps: u32, is_reverse: u32, batch: u32, hidden_size: u32, lanes: u32,
    }) = "lstm_walk_back" [Read, Read, Read, Read, Write, Write, Write];
    GRU_BACK(GruWalkBack {
        gates_start: u32, recurrent_start: u32, d_hidden_start: u32, d_gates_start: u32,
        d_recurrent_start: u32, first: u32, steps: u32, is_reverse: u32, batch: u32, hidden_size: u32,
        lanes: u32,
    }) = "gru_walk_back" [Read, Read, Read, Read, Write, Write, Write];
}

/// Rows that a workgroup walks through, forward and back.
const ROWS: usize = 4;
const ROWS_BACK: usize = 2;

/// Numbers of a weight that is laid out.
pub(super) fn weight_len(size: WalkSize) -> usize {
    let lines = if size.gates == 1 { size.hidden.div_ceil(VECTOR) } else { size.hidden };
    lines * size.hidden * VECTOR
}

/// What the kernels of all cells are told of a walk.
struct Extent {
    first: u32,
    steps: u32,
    is_reverse: u32,
    batch: u32,
    hidden_size: u32,
    /// Invocations that share the units: as many units, filled up.
    lanes: u32,
    /// The rows of all steps.
    all: StepRows,
}

impl Extent {
    fn new(steps: Steps) -> Self {
        let Steps { hidden, count, rows, is_reverse, .. } = steps;
        Self {
            first: word(rows.first),
            steps: word(count),
            is_reverse: u32::from(is_reverse),
            batch: word(rows.count),
            hidden_size: word(hidden),
            lanes: word(hidden.next_power_of_two().max(32)),
            all: StepRows { first: 0, count: count * rows.count },
        }
    }
}

impl Gpu {
    fn lay_out<'a>(&self, walk: &'a Walk, weight: &Buffer, is_back: bool) -> &'a Words {
        let WalkSize { hidden, gates, .. } = walk.size;
        weight.0.start(0, gates * hidden * hidden);
        let params = LayOut { hidden_size: word(hidden), gates: word(gates), is_back: u32::from(is_back) };
        let laid_out = walk.laid_out();
        self.run(&LAY_OUT, params, [&weight.0, laid_out], Groups::over(weight_len(walk.size) / VECTOR));
        laid_out
    }

    pub(super) fn elman_walk(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: &Buffer,
        walk: &Walk,
        ElmanSteps { gates, hidden, last }: ElmanSteps<'_, Buffer>,
    ) {
        let weight = self.lay_out(walk, weight, false);
        let width = steps.hidden;
        let Extent { first, steps, is_reverse, batch, hidden_size, lanes, all } = Extent::new(steps);
        let params = ElmanWalk {
            gates_start: start_mut(&gates, all, width),
            hidden_start: start_mut(&hidden, all, width),
            last_hidden_start: last.0.0.start(last.1, walk.size.state_len()),
            first,
            steps,
            is_reverse,
            batch,
            hidden_size,
            lanes,
            is_kept: u32::from(walk.before.is_some()),
            is_relu: is_relu(nonlinearity),
        };
        let unused = self.scratch(VECTOR);
        let before = walk.before.as_ref().map_or(&*unused, |before| &before.0);
        let buffers = [weight, &walk.entry, &gates.0.0, &hidden.0.0, before, &last.0.0];
        self.run(&ELMAN, params, buffers, Groups::tiles(walk.size.batch.div_ceil(ROWS), 1, 1));
    }

    pub(super) fn lstm_walk(
        &self,
        steps: Steps,
        weight: &Buffer,
        walk: &Walk,
        LstmSteps { gates, hidden, cells, last: [last_hidden, last_cells] }: LstmSteps<'_, Buffer>,
    ) {
        let weight = self.lay_out(walk, weight, false);
        let width = steps.hidden;
        let Extent { first, steps, is_reverse, batch, hidden_size, lanes, all } = Extent::new(steps);
        let params = LstmWalk {
            gates_start: start_mut(&gates, all, 4 * width),
            hidden_start: start_mut(&hidden, all, width),
            cells_start: start_mut(&cells, all, width),
            last_hidden_start: last_hidden.0.0.start(last_hidden.1, walk.size.state_len()),
            last_cells_start: last_cells.0.0.start(last_cells.1, walk.size.state_len()),
            first,
            steps,
            is_reverse,
            batch,
            hidden_size,
            lanes,
            is_kept: u32::from(walk.before.is_some()),
        };
        let unused = self.scratch(VECTOR);
        let before = walk.before.as_ref().map_or(&*unused, |before| &before.0);
        let [gates, hidden, cells] = [&gates.0.0, &hidden.0.0, &cells.0.0];
        let buffers = [weight, &walk.entry, gates, hidden, cells, before, &last_hidden.0.0, &last_cells.0.0];
        self.run(&LSTM, params, buffers, Groups::tiles(walk.size.batch.div_ceil(ROWS), 1, 1));
    }

    pub(super) fn gru_walk(
        &self,
        steps: Steps,
        weight: &Buffer,
        walk: &Walk,
        GruSteps { gates, recurrent, bias, hidden, last }: GruSteps<'_, Buffer>,
    ) {
        let weight = self.lay_out(walk, weight, false);
        let width = steps.hidden;
        bias.0.start(0, 3 * width);
        let Extent { first, steps, is_reverse, batch, hidden_size, lanes, all } = Extent::new(steps);
        let params = GruWalk {
            gates_start: start_mut(&gates, all, 3 * width),
            recurrent_start: start_mut(&recurrent, all, 3 * width),
            hidden_start: start_mut(&hidden, all, width),
            last_hidden_start: last.0.0.start(last.1, walk.size.state_len()),
            first,
            steps,
            is_reverse,
            batch,
            hidden_size,
            lanes,
            is_kept: u32::from(walk.before.is_some()),
        };
        let unused = self.scratch(VECTOR);
        let before = walk.before.as_ref().map_or(&*unused, |before| &before.0);
        let [gates, recurrent, hidden] = [&gates.0.0, &recurrent.0.0, &hidden.0.0];
        let buffers = [weight, &bias.0, &walk.entry, gates, recurrent, hidden, before, &last.0.0];
        self.run(&GRU, params, buffers, Groups::tiles(walk.size.batch.div_ceil(ROWS), 1, 1));
    }

    pub(super) fn elman_walk_back(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: &Buffer,
        walk: &Walk,
        ElmanStepsBack { hidden, d_hidden, d_gates }: ElmanStepsBack<'_, Buffer>,
    ) {
        let weight = self.lay_out(walk, weight, true);
        let width = steps.hidden;
        let Extent { first, steps, is_reverse, batch, hidden_size, lanes, all } = Extent::new(steps);
        let params = ElmanWalkBack {
            hidden_start: start(&hidden, all, width),
            d_hidden_start: start_mut(&d_hidden, all, width),
            d_gates_start: start_mut(&d_gates, all, width),
            first,
            steps,
            is_reverse,
            batch,
            hidden_size,
            lanes,
            is_relu: is_relu(nonlinearity),
        };
        let buffers = [weight, &hidden.0.0, &d_hidden.0.0, &d_gates.0.0];
        self.run(&ELMAN_BACK, params, buffers, Groups::tiles(walk.size.batch.div_ceil(ROWS_BACK), 1, 1));
    }

    pub(super) fn lstm_walk_back(
        &self,
        steps: Steps,
        weight: &Buffer,
        walk: &Walk,
        LstmStepsBack { gates, cells, d_hidden, d_cells, d_gates }: LstmStepsBack<'_, Buffer>,
    ) {
        let weight = self.lay_out(walk, weight, true);
        let width = steps.hidden;
        let Extent { first, steps, is_reverse, batch, hidden_size, lanes, all } = Extent::new(steps);
        let params = LstmWalkBack {
            gates_start: start(&gates, all, 4 * width),
            cells_start: start(&cells, all, width),
            d_hidden_start: start_mut(&d_hidden, all, width),
            d_cells_start: start_mut(&d_cells, all, width),
            d_gates_start: start_mut(&d_gates, all, 4 * width),
            first,
            steps,
            is_reverse,
            batch,
            hidden_size,
            lanes,
        };
        let buffers =
            [weight, &walk.entry, &gates.0.0, &cells.0.0, &d_hidden.0.0, &d_cells.0.0, &d_gates.0.0];
        self.run(&LSTM_BACK, params, buffers, Groups::tiles(walk.size.batch.div_ceil(ROWS_BACK), 1, 1));
    }

    pub(super) fn gru_walk_back(
        &self,
        steps: Steps,
        weight: &Buffer,
        walk: &Walk,
        GruStepsBack { gates, recurrent, d_hidden, d_gates, d_recurrent }: GruStepsBack<'_, Buffer>,
    ) {
        let weight = self.lay_out(walk, weight, true);
        let width = steps.hidden;
        let Extent { first, steps, is_reverse, batch, hidden_size, lanes, all } = Extent::new(steps);
        let params = GruWalkBack {
            gates_start: start(&gates, all, 3 * width),
            recurrent_start: start(&recurrent, all, 3 * width),
            d_hidden_start: start_mut(&d_hidden, all, width),
            d_gates_start: start_mut(&d_gates, all, 3 * width),
            d_recurrent_start: start_mut(&d_recurrent, all, 3 * width),
            first,
            steps,
            is_reverse,
            batch,
            hidden_size,
            lanes,
        };
        let buffers = [
            weight,
            &gates.0.0,
            &recurrent.0.0,
            &walk.before().0,
            &d_hidden.0.0,
            &d_gates.0.0,
            &d_recurrent.0.0,
        ];
        self.run(&GRU_BACK, params, buffers, Groups::tiles(walk.size.batch.div_ceil(ROWS_BACK), 1, 1));
    }
}
