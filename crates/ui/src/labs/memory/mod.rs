//! The Memory lab's page: its task, recall, the sequence in hand, and the failure gallery.

pub mod delays;
pub mod gallery;
pub mod recall;
pub mod sequence;

use super::{LabPage, Panel};
use crate::app::lede;
use crate::state::PageState;
use crate::views::{GradientFlow, GradientNorm, LossCurve, ParameterNorms, UnrolledNetwork};
use delays::DelayRecallCurve;
use gallery::Gallery;
use leptos::prelude::*;
use recall::RecallCurve;
use rnn_protocol::{Experiment, MemoryTask};
use sequence::SequenceInHand;

/// What the page shows of the lab.
pub const PAGE: LabPage = LabPage {
    task,
    // All that is known of the sequences stands beside the one in hand.
    data: || ().into_any(),
    panels: PANELS,
    wide: None,
    training: || {
        view! {
            <RecallCurve />
            <DelayRecallCurve />
            <LossCurve />
            <GradientNorm />
            <Gallery />
        }
        .into_any()
    },
    time: || {
        view! {
            <SequenceInHand />
            <UnrolledNetwork />
            <GradientFlow />
            <ParameterNorms />
        }
        .into_any()
    },
};

const PANELS: &[Panel] = &[
    Panel {
        key: "memory",
        title: "Task",
        keys: &["task", "delay"],
        hint: "The longer the delay, the longer the network must remember.",
        digest: |experiment| format!("{} over {}", task_name(experiment), experiment.memory.delay),
    },
    Panel {
        key: "model",
        title: "Model",
        keys: &[
            "cell",
            "nonlinearity",
            "layers",
            "hidden_size",
            "embedding_size",
            "initialisation",
            "forget_bias",
        ],
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
    let delay = experiment.memory.delay;
    match experiment.memory.task {
        MemoryTask::Copy => {
            format!(
                "reads one symbol of eight, then {delay} distractors, and must name the symbol at the cue"
            )
        }
        MemoryTask::Adding => {
            format!("reads {} numbers, two of them marked, and must answer the sum of those two", delay + 2)
        }
        MemoryTask::Order => {
            format!(
                "reads two symbols of X and Y among {delay} distractors and must answer which came in which order"
            )
        }
    }
}

fn task_name(experiment: &Experiment) -> &'static str {
    match experiment.memory.task {
        MemoryTask::Copy => "copy",
        MemoryTask::Adding => "adding",
        MemoryTask::Order => "temporal order",
    }
}
