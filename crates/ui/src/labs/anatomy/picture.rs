//! The tiny network, unrolled: a column for each time step, from the token at the top to the loss at the bottom, with
//! every number in its place.

use super::number::NumberCell;
use super::outline::Outline;
use super::walker::Walker;
use crate::format::visible;
use leptos::html::Div;
use leptos::prelude::*;
use rnn_protocol::{CellForm, NumberPlace, WalkNumber, WalkPass};

/// Numbers of one kind below each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What they are, with `_` for subscripts.
    pub title: &'static str,
    /// How they follow from what is above.
    pub origin: &'static str,
    /// What they are.
    pub number: WalkNumber,
    /// Their first row.
    pub first: usize,
    /// Their names, one a row.
    pub labels: Vec<String>,
    /// Whether they have a gradient.
    pub has_gradient: bool,
    /// Whether they go on to the next time step.
    pub is_carried: bool,
}

/// The groups of a column, from the top.
#[must_use]
pub fn groups(outline: &Outline) -> Vec<Group> {
    let Outline { form, inputs, units, symbols, .. } = outline;
    let (inputs, units) = (*inputs, *units);
    let indexed = |letter: &str, count: usize| (0..count).map(|index| format!("{letter}[{index}]")).collect();
    let group = |title, origin, number, first, labels: Vec<String>| Group {
        title,
        origin,
        number,
        first,
        labels,
        has_gradient: true,
        is_carried: false,
    };
    let mut groups = vec![group("Embedding row x", "looked up", WalkNumber::Input, 0, indexed("x", inputs))];
    let mut gates = |gates: &[(&'static str, &'static str, &'static str, &'static str)]| {
        for (index, &(sum_title, title, letter, origin)) in gates.iter().enumerate() {
            let first = index * units;
            let sum = indexed(&format!("a{letter}"), units);
            groups.push(group(sum_title, "W x + b + W h₋ + b", WalkNumber::PreActivation, first, sum));
            let gate = group(title, origin, WalkNumber::Gate, first, indexed(letter, units));
            groups.push(Group { has_gradient: false, ..gate });
        }
    };
    match form {
        CellForm::ElmanTanh | CellForm::ElmanRelu => {
            let sum = indexed("a", units);
            groups.push(group("Sums a", "W x + b + W h₋ + b", WalkNumber::PreActivation, 0, sum));
        }
        CellForm::Lstm => {
            gates(&[
                ("Sums of the input gate", "Input gate i", "i", "σ"),
                ("Sums of the forget gate", "Forget gate f", "f", "σ"),
                ("Sums of the candidate", "Candidate g", "g", "tanh"),
                ("Sums of the output gate", "Output gate o", "o", "σ"),
            ]);
            let cell = group("Cell state c", "f · c₋ + i · g", WalkNumber::Cell, 0, indexed("c", units));
            groups.push(Group { is_carried: true, ..cell });
            let squashed = group("tanh(c)", "tanh", WalkNumber::SquashedCell, 0, indexed("tanh c", units));
            groups.push(Group { has_gradient: false, ..squashed });
        }
        CellForm::Gru => {
            gates(&[
                ("Sums of the reset gate", "Reset gate r", "r", "σ"),
                ("Sums of the update gate", "Update gate z", "z", "σ"),
            ]);
            let share = indexed("q", units);
            groups.push(group("The state’s share q", "W h₋ + b", WalkNumber::RecurrentShare, 0, share));
            let sum = indexed("an", units);
            groups.push(group(
                "Sums of the candidate",
                "W x + b + r · q",
                WalkNumber::PreActivation,
                2 * units,
                sum,
            ));
            let candidate = group("Candidate n", "tanh", WalkNumber::Gate, 2 * units, indexed("n", units));
            groups.push(Group { has_gradient: false, ..candidate });
        }
    }
    let origin = match form {
        CellForm::ElmanTanh | CellForm::ElmanRelu => "tanh(a)",
        CellForm::Lstm => "o · tanh(c)",
        CellForm::Gru => "(1 − z) · n + z · h₋",
    };
    let hidden = group("Hidden state h", origin, WalkNumber::Hidden, 0, indexed("h", units));
    groups.push(Group { is_carried: true, ..hidden });
    let tokens: Vec<String> = symbols.iter().map(|symbol| visible(symbol)).collect();
    groups.push(group("Scores s", "W h + b", WalkNumber::Score, 0, tokens.clone()));
    let probabilities = group("Probabilities p", "softmax(s)", WalkNumber::Probability, 0, tokens);
    groups.push(Group { has_gradient: false, ..probabilities });
    groups
}

/// The picture.
#[component]
pub fn Picture(
    /// The walk.
    walker: Walker,
) -> impl IntoView {
    let frame = NodeRef::<Div>::new();
    let step = Memo::new(move |_| {
        let cursor = walker.cursor.get()?;
        walker.look.with(|look| look.as_ref()?.section(cursor)?.step)
    });
    // The column in hand is brought into view, sideways only.
    Effect::new(move || {
        let (Some(step), Some(frame)) = (step.get(), frame.get()) else { return };
        let head = frame.query_selector(&format!("[data-column='{step}']")).ok().flatten();
        let Some(head) = head else { return };
        let (outer, inner) = (frame.get_bounding_client_rect(), head.get_bounding_client_rect());
        let corner = frame.query_selector(".walk-corner").ok().flatten();
        let left = corner.map_or(outer.left(), |corner| corner.get_bounding_client_rect().right());
        let target = if inner.left() < left {
            inner.left() - left - inner.width()
        } else if inner.right() > outer.right() {
            inner.right() - outer.right() + inner.width()
        } else {
            return;
        };
        frame.set_scroll_left(frame.scroll_left() + target as i32);
    });
    let is_backward = move || walker.pass.get() == WalkPass::Backward;
    let table = move || {
        walker.outline.get().map(|outline| view! { <Columns walker=walker outline=outline step=step /> })
    };
    view! {
        <div
            class="walk-frame"
            class:is-backward=is_backward
            node_ref=frame
            tabindex="0"
            role="region"
            aria-label="The network, unrolled over the sentence"
            data-testid="walk-picture"
        >
            {table}
        </div>
    }
}

/// The table.
#[component]
fn Columns(walker: Walker, outline: Outline, step: Memo<Option<u32>>) -> impl IntoView {
    let steps = outline.steps();
    let class = move |column: usize| {
        if step.get() == Some(column as u32) { "walk-column is-in-hand" } else { "walk-column" }
    };
    let heads = (0..steps).map(|column| {
        view! {
            <th scope="col" class=move || class(column) data-column=column>
                {column}
            </th>
        }
    });
    let reads = (0..steps).map(|at| {
        view! {
            <td>
                <span class="token">{visible(outline.token(at))}</span>
            </td>
        }
    });
    let indices = (0..steps).map(|at| view! { <td class="walk-index">{outline.tokens[at]}</td> });
    let follows = (0..steps).map(|at| {
        view! {
            <td>
                <span class="token token--true">{visible(outline.token(at + 1))}</span>
            </td>
        }
    });
    let losses = (0..steps).map(|at| {
        view! { <NumberCell walker=walker place=NumberPlace::at(WalkNumber::StepLoss, at, 0) /> }
    });
    let bodies = groups(&outline).into_iter().map(|group| {
        let followed = outline.tokens.get(1..).unwrap_or_default().to_vec();
        view! { <GroupRows walker=walker group=group steps=steps followed=followed /> }
    });
    view! {
        <table class="walk-table">
            <caption class="visually-hidden">
                "Every number of the network at every time step; in the backward pass, its gradient"
            </caption>
            <thead>
                <tr>
                    <th scope="col" class="walk-corner">
                        "Time step"
                    </th>
                    {heads.collect_view()}
                </tr>
            </thead>
            <tbody>
                <tr>
                    <th scope="row">"Reads the token"</th>
                    {reads.collect_view()}
                </tr>
                <tr>
                    <th scope="row">"Its index"</th>
                    {indices.collect_view()}
                </tr>
            </tbody>
            {bodies.collect_view()}
            <tbody class="walk-group walk-group--end">
                <tr>
                    <th scope="row">"Should follow"</th>
                    {follows.collect_view()}
                </tr>
                <tr>
                    <th scope="row">"Loss ℓ = −ln p"</th>
                    {losses.collect_view()}
                </tr>
            </tbody>
        </table>
    }
}

/// The rows of a group.
#[component]
fn GroupRows(walker: Walker, group: Group, steps: usize, followed: Vec<u32>) -> impl IntoView {
    let Group { title, origin, number, first, labels, has_gradient, is_carried } = group;
    let is_gradient = Memo::new(move |_| has_gradient && walker.pass.get() == WalkPass::Backward);
    let heading = move || if is_gradient.get() { format!("∂L/∂ {title}") } else { title.to_owned() };
    let arrow = move || if walker.pass.get() == WalkPass::Backward { "↑" } else { "↓" };
    let arrows = (0..steps).map(|_| view! { <td aria-hidden="true">{arrow}</td> }).collect_view();
    let last = labels.len().saturating_sub(1);
    let rows = labels.into_iter().enumerate().map(|(row, label)| {
        let followed = followed.clone();
        let cells = move || {
            let is_gradient = is_gradient.get();
            let cell = |step: usize| {
                let place = NumberPlace { is_gradient, ..NumberPlace::at(number, step, first + row) };
                let is_true = number == WalkNumber::Probability && followed.get(step) == Some(&(row as u32));
                let class = match (is_carried && step + 1 < steps, is_true) {
                    (true, _) => "is-carried",
                    (_, true) => "is-true",
                    _ => "",
                };
                view! { <NumberCell walker=walker place=place class=class /> }
            };
            (0..steps).map(cell).collect_view()
        };
        let class = if row == last { "walk-row is-last" } else { "walk-row" };
        let class = if row == 0 { format!("{class} is-first") } else { class.to_owned() };
        view! {
            <tr class=class>
                <th scope="row">{label}</th>
                {cells}
            </tr>
        }
    });
    let kind = match number {
        WalkNumber::Probability => "walk-group walk-group--probabilities",
        WalkNumber::Hidden | WalkNumber::Cell => "walk-group walk-group--state",
        _ => "walk-group",
    };
    view! {
        <tbody class=kind>
            <tr class="walk-arrows">
                <th scope="rowgroup">
                    <span class="walk-arrows__title">{heading}</span>
                    <span class="walk-arrows__origin">{origin}</span>
                </th>
                {arrows}
            </tr>
            {rows.collect_view()}
        </tbody>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(form: CellForm) -> Outline {
        let symbols = vec!["a".to_owned(), " ".to_owned()];
        Outline { form, inputs: 2, units: 3, symbols, tokens: vec![0, 1, 0] }
    }

    #[test]
    fn every_row_of_every_gate_has_its_place_once() {
        for (form, gates) in [(CellForm::ElmanTanh, 1), (CellForm::Lstm, 4), (CellForm::Gru, 3)] {
            let groups = groups(&outline(form));
            let mut rows: Vec<usize> = groups
                .iter()
                .filter(|group| group.number == WalkNumber::PreActivation)
                .flat_map(|group| group.first..group.first + group.labels.len())
                .collect();
            rows.sort_unstable();
            assert_eq!(rows, (0..3 * gates).collect::<Vec<_>>(), "{form:?}");
            assert_eq!(groups.last().unwrap().labels, ["a", "␣"]);
            assert_eq!(groups[0].labels, ["x[0]", "x[1]"]);
        }
    }
}
