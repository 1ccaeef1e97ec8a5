//! The global norm of the gradient over training steps, with the clipping threshold.

use super::axis::{Axis, exponent, round_end};
use super::downsample::to_columns;
use super::{Drawn, LEFT_GUTTER, RIGHT_GUTTER, Theme, draw_cursor, draw_line, draw_reference, frame};
use crate::export::{Series, Table, table_of_steps};
use crate::format::magnitude;
use crate::state::{History, StepPoint};
use plotters::coord::Shift;
use plotters::prelude::*;

/// What the chart shows.
#[derive(Debug, Clone, Copy)]
pub struct GradientNormData<'a> {
    /// What the run has reported.
    pub history: &'a History,
    /// The norm above which the gradient is scaled down; 0: never.
    pub clip_norm: f32,
}

/// Draws the chart, with the reading cursor on a step.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_gradient_norm<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    data: GradientNormData<'_>,
    cursor: Option<u32>,
    theme: &Theme,
) -> Drawn<DB> {
    let (width, height) = area.dim_in_pixel();
    let columns = (width as i32 / theme.unit - LEFT_GUTTER - RIGHT_GUTTER).max(1) as usize;
    let rows = (height as i32 / theme.unit / 36).clamp(2, 6) as usize;
    let history = data.history;
    let end = round_end(f64::from(history.step()));
    let (least, greatest) = norm_range(data);
    let x = Axis::linear(0.0, end, (columns / 80).clamp(2, 8));
    let y = Axis::logarithmic(least, greatest, rows);
    let mut plot = frame(area, &x, &y, theme)?;
    let norms = history.points().iter().map(|point| (f64::from(point.step), exponent(point.grad_norm)));
    let norms = to_columns(norms, (0.0, end), columns);
    draw_line(&mut plot, norms.into_iter(), theme.faint_stroke(theme.series[2], 0.75, 1))?;
    if data.clip_norm > 0.0 {
        draw_reference(&mut plot, exponent(data.clip_norm), "clipped above", theme, theme.muted)?;
    }
    if let Some(step) = cursor {
        draw_cursor(&mut plot, f64::from(step), theme)?;
    }
    Ok(())
}

/// The norm at the step that is kept nearest to `step`.
#[must_use]
pub fn read_at(data: GradientNormData<'_>, step: u32) -> String {
    let Some(point) = point_at(data.history, step) else { return "No step taken yet".to_owned() };
    let clipped = data.clip_norm > 0.0 && point.grad_norm > data.clip_norm;
    let above = if clipped { ", above the threshold" } else { "" };
    format!("Step {}: norm {}{above}", point.step, magnitude(point.grad_norm))
}

/// The step that is kept nearest to `step`, from there on.
pub(super) fn point_at(history: &History, step: u32) -> Option<StepPoint> {
    let points = history.points();
    let after = points.partition_point(|point| point.step < step);
    points.get(after).or(points.last()).copied().or(history.last())
}

/// The chart in numbers: the steps that are kept, and the threshold where there is one.
#[must_use]
pub fn table(data: GradientNormData<'_>) -> Table {
    let norms = data.history.points().iter().map(|point| (point.step, point.grad_norm));
    let threshold = (data.clip_norm > 0.0).then(|| ("clipped_above".to_owned(), data.clip_norm));
    table_of_steps(&[Series::new("gradient_norm", norms)], threshold.as_slice())
}

/// The chart in words.
#[must_use]
pub fn describe(data: GradientNormData<'_>) -> String {
    let Some(last) = data.history.last() else {
        return "Gradient norm: no step taken yet.".to_owned();
    };
    let norm = magnitude(last.grad_norm);
    if data.clip_norm > 0.0 {
        let (clipped, steps) = data.history.clipped();
        format!(
            "Norm {norm} at step {}; clipped at {} in {clipped} of the last {steps} steps.",
            last.step,
            magnitude(data.clip_norm)
        )
    } else {
        format!("Norm {norm} at step {}; clipping is off.", last.step)
    }
}

fn norm_range(data: GradientNormData<'_>) -> (f64, f64) {
    let norms = data.history.points().iter().map(|point| point.grad_norm);
    let clip = (data.clip_norm > 0.0).then_some(data.clip_norm);
    let mut least = f32::INFINITY;
    let mut greatest = 0.0_f32;
    for norm in norms.chain(clip).filter(|norm| norm.is_finite() && *norm > 0.0) {
        greatest = greatest.max(norm);
        least = least.min(norm);
    }
    if greatest > 0.0 { (f64::from(least), f64::from(greatest)) } else { (0.01, 10.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;
    use rnn_protocol::StepReport;

    #[test]
    fn the_threshold_is_in_the_picture_and_in_the_words() {
        let mut history = History::new(1, rnn_protocol::LabKind::Text);
        for step in 1..=4 {
            history.push_step(StepReport { step, loss: 1.0, grad_norm: step as f32 }, 2.0);
        }
        let data = GradientNormData { history: &history, clip_norm: 2.0 };
        let words = describe(data);
        assert_eq!(words, "Norm 4.0 at step 4; clipped at 2.0 in 2 of the last 4 steps.");
        let drawing = Recorder::record(300, 120, |area| {
            draw_gradient_norm(area, data, None, &Theme::from_tokens(1, |_| String::new())).unwrap();
        });
        assert!(drawing.texts.contains(&"clipped above".to_owned()));
        assert_eq!(read_at(data, 3), "Step 3: norm 3.0, above the threshold");
        assert_eq!(read_at(data, 1), "Step 1: norm 1.0");
        let csv = table(data).to_csv();
        assert_eq!(csv, "step,gradient_norm,clipped_above\r\n1,1,2\r\n2,2,2\r\n3,3,2\r\n4,4,2\r\n");
        let off = describe(GradientNormData { history: &history, clip_norm: 0.0 });
        assert!(off.ends_with("clipping is off."));
    }
}
