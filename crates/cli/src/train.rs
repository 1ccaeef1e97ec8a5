//! `rnn train text`, `rnn train memory` and `rnn train anatomy`.

use crate::error::CliError;
use crate::log::Log;
use crate::model_file;
use rnn_gpu::{Choice, Gpu};
use rnn_labs::text::MAX_BYTES;
use rnn_labs::{Accelerator, DeviceBackend, LabError, Session, SessionConfig};
use rnn_protocol::{
    BUILD_ID, Command, DataSource, Event, Experiment, GpuChoice, GpuFacts, GpuStatus, LabKind, Placement,
    Setting,
};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

/// Where `cargo xtask data` puts the shipped text, from the project's root.
const SHIPPED: &str = "static/data/moby-dick.txt";

/// How long the session works before the log is looked at.
const SLICE_MILLIS: f64 = 50.0;

/// How long nothing is done when the GPU has not answered yet.
const DEVICE_PAUSE: Duration = Duration::from_micros(100);

/// What `rnn train text` is told.
#[derive(clap::Args)]
pub(crate) struct TextArguments {
    /// A UTF-8 text; Moby-Dick if not given.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// What a run of any lab is told.
#[derive(clap::Args)]
pub(crate) struct RunArguments {
    /// Training steps.
    #[arg(long, default_value_t = 2000)]
    pub(crate) steps: u32,
    /// Seeds the initial weights.
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// Changes a setting: cell, layers, hidden_size, learning_rate, … (a wrong name lists them all).
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Where the trained network is written, as safetensors.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Measures the network on the held-out data every so many steps, and not only at the end.
    #[arg(long, value_name = "STEPS")]
    evaluate_every: Option<u32>,
    /// Where the steps are taken.
    #[arg(long, value_enum, default_value_t = BackendKind::Cpu)]
    backend: BackendKind,
    /// How the run is reported.
    #[arg(long, value_enum, default_value_t = LogKind::Terminal)]
    log: LogKind,
}

/// Where the steps are taken.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum BackendKind {
    /// On the CPU: the same digits on every machine.
    Cpu,
    /// On the fastest GPU.
    Gpu,
}

/// How a run is reported.
#[derive(Clone, Copy, clap::ValueEnum)]
enum LogKind {
    /// For a person.
    Terminal,
    /// One JSON object a line, on standard output.
    Json,
}

/// Trains, evaluates, and writes the network if asked to.
pub(crate) fn text(arguments: &TextArguments) -> Result<(), CliError> {
    run(&arguments.run, &text_experiment(arguments)?, Some(read_text(arguments)?))
}

/// The same, on sequences that are generated from the seed.
pub(crate) fn memory(arguments: &RunArguments) -> Result<(), CliError> {
    run(arguments, &experiment(LabKind::Memory, arguments)?, None)
}

/// The same, on one sentence.
pub(crate) fn anatomy(arguments: &RunArguments) -> Result<(), CliError> {
    run(arguments, &experiment(LabKind::Anatomy, arguments)?, None)
}

fn run(arguments: &RunArguments, experiment: &Experiment, data: Option<Vec<u8>>) -> Result<(), CliError> {
    let lab = experiment.lab.description();
    if arguments.backend == BackendKind::Gpu && !lab.takes_devices {
        return Err(CliError::Session(format!(
            "The {} lab trains on the CPU only: choose --backend cpu.",
            lab.name
        )));
    }
    if let Some(path) = &arguments.out {
        model_file::check_writable(path)?;
    }
    let log = match arguments.log {
        LogKind::Json => Log::json(lab),
        LogKind::Terminal => Log::for_person(lab, arguments.steps),
    };
    let start = Instant::now();
    let clock = move || start.elapsed().as_secs_f64() * 1000.0;
    let config = SessionConfig {
        evaluate_every: arguments.evaluate_every.filter(|&every| every > 0),
        is_watched: false,
        stop_at: Some(arguments.steps),
    };
    let mut session = Session::new(Rc::new(clock), config);
    session.handle(Command::Hello { build: BUILD_ID.to_owned() }, None);
    if arguments.backend == BackendKind::Gpu {
        session.handle(Command::UseGpu { choice: GpuChoice::On }, None);
        session.set_device(open_gpu()?);
    }
    session.handle(Command::Open { experiment: experiment.clone() }, data);
    let mut training = Training { session, log, seconds: 0.0 };
    training.report()?;
    let result = training.train().and_then(|()| training.finish());
    // Whatever was learnt before a failure is worth keeping; the failure comes first in the telling.
    let saved = match (&arguments.out, training.session.lab()) {
        (Some(path), Some(lab)) => model_file::save(path, experiment, lab),
        _ => Ok(()),
    };
    result.and(saved)
}

fn open_gpu() -> Result<Box<dyn Accelerator>, CliError> {
    let gpu = Gpu::open_blocking(Choice::Fastest)?;
    let facts = GpuFacts { name: gpu.adapter().name.clone(), is_software: gpu.adapter().is_software };
    Ok(Box::new(DeviceBackend::new(gpu, facts)))
}

/// A session and its log.
struct Training {
    session: Session,
    log: Log,
    /// Time from the first step to the last, readings of the held-out data between them included.
    seconds: f64,
}

impl Training {
    /// Trains as many steps as the session is to take.
    fn train(&mut self) -> Result<(), CliError> {
        let start = Instant::now();
        self.session.handle(Command::Play, None);
        self.work()?;
        self.seconds = start.elapsed().as_secs_f64();
        Ok(())
    }

    /// Measures the network on the held-out data and reports the end.
    fn finish(&mut self) -> Result<(), CliError> {
        self.session.request_evaluation();
        while self.advance() {}
        for event in self.session.take_events() {
            match event {
                Event::Validation { step, value, .. } => self.log.done(step, value, self.seconds)?,
                Event::Diverged { message, .. } => return Err(CliError::Session(message)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Lets the session work until nothing is left to do, and reports.
    fn work(&mut self) -> Result<(), CliError> {
        while self.advance() {
            self.report()?;
        }
        self.report()
    }

    /// Lets the session work for a while. Returns whether anything is left to do, or to be waited for.
    fn advance(&mut self) -> bool {
        if self.session.advance(SLICE_MILLIS) {
            return true;
        }
        let is_waiting = self.session.wake_after().is_some();
        if is_waiting {
            thread::sleep(DEVICE_PAUSE);
        }
        is_waiting
    }

    /// Hands the session's events to the log.
    fn report(&mut self) -> Result<(), CliError> {
        for event in self.session.take_events() {
            match event {
                Event::Refused { message } | Event::Diverged { message, .. } => {
                    return Err(CliError::Session(message));
                }
                Event::Stepped { reports, items_per_second, .. } => {
                    for report in reports {
                        self.log.step(report, items_per_second)?;
                    }
                }
                Event::Validation { step, value, .. } => self.log.validation(step, value)?,
                Event::Opened(facts) => {
                    for note in facts.notes {
                        self.log.note(&note)?;
                    }
                }
                Event::Gpu { status: GpuStatus::Ready { facts } } => {
                    self.log.note(&format!("Training on the GPU: {}.", facts.name))?;
                }
                Event::Placed { placement: Placement::Fallback { message, step }, .. } => {
                    self.log.note(&format!("Training goes on from step {step} on the CPU: {message}."))?;
                }
                Event::Hello { .. }
                | Event::Joined { .. }
                | Event::Clocked { .. }
                | Event::Gpu { .. }
                | Event::Placed { .. }
                | Event::Playing { .. }
                | Event::Staffed { .. }
                | Event::Baseline { .. }
                | Event::Delays { .. }
                | Event::Text { .. }
                | Event::Cell { .. }
                | Event::CellRefused { .. }
                | Event::Walk { .. }
                | Event::Traced { .. }
                | Event::Miniature { .. }
                | Event::Saved { .. }
                | Event::NotSaved { .. }
                | Event::DataWanted { .. }
                | Event::Recalled { .. }
                | Event::Checkpoints { .. } => {}
            }
        }
        Ok(())
    }
}

/// What the arguments ask for.
pub(crate) fn text_experiment(arguments: &TextArguments) -> Result<Experiment, CliError> {
    let mut experiment = experiment(LabKind::Text, &arguments.run)?;
    if let Some(path) = &arguments.data {
        let name = path.file_name().unwrap_or(path.as_os_str());
        experiment.data = DataSource::Own { name: name.to_string_lossy().into_owned() };
    }
    Ok(experiment)
}

fn experiment(lab: LabKind, arguments: &RunArguments) -> Result<Experiment, CliError> {
    let mut experiment = Experiment { seed: arguments.seed, ..Experiment::of(lab) };
    for assignment in &arguments.settings {
        let (key, value) = assignment
            .split_once('=')
            .ok_or_else(|| CliError::NotAnAssignment { found: assignment.clone() })?;
        Setting::find(key.trim())?.set(&mut experiment, value)?;
    }
    Ok(experiment)
}

/// The text that they name.
pub(crate) fn read_text(arguments: &TextArguments) -> Result<Vec<u8>, CliError> {
    let path = match &arguments.data {
        Some(path) => path.clone(),
        None => shipped_text()?,
    };
    let file = File::open(&path).map_err(CliError::reading(&path))?;
    let len = file.metadata().map_err(CliError::reading(&path))?.len();
    if len > MAX_BYTES as u64 {
        const MIB: u64 = 1 << 20;
        let (max_mib, found_mib) = (MAX_BYTES >> 20, len.div_ceil(MIB) as usize);
        return Err(LabError::TooLarge { max_mib, found_mib }.into());
    }
    let mut bytes = Vec::new();
    // What has no length beforehand, such as a pipe, is cut where the session will refuse it.
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(CliError::reading(&path))?;
    Ok(bytes)
}

/// The shipped text in this folder or the nearest one above it.
fn shipped_text() -> Result<PathBuf, CliError> {
    let path = PathBuf::from(SHIPPED);
    let here = std::env::current_dir()?;
    let found = here.ancestors().map(|folder| folder.join(&path)).find(|candidate| candidate.is_file());
    found.ok_or(CliError::NoShippedData { path })
}
