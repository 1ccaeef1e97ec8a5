//! The loss curves of a race: the smoothed training loss of each network as its line, its readings of the held-out
//! data as points, the models without a network as dashed lines.

use super::axis::{Axis, round_end};
use super::loss::{baselines_of, readings_of, value_range};
use super::race::{Entrant, colour, draw_entrant, draw_points};
use super::{Drawn, LEFT_GUTTER, RIGHT_GUTTER, Theme, draw_cursor, draw_line, draw_reference, frame};
use crate::export::{Series, Table, table_of_steps};
use crate::state::History;
use plotters::coord::Shift;
use plotters::prelude::*;

/// What the chart shows.
#[derive(Debug, Clone, Copy)]
pub struct RaceLossData<'a> {
    /// The networks, the first one first.
    pub entrants: &'a [Entrant<'a>],
    /// The step that the reading cursor stands on.
    pub cursor: Option<u32>,
}

/// Draws the chart.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_race_loss<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    data: RaceLossData<'_>,
    theme: &Theme,
) -> Drawn<DB> {
    let (width, height) = area.dim_in_pixel();
    let columns = (width as i32 / theme.unit - LEFT_GUTTER - RIGHT_GUTTER).max(1) as usize;
    let end = end_step(data.entrants);
    let (low, high) = range_of_all(data.entrants);
    let x = Axis::linear(0.0, end, (columns / 80).clamp(2, 8));
    let y = Axis::linear(low, high, (height as i32 / theme.unit / 44).clamp(2, 8) as usize);
    let mut plot = frame(area, &x, &y, theme)?;
    for baseline in data.entrants.iter().flat_map(|entrant| baselines_of(entrant.history)) {
        draw_reference(&mut plot, f64::from(baseline.value), &baseline.name, theme, theme.muted)?;
    }
    for (number, entrant) in data.entrants.iter().enumerate() {
        let last = entrant.history.last();
        let points = entrant.history.points().iter().chain(last.as_ref());
        let points = points.map(|point| (f64::from(point.step), f64::from(point.smoothed)));
        let style = theme.stroke(colour(number, theme), 2);
        draw_entrant(&mut plot, number, points, ((0.0, end), columns), style, theme.unit)?;
    }
    for (number, entrant) in data.entrants.iter().enumerate() {
        let readings: Vec<(f64, f64)> =
            readings_of(entrant.history).iter().map(|at| (f64::from(at.step), f64::from(at.value))).collect();
        let style = theme.faint_stroke(colour(number, theme), 0.5, 1);
        draw_line(&mut plot, readings.iter().copied(), style)?;
        draw_points(&mut plot, number, &readings, theme)?;
    }
    if let Some(step) = data.cursor {
        draw_cursor(&mut plot, f64::from(step), theme)?;
    }
    Ok(())
}

/// The last step on the axis.
#[must_use]
pub fn end_step(entrants: &[Entrant<'_>]) -> f64 {
    round_end(f64::from(furthest_step(entrants)))
}

/// The step of the network that has come furthest.
#[must_use]
pub fn furthest_step(entrants: &[Entrant<'_>]) -> u32 {
    entrants.iter().map(|entrant| entrant.history.step()).max().unwrap_or(0)
}

/// What each network had reached at the step that is kept nearest to `step`.
#[must_use]
pub fn read_at(entrants: &[Entrant<'_>], step: u32) -> String {
    let readings: Vec<String> = entrants.iter().filter_map(|entrant| read_one(entrant, step)).collect();
    if readings.is_empty() {
        "No step taken yet".to_owned()
    } else {
        format!("Step {step}: {}", readings.join("; "))
    }
}

/// The chart in words.
#[must_use]
pub fn describe(entrants: &[Entrant<'_>]) -> String {
    let name = entrants.first().map_or("", |entrant| entrant.history.words().loss.name);
    let mut text = format!("Loss curves, {name}.");
    for Entrant { name, history } in entrants {
        let measure = &history.words().loss;
        let Some(last) = history.last() else {
            text += &format!(" {name}: no step taken yet.");
            continue;
        };
        text += &format!(" {name}: after {} steps {}", last.step, measure.write(last.loss));
        text += &format!(", smoothed {}", measure.write(last.smoothed));
        if let Some(reading) = readings_of(history).last() {
            text += &format!("; held out {} at step {}", measure.write(reading.value), reading.step);
        }
        text += ".";
    }
    for Entrant { history, .. } in entrants {
        for baseline in baselines_of(history) {
            text += &format!(" {}: {}.", baseline.name, history.words().loss.write(baseline.value));
        }
    }
    text
}

/// The chart in numbers: the curve and the readings of each network, and each dashed line as a column.
#[must_use]
pub fn table(entrants: &[Entrant<'_>]) -> Table {
    let series = entrants.iter().flat_map(|Entrant { name, history }| {
        let last = history.last();
        let points = history.points().iter().chain(last.as_ref()).map(|point| (point.step, point.smoothed));
        let curve = Series::new(format!("loss_smoothed, {name}"), points);
        let readings = readings_of(history).iter().map(|at| (at.step, at.value));
        [
            Some(curve),
            history.words().has_one_measure().then(|| Series::new(format!("held_out, {name}"), readings)),
        ]
    });
    let mut baselines: Vec<(String, f32)> = Vec::new();
    for known in entrants.iter().flat_map(|entrant| baselines_of(entrant.history)) {
        if baselines.iter().all(|(name, _)| *name != known.name) {
            baselines.push((known.name.clone(), known.value));
        }
    }
    table_of_steps(&series.flatten().collect::<Vec<_>>(), &baselines)
}

fn read_one(Entrant { name, history }: &Entrant<'_>, step: u32) -> Option<String> {
    let measure = &history.words().loss;
    let points = history.points();
    let after = points.partition_point(|point| point.step < step);
    let point = points.get(after).or(points.last()).copied().or(history.last())?;
    let mut text = format!("{name} {}", measure.write(point.smoothed));
    if let Some(reading) = readings_of(history).iter().rev().find(|reading| reading.step <= step) {
        text += &format!(", held out {}", measure.write(reading.value));
    }
    Some(text)
}

fn range_of_all(entrants: &[Entrant<'_>]) -> (f64, f64) {
    let at_work = |history: &&History| history.last().is_some();
    let ranges = entrants.iter().map(|entrant| entrant.history).filter(at_work).map(value_range);
    ranges.reduce(|(low, high), (a, b)| (low.min(a), high.max(b))).unwrap_or((0.0, 8.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;
    use rnn_protocol::{LabKind, StepReport};

    fn history(slope: f32) -> History {
        let mut history = History::new(1, LabKind::Text);
        for step in 1..=40 {
            history.push_step(StepReport { step, loss: 4.0 - step as f32 * slope, grad_norm: 0.3 }, 1.0);
        }
        history.push_held_out(20, 60.0 * slope);
        history.push_held_out(40, 50.0 * slope);
        history
    }

    #[test]
    fn the_words_say_what_each_curve_shows() {
        let (mut own, rivals) = (history(0.05), history(0.04));
        own.set_baseline("unigram".into(), 4.5);
        let fresh = History::new(3, LabKind::Text);
        let entrants = [
            Entrant { name: "LSTM", history: &own },
            Entrant { name: "GRU", history: &rivals },
            Entrant { name: "Elman", history: &fresh },
        ];
        let words = describe(&entrants);
        for part in [
            "LSTM: after 40 steps 2.885, smoothed",
            "held out 2.500 at step 40. GRU: after 40 steps 3.462",
            "held out 2.000 at step 40.",
            "Elman: no step taken yet.",
            "unigram: 4.500.",
        ] {
            assert!(words.contains(part), "{part} is missing in: {words}");
        }
        let reading = read_at(&entrants, 30);
        assert!(reading.starts_with("Step 30: LSTM ") && reading.contains("; GRU "), "{reading}");
        assert!(reading.ends_with("held out 2.400") && !reading.contains("Elman"), "{reading}");
    }

    #[test]
    fn each_network_is_drawn_in_its_own_way() {
        let (own, second, third) = (history(0.05), history(0.04), history(0.02));
        let names = ["LSTM", "GRU", "Elman"];
        let draw = |count: usize| {
            let histories = [&own, &second, &third];
            let entrants: Vec<Entrant<'_>> = names
                .iter()
                .zip(histories)
                .take(count)
                .map(|(name, history)| Entrant { name, history })
                .collect();
            Recorder::record(320, 200, |area| {
                let theme = Theme::from_tokens(1, |_| "#336699".to_owned());
                draw_race_loss(area, RaceLossData { entrants: &entrants, cursor: Some(12) }, &theme).unwrap();
            })
        };
        let (alone, all) = (draw(1), draw(3));
        assert_eq!((alone.circles, all.circles), (2, 2), "discs are the first one's alone");
        assert_eq!((alone.polygons, all.polygons), (0, 4), "two readings of each rival");
        assert!(all.longest_path >= 30, "the first line is whole");
        assert!(all.paths > alone.paths + 20, "the others are dashed: {} {}", all.paths, alone.paths);
    }

    #[test]
    fn the_axes_hold_everybody() {
        let (own, rivals) = (history(0.05), history(0.09));
        let [a, b] = [&own, &rivals].map(|history| Entrant { name: "", history });
        let (low, high) = range_of_all(&[a, b]);
        assert!(low <= 0.6 && high >= 5.6, "{low} {high}");
        assert_eq!(range_of_all(&[]), (0.0, 8.0));
    }
}
