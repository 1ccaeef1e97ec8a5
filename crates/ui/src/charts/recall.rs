//! Recall on held-out sequences over training steps, with what guessing achieves.

use super::axis::{Axis, round_end};
use super::downsample::to_columns;
use super::{Drawn, LEFT_GUTTER, RIGHT_GUTTER, Theme, draw_cursor, draw_line, draw_reference, frame};
use crate::export::{Series, Table, table_of_steps};
use crate::state::{HeldOut, History};
use plotters::coord::Shift;
use plotters::prelude::*;

/// What the chart shows.
#[derive(Debug, Clone, Copy)]
pub struct RecallData<'a> {
    /// What the run has reported.
    pub history: &'a History,
    /// The step that the reading cursor stands on.
    pub cursor: Option<u32>,
}

/// Draws the chart.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_recall<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    data: RecallData<'_>,
    theme: &Theme,
) -> Drawn<DB> {
    let history = data.history;
    let (width, height) = area.dim_in_pixel();
    let columns = (width as i32 / theme.unit - LEFT_GUTTER - RIGHT_GUTTER).max(1) as usize;
    let end = round_end(f64::from(history.step()));
    let x = Axis::linear(0.0, end, (columns / 80).clamp(2, 8));
    let y = Axis::linear(0.0, 1.0, (height as i32 / theme.unit / 44).clamp(2, 5) as usize);
    let mut plot = frame(area, &x, &y, theme)?;
    for baseline in history.baselines() {
        draw_reference(&mut plot, f64::from(baseline.value), &baseline.name, theme, theme.muted)?;
    }
    let colour = theme.series[1];
    let readings = history.held_out().iter().map(|at| (f64::from(at.step), f64::from(at.value)));
    let readings = to_columns(readings, (0.0, end), columns / 2);
    draw_line(&mut plot, readings.iter().copied(), theme.stroke(colour, 2))?;
    let radius = 3 * theme.unit;
    plot.draw_series(readings.iter().map(|at| Circle::new(*at, radius, colour.plotters().filled())))?;
    if let Some(step) = data.cursor {
        draw_cursor(&mut plot, f64::from(step), theme)?;
    }
    Ok(())
}

/// The reading that is nearest to `step` and not after it, or the first.
#[must_use]
pub fn read_at(history: &History, step: u32) -> String {
    let readings = history.held_out();
    let before = readings.iter().rev().find(|reading| reading.step <= step).or(readings.first());
    before.map_or_else(
        || "Not measured yet".to_owned(),
        |HeldOut { step, value }| format!("Step {step}: recall {}", history.words().held_out.write(*value)),
    )
}

/// The chart in words.
#[must_use]
pub fn describe(history: &History) -> String {
    let measure = &history.words().held_out;
    let mut text = match (history.held_out().first(), history.held_out().last()) {
        (Some(first), Some(last)) => format!(
            "Recall on held-out sequences went from {} at step {} to {} at step {}.",
            measure.write(first.value),
            first.step,
            measure.write(last.value),
            last.step
        ),
        _ => "Recall on held-out sequences: not measured yet.".to_owned(),
    };
    for baseline in history.baselines() {
        text += &format!(" By {}: {}.", baseline.name, measure.write(baseline.value));
    }
    text
}

/// The chart in numbers: a row for each reading, and what guessing achieves.
#[must_use]
pub fn table(history: &History) -> Table {
    let readings = history.held_out().iter().map(|at| (at.step, at.value));
    let baselines: Vec<_> =
        history.baselines().iter().map(|known| (known.name.clone(), known.value)).collect();
    table_of_steps(&[Series::new("recall", readings)], &baselines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;
    use rnn_protocol::LabKind;

    fn history() -> History {
        let mut history = History::new(1, LabKind::Memory);
        history.set_baseline("chance".into(), 0.125);
        history.push_held_out(10, 0.25);
        history.push_held_out(25, 0.5);
        history.push_held_out(100, 0.998);
        history
    }

    #[test]
    fn the_words_say_what_the_curve_shows() {
        assert_eq!(
            describe(&history()),
            "Recall on held-out sequences went from 25.0% at step 10 to 99.8% at step 100. By chance: 12.5%."
        );
        assert!(describe(&History::new(1, LabKind::Memory)).ends_with("not measured yet."));
        assert_eq!(read_at(&history(), 60), "Step 25: recall 50.0%");
        assert_eq!(read_at(&history(), 1), "Step 10: recall 25.0%");
    }

    #[test]
    fn the_table_has_a_row_for_each_reading() {
        let csv = table(&history()).to_csv();
        assert_eq!(csv, "step,recall,chance\r\n10,0.25,0.125\r\n25,0.5,0.125\r\n100,0.998,0.125\r\n");
    }

    #[test]
    fn it_draws_each_reading_and_the_line_of_chance() {
        let history = history();
        let drawing = Recorder::record(320, 200, |area| {
            let theme = Theme::from_tokens(1, |_| "#336699".to_owned());
            draw_recall(area, RecallData { history: &history, cursor: None }, &theme).unwrap();
        });
        assert_eq!(drawing.circles, 3);
        assert!(drawing.texts.contains(&"chance".to_owned()));
    }
}
