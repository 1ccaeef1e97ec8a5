//! The race: who trains, what it has cost so far, and who is ahead.

use super::Card;
use super::race_verdict::verdict;
use crate::charts::race::Entrant;
use crate::charts::race_flow::LookedAt;
use crate::format::{NOTHING, duration, grouped, millis};
use crate::page::use_page;
use crate::state::{Contender, PageState};
use leptos::prelude::*;
use rnn_protocol::RunId;

/// A contender's numbers as they are written, and whether it has stopped by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Row {
    name: String,
    parameters: String,
    step: String,
    loss: String,
    held_out: String,
    step_time: String,
    training_time: String,
    is_stopped: bool,
}

/// The table of the contenders, which one the page looks into, and how they stand. Nothing without rivals.
#[component]
pub fn RaceTable() -> impl IntoView {
    let page = use_page();
    let is_race = page.derive(PageState::is_race);
    move || is_race.get().then(|| view! { <Table /> })
}

#[component]
fn Table() -> impl IntoView {
    let page = use_page();
    let count = page.derive(|state| state.contenders().len());
    let sentence = page.derive(|state| verdict(&state.contenders()));
    let rows = move || (0..count.get()).map(|number| view! { <ContenderRow number=number /> }).collect_view();
    view! {
        <Card title="Race" area="race" caption=sentence>
            <p class="card__explanation">
                "The same data in the same order, from the same seed, one network after the other in one worker on \
                 the CPU, so that times compare."
            </p>
            <div class="race" tabindex="0" role="group" aria-label="Networks of the race" data-testid="race">
                <table class="race__table">
                    <thead>
                        <tr>
                            <th scope="col">"Network"</th>
                            <th scope="col">"Parameters"</th>
                            <th scope="col">"Step"</th>
                            <th scope="col">"Loss, smoothed"</th>
                            <th scope="col">"Held out"</th>
                            <th scope="col">"Time a step"</th>
                            <th scope="col">"Training time"</th>
                            <th scope="col">"Look inside"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Card>
    }
}

#[component]
fn ContenderRow(
    /// Its place, from 0.
    number: usize,
) -> impl IntoView {
    let page = use_page();
    let row = page.derive(move |state| state.contenders().get(number).map(row));
    let cell = move |read: fn(&Row) -> &String| {
        move || row.with(|row| row.as_ref().map_or_else(|| NOTHING.to_owned(), |row| read(row).clone()))
    };
    let is_chosen = page.derive(move |state| state.chosen_contender() == number);
    let is_stopped = move || row.with(|row| row.as_ref().is_some_and(|row| row.is_stopped));
    let choose = move |_| page.state.update(|state| state.choose_contender(number));
    let label = move || format!("Look inside {}", cell(|row| &row.name)());
    view! {
        <tr data-testid=format!("contender-{number}")>
            <th scope="row">
                <ContenderMark number=number />
                <span>{cell(|row| &row.name)}</span>
                {move || is_stopped().then(|| view! { <span class="race__stopped">"stopped"</span> })}
            </th>
            <td>{cell(|row| &row.parameters)}</td>
            <td>{cell(|row| &row.step)}</td>
            <td>{cell(|row| &row.loss)}</td>
            <td>{cell(|row| &row.held_out)}</td>
            <td>{cell(|row| &row.step_time)}</td>
            <td>{cell(|row| &row.training_time)}</td>
            <td>
                <input
                    type="radio"
                    name="contender"
                    class="race__choice"
                    aria-label=label
                    prop:checked=move || is_chosen.get()
                    on:change=choose
                />
            </td>
        </tr>
    }
}

/// The colour, line and point of a contender.
#[component]
pub fn ContenderMark(
    /// Its place, from 0.
    number: usize,
) -> impl IntoView {
    view! { <span class=format!("contender contender--{}", number + 1) aria-hidden="true"></span> }
}

/// Every contender's mark with its name.
#[component]
pub fn ContenderLegend() -> impl IntoView {
    let names = use_page().derive(names);
    view! {
        <ul class="legend">
            <For each=move || names.get().into_iter().enumerate() key=Clone::clone let:named>
                <li class="legend__contender">
                    <ContenderMark number=named.0 />
                    {named.1}
                </li>
            </For>
        </ul>
    }
}

/// In a race: which network the page looks into.
#[component]
pub fn ChosenContender() -> impl IntoView {
    let chosen = use_page().derive(|state| {
        let number = state.chosen_contender();
        let name = names(state).into_iter().nth(number).unwrap_or_default();
        state.is_race().then_some((number, name))
    });
    move || {
        chosen.get().map(|(number, name)| {
            view! {
                <p class="legend__contender" data-testid="chosen-contender">
                    <ContenderMark number=number />
                    {name}
                </p>
            }
        })
    }
}

/// Reads the contenders as the charts see them.
pub(super) fn with_entrants<T>(state: &PageState, read: impl FnOnce(&[Entrant<'_>]) -> T) -> T {
    let contenders = state.contenders();
    let entrants: Vec<Entrant<'_>> = contenders.iter().map(entrant).collect();
    read(&entrants)
}

/// Reads the last look inside each contender.
pub(super) fn with_looks<T>(state: &PageState, read: impl FnOnce(&[LookedAt<'_>]) -> T) -> T {
    let contenders = state.contenders();
    let looks: Vec<LookedAt<'_>> = contenders.iter().map(|one| (one.name.as_str(), one.snapshot)).collect();
    read(&looks)
}

/// Of which runs and steps the last looks are.
pub(super) fn looks(state: &PageState) -> Vec<Option<(RunId, u32)>> {
    let look = |one: &Contender<'_>| one.snapshot.map(|shown| (shown.header.run, shown.header.step));
    state.contenders().iter().map(look).collect()
}

fn names(state: &PageState) -> Vec<String> {
    state.contenders().into_iter().map(|contender| contender.name).collect()
}

fn entrant<'a>(contender: &'a Contender<'_>) -> Entrant<'a> {
    Entrant { name: &contender.name, history: contender.history }
}

fn row(contender: &Contender<'_>) -> Row {
    let history = contender.history;
    let nothing = || NOTHING.to_owned();
    let cost = history.cost;
    let held_out = history.held_out().last();
    Row {
        name: contender.name.clone(),
        parameters: grouped(contender.facts.parameter_count),
        step: grouped(history.step().into()),
        loss: history.last().map_or_else(nothing, |last| history.words().loss.write(last.smoothed)),
        held_out: held_out.map_or_else(nothing, |reading| history.words().held_out.write(reading.value)),
        step_time: if cost.step_millis > 0.0 { millis(cost.step_millis) } else { nothing() },
        training_time: if cost.training_millis > 0.0 { duration(cost.training_millis) } else { nothing() },
        is_stopped: history.trouble.is_some(),
    }
}
