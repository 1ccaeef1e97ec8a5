//! Where things stand in the unrolled network, in CSS pixels from the view's top left corner.

use super::Order;
use crate::charts::{LEFT_GUTTER, RIGHT_GUTTER};
use rnn_protocol::SnapshotHeader;
use std::ops::Range;

/// Columns are not drawn narrower than a letter; a longer window is scrolled.
const LETTER_WIDTH: f64 = 9.0;
/// The same for scripts whose characters fill a square.
const SQUARE_WIDTH: f64 = 13.0;
/// Width of a column seen from near.
const NEAR_WIDTH: f64 = 52.0;
/// Height of the row of symbols that are read.
pub const INPUT_HEIGHT: f64 = 22.0;
/// Height of each of the two rows of symbols on top: the most probable and the true one.
pub const OUTCOME_HEIGHT: f64 = 19.0;
/// Height of the followed unit's course.
pub const TRACE_HEIGHT: f64 = 54.0;
const TRACE_GAP: f64 = 12.0;
/// Room for the links between two rows.
const LINK_HEIGHT: f64 = 16.0;
const NEAR_LINK_HEIGHT: f64 = 26.0;
/// The share of a column that its links to the next one take, and its bounds.
const LINK_SHARE: f64 = 0.34;
const LINK_WIDTHS: (f64, f64) = (3.0, 22.0);
/// Where East Asian scripts begin in Unicode, near enough.
const FIRST_SQUARE_CHARACTER: char = '\u{1100}';

/// One unit at one time step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Cell {
    /// The row, from 0 next to the input: [`SnapshotHeader::row`] says what it is.
    pub row: usize,
    /// The unit within the row, from 0.
    pub unit: usize,
    /// The time step, from 0.
    pub step: usize,
}

/// How much there is of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Rows, R.
    pub rows: usize,
    /// Units of a row, H.
    pub units: usize,
    /// Time steps, T.
    pub steps: usize,
    /// Whether something is predicted at some step.
    pub has_predictions: bool,
    /// Whether the characters read are as wide as they are high.
    pub is_square_script: bool,
}

/// From how far the network is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Zoom {
    /// All steps side by side, as far as letters stay legible.
    #[default]
    Whole,
    /// A few steps, with their links.
    Near,
}

/// Places for a view of a certain size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// How much is shown.
    pub extent: Extent,
    /// From how far.
    pub zoom: Zoom,
    width: f64,
    height: f64,
    scroll: f64,
}

impl Extent {
    /// Of a snapshot.
    #[must_use]
    pub fn of(header: &SnapshotHeader) -> Self {
        let is_square = |symbol: &String| symbol.chars().any(|character| character >= FIRST_SQUARE_CHARACTER);
        Self {
            rows: header.rows(),
            units: header.units as usize,
            steps: header.steps(),
            has_predictions: !header.predictions.is_empty(),
            // A dash or a curly quotation mark among letters does not make a script.
            is_square_script: header.symbols.iter().filter(|symbol| is_square(symbol)).count() * 4
                > header.steps(),
        }
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.rows == 0 || self.units == 0 || self.steps == 0
    }

    /// The last time step.
    #[must_use]
    pub fn last_step(self) -> usize {
        self.steps.saturating_sub(1)
    }

    /// The nearest cell that exists.
    #[must_use]
    pub fn clamp(self, cell: Cell) -> Cell {
        Cell {
            row: cell.row.min(self.rows.saturating_sub(1)),
            unit: cell.unit.min(self.units.saturating_sub(1)),
            step: cell.step.min(self.last_step()),
        }
    }

    /// The cell that a key leads to: arrows move by one step or one position, Page Up and Page Down by ten
    /// positions, Home and End to the ends of time. `None` if the key means nothing here.
    #[must_use]
    pub fn moved(self, cell: Cell, key: &str, order: &Order) -> Option<Cell> {
        let units = self.units.max(1);
        // Positions from the top of the picture to its bottom, where row 0 is.
        let from_top = |row: usize| self.rows.saturating_sub(row + 1);
        let place = from_top(cell.row) * units + order.position_of(cell.row, cell.unit);
        let (place, step) = match key {
            "ArrowLeft" => (place, cell.step.saturating_sub(1)),
            "ArrowRight" => (place, cell.step + 1),
            "Home" => (place, 0),
            "End" => (place, self.last_step()),
            "ArrowUp" => (place.saturating_sub(1), cell.step),
            "ArrowDown" => (place + 1, cell.step),
            "PageUp" => (place.saturating_sub(10), cell.step),
            "PageDown" => (place + 10, cell.step),
            _ => return None,
        };
        let place = place.min((self.rows * self.units).saturating_sub(1));
        let row = from_top(place / units);
        Some(self.clamp(Cell { row, unit: order.unit_at(row, place % units), step }))
    }
}

impl Layout {
    /// For a view of `width` by `height`, scrolled right by `scroll`.
    #[must_use]
    pub fn new(extent: Extent, (width, height): (f64, f64), scroll: f64, zoom: Zoom) -> Self {
        let layout = Self { extent, zoom, width, height, scroll: 0.0 };
        // A view that was scrolled may have been made wider since.
        Self { scroll: scroll.clamp(0.0, (layout.full_width() - width).max(0.0)), ..layout }
    }

    /// Width of the whole network, more than the view's where it must be scrolled.
    #[must_use]
    pub fn full_width(&self) -> f64 {
        self.column_width() * self.extent.steps as f64 + gutters()
    }

    /// Width of one time step.
    #[must_use]
    pub fn column_width(&self) -> f64 {
        let least = match (self.zoom, self.extent.is_square_script) {
            (Zoom::Near, _) => NEAR_WIDTH,
            (Zoom::Whole, true) => SQUARE_WIDTH,
            (Zoom::Whole, false) => LETTER_WIDTH,
        };
        ((self.width - gutters()) / self.extent.steps.max(1) as f64).max(least)
    }

    /// Room between the cells of two time steps.
    #[must_use]
    pub fn link_width(&self) -> f64 {
        (self.column_width() * LINK_SHARE).clamp(LINK_WIDTHS.0, LINK_WIDTHS.1)
    }

    /// Left edge of a time step in the view.
    #[must_use]
    pub fn left_of(&self, step: usize) -> f64 {
        f64::from(LEFT_GUTTER) + step as f64 * self.column_width() - self.scroll
    }

    /// Middle of a time step in the view.
    #[must_use]
    pub fn middle_of(&self, step: usize) -> f64 {
        self.left_of(step) + self.column_width() / 2.0
    }

    /// Left edge and width of a time step's cells.
    #[must_use]
    pub fn strip(&self, step: usize) -> (f64, f64) {
        let gap = self.link_width();
        (self.left_of(step) + gap / 2.0, self.column_width() - gap)
    }

    /// Left and right edge of what may be drawn on.
    #[must_use]
    pub fn plot(&self) -> (f64, f64) {
        (f64::from(LEFT_GUTTER), self.width - f64::from(RIGHT_GUTTER))
    }

    /// How far the view is scrolled right.
    #[must_use]
    pub fn scroll(&self) -> f64 {
        self.scroll
    }

    /// The view's width and height.
    #[must_use]
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    /// The time steps that are at least partly in view.
    #[must_use]
    pub fn visible_steps(&self) -> Range<usize> {
        let (left, right) = self.plot();
        let first = (self.scroll / self.column_width()).max(0.0) as usize;
        let last = ((self.scroll + right - left) / self.column_width() - 1e-6).ceil().max(0.0) as usize;
        first.min(self.extent.steps)..last.min(self.extent.steps)
    }

    /// Top and height of a row.
    #[must_use]
    pub fn row(&self, row: usize) -> (f64, f64) {
        let rows = self.extent.rows.max(1);
        let (top, bottom) = (self.outcome_height() + self.link_height(), self.input_top());
        let height = (bottom - top) / rows as f64 - self.link_height();
        let from_top = rows.saturating_sub(row + 1) as f64;
        (top + from_top * (height.max(1.0) + self.link_height()), height.max(1.0))
    }

    /// Room for the links between two rows.
    #[must_use]
    pub fn link_height(&self) -> f64 {
        match self.zoom {
            Zoom::Whole => LINK_HEIGHT,
            Zoom::Near => NEAR_LINK_HEIGHT,
        }
    }

    /// Height of what stands above the links to the predictions.
    #[must_use]
    pub fn outcome_height(&self) -> f64 {
        if self.extent.has_predictions { 2.0 * OUTCOME_HEIGHT } else { 0.0 }
    }

    /// Top of the row of symbols that are read.
    #[must_use]
    pub fn input_top(&self) -> f64 {
        self.trace_top() - TRACE_GAP - INPUT_HEIGHT
    }

    /// Top of the followed unit's course.
    #[must_use]
    pub fn trace_top(&self) -> f64 {
        self.height - TRACE_HEIGHT
    }

    /// Top and height of a unit.
    #[must_use]
    pub fn unit(&self, cell: Cell, order: &Order) -> (f64, f64) {
        let (top, height) = self.row(cell.row);
        let unit = height / self.extent.units.max(1) as f64;
        (top + order.position_of(cell.row, cell.unit) as f64 * unit, unit)
    }

    /// The cell under a place in the view. Outside the rows only the time step follows, and `kept` keeps its
    /// unit.
    #[must_use]
    pub fn cell_at(&self, (x, y): (f64, f64), kept: Cell, order: &Order) -> Option<Cell> {
        let step = ((x + self.scroll - f64::from(LEFT_GUTTER)) / self.column_width()).floor();
        if step < 0.0 || step >= self.extent.steps as f64 || self.extent.is_empty() {
            return None;
        }
        let step = step as usize;
        for row in 0..self.extent.rows {
            let (top, height) = self.row(row);
            if (top..top + height).contains(&y) {
                let position = ((y - top) / height * self.extent.units as f64) as usize;
                let unit = order.unit_at(row, position.min(self.extent.units - 1));
                return Some(self.extent.clamp(Cell { row, unit, step }));
            }
        }
        Some(self.extent.clamp(Cell { step, ..kept }))
    }

    /// How far the view must be scrolled so that a time step is in it; from near also the steps beside it.
    #[must_use]
    pub fn scroll_to(&self, step: usize) -> f64 {
        let (left, right) = self.plot();
        let around = if self.zoom == Zoom::Near { self.column_width() } else { 0.0 };
        let start = step as f64 * self.column_width() - around;
        let end = start + self.column_width() + 2.0 * around;
        let least = (end - (right - left)).max(0.0);
        self.scroll.clamp(least, start.max(least))
    }
}

fn gutters() -> f64 {
    f64::from(LEFT_GUTTER + RIGHT_GUTTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent =
        Extent { rows: 2, units: 10, steps: 64, has_predictions: true, is_square_script: false };

    fn layout(width: f64, scroll: f64) -> Layout {
        Layout::new(EXTENT, (width, 400.0), scroll, Zoom::Whole)
    }

    #[test]
    fn a_place_and_its_cell_agree() {
        let reversed = Order::of_units(vec![(0..10).rev().collect(), (0..10).collect()]);
        for order in [Order::default(), reversed] {
            let layout = layout(400.0, 90.0);
            for cell in [Cell { row: 0, unit: 2, step: 10 }, Cell { row: 1, unit: 9, step: 40 }] {
                let (top, height) = layout.unit(cell, &order);
                let place = (layout.middle_of(cell.step), top + height / 2.0);
                assert_eq!(layout.cell_at(place, Cell::default(), &order), Some(cell));
            }
        }
        let kept = Cell { row: 1, unit: 3, step: 0 };
        let place = (layout(400.0, 0.0).left_of(20) + 1.0, 5.0);
        let above = layout(400.0, 0.0).cell_at(place, kept, &Order::default());
        assert_eq!(above, Some(Cell { row: 1, unit: 3, step: 20 }));
    }

    #[test]
    fn the_first_layer_stands_over_the_inputs_and_nothing_overlaps() {
        for (rows, has_predictions) in [(1, false), (2, true), (6, true)] {
            let extent = Extent { rows, has_predictions, ..EXTENT };
            for zoom in [Zoom::Whole, Zoom::Near] {
                let layout = Layout::new(extent, (800.0, 480.0), 0.0, zoom);
                let mut below = layout.input_top();
                for row in 0..rows {
                    let (top, height) = layout.row(row);
                    assert!((top + height + layout.link_height() - below).abs() < 1e-9);
                    assert!(height > 10.0);
                    below = top;
                }
                assert!((below - layout.link_height() - layout.outcome_height()).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_long_window_is_scrolled_and_a_short_one_fills_the_view() {
        let wide = layout(1000.0, 0.0);
        assert!((wide.full_width() - 1000.0).abs() < 1e-9);
        assert_eq!(wide.visible_steps(), 0..64);
        let narrow = layout(356.0, 0.0);
        assert!(narrow.full_width() > 600.0);
        assert_eq!(narrow.visible_steps(), 0..34);
        let scroll = narrow.scroll_to(63);
        let scrolled = layout(356.0, scroll);
        assert_eq!(scrolled.visible_steps().end, 64);
        assert!((scrolled.scroll_to(63) - scroll).abs() < 1e-9, "already in view");
        assert_eq!(scrolled.scroll_to(0), 0.0);
        assert_eq!(layout(356.0, 1e6).visible_steps().end, 64, "scrolled no further than there is");
    }

    #[test]
    fn from_near_a_step_is_seen_with_its_neighbours() {
        let near = Layout::new(EXTENT, (400.0, 400.0), 0.0, Zoom::Near);
        let scrolled = Layout::new(EXTENT, (400.0, 400.0), near.scroll_to(30), Zoom::Near);
        let (left, right) = scrolled.plot();
        assert!(scrolled.left_of(29) >= left && scrolled.left_of(32) <= right + 1e-9);
        assert!(scrolled.visible_steps().len() < 10);
        let last = Layout::new(EXTENT, (400.0, 400.0), near.scroll_to(63), Zoom::Near);
        assert_eq!(last.visible_steps().end, 64);
    }

    #[test]
    fn characters_that_fill_a_square_get_wider_columns() {
        let extent_of = |text: &str| {
            let symbols = text.chars().map(String::from).collect();
            Extent::of(&SnapshotHeader { symbols, layers: 1, units: 1, ..SnapshotHeader::default() })
        };
        assert!(extent_of("白鯨記，很久以前").is_square_script);
        assert!(!extent_of("“Ay, ay—sir”").is_square_script);
        let width = |text| Layout::new(extent_of(text), (60.0, 200.0), 0.0, Zoom::Whole).column_width();
        assert!(width("白鯨白鯨") > width("whale"));
    }

    #[test]
    fn keys_move_down_the_picture_and_stop_at_the_ends() {
        let order = Order::default();
        let cell = Cell { row: 1, unit: 9, step: 63 };
        assert_eq!(EXTENT.moved(cell, "ArrowDown", &order), Some(Cell { row: 0, unit: 0, step: 63 }));
        assert_eq!(EXTENT.moved(cell, "ArrowRight", &order), Some(cell));
        assert_eq!(EXTENT.moved(cell, "Home", &order), Some(Cell { step: 0, ..cell }));
        let low = Cell { row: 0, unit: 5, step: 0 };
        assert_eq!(EXTENT.moved(low, "PageDown", &order).map(|cell| cell.unit), Some(9));
        assert_eq!(EXTENT.moved(low, "PageUp", &order), Some(Cell { row: 1, unit: 5, step: 0 }));
        assert_eq!(EXTENT.moved(cell, "Tab", &order), None);
        assert_eq!(Extent::default().moved(Cell::default(), "ArrowDown", &order), Some(Cell::default()));
        // The next unit on screen, whatever its number.
        let reversed = Order::of_units(vec![(0..10).rev().collect(), (0..10).collect()]);
        assert_eq!(EXTENT.moved(low, "ArrowDown", &reversed).map(|cell| cell.unit), Some(4));
    }
}
