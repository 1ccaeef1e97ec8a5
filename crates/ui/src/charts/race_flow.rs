//! Gradient flow of a race: ‖∂L_T/∂h_t‖ of each network's uppermost layer, what is left at each time step of the
//! gradient of the last step's loss alone. Logarithmic.

use super::axis::{Axis, exponent};
use super::race::{colour, draw_entrant};
use super::{Drawn, LEFT_GUTTER, RIGHT_GUTTER, Theme, draw_cursor, frame};
use crate::export::{Table, number};
use crate::format::{magnitude, visible};
use plotters::coord::Shift;
use plotters::prelude::*;
use rnn_protocol::Snapshot;

/// One network: what it is called, and the last look inside it, if there was one.
pub type LookedAt<'a> = (&'a str, Option<&'a Snapshot>);

/// Draws the chart, with the reading cursor on a time step.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_race_flow<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    networks: &[LookedAt<'_>],
    cursor: Option<usize>,
    theme: &Theme,
) -> Drawn<DB> {
    let (width, height) = area.dim_in_pixel();
    let columns = (width as i32 / theme.unit - LEFT_GUTTER - RIGHT_GUTTER).max(1);
    let rows = (height as i32 / theme.unit / 36).clamp(2, 9) as usize;
    let steps = steps(networks).max(1);
    let range = (-0.5, steps as f64 - 0.5);
    let x = Axis::linear(range.0, range.1, (columns / 64).clamp(2, 12) as usize);
    let (least, greatest) = norm_range(networks);
    let y = Axis::logarithmic(least, greatest, rows);
    let mut plot = frame(area, &x, &y, theme)?;
    for (number, (_, snapshot)) in networks.iter().enumerate() {
        let norms = snapshot.map_or(&[][..], upper_norms);
        let points = norms.iter().enumerate().map(|(t, norm)| (t as f64, exponent(*norm)));
        let style = theme.stroke(colour(number, theme), 2);
        draw_entrant(&mut plot, number, points, (range, columns as usize), style, theme.unit)?;
    }
    if let Some(step) = cursor {
        draw_cursor(&mut plot, step as f64, theme)?;
    }
    Ok(())
}

/// Time steps of the longest window that was looked at.
#[must_use]
pub fn steps(networks: &[LookedAt<'_>]) -> usize {
    looks(networks).map(|(_, snapshot)| snapshot.header.steps()).max().unwrap_or(0)
}

/// What is left at one time step in each network.
#[must_use]
pub fn read_at(networks: &[LookedAt<'_>], step: usize) -> String {
    let read = |(name, snapshot): LookedAt<'_>| {
        let norm = upper_norms(snapshot?).get(step)?;
        Some(format!("{name} {}", magnitude(*norm)))
    };
    let readings: Vec<String> = networks.iter().filter_map(|network| read(*network)).collect();
    if readings.is_empty() {
        return "No step taken yet".to_owned();
    }
    let symbol = looks(networks).find_map(|(_, snapshot)| snapshot.header.symbols.get(step));
    let symbol = symbol.map(|symbol| visible(symbol)).unwrap_or_default();
    format!("Time step {step}, “{symbol}”: {}", readings.join("; "))
}

/// The chart in words.
#[must_use]
pub fn describe(networks: &[LookedAt<'_>]) -> String {
    let mut text = "Gradient flow of the uppermost layers.".to_owned();
    for (name, snapshot) in networks {
        let norms = snapshot.map_or(&[][..], upper_norms);
        match (snapshot, norms) {
            (Some(snapshot), [first, .., last]) => {
                text += &format!(
                    " {name}, after step {}: {} where the last loss starts and {} {} time steps earlier.",
                    snapshot.header.step,
                    magnitude(*last),
                    magnitude(*first),
                    norms.len() - 1
                );
            }
            _ => text += &format!(" {name}: no step taken yet."),
        }
    }
    text
}

/// The numbers of the chart.
#[must_use]
pub fn table(networks: &[LookedAt<'_>]) -> Table {
    let names = looks(networks).map(|(name, _)| format!("last_loss_gradient_norm, {name}"));
    let mut table = Table::new(["time_step".to_owned()].into_iter().chain(names));
    for step in 0..steps(networks) {
        let cell = |(_, snapshot)| upper_norms(snapshot).get(step).copied().map_or_else(String::new, number);
        table.push([step.to_string()].into_iter().chain(looks(networks).map(cell)));
    }
    table
}

/// How far back the gradient of each network reaches, in one sentence.
#[must_use]
pub fn interpret(networks: &[LookedAt<'_>]) -> String {
    let reach = |(name, snapshot): LookedAt<'_>| {
        let norms = upper_norms(snapshot?);
        let last = *norms.last().filter(|last| **last > 0.0 && last.is_finite())?;
        let reach = norms.iter().rev().position(|norm| *norm < last / 100.0);
        Some(match reach {
            Some(distance) => format!("{distance} time steps back in {name}"),
            None => format!("nowhere in {name}"),
        })
    };
    let found: Vec<String> = networks.iter().filter_map(|network| reach(*network)).collect();
    if found.is_empty() {
        "Press Play or Step to see how far the gradient reaches back.".to_owned()
    } else {
        format!("Less than 1 % of the gradient is left {}.", found.join(", "))
    }
}

/// Of the layer whose state the loss is computed from.
fn upper_norms(snapshot: &Snapshot) -> &[f32] {
    match (snapshot.header.layers as usize).checked_sub(1) {
        Some(top) => snapshot.last_loss_gradient_norms(top),
        None => &[],
    }
}

fn looks<'a>(networks: &[LookedAt<'a>]) -> impl Iterator<Item = (&'a str, &'a Snapshot)> {
    networks.iter().filter_map(|(name, snapshot)| snapshot.map(|snapshot| (*name, snapshot)))
}

fn norm_range(networks: &[LookedAt<'_>]) -> (f64, f64) {
    let norms = looks(networks).flat_map(|(_, snapshot)| upper_norms(snapshot)).copied();
    let range = norms.filter(|norm| norm.is_finite()).fold(None, |range, norm| {
        let (least, greatest) = range.unwrap_or((norm, norm));
        Some((norm.min(least), norm.max(greatest)))
    });
    let range = range.filter(|(_, greatest)| *greatest > 0.0);
    range.map_or((1e-6, 1.0), |(least, greatest)| (f64::from(least), f64::from(greatest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;
    use rnn_protocol::SnapshotHeader;

    /// Of two layers, whose lower one must not be shown.
    fn snapshot(decay: f32) -> Snapshot {
        let header = SnapshotHeader {
            step: 12,
            symbols: "Call me\n".chars().map(String::from).collect(),
            layers: 2,
            units: 1,
            ..SnapshotHeader::default()
        };
        let upper = (0..8).map(|t| decay.powi(7 - t));
        let values = [7.0; 40].into_iter().chain(upper).collect();
        Snapshot::new(header, values).unwrap()
    }

    #[test]
    fn words_and_cursor_give_the_numbers_of_each_network() {
        let (slow, fast) = (snapshot(0.5), snapshot(0.1));
        let networks = [("LSTM", Some(&slow)), ("Elman", Some(&fast)), ("GRU", None)];
        assert_eq!(
            describe(&networks),
            "Gradient flow of the uppermost layers. LSTM, after step 12: 1.0 where the last loss starts and 0.0078 7 \
             time steps earlier. Elman, after step 12: 1.0 where the last loss starts and 1.0 × 10⁻⁷ 7 time steps \
             earlier. GRU: no step taken yet."
        );
        assert_eq!(read_at(&networks, 6), "Time step 6, “e”: LSTM 0.50; Elman 0.10");
        assert_eq!(read_at(&[("LSTM", None)], 6), "No step taken yet");
        assert_eq!(
            interpret(&networks),
            "Less than 1 % of the gradient is left 7 time steps back in LSTM, 3 time steps back in Elman."
        );
    }

    #[test]
    fn the_table_has_a_column_for_each_network_that_was_looked_at() {
        let (slow, fast) = (snapshot(0.5), snapshot(0.1));
        let csv = table(&[("LSTM", Some(&slow)), ("GRU", None), ("Elman", Some(&fast))]).to_csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(
            lines[0],
            "time_step,\"last_loss_gradient_norm, LSTM\",\"last_loss_gradient_norm, Elman\""
        );
        assert_eq!((lines.len(), lines[7], lines[8]), (9, "6,0.5,0.1", "7,1,1"));
    }

    #[test]
    fn one_axis_holds_everybody() {
        let (slow, fast) = (snapshot(0.5), snapshot(0.1));
        let networks = [("LSTM", Some(&slow)), ("Elman", Some(&fast))];
        let drawing = Recorder::record(400, 300, |area| {
            let theme = Theme::from_tokens(1, |_| String::new());
            draw_race_flow(area, &networks, Some(3), &theme).unwrap();
        });
        assert_eq!(drawing.longest_path, 8, "the first line is whole");
        for label in ["10⁰", "10⁻⁷"] {
            assert!(drawing.texts.contains(&label.to_owned()), "{:?}", drawing.texts);
        }
    }
}
