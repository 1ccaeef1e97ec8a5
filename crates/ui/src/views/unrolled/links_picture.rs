//! Links on the canvas. All of them are upright or level, so that they are rectangles.

use super::picture::fill;
use crate::charts::unrolled::links::{Carried, Course, Link};
use crate::charts::unrolled::{Layout, Pass, Zoom};
use crate::charts::{Rgb, Theme};
use web_sys::CanvasRenderingContext2d;

/// Thickness of a link through which nothing is known to flow.
const HAIRLINE: f64 = 1.0;
/// How strong a link is through which hardly anything flows, against one with the most.
const LEAST_ALPHA: f64 = 0.25;
const KINDS: [Carried; 3] = [Carried::Input, Carried::Cell, Carried::Hidden];

/// How links are drawn.
#[derive(Clone, Copy)]
pub(super) struct LinkPaint<'a> {
    pub(super) layout: &'a Layout,
    pub(super) theme: &'a Theme,
    /// What they show.
    pub(super) pass: Pass,
    /// Of the strongest.
    pub(super) alpha: f64,
}

/// Draws links, as thick and as strong as what flows.
pub(super) fn draw_links(context: &CanvasRenderingContext2d, links: &[Link], paint: LinkPaint<'_>) {
    let LinkPaint { layout, theme, pass, alpha } = paint;
    for kind in KINDS {
        fill(context, colour_of(kind, pass, theme), 1.0);
        for link in links.iter().filter(|link| link.carried == kind) {
            let part = link.strength.map_or(0.0, f64::from);
            context.set_global_alpha(alpha * (LEAST_ALPHA + (1.0 - LEAST_ALPHA) * part));
            draw_link(context, link, thickness(link, layout, part));
            if layout.zoom == Zoom::Near {
                draw_arrow(context, link);
            }
        }
    }
    context.set_global_alpha(1.0);
}

/// What a link carries has its colour; gradients have their own.
fn colour_of(kind: Carried, pass: Pass, theme: &Theme) -> Rgb {
    match (kind, pass) {
        (Carried::Input, _) => theme.muted,
        (Carried::Hidden, Pass::Forward) => theme.series[2],
        (Carried::Cell, Pass::Forward) => theme.series[3],
        (Carried::Hidden, Pass::Backward) => theme.series[5],
        (Carried::Cell, Pass::Backward) => theme.series[4],
    }
}

fn thickness(link: &Link, layout: &Layout, part: f64) -> f64 {
    let (_, strip) = layout.strip(0);
    let most = match (link.course, layout.zoom) {
        (Course::Up, _) => (strip * 0.5).clamp(2.0, 9.0),
        (_, Zoom::Whole) => 9.0,
        (_, Zoom::Near) => 14.0,
    };
    if link.strength.is_some() { HAIRLINE + (most - HAIRLINE) * part } else { HAIRLINE }
}

fn draw_link(context: &CanvasRenderingContext2d, link: &Link, thickness: f64) {
    let (left, right) = (link.from.0.min(link.to.0), link.from.0.max(link.to.0));
    let (top, bottom) = (link.from.1.min(link.to.1), link.from.1.max(link.to.1));
    let half = thickness / 2.0;
    if link.course == Course::Up {
        context.fill_rect(left - half, top, thickness, bottom - top);
    } else {
        context.fill_rect(left, top - half, right - left, thickness);
    }
}

/// A head at the link's end.
fn draw_arrow(context: &CanvasRenderingContext2d, link: &Link) {
    const LENGTH: f64 = 6.0;
    const HALF: f64 = 4.0;
    let (x, y) = link.to;
    let (ahead, across) = match link.course {
        Course::Up => ((0.0, (link.to.1 - link.from.1).signum()), (1.0, 0.0)),
        Course::Time | Course::Edge => (((link.to.0 - link.from.0).signum(), 0.0), (0.0, 1.0)),
    };
    let foot = (x - ahead.0 * LENGTH, y - ahead.1 * LENGTH);
    context.begin_path();
    context.move_to(x, y);
    context.line_to(foot.0 + across.0 * HALF, foot.1 + across.1 * HALF);
    context.line_to(foot.0 - across.0 * HALF, foot.1 - across.1 * HALF);
    context.close_path();
    context.fill();
}
