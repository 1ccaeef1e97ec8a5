//! What the worker tells the page, in order and without loss.

use crate::{
    Arithmetic, CellLook, DataSource, DelayRecall, Experiment, GpuStatus, GradientTrace, LabKind,
    MiniatureNews, Past, Placement, RunId, Staffing, WalkLook,
};
use serde::{Deserialize, Serialize};

/// What happened. Small, ordered, never dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// The worker is ready. It speaks first, since what is sent to a worker before it listens is lost.
    Hello {
        /// The worker's [`crate::BUILD_ID`].
        build: String,
        /// How the worker's module rounds: the page may have asked for another than could be started.
        arithmetic: Arithmetic,
    },
    /// A run is on stage: a new one, the same one under changed live settings, or one brought back.
    Opened(RunFacts),
    /// A rival's run is on stage, too. Follows [`Event::Opened`] for each rival, in their order.
    Joined {
        /// Its number among the rivals, from 1.
        rival: u32,
        /// The run. Its experiment is the rival's own.
        facts: RunFacts,
    },
    /// Training started or stopped.
    Playing {
        /// The run.
        run: RunId,
        /// Whether it trains now.
        playing: bool,
    },
    /// From here on, other workers train the run than before. Not said where there never were helpers.
    Staffed {
        /// The run.
        run: RunId,
        /// Who trains it.
        staffing: Staffing,
        /// Helpers that failed or fell silent since the worker started. The run lost nothing by it.
        lost_helpers: u32,
    },
    /// Whether there is a GPU. Said once it is known, and again when it changes.
    Gpu {
        /// What there is.
        status: GpuStatus,
    },
    /// From here on, steps are taken in this place. Not said where there never was a GPU.
    Placed {
        /// The run.
        run: RunId,
        /// Where, and why.
        placement: Placement,
    },
    /// Steps were taken.
    Stepped {
        /// The run.
        run: RunId,
        /// One report a step, oldest first.
        reports: Vec<StepReport>,
        /// [Items](crate::LabDescription::item) trained on per second of training, over the last second or so.
        items_per_second: f32,
    },
    /// What a network of a race has cost so far. Follows its [`Event::Stepped`].
    Clocked {
        /// The run.
        run: RunId,
        /// Milliseconds that its training took, looks inside included.
        training_millis: f64,
        /// Milliseconds of a step, on average over those that were not looked at; 0 while there are none.
        step_millis: f64,
    },
    /// The network was measured on the held-out data.
    Validation {
        /// The run.
        run: RunId,
        /// Steps taken before.
        step: u32,
        /// What was measured: [`crate::LabDescription::held_out`].
        value: f32,
    },
    /// A model without a network was measured on the same held-out data.
    Baseline {
        /// The run.
        run: RunId,
        /// Its name, such as `5-gram`.
        name: String,
        /// The same measure, of this model.
        value: f32,
    },
    /// The network wrote something.
    Text {
        /// The run.
        run: RunId,
        /// Steps taken when this sample was begun.
        step: u32,
        /// Numbers the samples of a run, from 0; pieces of one sample follow each other.
        sample: u32,
        /// The next characters of the sample.
        piece: String,
    },
    /// The cell under the microscope.
    Cell {
        /// The run.
        run: RunId,
        /// What it read and computed.
        look: Box<CellLook>,
    },
    /// What [`crate::Command::Trace`] asked for.
    Traced {
        /// The run.
        run: RunId,
        /// What was worked out.
        trace: Box<GradientTrace>,
    },
    /// A change by hand cannot be made. The cell shown last stays.
    CellRefused {
        /// The run.
        run: RunId,
        /// What was expected, what was found and what to do.
        message: String,
    },
    /// The walk through the sentence of the Anatomy lab, at the weights as they are.
    Walk {
        /// The run.
        run: RunId,
        /// Every number, and the lines that were asked for.
        walk: Box<WalkLook>,
    },
    /// The network of the Memory lab was asked at several delays.
    Delays {
        /// The run.
        run: RunId,
        /// Steps taken when that began.
        step: u32,
        /// Recall at each, shortest delay first.
        points: Vec<DelayRecall>,
    },
    /// The loss or its gradient stopped being a number. Training stopped, and the last good weights
    /// are in place again.
    Diverged {
        /// The run.
        run: RunId,
        /// The step that failed.
        step: u32,
        /// The step whose weights are in place again.
        kept_step: u32,
        /// What happened and what to try.
        message: String,
    },
    /// The run on stage as a file, whose bytes travel beside.
    Saved {
        /// The run.
        run: RunId,
        /// That of [`crate::Command::Save`].
        request: u32,
        /// Steps that the file's run has taken.
        step: u32,
    },
    /// The run on stage could not be taken down.
    NotSaved {
        /// That of [`crate::Command::Save`].
        request: u32,
        /// Why, and what to do.
        message: String,
    },
    /// A saved run can be opened once its data is there: [`crate::Command::BringData`].
    DataWanted {
        /// Its lab.
        lab: LabKind,
        /// What it was trained on.
        source: DataSource,
        /// How many bytes that were.
        bytes: u64,
    },
    /// What the run on stage reported before it stood where it stands, as far as that is kept: said of a run
    /// that was opened from a file, and when a run goes to a checkpoint.
    Recalled {
        /// The run.
        run: RunId,
        /// It takes the place of whatever is known of the run.
        past: Past,
    },
    /// The steps that [`crate::Command::Rewind`] can go to, in order. Said whenever they have changed.
    Checkpoints {
        /// The run.
        run: RunId,
        /// Empty where the network is too large for any to be kept.
        steps: Vec<u32>,
    },
    /// What is told of a miniature of the home page.
    Miniature {
        /// It.
        news: MiniatureNews,
    },
    /// A command could not be carried out. Nothing changed.
    Refused {
        /// What was expected, what was found and what to do.
        message: String,
    },
}

/// What one training step found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Steps taken, this one included.
    pub step: u32,
    /// Mean loss over the batch: [`crate::LabDescription::loss`] says of what and how it is shown.
    pub loss: f32,
    /// Global norm of the gradient before clipping.
    pub grad_norm: f32,
}

/// Which of the files that came with commands a run learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DataDelivery {
    /// Its number among the data that came with [`crate::Command::Open`] or [`crate::Command::BringData`] since the
    /// worker started, from 1 on; 0 of data that the lab generates.
    pub number: u32,
    /// Its length; 0 where it is generated.
    pub bytes: u64,
}

/// The facts of a run that has just come on stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// The run.
    pub run: RunId,
    /// What determines it.
    pub experiment: Experiment,
    /// Steps already taken; 0 unless it was brought back.
    pub step: u32,
    /// Whether it trains now.
    pub playing: bool,
    /// The run that [`crate::Command::BringBack`] can bring back.
    pub put_aside: Option<RunId>,
    /// The data that it learns from.
    pub data: DataDelivery,
    /// Trainable numbers.
    pub parameter_count: u64,
    /// Distinct symbols that are read, V; 0 where numbers are read.
    pub symbol_count: u32,
    /// [Items](crate::LabDescription::item) trained on; `None` where every step generates fresh ones.
    pub training_items: Option<u64>,
    /// Items held out.
    pub held_out_items: u64,
    /// Sequences actually read side by side: fewer than asked for where there is too little data.
    pub batch_size: u32,
    /// Time steps of a sequence: fewer than asked for where there is too little data.
    pub sequence_length: u32,
    /// Sentences a person should know about this run, such as how a short text was dealt with.
    pub notes: Vec<String>,
}
