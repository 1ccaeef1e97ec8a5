//! What the changes lead to, time step by time step.

use super::numbers::result;
use crate::format::{magnitude, visible};
use crate::page::use_page;
use leptos::prelude::*;
use rnn_protocol::{CellLook, Consequence};

/// Height of a chart, in its own units; its width is T.
const HEIGHT: f32 = 100.0;

/// The charts, once there is a change.
#[component]
pub fn Consequences() -> impl IntoView {
    let page = use_page();
    let charts = move || {
        page.state.with(|state| {
            let look = state.microscope.look.as_ref()?;
            Some(charts(look, look.consequence.as_ref()?))
        })
    };
    view! { <div class="cell-consequence">{charts}</div> }
}

fn charts(look: &CellLook, consequence: &Consequence) -> impl IntoView + use<> {
    let greatest =
        |values: &[f32]| values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f32::max);
    let states = greatest(
        &[&look.course[..], &consequence.course[..]].concat().iter().map(|h| h.abs()).collect::<Vec<_>>(),
    );
    let bound = states.max(0.1);
    let distance = consequence.distances.iter().map(|layer| greatest(layer)).fold(0.0, f32::max);
    let layers = consequence.distances.iter().enumerate().map(|(layer, distances)| {
        let class = format!("cell-curve cell-curve--{}", layer % 8 + 1);
        view! { <polyline class=class points=points(distances, 0.0, distance)></polyline> }
    });
    let names = (0..consequence.distances.len()).map(|layer| {
        let class = format!("legend__item legend__item--series-{}", layer % 8 + 1);
        view! { <span class=class>{format!("layer {}", layer + 1)}</span> }
    });
    let symbols = consequence.symbols.iter().map(|change| {
        let percent = |part: f32| format!("{:.1}%", 100.0 * part);
        view! {
            <tr>
                <th scope="row">{visible(&change.symbol)}</th>
                <td>{percent(change.as_is)}</td>
                <td>{percent(change.edited)}</td>
            </tr>
        }
    });
    let unit = look.place.unit;
    view! {
        <h3 class="cell-section__title">"What it leads to"</h3>
        <p class="cell-section__words" data-testid="cell-consequence">
            {describe(look, consequence)}
        </p>
        <div class="cell-consequence__charts">
            <figure>
                <figcaption>
                    {format!("h of unit {unit}, from −{0} to {0}", magnitude(bound))}
                    <span class="legend">
                        <span class="legend__item">"as it was"</span>
                        <span class="legend__item legend__item--series-2">"changed"</span>
                    </span>
                </figcaption>
                {chart(
                    look.steps,
                    look.place.step,
                    view! {
                        <polyline class="cell-curve cell-curve--1" points=points(&look.course, -bound, bound)></polyline>
                        <polyline
                            class="cell-curve cell-curve--2"
                            points=points(&consequence.course, -bound, bound)
                        ></polyline>
                    },
                )}
            </figure>
            <figure>
                <figcaption>
                    {format!("Distance of the hidden states, up to {}", magnitude(distance))}
                    <span class="legend">{names.collect_view()}</span>
                </figcaption>
                {chart(look.steps, look.place.step, layers.collect_view())}
            </figure>
            <figure>
                <figcaption>"Share of the prediction that has moved, up to 100%"</figcaption>
                {chart(
                    look.steps,
                    look.place.step,
                    view! {
                        <polyline class="cell-curve cell-curve--3" points=points(&consequence.moved, 0.0, 1.0)></polyline>
                    },
                )}
            </figure>
            <table class="cell-consequence__symbols">
                <caption>
                    {format!("Next symbol after time step {}", consequence.most_moved_step)}
                </caption>
                <thead>
                    <tr>
                        <th scope="col">"Symbol"</th>
                        <th scope="col">"As it was"</th>
                        <th scope="col">"Changed"</th>
                    </tr>
                </thead>
                <tbody>{symbols.collect_view()}</tbody>
            </table>
        </div>
    }
}

/// A chart over time; the step in view is marked.
fn chart(steps: u32, step: u32, curves: impl IntoView) -> impl IntoView {
    let last = steps.saturating_sub(1).max(1);
    view! {
        <svg
            class="cell-consequence__chart"
            viewBox=format!("0 0 {last} {HEIGHT}")
            preserveAspectRatio="none"
            aria-hidden="true"
            focusable="false"
        >
            <line class="cell-curve__here" x1=step y1="0" x2=step y2=HEIGHT></line>
            {curves}
        </svg>
    }
}

/// The corners of a curve; numbers that are none lie at the bottom.
fn points(values: &[f32], low: f32, high: f32) -> String {
    let span = if high > low { high - low } else { 1.0 };
    let corner = |(step, &value): (usize, &f32)| {
        let part = if value.is_finite() { ((value - low) / span).clamp(0.0, 1.0) } else { 0.0 };
        format!("{step},{:.2}", HEIGHT * (1.0 - part))
    };
    values.iter().enumerate().map(corner).collect::<Vec<_>>().join(" ")
}

/// The charts in words.
fn describe(look: &CellLook, consequence: &Consequence) -> String {
    let is_reached = |step: usize| consequence.distances.iter().any(|layer| layer[step] > 0.0);
    let steps = consequence.moved.len();
    let Some(first) = (0..steps).find(|&step| is_reached(step) || consequence.moved[step] > 0.0) else {
        return "Nothing: the network computes the same.".to_owned();
    };
    let (step, distance) = consequence
        .distances
        .iter()
        .flat_map(|layer| layer.iter().copied().enumerate())
        .fold((0, 0.0_f32), |best, found| if found.1 > best.1 { found } else { best });
    let last = consequence.distances.last().and_then(|layer| layer.last()).copied().unwrap_or(0.0);
    let most = consequence.most_moved_step as usize;
    let unit = look.place.unit;
    let at = look.place.step as usize;
    let course = |course: &[f32]| result(f64::from(course.get(at).copied().unwrap_or(f32::NAN)));
    format!(
        "First felt at time step {first}. The hidden states of a layer move at most by {} (time step {step}), and \
         those of the top layer by {} at the end. The prediction moves most after time step {most}: {:.1}% of it. \
         Unit {unit} at time step {at}: h = {} instead of {}.",
        magnitude(distance),
        magnitude(last),
        100.0 * consequence.moved.get(most).copied().unwrap_or(0.0),
        course(&consequence.course),
        course(&look.course)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_stay_within_their_chart() {
        assert_eq!(points(&[-1.0, 0.0, 3.0, f32::NAN], -1.0, 1.0), "0,100.00 1,50.00 2,0.00 3,100.00");
        assert_eq!(points(&[0.0], 0.0, 0.0), "0,100.00");
    }
}
