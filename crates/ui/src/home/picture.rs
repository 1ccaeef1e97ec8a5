//! The picture on a card: the hidden states over the symbols that were read, and the loss as a line.

use crate::charts::Theme;
use crate::charts::heat_map::Palette;
use crate::charts::miniature::{SPARKLINE, describe, paint, scale, sparkline};
use crate::format::visible;
use crate::page::use_page;
use leptos::html::Canvas;
use leptos::prelude::*;
use rnn_protocol::{LabKind, MiniatureLook};
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// Hidden states, units down and time across, over what was read.
#[component]
pub fn Picture(
    /// Of which lab's miniature.
    lab: LabKind,
) -> impl IntoView {
    let page = use_page();
    let theme = expect_context::<RwSignal<Theme>>();
    let look =
        page.derive(move |state| state.home.miniature(lab).and_then(|miniature| miniature.look.clone()));
    let canvas = NodeRef::<Canvas>::new();
    Effect::new(move || {
        let palette = theme.with(|theme| Palette::new(theme, scale()));
        if let Some(canvas) = canvas.get() {
            look.with(|look| look.iter().for_each(|look| put(&canvas, look, &palette)));
        }
    });
    let words =
        move || look.with(|look| look.as_ref().map_or_else(|| "No hidden states yet".to_owned(), describe));
    let symbols = Memo::new(move |_| look.with(|look| look.as_ref().map(|look| look.symbols.clone())));
    let read = move || {
        let symbols = symbols.get().unwrap_or_default().into_iter();
        symbols
            .map(|symbol| view! { <span class="miniature__symbol">{visible(&symbol)}</span> })
            .collect_view()
    };
    view! {
        <div class="miniature">
            <canvas class="miniature__states" node_ref=canvas role="img" aria-label=words width="1" height="1"></canvas>
            <p class="miniature__read" aria-hidden="true">
                {read}
            </p>
        </div>
    }
}

/// The loss so far.
#[component]
pub fn Sparkline(
    /// Of which lab's miniature.
    lab: LabKind,
) -> impl IntoView {
    let page = use_page();
    let points = page.derive(move |state| {
        let look = state.home.miniature(lab).and_then(|miniature| miniature.look.as_ref());
        look.map_or_else(String::new, |look| sparkline(&look.curve))
    });
    let (width, height) = SPARKLINE;
    view! {
        <svg
            class="sparkline"
            viewBox=format!("0 -1 {width} {}", height + 2.0)
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <line class="sparkline__ground" x1="0" x2=width y1=height y2=height />
            <polyline class="sparkline__loss" points=move || points.get() />
        </svg>
    }
}

/// One pixel a state; the style sheet enlarges them.
fn put(canvas: &HtmlCanvasElement, look: &MiniatureLook, palette: &Palette) {
    let cells = paint(look, palette);
    let (width, height) = (cells.width as u32, cells.height as u32);
    if width == 0 || height == 0 {
        return;
    }
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let context = canvas.get_context("2d").ok().flatten();
    let context = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok());
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&cells.rgba), width, height);
    if let (Some(context), Ok(image)) = (context, image) {
        context.put_image_data(&image, 0.0, 0.0).ok();
    }
}
