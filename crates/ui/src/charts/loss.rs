//! The loss curve: each step faint and smoothed. Where the held-out data is measured alike, its readings are
//! points and the models without a network dashed lines on the same axes.

use super::axis::{Axis, round_end};
use super::downsample::to_columns;
use super::{Drawn, LEFT_GUTTER, RIGHT_GUTTER, Theme, draw_cursor, draw_line, draw_reference, frame};
use crate::export::{Series, Table, table_of_steps};
use crate::state::{Baseline, HeldOut, History, StepPoint};
use plotters::coord::Shift;
use plotters::prelude::*;

/// What the chart shows.
#[derive(Debug, Clone, Copy)]
pub struct LossData<'a> {
    /// What the run has reported.
    pub history: &'a History,
    /// The step that the reading cursor stands on.
    pub cursor: Option<u32>,
}

/// Draws the chart.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_loss<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    data: LossData<'_>,
    theme: &Theme,
) -> Drawn<DB> {
    let history = data.history;
    let (width, height) = area.dim_in_pixel();
    let columns = (width as i32 / theme.unit - LEFT_GUTTER - RIGHT_GUTTER).max(1) as usize;
    let end = end_step(history);
    let (low, high) = value_range(history);
    let x = Axis::linear(0.0, end, (columns / 80).clamp(2, 8));
    let y = Axis::linear(low, high, (height as i32 / theme.unit / 44).clamp(2, 8) as usize);
    let mut plot = frame(area, &x, &y, theme)?;

    let last = history.last();
    let curve = |value: fn(&StepPoint) -> f32| {
        let points = history.points().iter().chain(last.as_ref());
        let points = points.map(|point| (f64::from(point.step), f64::from(value(point))));
        to_columns(points, (0.0, end), columns).into_iter()
    };
    let [train, held_out, ..] = theme.series;
    draw_line(&mut plot, curve(|point| point.loss), theme.faint_stroke(train, 0.28, 1))?;
    for baseline in baselines_of(history) {
        draw_reference(&mut plot, f64::from(baseline.value), &baseline.name, theme, theme.muted)?;
    }
    draw_line(&mut plot, curve(|point| point.smoothed), theme.stroke(train, 2))?;

    let readings = readings_of(history).iter().map(|at| (f64::from(at.step), f64::from(at.value)));
    let readings = to_columns(readings, (0.0, end), columns / 2);
    draw_line(&mut plot, readings.iter().copied(), theme.stroke(held_out, 1))?;
    let radius = 3 * theme.unit;
    let newest = last.iter().map(|point| (f64::from(point.step), f64::from(point.smoothed)));
    plot.draw_series(newest.map(|at| Circle::new(at, radius, train.plotters().filled())))?;
    plot.draw_series(readings.iter().map(|at| Circle::new(*at, radius, held_out.plotters().filled())))?;
    if let Some(step) = data.cursor {
        draw_cursor(&mut plot, f64::from(step), theme)?;
    }
    Ok(())
}

/// The last step on the axis.
#[must_use]
pub fn end_step(history: &History) -> f64 {
    round_end(f64::from(history.step()))
}

/// The step that is kept nearest to `step`, and the last held-out reading up to it.
#[must_use]
pub fn read_at(history: &History, step: u32) -> String {
    let points = history.points();
    let after = points.partition_point(|point| point.step < step);
    let Some(point) = points.get(after).or(points.last()).copied().or(history.last()) else {
        return "No step taken yet".to_owned();
    };
    let measure = &history.words().loss;
    let mut text = format!(
        "Step {}: {} {}, smoothed {}",
        point.step,
        measure.write(point.loss),
        measure.name,
        measure.write(point.smoothed)
    );
    if let Some(reading) = readings_of(history).iter().rev().find(|reading| reading.step <= point.step) {
        text += &format!("; held out {} at step {}", measure.write(reading.value), reading.step);
    }
    text
}

/// The chart in words.
#[must_use]
pub fn describe(history: &History) -> String {
    let Some(last) = history.last() else {
        return "Loss curve: no step taken yet.".to_owned();
    };
    let measure = &history.words().loss;
    let mut text = format!(
        "Loss curve: after {} steps the {} is {} in training, smoothed {}.",
        last.step,
        measure.name,
        measure.write(last.loss),
        measure.write(last.smoothed)
    );
    if let (Some(first), Some(latest)) = (readings_of(history).first(), readings_of(history).last()) {
        text += &format!(
            " On held-out data it went from {} at step {} to {} at step {}.",
            measure.write(first.value),
            first.step,
            measure.write(latest.value),
            latest.step
        );
    }
    for baseline in baselines_of(history) {
        text += &format!(" {}: {}.", baseline.name, measure.write(baseline.value));
    }
    text
}

/// The chart in numbers: the steps that are kept, the readings, and each dashed line as a column.
#[must_use]
pub fn table(history: &History) -> Table {
    let last = history.last();
    let curve = |name, value: fn(&StepPoint) -> f32| {
        let points = history.points().iter().chain(last.as_ref());
        Series::new(name, points.map(|point| (point.step, value(point))))
    };
    let readings = readings_of(history).iter().map(|at| (at.step, at.value));
    let mut series = vec![curve("loss", |point| point.loss), curve("loss_smoothed", |point| point.smoothed)];
    if history.words().has_one_measure() {
        series.push(Series::new("held_out", readings));
    }
    let baselines: Vec<_> =
        baselines_of(history).iter().map(|known| (known.name.clone(), known.value)).collect();
    table_of_steps(&series, &baselines)
}

/// Readings of the held-out data that belong on the loss's axis.
pub(super) fn readings_of(history: &History) -> &[HeldOut] {
    if history.words().has_one_measure() { history.held_out() } else { &[] }
}

/// Baselines that belong on the loss's axis.
pub(super) fn baselines_of(history: &History) -> &[Baseline] {
    if history.words().has_one_measure() { history.baselines() } else { &[] }
}

pub(super) fn value_range(history: &History) -> (f64, f64) {
    let steps = history.points().iter().map(|point| point.loss);
    let readings = readings_of(history).iter().map(|reading| reading.value);
    let baselines = baselines_of(history).iter().map(|baseline| baseline.value);
    let mut low = f32::INFINITY;
    let mut high = f32::NEG_INFINITY;
    for value in steps.chain(readings).chain(baselines).filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if history.last().is_none() || low > high {
        return (0.0, 8.0);
    }
    // Steps of a half, or of a tenth for what lies close together, so that the axis moves seldom.
    let grain = if high - low < 1.0 { 0.1 } else { 0.5 };
    let low = (f64::from(low) / grain - 0.5).floor() * grain;
    let high = (f64::from(high) / grain + 0.5).ceil() * grain;
    (low.max(0.0), high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;
    use rnn_protocol::{LabKind, StepReport};

    fn history() -> History {
        let mut history = History::new(1, LabKind::Text);
        for step in 1..=40 {
            history.push_step(StepReport { step, loss: 4.0 - step as f32 * 0.05, grad_norm: 0.3 }, 1.0);
        }
        history.push_held_out(20, 4.0);
        history.push_held_out(40, 3.125);
        history.set_baseline("unigram".into(), 4.5);
        history
    }

    #[test]
    fn the_words_say_what_the_curve_shows() {
        let words = describe(&history());
        for part in [
            "after 40 steps",
            "2.885 in training",
            "from 4.000 at step 20 to 3.125 at step 40",
            "unigram: 4.500",
        ] {
            assert!(words.contains(part), "{part} is missing in: {words}");
        }
        assert_eq!(describe(&History::new(1, LabKind::Text)), "Loss curve: no step taken yet.");
    }

    #[test]
    fn the_cursor_reads_the_nearest_step_and_the_reading_before_it() {
        let text = read_at(&history(), 30);
        assert!(text.starts_with("Step 30: 3.607"), "{text}");
        assert!(text.ends_with("held out 4.000 at step 20"), "{text}");
        assert!(read_at(&history(), 900).starts_with("Step 40"));
    }

    #[test]
    fn the_axis_holds_curve_and_baselines() {
        let (low, high) = value_range(&history());
        assert!(low <= 2.885 && high >= 5.77, "{low} {high}");
        let mut fresh = History::new(1, LabKind::Text);
        fresh.set_baseline("unigram".into(), 4.5);
        assert_eq!(value_range(&fresh), (0.0, 8.0));
    }

    #[test]
    fn the_table_has_what_the_curve_shows() {
        let csv = table(&history()).to_csv();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[0], "step,loss,loss_smoothed,held_out,unigram");
        assert_eq!(lines.len(), 1 + 40 + 1);
        let point = history().points()[19];
        let held_out = history().held_out()[0].value;
        let expected =
            format!("20,{},{},{held_out},{}", point.loss, point.smoothed, history().baselines()[0].value);
        assert_eq!(lines[20], expected);
        assert!(lines[21].contains(",,"), "nothing was read at step 21: {}", lines[21]);
    }

    #[test]
    fn it_draws_what_it_is_given() {
        let history = history();
        let drawing = Recorder::record(320, 200, |area| {
            let theme = Theme::from_tokens(1, |_| "#336699".to_owned());
            draw_loss(area, LossData { history: &history, cursor: Some(12) }, &theme).unwrap();
        });
        assert_eq!(drawing.circles, 3, "two readings and the newest step");
        assert!(drawing.texts.contains(&"unigram".to_owned()));
        assert!(drawing.longest_path >= 30);
    }
}
