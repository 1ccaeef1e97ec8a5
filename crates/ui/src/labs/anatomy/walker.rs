//! What the parts of the walk share: the line in hand, and what can be asked of it.

use super::operations::{Operation, operations};
use super::outline::Outline;
use super::pace::{Grain, Pace};
use crate::page::{Page, use_page};
use crate::state::{Connection, SharedWalk};
use leptos::prelude::*;
use rnn_protocol::{LabKind, NumberPlace, WalkLine, WalkLook, WalkNumber, WalkPass};

/// How a number stands to the line in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is what comes out.
    Result,
    /// It goes in.
    Operand,
    /// It is not computed yet.
    Ahead,
    /// It is there.
    There,
}

/// The walk on screen.
#[derive(Clone, Copy)]
pub struct Walker {
    page: Page,
    /// What came last from the worker.
    pub look: Memo<Option<SharedWalk>>,
    /// What it is a walk through.
    pub outline: Memo<Option<Outline>>,
    /// The number of the line in hand; none: every number is shown.
    pub cursor: RwSignal<Option<u32>>,
    /// The line in hand, once it has come.
    pub line: Memo<Option<WalkLine>>,
    /// What a step goes by.
    pub grain: RwSignal<Grain>,
    /// The number of the operation in hand within its line; one beyond the last is the last.
    operation: RwSignal<usize>,
    /// The operations of the line in hand, once it has come, where a step goes by them.
    operations: Memo<Vec<Operation>>,
    /// Whether lines follow each other by themselves.
    pub is_playing: RwSignal<bool>,
    /// How fast.
    pub pace: RwSignal<Pace>,
    /// What is shown while no line is in hand.
    pub chosen: RwSignal<WalkPass>,
    /// Whether values or gradients are shown.
    pub pass: Memo<WalkPass>,
    /// The largest magnitude of each kind of number, for its colours.
    pub scales: Memo<Vec<(WalkNumber, bool, f64)>>,
    /// Tells the timer in force from those that are not.
    timer: StoredValue<u32>,
}

impl Walker {
    /// At the overview. Asks the worker for the walk until the view is gone.
    #[must_use]
    pub fn start() -> Self {
        let page = use_page();
        let look = page.derive(|state| state.walk.look.clone());
        let outline = Memo::new(move |_| look.with(|look| look.as_ref().map(|look| Outline::of(look))));
        let cursor = RwSignal::new(None::<u32>);
        let chosen = RwSignal::new(WalkPass::Forward);
        let line = Memo::new(move |_| {
            let cursor = cursor.get()?;
            look.with(|look| look.as_ref()?.line(cursor).cloned())
        });
        let pass = Memo::new(move |_| {
            let Some(cursor) = cursor.get() else { return chosen.get() };
            look.with(|look| {
                let section = look.as_ref().and_then(|look| look.section(cursor));
                section.map_or(WalkPass::Forward, |section| section.pass)
            })
        });
        let grain = RwSignal::new(Grain::default());
        let operations = Memo::new(move |_| match grain.get() {
            Grain::Line => Vec::new(),
            Grain::Operation => line.with(|line| line.as_ref().map(operations).unwrap_or_default()),
        });
        let scales =
            Memo::new(move |_| look.with(|look| look.as_ref().map(|look| scales(look)).unwrap_or_default()));
        let walker = Self {
            page,
            look,
            outline,
            cursor,
            line,
            grain,
            operation: RwSignal::new(usize::MAX),
            operations,
            is_playing: RwSignal::new(false),
            pace: RwSignal::new(Pace::default()),
            chosen,
            pass,
            scales,
            timer: StoredValue::new(0),
        };
        walker.keep_asking();
        walker
    }

    fn keep_asking(self) {
        let Self { page, cursor, outline, .. } = self;
        page.want_line(0);
        let stage = page.derive(|state| {
            let is_here = state.connection == Connection::Ready && state.lab() == LabKind::Anatomy;
            (is_here, state.facts.as_ref().map(|facts| facts.run))
        });
        Effect::new(move || {
            if stage.get().0 {
                page.repeat_walk();
            }
        });
        Effect::new(move || page.want_line(cursor.get().unwrap_or(0)));
        // Another sentence or cell has other lines.
        Effect::new(move |before: Option<Option<Outline>>| {
            let now = outline.get();
            if before.flatten().is_some_and(|before| now.as_ref() != Some(&before)) {
                self.go_to(None);
            }
            now
        });
        on_cleanup(move || {
            self.pause();
            page.end_walk();
        });
    }

    /// Lines there are.
    #[must_use]
    pub fn count(self) -> u32 {
        self.look.with(|look| look.as_ref().map_or(0, |look| look.count))
    }

    /// Takes a line in hand as a whole, or none.
    pub fn go_to(self, line: Option<u32>) {
        self.go_to_operation(line, usize::MAX);
    }

    fn go_to_operation(self, line: Option<u32>, operation: usize) {
        if operation != self.operation.get_untracked() {
            self.operation.set(operation);
        }
        let last = untrack(|| self.count()).saturating_sub(1);
        let line = line.map(|line| line.min(last));
        if line != self.cursor.get_untracked() {
            self.cursor.set(line);
        }
    }

    /// The operation in hand, from 0, and how many its line has; nothing where a step goes by lines.
    #[must_use]
    pub fn operation_in_hand(self) -> Option<(usize, usize)> {
        let count = self.operations.with(Vec::len);
        (count > 0).then(|| (self.operation.get().min(count - 1), count))
    }

    /// What is done by the operation in hand.
    #[must_use]
    pub fn operation(self) -> Option<Operation> {
        let (at, _) = self.operation_in_hand()?;
        self.operations.with(|operations| operations.get(at).cloned())
    }

    /// Goes by one line, or by one operation.
    pub fn step(self, is_forward: bool) {
        let at = self.cursor.get_untracked();
        if let (Some(line), Some((operation, count))) = (at, untrack(|| self.operation_in_hand())) {
            let within = if is_forward { operation + 1 } else { operation.wrapping_sub(1) };
            if within < count {
                return self.go_to_operation(Some(line), within);
            }
        }
        if self.awaits_line() {
            return;
        }
        let last = untrack(|| self.count()).saturating_sub(1);
        match (at, is_forward) {
            (None, true) => self.go_to_start_of(Some(0)),
            (None, false) => self.go_to(Some(last)),
            (Some(line), true) if line >= last => self.go_to(Some(last)),
            (Some(line), true) => self.go_to_start_of(Some(line + 1)),
            (Some(0), false) => self.go_to_start_of(Some(0)),
            (Some(line), false) => self.go_to(Some(line - 1)),
        }
    }

    /// Takes a line in hand at its first operation, where a step goes by them; or else as a whole.
    pub fn go_to_start_of(self, line: Option<u32>) {
        let operation = match self.grain.get_untracked() {
            Grain::Line => usize::MAX,
            Grain::Operation => 0,
        };
        self.go_to_operation(line, operation);
    }

    /// Whether the operations of the line in hand are not known yet.
    fn awaits_line(self) -> bool {
        self.grain.get_untracked() == Grain::Operation
            && self.cursor.get_untracked().is_some()
            && self.line.with_untracked(Option::is_none)
    }

    /// Whether the last operation of the line in hand is done.
    fn is_line_done(self) -> bool {
        !self.awaits_line() && untrack(|| self.operation_in_hand()).is_none_or(|(at, count)| at + 1 == count)
    }

    /// Goes to the beginning of the next time step, or of this one, or of the one before.
    pub fn leap(self, is_forward: bool) {
        let target = self.look.with_untracked(|look| {
            let look = look.as_ref()?;
            let starts = starts_of_steps(look);
            let Some(at) = self.cursor.get_untracked() else { return starts.first().copied() };
            if is_forward {
                starts.into_iter().find(|&start| start > at).or(Some(look.count.saturating_sub(1)))
            } else {
                starts.into_iter().rev().find(|&start| start < at).or(Some(0))
            }
        });
        if target.is_some() {
            self.go_to_start_of(target);
        }
    }

    /// Plays a pass: from the line in hand, where that is within it, or else from its beginning.
    pub fn play(self, pass: WalkPass) {
        let bounds = self.look.with_untracked(|look| {
            let look = look.as_ref()?;
            let behind = look.backward_first();
            Some(if pass == WalkPass::Forward { (0, behind) } else { (behind, look.count) })
        });
        let Some((first, end)) = bounds else { return };
        let has_more =
            |line: &u32| *line >= first && (line + 1 < end || (line + 1 == end && !self.is_line_done()));
        if self.cursor.get_untracked().filter(has_more).is_none() {
            self.go_to_start_of(Some(first));
        }
        self.is_playing.set(true);
        self.timer.update_value(|timer| *timer = timer.wrapping_add(1));
        self.wait(end, self.timer.get_value());
    }

    /// Stands still.
    pub fn pause(self) {
        self.timer.update_value(|timer| *timer = timer.wrapping_add(1));
        self.is_playing.set(false);
    }

    fn wait(self, end: u32, timer: u32) {
        let go_on = move || {
            if self.timer.try_get_value() != Some(timer) {
                return;
            }
            let is_at_end =
                || self.is_line_done() && self.cursor.get_untracked().is_some_and(|line| line + 1 >= end);
            if !is_at_end() {
                self.step(true);
            }
            if is_at_end() { self.pause() } else { self.wait(end, timer) }
        };
        set_timeout(go_on, self.pace.get_untracked().wait());
    }

    /// How a number stands to the line in hand.
    #[must_use]
    pub fn mark(self, place: NumberPlace) -> Mark {
        let Some(cursor) = self.cursor.get() else { return Mark::There };
        let mark = self.line.with(|line| {
            let line = line.as_ref()?;
            let goes_in =
                || line.terms.iter().flat_map(|term| &term.factors).any(|factor| factor.place == place);
            if line.place == place { Some(Mark::Result) } else { goes_in().then_some(Mark::Operand) }
        });
        mark.unwrap_or_else(|| {
            let line = self.look.with(|look| look.as_ref()?.number(place).map(|(_, line)| line));
            if line.is_some_and(|line| line > cursor) { Mark::Ahead } else { Mark::There }
        })
    }

    /// A number as it is now: of a sum that grows, as far as the line in hand.
    #[must_use]
    pub fn value(self, place: NumberPlace) -> Option<f64> {
        let so_far = self.operation().map(|operation| operation.so_far);
        let in_hand = self.line.with(|line| {
            let line = line.as_ref()?;
            let mut factors = line.terms.iter().flat_map(|term| &term.factors);
            let operand = factors.find(|factor| factor.place == place).map(|factor| factor.value);
            if line.place == place { Some(so_far.unwrap_or(line.value)) } else { operand }
        });
        in_hand.or_else(|| self.look.with(|look| Some(look.as_ref()?.number(place)?.0)))
    }

    /// Goes to the line that computes a number, unless it is a weight, which no line computes.
    pub fn go_to_origin(self, place: NumberPlace) {
        let line = self.look.with_untracked(|look| look.as_ref()?.number(place).map(|(_, line)| line));
        if line.is_some_and(|line| line > 0 || place.number == WalkNumber::Input) {
            self.pause();
            self.go_to(line);
        }
    }
}

/// The first line of each time step of each pass, and of the loss.
fn starts_of_steps(look: &WalkLook) -> Vec<u32> {
    let mut starts: Vec<(WalkPass, Option<u32>, u32)> = Vec::new();
    for section in &look.sections {
        let is_same = starts.last().is_some_and(|last| (last.0, last.1) == (section.pass, section.step));
        if !is_same {
            starts.push((section.pass, section.step, section.first));
        }
    }
    starts.into_iter().map(|(_, _, first)| first).collect()
}

fn scales(look: &WalkLook) -> Vec<(WalkNumber, bool, f64)> {
    let scale = |table: &rnn_protocol::WalkTable| {
        let largest = table.values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        // States and gates have a scale of their own: 1 is as far as they go.
        let is_bounded =
            matches!(table.number, WalkNumber::Hidden | WalkNumber::Gate | WalkNumber::Probability);
        let scale = if is_bounded && !table.is_gradient { 1.0 } else { largest };
        (table.number, table.is_gradient, scale)
    };
    look.tables.iter().map(scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::{CellForm, WalkSection, WalkStage};

    #[test]
    fn steps_begin_where_their_first_section_does() {
        let section = |pass, step, first| WalkSection { pass, step, stage: WalkStage::Cell, first };
        let look = WalkLook {
            step: 0,
            form: CellForm::Gru,
            inputs: 1,
            units: 1,
            symbols: Vec::new(),
            tokens: Vec::new(),
            token_count: 0,
            sections: vec![
                section(WalkPass::Forward, Some(0), 0),
                section(WalkPass::Forward, Some(0), 2),
                section(WalkPass::Forward, Some(1), 5),
                section(WalkPass::Forward, None, 9),
                section(WalkPass::Backward, Some(1), 10),
                section(WalkPass::Backward, Some(0), 14),
            ],
            count: 20,
            first: 0,
            lines: Vec::new(),
            tables: Vec::new(),
        };
        assert_eq!(starts_of_steps(&look), [0, 5, 9, 10, 14]);
    }
}
