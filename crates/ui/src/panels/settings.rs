//! A section of settings, built from the list that page, command line and documents share.

use super::Section;
use crate::page::use_page;
use crate::widgets::SettingField;
use leptos::prelude::*;
use rnn_protocol::{
    CellKind, Experiment, LabKind, MemoryTask, OptimizerKind, SETTINGS, Setting, SettingScope,
};

/// Fields for the settings of these keys, and one line below them that explains the one in hand.
#[component]
pub fn SettingsPanel(
    /// The section's name in links.
    key: &'static str,
    /// The section's title.
    title: &'static str,
    /// Keys of its settings, in their order.
    keys: &'static [&'static str],
    /// What is said below them while none is in hand.
    hint: &'static str,
    /// What it says about itself when it is closed.
    digest: fn(&Experiment) -> String,
) -> impl IntoView {
    let page = use_page();
    let explained = RwSignal::new(None::<&'static Setting>);
    let digest = page.derive(move |state| digest(&state.requested));
    let fields = settings(keys).map(|setting| {
        let is_read =
            page.derive(|state| state.view.offers(setting.key) && is_read(&state.requested, setting));
        view! {
            <Show when=move || is_read.get()>
                <div
                    class="field-slot"
                    on:focusin=move |_| explained.set(Some(setting))
                    on:pointerenter=move |_| explained.set(Some(setting))
                >
                    <SettingField
                        setting=setting
                        value=page.derive(|state| setting.get(&state.requested))
                        version=page.derive(|state| state.form_version)
                        commit=Callback::new(move |value: String| page.edit(setting, &value))
                    />
                </div>
            </Show>
        }
    });
    let fields = fields.collect_view();
    let explanation = move || match explained.get() {
        Some(setting) => explain(setting),
        None => hint.to_owned(),
    };
    view! {
        <Section key=key title=title summary=digest>
            <div class="fields">{fields}</div>
            <p class="panel__help">{explanation}</p>
        </Section>
    }
}

fn settings(keys: &'static [&'static str]) -> impl Iterator<Item = &'static Setting> {
    keys.iter().filter_map(|key| SETTINGS.iter().find(|setting| setting.key == *key))
}

/// Whether the experiment reads this setting at all.
fn is_read(experiment: &Experiment, setting: &Setting) -> bool {
    match setting.key {
        "momentum" => experiment.training.optimizer == OptimizerKind::Sgd,
        "weight_decay" => experiment.training.optimizer == OptimizerKind::Adamw,
        "nonlinearity" => experiment.model.cell == CellKind::Elman,
        "forget_bias" => experiment.model.cell == CellKind::Lstm,
        "embedding_size" => !reads_numbers(experiment),
        _ => true,
    }
}

/// Whether the network reads numbers and no symbols.
fn reads_numbers(experiment: &Experiment) -> bool {
    experiment.lab == LabKind::Memory && experiment.memory.task == MemoryTask::Adding
}

fn explain(setting: &Setting) -> String {
    let effect = match setting.scope {
        SettingScope::NewRun => "Begins a new run.",
        SettingScope::Live | SettingScope::Window => "Takes effect at once.",
    };
    format!("{}: {} {effect}", setting.label, setting.help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_optimiser_reads_is_offered() {
        let mut experiment = Experiment::default();
        let momentum = Setting::find("momentum").unwrap();
        assert!(!is_read(&experiment, momentum));
        experiment.training.optimizer = OptimizerKind::Sgd;
        assert!(is_read(&experiment, momentum));
        assert!(!is_read(&experiment, Setting::find("weight_decay").unwrap()));
    }
}
