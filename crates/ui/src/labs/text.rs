//! The Text lab's page.

use super::{LabPage, Panel};
use crate::app::lede;
use crate::panels::{DataPanel, data_name};
use crate::state::PageState;
use crate::views::{
    CellMicroscope, GeneratedText, GradientFlow, GradientNorm, ItemisedGradient, LossCurve, ParameterNorms,
    UnrolledNetwork,
};
use leptos::prelude::*;

/// What the page shows of the lab.
pub const PAGE: LabPage = LabPage {
    task,
    data: || view! { <DataPanel /> }.into_any(),
    panels: PANELS,
    wide: None,
    training: || {
        view! {
            <LossCurve />
            <GeneratedText />
            <GradientNorm />
        }
        .into_any()
    },
    time: || {
        view! {
            <UnrolledNetwork />
            <CellMicroscope />
            <GradientFlow />
            <ItemisedGradient />
            <ParameterNorms />
        }
        .into_any()
    },
};

const PANELS: &[Panel] = &[
    Panel {
        key: "model",
        title: "Model",
        keys: &["cell", "layers", "hidden_size", "embedding_size", "initialisation"],
        hint: "Another network begins a new run at step 0; Undo brings the old one back.",
        digest: lede::network,
    },
    Panel {
        key: "training",
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
            "budget",
            "budget_unit",
        ],
        hint: "The learning rate, the clipping and the sequence length can be changed while the network trains.",
        digest: |experiment| format!("learning rate {}", experiment.training.learning_rate),
    },
    Panel {
        key: "text",
        title: "Text",
        keys: &["temperature"],
        hint: "How boldly the next character is drawn. It does not influence training.",
        digest: |experiment| format!("temperature {}", experiment.sampling.temperature),
    },
];

fn task(state: &PageState) -> String {
    let text = if state.facts.is_some() { data_name(state) } else { "a text".to_owned() };
    format!("reads {text} and learns to predict the next character")
}
