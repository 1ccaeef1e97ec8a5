//! Walks through time: which rows a step has, which steps are taken together, and how rows belong to sequences.
//!
//! A tensor over a walk has the rows of every step one after the other, those of the first step in time first.

use super::At;

/// The sequences that reach a step, and where their rows lie in a tensor over the whole walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepRows {
    /// The first row.
    pub first: usize,
    /// How many: those of the state's rows that come first.
    pub count: usize,
}

impl StepRows {
    /// Of a tensor over the whole walk the part that begins with these rows.
    pub fn of<T>(self, At(buffer, start): At<T>, width: usize) -> At<T> {
        At(buffer, start + self.first * width)
    }
}

/// Steps of a walk that are taken one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// Hidden units, H.
    pub hidden: usize,
    /// How many steps: one, or all of a walk whose steps have the same number of rows.
    pub count: usize,
    /// The rows of the first of them in the order of the walk.
    pub rows: StepRows,
    /// Whether the rows of a step lie before those of the step that the walk took before it, not behind them.
    pub is_reverse: bool,
    /// The rows of the step before them in the order of the walk; none if the walk begins with them.
    pub before: StepRows,
    /// The rows of the step behind them; none if the walk ends with them.
    pub after: StepRows,
}

impl Steps {
    /// The `index`-th of them in the order of the walk.
    #[must_use]
    pub fn step(self, index: usize) -> Self {
        let before = if index == 0 { self.before } else { self.rows_of(index - 1) };
        let after = if index + 1 == self.count { self.after } else { self.rows_of(index + 1) };
        Self { count: 1, rows: self.rows_of(index), before, after, ..self }
    }

    /// The rows of the `index`-th of them in the order of the walk.
    fn rows_of(self, index: usize) -> StepRows {
        let StepRows { first, count } = self.rows;
        let distance = index * count;
        StepRows { first: if self.is_reverse { first - distance } else { first + distance }, count }
    }
}

/// The size of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkSize {
    /// T.
    pub steps: usize,
    /// B.
    pub batch: usize,
    /// H.
    pub hidden: usize,
    /// G.
    pub gates: usize,
    /// States that run along: h, and for the LSTM c.
    pub states: usize,
    /// Whether sequences may differ in length.
    pub is_packed: bool,
    /// Whether it will be walked back.
    pub is_kept: bool,
}

impl WalkSize {
    /// Numbers of a state `[B, H]`.
    #[must_use]
    pub fn state_len(self) -> usize {
        self.batch * self.hidden
    }

    /// Numbers of a state at every step.
    #[must_use]
    pub fn walk_len(self) -> usize {
        self.steps * self.state_len()
    }
}

/// How the rows of the state belong to the sequences of a batch.
#[derive(Debug)]
pub enum WalkOrder<'a, I> {
    /// Each sequence has the same row at every step.
    Plain {
        /// The first row of the first step that is taken.
        entry: usize,
        /// The first row of the last step.
        exit: usize,
    },
    /// The longest sequence comes first.
    Packed {
        /// The sequence of each row of the state.
        sequences: &'a I,
        /// The row of the state of each sequence.
        ranks: &'a I,
        /// The row of each sequence's first step, in the order of the walk.
        entries: &'a I,
        /// The row of each sequence's last step.
        exits: &'a I,
    },
}

impl<I> Clone for WalkOrder<'_, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for WalkOrder<'_, I> {}

/// h or c.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateKind {
    /// h.
    Hidden,
    /// c.
    Cells,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_in_a_row_are_each_others_neighbours() {
        let rows = |first| StepRows { first, count: 3 };
        let (before, after) = (rows(15), rows(0));
        let steps = Steps { hidden: 2, count: 4, rows: rows(12), is_reverse: true, before, after };
        let found: Vec<_> = (0..4).map(|index| steps.step(index)).collect();
        assert_eq!(found.iter().map(|step| step.rows.first).collect::<Vec<_>>(), [12, 9, 6, 3]);
        assert_eq!(found.iter().map(|step| step.before.first).collect::<Vec<_>>(), [15, 12, 9, 6]);
        assert_eq!(found.iter().map(|step| step.after.first).collect::<Vec<_>>(), [9, 6, 3, 0]);
        assert!(found.iter().all(|step| step.count == 1));
    }
}
