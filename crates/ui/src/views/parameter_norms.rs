//! How large the gradient of each parameter is, before and after clipping.

use super::Card;
use super::race::ChosenContender;
use crate::charts::axis::exponent;
use crate::format::magnitude;
use crate::page::use_page;
use leptos::prelude::*;

/// Decades that a bar spans.
const DECADES: f64 = 6.0;
/// What the row of the global norm is called.
const TOGETHER: &str = "all together";

/// One bar for each parameter, and one for all of them with the threshold of clipping, on one logarithmic scale.
#[component]
pub fn ParameterNorms() -> impl IntoView {
    let page = use_page();
    let names = page.derive(|state| {
        state.chosen_snapshot().map(|shown| shown.header.parameters.clone()).unwrap_or_default()
    });
    let norms = page.derive(|state| {
        state.chosen_snapshot().map(|shown| shown.parameter_norms().to_vec()).unwrap_or_default()
    });
    let threshold = page.derive(|state| state.requested.training.clip_norm);
    let clipping = Memo::new(move |_| norms.with(|norms| Clipping::of(norms, threshold.get())));
    let row = move |(index, name): (usize, String)| {
        let norm = Memo::new(move |_| norms.with(|norms| norms.get(index).copied().unwrap_or(0.0)));
        view! { <NormRow name=name norm=norm clipping=clipping /> }
    };
    let caption = move || {
        if names.with(Vec::is_empty) {
            "Press Play or Step to see which weights are told to move.".to_owned()
        } else {
            clipping.get().sentence()
        }
    };
    view! {
        <Card title="Gradients of the parameters" area="parameters" caption=Signal::derive(caption) aside=view! { <ChosenContender /> }.into_any()>
            <div class="bars" tabindex="0" role="group" aria-label="Gradient norm of each parameter">
                <ol class="bars__list">
                    <Show when=move || names.with(|names| !names.is_empty())>
                        <NormRow
                            name=TOGETHER.to_owned()
                            norm=Memo::new(move |_| clipping.get().norm)
                            clipping=clipping
                            has_threshold=true
                        />
                    </Show>
                    <For
                        each=move || names.get().into_iter().enumerate()
                        key=|(index, name)| (*index, name.clone())
                        children=row
                    />
                </ol>
            </div>
        </Card>
    }
}

/// A bar: solid what clipping leaves, pale what it takes away.
#[component]
fn NormRow(
    name: String,
    norm: Memo<f32>,
    clipping: Memo<Clipping>,
    /// Whether the threshold is marked on it.
    #[prop(optional)]
    has_threshold: bool,
) -> impl IntoView {
    let after = move || norm.get() * clipping.get().factor();
    let part = move |norm: f32| bar_part(norm, clipping.get().greatest()).to_string();
    let mark = move || {
        let threshold = clipping.get().threshold.filter(|_| has_threshold)?;
        Some(view! { <span class="bars__mark" style:--part=part(threshold)></span> })
    };
    let value = move || match clipping.get().factor() {
        1.0 => magnitude(norm.get()),
        _ => format!("{} → {}", magnitude(norm.get()), magnitude(after())),
    };
    view! {
        <li class="bars__row">
            <span class="bars__name">{name}</span>
            <span class="bars__track">
                <span class="bars__bar bars__bar--before" style:--part=move || part(norm.get())></span>
                <span class="bars__bar" style:--part=move || part(after())></span>
                {mark}
            </span>
            <span class="bars__value">{value}</span>
        </li>
    }
}

/// What clipping by the global norm does to a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Clipping {
    /// The norm of all gradients together.
    norm: f32,
    /// What it may be at most; `None` where nothing is clipped.
    threshold: Option<f32>,
}

impl Clipping {
    fn of(norms: &[f32], threshold: f32) -> Self {
        let square = norms.iter().map(|&norm| f64::from(norm) * f64::from(norm)).sum::<f64>();
        Self { norm: square.sqrt() as f32, threshold: (threshold > 0.0).then_some(threshold) }
    }

    /// What every gradient is multiplied by.
    fn factor(self) -> f32 {
        match self.threshold {
            Some(threshold) if self.norm > threshold => threshold / self.norm,
            _ => 1.0,
        }
    }

    /// Where the bars end.
    fn greatest(self) -> f32 {
        self.threshold.into_iter().fold(self.norm, f32::max)
    }

    fn sentence(self) -> String {
        let norm = magnitude(self.norm);
        let effect = match self.threshold {
            None => format!("All together have the norm {norm}; nothing is clipped."),
            Some(threshold) if self.norm > threshold => format!(
                "All together have the norm {norm}, above the threshold of {}: every gradient is scaled by {} \
                 (solid).",
                magnitude(threshold),
                magnitude(self.factor())
            ),
            Some(threshold) => format!(
                "All together have the norm {norm}, below the threshold of {}: nothing is clipped.",
                magnitude(threshold)
            ),
        };
        format!("Norm of the loss’s gradient for each parameter, logarithmic over six decades. {effect}")
    }
}

/// The part of the bar's length that a norm fills.
fn bar_part(norm: f32, greatest: f32) -> f64 {
    let below = exponent(greatest) - exponent(norm);
    if norm > 0.0 && below.is_finite() { (1.0 - below / DECADES).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_span_six_decades_below_the_largest() {
        assert_eq!(bar_part(2.0, 2.0), 1.0);
        assert!((bar_part(0.002, 2.0) - 0.5).abs() < 1e-6);
        assert_eq!(bar_part(1e-9, 2.0), 0.0);
        for odd in [0.0, f32::NAN, f32::INFINITY] {
            assert!((0.0..=1.0).contains(&bar_part(odd, 2.0)));
        }
    }

    #[test]
    fn a_gradient_is_scaled_to_the_threshold_and_never_up() {
        let clipped = Clipping::of(&[3.0, 4.0], 1.0);
        assert_eq!((clipped.norm, clipped.factor(), clipped.greatest()), (5.0, 0.2, 5.0));
        assert!(
            clipped
                .sentence()
                .contains("norm 5.0, above the threshold of 1.0: every gradient is scaled by 0.20")
        );
        let whole = Clipping::of(&[0.3, 0.4], 1.0);
        assert_eq!((whole.factor(), whole.greatest()), (1.0, 1.0));
        assert!(whole.sentence().ends_with("below the threshold of 1.0: nothing is clipped."));
        assert_eq!(Clipping::of(&[3.0, 4.0], 0.0).factor(), 1.0);
        assert_eq!(Clipping::of(&[f32::NAN], 1.0).factor(), 1.0);
    }
}
