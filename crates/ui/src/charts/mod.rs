//! Charts: pure functions from data to marks, through plotters, on any backend.
//!
//! Each chart is one file with its `draw_…` and its `describe`, which says the same in words. A
//! chart knows sizes only in CSS pixels times [`Theme::unit`], so that the page can draw with
//! sub-pixel precision and an export at any size.

pub mod axis;
pub mod delay_recall;
pub mod downsample;
pub mod gradient_flow;
pub mod gradient_norm;
pub mod heat_map;
pub mod itemised;
pub mod loss;
pub mod miniature;
pub mod parameter_norms;
pub mod race;
pub mod race_flow;
pub mod race_loss;
pub mod race_norm;
pub mod recall;
#[cfg(test)]
mod recorder;
pub mod theme;
pub mod unrolled;

pub use theme::{Rgb, Theme};

use axis::Axis;
use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Room left of the plot for the labels of the y axis, in CSS pixels. The unrolled network keeps the
/// same, so that its columns stand over those of the gradient flow.
pub const LEFT_GUTTER: i32 = 44;
/// Room right of the plot.
pub const RIGHT_GUTTER: i32 = 12;

/// Room below the plot, for the labels of the x axis.
pub const BOTTOM_GUTTER: i32 = 22;
/// Room above the plot.
pub const TOP_GUTTER: i32 = 8;
const LABEL_SIZE: i32 = 11;
const TICK_SIZE: i32 = 4;
const HAIRLINE: u32 = 1;

/// What a chart may fail with: its backend could not draw.
pub type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

type Plot<'a, DB> = ChartContext<'a, DB, Cartesian2d<Axis, Axis>>;

/// Draws frame, grid and labels, and returns the plot to draw into.
fn frame<'a, DB: DrawingBackend + 'a>(
    area: &DrawingArea<DB, Shift>,
    x: &Axis,
    y: &Axis,
    theme: &Theme,
) -> Result<Plot<'a, DB>, DrawingAreaErrorKind<DB::ErrorType>> {
    let unit = theme.unit;
    let mut plot = ChartBuilder::on(area)
        .margin_top(TOP_GUTTER * unit)
        .margin_right(RIGHT_GUTTER * unit)
        .x_label_area_size(BOTTOM_GUTTER * unit)
        .y_label_area_size(LEFT_GUTTER * unit)
        .build_cartesian_2d(x.clone(), y.clone())?;
    let x_label = |at: &f64| x.label_at(*at);
    let y_label = |at: &f64| y.label_at(*at);
    plot.configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(theme.stroke(theme.grid, HAIRLINE))
        .axis_style(theme.stroke(theme.axis, HAIRLINE))
        .label_style(label_style(theme, theme.muted))
        .set_all_tick_mark_size(TICK_SIZE * unit)
        .x_labels(x.ticks().len())
        .y_labels(y.ticks().len())
        .x_label_formatter(&x_label)
        .y_label_formatter(&y_label)
        .draw()?;
    Ok(plot)
}

fn label_style(theme: &Theme, colour: Rgb) -> TextStyle<'static> {
    ("sans-serif", LABEL_SIZE * theme.unit).into_font().color(&colour.plotters())
}

/// A line, broken where a value is no number.
fn draw_line<DB: DrawingBackend>(
    plot: &mut Plot<'_, DB>,
    points: impl Iterator<Item = (f64, f64)>,
    style: ShapeStyle,
) -> Drawn<DB> {
    let mut piece = Vec::new();
    for point in points {
        if point.1.is_finite() {
            piece.push(point);
        } else if !piece.is_empty() {
            plot.draw_series(std::iter::once(PathElement::new(std::mem::take(&mut piece), style)))?;
        }
    }
    if !piece.is_empty() {
        plot.draw_series(std::iter::once(PathElement::new(piece, style)))?;
    }
    Ok(())
}

/// A dashed horizontal line over the whole width, named at its right end.
fn draw_reference<DB: DrawingBackend>(
    plot: &mut Plot<'_, DB>,
    at: f64,
    name: &str,
    theme: &Theme,
    colour: Rgb,
) -> Drawn<DB> {
    let range = plot.x_range();
    let unit = theme.unit;
    plot.draw_series(DashedLineSeries::new(
        [(range.start, at), (range.end, at)],
        5 * unit as u32,
        4 * unit as u32,
        theme.stroke(colour, HAIRLINE),
    ))?;
    // Above the line, or below it where there is no room above.
    let heights = plot.y_range();
    let is_high = at > heights.end - (heights.end - heights.start) * 0.15;
    let (vertical, offset) = if is_high { (VPos::Top, 3 * unit) } else { (VPos::Bottom, -3 * unit) };
    let style = label_style(theme, colour).pos(Pos::new(HPos::Right, vertical));
    let label = EmptyElement::at((range.end, at)) + Text::new(name.to_owned(), (-2 * unit, offset), style);
    plot.draw_series(std::iter::once(label))?;
    Ok(())
}

/// The vertical line of the reading cursor.
fn draw_cursor<DB: DrawingBackend>(plot: &mut Plot<'_, DB>, at: f64, theme: &Theme) -> Drawn<DB> {
    let range = plot.y_range();
    let line = PathElement::new([(at, range.start), (at, range.end)], theme.stroke(theme.accent, HAIRLINE));
    plot.draw_series(std::iter::once(line))?;
    Ok(())
}
