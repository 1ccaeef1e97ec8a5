//! What the labs with one recurrent network share: from an experiment to weights, an optimiser and memory;
//! the training on a whole batch or a part of it, here or on a device; and the look inside.
//!
//! A lab says what its network is and what it reads by a [`NetworkPlan`] and its [`Batches`].

mod arrivals;
mod batches;
mod flows;
mod look;
mod look_layer;
mod predictions;
mod settings;
mod studied;
mod study;
mod training;
mod weights;

pub(crate) use arrivals::ComingState;
pub(crate) use batches::{Batches, FirstSequence, NetworkPlan};
pub(crate) use look::Look;
use look_layer::of_first_sequence;
pub use settings::trainer_config;
pub(crate) use settings::{initialisation, optimizer_rule, recurrent_cell};
pub(crate) use studied::StudiedNetwork;
use study::GradientStudy;
pub(crate) use training::{NetworkTraining, never, report};
pub(crate) use weights::{NetworkWeights, part_rows};
