//! Which loss moved which state: ‖∂L_j/∂h_t‖ as a triangle of colours, a row for each loss, a column for each state,
//! on a logarithmic scale.

use super::axis::{Axis, exponent};
use super::heat_map::{Palette, Scale};
use super::{Drawn, LEFT_GUTTER, RIGHT_GUTTER, Theme, frame};
use crate::export::{Table, number};
use crate::format::{magnitude, visible};
use plotters::coord::Shift;
use plotters::prelude::*;
use rnn_protocol::{GradientTrace, Itemised};

/// Decades that the colours span.
pub const DECADES: f64 = 6.0;

/// Draws the triangle, with a frame around the cell at `cursor`.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_itemised<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    trace: Option<&GradientTrace>,
    cursor: Option<usize>,
    theme: &Theme,
) -> Drawn<DB> {
    let (width, height) = area.dim_in_pixel();
    let columns = (width as i32 / theme.unit - LEFT_GUTTER - RIGHT_GUTTER).max(1);
    let rows = (height as i32 / theme.unit / 36).clamp(2, 9) as usize;
    let steps = trace.map_or(64, |trace| trace.symbols.len()).max(1);
    let x = Axis::linear(-0.5, steps as f64 - 0.5, (columns / 64).clamp(2, 12) as usize);
    let y = Axis::linear(-0.5, steps as f64 - 0.5, rows);
    let mut plot = frame(area, &x, &y, theme)?;
    let Some(itemised) = trace.and_then(|trace| trace.itemised.as_ref()) else { return Ok(()) };
    let palette = Palette::new(theme, Scale { low: 0.0, high: 1.0 });
    let greatest = greatest(itemised);
    let cell = |index: usize, style: ShapeStyle| {
        let (loss_step, step) = Itemised::place(index);
        let (x, y) = (step as f64, loss_step as f64);
        Rectangle::new([(x - 0.5, y + 0.5), (x + 0.5, y - 0.5)], style)
    };
    let cells = itemised.norms.iter().enumerate();
    let cells =
        cells.map(|(index, norm)| cell(index, palette.at(colour_part(*norm, greatest)).plotters().filled()));
    plot.draw_series(cells)?;
    if let Some(index) = cursor.filter(|index| *index < itemised.norms.len()) {
        plot.draw_series(std::iter::once(cell(index, theme.stroke(theme.accent, 2))))?;
    }
    Ok(())
}

/// The largest norm, at the upper end of the colours.
#[must_use]
pub fn greatest(itemised: &Itemised) -> f32 {
    itemised.norms.iter().copied().filter(|norm| norm.is_finite()).fold(0.0, f32::max)
}

/// The cell under this part of the plot's width and height, from its left and upper edge.
#[must_use]
pub fn cell_at(steps: usize, (x, y): (f64, f64)) -> Option<usize> {
    let at = |part: f64| ((part * steps as f64) as usize).min(steps.saturating_sub(1));
    (steps > 0).then(|| Itemised::index(at(1.0 - y), at(x))).flatten()
}

/// Where a key takes the cursor: `None` if it means nothing here, `Some(None)` if it takes the cursor in.
#[must_use]
pub fn moved(steps: usize, cursor: Option<usize>, key: &str) -> Option<Option<usize>> {
    let last = steps.saturating_sub(1);
    let (loss_step, step) = cursor.map_or((last, last), Itemised::place);
    let (loss_step, step) = match key {
        "ArrowLeft" => (loss_step, step.saturating_sub(1)),
        "ArrowRight" => (loss_step, (step + 1).min(loss_step)),
        "ArrowUp" => ((loss_step + 1).min(last), step),
        "ArrowDown" => (loss_step.saturating_sub(1), step.min(loss_step.saturating_sub(1))),
        "Home" => (loss_step, 0),
        "End" => (loss_step, loss_step),
        "Escape" => return Some(None),
        _ => return None,
    };
    Some(if steps > 0 { Itemised::index(loss_step, step) } else { None })
}

/// One cell in words.
#[must_use]
pub fn read_at(trace: Option<&GradientTrace>, index: usize) -> String {
    let found = trace.and_then(|trace| Some((trace, trace.itemised.as_ref()?.norms.get(index)?)));
    let Some((trace, norm)) = found else { return "Not worked out yet".to_owned() };
    let (loss_step, step) = Itemised::place(index);
    let symbol = |step: usize| trace.symbols.get(step).map(|symbol| visible(symbol)).unwrap_or_default();
    format!(
        "Loss of step {loss_step}, “{}”, by the state of step {step}, “{}”, {} back: {}",
        symbol(loss_step),
        symbol(step),
        loss_step - step,
        magnitude(*norm)
    )
}

/// The map in words.
#[must_use]
pub fn describe(trace: Option<&GradientTrace>) -> String {
    let found = trace
        .and_then(|trace| Some((trace, trace.itemised.as_ref().filter(|found| !found.norms.is_empty())?)));
    let Some((trace, itemised)) = found else {
        return "Which loss moved which state: not worked out yet.".to_owned();
    };
    let finite = itemised.norms.iter().enumerate().filter(|(_, norm)| norm.is_finite());
    let largest = finite.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(index, _)| index);
    let (loss_step, step) = Itemised::place(largest);
    format!(
        "Which loss moved which state of layer {}, training step {}: the most, {}, the loss of step {loss_step} the state \
         of step {step}. {}",
        itemised.layer + 1,
        trace.step,
        magnitude(itemised.norms[largest]),
        reach(itemised)
    )
}

/// How far back half of the losses reach, in one sentence.
#[must_use]
pub fn reach(itemised: &Itemised) -> String {
    let losses = if itemised.norms.is_empty() { 0 } else { Itemised::place(itemised.norms.len() - 1).0 + 1 };
    let reach_of = |loss_step: usize| {
        let row = &itemised.norms[Itemised::count(loss_step)..Itemised::count(loss_step + 1)];
        let own = row[loss_step];
        row.iter().rev().position(|norm| *norm < own / 100.0)
    };
    // Those that are cut off by the window's beginning before they have faded say nothing about where they would end.
    let mut reaches: Vec<usize> = (0..losses).filter_map(reach_of).collect();
    reaches.sort_unstable();
    match reaches.get(reaches.len() / 2) {
        Some(half) => format!(
            "Half of the losses that fade within the window have less than 1 % left {half} steps back."
        ),
        None => "No loss fades to less than 1 % before the window begins.".to_owned(),
    }
}

/// The map in numbers: a row for each loss and state.
#[must_use]
pub fn table(trace: Option<&GradientTrace>) -> Table {
    let mut table = Table::new(["loss_step", "state_step", "input", "norm"]);
    let Some((trace, itemised)) = trace.and_then(|trace| Some((trace, trace.itemised.as_ref()?))) else {
        return table;
    };
    for (index, norm) in itemised.norms.iter().enumerate() {
        let (loss_step, step) = Itemised::place(index);
        let symbol = trace.symbols.get(step).cloned().unwrap_or_default();
        table.push([loss_step.to_string(), step.to_string(), symbol, number(*norm)]);
    }
    table
}

fn colour_part(norm: f32, greatest: f32) -> f32 {
    let below = exponent(greatest) - exponent(norm);
    if below.is_finite() { (1.0 - below / DECADES).clamp(0.0, 1.0) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;

    fn trace() -> GradientTrace {
        let norms = vec![1.0, 0.1, 2.0, 0.001, 0.1, 4.0];
        let symbols = ["a", ",", "c"].map(str::to_owned).to_vec();
        GradientTrace {
            step: 7,
            symbols,
            itemised: Some(Itemised { layer: 1, norms }),
            ..GradientTrace::default()
        }
    }

    #[test]
    fn pointer_and_keys_find_each_cell_and_nothing_above_the_diagonal() {
        assert_eq!(cell_at(3, (0.1, 0.9)), Some(0));
        assert_eq!(cell_at(3, (0.5, 0.1)), Some(4));
        assert_eq!(cell_at(3, (0.9, 0.9)), None, "a later state moves no earlier loss");
        assert_eq!(cell_at(0, (0.5, 0.5)), None);
        let keys = ["ArrowLeft", "ArrowDown", "Home", "ArrowUp", "End", "ArrowDown"];
        let mut cursor = None;
        let walk = keys.map(|key| {
            cursor = moved(3, cursor, key).unwrap();
            cursor.map(Itemised::place)
        });
        assert_eq!(walk, [(2, 1), (1, 1), (1, 0), (2, 0), (2, 2), (1, 1)].map(Some));
        assert_eq!(moved(3, cursor, "Escape"), Some(None));
        assert_eq!((moved(3, None, "x"), moved(0, None, "Home")), (None, Some(None)));
    }

    #[test]
    fn words_table_and_picture_have_the_numbers() {
        let trace = trace();
        assert_eq!(
            read_at(Some(&trace), 4),
            "Loss of step 2, “c”, by the state of step 1, “,”, 1 back: 0.10"
        );
        let words = describe(Some(&trace));
        assert!(
            words.contains("layer 2, training step 7: the most, 4.0, the loss of step 2 the state of step 2"),
            "{words}"
        );
        assert!(words.ends_with("less than 1 % left 2 steps back."), "{words}");
        let csv = table(Some(&trace)).to_csv();
        assert!(
            csv.starts_with("loss_step,state_step,input,norm\r\n0,0,a,1\r\n1,0,a,0.1\r\n1,1,\",\",2\r\n"),
            "{csv}"
        );
        for empty in [None, Some(&GradientTrace::default())] {
            assert!(table(empty).is_empty() && describe(empty).ends_with("not worked out yet."));
            assert_eq!(read_at(empty, 0), "Not worked out yet");
            let _ = Recorder::record(200, 200, |area| {
                draw_itemised(area, empty, Some(3), &Theme::from_tokens(1, |_| String::new())).unwrap();
            });
        }
        assert_eq!(
            (colour_part(4.0, 4.0), colour_part(0.0, 4.0), colour_part(f32::NAN, 4.0)),
            (1.0, 0.0, 0.0)
        );
        assert!((colour_part(0.004, 4.0) - 0.5).abs() < 1e-6);
    }
}
