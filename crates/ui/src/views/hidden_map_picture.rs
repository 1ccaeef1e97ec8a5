//! The hidden-state map's picture, straight on the canvas: too many cells for a chart library.

use super::hidden_map::scale_of;
use crate::browser::surface::Surface;
use crate::charts::heat_map::{Cells, Palette, paint_cells};
use crate::charts::map_layout::{Cell, HEADER_HEIGHT, MapLayout, TRACE_HEIGHT};
use crate::charts::{LEFT_GUTTER, Rgb, Theme};
use crate::format::visible;
use rnn_protocol::Snapshot;
use std::cell::OnceCell;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// A canvas off the screen that holds one pixel a cell, to be drawn larger without smoothing.
#[derive(Default)]
pub(super) struct Picture {
    canvas: OnceCell<Option<HtmlCanvasElement>>,
}

/// Draws characters, cells, cursor and the followed unit's course.
pub(super) fn paint_map(
    surface: &Surface,
    picture: &Picture,
    snapshot: Option<&Snapshot>,
    layout: &MapLayout,
    cursor: Cell,
    theme: &Theme,
) {
    let context = &surface.context;
    let (left, right) = layout.plot();
    let Some(snapshot) = snapshot.filter(|_| layout.extent.steps > 0 && layout.extent.units > 0) else {
        fill(context, theme.grid, 0.5);
        context.fill_rect(left, HEADER_HEIGHT, right - left, layout.layer(0).1);
        return;
    };
    let scale = scale_of(snapshot);
    let palette = Palette::new(theme, scale);
    let steps = layout.visible_steps();

    context.save();
    context.begin_path();
    context.rect(left, 0.0, right - left, surface.height);
    context.clip();
    draw_symbols(context, snapshot, layout, cursor, theme);
    context.set_image_smoothing_enabled(false);
    for layer in 0..layout.extent.layers {
        let (top, height) = layout.layer(layer);
        let max_rows = (height * surface.ratio) as usize;
        let cells = paint_cells(snapshot, layer, steps.clone(), max_rows, scale, &palette);
        let width = steps.len() as f64 * layout.column_width();
        picture.draw(context, &cells, (layout.left_of(steps.start), top, width, height));
    }
    draw_cursor(context, layout, cursor, theme);
    let values = snapshot.unit_values(cursor.layer);
    let course = steps.clone().map(|step| {
        let value = values[step * layout.extent.units + cursor.unit];
        (layout.left_of(step) + layout.column_width() / 2.0, (value - scale.low) / (scale.high - scale.low))
    });
    draw_trace(context, layout, course, scale.is_diverging(), theme);
    context.restore();
    draw_names(context, layout, cursor, theme);
}

impl Picture {
    /// Draws the cells into `(left, top, width, height)`. A browser without memory for it leaves it out.
    fn draw(
        &self,
        context: &CanvasRenderingContext2d,
        cells: &Cells,
        (left, top, width, height): (f64, f64, f64, f64),
    ) {
        let (columns, rows) = (cells.width as u32, cells.height as u32);
        let canvas = self
            .canvas
            .get_or_init(|| web_sys::window()?.document()?.create_element("canvas").ok()?.dyn_into().ok());
        let Some(canvas) = canvas.as_ref().filter(|_| columns > 0 && rows > 0) else { return };
        if canvas.width() != columns || canvas.height() != rows {
            canvas.set_width(columns);
            canvas.set_height(rows);
        }
        let pixels = canvas.get_context("2d").ok().flatten();
        let pixels = pixels.and_then(|pixels| pixels.dyn_into::<CanvasRenderingContext2d>().ok());
        let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&cells.rgba), columns, rows);
        if let (Some(pixels), Ok(image)) = (pixels, image) {
            let is_put = pixels.put_image_data(&image, 0.0, 0.0).is_ok();
            if is_put {
                context
                    .draw_image_with_html_canvas_element_and_dw_and_dh(canvas, left, top, width, height)
                    .ok();
            }
        }
    }
}

fn draw_symbols(
    context: &CanvasRenderingContext2d,
    snapshot: &Snapshot,
    layout: &MapLayout,
    cursor: Cell,
    theme: &Theme,
) {
    let width = layout.column_width();
    let size = (width * 1.35).clamp(11.0, 14.0);
    context.set_font(&format!("{size}px {}", theme.mono));
    context.set_text_align("center");
    context.set_text_baseline("middle");
    for step in layout.visible_steps() {
        let Some(symbol) = snapshot.header.symbols.get(step) else { continue };
        let glyph = glyph_of(&visible(symbol));
        let is_letter = glyph == *symbol;
        let colour = match (step == cursor.step, is_letter) {
            (true, _) => theme.surface,
            (false, true) => theme.text,
            (false, false) => theme.muted,
        };
        if step == cursor.step {
            fill(context, theme.accent, 1.0);
            let badge = width.max(13.0);
            context.fill_rect(layout.left_of(step) + (width - badge) / 2.0, 2.0, badge, HEADER_HEIGHT - 5.0);
        }
        fill(context, colour, 1.0);
        context.fill_text(&glyph, layout.left_of(step) + width / 2.0, HEADER_HEIGHT / 2.0 - 0.5).ok();
    }
}

/// What stands for a symbol above its column: of a word its first letter, of a number without a sign a dot.
fn glyph_of(symbol: &str) -> String {
    let mut letters = symbol.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(_)) if first.is_ascii_digit() => "·".to_owned(),
        (Some(first), Some(_)) => first.to_string(),
        _ => symbol.to_owned(),
    }
}

/// The cursor's column and row as thin frames, so that the colours under them stay readable.
fn draw_cursor(context: &CanvasRenderingContext2d, layout: &MapLayout, cursor: Cell, theme: &Theme) {
    let (first_top, _) = layout.layer(0);
    let (last_top, last_height) = layout.layer(layout.extent.layers - 1);
    let left = layout.left_of(cursor.step);
    stroke(context, theme.accent, 1.0);
    context.set_line_width(1.0);
    context.stroke_rect(left, first_top, layout.column_width(), last_top + last_height - first_top);
    let (top, height) = layout.row(cursor);
    let (plot_left, plot_right) = layout.plot();
    let height = height.max(3.0);
    context.stroke_rect(plot_left - 1.0, top, plot_right - plot_left + 2.0, height);
}

/// The course of one unit: `(x, part of the scale)` for each time step in view.
fn draw_trace(
    context: &CanvasRenderingContext2d,
    layout: &MapLayout,
    course: impl Iterator<Item = (f64, f32)>,
    is_diverging: bool,
    theme: &Theme,
) {
    let (left, right) = layout.plot();
    let top = layout.trace_top();
    let y_of = |part: f64| top + 1.0 + (1.0 - part) * (TRACE_HEIGHT - 2.0);
    stroke(context, theme.grid, 1.0);
    context.set_line_width(1.0);
    context.begin_path();
    let rules: &[f64] = if is_diverging { &[0.0, 0.5, 1.0] } else { &[0.0, 1.0] };
    for part in rules {
        let y = y_of(*part).floor() + 0.5;
        context.move_to(left, y);
        context.line_to(right, y);
    }
    context.stroke();
    stroke(context, theme.accent, 1.0);
    context.set_line_width(1.75);
    context.set_line_join("round");
    context.begin_path();
    for (index, (x, part)) in course.enumerate() {
        let y = y_of(f64::from(part.clamp(0.0, 1.0)));
        if index == 0 {
            context.move_to(x, y);
        } else {
            context.line_to(x, y);
        }
    }
    context.stroke();
}

fn draw_names(context: &CanvasRenderingContext2d, layout: &MapLayout, cursor: Cell, theme: &Theme) {
    let right = f64::from(LEFT_GUTTER) - 8.0;
    context.set_font(&format!("11px {}", theme.sans));
    context.set_text_align("right");
    context.set_text_baseline("middle");
    for layer in 0..layout.extent.layers {
        let (top, height) = layout.layer(layer);
        fill(context, theme.muted, 1.0);
        let middle = top + height / 2.0;
        if height >= 28.0 {
            context.fill_text("layer", right, middle - 7.0).ok();
            context.fill_text(&(layer + 1).to_string(), right, middle + 7.0).ok();
        } else {
            context.fill_text(&(layer + 1).to_string(), right, middle).ok();
        }
    }
    let middle = layout.trace_top() + TRACE_HEIGHT / 2.0;
    fill(context, theme.accent, 1.0);
    context.fill_text("unit", right, middle - 7.0).ok();
    context.fill_text(&cursor.unit.to_string(), right, middle + 7.0).ok();
}

fn fill(context: &CanvasRenderingContext2d, Rgb(red, green, blue): Rgb, alpha: f64) {
    context.set_fill_style_str(&format!("rgba({red},{green},{blue},{alpha})"));
}

fn stroke(context: &CanvasRenderingContext2d, Rgb(red, green, blue): Rgb, alpha: f64) {
    context.set_stroke_style_str(&format!("rgba({red},{green},{blue},{alpha})"));
}
