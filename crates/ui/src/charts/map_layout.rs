//! Where things stand in the hidden-state map: time across, the units of each layer down, under the
//! characters that were read, over the course of one unit.

use super::{LEFT_GUTTER, RIGHT_GUTTER};
use rnn_protocol::SnapshotHeader;
use std::ops::Range;

/// Columns are not drawn narrower than a letter; a longer window is scrolled.
const LETTER_WIDTH: f64 = 9.0;
/// The same for scripts whose characters fill a square.
const SQUARE_WIDTH: f64 = 13.0;
/// Height of the row of characters.
pub const HEADER_HEIGHT: f64 = 22.0;
/// Height of the followed unit's course.
pub const TRACE_HEIGHT: f64 = 60.0;
const TRACE_GAP: f64 = 14.0;
const LAYER_GAP: f64 = 6.0;

/// One unit at one time step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    /// The layer, from 0.
    pub layer: usize,
    /// The unit within the layer, from 0.
    pub unit: usize,
    /// The time step, from 0.
    pub step: usize,
}

/// How much there is of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Layers, L.
    pub layers: usize,
    /// Units of a layer, H.
    pub units: usize,
    /// Time steps, T.
    pub steps: usize,
    /// Whether the characters read are as wide as they are high.
    pub is_square_script: bool,
}

/// Places in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapLayout {
    /// How much is shown.
    pub extent: Extent,
    width: f64,
    height: f64,
    scroll: f64,
}

/// Where East Asian scripts begin in Unicode, near enough.
const FIRST_SQUARE_CHARACTER: char = '\u{1100}';

impl Extent {
    /// Of a snapshot.
    #[must_use]
    pub fn of(header: &SnapshotHeader) -> Self {
        let is_square = |symbol: &String| symbol.chars().any(|character| character >= FIRST_SQUARE_CHARACTER);
        Self {
            layers: header.layers as usize,
            units: header.units as usize,
            steps: header.steps(),
            // A dash or a curly quotation mark among letters does not make a script.
            is_square_script: header.symbols.iter().filter(|symbol| is_square(symbol)).count() * 4
                > header.steps(),
        }
    }

    /// The nearest cell that exists.
    #[must_use]
    pub fn clamp(self, cell: Cell) -> Cell {
        Cell {
            layer: cell.layer.min(self.layers.saturating_sub(1)),
            unit: cell.unit.min(self.units.saturating_sub(1)),
            step: cell.step.min(self.steps.saturating_sub(1)),
        }
    }

    /// The cell that a key leads to: arrows move by one, with Page Up and Page Down by ten units,
    /// Home and End to the ends of time. `None` if the key means nothing here.
    #[must_use]
    pub fn moved(self, cell: Cell, key: &str) -> Option<Cell> {
        let row = cell.layer * self.units + cell.unit;
        let last_row = (self.layers * self.units).saturating_sub(1);
        let (row, step) = match key {
            "ArrowLeft" => (row, cell.step.saturating_sub(1)),
            "ArrowRight" => (row, cell.step + 1),
            "Home" => (row, 0),
            "End" => (row, self.steps.saturating_sub(1)),
            "ArrowUp" => (row.saturating_sub(1), cell.step),
            "ArrowDown" => (row + 1, cell.step),
            "PageUp" => (row.saturating_sub(10), cell.step),
            "PageDown" => (row + 10, cell.step),
            _ => return None,
        };
        let row = row.min(last_row);
        let units = self.units.max(1);
        Some(self.clamp(Cell { layer: row / units, unit: row % units, step }))
    }
}

impl MapLayout {
    /// For a view of `width` by `height`, scrolled right by `scroll`.
    #[must_use]
    pub fn new(extent: Extent, (width, height): (f64, f64), scroll: f64) -> Self {
        Self { extent, width, height, scroll }
    }

    /// Width of the whole map, more than the view's where it must be scrolled.
    #[must_use]
    pub fn full_width(&self) -> f64 {
        self.column_width() * self.extent.steps as f64 + gutters()
    }

    /// Width of one time step.
    #[must_use]
    pub fn column_width(&self) -> f64 {
        let least = if self.extent.is_square_script { SQUARE_WIDTH } else { LETTER_WIDTH };
        ((self.width - gutters()) / self.extent.steps.max(1) as f64).max(least)
    }

    /// Left edge of a time step in the view.
    #[must_use]
    pub fn left_of(&self, step: usize) -> f64 {
        f64::from(LEFT_GUTTER) + step as f64 * self.column_width() - self.scroll
    }

    /// Left and right edge of what may be drawn on.
    #[must_use]
    pub fn plot(&self) -> (f64, f64) {
        (f64::from(LEFT_GUTTER), self.width - f64::from(RIGHT_GUTTER))
    }

    /// The time steps that are at least partly in view.
    #[must_use]
    pub fn visible_steps(&self) -> Range<usize> {
        let (left, right) = self.plot();
        let first = (self.scroll / self.column_width()).max(0.0) as usize;
        let last = ((self.scroll + right - left) / self.column_width() - 1e-6).ceil().max(0.0) as usize;
        first.min(self.extent.steps)..last.min(self.extent.steps)
    }

    /// Top and height of a layer.
    #[must_use]
    pub fn layer(&self, layer: usize) -> (f64, f64) {
        let layers = self.extent.layers.max(1) as f64;
        let room = self.height - HEADER_HEIGHT - TRACE_GAP - TRACE_HEIGHT - LAYER_GAP * (layers - 1.0);
        let height = (room / layers).max(1.0);
        (HEADER_HEIGHT + layer as f64 * (height + LAYER_GAP), height)
    }

    /// Top of the followed unit's course.
    #[must_use]
    pub fn trace_top(&self) -> f64 {
        self.height - TRACE_HEIGHT
    }

    /// Top and height of a cell's row.
    #[must_use]
    pub fn row(&self, cell: Cell) -> (f64, f64) {
        let (top, height) = self.layer(cell.layer);
        let row = height / self.extent.units.max(1) as f64;
        (top + cell.unit as f64 * row, row)
    }

    /// The cell under a place in the view. Above and below the layers only the time step follows,
    /// and `kept` keeps its unit.
    #[must_use]
    pub fn cell_at(&self, (x, y): (f64, f64), kept: Cell) -> Option<Cell> {
        let step = ((x + self.scroll - f64::from(LEFT_GUTTER)) / self.column_width()).floor();
        if step < 0.0 || step >= self.extent.steps as f64 || self.extent.units == 0 {
            return None;
        }
        let step = step as usize;
        for layer in 0..self.extent.layers {
            let (top, height) = self.layer(layer);
            if (top..top + height).contains(&y) {
                let unit = ((y - top) / height * self.extent.units as f64) as usize;
                return Some(self.extent.clamp(Cell { layer, unit, step }));
            }
        }
        Some(self.extent.clamp(Cell { step, ..kept }))
    }

    /// How far the view must be scrolled so that a time step is in it.
    #[must_use]
    pub fn scroll_to(&self, step: usize) -> f64 {
        let (left, right) = self.plot();
        let start = step as f64 * self.column_width();
        let end = start + self.column_width();
        self.scroll.clamp((end - (right - left)).max(0.0), start.max((end - (right - left)).max(0.0)))
    }
}

fn gutters() -> f64 {
    f64::from(LEFT_GUTTER + RIGHT_GUTTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent { layers: 2, units: 10, steps: 64, is_square_script: false };

    #[test]
    fn a_place_and_its_cell_agree() {
        let layout = MapLayout::new(EXTENT, (400.0, 400.0), 90.0);
        for cell in [Cell { layer: 0, unit: 0, step: 10 }, Cell { layer: 1, unit: 9, step: 40 }] {
            let (top, height) = layout.row(cell);
            let place = (layout.left_of(cell.step) + layout.column_width() / 2.0, top + height / 2.0);
            assert_eq!(layout.cell_at(place, Cell::default()), Some(cell));
        }
        let kept = Cell { layer: 1, unit: 3, step: 0 };
        let header = layout.cell_at((layout.left_of(20) + 1.0, 5.0), kept);
        assert_eq!(header, Some(Cell { layer: 1, unit: 3, step: 20 }));
    }

    #[test]
    fn a_long_window_is_scrolled_and_a_short_one_fills_the_view() {
        let wide = MapLayout::new(EXTENT, (1000.0, 400.0), 0.0);
        assert!((wide.full_width() - 1000.0).abs() < 1e-9);
        assert_eq!(wide.visible_steps(), 0..64);
        let narrow = MapLayout::new(EXTENT, (356.0, 400.0), 0.0);
        assert!(narrow.full_width() > 600.0);
        assert_eq!(narrow.visible_steps(), 0..34);
        let scroll = narrow.scroll_to(63);
        let scrolled = MapLayout::new(EXTENT, (356.0, 400.0), scroll);
        assert_eq!(scrolled.visible_steps().end, 64);
        assert!((scrolled.scroll_to(63) - scroll).abs() < 1e-9, "already in view");
        assert_eq!(scrolled.scroll_to(0), 0.0);
    }

    #[test]
    fn characters_that_fill_a_square_get_wider_columns() {
        let extent_of = |text: &str| {
            let symbols = text.chars().map(String::from).collect();
            Extent::of(&SnapshotHeader { symbols, layers: 1, units: 1, ..SnapshotHeader::default() })
        };
        assert!(extent_of("白鯨記，很久以前").is_square_script);
        assert!(!extent_of("“Ay, ay—sir”").is_square_script);
        let width = |text| MapLayout::new(extent_of(text), (60.0, 200.0), 0.0).column_width();
        assert!(width("白鯨白鯨") > width("whale"));
    }

    #[test]
    fn keys_move_through_the_layers_and_stop_at_the_ends() {
        let cell = Cell { layer: 0, unit: 9, step: 63 };
        assert_eq!(EXTENT.moved(cell, "ArrowDown"), Some(Cell { layer: 1, unit: 0, step: 63 }));
        assert_eq!(EXTENT.moved(cell, "ArrowRight"), Some(cell));
        assert_eq!(EXTENT.moved(cell, "Home"), Some(Cell { step: 0, ..cell }));
        assert_eq!(EXTENT.moved(Cell { layer: 1, unit: 5, step: 0 }, "PageDown").unwrap().unit, 9);
        assert_eq!(EXTENT.moved(cell, "Tab"), None);
        assert_eq!(Extent::default().moved(Cell::default(), "ArrowDown"), Some(Cell::default()));
    }
}
