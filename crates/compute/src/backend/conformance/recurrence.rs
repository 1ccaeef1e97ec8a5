//! Walks of recurrent layers, forward and back, in either direction, of sequences of one length and of several.

use super::{Agreement, buffer, host, indices, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::Packing;
use crate::backend::{
    At, ElmanSteps, ElmanStepsBack, EntryGradient, ExitGradient, GruSteps, GruStepsBack, Layout, LstmSteps,
    LstmStepsBack, Nonlinearity, PastGates, Recurrence, RecurrentWeight, StateKind, StepRows, Steps,
    WalkOrder, WalkSize,
};

/// Numbers before those of a tensor.
const START: usize = 3;

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cell {
    Elman(Nonlinearity),
    Lstm,
    Gru,
}

use Cell::{Elman, Gru, Lstm};

/// Every cell, with the names of its suites.
const CELLS: [(Cell, [&str; 2]); 4] = [
    (Elman(Nonlinearity::Tanh), ["walks of Elman's cell, tanh", "walks of Elman's cell, tanh, back"]),
    (Elman(Nonlinearity::Relu), ["walks of Elman's cell, ReLU", "walks of Elman's cell, ReLU, back"]),
    (Lstm, ["walks of an LSTM", "walks of an LSTM, back"]),
    (Gru, ["walks of a GRU", "walks of a GRU, back"]),
];

/// The CPU's tolerance for each, beside the largest error measured.
#[cfg(test)]
const TOLERANCES: [[f64; 2]; 4] = [
    [4e-6, 3e-5], // 1.2e-6 and 8.9e-6
    [5e-6, 2e-5], // 1.6e-6 and 7.6e-6
    [5e-6, 1e-5], // 1.6e-6 and 3.4e-6
    [5e-6, 1e-5], // 1.5e-6 and 3.7e-6
];

impl Cell {
    /// G.
    fn gates(self) -> usize {
        match self {
            Elman(_) => 1,
            Gru => 3,
            Lstm => 4,
        }
    }

    fn states(self) -> usize {
        if self == Lstm { 2 } else { 1 }
    }
}

/// A walk.
#[derive(Debug, Clone, Copy)]
struct Case {
    cell: Cell,
    steps: usize,
    batch: usize,
    hidden: usize,
    is_reverse: bool,
    is_packed: bool,
}

/// Which rows come when.
struct Order {
    packing: Packing,
    case: Case,
}

impl Order {
    fn new(case: Case) -> Self {
        let mut packing = Packing::full(case.steps, case.batch);
        if case.is_packed {
            // The longest neither first nor, unless there is but one sequence, of all the steps there are.
            let lengths: Vec<_> =
                (0..case.batch).map(|sequence| 1 + (sequence * 2 + 1) % case.steps).collect();
            assert!(packing.set(&lengths).is_ok(), "{lengths:?}");
        }
        Self { packing, case }
    }

    /// The rows of the step that the walk takes as its `index`-th; none outside.
    fn rows(&self, index: usize) -> StepRows {
        let steps = self.case.steps;
        if index >= steps {
            return StepRows::default();
        }
        let step = if self.case.is_reverse { steps - 1 - index } else { index };
        StepRows { first: self.packing.start(step), count: self.packing.count(step) }
    }

    /// The steps of the walk, `at_once` in each call, those without rows left out.
    fn steps(&self, at_once: usize) -> Vec<Steps> {
        let Case { steps, hidden, is_reverse, .. } = self.case;
        let call = |first: usize| Steps {
            hidden,
            count: at_once.min(steps - first),
            rows: self.rows(first),
            is_reverse,
            before: first.checked_sub(1).map_or(StepRows::default(), |index| self.rows(index)),
            after: self.rows(first + at_once),
        };
        (0..steps).step_by(at_once).map(call).filter(|steps| steps.rows.count > 0).collect()
    }

    /// Row numbers: of sequences by rank, ranks by sequence, first and last rows of the walk by sequence.
    fn tables(&self) -> [Vec<u32>; 4] {
        let order = self.packing.order();
        let (mut ranks, mut ends) = (vec![0; order.len()], vec![0; order.len()]);
        for (rank, &sequence) in order.iter().enumerate() {
            let sequence = sequence as usize;
            ranks[sequence] = rank as u32;
            ends[sequence] = (self.packing.start(self.packing.lengths()[sequence] - 1) + rank) as u32;
        }
        if self.case.is_reverse {
            [order.to_vec(), ranks.clone(), ends, ranks]
        } else {
            [order.to_vec(), ranks.clone(), ranks, ends]
        }
    }
}

/// The weight as the backend wants it.
struct Weight<B: Recurrence> {
    matrix: B::Buffer,
    packed: [Option<B::Packed>; 2],
}

impl<B: Recurrence> Weight<B> {
    /// Of numbers as large as make the product as large as one of them.
    fn new(backend: &B, width: usize, hidden: usize) -> Self {
        let scale = 1.0 / (hidden as f64).sqrt();
        let drawn: Vec<_> = numbers(width * hidden, 1).iter().map(|number| number * scale).collect();
        let matrix = buffer(backend, &drawn);
        let pack = |layout, k, n| {
            B::LAYS_OUT_WEIGHTS.then(|| {
                let mut packed = backend.packed(k, n);
                backend.pack(At(&matrix, 0), layout, k, n, &mut packed);
                packed
            })
        };
        let packed = [pack(Layout::Transposed, hidden, width), pack(Layout::Plain, width, hidden)];
        Self { matrix, packed }
    }

    /// For the way forward (0) or back (1).
    fn of(&self, way: usize) -> RecurrentWeight<'_, B> {
        RecurrentWeight { matrix: &self.matrix, packed: self.packed[way].as_ref() }
    }
}

/// Walks forward, and back if `is_kept`; returns all that either may have written.
fn walk<B: Recurrence>(backend: &B, case: Case, is_kept: bool) -> [Vec<f64>; 2] {
    let Case { cell, steps, batch, hidden, is_packed, .. } = case;
    let width = cell.gates() * hidden;
    let order = Order::new(case);
    let tensor = |width: usize, seed| buffer(backend, &numbers(START + steps * batch * width + 2, seed));
    let state = |seed| buffer(backend, &numbers(START + batch * hidden + 2, seed));
    let weight = Weight::new(backend, width, hidden);
    let bias = buffer(backend, &numbers(width, 2));
    let (mut gates, mut recurrent) = (tensor(width, 3), tensor(width, 4));
    let (mut h, mut c) = (tensor(hidden, 5), tensor(hidden, 6));
    let [initial_h, initial_c, mut last_h, mut last_c] = [7, 8, 9, 10].map(state);
    let size =
        WalkSize { steps, batch, hidden, gates: cell.gates(), states: cell.states(), is_packed, is_kept };
    let mut kept = backend.walk(size);
    let tables = order.tables().map(|table| indices(backend, &table));
    let [sequences, ranks, entries, exits] = &tables;
    let walk_order = if is_packed {
        WalkOrder::Packed { sequences, ranks, entries, exits }
    } else {
        WalkOrder::Plain { entry: order.rows(0).first, exit: order.rows(steps - 1).first }
    };
    let at_once = backend.steps_at_once(size).clamp(1, steps);
    let has_cells = cell == Lstm;

    let cells = has_cells.then_some(At(&initial_c, START));
    backend.enter_walk(&mut kept, walk_order, At(&initial_h, START), cells);
    for steps in order.steps(at_once) {
        let (gates, hidden, last) = (At(&mut gates, START), At(&mut h, START), At(&mut last_h, START));
        match cell {
            Elman(nonlinearity) => {
                let tensors = ElmanSteps { gates, hidden, last };
                backend.elman_steps(steps, nonlinearity, weight.of(0), &mut kept, tensors);
            }
            Lstm => {
                let last = [last, At(&mut last_c, START)];
                let tensors = LstmSteps { gates, hidden, cells: At(&mut c, START), last };
                backend.lstm_steps(steps, weight.of(0), &mut kept, tensors);
            }
            Gru => {
                let recurrent = At(&mut recurrent, START);
                let tensors = GruSteps { gates, recurrent, bias: &bias, hidden, last };
                backend.gru_steps(steps, weight.of(0), &mut kept, tensors);
            }
        }
    }
    backend.leave_walk(&kept, walk_order, StateKind::Hidden, At(&h, START), At(&mut last_h, START));
    if has_cells {
        backend.leave_walk(&kept, walk_order, StateKind::Cells, At(&c, START), At(&mut last_c, START));
    }
    let len = |width: usize| START + steps * batch * width + 2;
    let state_len = START + batch * hidden + 2;
    let mut forward: Vec<_> =
        [(&gates, len(width)), (&recurrent, len(width)), (&h, len(hidden)), (&c, len(hidden))]
            .into_iter()
            .chain([(&last_h, state_len), (&last_c, state_len)])
            .flat_map(|(numbers, len)| host(backend, numbers, len))
            .collect();
    if !is_kept {
        return [forward, Vec::new()];
    }
    forward.extend(host(backend, backend.hidden_before(&kept), order.packing.rows() * hidden));

    let (mut d_gates, mut d_recurrent) = (tensor(width, 11), tensor(width, 12));
    let (mut d_h, mut d_c) = (tensor(hidden, 13), tensor(hidden, 14));
    let [d_last_h, d_last_c, mut d_initial_h, mut d_initial_c] = [15, 16, 17, 18].map(state);
    let hidden_exit = ExitGradient { d_last: At(&d_last_h, START), d_after: At(&mut d_h, START) };
    let cells_exit =
        has_cells.then_some(ExitGradient { d_last: At(&d_last_c, START), d_after: At(&mut d_c, START) });
    backend.enter_walk_backward(&mut kept, walk_order, hidden_exit, cells_exit);
    for steps in order.steps(at_once).into_iter().rev() {
        let (d_hidden, d_gates) = (At(&mut d_h, START), At(&mut d_gates, START));
        match cell {
            Elman(nonlinearity) => {
                let tensors = ElmanStepsBack { hidden: At(&h, START), d_hidden, d_gates };
                backend.elman_steps_back(steps, nonlinearity, weight.of(1), &mut kept, tensors);
            }
            Lstm => {
                let (gates, cells) = (At(&gates, START), At(&c, START));
                let d_cells = At(&mut d_c, START);
                let tensors = LstmStepsBack { gates, cells, d_hidden, d_cells, d_gates };
                backend.lstm_steps_back(steps, weight.of(1), &mut kept, tensors);
            }
            Gru => {
                let (gates, recurrent) = (At(&gates, START), At(&recurrent, START));
                let d_recurrent = At(&mut d_recurrent, START);
                let tensors = GruStepsBack { gates, recurrent, d_hidden, d_gates, d_recurrent };
                backend.gru_steps_back(steps, weight.of(1), &mut kept, tensors);
            }
        }
    }
    let (d_share, d_after) = if cell == Gru { (&d_recurrent, &d_h) } else { (&d_gates, &d_c) };
    let past = |state| PastGates { state, gates: At(&gates, START), d_after: At(d_after, START) };
    let past = || match cell {
        Elman(_) => None,
        Gru => Some(past(StateKind::Hidden)),
        Lstm => Some(past(StateKind::Cells)),
    };
    let first_rows =
        (0..steps).map(|index| order.rows(index)).find(|rows| rows.count > 0).unwrap_or_default();
    // Both states in one call, or one after the other, as views of one tensor need it.
    let calls =
        if has_cells && case.is_reverse { vec![[true, false], [false, true]] } else { vec![[true; 2]] };
    for [wants_hidden, wants_cells] in calls {
        let gradient = EntryGradient {
            d_share: At(d_share, START),
            past_gates: past(),
            d_hidden: wants_hidden.then_some(At(&mut d_initial_h, START)),
            d_cells: (wants_cells && has_cells).then_some(At(&mut d_initial_c, START)),
        };
        backend.leave_walk_backward(first_rows, weight.of(1), &mut kept, walk_order, gradient);
    }
    let [mut sum, mut d_bias, mut d_recurrent_bias] =
        [19, 20, 21].map(|seed| buffer(backend, &numbers(width, seed)));
    let rows = order.packing.rows();
    let share = (cell == Gru).then_some((At(&d_recurrent, START), rows));
    let d_biases = [&mut d_bias, &mut d_recurrent_bias];
    backend.bias_gradients(width, (At(&d_gates, START), rows), share, &mut sum, d_biases);
    let back = [(&d_gates, len(width)), (&d_recurrent, len(width)), (&d_h, len(hidden)), (&d_c, len(hidden))]
        .into_iter()
        .chain([(&d_initial_h, state_len), (&d_initial_c, state_len)])
        .chain([(&d_bias, width), (&d_recurrent_bias, width)])
        .flat_map(|(numbers, len)| host(backend, numbers, len))
        .collect();
    [forward, back]
}

/// Every scenario of this suite, compared with the scalar reference: of each cell the way forward and the way
/// back. Shapes: T, B and H.
#[must_use]
pub fn agreement<B: Recurrence>(backend: &B) -> Vec<Agreement> {
    let sizes =
        [1, 3, 33].into_iter().flat_map(|batch| [1, 7, 31, 33, 65, 127].map(|hidden| [4, batch, hidden]));
    let sizes: Vec<_> = sizes.chain([[3, 32, 128], [1, 5, 9], [2, 7, 256], [2, 4, 300]]).collect();
    let each = |(cell, names): (Cell, [&'static str; 2])| {
        let mut agreements = names.map(Agreement::new);
        for &[steps, batch, hidden] in &sizes {
            for is_reverse in [false, true] {
                for is_packed in [false, true] {
                    let case = Case { cell, steps, batch, hidden, is_reverse, is_packed };
                    // What is not kept for the way back is computed alike.
                    let is_kept = !(batch == 3 && hidden == 33);
                    let (found, want) = (walk(backend, case, is_kept), walk(&truth(), case, is_kept));
                    for ((agreement, found), want) in agreements.iter_mut().zip(&found).zip(&want) {
                        agreement.compare(&[steps, batch, hidden], found, want);
                    }
                }
            }
        }
        agreements
    };
    CELLS.into_iter().flat_map(each).collect()
}

#[test]
fn walks_agree() {
    assert_within(&agreement(&CPU), TOLERANCES.as_flattened());
}
