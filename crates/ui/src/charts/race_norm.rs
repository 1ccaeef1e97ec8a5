//! The global gradient norms of a race over training steps, with each threshold at which one is clipped.

use super::axis::{Axis, exponent, round_end};
use super::gradient_norm::point_at;
use super::race::{Entrant, colour, draw_entrant};
use super::race_loss::furthest_step;
use super::{Drawn, LEFT_GUTTER, RIGHT_GUTTER, Theme, draw_cursor, draw_reference, frame};
use crate::export::{Series, Table, table_of_steps};
use crate::format::magnitude;
use plotters::coord::Shift;
use plotters::prelude::*;

/// One network: what the charts know of it, and the norm above which its gradient is scaled down; 0: never.
pub type ClippedEntrant<'a> = (Entrant<'a>, f32);

/// Draws the chart, with the reading cursor on a step.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_race_norm<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    entrants: &[ClippedEntrant<'_>],
    cursor: Option<u32>,
    theme: &Theme,
) -> Drawn<DB> {
    let (width, height) = area.dim_in_pixel();
    let columns = (width as i32 / theme.unit - LEFT_GUTTER - RIGHT_GUTTER).max(1) as usize;
    let rows = (height as i32 / theme.unit / 36).clamp(2, 6) as usize;
    let histories: Vec<Entrant<'_>> = entrants.iter().map(|(entrant, _)| entrant.clone()).collect();
    let end = round_end(f64::from(furthest_step(&histories)));
    let (least, greatest) = norm_range(entrants);
    let x = Axis::linear(0.0, end, (columns / 80).clamp(2, 8));
    let y = Axis::logarithmic(least, greatest, rows);
    let mut plot = frame(area, &x, &y, theme)?;
    for (number, entrant) in histories.iter().enumerate() {
        let points = entrant.history.points().iter();
        let points = points.map(|point| (f64::from(point.step), exponent(point.grad_norm)));
        let style = theme.faint_stroke(colour(number, theme), 0.85, 1);
        draw_entrant(&mut plot, number, points, ((0.0, end), columns), style, theme.unit)?;
    }
    for (number, (entrant, clip_norm)) in entrants.iter().enumerate() {
        let is_first = entrants.iter().position(|(_, other)| other == clip_norm) == Some(number);
        if *clip_norm > 0.0 && is_first {
            let is_shared = entrants.iter().all(|(_, other)| other == clip_norm);
            let name = if is_shared {
                "clipped above".to_owned()
            } else {
                format!("{} clipped above", entrant.name)
            };
            draw_reference(&mut plot, exponent(*clip_norm), &name, theme, theme.muted)?;
        }
    }
    if let Some(step) = cursor {
        draw_cursor(&mut plot, f64::from(step), theme)?;
    }
    Ok(())
}

/// The norm of each network at the step that is kept nearest to `step`.
#[must_use]
pub fn read_at(entrants: &[ClippedEntrant<'_>], step: u32) -> String {
    let read = |(Entrant { name, history }, _): &ClippedEntrant<'_>| {
        Some(format!("{name} {}", magnitude(point_at(history, step)?.grad_norm)))
    };
    let readings: Vec<String> = entrants.iter().filter_map(read).collect();
    if readings.is_empty() {
        "No step taken yet".to_owned()
    } else {
        format!("Step {step}: {}", readings.join("; "))
    }
}

/// The chart in numbers: a column for each network's norm, and one for each threshold.
#[must_use]
pub fn table(entrants: &[ClippedEntrant<'_>]) -> Table {
    let norms = |(Entrant { name, history }, _): &ClippedEntrant<'_>| {
        let points = history.points().iter().map(|point| (point.step, point.grad_norm));
        Series::new(format!("gradient_norm, {name}"), points)
    };
    let clipped = entrants.iter().filter(|(_, clip_norm)| *clip_norm > 0.0);
    let thresholds =
        clipped.map(|(entrant, clip_norm)| (format!("clipped_above, {}", entrant.name), *clip_norm));
    table_of_steps(&entrants.iter().map(norms).collect::<Vec<_>>(), &thresholds.collect::<Vec<_>>())
}

/// The chart in words.
#[must_use]
pub fn describe(entrants: &[ClippedEntrant<'_>]) -> String {
    let words = |(Entrant { name, history }, clip_norm): &ClippedEntrant<'_>| {
        let Some(last) = history.last() else { return format!("{name}: no step taken yet.") };
        let norm = magnitude(last.grad_norm);
        if *clip_norm > 0.0 {
            let (clipped, steps) = history.clipped();
            format!(
                "{name}: norm {norm} at step {}, clipped in {clipped} of the last {steps} steps.",
                last.step
            )
        } else {
            format!("{name}: norm {norm} at step {}, not clipped.", last.step)
        }
    };
    entrants.iter().map(words).collect::<Vec<_>>().join(" ")
}

fn norm_range(entrants: &[ClippedEntrant<'_>]) -> (f64, f64) {
    let norms = entrants.iter().flat_map(|(entrant, clip_norm)| {
        let clip = (*clip_norm > 0.0).then_some(*clip_norm);
        entrant.history.points().iter().map(|point| point.grad_norm).chain(clip)
    });
    let range = norms.filter(|norm| norm.is_finite() && *norm > 0.0).fold(None, |range, norm| {
        let (least, greatest) = range.unwrap_or((norm, norm));
        Some((norm.min(least), norm.max(greatest)))
    });
    range.map_or((0.01, 10.0), |(least, greatest)| (f64::from(least), f64::from(greatest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;
    use crate::state::History;
    use rnn_protocol::{LabKind, StepReport};

    fn history(clip_norm: f32) -> History {
        let mut history = History::new(1, LabKind::Text);
        for step in 1..=4 {
            history.push_step(StepReport { step, loss: 1.0, grad_norm: step as f32 }, clip_norm);
        }
        history
    }

    #[test]
    fn each_norm_and_each_threshold_is_in_the_picture_and_in_the_words() {
        let (clipped, free) = (history(2.0), history(0.0));
        let entrant = |name, history| Entrant { name, history };
        let data = [(entrant("LSTM", &clipped), 2.0), (entrant("GRU", &free), 0.0)];
        assert_eq!(
            describe(&data),
            "LSTM: norm 4.0 at step 4, clipped in 2 of the last 4 steps. GRU: norm 4.0 at step 4, not clipped."
        );
        let texts = |data: &[ClippedEntrant<'_>]| {
            Recorder::record(300, 120, |area| {
                draw_race_norm(area, data, None, &Theme::from_tokens(1, |_| String::new())).unwrap();
            })
            .texts
        };
        let csv = table(&data).to_csv();
        let head =
            "step,\"gradient_norm, LSTM\",\"gradient_norm, GRU\",\"clipped_above, LSTM\"\r\n1,1,1,2\r\n";
        assert!(csv.starts_with(head), "{csv}");
        assert_eq!(read_at(&data, 2), "Step 2: LSTM 2.0; GRU 2.0");
        assert!(texts(&data).contains(&"LSTM clipped above".to_owned()));
        let alike = [(entrant("LSTM", &clipped), 2.0), (entrant("GRU", &clipped), 2.0)];
        assert_eq!(texts(&alike).iter().filter(|text| *text == "clipped above").count(), 1);
    }
}
