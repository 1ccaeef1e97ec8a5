//! How large the gradient of each parameter is.

use super::Card;
use crate::charts::axis::exponent;
use crate::format::magnitude;
use crate::page::use_page;
use leptos::prelude::*;

/// Decades that a bar spans.
const DECADES: f64 = 6.0;

/// One bar for each parameter, on one logarithmic scale that ends at the largest.
#[component]
pub fn ParameterNorms() -> impl IntoView {
    let page = use_page();
    let names = page.derive(|state| {
        state.snapshot.as_ref().map(|shown| shown.header.parameters.clone()).unwrap_or_default()
    });
    let norms = page.derive(|state| {
        state.snapshot.as_ref().map(|shown| shown.parameter_norms().to_vec()).unwrap_or_default()
    });
    let greatest = Memo::new(move |_| {
        norms.with(|norms| norms.iter().copied().filter(|norm| norm.is_finite()).fold(0.0_f32, f32::max))
    });
    let row = move |(index, name): (usize, String)| {
        let norm = move || norms.with(|norms| norms.get(index).copied().unwrap_or(0.0));
        let part = move || bar_part(norm(), greatest.get()).to_string();
        view! {
            <li class="bars__row">
                <span class="bars__name">{name}</span>
                <span class="bars__track">
                    <span class="bars__bar" style:--part=part></span>
                </span>
                <span class="bars__value">{move || magnitude(norm())}</span>
            </li>
        }
    };
    let caption = move || {
        if names.with(Vec::is_empty) {
            "Press Play or Step to see which weights are told to move.".to_owned()
        } else {
            "Norm of the loss's gradient for each parameter, before clipping; logarithmic over six decades."
                .to_owned()
        }
    };
    view! {
        <Card title="Gradients of the parameters" area="parameters" caption=Signal::derive(caption)>
            <div class="bars" tabindex="0" role="group" aria-label="Gradient norm of each parameter">
                <ol class="bars__list">
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
}
