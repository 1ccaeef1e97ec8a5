//! Walks of recurrent layers in the memory of the program: a product and a cell a step.

use super::Host;
use super::walk::{HostWalk, RunningState, each};
use crate::Real;
use crate::backend::{
    Algebra, At, BiasRows, CellSize, Cells, ElmanSteps, ElmanStepsBack, EntryGradient, ExitGradient, Gemm,
    GruGradient, GruSteps, GruStepsBack, GruTrace, LstmGradient, LstmSteps, LstmStepsBack, LstmTrace, Memory,
    Nonlinearity, Recurrence, RecurrentWeight, StateKind, StepRows, Steps, Symbols, WalkOrder, WalkSize,
    Write,
};

/// The part of a tensor that begins with these rows, borrowed for a call.
fn part<'a, T>(At(buffer, start): &'a mut At<&mut T>, rows: StepRows, width: usize) -> At<&'a mut T> {
    At(&mut **buffer, *start + rows.first * width)
}

/// The same, to be read.
fn read<'a, T>(At(buffer, start): &At<&'a T>, rows: StepRows, width: usize) -> At<&'a T> {
    At(*buffer, *start + rows.first * width)
}

/// Laid out.
fn packed<'a, B: Memory>(weight: RecurrentWeight<'a, B>) -> &'a B::Packed {
    #[expect(clippy::expect_used, reason = "asked for by LAYS_OUT_WEIGHTS")]
    weight.packed.expect("a weight that is laid out")
}

/// `share += s · W_hhᵀ`.
fn add_product<H: Host + Algebra>(
    backend: &H,
    Steps { hidden, rows, .. }: Steps,
    weight: RecurrentWeight<'_, H>,
    walk: &HostWalk<H::Elem>,
    share: At<&mut H::Buffer>,
) {
    let gemm = Gemm { m: rows.count, k: hidden, n: walk.width() };
    backend.gemm(gemm, At(&walk.hidden.current, 0), packed(weight), share, Write::Accumulate);
}

/// `ds = da · W_hh` of a step, or `ds += da · W_hh`.
fn carry<H: Host + Algebra>(
    backend: &H,
    rows: StepRows,
    weight: RecurrentWeight<'_, H>,
    walk: &mut HostWalk<H::Elem>,
    d_share: At<&H::Buffer>,
    write: Write,
) {
    if rows.count > 0 {
        let gemm = Gemm { m: rows.count, k: walk.width(), n: walk.size.hidden };
        let from = rows.of(d_share, walk.width());
        backend.gemm(gemm, from, packed(weight), At(&mut walk.hidden.current, 0), write);
    }
}

impl<H: Host + Algebra + Cells + Symbols> Recurrence for H {
    const LAYS_OUT_WEIGHTS: bool = true;
    type Walk = HostWalk<H::Elem>;

    fn walk(&self, size: WalkSize) -> Self::Walk {
        HostWalk::new(size)
    }

    fn walk_numbers(size: WalkSize) -> u64 {
        HostWalk::<H::Elem>::numbers(size)
    }

    fn hidden_before<'a>(&self, walk: &'a Self::Walk) -> &'a H::Buffer {
        walk.hidden.before()
    }

    fn enter_walk(
        &self,
        walk: &mut Self::Walk,
        order: WalkOrder<'_, H::Indices>,
        hidden: At<&H::Buffer>,
        cells: Option<At<&H::Buffer>>,
    ) {
        let size = walk.size;
        for (state, initial) in each(walk, hidden, cells) {
            bring_in(self, size, order, initial, &mut state.current);
        }
    }

    fn elman_steps(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: RecurrentWeight<'_, H>,
        walk: &mut Self::Walk,
        mut tensors: ElmanSteps<'_, H::Buffer>,
    ) {
        for step in (0..steps.count).map(|index| steps.step(index)) {
            let Steps { hidden, rows, .. } = step;
            walk.hidden.keep(rows, hidden);
            add_product(self, step, weight, walk, part(&mut tensors.gates, rows, hidden));
            let (a, h) = (part(&mut tensors.gates, rows, hidden), part(&mut tensors.hidden, rows, hidden));
            self.elman_forward(CellSize { rows: rows.count, hidden }, nonlinearity, a, h);
            walk.hidden.take(rows, hidden, &tensors.hidden);
        }
    }

    fn lstm_steps(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, H>,
        walk: &mut Self::Walk,
        mut tensors: LstmSteps<'_, H::Buffer>,
    ) {
        for step in (0..steps.count).map(|index| steps.step(index)) {
            let Steps { hidden, rows, .. } = step;
            let (running, running_cells) = walk.both();
            running.keep(rows, hidden);
            running_cells.keep(rows, hidden);
            add_product(self, step, weight, walk, part(&mut tensors.gates, rows, 4 * hidden));
            let a = part(&mut tensors.gates, rows, 4 * hidden);
            let (c, h) = (part(&mut tensors.cells, rows, hidden), part(&mut tensors.hidden, rows, hidden));
            let (running, running_cells) = walk.both();
            self.lstm_forward(CellSize { rows: rows.count, hidden }, a, &running_cells.current, c, h);
            running.take(rows, hidden, &tensors.hidden);
            running_cells.take(rows, hidden, &tensors.cells);
        }
    }

    fn gru_steps(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, H>,
        walk: &mut Self::Walk,
        mut tensors: GruSteps<'_, H::Buffer>,
    ) {
        for step in (0..steps.count).map(|index| steps.step(index)) {
            let Steps { hidden, rows, .. } = step;
            walk.hidden.keep(rows, hidden);
            let share = part(&mut tensors.recurrent, rows, 3 * hidden);
            self.fill_rows(tensors.bias, share, rows.count, 3 * hidden);
            add_product(self, step, weight, walk, part(&mut tensors.recurrent, rows, 3 * hidden));
            let a = part(&mut tensors.gates, rows, 3 * hidden);
            let a_h = At(&*tensors.recurrent.0, tensors.recurrent.1);
            let (a_h, h) = (rows.of(a_h, 3 * hidden), part(&mut tensors.hidden, rows, hidden));
            self.gru_forward(CellSize { rows: rows.count, hidden }, a, a_h, &walk.hidden.current, h);
            walk.hidden.take(rows, hidden, &tensors.hidden);
        }
    }

    fn leave_walk(
        &self,
        walk: &Self::Walk,
        order: WalkOrder<'_, H::Indices>,
        state: StateKind,
        _after: At<&H::Buffer>,
        last: At<&mut H::Buffer>,
    ) {
        let WalkSize { batch, hidden, .. } = walk.size;
        let Some(RunningState { current, .. }) = walk.state(state) else { return };
        match order {
            WalkOrder::Plain { .. } => self.copy(At(current, 0), last, batch * hidden),
            WalkOrder::Packed { ranks, .. } => {
                self.gather(At(current, 0), At(ranks, 0), last, batch, hidden);
            }
        }
    }

    fn enter_walk_backward(
        &self,
        walk: &mut Self::Walk,
        order: WalkOrder<'_, H::Indices>,
        hidden: ExitGradient<'_, H::Buffer>,
        cells: Option<ExitGradient<'_, H::Buffer>>,
    ) {
        let size = walk.size;
        for (state, gradient) in each(walk, hidden, cells) {
            bring_in(self, size, order, gradient.d_last, &mut state.current);
        }
    }

    fn elman_steps_back(
        &self,
        steps: Steps,
        nonlinearity: Nonlinearity,
        weight: RecurrentWeight<'_, H>,
        walk: &mut Self::Walk,
        mut tensors: ElmanStepsBack<'_, H::Buffer>,
    ) {
        for step in (0..steps.count).rev().map(|index| steps.step(index)) {
            let Steps { hidden, rows, after, .. } = step;
            let d_share = At(&*tensors.d_gates.0, tensors.d_gates.1);
            carry(self, after, weight, walk, d_share, Write::Overwrite);
            let h = read(&tensors.hidden, rows, hidden);
            let d_h = part(&mut tensors.d_hidden, rows, hidden);
            let d_a = part(&mut tensors.d_gates, rows, hidden);
            let size = CellSize { rows: rows.count, hidden };
            self.elman_backward(size, nonlinearity, h, &walk.hidden.current, d_h, d_a);
        }
    }

    fn lstm_steps_back(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, H>,
        walk: &mut Self::Walk,
        mut tensors: LstmStepsBack<'_, H::Buffer>,
    ) {
        for step in (0..steps.count).rev().map(|index| steps.step(index)) {
            let Steps { hidden, rows, after, .. } = step;
            let d_share = At(&*tensors.d_gates.0, tensors.d_gates.1);
            carry(self, after, weight, walk, d_share, Write::Overwrite);
            let (running, running_cells) = walk.both();
            let (carried_cells, previous) = running_cells.carried_and_before();
            let trace = LstmTrace {
                gates: read(&tensors.gates, rows, 4 * hidden),
                previous: rows.of(At(previous, 0), hidden),
                cells: read(&tensors.cells, rows, hidden),
            };
            let gradient = LstmGradient {
                hidden: part(&mut tensors.d_hidden, rows, hidden),
                cells: part(&mut tensors.d_cells, rows, hidden),
                carried_hidden: &running.current,
                carried_cells,
                gates: part(&mut tensors.d_gates, rows, 4 * hidden),
            };
            self.lstm_backward(CellSize { rows: rows.count, hidden }, trace, gradient);
        }
    }

    fn gru_steps_back(
        &self,
        steps: Steps,
        weight: RecurrentWeight<'_, H>,
        walk: &mut Self::Walk,
        mut tensors: GruStepsBack<'_, H::Buffer>,
    ) {
        for step in (0..steps.count).rev().map(|index| steps.step(index)) {
            let Steps { hidden, rows, after, .. } = step;
            let d_share = At(&*tensors.d_recurrent.0, tensors.d_recurrent.1);
            carry(self, after, weight, walk, d_share, Write::Accumulate);
            let (carried, previous) = walk.hidden.carried_and_before();
            let trace = GruTrace {
                gates: read(&tensors.gates, rows, 3 * hidden),
                recurrent: read(&tensors.recurrent, rows, 3 * hidden),
                previous: rows.of(At(previous, 0), hidden),
            };
            let gradient = GruGradient {
                hidden: part(&mut tensors.d_hidden, rows, hidden),
                carried,
                gates: part(&mut tensors.d_gates, rows, 3 * hidden),
                recurrent: part(&mut tensors.d_recurrent, rows, 3 * hidden),
            };
            self.gru_backward(CellSize { rows: rows.count, hidden }, trace, gradient);
        }
    }

    fn leave_walk_backward(
        &self,
        rows: StepRows,
        weight: RecurrentWeight<'_, H>,
        walk: &mut Self::Walk,
        order: WalkOrder<'_, H::Indices>,
        gradient: EntryGradient<'_, H::Buffer>,
    ) {
        let size = walk.size;
        if gradient.d_hidden.is_some() {
            let stays = gradient.past_gates.is_some_and(|past| past.state == StateKind::Hidden);
            let write = if stays { Write::Accumulate } else { Write::Overwrite };
            carry(self, rows, weight, walk, gradient.d_share, write);
        }
        let states = [(StateKind::Hidden, gradient.d_hidden), (StateKind::Cells, gradient.d_cells)];
        for (state, d_initial) in states.into_iter().filter_map(|(state, part)| walk.state(state).zip(part)) {
            let current = At(&state.current, 0);
            match order {
                WalkOrder::Plain { .. } => self.add(current, d_initial, size.state_len()),
                WalkOrder::Packed { sequences, .. } => {
                    self.scatter_add(current, At(sequences, 0), d_initial, size.batch, size.hidden);
                }
            }
        }
    }

    fn bias_gradients(
        &self,
        width: usize,
        (d_input, input_rows): BiasRows<'_, H::Buffer>,
        recurrent: Option<BiasRows<'_, H::Buffer>>,
        sum: &mut H::Buffer,
        [d_input_bias, d_recurrent_bias]: [&mut H::Buffer; 2],
    ) {
        self.fill(At(&mut *sum, 0), width, H::Elem::ZERO);
        self.sum_rows(d_input, sum, input_rows, width);
        self.add(At(sum, 0), At(d_input_bias, 0), width);
        match recurrent {
            None => self.add(At(sum, 0), At(d_recurrent_bias, 0), width),
            Some((d_share, rows)) => self.sum_rows(d_share, d_recurrent_bias, rows, width),
        }
    }
}

/// A state or its gradient, in the order of the state's rows.
fn bring_in<H: Host + Symbols>(
    backend: &H,
    WalkSize { batch, hidden, .. }: WalkSize,
    order: WalkOrder<'_, H::Indices>,
    state: At<&H::Buffer>,
    current: &mut H::Buffer,
) {
    match order {
        WalkOrder::Plain { .. } => backend.copy(state, At(current, 0), batch * hidden),
        WalkOrder::Packed { sequences, .. } => {
            backend.gather(state, At(sequences, 0), At(current, 0), batch, hidden);
        }
    }
}
