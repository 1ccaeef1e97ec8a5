//! The picture of the unrolled network, straight on the canvas: too many cells for a chart library.
//!
//! What stands still (cells, links, symbols) is painted once for a look onto a canvas off the screen
//! ([`super::still`]); a frame copies it and paints only what moves over it: what a pass has not reached yet,
//! the cursor, and the followed unit's course.

use super::legend::scale_of;
use super::links_picture::{LinkPaint, draw_links};
use super::still::draw_still;
use crate::browser::surface::Surface;
use crate::charts::heat_map::Scale;
use crate::charts::unrolled::layout::{INPUT_HEIGHT, OUTCOME_HEIGHT, TRACE_HEIGHT};
use crate::charts::unrolled::links::links_of;
use crate::charts::unrolled::{Cell, Layout, Order, Pass, Playback};
use crate::charts::{LEFT_GUTTER, Rgb, Theme};
use crate::format::visible;
use rnn_protocol::{Quantity, RunId, Snapshot};
use std::cell::{OnceCell, RefCell};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// How much of what a pass has not reached yet shines through.
const AHEAD_ALPHA: f64 = 0.82;

/// What a picture is made from.
pub(super) struct Shot<'a> {
    pub(super) snapshot: Option<&'a Snapshot>,
    pub(super) layout: Layout,
    pub(super) order: &'a Arc<Order>,
    pub(super) cursor: Cell,
    pub(super) playback: Playback,
    /// What the links show.
    pub(super) direction: Pass,
    pub(super) theme: &'a Theme,
}

/// The canvases off the screen, and what is on them.
#[derive(Default)]
pub(super) struct Picture {
    still: OnceCell<Option<HtmlCanvasElement>>,
    pixels: OnceCell<Option<HtmlCanvasElement>>,
    painted: RefCell<Option<Painted>>,
}

/// All that the still part depends on.
#[derive(PartialEq)]
struct Painted {
    look: (RunId, u32, Quantity),
    layout: Layout,
    ratio: f64,
    order: Arc<Order>,
    direction: Pass,
    theme: Theme,
    /// Of the look's colours: it takes a walk over all of its numbers.
    scale: Scale,
}

impl Picture {
    /// Draws the whole picture.
    pub(super) fn paint(&self, surface: &Surface, shot: &Shot<'_>) {
        let context = &surface.context;
        let layout = &shot.layout;
        let Some(snapshot) = shot.snapshot.filter(|_| !layout.extent.is_empty()) else {
            let (left, right) = layout.plot();
            fill(context, shot.theme.grid, 0.5);
            context.fill_rect(left, 0.0, right - left, layout.input_top());
            return;
        };
        let Some(still) = self.still.get_or_init(new_canvas) else { return };
        let scale = self.keep_still(still, surface, snapshot, shot);
        let (width, height) = layout.size();
        context.draw_image_with_html_canvas_element_and_dw_and_dh(still, 0.0, 0.0, width, height).ok();
        draw_moving(context, snapshot, shot, scale);
    }

    /// Paints the still part if it is not that of the shot. Returns the scale of its colours.
    fn keep_still(
        &self,
        still: &HtmlCanvasElement,
        surface: &Surface,
        snapshot: &Snapshot,
        shot: &Shot<'_>,
    ) -> Scale {
        let header = &snapshot.header;
        let look = (header.run, header.step, header.quantity);
        let same = |painted: &&Painted| {
            (painted.look, painted.layout, painted.ratio, painted.direction)
                == (look, shot.layout, surface.ratio, shot.direction)
                && Arc::ptr_eq(&painted.order, shot.order)
                && painted.theme == *shot.theme
        };
        if let Some(painted) = self.painted.borrow().as_ref().filter(same) {
            return painted.scale;
        }
        let scale = scale_of(snapshot);
        let (Some(off_screen), Some(pixels)) = (
            Surface::prepare_with(still, shot.layout.size(), surface.ratio),
            self.pixels.get_or_init(new_canvas),
        ) else {
            return scale;
        };
        draw_still(&off_screen, pixels, snapshot, shot, scale);
        self.painted.replace(Some(Painted {
            look,
            layout: shot.layout,
            ratio: surface.ratio,
            order: Arc::clone(shot.order),
            direction: shot.direction,
            theme: shot.theme.clone(),
            scale,
        }));
        scale
    }
}

fn new_canvas() -> Option<HtmlCanvasElement> {
    web_sys::window()?.document()?.create_element("canvas").ok()?.dyn_into().ok()
}

fn draw_moving(context: &CanvasRenderingContext2d, snapshot: &Snapshot, shot: &Shot<'_>, scale: Scale) {
    let (left, right) = shot.layout.plot();
    context.save();
    context.begin_path();
    context.rect(left - 1.0, 0.0, right - left + 2.0, shot.layout.size().1);
    context.clip();
    veil_what_is_ahead(context, shot);
    draw_column(context, snapshot, shot);
    draw_unit(context, snapshot, shot, scale);
    context.restore();
    draw_unit_name(context, shot);
}

/// Covers the columns that the pass has not reached.
fn veil_what_is_ahead(context: &CanvasRenderingContext2d, shot: &Shot<'_>) {
    let Shot { layout, playback, cursor, theme, .. } = shot;
    let steps = layout.visible_steps();
    let mut ahead = steps.filter(|&step| playback.is_ahead(step, cursor.step));
    let Some(first) = ahead.next() else { return };
    let last = ahead.next_back().unwrap_or(first);
    let left = layout.left_of(first);
    // Forwards nothing is predicted yet where nothing is computed; backwards all of that is known.
    let top = if playback.pass() == Some(Pass::Forward) { 0.0 } else { layout.row(layout.extent.rows - 1).0 };
    let bottom = layout.input_top() - 1.0;
    fill(context, theme.surface, AHEAD_ALPHA);
    context.fill_rect(left, top, layout.left_of(last) + layout.column_width() - left, bottom - top);
}

/// The cursor's column: its links in full, a thin frame, and its symbols on a badge.
fn draw_column(context: &CanvasRenderingContext2d, snapshot: &Snapshot, shot: &Shot<'_>) {
    let Shot { layout, cursor, theme, .. } = shot;
    let header = &snapshot.header;
    let links = links_of(snapshot, layout, cursor.step..cursor.step + 1, shot.direction);
    draw_links(context, &links, LinkPaint { layout, theme, pass: shot.direction, alpha: 1.0 });
    let (left, width) = layout.strip(cursor.step);
    let (top, _) = layout.row(layout.extent.rows - 1);
    let (first_top, first_height) = layout.row(0);
    stroke(context, theme.accent);
    context.set_line_width(1.5);
    context.stroke_rect(left - 1.0, top - 1.0, width + 2.0, first_top + first_height - top + 2.0);

    let badge = layout.column_width().clamp(13.0, 24.0);
    let middle = layout.middle_of(cursor.step);
    let write = |symbol: &str, top: f64, height: f64, ground: Rgb| {
        fill(context, ground, 1.0);
        context.fill_rect(middle - badge / 2.0, top + 1.0, badge, height - 2.0);
        fill(context, theme.surface, 1.0);
        context.fill_text(&visible(symbol), middle, top + height / 2.0 + 0.5).ok();
    };
    set_symbol_font(context, layout, theme);
    if let Some(symbol) = header.symbols.get(cursor.step) {
        write(symbol, layout.input_top(), INPUT_HEIGHT, theme.accent);
    }
    let found = header.predictions.iter().find(|found| found.step as usize == cursor.step);
    if let Some(found) = found {
        let ground = if found.symbol == found.target { theme.accent } else { theme.muted };
        write(&found.symbol, 0.0, OUTCOME_HEIGHT, ground);
        write(&found.target, OUTCOME_HEIGHT, OUTCOME_HEIGHT, theme.accent);
    }
}

/// The followed unit: a thin frame along its row, and its course.
fn draw_unit(context: &CanvasRenderingContext2d, snapshot: &Snapshot, shot: &Shot<'_>, scale: Scale) {
    let Shot { layout, cursor, theme, order, playback, .. } = shot;
    let (top, height) = layout.unit(*cursor, order);
    let (left, right) = layout.plot();
    stroke(context, theme.accent);
    context.set_line_width(1.0);
    context.stroke_rect(left - 1.0, top - 0.5, right - left + 2.0, height.max(2.0) + 1.0);

    let trace_top = layout.trace_top();
    let y_of = |part: f64| trace_top + 1.0 + (1.0 - part) * (TRACE_HEIGHT - 2.0);
    stroke(context, theme.grid);
    context.begin_path();
    let rules: &[f64] = if scale.is_diverging() { &[0.0, 0.5, 1.0] } else { &[0.0, 1.0] };
    for part in rules {
        let y = y_of(*part).floor() + 0.5;
        context.move_to(left, y);
        context.line_to(right, y);
    }
    context.stroke();

    let values = snapshot.unit_values(cursor.row);
    let point = |step: usize| {
        let value = values[step * layout.extent.units + cursor.unit];
        (layout.middle_of(step), y_of(f64::from(scale.part(value))))
    };
    let length = snapshot.header.length();
    stroke(context, theme.accent);
    context.set_line_width(1.75);
    context.set_line_join("round");
    context.begin_path();
    let mut is_down = false;
    for step in layout.visible_steps().filter(|&step| step < length) {
        if playback.is_ahead(step, cursor.step) {
            is_down = false;
            continue;
        }
        let (x, y) = point(step);
        if is_down {
            context.line_to(x, y);
        } else {
            context.move_to(x, y);
        }
        is_down = true;
    }
    context.stroke();
    if cursor.step < length {
        let (x, y) = point(cursor.step);
        fill(context, theme.accent, 1.0);
        context.begin_path();
        context.arc(x, y, 3.5, 0.0, std::f64::consts::TAU).ok();
        context.fill();
    }
}

fn draw_unit_name(context: &CanvasRenderingContext2d, shot: &Shot<'_>) {
    let right = f64::from(LEFT_GUTTER) - 8.0;
    let middle = shot.layout.trace_top() + TRACE_HEIGHT / 2.0;
    set_label_font(context, shot.theme);
    fill(context, shot.theme.accent, 1.0);
    context.fill_text("unit", right, middle - 7.0).ok();
    context.fill_text(&shot.cursor.unit.to_string(), right, middle + 7.0).ok();
}

/// The face of symbols that are read and predicted.
pub(super) fn set_symbol_font(context: &CanvasRenderingContext2d, layout: &Layout, theme: &Theme) {
    let size = (layout.column_width() * 1.35).clamp(11.0, 16.0);
    context.set_font(&format!("{size}px {}", theme.mono));
    context.set_text_align("center");
    context.set_text_baseline("middle");
}

/// The face of names left of the rows.
pub(super) fn set_label_font(context: &CanvasRenderingContext2d, theme: &Theme) {
    context.set_font(&format!("11px {}", theme.sans));
    context.set_text_align("right");
    context.set_text_baseline("middle");
}

pub(super) fn fill(context: &CanvasRenderingContext2d, Rgb(red, green, blue): Rgb, alpha: f64) {
    context.set_fill_style_str(&format!("rgba({red},{green},{blue},{alpha})"));
}

pub(super) fn stroke(context: &CanvasRenderingContext2d, Rgb(red, green, blue): Rgb) {
    context.set_stroke_style_str(&format!("rgb({red},{green},{blue})"));
}
