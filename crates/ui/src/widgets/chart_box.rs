//! The place of a chart: a canvas that follows its size, a cursor moved by pointer and keys, and the
//! same in words for those who do not see it.

use crate::browser::surface::Surface;
use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen::prelude::*;
use web_sys::ResizeObserver;

/// Draws a chart.
pub type PaintOn = Arc<dyn Fn(&Surface) + Send + Sync>;
/// Reads every signal that a chart's picture depends on. It must read, not merely track: a memo that
/// nobody has read yet follows nothing.
pub type WatchOn = Arc<dyn Fn() + Send + Sync>;

/// A chart with its cursor.
#[component]
pub fn ChartBox(
    /// What the chart is, for a person who hears it.
    label: &'static str,
    /// Its changes lead to one drawing per frame.
    watch: WatchOn,
    /// Draws the picture.
    paint: PaintOn,
    /// What the cursor reads, in words.
    #[prop(into)]
    reading: Signal<String>,
    /// Where the cursor stands.
    #[prop(into)]
    position: Signal<f64>,
    /// The last place it can stand.
    #[prop(into)]
    last_position: Signal<f64>,
    /// The pointer is over this place, in CSS pixels, or gone.
    point: Callback<Option<(f64, f64)>>,
    /// The pointer was pressed over this place.
    #[prop(optional)]
    press: Option<Callback<(f64, f64)>>,
    /// A key was pressed; answers whether it meant something here.
    key: Callback<String, bool>,
    /// The size of the canvas, for those who must know it.
    #[prop(optional)]
    measured: Option<RwSignal<(f64, f64)>>,
) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    let holder = NodeRef::<Div>::new();
    let size = measured.unwrap_or_else(|| RwSignal::new((0.0, 0.0)));
    follow_size(holder, size);
    paint_each_change(canvas, size, watch, paint);

    let place =
        move |event: &web_sys::PointerEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    view! {
        <div
            class="chart__plot"
            node_ref=holder
            tabindex="0"
            role="slider"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax=move || last_position.get().to_string()
            aria-valuenow=move || position.get().to_string()
            aria-valuetext=move || reading.get()
            on:pointermove=move |event| point.run(Some(place(&event)))
            on:pointerleave=move |_| point.run(None)
            on:pointerdown=move |event| {
                if let Some(press) = press {
                    press.run(place(&event));
                }
            }
            on:keydown=move |event| {
                let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
                if !has_modifier && key.run(event.key()) {
                    event.prevent_default();
                }
            }
        >
            <canvas class="chart__canvas" node_ref=canvas aria-hidden="true"></canvas>
        </div>
    }
}

/// Keeps `size` at the size of the element.
fn follow_size(holder: NodeRef<Div>, size: RwSignal<(f64, f64)>) {
    Effect::new(move || {
        let Some(element) = holder.get() else { return };
        let measured = element.clone();
        let listener = Closure::<dyn FnMut()>::new(move || {
            let now = (f64::from(measured.client_width()), f64::from(measured.client_height()));
            if size.try_get_untracked().is_some_and(|before| before != now) {
                size.try_set(now);
            }
        });
        if let Ok(observer) = ResizeObserver::new(listener.as_ref().unchecked_ref()) {
            observer.observe(&element);
            let held = StoredValue::new_local((observer, listener));
            on_cleanup(move || held.with_value(|(observer, _)| observer.disconnect()));
        }
    });
}

/// Draws once in the frame after anything watched has changed.
fn paint_each_change(canvas: NodeRef<Canvas>, size: RwSignal<(f64, f64)>, watch: WatchOn, paint: PaintOn) {
    let is_asked = StoredValue::new(false);
    let paint = StoredValue::new_local(paint);
    Effect::new(move || {
        watch();
        size.track();
        if is_asked.get_value() {
            return;
        }
        is_asked.set_value(true);
        request_animation_frame(move || {
            if is_asked.try_set_value(false).is_some() {
                return;
            }
            let surface =
                canvas.get_untracked().and_then(|canvas| Surface::prepare(&canvas, size.get_untracked()));
            if let Some(surface) = surface {
                paint.with_value(|paint| paint(&surface));
            }
        });
    });
}
