//! Gradient flow: how large the gradient still is when it reaches each time step, on a logarithmic
//! scale. Thick: ‖∂L_T/∂h_t‖, of the last step's loss alone. Faint: ‖∂L/∂h_t‖, of the whole window's. Dashed, where
//! it was asked for: ‖∂h_T/∂h_t‖, what the recurrence alone makes of a gradient.

use super::axis::{Axis, exponent};
use super::{Drawn, LEFT_GUTTER, RIGHT_GUTTER, Theme, draw_cursor, draw_line, frame};
use crate::export::{Table, number};
use crate::format::{magnitude, visible};
use plotters::coord::Shift;
use plotters::prelude::*;
use rnn_protocol::{GradientTrace, Snapshot};

/// What the chart shows.
#[derive(Debug, Clone, Copy)]
pub struct GradientFlowData<'a> {
    /// The last look inside the network, if there was one.
    pub snapshot: Option<&'a Snapshot>,
    /// What the recurrence alone makes of a gradient, where that is known.
    pub trace: Option<&'a GradientTrace>,
    /// The time step that the reading cursor stands on.
    pub cursor: Option<usize>,
}

/// Draws the chart.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_gradient_flow<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    data: GradientFlowData<'_>,
    theme: &Theme,
) -> Drawn<DB> {
    let (width, height) = area.dim_in_pixel();
    let columns = (width as i32 / theme.unit - LEFT_GUTTER - RIGHT_GUTTER).max(1);
    let rows = (height as i32 / theme.unit / 36).clamp(2, 9) as usize;
    let steps = data.snapshot.map_or(64, |snapshot| snapshot.header.steps());
    // Half a step of room on both sides, so that points stand under the middle of their columns.
    let x = Axis::linear(-0.5, steps.max(1) as f64 - 0.5, (columns / 64).clamp(2, 12) as usize);
    let (least, greatest) =
        data.snapshot.map_or((1e-6, 1.0), |snapshot| norm_range(snapshot, jacobians(data)));
    let y = Axis::logarithmic(least, greatest, rows);
    let mut plot = frame(area, &x, &y, theme)?;
    let Some(snapshot) = data.snapshot else { return Ok(()) };

    let curve = |norms: &[f32]| -> Vec<(f64, f64)> {
        norms.iter().enumerate().map(|(t, norm)| (t as f64, exponent(*norm))).collect()
    };
    for layer in 0..snapshot.header.layers as usize {
        let colour = theme.layer(layer);
        let whole = curve(snapshot.gradient_norms(layer));
        draw_line(&mut plot, whole.into_iter(), theme.faint_stroke(colour, 0.65, 1))?;
    }
    for layer in 0..snapshot.header.layers as usize {
        let last = curve(snapshot.last_loss_gradient_norms(layer));
        draw_line(&mut plot, last.into_iter(), theme.stroke(theme.layer(layer), 2))?;
    }
    let unit = theme.unit as u32;
    for (layer, norms) in jacobians(data).iter().enumerate() {
        let points = curve(norms).into_iter().filter(|point| point.1.is_finite()).collect::<Vec<_>>();
        let style = theme.stroke(theme.layer(layer), 1);
        plot.draw_series(DashedLineSeries::new(points, 3 * unit, 3 * unit, style))?;
    }
    if let Some(step) = data.cursor {
        draw_cursor(&mut plot, step as f64, theme)?;
    }
    Ok(())
}

/// The numbers of one time step in words.
#[must_use]
pub fn read_at(data: GradientFlowData<'_>, step: usize) -> String {
    let Some(snapshot) = data.snapshot else { return "No step taken yet".to_owned() };
    let Some(symbol) = snapshot.header.symbols.get(step) else {
        return "No such time step".to_owned();
    };
    let mut text = format!("Time step {step}, “{}”:", visible(symbol));
    for layer in 0..snapshot.header.layers as usize {
        let last = snapshot.last_loss_gradient_norms(layer)[step];
        let whole = snapshot.gradient_norms(layer)[step];
        let separator = if layer == 0 { "" } else { ";" };
        text += &format!(
            "{separator} layer {}: last error {}, whole window {}",
            layer + 1,
            magnitude(last),
            magnitude(whole)
        );
        if let Some(norm) = jacobians(data).get(layer).and_then(|norms| norms.get(step)) {
            text += &format!(", ‖∂h_T/∂h_t‖ {}", magnitude(*norm));
        }
    }
    text
}

/// The chart in words.
#[must_use]
pub fn describe(data: GradientFlowData<'_>) -> String {
    let Some(snapshot) = data.snapshot.filter(|snapshot| snapshot.header.steps() > 0) else {
        return "Gradient flow: no step taken yet.".to_owned();
    };
    let steps = snapshot.header.steps();
    let mut text = format!("Gradient flow after step {}.", snapshot.header.step);
    for layer in 0..snapshot.header.layers as usize {
        let norms = snapshot.last_loss_gradient_norms(layer);
        let (first, last) = (norms[0], norms[steps - 1]);
        text += &format!(
            " Layer {}: the gradient of the last character's loss is {} where it starts",
            layer + 1,
            magnitude(last)
        );
        text += &format!(" and {} {} time steps earlier.", magnitude(first), steps - 1);
        if let Some(norms) = jacobians(data).get(layer) {
            let steps =
                norms.iter().enumerate().map(|(step, norm)| format!("{} at {step}", magnitude(*norm)));
            text += &format!(
                " The recurrence alone, ‖∂h_T/∂h_t‖ of step {}: {}.",
                data.trace.map_or(0, |trace| trace.step),
                steps.collect::<Vec<_>>().join(", ")
            );
        }
    }
    text
}

/// The chart in numbers.
#[must_use]
pub fn table(data: GradientFlowData<'_>) -> Table {
    let snapshot = data.snapshot;
    let layers = snapshot.map_or(0, |snapshot| snapshot.header.layers as usize);
    let names = (1..=layers).flat_map(|layer| {
        [format!("last_loss_gradient_norm_layer_{layer}"), format!("gradient_norm_layer_{layer}")]
    });
    let traced = data.trace.map_or(0, |trace| trace.step);
    let jacobians = jacobians(data);
    let dashed = (1..=jacobians.len()).map(|layer| format!("jacobian_norm_layer_{layer}_of_step_{traced}"));
    let mut table =
        Table::new(["time_step", "input"].map(str::to_owned).into_iter().chain(names).chain(dashed));
    let Some(snapshot) = snapshot else { return table };
    for (step, symbol) in snapshot.header.symbols.iter().enumerate() {
        let norms = (0..layers).flat_map(|layer| {
            [snapshot.last_loss_gradient_norms(layer)[step], snapshot.gradient_norms(layer)[step]].map(number)
        });
        let dashed = jacobians.iter().map(|norms| norms.get(step).copied().map_or_else(String::new, number));
        table.push([step.to_string(), symbol.clone()].into_iter().chain(norms).chain(dashed));
    }
    table
}

/// What the curve means, in one sentence with its numbers.
#[must_use]
pub fn interpret(snapshot: &Snapshot) -> Option<String> {
    let top = (snapshot.header.layers as usize).checked_sub(1)?;
    let norms = snapshot.last_loss_gradient_norms(top);
    let last = *norms.last().filter(|last| **last > 0.0 && last.is_finite())?;
    // The first time step, counted back from the end, at which less than a hundredth is left.
    let reach = norms.iter().rev().position(|norm| *norm < last / 100.0);
    Some(match reach {
        Some(distance) => format!(
            "{distance} steps back, less than 1 % of the gradient is left: the network hardly learns from \
             anything earlier."
        ),
        None if norms.iter().any(|norm| *norm > last * 100.0) => {
            "On its way back the gradient grows more than a hundredfold: it explodes, and clipping has to \
             hold it."
                .to_owned()
        }
        None => format!(
            "More than 1 % of the gradient is left even {} steps back: the network learns over the \
             whole window.",
            norms.len() - 1
        ),
    })
}

/// Of each layer, where they are known and of as many steps as the look.
fn jacobians(data: GradientFlowData<'_>) -> &[Vec<f32>] {
    let steps = data.snapshot.map_or(0, |snapshot| snapshot.header.steps());
    let trace = data.trace.filter(|trace| trace.jacobians.iter().all(|norms| norms.len() == steps));
    trace.map_or(&[], |trace| &trace.jacobians)
}

fn norm_range(snapshot: &Snapshot, jacobians: &[Vec<f32>]) -> (f64, f64) {
    let mut least = f32::INFINITY;
    let mut greatest = 0.0_f32;
    for layer in 0..snapshot.header.layers as usize {
        let norms = snapshot.gradient_norms(layer).iter().chain(snapshot.last_loss_gradient_norms(layer));
        for norm in norms.copied().filter(|norm| norm.is_finite()) {
            greatest = greatest.max(norm);
            least = least.min(norm);
        }
    }
    for norm in jacobians.iter().flatten().copied().filter(|norm| norm.is_finite()) {
        greatest = greatest.max(norm);
        least = least.min(norm);
    }
    if greatest > 0.0 { (f64::from(least), f64::from(greatest)) } else { (1e-6, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;
    use rnn_protocol::SnapshotHeader;

    fn snapshot(decay: f32) -> Snapshot {
        let steps = 8;
        let header = SnapshotHeader {
            step: 12,
            symbols: "Call me\n".chars().map(String::from).collect(),
            layers: 1,
            units: 1,
            ..SnapshotHeader::default()
        };
        let last = (0..steps).map(|t| decay.powi(7 - t));
        let values = (0..steps).map(|_| 0.0).chain((0..steps).map(|_| 2.0)).chain(last).collect();
        Snapshot::new(header, values).unwrap()
    }

    #[test]
    fn a_vanishing_gradient_is_told_from_one_that_lasts_and_one_that_explodes() {
        let vanishing = interpret(&snapshot(0.1)).unwrap();
        assert!(vanishing.starts_with("3 steps back"), "{vanishing}");
        assert!(interpret(&snapshot(0.9)).unwrap().contains("whole window"));
        assert!(interpret(&snapshot(4.0)).unwrap().contains("explodes"));
    }

    #[test]
    fn words_and_cursor_give_the_numbers() {
        let of = |snapshot| GradientFlowData { snapshot: Some(snapshot), trace: None, cursor: None };
        let (vanishing, halving) = (snapshot(0.1), snapshot(0.5));
        let words = describe(of(&vanishing));
        assert!(words.contains("1.0 where it starts and 1.0 × 10⁻⁷ 7 time steps earlier"), "{words}");
        let text = read_at(of(&halving), 7);
        assert_eq!(text, "Time step 7, “⏎”: layer 1: last error 1.0, whole window 2.0");
    }

    #[test]
    fn the_table_has_a_row_for_each_time_step() {
        let shown = snapshot(0.5);
        let data = GradientFlowData { snapshot: Some(&shown), trace: None, cursor: None };
        let csv = table(data).to_csv();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[0], "time_step,input,last_loss_gradient_norm_layer_1,gradient_norm_layer_1");
        assert_eq!((lines[7], lines[8]), ("6,e,0.5,2", "7,\"\n\",1,2"));
        assert!(table(GradientFlowData { snapshot: None, ..data }).is_empty());
    }

    #[test]
    fn what_the_recurrence_makes_of_a_gradient_is_drawn_said_and_written_where_it_fits() {
        let shown = snapshot(0.5);
        let norms = (0..8).map(|t| 0.25_f32.powi(7 - t)).collect();
        let mut trace = GradientTrace { step: 11, jacobians: vec![norms], ..GradientTrace::default() };
        let data = GradientFlowData { snapshot: Some(&shown), trace: Some(&trace), cursor: None };
        assert!(read_at(data, 6).ends_with("whole window 2.0, ‖∂h_T/∂h_t‖ 0.25"), "{}", read_at(data, 6));
        assert!(describe(data).contains("of step 11: 6.1 × 10⁻⁵ at 0"), "{}", describe(data));
        let csv = table(data).to_csv();
        let (head, rest) = csv.split_once("\r\n").unwrap();
        assert!(head.ends_with(",jacobian_norm_layer_1_of_step_11"), "{head}");
        assert!(rest.ends_with(",1,2,1\r\n"), "{rest}");
        trace.jacobians[0].pop();
        let data = GradientFlowData { snapshot: Some(&shown), trace: Some(&trace), cursor: None };
        assert!(!read_at(data, 6).contains("∂h_T"), "of a window of another length");
    }

    #[test]
    fn a_gradient_that_has_vanished_to_nothing_is_still_drawn() {
        let drawing = Recorder::record(400, 200, |area| {
            let theme = Theme::from_tokens(1, |_| String::new());
            let gone = snapshot(0.0);
            let data = GradientFlowData { snapshot: Some(&gone), trace: None, cursor: None };
            draw_gradient_flow(area, data, &theme).unwrap();
        });
        assert_eq!(drawing.longest_path, 8);
        assert!(drawing.texts.contains(&"10¹".to_owned()), "{:?}", drawing.texts);
    }
}
