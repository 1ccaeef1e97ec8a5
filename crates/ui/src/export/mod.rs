//! Charts as files: the picture as PNG or SVG, the numbers as CSV.

mod raster;
mod series;
mod svg;
mod table;

pub use raster::{raster_png, raster_svg};
pub use series::{Series, table_of_steps};
pub use svg::svg;
pub use table::{Table, number};

use crate::widgets::PaintOn;
use leptos::prelude::*;

/// What it takes to make files of a chart.
#[derive(Clone)]
pub struct ChartExport {
    /// Stem of the files' names.
    pub name: Signal<String>,
    /// The numbers of the picture.
    pub table: Callback<(), Table>,
    /// Draws the picture as on the page.
    pub paint: PaintOn,
    /// Its size there, in CSS pixels.
    pub size: Signal<(f64, f64)>,
    /// Draws it as SVG in that size; `None` where it exists only as pixels.
    pub svg: Option<Callback<(f64, f64), Option<String>>>,
}
