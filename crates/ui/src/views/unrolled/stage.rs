//! The canvas of the unrolled network, with its scrolling, its pointer and its keys.

use super::picture::Picture;
use super::scene::Scene;
use crate::charts::Theme;
use crate::charts::unrolled::Layout;
use crate::widgets::{ChartBox, PaintOn};
use leptos::html::Div;
use leptos::prelude::*;
use std::sync::Arc;

/// The picture, wider than its place where it must be.
#[component]
pub(super) fn Stage(scene: Scene, reading: Memo<String>) -> impl IntoView {
    let theme: RwSignal<Theme> = expect_context();
    let Scene { extent, cursor, order, zoom, hovered, hand, playback, size, scroll, .. } = scene;
    let scroller = NodeRef::<Div>::new();
    let layout = move || scene.layout();
    let full_width = Memo::new(move |_| Layout::new(extent.get(), size.get(), 0.0, zoom.get()).full_width());

    let watch = Arc::new(move || {
        scene.shown.with(|_| ());
        cursor.with(|_| ());
        playback.track();
        order.track();
        zoom.track();
        scroll.track();
        theme.track();
    });
    let picture = StoredValue::new_local(Picture::default());
    let paint: PaintOn = Arc::new(move |surface| {
        theme.with_untracked(|theme| {
            picture.with_value(|picture| scene.with_shot(theme, |shot| picture.paint(surface, shot)));
        });
    });
    // The cell in hand is kept in view, also when the zoom or the window changes; the one under the pointer is there anyway.
    Effect::new(move || {
        let Some(cell) = hand.selected.get() else { return };
        zoom.track();
        size.track();
        let spacer_width = full_width.get();
        if let Some(scroller) = scroller.get_untracked().filter(|_| spacer_width > 0.0) {
            request_animation_frame(move || {
                if extent.try_get_untracked().is_some() {
                    scroller.set_scroll_left(layout().scroll_to(cell.step).round() as i32);
                }
            });
        }
    });
    let at = move |place: (f64, f64)| {
        order.with_untracked(|order| layout().cell_at(place, cursor_in_hand(scene), order))
    };
    let key = move |key: String| {
        if key == "Enter" {
            hand.open(cursor.get_untracked());
            return true;
        }
        let moved =
            order.with_untracked(|order| extent.get_untracked().moved(cursor.get_untracked(), &key, order));
        if let Some(cell) = moved {
            scene.pause();
            scene.select(cell);
        }
        moved.is_some()
    };
    let press = move |place: (f64, f64)| {
        if let Some(cell) = at(place) {
            scene.pause();
            scene.select(cell);
        }
    };
    // Not where the pointer goes down: that may be the beginning of a swipe.
    let open = move |_| {
        if let Some(cell) = hand.selected.get_untracked().filter(|_| !extent.get_untracked().is_empty()) {
            hand.open(cell);
        }
    };
    view! {
        <div class="chart chart--map" data-testid="unrolled">
            <div
                class="chart__scroller"
                node_ref=scroller
                on:click=open
                on:scroll=move |_| {
                    if let Some(scroller) = scroller.get_untracked() {
                        scroll.set(f64::from(scroller.scroll_left()));
                    }
                }
            >
                <ChartBox
                    label="Units at each time step; arrow keys move the cursor, Enter opens the cell"
                    watch=watch
                    paint=paint
                    reading=reading
                    position=Signal::derive(move || cursor.get().step as f64)
                    last_position=Signal::derive(move || extent.get().last_step() as f64)
                    point=Callback::new(move |place: Option<(f64, f64)>| hovered.set(place.and_then(at)))
                    press=Callback::new(press)
                    key=Callback::new(key)
                    measured=size
                />
                <div
                    class="chart__spacer"
                    style:width=move || format!("{}px", full_width.get().max(size.get().0).floor())
                ></div>
            </div>
        </div>
    }
}

fn cursor_in_hand(scene: Scene) -> crate::charts::unrolled::Cell {
    scene.hand.selected.get_untracked().unwrap_or_default()
}
