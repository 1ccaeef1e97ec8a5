//! Colour scales of the unrolled network, and its cells as pixels.

use super::theme::{Rgb, Theme};
use super::unrolled::Order;
use rnn_protocol::{CellKind, Quantity, Snapshot};

/// How the numbers of a quantity become colours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The value at the lower end of the colours.
    pub low: f32,
    /// The value at the upper end.
    pub high: f32,
}

/// What a person is told about a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantityWords {
    /// The letter it bears in the equations.
    pub symbol: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// The quantities that a cell has, in the order in which they are offered.
#[must_use]
pub fn quantities_of(cell: CellKind) -> &'static [Quantity] {
    match cell {
        CellKind::Elman => &[Quantity::Hidden, Quantity::HiddenGradient],
        CellKind::Lstm => &[
            Quantity::Hidden,
            Quantity::Cell,
            Quantity::InputGate,
            Quantity::ForgetGate,
            Quantity::Candidate,
            Quantity::OutputGate,
            Quantity::HiddenGradient,
            Quantity::CellGradient,
        ],
        CellKind::Gru => &[
            Quantity::Hidden,
            Quantity::ResetGate,
            Quantity::UpdateGate,
            Quantity::Candidate,
            Quantity::HiddenGradient,
        ],
    }
}

/// Its words. The candidate bears another letter in each cell.
#[must_use]
pub fn words_for(quantity: Quantity, cell: CellKind) -> QuantityWords {
    let (symbol, name, meaning) = match (quantity, cell) {
        (Quantity::Hidden, _) => ("h", "hidden state", "what each unit passes on to the next step"),
        (Quantity::Cell, _) => ("c", "cell state", "what each unit remembers and does not yet show"),
        (Quantity::InputGate, _) => ("i", "input gate", "how much of the candidate is let in"),
        (Quantity::ForgetGate, _) => ("f", "forget gate", "how much of the cell state is kept"),
        (Quantity::Candidate, CellKind::Gru) => ("n", "candidate", "what the unit would become"),
        (Quantity::Candidate, _) => ("g", "candidate", "what could be written into the cell state"),
        (Quantity::OutputGate, _) => ("o", "output gate", "how much of the cell state is shown"),
        (Quantity::ResetGate, _) => ("r", "reset gate", "how much of the past the candidate sees"),
        (Quantity::UpdateGate, _) => ("z", "update gate", "how much of the old state is kept"),
        (Quantity::HiddenGradient, _) => (
            "∂L/∂h",
            "gradient of the hidden state",
            "how the loss would change with what each unit passes on",
        ),
        (Quantity::CellGradient, _) => {
            ("∂L/∂c", "gradient of the cell state", "how the loss would change with what each unit remembers")
        }
    };
    QuantityWords { symbol, name, meaning }
}

impl Scale {
    /// Of a quantity whose numbers in view are `values`: symmetric about 0, so that 0 is neutral, or
    /// from 0 to 1 for a gate.
    #[must_use]
    pub fn of(quantity: Quantity, values: &[f32]) -> Self {
        match quantity {
            Quantity::Hidden | Quantity::Candidate => Self { low: -1.0, high: 1.0 },
            Quantity::Cell => Self::symmetric(values, 1.0),
            Quantity::HiddenGradient | Quantity::CellGradient => Self::symmetric(values, f32::MIN_POSITIVE),
            Quantity::InputGate
            | Quantity::ForgetGate
            | Quantity::OutputGate
            | Quantity::ResetGate
            | Quantity::UpdateGate => Self { low: 0.0, high: 1.0 },
        }
    }

    /// A scale that holds the values and reaches at least to `least`. Its ends are powers of two, so that the
    /// colours seldom change their meaning.
    fn symmetric(values: &[f32], least: f32) -> Self {
        let magnitudes = values.iter().filter(|value| value.is_finite()).map(|value| value.abs());
        let greatest = magnitudes.fold(least, f32::max);
        let high = 2f32.powf(greatest.log2().ceil());
        Self { low: -high, high }
    }

    /// Whether 0 is its middle.
    #[must_use]
    pub fn is_diverging(self) -> bool {
        self.low < 0.0
    }

    /// Where a value stands, from 0 at the lower end to 1.
    #[must_use]
    pub fn part(self, value: f32) -> f32 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// 256 colours from one end of a scale to the other.
#[derive(Debug, Clone)]
pub struct Palette {
    colours: [Rgb; 256],
}

impl Palette {
    /// The theme's colours for this scale.
    #[must_use]
    pub fn new(theme: &Theme, scale: Scale) -> Self {
        let stops = if scale.is_diverging() { theme.diverging } else { theme.sequential };
        let colours = std::array::from_fn(|index| {
            let position = index as f32 / 255.0 * (stops.len() - 1) as f32;
            let left = (position as usize).min(stops.len() - 2);
            stops[left].mix(stops[left + 1], position - left as f32)
        });
        Self { colours }
    }

    /// The colour at `part` (0 to 1) of the scale.
    #[must_use]
    pub fn at(&self, part: f32) -> Rgb {
        self.colours[(part.clamp(0.0, 1.0) * 255.0).round() as usize]
    }
}

/// The cells of one row as pixels: opaque RGBA, one row of pixels a unit, one column a time step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Four bytes a cell, row-major.
    pub rgba: Vec<u8>,
}

/// How cells become pixels.
#[derive(Debug, Clone, Copy)]
pub struct CellPaint<'a> {
    /// Of the quantity.
    pub scale: Scale,
    /// Its colours.
    pub palette: &'a Palette,
    /// Of the units.
    pub order: &'a Order,
    /// More units than this are thinned evenly: no screen shows more.
    pub max_height: usize,
}

/// Paints `columns` of `row`.
#[must_use]
pub fn paint_cells(
    snapshot: &Snapshot,
    row: usize,
    columns: std::ops::Range<usize>,
    paint: CellPaint<'_>,
) -> Cells {
    let units = snapshot.header.units as usize;
    let values = snapshot.unit_values(row);
    let height = units.min(paint.max_height.max(1));
    let width = columns.len();
    let mut rgba = Vec::with_capacity(width * height * 4);
    for line in 0..height {
        let unit = paint.order.unit_at(row, line * units / height);
        for step in columns.clone() {
            let value = values[step * units + unit];
            let Rgb(red, green, blue) = paint.palette.at(paint.scale.part(value));
            rgba.extend_from_slice(&[red, green, blue, 255]);
        }
    }
    Cells { width, height, rgba }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::SnapshotHeader;

    fn theme() -> Theme {
        Theme::from_tokens(1, |name| {
            let ends =
                [("--diverging-1", "#0000ff"), ("--diverging-3", "#ffffff"), ("--diverging-5", "#ff0000")];
            ends.iter().find(|end| end.0 == name).map_or("#808080", |end| end.1).to_owned()
        })
    }

    #[test]
    fn nought_is_neutral_and_the_ends_are_the_ends() {
        let scale = Scale::of(Quantity::Hidden, &[]);
        let palette = Palette::new(&theme(), scale);
        assert_eq!(palette.at(scale.part(-1.0)), Rgb(0, 0, 255));
        assert_eq!(palette.at(scale.part(1.0)), Rgb(255, 0, 0));
        let Rgb(red, green, blue) = palette.at(scale.part(0.0));
        assert!(red > 250 && green > 250 && blue > 250);
        assert_eq!(palette.at(f32::NAN.clamp(0.0, 1.0)), Rgb(0, 0, 255));
    }

    #[test]
    fn an_unbounded_quantity_has_a_symmetric_scale_that_holds_it() {
        assert_eq!(Scale::of(Quantity::Cell, &[0.1, -0.2]), Scale { low: -1.0, high: 1.0 });
        assert_eq!(Scale::of(Quantity::Cell, &[0.1, -2.6, f32::NAN]), Scale { low: -4.0, high: 4.0 });
        assert_eq!(Scale::of(Quantity::ForgetGate, &[7.0]), Scale { low: 0.0, high: 1.0 });
        let tiny = Scale::of(Quantity::HiddenGradient, &[1e-6, -3e-6]);
        assert_eq!(tiny, Scale { low: -(2f32.powi(-18)), high: 2f32.powi(-18) });
        let none = Scale::of(Quantity::CellGradient, &[0.0]);
        assert!(none.high > 0.0 && none.part(0.0) == 0.5);
    }

    #[test]
    fn cells_are_units_down_and_time_across() {
        let header = SnapshotHeader {
            symbols: vec!["a".into(), "b".into(), "c".into()],
            layers: 1,
            units: 2,
            ..SnapshotHeader::default()
        };
        // [T, H]: unit 0 is −1 throughout, unit 1 is 1 at the last step only.
        let mut values = vec![-1.0, -1.0, -1.0, -1.0, -1.0, 1.0];
        values.extend([0.0; 6]);
        let snapshot = Snapshot::new(header, values).unwrap();
        let scale = Scale::of(Quantity::Hidden, &[]);
        let (palette, order) = (Palette::new(&theme(), scale), Order::default());
        let paint = CellPaint { scale, palette: &palette, order: &order, max_height: 100 };
        let cells = paint_cells(&snapshot, 0, 1..3, paint);
        assert_eq!((cells.width, cells.height), (2, 2));
        assert_eq!(cells.rgba[..4], [0, 0, 255, 255]);
        assert_eq!(cells.rgba[12..], [255, 0, 0, 255]);
        let thin = paint_cells(&snapshot, 0, 0..3, CellPaint { max_height: 1, ..paint });
        assert_eq!((thin.height, thin.rgba.len()), (1, 12));
        let turned = Order::of_units(vec![vec![1, 0]]);
        let cells = paint_cells(&snapshot, 0, 2..3, CellPaint { order: &turned, ..paint });
        assert_eq!(cells.rgba[..4], [255, 0, 0, 255], "the second unit on top");
    }

    #[test]
    fn every_cell_offers_its_hidden_state_first() {
        for cell in [CellKind::Elman, CellKind::Lstm, CellKind::Gru] {
            assert_eq!(quantities_of(cell)[0], Quantity::Hidden);
        }
        assert_eq!(words_for(Quantity::Candidate, CellKind::Gru).symbol, "n");
        assert_eq!(words_for(Quantity::Candidate, CellKind::Lstm).symbol, "g");
    }
}
