//! The global norm of the gradient over training steps, with the clipping threshold.

use super::axis::{Axis, exponent, round_end};
use super::downsample::to_columns;
use super::{Drawn, LEFT_GUTTER, RIGHT_GUTTER, Theme, draw_line, draw_reference, frame};
use crate::format::magnitude;
use crate::state::History;
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

/// Draws the chart.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_gradient_norm<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    data: GradientNormData<'_>,
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
    Ok(())
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
            draw_gradient_norm(area, data, &Theme::from_tokens(1, |_| String::new())).unwrap();
        });
        assert!(drawing.texts.contains(&"clipped above".to_owned()));
        let off = describe(GradientNormData { history: &history, clip_norm: 0.0 });
        assert!(off.ends_with("clipping is off."));
    }
}
