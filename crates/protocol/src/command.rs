//! What the page asks of the worker.

use crate::{
    Experiment, GpuChoice, Inspection, MiniatureCommand, Quantity, RunId, TraceRequest, WalkRequest,
};
use serde::{Deserialize, Serialize};

/// What the page asks of the session in the worker. Bytes of a visitor's own data travel beside the
/// command, not in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Command {
    /// The page's answer to the worker's [`crate::Event::Hello`]. Until it has come, and if the builds
    /// differ, the worker refuses everything else.
    Hello {
        /// The page's [`crate::BUILD_ID`].
        build: String,
    },
    /// Continue under this experiment. If the running network cannot go on under it, a new run
    /// begins at step 0, paused or playing as the old one was, and the old one can be brought back.
    Open {
        /// The experiment.
        experiment: Experiment,
    },
    /// Train until [`Command::Pause`].
    Play,
    /// Stop after the slice in hand. A step that is half done goes on at the next [`Command::Play`].
    Pause,
    /// Train to the end of one step, then stop.
    Step,
    /// Begin the same experiment again at step 0, paused. The old run can be brought back.
    Reset,
    /// Bring back the run that the last [`Command::Open`] or [`Command::Reset`] put aside; the one on stage
    /// takes its place.
    BringBack {
        /// It. Another one is no longer there.
        run: RunId,
    },
    /// Write this many characters that continue `prompt`.
    Generate {
        /// Read before the first character is drawn; may be empty.
        prompt: String,
        /// Characters to write.
        length: u32,
    },
    /// What the snapshots show from now on.
    View {
        /// The quantity drawn for each unit and time step.
        quantity: Quantity,
    },
    /// Take the run on stage down as a file, as it stands after the last step that is done. Answered by
    /// [`crate::Event::Saved`] or [`crate::Event::NotSaved`].
    Save {
        /// The answer repeats it.
        request: u32,
    },
    /// Bring a run on stage from the file that travels beside: exactly where it stood, paused. If its data is
    /// not that of the run on stage, [`crate::Event::DataWanted`] asks for it first.
    OpenSaved,
    /// The data that [`crate::Event::DataWanted`] asked for travels beside.
    BringData,
    /// Go to the checkpoint that the run on stage has of this step, paused. Later ones stay until training
    /// goes on from there.
    Rewind {
        /// One of [`crate::Event::Checkpoints`].
        step: u32,
    },
    /// Put a cell under the microscope, or no longer any. Stays in force, whatever run is on stage, and is
    /// answered by [`crate::Event::Cell`] now and with every look inside.
    Inspect {
        /// The cell; `None` ends it.
        inspection: Option<Inspection>,
    },
    /// Walk through the sentence of the Anatomy lab, or no longer. Stays in force, whatever run is on stage, and
    /// is answered by [`crate::Event::Walk`] now and when the weights have changed.
    Walk {
        /// The lines that are wanted; `None` ends it.
        request: Option<WalkRequest>,
    },
    /// Work this out about the gradient of the last look's sequence, and of each later one. Stays in force, whatever
    /// run is on stage, and is answered by [`crate::Event::Traced`].
    Trace {
        /// What; the default asks for nothing.
        request: TraceRequest,
    },
    /// Whether the GPU is to take steps from now on. One that has failed is tried again.
    UseGpu {
        /// Whether it is.
        choice: GpuChoice,
    },
    /// To the miniatures of the home page.
    Miniatures {
        /// What they are to do.
        command: MiniatureCommand,
    },
    /// The page has drawn the last snapshot and takes one more.
    Credit,
}
