//! One experiment running: commands in, events and snapshots out.
//!
//! The driver (worker, command line, test) calls [`Session::handle`] for each command and
//! [`Session::advance`] over and over; between two calls it takes away events and at most one snapshot.
//! Nothing here blocks for longer than the slice it is given, give or take one part of work.

mod changes;
mod device_steps;
mod inspection;
mod keep;
mod message;
mod open_saved;
mod output;
mod pace;
mod race;
mod run;
mod stage_data;
mod steps;
mod tracing;
mod turn;
mod walking;

use crate::arithmetic::ARITHMETIC;
use crate::device::Devices;
use crate::keeping::SavedRuns;
use crate::miniature::Miniatures;
use crate::team::Team;
use crate::{Accelerator, Clock, Lab, LabError, Post, Reply, Slice};
use race::{Contender, Labs, Race};
use rnn_protocol::{BUILD_ID, Command, DataSource, Event, Experiment, GpuStatus, RunId, Snapshot};
use run::{Mode, Run};
use stage_data::{Deliveries, Delivery, StageData};
use std::rc::Rc;
use turn::{Looks, Traffic, Turn};

/// A device is asked again after so many milliseconds, where nobody says that it has answered.
const DEVICE_MILLIS: f64 = 4.0;

/// What a session does besides training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionConfig {
    /// Reads the held-out data every so many steps while it trains, and a few times early on; `None`
    /// leaves it to [`Session::request_evaluation`].
    pub evaluate_every: Option<u32>,
    /// Whether it shows what it can while it trains: output, and baselines to compare with.
    pub is_watched: bool,
    /// Pauses after so many steps.
    pub stop_at: Option<u32>,
}

/// As the page runs it.
impl Default for SessionConfig {
    fn default() -> Self {
        Self { evaluate_every: Some(100), is_watched: true, stop_at: None }
    }
}

/// One experiment running, and the one before it put aside.
pub struct Session {
    clock: Rc<dyn Clock>,
    config: SessionConfig,
    run: Option<Run>,
    /// What [`Command::BringBack`] brings back.
    put_aside: Option<Run>,
    /// A saved run that waits for its data.
    awaited: Option<Box<SavedRuns>>,
    deliveries: Deliveries,
    /// Who races with them.
    race: Race,
    last_run_id: RunId,
    greeting: Greeting,
    traffic: Traffic,
    team: Team,
    devices: Devices,
    miniatures: Miniatures,
}

/// Whether the other side has said which build it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greeting {
    Awaited,
    Agreed,
    Refused,
}

impl Session {
    /// A session without an experiment. Its first event says which build it is.
    #[must_use]
    pub fn new(clock: Rc<dyn Clock>, config: SessionConfig) -> Self {
        let mut traffic = Traffic::default();
        traffic.events.push(Event::Hello { build: BUILD_ID.to_owned(), arithmetic: ARITHMETIC });
        Self {
            clock,
            config,
            run: None,
            put_aside: None,
            awaited: None,
            deliveries: Deliveries::default(),
            race: Race::new(),
            last_run_id: 0,
            greeting: Greeting::Awaited,
            traffic,
            team: Team::new(),
            devices: Devices::default(),
            miniatures: Miniatures::default(),
        }
    }

    /// Carries out a command. `data` are the bytes that belong to [`Command::Open`] when the experiment's
    /// data has changed. What cannot be carried out is answered by [`Event::Refused`] and changes nothing.
    pub fn handle(&mut self, command: Command, data: Option<Vec<u8>>) {
        if let Command::Hello { build } = command {
            self.greet(&build);
            return;
        }
        if self.greeting != Greeting::Agreed {
            self.refuse("The page and its worker have not agreed on a build yet. Reload the page.");
            return;
        }
        match command {
            Command::Hello { .. } => {}
            Command::Open { experiment } => {
                let data = self.deliveries.take(data);
                if let Err(error) = self.open(experiment, data) {
                    self.refuse(error.to_string());
                }
            }
            Command::Play => self.set_mode(Mode::Playing),
            Command::Pause => self.set_mode(Mode::Paused),
            Command::Step => self.set_mode(Mode::Stepping),
            Command::Reset => self.reset(),
            Command::BringBack { run } => self.bring_back(run),
            Command::Save { request } => self.save(request),
            Command::OpenSaved => self.or_refuse(|session| session.open_file(data)),
            Command::BringData => {
                let data = self.deliveries.take(data);
                self.or_refuse(|session| session.take_data(data));
            }
            Command::Rewind { step } => self.or_refuse(|session| session.rewind(step)),
            Command::Generate { prompt, length } => match &mut self.run {
                Some(run) if run.writes() => {
                    run.generate(&prompt, length);
                    self.race.generate(&prompt, length);
                }
                Some(_) => self.refuse(message::NOTHING_WRITTEN),
                None => self.refuse(message::NOTHING_OPEN),
            },
            Command::View { quantity } => {
                self.traffic.quantity = quantity;
                self.traffic.is_stale = true;
            }
            Command::Inspect { inspection } => self.traffic.inspections.set(inspection),
            Command::Walk { request } => self.traffic.walks.set(request),
            Command::Trace { request } => self.traffic.traces.set(request),
            Command::UseGpu { choice } => {
                self.devices.choose(choice);
                self.announce_device();
            }
            Command::Miniatures { command } => {
                self.miniatures.handle(command, data, &mut self.traffic.events);
            }
            Command::Credit => self.traffic.has_credit = true,
        }
    }

    /// Works for about `millis` milliseconds, or less if there is nothing left to do but to wait for a helper or
    /// a device. Returns whether there is.
    pub fn advance(&mut self, millis: f64) -> bool {
        let clock = Rc::clone(&self.clock);
        self.miniatures.advance(&*clock, &mut self.traffic.events);
        let slice = Slice::new(&*clock, millis);
        let Some(run) = &mut self.run else { return false };
        let is_race = self.race.is_on();
        let (rivals, nobody, nothing) = self.race.parts();
        let (team, devices) = if is_race { (nobody, nothing) } else { (&mut self.team, &mut self.devices) };
        let mut turn = Turn {
            config: self.config,
            clock: &*clock,
            slice: &slice,
            team,
            devices,
            traffic: &mut self.traffic,
            looks: Looks::All,
        };
        if is_race {
            return race::advance(run, rivals, &mut turn);
        }
        let is_busy = run.advance(&mut turn);
        run.send_snapshot_if_due(&mut self.traffic);
        run.announce_checkpoints(&mut self.traffic);
        is_busy
    }

    /// One more worker will help; what it says is for [`Session::hear_helper`]. Returns its number.
    pub fn add_helper(&mut self, post: Post) -> u32 {
        self.team.add_helper(post)
    }

    /// Takes in what a helper says.
    pub fn hear_helper(&mut self, number: u32, reply: Reply) {
        self.team.hear(number, reply);
    }

    /// Whether a device is wanted and there is none: whoever drives the session opens one, and says what came
    /// of it with [`Session::set_device`] or [`Session::miss_device`].
    #[must_use]
    pub fn wants_device(&self) -> bool {
        self.devices.is_wanted()
    }

    /// Steps may be taken on this device.
    pub fn set_device(&mut self, device: Box<dyn Accelerator>) {
        self.devices.set(Some(device));
        self.announce_device();
    }

    /// There is no device to be had.
    pub fn miss_device(&mut self, message: String) {
        self.traffic.events.push(Event::Gpu { status: GpuStatus::Unavailable { message } });
    }

    /// Milliseconds after which [`Session::advance`] must be called again even if neither a helper nor a device
    /// has answered by then, when a miniature has its next turn, or until the next step of a run that has a pace;
    /// `None` where nothing is waited for.
    #[must_use]
    pub fn wake_after(&self) -> Option<f64> {
        let now = self.clock.now_millis();
        let team = self.team.wake_after(now);
        let is_device_awaited = self.run.as_ref().is_some_and(|run| run.is_device_awaited);
        let device = is_device_awaited.then_some(DEVICE_MILLIS);
        let rest = self.run.as_ref().and_then(|run| run.rest_left(now));
        let miniatures = self.miniatures.wake_after(now);
        team.into_iter().chain(device).chain(rest).chain(miniatures).reduce(f64::min)
    }

    /// What happened since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.traffic.events)
    }

    /// The file of the oldest [`Event::Saved`] whose file was not taken away yet.
    pub fn take_file(&mut self) -> Option<Vec<u8>> {
        self.traffic.files.pop_front()
    }

    /// The latest snapshot, if there is a new one. Each needs a [`Command::Credit`].
    pub fn take_snapshot(&mut self) -> Option<Snapshot> {
        self.traffic.snapshot.take()
    }

    /// Reads the held-out data as soon as the step in hand is done, before any other.
    pub fn request_evaluation(&mut self) {
        if let Some(run) = &mut self.run {
            run.request_evaluation();
            self.race.request_evaluation();
        }
    }

    /// The lab on stage.
    #[must_use]
    pub fn lab(&self) -> Option<&dyn Lab> {
        self.run.as_ref().map(|run| &*run.lab)
    }

    fn greet(&mut self, build: &str) {
        if build == BUILD_ID {
            self.greeting = Greeting::Agreed;
        } else {
            self.greeting = Greeting::Refused;
            self.refuse(message::other_build(build));
        }
    }

    fn refuse(&mut self, message: impl Into<String>) {
        self.traffic.events.push(Event::Refused { message: message.into() });
    }

    fn open(&mut self, experiment: Experiment, data: Option<Delivery>) -> Result<(), LabError> {
        experiment.check()?;
        if let (Some(run), None) = (&mut self.run, &data)
            && run.experiment.is_continued_by(&experiment)
        {
            self.team.tune(&experiment);
            self.race.tune(&experiment);
            run.tune(experiment);
            self.announce();
            return Ok(());
        }
        if let (Some(run), None) = (&mut self.run, &data)
            && run.experiment.is_recut_by(&experiment)
            && run.recut(&experiment, &mut self.team, &mut self.traffic)?
        {
            self.announce();
            return Ok(());
        }
        let is_kept =
            |run: &Run| (run.experiment.lab, &run.experiment.data) == (experiment.lab, &experiment.data);
        let data = match (StageData::generated(experiment.lab), data, &self.run) {
            (Some(generated), ..) => generated,
            (None, Some(delivery), _) => StageData::read(experiment.lab, delivery)?,
            (None, None, Some(run)) if is_kept(run) => run.data.clone(),
            (None, None, _) => {
                let name = match &experiment.data {
                    DataSource::Shipped => "the shipped data",
                    DataSource::Own { name } => name,
                };
                self.refuse(message::data_missing(name));
                return Ok(());
            }
        };
        let labs = race::open(&data, &experiment)?;
        let mode = self.run.as_ref().map_or(Mode::Paused, |run| self.race.mode(run));
        self.put_on_stage(experiment, &data, labs, mode);
        Ok(())
    }

    fn reset(&mut self) {
        let Some(run) = &self.run else {
            self.refuse(message::NOTHING_OPEN);
            return;
        };
        let (experiment, data) = (run.experiment.clone(), run.data.clone());
        match race::open(&data, &experiment) {
            Ok(labs) => self.put_on_stage(experiment, &data, labs, Mode::Paused),
            Err(error) => self.refuse(error.to_string()),
        }
    }

    fn put_on_stage(&mut self, experiment: Experiment, data: &StageData, (lab, rivals): Labs, mode: Mode) {
        let mut last_run_id = self.last_run_id;
        let mut begin = |experiment, lab| {
            last_run_id += 1;
            Run::new(last_run_id, experiment, data.clone(), lab, mode)
        };
        let run = begin(experiment, lab);
        let rivals = rivals.into_iter().map(|(experiment, lab)| begin(experiment, lab)).collect();
        self.put_runs_on_stage(run, rivals);
        self.announce();
    }

    fn put_runs_on_stage(&mut self, mut run: Run, mut rivals: Vec<Run>) {
        self.last_run_id = run.id() + rivals.len() as RunId;
        self.awaited = None;
        if !rivals.is_empty() {
            rivals.iter_mut().chain([&mut run]).for_each(|run| run.race = Some(Contender::default()));
        }
        if let Some(mut old) = self.run.replace(run) {
            old.leave_stage(&mut self.team, &mut self.traffic);
            self.race.leave_stage(&mut self.traffic);
            // A run without a step holds nothing that a person would miss.
            let is_kept = self.race.has_stepped(&old);
            self.race.begin(rivals, is_kept);
            if is_kept {
                self.put_aside = Some(old);
            }
        } else {
            self.race.begin(rivals, false);
        }
    }

    fn bring_back(&mut self, run: RunId) {
        let Some(back) = self.put_aside.take_if(|aside| aside.id() == run) else {
            self.refuse(message::RUN_GONE);
            return;
        };
        if let Some(mut old) = self.run.replace(back) {
            old.leave_stage(&mut self.team, &mut self.traffic);
            self.race.leave_stage(&mut self.traffic);
            self.put_aside = Some(old);
        }
        self.race.swap();
        self.traffic.is_stale = true;
        self.traffic.inspections.renew();
        self.traffic.walks.renew();
        self.traffic.traces.renew();
        self.announce();
    }

    fn announce(&mut self) {
        if let Some(run) = &self.run {
            self.traffic.events.push(Event::Opened(run.facts(self.put_aside.as_ref().map(Run::id))));
            let steps = run.keep.checkpoints.steps();
            if !steps.is_empty() {
                self.traffic.events.push(Event::Checkpoints { run: run.id(), steps });
            }
            self.race.announce(&mut self.traffic);
        }
    }

    fn announce_device(&mut self) {
        if let Some(device) = self.devices.usable() {
            let status = GpuStatus::Ready { facts: device.facts().clone() };
            self.traffic.events.push(Event::Gpu { status });
        }
    }

    fn set_mode(&mut self, mode: Mode) {
        match &mut self.run {
            Some(run) => {
                run.set_mode(mode, &mut self.team, &mut self.traffic);
                self.race.set_mode(mode, run, &mut self.traffic);
            }
            None => self.refuse(message::NOTHING_OPEN),
        }
    }
}
