//! Recall against delay: how the network, trained at one delay, does at others; delays on a logarithmic axis.

use super::axis::{Axis, Tick};
use super::{Drawn, Theme, draw_cursor, draw_line, draw_reference, frame};
use crate::export::{Table, number};
use crate::state::{DelayCurve, History};
use plotters::coord::Shift;
use plotters::prelude::*;
use rnn_protocol::DelayRecall;

/// Delays that are written at the axis.
const MARKS: [u32; 7] = [1, 2, 5, 10, 20, 50, 200];

/// What the chart shows.
#[derive(Debug, Clone, Copy)]
pub struct DelayRecallData<'a> {
    /// What the run has reported.
    pub history: &'a History,
    /// The delay that it is trained at.
    pub trained_at: u32,
    /// The point that the reading cursor stands on.
    pub cursor: Option<usize>,
}

/// Draws the chart.
///
/// # Errors
/// When the backend cannot draw.
pub fn draw_delay_recall<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    data: DelayRecallData<'_>,
    theme: &Theme,
) -> Drawn<DB> {
    let (_, height) = area.dim_in_pixel();
    let marks = MARKS.map(|delay| Tick { at: place_of(delay), label: delay.to_string() });
    let x = Axis::marked(0.0, place_of(200), marks.to_vec());
    let y = Axis::linear(0.0, 1.0, (height as i32 / theme.unit / 44).clamp(2, 5) as usize);
    let mut plot = frame(area, &x, &y, theme)?;
    for baseline in data.history.baselines() {
        draw_reference(&mut plot, f64::from(baseline.value), &baseline.name, theme, theme.muted)?;
    }
    draw_cursor(&mut plot, place_of(data.trained_at), theme)?;
    let colour = theme.series[3];
    let points = data.history.delays().map_or(&[][..], |curve| &curve.points);
    let places: Vec<_> =
        points.iter().map(|point| (place_of(point.delay), f64::from(point.recall))).collect();
    draw_line(&mut plot, places.iter().copied(), theme.stroke(colour, 2))?;
    let radius = 3 * theme.unit;
    let finite = places.iter().filter(|place| place.1.is_finite());
    plot.draw_series(finite.map(|at| Circle::new(*at, radius, colour.plotters().filled())))?;
    let read = data.cursor.and_then(|at| places.get(at)).filter(|place| place.1.is_finite());
    let ring = theme.stroke(theme.accent, 2);
    plot.draw_series(read.map(|at| Circle::new(*at, 6 * theme.unit, ring)))?;
    Ok(())
}

/// The point nearest to this part of the axis, from 0 to 1.
#[must_use]
pub fn place_at(history: &History, part: f64) -> Option<usize> {
    let at = part * place_of(200);
    let points = history.delays()?.points.iter().enumerate();
    let distances = points.map(|(index, point)| (index, (place_of(point.delay) - at).abs()));
    distances.min_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(index, _)| index)
}

/// The chart in numbers: a row for each delay, and what guessing achieves.
#[must_use]
pub fn table(history: &History) -> Table {
    let baselines = history.baselines();
    let names = baselines.iter().map(|known| known.name.clone());
    let mut table = Table::new(["delay".to_owned(), "recall".to_owned()].into_iter().chain(names));
    for point in history.delays().map_or(&[][..], |curve| &curve.points) {
        let references = baselines.iter().map(|known| number(known.value));
        table.push([point.delay.to_string(), number(point.recall)].into_iter().chain(references));
    }
    table
}

/// One point in words: the one at `index`, or the last.
#[must_use]
pub fn read_at(history: &History, index: usize) -> String {
    let point = history.delays().and_then(|curve| curve.points.get(index).or(curve.points.last()));
    point.map_or_else(
        || "Not measured yet".to_owned(),
        |point| format!("Delay {}: recall {}", point.delay, written(history, point)),
    )
}

/// The chart in words.
#[must_use]
pub fn describe(history: &History, trained_at: u32) -> String {
    let Some(DelayCurve { step, points }) = history.delays() else {
        return "Recall against delay: not measured yet.".to_owned();
    };
    let points = points.iter().map(|point| format!("{} at {}", written(history, point), point.delay));
    let points = points.collect::<Vec<_>>().join(", ");
    format!("Recall against delay after {step} steps, trained at {trained_at}: {points}.")
}

fn written(history: &History, point: &DelayRecall) -> String {
    if point.recall.is_finite() {
        history.words().held_out.write(point.recall)
    } else {
        "no number".to_owned()
    }
}

fn place_of(delay: u32) -> f64 {
    f64::from(delay.max(1)).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::recorder::Recorder;
    use rnn_protocol::LabKind;

    fn history() -> History {
        let mut history = History::new(1, LabKind::Memory);
        history.set_baseline("chance".into(), 0.125);
        let points = [(1, 1.0), (10, 0.996), (200, f32::NAN)];
        history.set_delays(300, points.map(|(delay, recall)| DelayRecall { delay, recall }).to_vec());
        history
    }

    #[test]
    fn the_words_say_every_point() {
        let history = history();
        assert_eq!(
            describe(&history, 10),
            "Recall against delay after 300 steps, trained at 10: 100.0% at 1, 99.6% at 10, no number at 200."
        );
        assert_eq!(read_at(&history, 1), "Delay 10: recall 99.6%");
        assert_eq!(read_at(&history, 9), "Delay 200: recall no number");
    }

    #[test]
    fn the_table_and_the_pointer_find_each_point() {
        let history = history();
        let csv = table(&history).to_csv();
        assert_eq!(csv, "delay,recall,chance\r\n1,1,0.125\r\n10,0.996,0.125\r\n200,,0.125\r\n");
        let found = [0.0, 0.4, 0.95].map(|part| place_at(&history, part));
        assert_eq!(found, [Some(0), Some(1), Some(2)]);
        assert_eq!(place_at(&History::new(1, LabKind::Memory), 0.5), None);
    }

    #[test]
    fn it_draws_each_number() {
        let history = history();
        let drawing = Recorder::record(320, 200, |area| {
            let theme = Theme::from_tokens(1, |_| "#336699".to_owned());
            draw_delay_recall(
                area,
                DelayRecallData { history: &history, trained_at: 10, cursor: None },
                &theme,
            )
            .unwrap();
        });
        assert_eq!(drawing.circles, 2, "what is no number has no place");
        for text in ["chance", "200"] {
            assert!(drawing.texts.contains(&text.to_owned()), "{:?}", drawing.texts);
        }
    }
}
