//! The way back along the run: a slider below the loss curve, with a tick for each checkpoint.

use crate::charts::loss::end_step;
use crate::format::{counted, grouped};
use crate::page::use_page;
use leptos::prelude::*;

/// The slider. Where the network is too large for checkpoints, there is none.
#[component]
pub fn Rewind() -> impl IntoView {
    let page = use_page();
    let checkpoints = page.derive(|state| state.keeping.checkpoints.clone());
    let step = page.derive(crate::state::PageState::step);
    // As far as the curve's axis, or as the part that was left behind.
    let end = page.derive(|state| {
        let last = state.keeping.checkpoints.last().copied().unwrap_or_default();
        end_step(&state.history).max(f64::from(last))
    });
    // How each looks, and the part of the axis before it.
    let ticks = Memo::new(move |_| {
        let tick = |at: u32| {
            let class = if at > step.get() { "rewind__tick rewind__tick--later" } else { "rewind__tick" };
            (class, format!("{:.4}", f64::from(at) / end.get().max(1.0)))
        };
        checkpoints.get().into_iter().map(tick).collect::<Vec<_>>()
    });
    // A checkpoint that is pointed at and not gone to yet.
    let aim = RwSignal::new(None::<u32>);
    let has_way = page.derive(|state| state.keeping.checkpoints.len() > 1);
    let go = move |to: Option<u32>| {
        aim.set(None);
        if let Some(to) = to.filter(|to| *to != step.get_untracked()) {
            page.rewind(to);
        }
    };
    let nearest = move |value: String| {
        let at: f64 = value.parse().unwrap_or_default();
        page.state.with_untracked(|state| state.keeping.nearest(at))
    };
    let key = move |event: web_sys::KeyboardEvent| {
        let now = aim.get_untracked().unwrap_or_else(|| step.get_untracked());
        let to = page.state.with_untracked(|state| {
            let keeping = &state.keeping;
            match event.key().as_str() {
                "ArrowLeft" | "ArrowDown" | "PageDown" => Some(keeping.before(now)),
                "ArrowRight" | "ArrowUp" | "PageUp" => Some(keeping.after(now)),
                "Home" => Some(keeping.checkpoints.first().copied()),
                "End" => Some(keeping.checkpoints.last().copied()),
                _ => None,
            }
        });
        if let Some(to) = to {
            event.prevent_default();
            go(to);
        }
    };
    let words = move || match aim.get() {
        Some(at) => format!("Go to step {}", grouped(at.into())),
        None => {
            let later = checkpoints.with(|steps| steps.iter().filter(|at| **at > step.get()).count());
            let count = counted(checkpoints.with(Vec::len) as u64, "checkpoint");
            match later {
                0 => format!("Rewind: {count} along the run"),
                _ => format!(
                    "Rewound to step {}; the later part stays until you train on",
                    grouped(step.get().into())
                ),
            }
        }
    };
    let spoken =
        move || format!("step {}. {}", grouped(aim.get().unwrap_or_else(|| step.get()).into()), words());
    view! {
        <div class="rewind" data-testid="rewind">
            <Show
                when=move || has_way.get()
                fallback=|| view! { <p class="rewind__words">"Checkpoints to go back to appear here along the run."</p> }
            >
                <div class="rewind__track">
                    <For each=move || ticks.get() key=Clone::clone let:tick>
                        <span class=tick.0 aria-hidden="true" style:--part=tick.1></span>
                    </For>
                    <input
                        class="rewind__slider"
                        type="range"
                        min="0"
                        step="1"
                        aria-label="Rewind to a checkpoint"
                        aria-valuetext=spoken
                        prop:max=move || end.get().to_string()
                        prop:value=move || { end.track(); aim.get().unwrap_or_else(|| step.get()).to_string() }
                        on:input=move |event| aim.set(nearest(event_target_value(&event)))
                        on:change=move |event| go(nearest(event_target_value(&event)))
                        on:keydown=key
                    />
                </div>
                <p class="rewind__words">{words}</p>
            </Show>
        </div>
    }
}
