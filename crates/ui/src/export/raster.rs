//! A chart's picture as pixels, finer than on most screens.

use crate::browser::surface::Surface;
use crate::charts::Theme;
use crate::widgets::PaintOn;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, HtmlCanvasElement};

/// Pixels of a CSS pixel: enough for print in the size of a page's column.
const RATIO: f64 = 3.0;

/// Draws a PNG and hands it to `done`, `None` where the browser could not make one.
pub fn raster_png(
    size: (f64, f64),
    theme: &Theme,
    paint: &PaintOn,
    done: impl FnOnce(Option<Blob>) + 'static,
) {
    let Some(canvas) = drawn(size, theme, paint) else {
        done(None);
        return;
    };
    let done = Closure::once_into_js(move |blob: Option<Blob>| done(blob));
    // A canvas that refuses has nothing to hand over, and `done` is dropped unheard.
    canvas.to_blob(done.unchecked_ref()).ok();
}

/// An SVG that holds the picture as pixels, for what has more marks than a drawing programme bears.
#[must_use]
pub fn raster_svg(size: (f64, f64), theme: &Theme, paint: &PaintOn) -> Option<String> {
    let (width, height) = (size.0.round(), size.1.round());
    let address = drawn(size, theme, paint)?.to_data_url().ok()?;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
         {height}\"><image width=\"{width}\" height=\"{height}\" href=\"{address}\"/></svg>\n"
    ))
}

fn drawn(size: (f64, f64), theme: &Theme, paint: &PaintOn) -> Option<HtmlCanvasElement> {
    let canvas = web_sys::window()?.document()?.create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    let surface = Surface::prepare_with(&canvas, size, RATIO)?;
    surface.fill(theme.surface);
    paint(&surface);
    Some(canvas)
}
