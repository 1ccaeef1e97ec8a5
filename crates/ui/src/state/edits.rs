//! Undo and redo: the experiments that were asked for before the one in force, those that were undone, and
//! the runs that each of them opened.
//!
//! Undoing is asking for an earlier experiment again. If it began a run that the worker still has, that run
//! comes back with its weights; otherwise the network goes on under it, or begins again at step 0, as with
//! any other edit.

use rnn_protocol::{DataSource, Experiment, RunFacts, RunId, SETTINGS};

/// Versions kept in either direction.
const KEPT: usize = 100;

/// An experiment that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The experiment.
    pub experiment: Experiment,
    /// The run that it opened or went on with, once the worker has said so.
    pub run: Option<RunId>,
}

/// Which way one goes through the versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Undo.
    Back,
    /// Redo.
    Forward,
}

/// How the worker gets to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It has the run, put aside.
    BringBack(RunId),
    /// It has the data: the run on stage goes on, or a new one begins.
    Open,
    /// It must be given the data, which for a visitor's own is that of this run.
    Reload(Option<RunId>),
}

/// The versions around the one in force.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    past: Vec<Version>,
    future: Vec<Version>,
    /// The run of the version in force.
    run: Option<RunId>,
}

impl Edits {
    /// Another version takes the place of `before`. What had been undone is forgotten.
    pub fn push(&mut self, before: Experiment) {
        self.future.clear();
        keep(&mut self.past, Version { experiment: before, run: self.run.take() });
    }

    /// The next version in this direction that differs from the one in force, and the way there.
    #[must_use]
    pub fn next(
        &self,
        direction: Direction,
        current: &Experiment,
        stage: &RunFacts,
    ) -> Option<(&Version, Way)> {
        let differs = |version: &&Version| match version.way_from(stage) {
            Way::BringBack(_) | Way::Reload(_) => true,
            Way::Open => version.experiment != *current,
        };
        let next = self.list(direction).iter().rev().find(differs)?;
        Some((next, next.way_from(stage)))
    }

    /// Goes there. Returns the experiment that is to be in force, and the way to it.
    pub fn go(
        &mut self,
        direction: Direction,
        current: Experiment,
        stage: &RunFacts,
    ) -> Option<(Experiment, Way)> {
        let (next, way) = self.next(direction, &current, stage)?;
        let next = next.clone();
        let (from, to) = match direction {
            Direction::Back => (&mut self.past, &mut self.future),
            Direction::Forward => (&mut self.future, &mut self.past),
        };
        let place = from.iter().rposition(|version| *version == next)?;
        from.truncate(place);
        keep(to, Version { experiment: current, run: self.run });
        self.run = next.run;
        Some((next.experiment, way))
    }

    /// The worker opened one of the experiments asked for, with more to come.
    pub fn note(&mut self, opened: &RunFacts) {
        let awaited =
            |version: &&mut Version| version.run.is_none() && version.experiment == opened.experiment;
        if let Some(version) = self.past.iter_mut().rev().find(awaited) {
            version.run = Some(opened.run);
        }
    }

    /// Everything asked for is answered: `stage` is in force, and `requested` was refused if it is another.
    pub fn settle(&mut self, requested: &Experiment, stage: &RunFacts) {
        let is_stage = |version: &Version| version.experiment == stage.experiment;
        if *requested != stage.experiment {
            // What was refused is not among the versions, so that one undoes what is seen.
            if self.future.last().is_some_and(is_stage) {
                self.future.pop();
            } else if let Some(place) = self.past.iter().rposition(is_stage) {
                self.past.truncate(place);
            }
        }
        self.run = Some(stage.run);
        let is_same = |version: &mut Version| version.run == Some(stage.run) && is_stage(version);
        while self.past.pop_if(is_same).is_some() {}
    }

    /// A fresh worker knows no earlier run.
    pub fn forget_runs(&mut self) {
        self.run = None;
        self.past.iter_mut().chain(&mut self.future).for_each(|version| version.run = None);
    }

    fn list(&self, direction: Direction) -> &[Version] {
        match direction {
            Direction::Back => &self.past,
            Direction::Forward => &self.future,
        }
    }
}

impl Version {
    fn way_from(&self, stage: &RunFacts) -> Way {
        let has_data =
            self.experiment.lab == stage.experiment.lab && self.experiment.data == stage.experiment.data;
        match self.run {
            Some(run) if run == stage.run => Way::Open,
            Some(run) if stage.put_aside == Some(run) => Way::BringBack(run),
            // Texts of the same name need not be the same text.
            Some(run) if self.experiment.data != DataSource::Shipped => Way::Reload(Some(run)),
            _ if has_data => Way::Open,
            run => Way::Reload(run),
        }
    }
}

/// What was done between two versions, in a few words.
#[must_use]
pub fn difference(before: &Experiment, after: &Experiment) -> String {
    let changed = SETTINGS.iter().filter_map(|setting| {
        let (from, to) = (setting.get(before), setting.get(after));
        (from != to).then(|| format!("{} {from} → {to}", setting.label))
    });
    let changed: Vec<String> = changed.collect();
    match &changed[..] {
        _ if before.lab != after.lab => "another lab".to_owned(),
        _ if before.data != after.data => "other data".to_owned(),
        [] => "begin again".to_owned(),
        [only] => only.clone(),
        several => format!("{} settings", several.len()),
    }
}

fn keep(list: &mut Vec<Version>, version: Version) {
    if list.len() == KEPT {
        list.remove(0);
    }
    list.push(version);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::Setting;

    fn experiment(changes: &[(&str, &str)]) -> Experiment {
        let mut experiment = Experiment::default();
        for (key, value) in changes {
            Setting::find(key).unwrap().set(&mut experiment, value).unwrap();
        }
        experiment
    }

    fn own(name: &str) -> Experiment {
        Experiment { data: DataSource::Own { name: name.into() }, ..Experiment::default() }
    }

    /// A worker that does what is asked of it, and runs that have all taken steps.
    struct Bench {
        edits: Edits,
        requested: Experiment,
        stage: RunFacts,
        last_run: RunId,
    }

    impl Bench {
        fn new() -> Self {
            let mut bench = Self {
                edits: Edits::default(),
                requested: Experiment::default(),
                stage: crate::state::tests::facts(1, 0, None),
                last_run: 1,
            };
            bench.edits.settle(&bench.requested, &bench.stage);
            bench
        }

        fn edit(&mut self, experiment: Experiment) {
            self.edits.push(std::mem::replace(&mut self.requested, experiment));
            self.answer(Way::Open);
        }

        fn answer(&mut self, way: Way) {
            match way {
                Way::BringBack(run) => {
                    assert_eq!(self.stage.put_aside, Some(run));
                    self.stage.put_aside = Some(std::mem::replace(&mut self.stage.run, run));
                }
                Way::Open if self.stage.experiment.is_continued_by(&self.requested) => {}
                Way::Open | Way::Reload(_) => {
                    self.last_run += 1;
                    self.stage.put_aside = Some(std::mem::replace(&mut self.stage.run, self.last_run));
                }
            }
            self.stage.experiment = self.requested.clone();
            self.edits.settle(&self.requested, &self.stage);
        }

        fn go(&mut self, direction: Direction) -> Option<Way> {
            let (experiment, way) = self.edits.go(direction, self.requested.clone(), &self.stage)?;
            self.requested = experiment;
            self.answer(way);
            Some(way)
        }

        fn undo(&mut self) -> Option<Way> {
            self.go(Direction::Back)
        }

        fn redo(&mut self) -> Option<Way> {
            self.go(Direction::Forward)
        }
    }

    #[test]
    fn edits_are_undone_and_redone_in_their_order() {
        let mut bench = Bench::new();
        let versions = [
            Experiment::default(),
            experiment(&[("learning_rate", "0.1")]),
            experiment(&[("learning_rate", "0.1"), ("cell", "gru")]),
            experiment(&[("learning_rate", "0.5"), ("cell", "gru")]),
        ];
        versions[1..].iter().for_each(|version| bench.edit(version.clone()));
        assert_eq!((bench.stage.run, bench.undo()), (2, Some(Way::Open)));
        assert_eq!(bench.undo(), Some(Way::BringBack(1)), "the run comes back that trained before");
        assert_eq!((bench.stage.run, &bench.requested), (1, &versions[1]));
        assert_eq!(bench.undo(), Some(Way::Open));
        assert_eq!((bench.stage.run, &bench.requested), (1, &versions[0]));
        assert_eq!(bench.undo(), None);
        assert_eq!([bench.redo(), bench.redo()], [Some(Way::Open), Some(Way::BringBack(2))]);
        assert_eq!((bench.redo(), bench.redo()), (Some(Way::Open), None));
        assert_eq!((bench.stage.run, &bench.requested), (2, &versions[3]));
    }

    #[test]
    fn an_edit_forgets_what_was_undone() {
        let mut bench = Bench::new();
        bench.edit(experiment(&[("cell", "gru")]));
        bench.undo();
        bench.edit(experiment(&[("seed", "4")]));
        assert_eq!(bench.redo(), None);
        assert_eq!(bench.undo(), Some(Way::BringBack(1)));
    }

    #[test]
    fn a_run_that_is_gone_begins_again() {
        let mut bench = Bench::new();
        bench.edit(experiment(&[("cell", "gru")]));
        bench.edit(experiment(&[("cell", "elman")]));
        assert_eq!(bench.undo(), Some(Way::BringBack(2)));
        assert_eq!(bench.undo(), Some(Way::Open));
        assert_eq!((bench.stage.run, &bench.requested), (4, &Experiment::default()));
    }

    #[test]
    fn beginning_again_is_undone_only_while_the_run_before_is_there() {
        let mut bench = Bench::new();
        let reset = |bench: &mut Bench| {
            bench.edits.push(bench.requested.clone());
            bench.answer(Way::Reload(None));
        };
        reset(&mut bench);
        assert_eq!(bench.undo(), Some(Way::BringBack(1)));
        assert_eq!(bench.redo(), Some(Way::BringBack(2)));
        reset(&mut bench);
        assert_eq!(bench.undo(), Some(Way::BringBack(2)));
        assert_eq!(bench.undo(), None, "nothing would change");
    }

    #[test]
    fn own_texts_are_told_apart_by_their_runs() {
        let mut bench = Bench::new();
        let paste = |bench: &mut Bench| {
            bench.edits.push(std::mem::replace(&mut bench.requested, own("pasted text")));
            bench.answer(Way::Reload(None));
        };
        paste(&mut bench);
        paste(&mut bench);
        bench.edit(Experiment { seed: 7, ..own("pasted text") });
        assert_eq!(bench.undo(), Some(Way::BringBack(3)));
        assert_eq!(bench.undo(), Some(Way::Reload(Some(2))), "the first of two texts of one name");
        assert_eq!(bench.undo(), Some(Way::Reload(Some(1))));
        bench.edits.forget_runs();
        assert_eq!(bench.redo(), Some(Way::Reload(None)), "a fresh worker has other numbers");
    }

    #[test]
    fn what_is_refused_is_not_undone_later() {
        let mut bench = Bench::new();
        bench.edit(experiment(&[("cell", "gru")]));
        let refuse = |bench: &mut Bench| {
            bench.edits.settle(&bench.requested, &bench.stage);
            bench.requested = bench.stage.experiment.clone();
        };
        let huge = experiment(&[("hidden_size", "1000000")]);
        bench.edits.push(std::mem::replace(&mut bench.requested, huge));
        refuse(&mut bench);
        assert_eq!(bench.undo(), Some(Way::BringBack(1)));
        // An undo that is refused leads back to where it began.
        bench.redo();
        let (earlier, _) = bench.edits.go(Direction::Back, bench.requested.clone(), &bench.stage).unwrap();
        bench.requested = earlier;
        refuse(&mut bench);
        assert_eq!((bench.redo(), bench.stage.run), (None, 2));
    }

    #[test]
    fn edits_that_overtake_the_answers_find_their_runs() {
        let mut bench = Bench::new();
        let gru = experiment(&[("cell", "gru")]);
        let elman = experiment(&[("cell", "elman")]);
        bench.edits.push(std::mem::replace(&mut bench.requested, gru.clone()));
        bench.edits.push(std::mem::replace(&mut bench.requested, elman.clone()));
        bench.edits.note(&RunFacts { experiment: gru, ..crate::state::tests::facts(2, 0, Some(1)) });
        bench.stage = RunFacts { experiment: elman, ..crate::state::tests::facts(3, 0, Some(2)) };
        bench.edits.settle(&bench.requested, &bench.stage);
        assert_eq!(bench.undo(), Some(Way::BringBack(2)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut bench = Bench::new();
        for seed in 1..1000_u32 {
            bench.edit(Experiment { seed, ..Experiment::default() });
        }
        assert_eq!(std::iter::from_fn(|| bench.undo()).count(), KEPT);
    }

    #[test]
    fn a_difference_is_told_in_a_few_words() {
        let before = Experiment::default();
        assert_eq!(difference(&before, &experiment(&[("hidden_size", "64")])), "Hidden size 128 → 64");
        assert_eq!(difference(&before, &experiment(&[("hidden_size", "64"), ("seed", "2")])), "2 settings");
        assert_eq!(difference(&before, &own("a")), "other data");
        assert_eq!(difference(&before, &before), "begin again");
    }
}
