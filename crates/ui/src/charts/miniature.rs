//! The picture of a miniature: hidden states as pixels, the loss as a line, and both in words.

use super::heat_map::{Cells, Palette, Scale};
use super::theme::Rgb;
use crate::format::{grouped, signed, visible};
use rnn_protocol::{CurvePoint, Measure, MiniatureLook, Quantity};

/// Width and height of the sparkline's own units.
pub const SPARKLINE: (f32, f32) = (100.0, 24.0);

/// The scale of the hidden states.
#[must_use]
pub fn scale() -> Scale {
    Scale::of(Quantity::Hidden, &[])
}

/// One row of pixels a unit, one column a time step.
#[must_use]
pub fn paint(look: &MiniatureLook, palette: &Palette) -> Cells {
    let (width, height) = (look.symbols.len(), look.units as usize);
    let mut rgba = Vec::with_capacity(width * height * 4);
    for unit in 0..height {
        for step in 0..width {
            let value = look.states_at(step).get(unit).copied().unwrap_or_default();
            let Rgb(red, green, blue) = palette.at(scale().part(value));
            rgba.extend_from_slice(&[red, green, blue, 255]);
        }
    }
    Cells { width, height, rgba }
}

/// Steps that the sparkline spans at least.
const LEAST_SPAN: u32 = 64;

/// The loss so far, from 0 at the bottom to the greatest: points of a line. It spans a power of two of steps, so that
/// the line always fills at least half of it.
#[must_use]
pub fn sparkline(curve: &[CurvePoint]) -> String {
    let greatest = curve.iter().map(|point| point.loss).filter(|loss| loss.is_finite()).fold(0.0, f32::max);
    let (width, height) = SPARKLINE;
    let last = curve.last().map_or(0, |point| point.step).max(LEAST_SPAN).next_power_of_two();
    let place = |point: &CurvePoint| {
        let x = point.step as f32 / last as f32 * width;
        let y = height * (1.0 - point.loss / greatest);
        format!("{x:.2},{y:.2}")
    };
    let finite = curve.iter().filter(|point| point.loss.is_finite() && greatest > 0.0);
    finite.map(place).collect::<Vec<_>>().join(" ")
}

/// What the picture shows, for those who do not see it.
#[must_use]
pub fn describe(look: &MiniatureLook) -> String {
    let read: String = look.symbols.iter().map(|symbol| visible(symbol)).collect::<Vec<_>>().join(" ");
    let steps = look.symbols.len();
    let extreme = |is_beyond: fn(f32, f32) -> bool| {
        let first = look.hidden.first().map(|value| (0, *value));
        let all = look.hidden.iter().copied().enumerate();
        all.fold(first, |best, (at, value)| match best {
            Some((_, found)) if is_beyond(value, found) => Some((at, value)),
            _ => best,
        })
    };
    let place = |found: Option<(usize, f32)>| {
        let (at, value) = found.unwrap_or_default();
        let units = (look.units as usize).max(1);
        format!("{} (unit {}, step {})", signed(value), at % units, at / units + 1)
    };
    format!(
        "Hidden state of {} units over {steps} steps, after training step {}. Read: {read}. Lowest {}, highest {}.",
        look.units,
        look.step,
        place(extreme(|value, found| value < found)),
        place(extreme(|value, found| value > found)),
    )
}

/// How training stands: `Step 312 of 4 000, loss 2.310 bits/char`.
#[must_use]
pub fn standing(look: &MiniatureLook, step_limit: u32, measure: &Measure) -> String {
    let loss = look.loss().map_or_else(String::new, |loss| {
        let unit = if measure.unit.is_empty() { String::new() } else { format!(" {}", measure.unit) };
        format!(", loss {}{unit}", measure.write(measure.shown(loss)))
    });
    format!("Step {} of {}{loss}", grouped(look.step.into()), grouped(step_limit.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::Theme;
    use rnn_protocol::LabKind;

    fn look() -> MiniatureLook {
        let point = |step, loss| CurvePoint { step, loss };
        MiniatureLook {
            step: 11,
            curve: vec![point(1, 4.0), point(6, f32::NAN), point(11, 1.0)],
            symbols: vec!["a".into(), " ".into()],
            units: 3,
            hidden: vec![0.0, -1.0, 0.5, 0.25, 1.0, -0.5],
            ..MiniatureLook::default()
        }
    }

    #[test]
    fn units_go_down_and_time_goes_across() {
        let theme = Theme::from_tokens(1, |name| {
            let ends = [("--diverging-1", "#0000ff"), ("--diverging-5", "#ff0000")];
            ends.iter().find(|end| end.0 == name).map_or("#808080", |end| end.1).to_owned()
        });
        let cells = paint(&look(), &Palette::new(&theme, scale()));
        assert_eq!((cells.width, cells.height, cells.rgba.len()), (2, 3, 24));
        assert_eq!(cells.rgba[8..16], [0, 0, 255, 255, 255, 0, 0, 255], "unit 1 goes from −1 to 1");
    }

    #[test]
    fn the_line_spans_a_power_of_two_of_steps_and_leaves_out_what_is_no_number() {
        assert_eq!(sparkline(&look().curve), "1.56,0.00 17.19,18.00");
        assert_eq!((sparkline(&[]), sparkline(&look().curve[1..2])), (String::new(), String::new()));
        let far = [CurvePoint { step: 100, loss: 1.0 }];
        assert_eq!(sparkline(&far), "78.12,0.00", "of 128 steps");
    }

    #[test]
    fn the_words_name_the_extremes_and_where_training_stands() {
        let words = describe(&look());
        assert!(words.contains("3 units over 2 steps, after training step 11. Read: a ␣."), "{words}");
        assert!(words.contains("Lowest −1.000 (unit 1, step 1), highest +1.000 (unit 1, step 2)"), "{words}");
        let measure = &LabKind::Text.description().loss;
        assert_eq!(standing(&look(), 4_000, measure), "Step 11 of 4\u{202f}000, loss 1.443 bits/char");
        assert!(describe(&MiniatureLook::default()).contains("0 units"));
    }
}
