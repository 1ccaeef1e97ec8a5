//! A number with its name.

use leptos::prelude::*;

/// A number with its name and unit.
#[component]
pub fn Stat(
    /// What it counts.
    #[prop(into)]
    label: Signal<String>,
    /// The hook of the tests: the element whose text is the number alone.
    testid: &'static str,
    /// The number.
    #[prop(into)]
    value: Signal<String>,
    /// What stands behind the number.
    #[prop(optional, into)]
    unit: MaybeProp<String>,
) -> impl IntoView {
    let unit = Signal::derive(move || unit.get().unwrap_or_default());
    let class = move || if unit.with(String::is_empty) { "stat" } else { "stat stat--measure" };
    view! {
        <div class=class>
            <dt class="stat__label">{move || label.get()}</dt>
            <dd class="stat__value">
                <span data-testid=testid>{move || value.get()}</span>
                <span class="stat__unit">{move || unit.get()}</span>
            </dd>
        </div>
    }
}
