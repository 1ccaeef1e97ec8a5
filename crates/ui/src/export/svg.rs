//! A chart as SVG.

use crate::charts::Theme;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea, SVGBackend};

/// Lets a chart draw a file of `width` by `height` CSS pixels, on the colour that it lies on. `None` if it could
/// not be drawn.
#[must_use]
pub fn svg<E>(
    (width, height): (f64, f64),
    theme: &Theme,
    draw: impl FnOnce(&DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), E>,
) -> Option<String> {
    let unit = f64::from(theme.unit);
    let (units_wide, units_high) = ((width * unit) as u32, (height * unit) as u32);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (units_wide, units_high)).into_drawing_area();
        area.fill(&theme.surface.plotters()).ok()?;
        draw(&area).ok()?;
        area.present().ok()?;
    }
    // The picture's own units are finer than the pixels it is shown in.
    let units = format!("width=\"{units_wide}\" height=\"{units_high}\"");
    let pixels = format!("width=\"{}\" height=\"{}\"", width.round(), height.round());
    Some(text.replacen(&units, &pixels, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::loss::{LossData, draw_loss};
    use crate::state::History;

    #[test]
    fn a_file_is_as_large_as_asked_and_drawn_in_finer_units() {
        let theme = Theme::from_tokens(8, |_| "#123456".to_owned());
        let history = History::new(1, rnn_protocol::LabKind::default());
        let data = LossData { history: &history, cursor: None };
        let text = svg((300.0, 200.0), &theme, |area| draw_loss(area, data, &theme)).unwrap();
        assert!(
            text.starts_with("<svg width=\"300\" height=\"200\" viewBox=\"0 0 2400 1600\""),
            "{}",
            &text[..120]
        );
        assert!(text.trim_end().ends_with("</svg>"));
        assert!(text.contains("<text"), "labels are words, not outlines");
    }
}
