//! The unrolled network in words and numbers: what the cursor reads, a table of one unit's course, and the
//! whole picture for those who do not see it.

use super::layout::Cell;
use super::playback::Pass;
use crate::charts::heat_map::words_for;
use crate::format::{magnitude, scientific, signed, signed_magnitude, visible};
use rnn_protocol::{CellKind, Flow, Quantity, Snapshot, SnapshotHeader};

/// What stands where nothing has been looked at yet.
pub const NOTHING_YET: &str = "Press Play or Step to look inside the network.";

/// One step of the followed unit, every number with six digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// The time step.
    pub step: usize,
    /// What is read.
    pub symbol: String,
    /// The unit's value.
    pub value: String,
    /// The norms of the row's flows, in the order of [`flow_columns`].
    pub flows: Vec<String>,
    /// The true next symbol and its probability.
    pub target: Option<(String, String)>,
    /// The most probable symbol and its probability.
    pub predicted: Option<(String, String)>,
}

/// `Layer 1`, or `Layer 1, backward` where layers walk both ways.
#[must_use]
pub fn row_name(header: &SnapshotHeader, row: usize) -> String {
    let place = header.row(row);
    let direction = match (header.is_bidirectional, place.is_backward) {
        (false, _) => "",
        (true, false) => ", forward",
        (true, true) => ", backward",
    };
    format!("Layer {}{direction}", place.layer + 1)
}

/// What is under the cursor.
#[must_use]
pub fn read(snapshot: Option<&Snapshot>, cell: Cell, kind: CellKind) -> String {
    let Some(snapshot) = snapshot.filter(|snapshot| snapshot.header.rows() > 0) else {
        return NOTHING_YET.to_owned();
    };
    let header = &snapshot.header;
    let symbol = header.symbols.get(cell.step).map(|symbol| visible(symbol)).unwrap_or_default();
    let place = format!("{}, unit {}, time step {}", row_name(header, cell.row), cell.unit, cell.step);
    if cell.step >= header.length() {
        return format!("{place}: padding");
    }
    let value = value_words(header.quantity, value_at(snapshot, cell));
    format!("{place}, reading “{symbol}”: {} = {value}", words_for(header.quantity, kind).symbol)
}

/// A value of a quantity: gradients may be tiny.
#[must_use]
pub fn value_words(quantity: Quantity, value: f32) -> String {
    if quantity.is_gradient() { signed_magnitude(value) } else { signed(value) }
}

/// What the links show, in a sentence.
#[must_use]
pub fn explain_links(pass: Pass) -> &'static str {
    match pass {
        Pass::Forward => {
            "Links are as thick as the norm of what they hand on: the input from below, h to the next step and \
             to the layer above, and in an LSTM c to the next step."
        }
        Pass::Backward => {
            "Links through time are as thick as the gradient that has arrived where they lead. How much of it \
             came down from above is not told apart, so that links between layers are thin."
        }
    }
}

/// What flows at a step, and what is predicted there.
#[must_use]
pub fn read_step(snapshot: &Snapshot, cell: Cell, pass: Pass) -> String {
    let header = &snapshot.header;
    if cell.step >= header.length() {
        return "The sequence is shorter: nothing is computed here.".to_owned();
    }
    let index = cell.row * header.steps() + cell.step;
    let at = |flow: Flow| snapshot.flow(flow).and_then(|numbers| numbers.get(index)).copied();
    let input = snapshot.flow(Flow::Input).and_then(|numbers| numbers.get(cell.step)).copied();
    let parts = match pass {
        Pass::Forward => [("hands on ‖h‖ ", at(Flow::Hidden)), ("and ‖c‖ ", at(Flow::Cell))],
        Pass::Backward => {
            [("reached by ‖∂L/∂h‖ ", at(Flow::HiddenGradient)), ("and ‖∂L/∂c‖ ", at(Flow::CellGradient))]
        }
    };
    let known = |(words, norm): (&str, Option<f32>)| Some(format!("{words}{}", magnitude(norm?)));
    let input = input.filter(|_| pass == Pass::Forward).map(|norm| format!("reads ‖x‖ {}", magnitude(norm)));
    let flows = parts.into_iter().filter_map(known).collect::<Vec<_>>().join(" ");
    let mut sentences: Vec<String> = input.into_iter().chain([flows]).collect();
    if let Some(found) = header.predictions.iter().find(|found| found.step as usize == cell.step) {
        let percent = |part: f32| format!("{:.1} %", part * 100.0);
        sentences.push(format!(
            "guesses “{}” ({}), true “{}” ({})",
            visible(&found.symbol),
            percent(found.probability),
            visible(&found.target),
            percent(found.target_probability)
        ));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join("; ")
}

/// What happens at the edges of the window.
#[must_use]
pub fn describe_edges(header: &SnapshotHeader) -> String {
    let last = header.start + header.length().saturating_sub(1) as u64;
    let steps = format!("Steps {} to {last}", header.start);
    if header.is_carried {
        format!(
            "{steps} of the first stream. The state comes from the window before; the gradient is cut there."
        )
    } else {
        format!("{steps} of the first sequence, from a zero state.")
    }
}

/// The flows that a table of a row has columns for, with their symbols.
#[must_use]
pub fn flow_columns(snapshot: &Snapshot) -> Vec<(Flow, &'static str)> {
    let all = [
        (Flow::Hidden, "‖h‖"),
        (Flow::Cell, "‖c‖"),
        (Flow::HiddenGradient, "‖∂L/∂h‖"),
        (Flow::CellGradient, "‖∂L/∂c‖"),
    ];
    all.into_iter().filter(|(flow, _)| snapshot.flow(*flow).is_some()).collect()
}

/// The course of one unit.
#[must_use]
pub fn table(snapshot: &Snapshot, cell: Cell) -> Vec<TableRow> {
    let header = &snapshot.header;
    let columns = flow_columns(snapshot);
    let mut predictions = header.predictions.iter().peekable();
    let row = |step: usize| {
        let index = cell.row * header.steps() + step;
        let flow = |(flow, _): &(Flow, _)| {
            let number = snapshot.flow(*flow).and_then(|numbers| numbers.get(index));
            scientific(number.copied().unwrap_or(f32::NAN))
        };
        let found = predictions.next_if(|found| found.step as usize == step);
        let outcome = |symbol: &String, part: f32| (visible(symbol), scientific(part));
        TableRow {
            step,
            symbol: visible(&header.symbols[step]),
            value: scientific(value_at(snapshot, Cell { step, ..cell })),
            flows: columns.iter().map(flow).collect(),
            target: found.map(|found| outcome(&found.target, found.target_probability)),
            predicted: found.map(|found| outcome(&found.symbol, found.probability)),
        }
    };
    (0..header.length()).map(row).collect()
}

/// The whole picture.
#[must_use]
pub fn describe(snapshot: Option<&Snapshot>, kind: CellKind) -> String {
    let Some(snapshot) = snapshot else {
        return "The unrolled network: no step taken yet.".to_owned();
    };
    let header = &snapshot.header;
    let words = words_for(header.quantity, kind);
    let mut text = format!(
        "The network unrolled over {} time steps after step {}: {} of {} units show the {}. It reads “{}”.",
        header.steps(),
        header.step,
        counted_rows(header),
        header.units,
        words.name,
        header.symbols.concat()
    );
    for row in 0..header.rows() {
        let values = snapshot.unit_values(row);
        let mean = values.iter().map(|value| value.abs()).sum::<f32>() / values.len().max(1) as f32;
        text += &format!(" {}: mean magnitude {}.", row_name(header, row), magnitude(mean));
    }
    let right = header.predictions.iter().filter(|found| found.symbol == found.target).count();
    if !header.predictions.is_empty() {
        text += &format!(" {right} of {} next symbols are guessed.", header.predictions.len());
    }
    if header.length() < header.steps() {
        text += &format!(" The last {} steps are padding.", header.steps() - header.length());
    }
    text
}

fn counted_rows(header: &SnapshotHeader) -> String {
    let (plural, both) = (if header.layers == 1 { "" } else { "s" }, header.is_bidirectional);
    let directions = if both { " in both directions" } else { "" };
    format!("{} layer{plural}{directions}", header.layers)
}

/// The value of a unit at a step.
#[must_use]
pub fn value_at(snapshot: &Snapshot, cell: Cell) -> f32 {
    let units = snapshot.header.units as usize;
    let values = snapshot.unit_values(cell.row);
    values.get(cell.step * units + cell.unit).copied().unwrap_or(f32::NAN)
}

/// Whether the look knows the gradient of single units.
#[must_use]
pub fn knows_gradients(header: &SnapshotHeader) -> bool {
    header.flows.contains(&Flow::HiddenGradient)
}

/// The quantity that a pass shows, given the one in view.
#[must_use]
pub fn quantity_for(pass: Pass, shown: Quantity) -> Quantity {
    match (pass, shown.is_gradient()) {
        (Pass::Forward, true) => Quantity::Hidden,
        (Pass::Backward, false) => Quantity::HiddenGradient,
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::Prediction;

    fn snapshot(is_bidirectional: bool) -> Snapshot {
        let header = SnapshotHeader {
            step: 7,
            symbols: ["a", " "].map(String::from).to_vec(),
            start: 64,
            is_carried: true,
            layers: 1,
            is_bidirectional,
            units: 2,
            predictions: vec![Prediction {
                step: 1,
                symbol: "e".into(),
                probability: 0.5,
                target: "\n".into(),
                target_probability: 0.25,
            }],
            flows: vec![Flow::Hidden],
            ..SnapshotHeader::default()
        };
        let mut values: Vec<f32> = (1..=header.value_count()).map(|number| number as f32 / 16.0).collect();
        values[3] = -0.123_456_7;
        Snapshot::new(header, values).unwrap()
    }

    const CELL: Cell = Cell { row: 0, unit: 1, step: 1 };

    #[test]
    fn the_cursor_reads_place_symbol_and_value() {
        let found = read(Some(&snapshot(false)), CELL, CellKind::Gru);
        assert_eq!(found, "Layer 1, unit 1, time step 1, reading “␣”: h = −0.123");
        assert_eq!(read(None, CELL, CellKind::Gru), NOTHING_YET);
        let back = read(Some(&snapshot(true)), Cell { row: 1, ..CELL }, CellKind::Gru);
        assert!(back.starts_with("Layer 1, backward, unit 1"), "{back}");
        let mut padded = snapshot(false);
        padded.header.length = Some(1);
        assert!(read(Some(&padded), CELL, CellKind::Gru).ends_with("padding"));
    }

    #[test]
    fn a_step_tells_what_flows_and_what_was_expected() {
        let words = read_step(&snapshot(false), CELL, Pass::Forward);
        assert_eq!(words, "hands on ‖h‖ 0.62; guesses “e” (50.0 %), true “⏎” (25.0 %)");
        assert!(!read_step(&snapshot(false), CELL, Pass::Backward).contains("‖h‖"));
        let edges = describe_edges(&snapshot(false).header);
        assert!(edges.starts_with("Steps 64 to 65") && edges.contains("cut"), "{edges}");
    }

    #[test]
    fn a_table_has_every_step_of_the_sequence_with_six_digits() {
        let rows = table(&snapshot(false), CELL);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[1].value.as_str(), rows[0].target.is_some()), ("−1.23457e-1", false));
        assert_eq!(rows[1].target, Some(("⏎".to_owned(), "2.50000e-1".to_owned())));
        assert_eq!(rows[1].flows, ["6.25000e-1"]);
        let mut padded = snapshot(false);
        padded.header.length = Some(1);
        assert_eq!(table(&padded, CELL).len(), 1);
    }

    #[test]
    fn each_pass_has_its_quantity() {
        assert_eq!(quantity_for(Pass::Backward, Quantity::ForgetGate), Quantity::HiddenGradient);
        assert_eq!(quantity_for(Pass::Backward, Quantity::CellGradient), Quantity::CellGradient);
        assert_eq!(quantity_for(Pass::Forward, Quantity::CellGradient), Quantity::Hidden);
        assert_eq!(quantity_for(Pass::Forward, Quantity::Cell), Quantity::Cell);
    }
}
