//! A canvas made ready for one drawing: as many pixels as the device shows, and cleared.

use super::canvas::CanvasBackend;
use crate::charts::{Rgb, Theme};
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// Units of a CSS pixel for charts that plotters draws: its places are whole numbers, and curves
/// need finer ones.
pub const SUBPIXELS: i32 = 8;

/// A canvas ready to be drawn on.
pub struct Surface {
    /// Its context, in CSS pixels.
    pub context: CanvasRenderingContext2d,
    /// Width in CSS pixels.
    pub width: f64,
    /// Height in CSS pixels.
    pub height: f64,
    /// Device pixels of a CSS pixel.
    pub ratio: f64,
}

impl Surface {
    /// Prepares `canvas`, which is `width` by `height` CSS pixels on screen; `None` while it has no
    /// size.
    #[must_use]
    pub fn prepare(canvas: &HtmlCanvasElement, (width, height): (f64, f64)) -> Option<Self> {
        if width < 8.0 || height < 8.0 {
            return None;
        }
        let ratio = web_sys::window()?.device_pixel_ratio().clamp(0.5, 4.0);
        Self::prepare_with(canvas, (width, height), ratio)
    }

    /// Prepares a canvas that is not on screen; `ratio` of its pixels are a CSS pixel.
    #[must_use]
    pub fn prepare_with(canvas: &HtmlCanvasElement, (width, height): (f64, f64), ratio: f64) -> Option<Self> {
        let device_width = (width * ratio).round() as u32;
        let device_height = (height * ratio).round() as u32;
        // Writing them, even unchanged, would throw the canvas's memory away.
        if canvas.width() != device_width || canvas.height() != device_height {
            canvas.set_width(device_width);
            canvas.set_height(device_height);
        }
        let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
        let surface = Self { context, width, height, ratio };
        surface.scale(1.0);
        surface.context.clear_rect(0.0, 0.0, width, height);
        Some(surface)
    }

    /// Covers all of it with one colour.
    pub fn fill(&self, Rgb(red, green, blue): Rgb) {
        self.context.set_fill_style_str(&format!("rgb({red},{green},{blue})"));
        self.context.fill_rect(0.0, 0.0, self.width, self.height);
    }

    /// Lets a chart draw through plotters. What it cannot draw is left out: the next frame draws anew.
    pub fn plot<E>(
        &self,
        theme: &Theme,
        draw: impl FnOnce(&DrawingArea<CanvasBackend<'_>, Shift>) -> Result<(), E>,
    ) {
        let unit = f64::from(theme.unit);
        self.scale(1.0 / unit);
        let size = ((self.width * unit) as u32, (self.height * unit) as u32);
        let area = CanvasBackend::new(&self.context, size, self.ratio, theme).into_drawing_area();
        if draw(&area).is_ok() {
            area.present().ok();
        }
        self.scale(1.0);
    }

    fn scale(&self, unit: f64) {
        let scale = self.ratio * unit;
        self.context.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0).ok();
    }
}
