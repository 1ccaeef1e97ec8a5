//! How large the gradient of each parameter is, before and after clipping: one bar each, and one for all of them
//! with the threshold, on one logarithmic scale. The page shows the bars as elements; this draws them for files.

use super::axis::exponent;
use super::{Drawn, HAIRLINE, Theme, label_style};
use crate::export::{Table, number};
use crate::format::magnitude;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// What the row of the global norm is called.
pub const TOGETHER: &str = "all together";
/// Decades that a bar spans.
const DECADES: f64 = 6.0;

/// Width of the picture, in CSS pixels.
const WIDTH: i32 = 640;
const ROW_HEIGHT: i32 = 24;
const BAR_HEIGHT: i32 = 10;
const NAME_WIDTH: i32 = 168;
const VALUE_WIDTH: i32 = 168;
const MARGIN: i32 = 12;

/// The gradients of a step.
#[derive(Debug, Clone, Copy)]
pub struct ParameterNormsData<'a> {
    /// Names of the parameters.
    pub names: &'a [String],
    /// The norm of each one's gradient.
    pub norms: &'a [f32],
    /// What clipping does to them.
    pub clipping: Clipping,
}

/// What clipping by the global norm does to a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Clipping {
    /// The norm of all gradients together.
    pub norm: f32,
    /// What it may be at most; `None` where nothing is clipped.
    pub threshold: Option<f32>,
}

impl Clipping {
    /// Of gradients with these norms, clipped above `threshold`; 0: never.
    #[must_use]
    pub fn of(norms: &[f32], threshold: f32) -> Self {
        let square = norms.iter().map(|&norm| f64::from(norm) * f64::from(norm)).sum::<f64>();
        Self { norm: square.sqrt() as f32, threshold: (threshold > 0.0).then_some(threshold) }
    }

    /// What every gradient is multiplied by.
    #[must_use]
    pub fn factor(self) -> f32 {
        match self.threshold {
            Some(threshold) if self.norm > threshold => threshold / self.norm,
            _ => 1.0,
        }
    }

    /// Where the bars end.
    #[must_use]
    pub fn greatest(self) -> f32 {
        self.threshold.into_iter().fold(self.norm, f32::max)
    }

    /// It in words.
    #[must_use]
    pub fn sentence(self) -> String {
        let norm = magnitude(self.norm);
        let effect = match self.threshold {
            None => format!("All together have the norm {norm}; nothing is clipped."),
            Some(threshold) if self.norm > threshold => format!(
                "All together have the norm {norm}, above the threshold of {}: every gradient is scaled by {} \
                 (solid).",
                magnitude(threshold),
                magnitude(self.factor())
            ),
            Some(threshold) => format!(
                "All together have the norm {norm}, below the threshold of {}: nothing is clipped.",
                magnitude(threshold)
            ),
        };
        format!("Norm of the loss’s gradient for each parameter, logarithmic over six decades. {effect}")
    }

    /// A norm before and after.
    #[must_use]
    pub fn words(self, norm: f32) -> String {
        match self.factor() {
            1.0 => magnitude(norm),
            factor => format!("{} → {}", magnitude(norm), magnitude(norm * factor)),
        }
    }
}

/// The part of the bar's length that a norm fills.
#[must_use]
pub fn bar_part(norm: f32, greatest: f32) -> f64 {
    let below = exponent(greatest) - exponent(norm);
    if norm > 0.0 && below.is_finite() { (1.0 - below / DECADES).clamp(0.0, 1.0) } else { 0.0 }
}

/// The size of the picture in CSS pixels.
#[must_use]
pub fn size_of(parameters: usize) -> (f64, f64) {
    (f64::from(WIDTH), f64::from(ROW_HEIGHT) * (parameters + 1) as f64 + f64::from(2 * MARGIN))
}

/// Draws the bars.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_parameter_norms<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    data: ParameterNormsData<'_>,
    theme: &Theme,
) -> Drawn<DB> {
    let unit = theme.unit;
    let at = |x: i32, y: i32| (x * unit, y * unit);
    let (left, right) = (MARGIN + NAME_WIDTH, WIDTH - MARGIN - VALUE_WIDTH);
    let place = |part: f64| left + (part * f64::from(right - left)).round() as i32;
    let colour = theme.series[2].plotters();
    for (row, (name, norm)) in rows(data).enumerate() {
        let middle = MARGIN + ROW_HEIGHT * row as i32 + ROW_HEIGHT / 2;
        let (top, bottom) = (middle - BAR_HEIGHT / 2, middle + BAR_HEIGHT / 2);
        let part = |norm| bar_part(norm, data.clipping.greatest());
        let name_style = label_style(theme, theme.text).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(name.to_owned(), at(MARGIN, middle), name_style))?;
        let value_style = label_style(theme, theme.muted).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw(&Text::new(data.clipping.words(norm), at(WIDTH - MARGIN, middle), value_style))?;
        let bar = |to: i32, style: ShapeStyle| Rectangle::new([at(left, top), at(to, bottom)], style);
        area.draw(&bar(right, theme.grid.plotters().filled()))?;
        area.draw(&bar(place(part(norm)), colour.mix(0.4).filled()))?;
        area.draw(&bar(place(part(norm * data.clipping.factor())), colour.filled()))?;
        if let (0, Some(threshold)) = (row, data.clipping.threshold) {
            let x = place(part(threshold));
            let mark = [at(x, top - 3), at(x, bottom + 3)];
            area.draw(&PathElement::new(mark, theme.stroke(theme.text, 2 * HAIRLINE)))?;
        }
    }
    Ok(())
}

/// The bars in numbers.
#[must_use]
pub fn table(data: ParameterNormsData<'_>) -> Table {
    let mut table = Table::new(["parameter", "gradient_norm", "after_clipping"]);
    for (name, norm) in rows(data) {
        table.push([name.to_owned(), number(norm), number(norm * data.clipping.factor())]);
    }
    table
}

/// All together, then each.
fn rows<'a>(data: ParameterNormsData<'a>) -> impl Iterator<Item = (&'a str, f32)> {
    let each = data.names.iter().map(String::as_str).zip(data.norms.iter().copied());
    let all = (!data.names.is_empty()).then_some((TOGETHER, data.clipping.norm));
    all.into_iter().chain(each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;

    #[test]
    fn bars_span_six_decades_below_the_largest() {
        assert_eq!(bar_part(2.0, 2.0), 1.0);
        assert!((bar_part(0.002, 2.0) - 0.5).abs() < 1e-6);
        assert_eq!(bar_part(1e-9, 2.0), 0.0);
        for odd in [0.0, f32::NAN, f32::INFINITY] {
            assert!((0.0..=1.0).contains(&bar_part(odd, 2.0)));
        }
    }

    #[test]
    fn a_gradient_is_scaled_to_the_threshold_and_never_up() {
        let clipped = Clipping::of(&[3.0, 4.0], 1.0);
        assert_eq!((clipped.norm, clipped.factor(), clipped.greatest()), (5.0, 0.2, 5.0));
        assert!(
            clipped
                .sentence()
                .contains("norm 5.0, above the threshold of 1.0: every gradient is scaled by 0.20")
        );
        let whole = Clipping::of(&[0.3, 0.4], 1.0);
        assert_eq!((whole.factor(), whole.greatest()), (1.0, 1.0));
        assert!(whole.sentence().ends_with("below the threshold of 1.0: nothing is clipped."));
        assert_eq!(Clipping::of(&[3.0, 4.0], 0.0).factor(), 1.0);
        assert_eq!(Clipping::of(&[f32::NAN], 1.0).factor(), 1.0);
    }

    #[test]
    fn picture_and_table_have_a_row_for_each_parameter_and_one_for_all() {
        let names = ["weight_hh_l0".to_owned(), "bias_hh_l0".to_owned()];
        let norms = [3.0, 4.0];
        let data = ParameterNormsData { names: &names, norms: &norms, clipping: Clipping::of(&norms, 1.0) };
        assert_eq!(
            table(data).to_csv(),
            "parameter,gradient_norm,after_clipping\r\nall together,5,1\r\nweight_hh_l0,3,0.6\r\n\
             bias_hh_l0,4,0.8\r\n"
        );
        let (width, height) = size_of(2);
        let drawing = Recorder::record(width as u32, height as u32, |area| {
            draw_parameter_norms(area, data, &Theme::from_tokens(1, |_| String::new())).unwrap();
        });
        for text in ["all together", "bias_hh_l0", "5.0 → 1.0"] {
            assert!(drawing.texts.contains(&text.to_owned()), "{text}: {:?}", drawing.texts);
        }
    }
}
