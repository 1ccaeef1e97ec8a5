//! The Anatomy lab's page: one sentence on its way through a tiny network, with every number of it.

mod asking;
pub mod line;
pub mod line_in_hand;
pub mod number;
pub mod operations;
pub mod outline;
pub mod pace;
pub mod path;
pub mod picture;
pub mod player;
pub mod sentence;
pub mod symbols;
pub mod vocabulary;
pub mod walker;
pub mod weights;

use super::{LabPage, Panel};
use crate::app::lede;
use crate::state::PageState;
use crate::views::{CellMicroscope, GradientFlow, GradientNorm, LossCurve, ParameterNorms, UnrolledNetwork};
use leptos::prelude::*;
use path::Path;
use rnn_protocol::{Experiment, TokenKind};

/// What the page shows of the lab.
pub const PAGE: LabPage = LabPage {
    task,
    // The sentence stands where it is read.
    data: || ().into_any(),
    panels: PANELS,
    wide: Some(|| view! { <Path /> }.into_any()),
    training: || {
        view! {
            <LossCurve />
            <GradientNorm />
        }
        .into_any()
    },
    time: || {
        view! {
            <UnrolledNetwork />
            <CellMicroscope />
            <GradientFlow />
            <ParameterNorms />
        }
        .into_any()
    },
};

const PANELS: &[Panel] = &[
    Panel {
        key: "anatomy",
        title: "Sentence",
        keys: &["sentence", "tokens"],
        hint: "Another sentence begins a new run at step 0.",
        digest: |experiment| format!("“{}”", experiment.anatomy.sentence),
    },
    Panel {
        key: "model",
        title: "Model",
        keys: &["cell", "hidden_size", "embedding_size", "initialisation"],
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
            "seed",
            "budget",
            "budget_unit",
        ],
        hint: "The learning rate and the clipping can be changed while the network trains.",
        digest: |experiment| format!("learning rate {}", experiment.training.learning_rate),
    },
];

fn task(state: &PageState) -> String {
    let experiment = state.facts.as_ref().map_or(&state.requested, |facts| &facts.experiment);
    let Experiment { anatomy, .. } = experiment;
    let unit = match anatomy.tokens {
        TokenKind::Characters => "character",
        TokenKind::Words => "word",
    };
    format!("reads “{}” {unit} by {unit} and learns to predict the next one", anatomy.sentence)
}
