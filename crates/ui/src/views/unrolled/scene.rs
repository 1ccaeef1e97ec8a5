//! What the parts of the unrolled network share: signals, and what can be asked of them.

use super::CellInHand;
use super::picture::Shot;
use crate::browser::appearance::prefers_reduced_motion;
use crate::browser::now;
use crate::charts::Theme;
use crate::charts::heat_map::quantities_of;
use crate::charts::unrolled::words::{knows_gradients, quantity_for};
use crate::charts::unrolled::{Cell, Criterion, Extent, Layout, Order, Pass, Playback, Speed, Zoom};
use crate::page::Page;
use crate::state::Connection;
use leptos::prelude::*;
use rnn_protocol::{CellKind, Quantity, RunId, Snapshot};
use std::sync::Arc;

/// Which look is on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) run: RunId,
    pub(super) step: u32,
    pub(super) quantity: Quantity,
    /// Whether later looks wait until it is let go.
    pub(super) is_held: bool,
    /// Whether the gradient of single units is known.
    pub(super) has_gradients: bool,
}

/// All of it.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    pub(super) page: Page,
    pub(super) hand: CellInHand,
    /// The cell of the run's network.
    pub(super) kind: Memo<CellKind>,
    /// The quantity asked for, as far as the cell has it; that on screen may still be another.
    pub(super) chosen: Memo<Quantity>,
    pub(super) hovered: RwSignal<Option<Cell>>,
    pub(super) order: RwSignal<Arc<Order>>,
    /// The step whose look the order was made from.
    pub(super) ordered_at: RwSignal<u32>,
    pub(super) playback: RwSignal<Playback>,
    pub(super) speed: RwSignal<Speed>,
    pub(super) zoom: RwSignal<Zoom>,
    /// Size of the canvas in CSS pixels, and how far the picture is scrolled under it.
    pub(super) size: RwSignal<(f64, f64)>,
    pub(super) scroll: RwSignal<f64>,
    pub(super) shown: Memo<Option<Shown>>,
    pub(super) extent: Memo<Extent>,
    /// The cell that is read: under the pointer, or else the one in hand.
    pub(super) cursor: Memo<Cell>,
    /// A look that stays on screen while training goes on.
    held: RwSignal<Option<Arc<Snapshot>>>,
    /// A pass that begins once its quantity has come.
    awaited: RwSignal<Option<Pass>>,
    is_ticking: StoredValue<bool>,
}

impl Scene {
    pub(super) fn new(page: Page, hand: CellInHand) -> Self {
        let held = RwSignal::new(None::<Arc<Snapshot>>);
        let playback = RwSignal::new(Playback::default());
        let hovered = RwSignal::new(None::<Cell>);
        let shown = Memo::new(move |_| {
            let is_held = held.with(Option::is_some);
            with_snapshot(page, held, |snapshot| snapshot.map(|snapshot| shown_of(snapshot, is_held)))
        });
        let extent = Memo::new(move |_| {
            with_snapshot(page, held, |snapshot| snapshot.map(|snapshot| Extent::of(&snapshot.header)))
                .unwrap_or_default()
        });
        let cursor = Memo::new(move |_| {
            let is_running = playback.with(Playback::is_running);
            let pointed = hovered.get().filter(|_| !is_running);
            extent.get().clamp(pointed.or(hand.selected.get()).unwrap_or_default())
        });
        let cell = |facts: &rnn_protocol::RunFacts| facts.experiment.model.cell;
        let kind = page.derive(move |state| state.chosen_facts().map_or(CellKind::Lstm, cell));
        let wanted = page.derive(|state| state.view.quantity);
        let chosen = Memo::new(move |_| {
            let is_there = quantities_of(kind.get()).contains(&wanted.get());
            if is_there { wanted.get() } else { Quantity::Hidden }
        });
        Self {
            page,
            hand,
            kind,
            chosen,
            hovered,
            order: RwSignal::new(Arc::default()),
            ordered_at: RwSignal::new(0),
            playback,
            speed: RwSignal::new(Speed::default()),
            zoom: RwSignal::new(Zoom::default()),
            size: RwSignal::new((0.0, 0.0)),
            scroll: RwSignal::new(0.0),
            shown,
            extent,
            cursor,
            held,
            awaited: RwSignal::new(None),
            is_ticking: StoredValue::new(false),
        }
    }

    /// Reads the look on screen, and again whenever it is another.
    pub(super) fn read<T>(self, read: impl FnOnce(Option<&Snapshot>) -> T) -> T {
        self.shown.track();
        self.peek(read)
    }

    /// Reads the look on screen once.
    pub(super) fn peek<T>(self, read: impl FnOnce(Option<&Snapshot>) -> T) -> T {
        untrack(|| with_snapshot(self.page, self.held, read))
    }

    /// Where everything of the picture stands just now.
    pub(super) fn layout(self) -> Layout {
        let (extent, zoom) = (self.extent.get_untracked(), self.zoom.get_untracked());
        Layout::new(extent, self.size.get_untracked(), self.scroll.get_untracked(), zoom)
    }

    /// What a picture is made from just now.
    pub(super) fn with_shot(self, theme: &Theme, paint: impl FnOnce(&Shot<'_>)) {
        let (order, direction) = (self.order.get_untracked(), untrack(|| self.direction()));
        self.peek(|snapshot| {
            paint(&Shot {
                snapshot,
                layout: self.layout(),
                order: &order,
                cursor: self.cursor.get_untracked(),
                playback: self.playback.get_untracked(),
                direction,
                theme,
            });
        });
    }

    /// The pass that the links show: the one in hand, or that which the quantity belongs to.
    pub(super) fn direction(self) -> Pass {
        let is_gradient = self.shown.get().is_some_and(|shown| shown.quantity.is_gradient());
        let own = if is_gradient { Pass::Backward } else { Pass::Forward };
        self.playback.with(Playback::pass).unwrap_or(own)
    }

    /// Shows another quantity; a pass in hand is let go.
    pub(super) fn choose(self, quantity: Quantity) {
        self.let_go();
        self.page.view(quantity);
    }

    /// Sorts the units anew by what is on screen.
    pub(super) fn sort(self, criterion: Criterion) {
        let order = self.peek(|snapshot| snapshot.map(|snapshot| Order::by(criterion, snapshot)));
        self.ordered_at.set(self.shown.get_untracked().map_or(0, |shown| shown.step));
        self.order.set(Arc::new(order.unwrap_or_default()));
    }

    /// Follows a cell from now on.
    pub(super) fn select(self, cell: Cell) {
        self.hovered.set(None);
        self.hand.select(self.extent.get_untracked().clamp(cell));
    }

    /// Goes to a time step by hand: a pass in hand stands still there.
    pub(super) fn scrub(self, step: usize) {
        self.pause();
        self.select(Cell { step, ..self.cursor.get_untracked() });
    }

    /// Takes a pass in hand, or goes on with it.
    pub(super) fn play(self, pass: Pass) {
        let quantity = quantity_for(pass, self.chosen.get_untracked());
        if quantity != self.chosen.get_untracked() {
            self.let_go();
            self.page.view(quantity);
        }
        self.awaited.set(Some(pass));
    }

    /// Lets a pass stand still.
    pub(super) fn pause(self) {
        self.awaited.set(None);
        if self.playback.with_untracked(Playback::is_running) {
            self.playback.update(Playback::pause);
        }
    }

    /// Lets go of a pass and of the look that it was played on.
    pub(super) fn let_go(self) {
        self.awaited.set(None);
        if self.playback.with_untracked(|playback| *playback != Playback::default()) {
            self.playback.update(Playback::stop);
        }
        if self.held.with_untracked(Option::is_some) {
            self.held.set(None);
        }
    }

    /// Keeps the look on screen while training goes on.
    pub(super) fn hold(self) {
        if self.held.with_untracked(Option::is_none) {
            let held = self.peek(|snapshot| snapshot.map(|snapshot| Arc::new(snapshot.clone())));
            self.held.set(held);
        }
    }

    /// Makes the parts follow each other, and the run on stage.
    pub(super) fn keep_in_step(self) {
        let stage = self.page.derive(|state| {
            (state.connection == Connection::Ready)
                .then(|| state.chosen_facts().map(|facts| facts.run))
                .flatten()
        });
        // A look of an earlier run is not kept, and an order belongs to its network.
        Effect::new(move || {
            stage.track();
            self.let_go();
            self.order.set(Arc::default());
        });
        Effect::new(move || {
            let (Some(pass), Some(shown)) = (self.awaited.get(), self.shown.get()) else { return };
            if shown.quantity == self.chosen.get_untracked() {
                self.begin(pass);
            }
        });
    }

    fn begin(self, pass: Pass) {
        self.awaited.set(None);
        self.hold();
        let (at, last) = (self.cursor.get_untracked().step, self.extent.get_untracked().last_step());
        let mut step = at;
        self.playback.update(|playback| {
            step = playback.start(pass, at, last);
            // Those who want no motion go from step to step themselves.
            if prefers_reduced_motion() {
                playback.pause();
            }
        });
        self.select(Cell { step, ..self.cursor.get_untracked() });
        if !self.is_ticking.get_value() {
            self.is_ticking.set_value(true);
            self.tick_after(now());
        }
    }

    /// Lets the pass go on in the next frame, as long as it runs.
    fn tick_after(self, before: f64) {
        request_animation_frame(move || {
            let is_running = self.playback.try_with_untracked(Playback::is_running);
            if is_running != Some(true) {
                self.is_ticking.try_set_value(false);
                return;
            }
            let time = now();
            let (at, last) = (self.cursor.get_untracked().step, self.extent.get_untracked().last_step());
            let speed = self.speed.get_untracked();
            let mut next = None;
            self.playback.maybe_update(|playback| {
                next = playback.advance(time - before, speed, at, last);
                !playback.is_running()
            });
            if let Some(step) = next {
                self.select(Cell { step, ..self.cursor.get_untracked() });
            }
            self.tick_after(time);
        });
    }
}

fn with_snapshot<T>(
    page: Page,
    held: RwSignal<Option<Arc<Snapshot>>>,
    read: impl FnOnce(Option<&Snapshot>) -> T,
) -> T {
    match held.get() {
        Some(held) => read(Some(&held)),
        None => page.state.with(|state| read(state.chosen_snapshot())),
    }
}

fn shown_of(snapshot: &Snapshot, is_held: bool) -> Shown {
    let header = &snapshot.header;
    let (run, step, quantity) = (header.run, header.step, header.quantity);
    Shown { run, step, quantity, is_held, has_gradients: knows_gradients(header) }
}
