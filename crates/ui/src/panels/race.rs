//! Who races with the network: rivals are added, changed and taken out here.

use super::Section;
use crate::page::{Page, use_page};
use crate::state::{PageState, contender_names};
use crate::views::ContenderMark;
use crate::widgets::SettingField;
use leptos::prelude::*;
use rnn_protocol::{CellKind, Experiment, MAX_RIVALS, Rival, Setting};

/// What rivals may differ in here, in the order of the fields. A link may change more.
const KEYS: &[&str] = &["cell", "layers", "hidden_size", "initialisation", "clip_norm"];
const HINT: &str = "A race begins again at step 0. “Stop after” in the Training section ends it, so that the result \
                    is final.";

/// The Race section.
#[component]
pub fn RacePanel() -> impl IntoView {
    let page = use_page();
    let summary = page.derive(|state| match state.requested.rivals.len() {
        0 => "no rivals".to_owned(),
        _ => names(state).join(" · "),
    });
    let count = page.derive(|state| state.requested.rivals.len());
    let problem = RwSignal::new(None::<String>);
    let add = move |_| problem.set(page.change(add_rival).err());
    let rivals = move || (0..count.get()).map(|rival| view! { <RivalFields rival=rival /> }).collect_view();
    view! {
        <Section key="race" title="Race" summary=summary>
            <p class="data__hint">
                "Up to two more networks learn the same data from the same seed, beside this one."
            </p>
            {rivals}
            <Show when=move || count.get() < MAX_RIVALS>
                <button class="button" type="button" on:click=add>
                    "Add a rival"
                </button>
            </Show>
            <p class="field__problem" role="alert">
                {move || problem.get()}
            </p>
            <p class="panel__note">{HINT}</p>
        </Section>
    }
}

/// What one rival changes.
#[component]
fn RivalFields(
    /// Its number among the rivals, from 0.
    rival: usize,
) -> impl IntoView {
    let page = use_page();
    let name = page.derive(move |state| names(state).into_iter().nth(rival + 1).unwrap_or_default());
    let lab = page.state.with_untracked(PageState::lab);
    let settings =
        KEYS.iter().filter_map(|key| Setting::find(key).ok().filter(|setting| setting.is_read_by(lab)));
    let fields = settings.map(|setting| {
        let value = page.derive(move |state| {
            let own = state.requested.contenders().nth(rival + 1);
            own.map_or_else(String::new, |own| setting.get(&own))
        });
        view! {
            <SettingField
                setting=setting
                within=format!("rival-{}-", rival + 1)
                value=value
                version=page.derive(|state| state.form_version)
                commit=Callback::new(move |value: String| change_rival(page, rival, setting, &value))
            />
        }
    });
    let take_out = move |_| {
        page.change(|experiment| {
            experiment.rivals.remove(rival);
            Ok(())
        })
        .ok();
    };
    let label = move || format!("Take out rival {}, {}", rival + 1, name.get());
    view! {
        <fieldset class="rival">
            <legend class="rival__name">
                <ContenderMark number=rival + 1 />
                {format!("Rival {}", rival + 1)}
            </legend>
            <div class="fields">{fields.collect_view()}</div>
            <button class="button button--small" type="button" aria-label=label on:click=take_out>
                "Take out"
            </button>
        </fieldset>
    }
}

fn names(state: &PageState) -> Vec<String> {
    contender_names(&state.requested.contenders().collect::<Vec<_>>())
}

/// Adds a rival with a cell that nobody has, which is what most races are about.
fn add_rival(experiment: &mut Experiment) -> Result<(), String> {
    let taken: Vec<CellKind> = experiment.contenders().map(|contender| contender.model.cell).collect();
    let cells = [("gru", CellKind::Gru), ("lstm", CellKind::Lstm), ("elman", CellKind::Elman)];
    let free = cells.into_iter().find(|(_, cell)| !taken.contains(cell));
    let rival = free.map_or_else(|| Ok(Rival::default()), |(word, _)| Rival::default().with("cell", word));
    experiment.rivals.push(rival.map_err(|error| error.to_string())?);
    Ok(())
}

fn change_rival(page: Page, rival: usize, setting: &Setting, value: &str) -> Result<(), String> {
    page.change(|experiment| {
        // What is as the first network has it follows that.
        let shared = setting.get(experiment);
        let example = experiment.clone();
        if let Some(own) = experiment.rivals.get_mut(rival) {
            let changed = own.clone().with(setting.key, value).map_err(|error| error.to_string())?;
            changed.check(&example).map_err(|error| error.to_string())?;
            let is_shared = changed.changes().any(|(key, value)| key == setting.key && value == shared);
            *own = if is_shared { changed.without(setting.key) } else { changed };
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rival_comes_with_a_cell_that_nobody_has() {
        let mut experiment = Experiment::default();
        add_rival(&mut experiment).unwrap();
        add_rival(&mut experiment).unwrap();
        assert_eq!(Rival::all_to_text(&experiment.rivals), "cell:gru;cell:elman");
        experiment.model.cell = CellKind::Gru;
        experiment.rivals.clear();
        add_rival(&mut experiment).unwrap();
        assert_eq!(Rival::all_to_text(&experiment.rivals), "cell:lstm");
    }
}
