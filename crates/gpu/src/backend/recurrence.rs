//! Walks of recurrent layers. A step is one dispatch either way: recurrent product, gates and state; on the way
//! back the product of the step after it and the gradient of the gates.
//!
//! Some workgroups of a dispatch read the state before the step while others write the state after it. So no
//! state runs along in a buffer: a step reads the state where the step before it has written it, in the outputs,
//! and where a sequence begins, among those that the walk began from (`entry`). What is carried back is likewise
//! computed from the gradients of the step after, where they are.

use super::whole_walks::weight_len;
use crate::buffer::{VECTOR, Words, word};
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::{Buffer, Indices, Walks};
use rnn_compute::backend::{
    At, BiasRows, ElmanSteps, ElmanStepsBack, EntryGradient, ExitGradient, GruSteps, GruStepsBack, LstmSteps,
    LstmStepsBack, Memory, Nonlinearity, Recurrence, RecurrentWeight, Rows, StateKind, StepRows, Steps,
    WalkOrder, WalkSize, Write,
};

kernels! {
    ENTER(Enter {
        hidden_start: u32, cells_start: u32, batch: u32, hidden_size: u32, states: u32, is_packed: u32,
    }) = "walk_enter" [Read, Read, Read, Write];
    ENTER_BACKWARD(EnterBackward {
        last_hidden_start: u32, last_cells_start: u32, d_hidden_start: u32, d_cells_start: u32, exit: u32,
        is_packed: u32, batch: u32, hidden_size: u32, states: u32,
    }) = "walk_enter_backward" [Read, Read, Read, Write, Write];
    LEAVE_BACKWARD(LeaveBackward {
        d_share_start: u32, gates_start: u32, d_after_start: u32, d_hidden_start: u32, d_cells_start: u32,
        entry: u32, is_packed: u32, rows: u32, width: u32, hidden_size: u32, is_aligned: u32, is_hidden: u32,
        past: u32,
    }) = "walk_leave_backward" [Read, Read, Read, Read, Read, Write, Write];
    BIAS_GRADIENTS(BiasGradients {
        first_start: u32, first_rows: u32, second_start: u32, second_rows: u32, width: u32,
    }) = "bias_gradients" [Read, Read, Write, Write];
}

/// Rows and units that a workgroup of a step back computes.
pub(super) const STEP_BACK_TILE: [usize; 2] = [32, 16];
/// Columns that a workgroup of `bias_gradients` sums.
const SUM_COLUMNS: usize = 16;

/// What a walk keeps.
#[derive(Debug)]
pub struct Walk {
    pub(super) size: WalkSize,
    /// `[states, B, H]`: the states that the walk begins from, in the order of its rows.
    pub(super) entry: Words,
    /// `[T, B, H]`: h before each step, in the rows of the step; nothing if it is not walked back.
    pub(super) before: Option<Buffer>,
    /// The weight, laid out for the way that is walked, if all steps are one dispatch.
    laid_out: Option<Words>,
}

impl Walk {
    /// h before each step.
    pub(super) fn before(&self) -> &Buffer {
        #[expect(clippy::expect_used, reason = "a walk that is not kept is never walked back")]
        self.before.as_ref().expect("kept for the way back")
    }

    /// Where the weight is laid out.
    pub(super) fn laid_out(&self) -> &Words {
        #[expect(clippy::expect_used, reason = "steps are taken at once where this is there")]
        self.laid_out.as_ref().expect("allocated for a walk at once")
    }

    /// Whether the steps write the states after the walk.
    pub(super) fn is_left_by(&self, steps: Steps) -> bool {
        !self.size.is_packed && steps.after.count == 0
    }
}

/// Where tensors over the walk begin, in the words of a kernel's parameters.
pub(super) fn start(At(buffer, start): &At<&Buffer>, rows: StepRows, width: usize) -> u32 {
    buffer.0.start(*start, (rows.first + rows.count) * width)
}

/// The same, of those that are written.
pub(super) fn start_mut(At(buffer, start): &At<&mut Buffer>, rows: StepRows, width: usize) -> u32 {
    buffer.0.start(*start, (rows.first + rows.count) * width)
}

pub(super) fn is_aligned(hidden: usize) -> u32 {
    u32::from(hidden.is_multiple_of(VECTOR))
}

pub(super) fn is_relu(nonlinearity: Nonlinearity) -> u32 {
    u32::from(nonlinearity == Nonlinearity::Relu)
}

/// The workgroups of a step.
pub(super) fn groups(rows: usize, units: usize, [tile_rows, tile_units]: [usize; 2]) -> Groups {
    Groups::tiles(units.div_ceil(tile_units), rows.div_ceil(tile_rows), 1)
}

impl Recurrence for Gpu {
    const LAYS_OUT_WEIGHTS: bool = false;
    type Walk = Walk;

    fn walk(&self, size: WalkSize) -> Walk {
        let entry = self.allocate(size.states * size.state_len());
        let before = size.is_kept.then(|| self.zeros(size.walk_len()));
        let laid_out = self.walks().is_at_once(size).then(|| self.allocate(weight_len(size)));
        Walk { size, entry, before, laid_out }
    }

    fn walk_numbers(size: WalkSize) -> u64 {
        let state = (size.batch as u64).saturating_mul(size.hidden as u64);
        let kept = if size.is_kept { size.steps as u64 } else { 0 };
        let weight = if Walks::default().is_at_once(size) { weight_len(size) as u64 } else { 0 };
        state.saturating_mul(kept.saturating_add(size.states as u64)).saturating_add(weight)
    }

    fn steps_at_once(&self, size: WalkSize) -> usize {
        if self.walks().is_at_once(size) { size.steps } else { 1 }
    }

    fn hidden_before<'a>(&self, walk: &'a Walk) -> &'a Buffer {
        walk.before()
    }

    fn enter_walk(
        &self,
        walk: &mut Walk,
        order: WalkOrder<'_, Indices>,
        At(hidden, h): At<&Buffer>,
        cells: Option<At<&Buffer>>,
    ) {
        let len = walk.size.state_len();
        let At(cells, c) = cells.unwrap_or(At(hidden, h));
        let sequences = match order {
            WalkOrder::Plain { .. } => None,
            WalkOrder::Packed { sequences, .. } => Some(&sequences.0),
        };
        let params = Enter {
            hidden_start: hidden.0.start(h, len),
            cells_start: cells.0.start(c, len),
            batch: word(walk.size.batch),
            hidden_size: word(walk.size.hidden),
            states: word(walk.size.states),
            is_packed: u32::from(sequences.is_some()),
        };
        let buffers = [&hidden.0, &cells.0, sequences.unwrap_or(&hidden.0), &walk.entry];
        self.run(&ENTER, params, buffers, Groups::over(len));
    }

    fn elman_steps(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Walk,
        tensors: ElmanSteps<'_, Buffer>,
    ) {
        if steps.count > 1 {
            self.elman_walk(steps, nonlinearity, weight.matrix, walk, tensors);
        } else {
            self.elman_step(steps, nonlinearity, weight.matrix, walk, tensors);
        }
    }

    fn lstm_steps(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Walk,
        tensors: LstmSteps<'_, Buffer>,
    ) {
        if steps.count > 1 {
            self.lstm_walk(steps, weight.matrix, walk, tensors);
        } else {
            self.lstm_step(steps, weight.matrix, walk, tensors);
        }
    }

    fn gru_steps(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Walk,
        tensors: GruSteps<'_, Buffer>,
    ) {
        if steps.count > 1 {
            self.gru_walk(steps, weight.matrix, walk, tensors);
        } else {
            self.gru_step(steps, weight.matrix, walk, tensors);
        }
    }

    fn leave_walk(
        &self,
        walk: &Walk,
        order: WalkOrder<'_, Indices>,
        _state: StateKind,
        after: At<&Buffer>,
        last: At<&mut Buffer>,
    ) {
        if let WalkOrder::Packed { exits, .. } = order {
            let WalkSize { batch, hidden, .. } = walk.size;
            self.gather_rows(after, exits, last, batch, hidden, Write::Overwrite);
        }
    }

    fn enter_walk_backward(
        &self,
        walk: &mut Walk,
        order: WalkOrder<'_, Indices>,
        hidden: ExitGradient<'_, Buffer>,
        cells: Option<ExitGradient<'_, Buffer>>,
    ) {
        let len = walk.size.state_len();
        let (exit, exits) = match order {
            WalkOrder::Plain { exit, .. } => (exit, None),
            WalkOrder::Packed { exits, .. } => (0, Some(&exits.0)),
        };
        let rows = StepRows { first: exit, count: if exits.is_some() { 0 } else { walk.size.batch } };
        let width = walk.size.hidden;
        let unused = self.scratch(VECTOR);
        let last = &hidden.d_last.0.0;
        let (last_cells, last_cells_start, d_cells, d_cells_start) = match &cells {
            None => (last, 0, &*unused, 0),
            Some(cells) => {
                let start = cells.d_last.0.0.start(cells.d_last.1, len);
                (&cells.d_last.0.0, start, &cells.d_after.0.0, start_mut(&cells.d_after, rows, width))
            }
        };
        let params = EnterBackward {
            last_hidden_start: last.start(hidden.d_last.1, len),
            last_cells_start,
            d_hidden_start: start_mut(&hidden.d_after, rows, width),
            d_cells_start,
            exit: word(exit),
            is_packed: u32::from(exits.is_some()),
            batch: word(walk.size.batch),
            hidden_size: word(width),
            states: word(walk.size.states),
        };
        let buffers = [last, last_cells, exits.unwrap_or(last), &hidden.d_after.0.0, d_cells];
        self.run(&ENTER_BACKWARD, params, buffers, Groups::over(len));
    }

    fn elman_steps_back(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Walk,
        tensors: ElmanStepsBack<'_, Buffer>,
    ) {
        if steps.count > 1 {
            self.elman_walk_back(steps, nonlinearity, weight.matrix, walk, tensors);
        } else {
            self.elman_step_back(steps, nonlinearity, weight.matrix, tensors);
        }
    }

    fn lstm_steps_back(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Walk,
        tensors: LstmStepsBack<'_, Buffer>,
    ) {
        if steps.count > 1 {
            self.lstm_walk_back(steps, weight.matrix, walk, tensors);
        } else {
            self.lstm_step_back(steps, weight.matrix, walk, tensors);
        }
    }

    fn gru_steps_back(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Walk,
        tensors: GruStepsBack<'_, Buffer>,
    ) {
        if steps.count > 1 {
            self.gru_walk_back(steps, weight.matrix, walk, tensors);
        } else {
            self.gru_step_back(steps, weight.matrix, walk, tensors);
        }
    }

    fn leave_walk_backward(
        &self,
        _rows: StepRows,
        weight: RecurrentWeight<'_, Self>,
        walk: &mut Walk,
        order: WalkOrder<'_, Indices>,
        EntryGradient { d_share, past_gates, d_hidden, d_cells }: EntryGradient<'_, Buffer>,
    ) {
        let WalkSize { batch, hidden: width, gates: blocks, .. } = walk.size;
        let len = walk.size.state_len();
        let (entry, entries) = match order {
            WalkOrder::Plain { entry, .. } => (entry, None),
            WalkOrder::Packed { entries, .. } => (0, Some(&entries.0)),
        };
        let share = &d_share.0.0;
        let rows = StepRows { first: entry, count: if entries.is_some() { 0 } else { batch } };
        let (past, gates, gates_start, d_after, d_after_start) = match &past_gates {
            Some(past) if past.state == StateKind::Hidden || d_cells.is_some() => (
                if past.state == StateKind::Hidden { 1 } else { 2 },
                &past.gates.0.0,
                start(&past.gates, rows, blocks * width),
                &past.d_after.0.0,
                start(&past.d_after, rows, width),
            ),
            _ => (0, share, 0, share, 0),
        };
        let unused = self.scratch(VECTOR);
        let target = |target: &Option<At<&mut Buffer>>| {
            target.as_ref().map_or(0, |target| target.0.0.start(target.1, len))
        };
        let params = LeaveBackward {
            d_share_start: start(&d_share, rows, blocks * width),
            gates_start,
            d_after_start,
            d_hidden_start: target(&d_hidden),
            d_cells_start: target(&d_cells),
            entry: word(entry),
            is_packed: u32::from(entries.is_some()),
            rows: word(batch),
            width: word(blocks * width),
            hidden_size: word(width),
            is_aligned: is_aligned(width),
            is_hidden: u32::from(d_hidden.is_some()),
            past,
        };
        let d_hidden = d_hidden.as_ref().map_or(&*unused, |d_hidden| &d_hidden.0.0);
        let other = self.scratch(VECTOR);
        let d_cells = d_cells.as_ref().map_or(&*other, |d_cells| &d_cells.0.0);
        let buffers = [&weight.matrix.0, entries.unwrap_or(share), share, gates, d_after, d_hidden, d_cells];
        self.run(&LEAVE_BACKWARD, params, buffers, groups(batch, width, STEP_BACK_TILE));
    }

    fn bias_gradients(
        &self,
        width: usize,
        (At(first, first_start), first_rows): BiasRows<'_, Buffer>,
        recurrent: Option<BiasRows<'_, Buffer>>,
        _sum: &mut Buffer,
        [d_first, d_second]: [&mut Buffer; 2],
    ) {
        let (At(second, second_start), second_rows) =
            recurrent.unwrap_or((At(first, first_start), first_rows));
        d_first.0.start(0, width);
        d_second.0.start(0, width);
        let params = BiasGradients {
            first_start: first.0.start(first_start, first_rows * width),
            first_rows: word(first_rows),
            second_start: second.0.start(second_start, second_rows * width),
            second_rows: word(second_rows),
            width: word(width),
        };
        let buffers = [&first.0, &second.0, &d_first.0, &d_second.0];
        self.run(&BIAS_GRADIENTS, params, buffers, Groups::tiles(width.div_ceil(SUM_COLUMNS), 2, 1));
    }
}
