//! Going through the walk: both passes, a line or a time step at a time, by buttons, a slider and keys.

use super::pace::{Grain, Pace};
use super::walker::Walker;
use crate::format::grouped;
use crate::widgets::{Segment, Segmented};
use leptos::prelude::*;
use rnn_protocol::WalkPass;

/// The controls. Arrow keys go by lines or by operations, Page Up and Page Down by time steps, wherever the focus is within.
#[component]
pub fn Player(
    /// The walk.
    walker: Walker,
) -> impl IntoView {
    let Walker { cursor, pace, grain, chosen, .. } = walker;
    let at = move || cursor.get().unwrap_or(0);
    let last = move || walker.count().saturating_sub(1);
    let is_there = move || walker.count() > 0;
    let by_hand = move |act: fn(Walker)| {
        walker.pause();
        act(walker);
    };
    let key = move |event: web_sys::KeyboardEvent| {
        let is_field =
            event_target::<web_sys::Element>(&event).matches("select, [type=radio]").unwrap_or(false);
        if is_field || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let act: fn(Walker) = match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => |walker| walker.step(true),
            "ArrowLeft" | "ArrowDown" => |walker| walker.step(false),
            "PageDown" => |walker| walker.leap(true),
            "PageUp" => |walker| walker.leap(false),
            "Home" => |walker| walker.go_to_start_of(Some(0)),
            "End" => |walker| walker.go_to(Some(u32::MAX)),
            "Escape" => |walker| walker.go_to(None),
            _ => return,
        };
        event.prevent_default();
        by_hand(act);
    };
    let where_words = move || match cursor.get() {
        Some(line) => format!("Line {} of {}", grouped(u64::from(line) + 1), grouped(walker.count().into())),
        None => format!("{} lines", grouped(walker.count().into())),
    };
    let paces = Pace::ALL.into_iter().enumerate();
    let paces = paces.map(|(index, one)| {
        view! {
            <option value=index selected=one == pace.get_untracked()>
                {move || one.label(grain.get())}
            </option>
        }
    });
    let choose_pace = move |event| {
        let index = event_target_value(&event).parse().unwrap_or(0_usize);
        pace.set(Pace::ALL.get(index).copied().unwrap_or_default());
    };
    let segments = vec![
        Segment { key: "values", label: "Values", spoken: None },
        Segment { key: "gradients", label: "Gradients", spoken: None },
    ];
    let grains = vec![
        Segment { key: "line", label: "Lines", spoken: None },
        Segment { key: "operation", label: "Operations", spoken: None },
    ];
    let choose_grain = move |key: String| {
        walker.pause();
        grain.set(if key == "operation" { Grain::Operation } else { Grain::Line });
    };
    let grain_key = move || if grain.get() == Grain::Operation { "operation" } else { "line" };
    let choose_numbers = move |key: String| {
        let pass = if key == "gradients" { WalkPass::Backward } else { WalkPass::Forward };
        walker.pause();
        walker.go_to(None);
        chosen.set(pass);
    };
    let numbers = move || if walker.pass.get() == WalkPass::Backward { "gradients" } else { "values" };
    view! {
        <div class="player walk-player" role="group" aria-label="Walk through the sentence" on:keydown=key>
            <div class="player__passes">
                <PassButton walker=walker pass=WalkPass::Forward />
                <PassButton walker=walker pass=WalkPass::Backward />
            </div>
            <div class="player__time">
                <MoveButton walker=walker glyph="«" label="Earlier time step" act=|walker| walker.leap(false) />
                <MoveButton walker=walker glyph="‹" label="Back" act=|walker| walker.step(false) />
                <input
                    class="player__slider"
                    type="range"
                    min="0"
                    step="1"
                    aria-label="Line of the walk"
                    aria-valuetext=where_words
                    disabled=move || !is_there()
                    prop:max=move || last().to_string()
                    prop:value=move || at().to_string()
                    on:input=move |event| {
                        if let Ok(line) = event_target_value(&event).parse() {
                            walker.pause();
                            walker.go_to(Some(line));
                        }
                    }
                />
                <MoveButton walker=walker glyph="›" label="Forward" act=|walker| walker.step(true) />
                <MoveButton walker=walker glyph="»" label="Next time step" act=|walker| walker.leap(true) />
                <output class="player__step walk-player__where">{where_words}</output>
            </div>
            <div class="player__looks">
                <select class="input player__speed" aria-label="Speed of the walk" on:change=choose_pace>
                    {paces.collect_view()}
                </select>
                <Segmented
                    name="walk-grain"
                    label="A step goes by"
                    segments=Signal::stored(grains)
                    value=Signal::derive(move || grain_key().to_owned())
                    choose=Callback::new(choose_grain)
                />
                <button
                    class="button button--small"
                    type="button"
                    disabled=move || cursor.get().is_none()
                    on:click=move |_| by_hand(|walker| walker.go_to(None))
                >
                    "Show all"
                </button>
                <Segmented
                    name="walk-numbers"
                    label="Numbers in the tables"
                    segments=Signal::stored(segments)
                    value=Signal::derive(move || numbers().to_owned())
                    choose=Callback::new(choose_numbers)
                />
            </div>
        </div>
    }
}

/// Plays a pass, or lets it stand still.
#[component]
fn PassButton(walker: Walker, pass: WalkPass) -> impl IntoView {
    let is_running =
        move || walker.is_playing.get() && walker.cursor.get().is_some() && walker.pass.get() == pass;
    let (label, spoken, still) = match pass {
        WalkPass::Forward => ("Forward pass", "the forward pass", "icon icon--play"),
        WalkPass::Backward => ("Backward pass", "the backward pass", "icon icon--play icon--turned"),
    };
    view! {
        <button
            class="button button--small"
            type="button"
            disabled=move || walker.count() == 0
            aria-label=move || format!("{} {spoken}", if is_running() { "Hold" } else { "Play" })
            on:click=move |_| if untrack(is_running) { walker.pause() } else { walker.play(pass) }
        >
            <span class=move || if is_running() { "icon icon--pause" } else { still } aria-hidden="true"></span>
            {label}
        </button>
    }
}

/// Goes somewhere.
#[component]
fn MoveButton(walker: Walker, glyph: &'static str, label: &'static str, act: fn(Walker)) -> impl IntoView {
    let go = move |_| {
        walker.pause();
        act(walker);
    };
    view! {
        <button
            class="button button--small player__one"
            type="button"
            aria-label=label
            disabled=move || walker.count() == 0
            on:click=go
        >
            {glyph}
        </button>
    }
}
