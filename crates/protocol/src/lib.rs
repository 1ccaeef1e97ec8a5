//! The words that worker and page share.
//!
//! An [`Experiment`] is everything that determines a run. The page sends [`Command`]s; what comes
//! back are [`Event`]s (small, ordered, never dropped) and [`Snapshot`]s (large, the latest wins,
//! one for each [`Command::Credit`]). Each run has a [`RunId`]; what arrives for another run than
//! the one on screen is stale and dropped. Where several workers train one run, its lead sends
//! [`HelperCommand`]s and hears [`HelperEvent`]s. A [`Link`] is an experiment and what the page shows of it,
//! as a part of an address.
//!
//! This crate knows neither the mathematics nor the browser, so that page, worker, command line
//! and tests can all speak it.

mod anatomy;
mod arithmetic;
mod command;
mod event;
mod experiment;
mod gallery;
mod gpu;
mod gradient_trace;
mod helper;
mod lab;
mod link;
mod memory;
mod microscope;
mod miniature;
mod past;
mod race;
mod settings;
mod snapshot;
mod unrolled;
mod walk;

pub use anatomy::{
    AnatomySettings, MAX_ANATOMY_EMBEDDING, MAX_ANATOMY_UNITS, MAX_SENTENCE_CHARS, MAX_TOKENS, SentenceFault,
    TokenKind,
};
pub use arithmetic::Arithmetic;
pub use command::Command;
pub use event::{DataDelivery, Event, RunFacts, StepReport};
pub use experiment::{
    CellKind, DataSource, Experiment, InitialisationKind, ModelSettings, NonlinearityKind, OptimizerKind,
    SamplingSettings, TrainingSettings,
};
pub use gallery::{FAILURES, Failure};
pub use gpu::{GpuChoice, GpuFacts, GpuStatus, Place, Placement, StepTime, UnknownGpuChoice};
pub use gradient_trace::{
    GradientTrace, Itemised, MAX_EXACT_JACOBIAN_UNITS, MAX_ITEMISED_STEPS, TraceRequest,
};
pub use helper::{AloneReason, BatchPart, HelperCommand, HelperEvent, Staffing, Standing, TrainingCounts};
pub use lab::{Better, DataNeed, Item, LabDescription, LabKind, Measure, NumberForm, ShippedFile};
pub use link::{
    EXPERIMENT_WORDS, LINK_VERSION, Link, LinkFault, LinkWord, MAX_LINK_BYTES, VIEW_WORDS, ViewState,
};
pub use memory::{DelayRecall, MemorySettings, MemoryTask};
pub use microscope::{
    CellEdit, CellForm, CellLook, CellPlace, CellReading, CellVectors, Consequence, EDIT_LIMIT, GateReading,
    Inspection, MAX_EDITS, MAX_STEPS, Source, SymbolChange, UnitReading, WeightNames, WeightReading,
};
pub use miniature::{
    CurvePoint, MAX_CURVE_POINTS, MAX_PICTURE_CELLS, MiniatureCommand, MiniatureLook, MiniatureNews,
};
pub use past::{MOST_STEPS, Past, Reading, Reference, SettingChange, TrainingClock};
pub use race::{Budget, BudgetUnit, MAX_RIVALS, RACED, Rival, RivalError};
pub use settings::{Choice, Range, SETTINGS, Setting, SettingError, SettingKind, SettingScope};
pub use snapshot::{Answer, Quantity, Snapshot, SnapshotHeader};
pub use unrolled::{Flow, Prediction, Row};
pub use walk::{
    FactorForm, MAX_WALK_LINES, NumberPlace, WalkFactor, WalkFunction, WalkLine, WalkLook, WalkNumber,
    WalkPass, WalkRequest, WalkSection, WalkStage, WalkTable, WalkTerm,
};

/// Numbers the runs of one session, from 1. A run begins at step 0 with fresh weights.
pub type RunId = u32;

/// Identifies the sources this binary was built from.
///
/// The build command sets it to a digest of the sources, so that a page and a worker left over from
/// different builds notice at their first message. A build without it (a plain `cargo build`) is `dev`.
pub const BUILD_ID: &str = match option_env!("RNN_BUILD_ID") {
    Some(id) => id,
    None => "dev",
};
