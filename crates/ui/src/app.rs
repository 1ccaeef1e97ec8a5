//! The page's layout.

pub mod alerts;
pub mod drop_zone;
pub mod header;
pub mod lede;
mod shortcuts;
pub mod status;
pub mod transport;

use crate::browser::appearance::read_theme;
use crate::page::Page;
use crate::panels::{DataPanel, SettingsPanel, SpeedPanel};
use crate::views::{GeneratedText, GradientFlow, GradientNorm, HiddenMap, LossCurve, ParameterNorms};
use alerts::Alerts;
use drop_zone::DropZone;
use header::Header;
use lede::Lede;
use leptos::prelude::*;
use rnn_protocol::Experiment;
use transport::Transport;

/// One section of settings.
#[derive(Debug, Clone, Copy)]
pub struct Panel {
    /// Its title.
    pub title: &'static str,
    /// Keys of its settings.
    pub keys: &'static [&'static str],
    /// What is said below them while none is in hand.
    pub hint: &'static str,
    /// What it says about itself when it is closed.
    pub digest: fn(&Experiment) -> String,
}

/// The sections, in their order.
pub const PANELS: &[Panel] = &[
    Panel {
        title: "Model",
        keys: &["cell", "layers", "hidden_size", "embedding_size", "initialisation"],
        hint: "Another network begins a new run at step 0; Undo brings the old one back.",
        digest: lede::network,
    },
    Panel {
        title: "Training",
        keys: &[
            "optimizer",
            "learning_rate",
            "momentum",
            "weight_decay",
            "clip_norm",
            "batch_size",
            "sequence_length",
            "seed",
        ],
        hint: "The learning rate and the clipping can be changed while the network trains.",
        digest: |experiment| format!("learning rate {}", experiment.training.learning_rate),
    },
    Panel {
        title: "Text",
        keys: &["temperature"],
        hint: "How boldly the next character is drawn. It does not influence training.",
        digest: |experiment| format!("temperature {}", experiment.sampling.temperature),
    },
];

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let page = Page::start();
    provide_context(page);
    provide_context(RwSignal::new(read_theme()));
    shortcuts::listen(page);
    let panels = PANELS.iter().map(|panel| {
        view! { <SettingsPanel title=panel.title keys=panel.keys hint=panel.hint digest=panel.digest /> }
    });
    view! {
        <Header />
        <Transport />
        <main class="page">
            <Lede />
            <div class="views">
                <div class="views__training">
                    <LossCurve />
                    <GeneratedText />
                    <GradientNorm />
                </div>
                <div class="views__time">
                    <HiddenMap />
                    <GradientFlow />
                    <ParameterNorms />
                </div>
            </div>
            <aside class="panels" aria-label="Settings">
                <DataPanel />
                {panels.collect_view()}
                <SpeedPanel />
            </aside>
        </main>
        <Alerts />
        <DropZone />
    }
}
