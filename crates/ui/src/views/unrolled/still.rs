//! What stands still in the picture of the unrolled network: cells, links, symbols and names.

use super::links_picture::{LinkPaint, draw_links};
use super::picture::{Shot, fill, set_label_font, set_symbol_font, stroke};
use crate::browser::surface::Surface;
use crate::charts::heat_map::{CellPaint, Cells, Palette, Scale, paint_cells};
use crate::charts::unrolled::Layout;
use crate::charts::unrolled::layout::{INPUT_HEIGHT, OUTCOME_HEIGHT};
use crate::charts::unrolled::links::links_of;
use crate::charts::{LEFT_GUTTER, Theme};
use crate::format::visible;
use rnn_protocol::Snapshot;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// How strong links are where no cursor is.
const LINK_ALPHA: f64 = 0.75;
/// Room left of the first column for what was carried in.
const EDGE_WIDTH: f64 = 10.0;

/// Draws all of it. `pixels` is a canvas to make the cells' pixels on.
pub(super) fn draw_still(
    surface: &Surface,
    pixels: &HtmlCanvasElement,
    snapshot: &Snapshot,
    shot: &Shot<'_>,
    scale: Scale,
) {
    let Shot { layout, theme, .. } = shot;
    let context = &surface.context;
    let (left, right) = layout.plot();
    let steps = layout.visible_steps();
    context.save();
    context.begin_path();
    let before = if steps.start == 0 { EDGE_WIDTH } else { 0.0 };
    context.rect(left - before, 0.0, right - left + before + EDGE_WIDTH, layout.size().1);
    context.clip();
    draw_cells(surface, pixels, snapshot, (shot, scale));
    let links = links_of(snapshot, layout, steps, shot.direction);
    draw_links(context, &links, LinkPaint { layout, theme, pass: shot.direction, alpha: LINK_ALPHA });
    draw_cut(context, snapshot, layout, theme);
    draw_symbols(context, snapshot, layout, theme);
    context.restore();
    draw_names(context, snapshot, layout, theme);
}

fn draw_cells(
    surface: &Surface,
    pixels: &HtmlCanvasElement,
    snapshot: &Snapshot,
    (shot, scale): (&Shot<'_>, Scale),
) {
    let Shot { layout, theme, order, .. } = shot;
    let context = &surface.context;
    let palette = Palette::new(theme, scale);
    let steps = layout.visible_steps();
    let length = snapshot.header.length();
    let (column, gap) = (layout.column_width(), layout.link_width());
    context.set_image_smoothing_enabled(false);
    for row in 0..layout.extent.rows {
        let (top, height) = layout.row(row);
        let max_height = (height * surface.ratio) as usize;
        let paint = CellPaint { scale, palette: &palette, order, max_height };
        let cells = paint_cells(snapshot, row, steps.clone(), paint);
        let width = steps.len() as f64 * column;
        put_cells(context, pixels, &cells, (layout.left_of(steps.start), top, width, height));
        // What stands between two columns is no cell.
        fill(context, theme.surface, 1.0);
        for step in steps.start..=steps.end {
            context.fill_rect(layout.left_of(step) - gap / 2.0, top, gap, height);
        }
        for step in steps.clone().filter(|&step| step >= length) {
            let (left, width) = layout.strip(step);
            fill(context, theme.surface, 1.0);
            context.fill_rect(left, top, width, height);
            stroke(context, theme.grid);
            context.set_line_width(1.0);
            context.stroke_rect(left + 0.5, top + 0.5, width - 1.0, height - 1.0);
        }
    }
}

/// Draws cells, one pixel each, into `(left, top, width, height)`. A browser without memory for it leaves
/// them out.
fn put_cells(
    context: &CanvasRenderingContext2d,
    canvas: &HtmlCanvasElement,
    cells: &Cells,
    (left, top, width, height): (f64, f64, f64, f64),
) {
    let (columns, rows) = (cells.width as u32, cells.height as u32);
    if columns == 0 || rows == 0 {
        return;
    }
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
            context.draw_image_with_html_canvas_element_and_dw_and_dh(canvas, left, top, width, height).ok();
        }
    }
}

/// Where the window before ended: a dashed line that the state crosses and the gradient does not.
fn draw_cut(context: &CanvasRenderingContext2d, snapshot: &Snapshot, layout: &Layout, theme: &Theme) {
    if !snapshot.header.is_carried || layout.visible_steps().start > 0 {
        return;
    }
    let x = layout.left_of(0).floor() + 0.5;
    stroke(context, theme.text);
    context.set_line_width(1.0);
    let dashes = js_sys::Array::of2(&JsValue::from(4.0), &JsValue::from(3.0));
    context.set_line_dash(&dashes).ok();
    context.begin_path();
    context.move_to(x, layout.row(layout.extent.rows - 1).0 - 6.0);
    context.line_to(x, layout.input_top() - 2.0);
    context.stroke();
    context.set_line_dash(&js_sys::Array::new()).ok();
}

fn draw_symbols(context: &CanvasRenderingContext2d, snapshot: &Snapshot, layout: &Layout, theme: &Theme) {
    let steps = layout.visible_steps();
    let header = &snapshot.header;
    set_symbol_font(context, layout, theme);
    let write = |symbol: &str, step: usize, middle: f64, is_strong: bool| {
        let glyph = visible(symbol);
        let is_letter = is_strong && glyph == symbol;
        fill(context, if is_letter { theme.text } else { theme.muted }, 1.0);
        context.fill_text(&glyph, layout.middle_of(step), middle + 0.5).ok();
    };
    for step in steps.clone() {
        if let Some(symbol) = header.symbols.get(step) {
            write(symbol, step, layout.input_top() + INPUT_HEIGHT / 2.0, step < header.length());
        }
    }
    let first = header.predictions.partition_point(|found| (found.step as usize) < steps.start);
    for found in header.predictions[first..].iter().take_while(|found| (found.step as usize) < steps.end) {
        let step = found.step as usize;
        let is_right = found.symbol == found.target;
        if is_right {
            let width = layout.column_width() - 1.0;
            fill(context, theme.accent, 0.22);
            context.fill_rect(layout.left_of(step) + 0.5, 0.0, width, 2.0 * OUTCOME_HEIGHT);
        }
        write(&found.symbol, step, OUTCOME_HEIGHT / 2.0, is_right);
        write(&found.target, step, OUTCOME_HEIGHT * 1.5, true);
    }
}

fn draw_names(context: &CanvasRenderingContext2d, snapshot: &Snapshot, layout: &Layout, theme: &Theme) {
    let right = f64::from(LEFT_GUTTER) - 12.0;
    set_label_font(context, theme);
    fill(context, theme.muted, 1.0);
    let write = |words: &str, y: f64| context.fill_text(words, right, y).ok();
    if layout.extent.has_predictions {
        write("guess", OUTCOME_HEIGHT / 2.0);
        write("true", OUTCOME_HEIGHT * 1.5);
    }
    write("reads", layout.input_top() + INPUT_HEIGHT / 2.0);
    for row in 0..layout.extent.rows {
        let (top, height) = layout.row(row);
        let place = snapshot.header.row(row);
        let arrow = match (snapshot.header.is_bidirectional, place.is_backward) {
            (false, _) => "",
            (true, false) => " →",
            (true, true) => " ←",
        };
        let number = format!("{}{arrow}", place.layer + 1);
        let middle = top + height / 2.0;
        if height >= 28.0 {
            write("layer", middle - 7.0);
            write(&number, middle + 7.0);
        } else {
            write(&number, middle);
        }
    }
}
