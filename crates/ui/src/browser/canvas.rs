//! Plotters on a 2D canvas. Neighbouring strokes of one style become one path, and words are
//! measured by the canvas itself, without touching the page's layout.

use crate::charts::Theme;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use std::f64::consts::TAU;
use thiserror::Error;
use wasm_bindgen::JsValue;
use web_sys::CanvasRenderingContext2d;

/// The canvas refused a call.
#[derive(Debug, Error)]
#[error("the canvas could not be drawn on: {0}")]
pub struct CanvasError(String);

type Answer = Result<(), DrawingErrorKind<CanvasError>>;

/// A canvas whose context is scaled so that [`Theme::unit`] units are one CSS pixel.
pub struct CanvasBackend<'a> {
    context: &'a CanvasRenderingContext2d,
    size: (u32, u32),
    /// Units of one device pixel.
    device_pixel: f64,
    sans: &'a str,
    batch: Option<Batch>,
}

/// Marks that wait to be drawn at once.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Batch {
    colour: (u8, u8, u8),
    alpha: f64,
    /// Of strokes; fills have none.
    width: Option<u32>,
}

impl<'a> CanvasBackend<'a> {
    /// Draws on `context`, which is `size` units large; `ratio` device pixels are one CSS pixel.
    #[must_use]
    pub fn new(
        context: &'a CanvasRenderingContext2d,
        size: (u32, u32),
        ratio: f64,
        theme: &'a Theme,
    ) -> Self {
        context.set_line_join("round");
        let device_pixel = f64::from(theme.unit) / ratio;
        Self { context, size, device_pixel, sans: &theme.sans, batch: None }
    }

    fn flush(&mut self) {
        if let Some(batch) = self.batch.take() {
            let (red, green, blue) = batch.colour;
            let colour = format!("rgba({red},{green},{blue},{})", batch.alpha);
            if let Some(width) = batch.width {
                self.context.set_stroke_style_str(&colour);
                self.context.set_line_width(f64::from(width));
                self.context.stroke();
            } else {
                self.context.set_fill_style_str(&colour);
                self.context.fill();
            }
        }
    }

    /// Makes sure that the marks that follow are drawn in this style.
    fn begin<S: BackendStyle>(&mut self, style: &S, fill: bool) {
        let BackendColor { alpha, rgb } = style.color();
        let batch = Batch { colour: rgb, alpha, width: (!fill).then(|| style.stroke_width()) };
        if self.batch != Some(batch) {
            self.flush();
            self.context.begin_path();
            self.batch = Some(batch);
        }
    }

    /// The middle of the device pixel, so that thin straight lines are sharp.
    fn snap(&self, at: i32) -> f64 {
        ((f64::from(at) / self.device_pixel).floor() + 0.5) * self.device_pixel
    }

    fn set_font<T: BackendTextStyle>(&self, style: &T) {
        self.context.set_font(&format!("{}px {}", style.size(), self.sans));
    }
}

fn error(value: &JsValue) -> DrawingErrorKind<CanvasError> {
    DrawingErrorKind::DrawingError(CanvasError(super::reason(value)))
}

impl DrawingBackend for CanvasBackend<'_> {
    type ErrorType = CanvasError;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Answer {
        Ok(())
    }

    fn present(&mut self) -> Answer {
        self.flush();
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Answer {
        self.begin(&color, true);
        self.context.rect(f64::from(x), f64::from(y), 1.0, 1.0);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Answer {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Answer {
        self.begin(style, fill);
        let (width, height) = (f64::from(right - left), f64::from(bottom - top));
        self.context.rect(f64::from(left), f64::from(top), width, height);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Answer {
        if style.color().alpha == 0.0 {
            return Ok(());
        }
        self.begin(style, false);
        let points: Vec<_> = path.into_iter().collect();
        if let [from, to] = points[..]
            && (from.0 == to.0 || from.1 == to.1)
        {
            let at = |same: bool, value: i32| if same { self.snap(value) } else { f64::from(value) };
            let (is_vertical, is_horizontal) = (from.0 == to.0, from.1 == to.1);
            self.context.move_to(at(is_vertical, from.0), at(is_horizontal, from.1));
            self.context.line_to(at(is_vertical, to.0), at(is_horizontal, to.1));
            return Ok(());
        }
        for (index, (x, y)) in points.into_iter().enumerate() {
            if index == 0 {
                self.context.move_to(f64::from(x), f64::from(y));
            } else {
                self.context.line_to(f64::from(x), f64::from(y));
            }
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Answer {
        self.begin(style, fill);
        let (x, y, radius) = (f64::from(x), f64::from(y), f64::from(radius));
        self.context.move_to(x + radius, y);
        self.context.arc(x, y, radius, 0.0, TAU).map_err(|value| error(&value))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vertices: I,
        style: &S,
    ) -> Answer {
        self.begin(style, true);
        for (index, (x, y)) in vertices.into_iter().enumerate() {
            if index == 0 {
                self.context.move_to(f64::from(x), f64::from(y));
            } else {
                self.context.line_to(f64::from(x), f64::from(y));
            }
        }
        self.context.close_path();
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, (x, y): BackendCoord) -> Answer {
        self.flush();
        self.set_font(style);
        self.context.set_text_align(match style.anchor().h_pos {
            HPos::Left => "left",
            HPos::Center => "center",
            HPos::Right => "right",
        });
        self.context.set_text_baseline(match style.anchor().v_pos {
            VPos::Top => "top",
            VPos::Center => "middle",
            VPos::Bottom => "bottom",
        });
        let BackendColor { alpha, rgb: (red, green, blue) } = style.color();
        self.context.set_fill_style_str(&format!("rgba({red},{green},{blue},{alpha})"));
        self.context.fill_text(text, f64::from(x), f64::from(y)).map_err(|value| error(&value))
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<CanvasError>> {
        self.set_font(style);
        let measured = self.context.measure_text(text).map_err(|value| error(&value))?;
        Ok((measured.width().ceil() as u32, style.size() as u32))
    }
}
