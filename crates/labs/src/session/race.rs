//! A race: several runs on one stage that take turns, step by step.
//!
//! The first contender is the run that every command means; its rivals follow it. Whoever has a step in hand goes
//! on with it. Otherwise the next step is that of the contender that has spent least of what the budget counts,
//! steps or training time; of equals, the first. Each one's time is its own, so that it can be compared, and for
//! the same reason a race asks no helper and no device. No number of a run depends on there being others.

use super::keep;
use super::run::{LOOK_MILLIS, Mode, Run};
use super::turn::{Looks, Traffic, Turn};
use crate::device::Devices;
use crate::team::Team;
use crate::{Lab, LabData, LabError, Slice};
use rnn_protocol::{BudgetUnit, Event, Experiment};

/// The labs of a race: the experiment's own, and its rivals' with their experiments.
pub(super) type Labs = (Box<dyn Lab>, Vec<(Experiment, Box<dyn Lab>)>);

/// Who races with the run on stage, and raced with the one put aside.
pub(super) struct Race {
    rivals: Vec<Run>,
    aside: Vec<Run>,
    /// Nobody, and no device.
    team: Team,
    devices: Devices,
}

/// What a run keeps while it races.
#[derive(Debug, Default)]
pub(super) struct Contender {
    /// Steps by hand that follow the one in hand.
    extra_steps: u32,
    /// Whether the page shows an older look than there is, or another quantity.
    has_unsent_look: bool,
    /// When a look was sent last.
    sent_millis: Option<f64>,
}

impl Contender {
    /// Whether a step by hand is followed by another.
    pub(super) fn take_extra_step(&mut self) -> bool {
        let is_taken = self.extra_steps > 0;
        self.extra_steps -= u32::from(is_taken);
        is_taken
    }
}

/// Sets up the labs of a race; of a single run, where there are no rivals.
pub(super) fn open(data: &LabData, experiment: &Experiment) -> Result<Labs, LabError> {
    if !experiment.rivals.is_empty() {
        let mut plans = experiment.contenders().map(|contender| data.memory(&contender));
        let first = plans.next().unwrap_or_else(|| data.memory(experiment))?;
        let plan = plans.try_fold(first, |sum, plan| plan.map(|plan| sum.and(1, plan)))?;
        if !plan.fits() {
            return Err(LabError::TooMuchMemoryTogether { plan });
        }
    }
    let rivals = experiment.contenders().skip(1);
    let rivals = rivals.map(|rival| data.open(&rival).map(|lab| (rival, lab))).collect::<Result<_, _>>()?;
    Ok((data.open(experiment)?, rivals))
}

impl Race {
    /// Nobody.
    pub(super) fn new() -> Self {
        Self { rivals: Vec::new(), aside: Vec::new(), team: Team::new(), devices: Devices::default() }
    }

    /// Who races with the run on stage.
    pub(super) fn rivals(&self) -> &[Run] {
        &self.rivals
    }

    /// Whether anybody races with the run on stage.
    pub(super) fn is_on(&self) -> bool {
        !self.rivals.is_empty()
    }

    /// Rivals race with the run that comes on stage. Those before are put aside with theirs, or forgotten.
    pub(super) fn begin(&mut self, rivals: Vec<Run>, is_old_kept: bool) {
        let old = std::mem::replace(&mut self.rivals, rivals);
        if is_old_kept {
            self.aside = old;
        }
    }

    /// The run on stage and the one put aside change places.
    pub(super) fn swap(&mut self) {
        std::mem::swap(&mut self.rivals, &mut self.aside);
    }

    /// Before another run comes on stage.
    pub(super) fn leave_stage(&mut self, traffic: &mut Traffic) {
        for rival in &mut self.rivals {
            rival.leave_stage(&mut self.team, traffic);
        }
    }

    /// Whether anybody plays; if not, what the run on stage does.
    pub(super) fn mode(&self, lead: &Run) -> Mode {
        let mut modes = self.rivals.iter().chain([lead]).map(Run::mode);
        if modes.any(|mode| mode == Mode::Playing) { Mode::Playing } else { lead.mode() }
    }

    /// Whether anybody has taken a step.
    pub(super) fn has_stepped(&self, lead: &Run) -> bool {
        self.rivals.iter().chain([lead]).any(|run| run.step() > 0)
    }

    /// Plays, pauses or steps like the run on stage.
    pub(super) fn set_mode(&mut self, mode: Mode, lead: &Run, traffic: &mut Traffic) {
        let counts_steps = lead.experiment.budget.unit == BudgetUnit::Steps;
        for rival in &mut self.rivals {
            // By hand all come to the same step.
            let is_behind = counts_steps && rival.step() + 1 == lead.step();
            if let Some(contender) = &mut rival.race {
                contender.extra_steps = u32::from(is_behind && mode == Mode::Stepping);
            }
            rival.set_mode(mode, &mut self.team, traffic);
        }
    }

    /// Goes on under this experiment.
    pub(super) fn tune(&mut self, experiment: &Experiment) {
        for (rival, own) in self.rivals.iter_mut().zip(experiment.contenders().skip(1)) {
            rival.tune(own);
        }
    }

    /// Writes what the run on stage is to write.
    pub(super) fn generate(&mut self, prompt: &str, length: u32) {
        self.rivals.iter_mut().for_each(|rival| rival.generate(prompt, length));
    }

    /// Reads the held-out data as soon as the step in hand is done.
    pub(super) fn request_evaluation(&mut self) {
        self.rivals.iter_mut().for_each(Run::request_evaluation);
    }

    /// Says who is on stage, beside the run that was just said to be.
    pub(super) fn announce(&self, traffic: &mut Traffic) {
        for (number, rival) in (1..).zip(&self.rivals) {
            traffic.events.push(Event::Joined { rival: number, facts: rival.facts(None) });
        }
    }

    /// The runs, and the team and devices that they have: none.
    pub(super) fn parts(&mut self) -> (&mut [Run], &mut Team, &mut Devices) {
        (&mut self.rivals, &mut self.team, &mut self.devices)
    }
}

/// Lets the contenders work until the slice is over. Returns whether anything is left to do.
pub(super) fn advance(lead: &mut Run, rivals: &mut [Run], turn: &mut Turn<'_>) -> bool {
    if std::mem::take(&mut turn.traffic.is_stale) {
        everybody(lead, rivals).for_each(Run::keep_look);
    }
    let is_watched = turn.config.is_watched;
    let unit = lead.experiment.budget.unit;
    let mut is_playing = everybody(lead, rivals).any(|run| run.mode() == Mode::Playing);
    if is_watched && !is_playing {
        for run in everybody(lead, rivals) {
            run.peek(turn);
            if std::mem::take(&mut turn.traffic.is_stale) {
                run.keep_look();
            }
            run.write_on(u32::MAX, turn.slice, turn.traffic);
        }
        lead.work_aside(turn.slice, turn.traffic);
    }
    keep::save_if_asked(lead, rivals, turn);
    // At least one part of work, even if the slice was over before it began.
    loop {
        turn.looks = whose_look(lead, rivals, turn.now());
        let candidates = everybody(lead, rivals).filter(|run| run.has_training_to_do(turn));
        let Some(next) = candidates.min_by(|a, b| spent(a, unit).total_cmp(&spent(b, unit))) else { break };
        next.work(turn);
        if std::mem::take(&mut turn.traffic.is_stale) {
            next.keep_look();
        }
        keep::save_if_asked(lead, rivals, turn);
        send_look(lead, rivals, turn);
        if turn.slice.is_over() {
            break;
        }
    }
    send_look(lead, rivals, turn);
    is_playing &= everybody(lead, rivals).any(|run| run.mode() == Mode::Playing);
    if is_watched && is_playing && lead.clock().training_millis > LOOK_MILLIS {
        lead.work_aside(&Slice::new(turn.clock, 1.0), turn.traffic);
    }
    lead.walk_if_due(turn);
    let mut is_busy = lead.look_at_cell(turn) || (is_watched && lead.lab.has_work_aside());
    for run in everybody(lead, rivals) {
        run.report_if_due(turn);
        let is_writing =
            is_watched && !is_playing && (run.lab.has_output_to_write() || run.owes_peek(turn.team));
        is_busy |= is_writing || run.has_training_to_do(turn);
    }
    is_busy
}

impl Run {
    /// Its look is to be sent.
    fn keep_look(&mut self) {
        if let Some(contender) = &mut self.race {
            contender.has_unsent_look = true;
        }
    }
}

fn everybody<'a>(lead: &'a mut Run, rivals: &'a mut [Run]) -> impl Iterator<Item = &'a mut Run> {
    std::iter::once(lead).chain(rivals)
}

/// What a contender has spent of the budget; one with a step in hand goes first.
fn spent(run: &Run, unit: BudgetUnit) -> f64 {
    match unit {
        _ if run.is_mid_step => f64::NEG_INFINITY,
        BudgetUnit::Steps => f64::from(run.step()),
        BudgetUnit::Seconds => run.clock().training_millis,
    }
}

/// Together they are looked at as often as one run alone; the one whose last look is oldest comes next.
fn whose_look(lead: &Run, rivals: &[Run], now: f64) -> Looks {
    let everybody = || rivals.iter().chain([lead]);
    let latest = everybody().map(|run| run.looked_millis).fold(f64::NEG_INFINITY, f64::max);
    let at_work = everybody().filter(|run| run.mode() != Mode::Paused);
    match at_work.min_by(|a, b| a.looked_millis.total_cmp(&b.looked_millis)) {
        Some(oldest) if now - latest >= LOOK_MILLIS || oldest.mode() == Mode::Stepping => {
            Looks::Of(oldest.id())
        }
        _ => Looks::None,
    }
}

/// Sends the look of whoever has waited longest, if the page takes one.
fn send_look(lead: &mut Run, rivals: &mut [Run], turn: &mut Turn<'_>) {
    let now = turn.now();
    while turn.traffic.has_credit {
        let waiting = everybody(lead, rivals).filter_map(|run| {
            let sent = run.race.as_ref().filter(|race| race.has_unsent_look)?.sent_millis;
            Some((sent.unwrap_or(f64::NEG_INFINITY), run))
        });
        let Some((_, next)) = waiting.min_by(|(a, _), (b, _)| a.total_cmp(b)) else { return };
        if let Some(contender) = &mut next.race {
            contender.has_unsent_look = false;
            contender.sent_millis = Some(now);
        }
        next.send_snapshot(turn.traffic);
    }
}
