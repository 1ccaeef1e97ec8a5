//! What the page knows of the networks that race with the first one.
//!
//! The first contender is the run of which the rest of the page's state speaks; each rival has a lane of its own.

use super::{Alert, History, PageState, contender_names};
use crate::format::counted;
use rnn_protocol::{Budget, BudgetUnit, Event, Experiment, RunFacts, RunId, Snapshot};

/// What a network has cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// Milliseconds that its training took.
    pub training_millis: f64,
    /// Milliseconds of a step, on average; 0 while none is known.
    pub step_millis: f64,
}

/// What the page knows of one rival.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    facts: RunFacts,
    history: History,
    snapshot: Option<Snapshot>,
    is_playing: bool,
    prompt: String,
}

/// The rivals of the run on stage and of the one put aside.
#[derive(Debug, Clone, Default)]
pub struct Race {
    rivals: Vec<Lane>,
    aside: Vec<Lane>,
    /// Those whose runs may be about to come back.
    returning: Vec<Lane>,
    is_first_playing: bool,
    /// The contender that the page looks into, from 0.
    chosen: usize,
}

/// One network of a race, or the only one.
#[derive(Debug, Clone)]
pub struct Contender<'a> {
    /// What it is called, unlike all others.
    pub name: String,
    /// The facts of its run.
    pub facts: &'a RunFacts,
    /// What it has reported so far.
    pub history: &'a History,
    /// The last look inside it.
    pub snapshot: Option<&'a Snapshot>,
    /// Whether it trains now.
    pub is_playing: bool,
}

impl Race {
    /// Whether any network trains.
    #[must_use]
    pub fn is_anybody_playing(&self) -> bool {
        self.is_first_playing || self.rivals.iter().any(|lane| lane.is_playing)
    }

    /// Another run comes on stage; its rivals follow.
    pub(super) fn change_run(&mut self, is_put_aside: bool) {
        let old = std::mem::take(&mut self.rivals);
        self.returning.clear();
        if is_put_aside {
            self.returning = std::mem::replace(&mut self.aside, old);
        }
    }

    /// Whether a rival has taken a step.
    pub(super) fn has_stepped(&self) -> bool {
        self.rivals.iter().any(|lane| lane.history.step() > 0)
    }

    fn join(&mut self, rival: u32, facts: RunFacts) {
        let place = (rival.saturating_sub(1) as usize).min(self.rivals.len());
        let is_known = self.rivals.get(place).is_some_and(|lane| lane.facts.run == facts.run);
        let mut lane = if is_known {
            self.rivals.remove(place)
        } else {
            let back = self.returning.iter().position(|lane| lane.facts.run == facts.run);
            back.map_or_else(|| Lane::new(facts.clone()), |index| self.returning.swap_remove(index))
        };
        lane.history.bring_to_step(facts.step);
        lane.is_playing = facts.playing;
        lane.facts = facts;
        self.rivals.insert(place, lane);
    }
}

impl Lane {
    fn new(facts: RunFacts) -> Self {
        let history = History::new(facts.run, facts.experiment.lab);
        Self { facts, history, snapshot: None, is_playing: false, prompt: String::new() }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Playing { playing, .. } => {
                self.is_playing = playing;
                if playing {
                    self.history.trouble = None;
                }
            }
            Event::Stepped { reports, .. } => {
                let clip_norm = self.facts.experiment.training.clip_norm;
                reports.into_iter().for_each(|report| self.history.push_step(report, clip_norm));
            }
            Event::Clocked { training_millis, step_millis, .. } => {
                self.history.cost = Cost { training_millis, step_millis };
            }
            Event::Validation { step, value, .. } => self.history.push_held_out(step, value),
            Event::Baseline { name, value, .. } => self.history.set_baseline(name, value),
            Event::Recalled { past, .. } => self.history.recall(past),
            Event::Text { step, sample, piece, .. } => {
                let prompt = &mut self.prompt;
                self.history.samples.push(step, sample, &piece, || std::mem::take(prompt));
            }
            Event::Diverged { kept_step, message, .. } => {
                self.is_playing = false;
                self.history.bring_to_step(kept_step);
                self.history.trouble = Some(message);
            }
            _ => {}
        }
    }
}

impl PageState {
    /// Takes in what a rival's run says. Returns everything else.
    pub(super) fn hear_of_rivals(&mut self, event: Event) -> Option<Event> {
        let run = match event {
            Event::Joined { rival, facts } => {
                self.race.join(rival, facts);
                self.playing = self.race.is_anybody_playing();
                return None;
            }
            Event::Playing { run, .. }
            | Event::Stepped { run, .. }
            | Event::Clocked { run, .. }
            | Event::Validation { run, .. }
            | Event::Baseline { run, .. }
            | Event::Recalled { run, .. }
            | Event::Text { run, .. }
            | Event::Diverged { run, .. } => run,
            _ => return Some(event),
        };
        let Some(place) = self.race.rivals.iter().position(|lane| lane.facts.run == run) else {
            return Some(event);
        };
        if let Event::Diverged { message, .. } = &event {
            self.tell_divergence(place + 1, message.clone());
        }
        self.race.rivals[place].hear(event);
        self.playing = self.race.is_anybody_playing();
        None
    }

    /// Takes in a look inside a rival. Returns that of any other run.
    pub(super) fn look_at_rivals(&mut self, snapshot: Snapshot) -> Option<Snapshot> {
        let run = snapshot.header.run;
        match self.race.rivals.iter_mut().find(|lane| lane.facts.run == run) {
            Some(lane) => {
                lane.snapshot = Some(snapshot);
                None
            }
            None => Some(snapshot),
        }
    }

    /// The first contender trains, or does not.
    pub(super) fn set_first_playing(&mut self, is_playing: bool) {
        self.race.is_first_playing = is_playing;
        self.playing = self.race.is_anybody_playing();
    }

    /// A contender, counted from 0, has stopped because its numbers are none any longer.
    pub(super) fn tell_divergence(&mut self, contender: usize, message: String) {
        let name = self.contenders().get(contender).map(|contender| contender.name.clone());
        self.alert = Some(match name.filter(|_| self.is_race()) {
            Some(name) => Alert {
                title: "A network diverged",
                message: format!("{name}: {message} The others go on."),
                remedy: None,
            },
            None => Alert { title: "The network diverged", message, remedy: None },
        });
    }

    /// The next samples of all networks continue `prompt`.
    pub(super) fn ask_rivals_for_text(&mut self, prompt: &str) {
        self.race.rivals.iter_mut().for_each(|lane| prompt.clone_into(&mut lane.prompt));
    }

    /// Whether several networks race.
    #[must_use]
    pub fn is_race(&self) -> bool {
        !self.race.rivals.is_empty()
    }

    /// The networks on stage, the first one first.
    #[must_use]
    pub fn contenders(&self) -> Vec<Contender<'_>> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let first = (facts, &self.history, self.snapshot.as_ref(), self.race.is_first_playing);
        let rivals = self.race.rivals.iter();
        let rivals = rivals.map(|lane| (&lane.facts, &lane.history, lane.snapshot.as_ref(), lane.is_playing));
        let all: Vec<_> = std::iter::once(first).chain(rivals).collect();
        let experiments: Vec<Experiment> = all.iter().map(|(facts, ..)| facts.experiment.clone()).collect();
        let names = contender_names(&experiments);
        all.into_iter()
            .zip(names)
            .map(|((facts, history, snapshot, is_playing), name)| Contender {
                name,
                facts,
                history,
                snapshot,
                is_playing,
            })
            .collect()
    }

    /// How far everybody has come: run, steps, readings of the held-out data. Cheaper than
    /// [`PageState::contenders`].
    #[must_use]
    pub fn progress(&self) -> Vec<(RunId, u32, usize)> {
        let rivals = self.race.rivals.iter().map(|lane| &lane.history);
        let histories = std::iter::once(&self.history).chain(rivals);
        histories.map(|history| (history.run, history.step(), history.held_out().len())).collect()
    }

    /// The steps of the network that has come furthest.
    #[must_use]
    pub fn furthest_step(&self) -> u32 {
        self.race.rivals.iter().map(|lane| lane.history.step()).fold(self.step(), u32::max)
    }

    /// The contender that the page looks into, from 0.
    #[must_use]
    pub fn chosen_contender(&self) -> usize {
        self.race.chosen.min(self.race.rivals.len())
    }

    /// Looks into another contender.
    pub fn choose_contender(&mut self, contender: usize) {
        self.race.chosen = contender;
    }

    /// The last look inside the chosen contender.
    #[must_use]
    pub fn chosen_snapshot(&self) -> Option<&Snapshot> {
        self.chosen_lane().map_or(self.snapshot.as_ref(), |lane| lane.snapshot.as_ref())
    }

    /// The facts of the chosen contender's run.
    #[must_use]
    pub fn chosen_facts(&self) -> Option<&RunFacts> {
        self.chosen_lane().map_or(self.facts.as_ref(), |lane| Some(&lane.facts))
    }

    /// What the chosen contender has reported.
    #[must_use]
    pub fn chosen_history(&self) -> &History {
        self.chosen_lane().map_or(&self.history, |lane| &lane.history)
    }

    /// Whether everybody has spent what the budget gives, and what that has bought is measured.
    #[must_use]
    pub fn has_used_budget(&self) -> bool {
        let Some(budget) = self.facts.as_ref().map(|facts| facts.experiment.budget) else { return false };
        let rivals = self.race.rivals.iter().map(|lane| &lane.history);
        std::iter::once(&self.history).chain(rivals).all(|history| history.is_final(budget))
    }

    /// The sentence of a run that the budget has ended.
    pub(super) fn final_status(&self) -> String {
        match self.facts.as_ref().map(|facts| facts.experiment.budget) {
            Some(Budget { amount, unit: BudgetUnit::Seconds }) => {
                format!("Finished: {} of training are used up", counted(amount.into(), "second"))
            }
            _ => format!("Finished at step {}", self.step()),
        }
    }

    fn chosen_lane(&self) -> Option<&Lane> {
        self.chosen_contender().checked_sub(1).and_then(|index| self.race.rivals.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::{DataDelivery, Rival, SnapshotHeader, StepReport};

    fn facts(run: RunId, experiment: &Experiment, step: u32) -> RunFacts {
        RunFacts {
            run,
            experiment: experiment.clone(),
            step,
            playing: false,
            put_aside: Some(1),
            data: DataDelivery::default(),
            parameter_count: 1000 * u64::from(run),
            symbol_count: 80,
            training_items: Some(1_000),
            held_out_items: 50,
            batch_size: 32,
            sequence_length: 64,
            notes: Vec::new(),
        }
    }

    fn experiment(rivals: &str) -> Experiment {
        Experiment {
            rivals: Rival::parse_all(rivals).unwrap(),
            budget: Budget { amount: 20, ..Budget::default() },
            ..Experiment::default()
        }
    }

    fn open(state: &mut PageState, first: RunId, experiment: &Experiment, step: u32) {
        state.apply(Event::Opened(facts(first, experiment, step)));
        for (place, own) in (0..).zip(experiment.contenders()).skip(1) {
            state.apply(Event::Joined { rival: place, facts: facts(first + place, &own, step) });
        }
    }

    fn stepped(run: RunId, steps: std::ops::RangeInclusive<u32>) -> Event {
        let reports = steps.map(|step| StepReport { step, loss: 1.5, grad_norm: 0.4 }).collect();
        Event::Stepped { run, reports, items_per_second: 40_000.0 }
    }

    fn steps(state: &PageState) -> Vec<u32> {
        state.contenders().iter().map(|contender| contender.history.step()).collect()
    }

    #[test]
    fn each_network_has_its_own_lane() {
        let mut state = PageState::default();
        open(&mut state, 1, &experiment("cell:gru;cell:elman"), 0);
        state.apply(stepped(1, 1..=5));
        state.apply(stepped(3, 1..=4));
        state.apply(Event::Clocked { run: 3, training_millis: 80.0, step_millis: 20.0 });
        state.apply(Event::Validation { run: 2, step: 3, value: 2.5 });
        assert_eq!(steps(&state), [5, 0, 4]);
        let contenders = state.contenders();
        assert_eq!(contenders[2].history.cost, Cost { training_millis: 80.0, step_millis: 20.0 });
        assert_eq!(contenders[1].history.held_out().len(), 1);
        assert_eq!(
            contenders.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["LSTM", "GRU", "Elman"]
        );
        let look =
            |run| Snapshot::new(SnapshotHeader { run, ..SnapshotHeader::default() }, Vec::new()).unwrap();
        state.look(look(2));
        assert!(state.snapshot.is_none() && state.chosen_snapshot().is_none());
        state.choose_contender(1);
        assert_eq!(state.chosen_snapshot().unwrap().header.run, 2);
        assert_eq!(state.chosen_facts().unwrap().run, 2);
        state.choose_contender(9);
        assert_eq!(state.chosen_facts().unwrap().run, 3, "there are no more than three");
    }

    #[test]
    fn it_trains_as_long_as_anybody_does() {
        let mut state = PageState::default();
        open(&mut state, 1, &experiment("cell:gru"), 0);
        for run in [1, 2] {
            state.apply(Event::Playing { run, playing: true });
        }
        state.apply(stepped(2, 1..=9));
        let message = "Training stopped at step 7.".to_owned();
        state.apply(Event::Diverged { run: 2, step: 7, kept_step: 6, message });
        let alert = state.alert.clone().unwrap();
        assert_eq!(alert.message, "GRU: Training stopped at step 7. The others go on.");
        assert!(state.playing && steps(&state) == [0, 6]);
        state.apply(stepped(1, 1..=20));
        state.apply(Event::Playing { run: 1, playing: false });
        assert!(!state.playing && !state.has_used_budget(), "the last reading is still to come");
        state.apply(Event::Validation { run: 1, step: 20, value: 2.5 });
        assert!(state.has_used_budget(), "who has diverged holds nobody up");
    }

    #[test]
    fn undo_brings_every_lane_back() {
        let mut state = PageState::default();
        let race = experiment("cell:gru;same");
        open(&mut state, 1, &race, 0);
        (1..=3).for_each(|run| state.apply(stepped(run, 1..=7)));
        open(&mut state, 4, &race, 0);
        assert_eq!(steps(&state), [0, 0, 0]);
        (4..=6).for_each(|run| state.apply(stepped(run, 1..=2)));
        open(&mut state, 1, &race, 7);
        assert_eq!(steps(&state), [7, 7, 7]);
        assert_eq!(state.contenders()[2].history.points().len(), 7);
        // A run alone, and back.
        state.apply(Event::Opened(facts(7, &experiment(""), 0)));
        assert!(!state.is_race());
        state.apply(stepped(7, 1..=1));
        open(&mut state, 1, &race, 7);
        assert_eq!(state.contenders()[1].history.points().len(), 7);
        // A live edit says everybody's facts again and keeps the curves.
        open(&mut state, 1, &race, 7);
        assert_eq!((steps(&state), state.contenders().len()), (vec![7, 7, 7], 3));
    }
}
