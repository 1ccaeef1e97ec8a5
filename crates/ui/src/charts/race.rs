//! How the networks of a race are told apart in every chart: by colour, by the dashes of their lines, and by the
//! shape of their points, so that any one of the three suffices.

use super::downsample::to_columns;
use super::{Drawn, Plot, Rgb, Theme};
use crate::state::History;
use plotters::prelude::*;

/// One network of a race, as the charts see it.
#[derive(Debug, Clone)]
pub struct Entrant<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What it has reported.
    pub history: &'a History,
}

/// The colours, as numbers of the series: those three that stay furthest apart for every kind of colour vision.
const COLOURS: [usize; 3] = [3, 2, 4];
/// Length of a dash and of the gap behind it, in CSS pixels. The first line is whole.
const DASHES: [Option<(u32, u32)>; 3] = [None, Some((9, 4)), Some((2, 3))];
/// Corners of a point in units of its radius; a disc has none.
const SHAPES: [&[(f32, f32)]; 3] =
    [&[], &[(0.0, -1.35), (1.35, 0.0), (0.0, 1.35), (-1.35, 0.0)], &[(0.0, -1.4), (1.3, 0.9), (-1.3, 0.9)]];

/// The colour of a contender, counted from 0.
#[must_use]
pub fn colour(contender: usize, theme: &Theme) -> Rgb {
    theme.series[COLOURS[contender % COLOURS.len()] - 1]
}

/// A contender's line. What is no number or outside `range` is left out.
pub(super) fn draw_entrant<DB: DrawingBackend>(
    plot: &mut Plot<'_, DB>,
    contender: usize,
    points: impl Iterator<Item = (f64, f64)>,
    (range, columns): ((f64, f64), usize),
    style: ShapeStyle,
    unit: i32,
) -> Drawn<DB> {
    let points = to_columns(points, range, columns);
    match DASHES[contender % DASHES.len()] {
        None => plot.draw_series(std::iter::once(PathElement::new(points, style)))?,
        Some((dash, gap)) => {
            let unit = unit as u32;
            plot.draw_series(DashedLineSeries::new(points, dash * unit, gap * unit, style))?
        }
    };
    Ok(())
}

/// A contender's points.
pub(super) fn draw_points<DB: DrawingBackend>(
    plot: &mut Plot<'_, DB>,
    contender: usize,
    points: &[(f64, f64)],
    theme: &Theme,
) -> Drawn<DB> {
    let radius = 3 * theme.unit;
    let style = colour(contender, theme).plotters().filled();
    let corners = SHAPES[contender % SHAPES.len()];
    if corners.is_empty() {
        plot.draw_series(points.iter().map(|at| Circle::new(*at, radius, style)))?;
    } else {
        let place = |part: f32| (part * radius as f32).round() as i32;
        let corners: Vec<(i32, i32)> = corners.iter().map(|(x, y)| (place(*x), place(*y))).collect();
        plot.draw_series(
            points.iter().map(|at| EmptyElement::at(*at) + Polygon::new(corners.clone(), style)),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::theme::tests::block;

    /// How Machado, Oliveira and Fernandes (2009) simulate colour vision: usual, and without one kind of cone.
    const VISIONS: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    /// A colour as seen, in CIE's L*a*b*.
    fn seen(Rgb(red, green, blue): Rgb, vision: &[[f64; 3]; 3]) -> [f64; 3] {
        let linear = [red, green, blue].map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        let [red, green, blue] = vision
            .map(|row| row.iter().zip(linear).map(|(part, value)| part * value).sum::<f64>().clamp(0.0, 1.0));
        let [x, y, z] = [
            (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
            0.2126 * red + 0.7152 * green + 0.0722 * blue,
            (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
        ]
        .map(|value| if value > 0.008_856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// Two colours of the least distance here, 29, are as different as a light and a medium grey; of the first
    /// three series it would be 10.
    #[test]
    fn contenders_are_told_apart_by_every_kind_of_colour_vision() {
        for selector in [":root {", ":root[data-theme=\"dark\"] {"] {
            let tokens = block(selector);
            let theme = Theme::from_tokens(1, |name| tokens.get(name).map_or("", |value| value).to_owned());
            for vision in &VISIONS {
                for (one, other) in [(0, 1), (0, 2), (1, 2)] {
                    let [a, b] = [one, other].map(|contender| seen(colour(contender, &theme), vision));
                    let distance = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(distance > 25.0, "{selector} {one} {other}: {distance:.1}");
                }
            }
        }
    }

    #[test]
    fn contenders_are_told_apart_without_colour() {
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            assert_ne!(DASHES[one], DASHES[other]);
            assert_ne!(SHAPES[one], SHAPES[other]);
        }
    }
}
