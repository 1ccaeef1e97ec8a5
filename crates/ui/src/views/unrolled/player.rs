//! Time in hand: both passes step by step, a slider, and how fast and from how near.

use super::scene::Scene;
use crate::browser::appearance::prefers_reduced_motion;
use crate::charts::unrolled::{Pass, Playback, Speed, Zoom, words};
use crate::format::visible;
use crate::widgets::{Segment, Segmented};
use leptos::prelude::*;

/// The controls under the picture.
#[component]
pub(super) fn Player(scene: Scene) -> impl IntoView {
    let Scene { extent, cursor, shown, speed, zoom, playback, .. } = scene;
    let last = move || extent.get().last_step();
    let has_look = move || shown.get().is_some();
    let time = Memo::new(move |_| {
        let step = cursor.get().step;
        scene.read(|snapshot| {
            let symbol = snapshot.and_then(|snapshot| snapshot.header.symbols.get(step));
            symbol.map_or_else(
                || format!("Step {step}"),
                |symbol| format!("Step {step}, “{}”", visible(symbol)),
            )
        })
    });
    let zooms = vec![
        Segment { key: "whole", label: "Whole", spoken: Some("The whole window") },
        Segment { key: "near", label: "Near", spoken: Some("A few steps from near") },
    ];
    let choose_zoom = move |key: String| zoom.set(if key == "near" { Zoom::Near } else { Zoom::Whole });
    let zoom_key = move || if zoom.get() == Zoom::Near { "near" } else { "whole" }.to_owned();
    let choose_speed = move |event| {
        let key = event_target_value(&event);
        speed.set(Speed::ALL.into_iter().find(|speed| speed.key() == key).unwrap_or_default());
    };
    let speeds = Speed::ALL.map(|one| {
        view! { <option value=one.key() selected=one == speed.get_untracked()>{one.label()}</option> }
    });
    view! {
        <div class="player" role="group" aria-label="Time">
            <div class="player__passes">
                <PassButton scene=scene pass=Pass::Forward />
                <PassButton scene=scene pass=Pass::Backward />
            </div>
            <div class="player__time">
                <StepButton scene=scene delta=-1 />
                <input
                    class="player__slider"
                    type="range"
                    min="0"
                    step="1"
                    aria-label="Time step"
                    aria-valuetext=move || time.get()
                    disabled=move || !has_look()
                    prop:max=move || last().to_string()
                    prop:value=move || cursor.get().step.to_string()
                    on:input=move |event| {
                        if let Ok(step) = event_target_value(&event).parse() {
                            scene.scrub(step);
                        }
                    }
                />
                <StepButton scene=scene delta=1 />
                <output class="player__step">{move || time.get()}</output>
            </div>
            <div class="player__looks">
                <select class="input player__speed" aria-label="Speed of a pass" on:change=choose_speed>
                    {speeds}
                </select>
                <Segmented
                    name="zoom"
                    label="Zoom"
                    segments=Signal::stored(zooms)
                    value=Signal::derive(zoom_key)
                    choose=Callback::new(choose_zoom)
                />
            </div>
        </div>
        <p class="unrolled__window">
            <span>{move || window_words(scene)}</span>
            <Show when=move || shown.get().is_some_and(|shown| shown.is_held)>
                <button class="button button--small" on:click=move |_| scene.let_go()>
                    {move || format!("Let go of step {}", shown.get().map_or(0, |shown| shown.step))}
                </button>
            </Show>
        </p>
        <p class="visually-hidden" role="status">{move || playback.with(|playback| state_words(*playback))}</p>
    }
}

/// Plays a pass, or lets it stand still.
#[component]
fn PassButton(scene: Scene, pass: Pass) -> impl IntoView {
    let Scene { playback, shown, .. } = scene;
    let is_running =
        Memo::new(move |_| playback.with(|playback| playback.is_running() && playback.pass() == Some(pass)));
    let can_play = move || shown.get().is_some_and(|shown| pass == Pass::Forward || shown.has_gradients);
    let (label, spoken) = match pass {
        Pass::Forward => ("Forward pass", "forward pass"),
        Pass::Backward => ("Backward pass", "backward pass"),
    };
    let icon = move || match (is_running.get(), pass) {
        (true, _) => "icon icon--pause",
        (false, Pass::Forward) => "icon icon--play",
        (false, Pass::Backward) => "icon icon--play icon--turned",
    };
    view! {
        <button
            class="button button--small"
            disabled=move || !can_play()
            aria-label=move || format!("{} the {spoken}", if is_running.get() { "Hold" } else { "Play" })
            on:click=move |_| if is_running.get_untracked() { scene.pause() } else { scene.play(pass) }
        >
            <span class=icon aria-hidden="true"></span>
            {label}
        </button>
    }
}

/// Goes one step earlier or later.
#[component]
fn StepButton(scene: Scene, delta: isize) -> impl IntoView {
    let (glyph, spoken) = if delta < 0 { ("‹", "Earlier step") } else { ("›", "Later step") };
    let go = move |_| {
        let step = scene.cursor.get_untracked().step.saturating_add_signed(delta);
        scene.scrub(step.min(scene.extent.get_untracked().last_step()));
    };
    view! {
        <button
            class="button button--small player__one"
            aria-label=spoken
            disabled=move || scene.shown.get().is_none()
            on:click=go
        >
            {glyph}
        </button>
    }
}

/// What is on screen: which steps, from which state, and what is missing.
fn window_words(scene: Scene) -> String {
    let Some(shown) = scene.shown.get() else { return String::new() };
    let edges = scene.peek(|snapshot| snapshot.map(|snapshot| words::describe_edges(&snapshot.header)));
    let mut text = edges.unwrap_or_default();
    if !shown.has_gradients {
        text +=
            " The gradient of single units was not taken down, so that the backward pass cannot be played.";
    }
    if shown.is_held && scene.page.state.with(|state| state.playing) {
        text += &format!(" The look at step {} is kept while training goes on.", shown.step);
    }
    text
}

/// For those who do not see the columns light up.
fn state_words(playback: Playback) -> &'static str {
    match (playback.pass(), playback.is_running()) {
        (None, _) => "",
        (Some(Pass::Forward), true) => "The forward pass is played.",
        (Some(Pass::Backward), true) => "The backward pass is played.",
        (Some(_), false) if prefers_reduced_motion() => "Motion is reduced: go on step by step.",
        (Some(_), false) => "The pass stands still.",
    }
}
