use super::*;
use rnn_protocol::{BUILD_ID, CellKind, Event, SnapshotHeader, StepReport};

pub(super) fn facts(run: RunId, step: u32, put_aside: Option<RunId>) -> RunFacts {
    RunFacts {
        run,
        experiment: Experiment::default(),
        step,
        playing: false,
        put_aside,
        data: DataDelivery::default(),
        parameter_count: 107_000,
        symbol_count: 80,
        training_items: Some(1_000),
        held_out_items: 50,
        batch_size: 32,
        sequence_length: 64,
        notes: Vec::new(),
    }
}

fn stepped(run: RunId, steps: std::ops::RangeInclusive<u32>) -> Event {
    let reports = steps.map(|step| StepReport { step, loss: 1.5, grad_norm: 0.4 }).collect();
    Event::Stepped { run, reports, items_per_second: 40_000.0 }
}

fn with_cell(cell: CellKind) -> Experiment {
    let mut experiment = Experiment::default();
    experiment.model.cell = cell;
    experiment
}

fn opened() -> PageState {
    let mut state = PageState::default();
    state.apply(Event::Opened(facts(1, 0, None)));
    state
}

#[test]
fn the_status_follows_the_run() {
    let mut state = PageState::default();
    assert!(state.status().starts_with("Starting"));
    state.apply(Event::Opened(facts(1, 0, None)));
    assert!(state.status().starts_with("Ready"));
    state.apply(Event::Playing { run: 1, playing: true });
    assert_eq!(state.status(), "Training");
    state.apply(stepped(1, 1..=7));
    state.apply(Event::Playing { run: 1, playing: false });
    assert_eq!(state.status(), "Paused at step 7");
    let message = "Training stopped at step 8.".to_owned();
    state.apply(Event::Diverged { run: 1, step: 8, kept_step: 6, message });
    assert_eq!(state.status(), "Training stopped at step 8.");
    assert_eq!(state.step(), 6, "the step shown is that of the weights kept");
}

#[test]
fn another_arithmetic_takes_a_fresh_worker_which_may_be_of_the_old_one() {
    let mut state = opened();
    state.apply(Event::Playing { run: 1, playing: true });
    state.want_arithmetic(Arithmetic::Fast);
    assert!(!state.can_train() && !state.playing && !state.lacks_wanted_arithmetic());
    state.apply(Event::Hello { build: String::new(), arithmetic: Arithmetic::Reproducible });
    assert!(state.lacks_wanted_arithmetic());
    state.want_arithmetic(Arithmetic::Fast);
    state.apply(Event::Hello { build: String::new(), arithmetic: Arithmetic::Fast });
    assert!(!state.lacks_wanted_arithmetic());
}

#[test]
fn who_trains_is_said_of_one_run() {
    let staffed = |run| Event::Staffed { run, staffing: Staffing::Together { workers: 2 }, lost_helpers: 0 };
    let mut state = opened();
    state.apply(staffed(9));
    assert_eq!(state.crew, None);
    state.apply(staffed(1));
    assert_eq!(state.crew.map(|crew| crew.staffing), Some(Staffing::Together { workers: 2 }));
    state.apply(Event::Opened(facts(2, 0, None)));
    assert_eq!(state.crew, None, "another run has yet to be split");
}

#[test]
fn what_belongs_to_another_run_is_dropped() {
    let mut state = opened();
    state.apply(stepped(9, 1..=4));
    state.apply(Event::Playing { run: 9, playing: true });
    state.apply(Event::Validation { run: 9, step: 4, value: 3.0 });
    state.look(Snapshot::new(SnapshotHeader { run: 9, ..SnapshotHeader::default() }, Vec::new()).unwrap());
    assert_eq!(state.step(), 0);
    assert!(!state.playing && state.history.held_out().is_empty() && state.snapshot.is_none());
}

#[test]
fn undo_brings_the_run_and_its_curves_back() {
    let mut state = opened();
    assert_eq!((state.offer(Direction::Back), state.travel(Direction::Back)), (None, None));
    state.apply(stepped(1, 1..=300));
    state.apply(Event::Validation { run: 1, step: 300, value: 2.4 });
    let gru = with_cell(CellKind::Gru);
    state.request(gru.clone());
    assert_eq!(state.travel(Direction::Back), None, "the answer decides what the way back is");
    state.apply(Event::Opened(RunFacts { experiment: gru.clone(), ..facts(2, 0, Some(1)) }));
    assert_eq!(state.step(), 0);
    let offer = MoveOffer { edit: "Cell lstm → gru".into(), run: Some(Some(300)) };
    assert_eq!(state.offer(Direction::Back), Some(offer));
    state.apply(stepped(2, 1..=5));
    assert_eq!(state.travel(Direction::Back), Some(Way::BringBack(1)));
    state.apply(Event::Opened(facts(1, 300, Some(2))));
    assert_eq!((state.history.points().len(), state.history.held_out().len()), (300, 1));
    assert_eq!(state.offer(Direction::Back), None);
    assert_eq!(state.offer(Direction::Forward).unwrap().run, Some(Some(5)));
    state.apply(Event::Opened(facts(1, 300, None)));
    assert_eq!(state.offer(Direction::Forward).unwrap().run, None, "it begins again at step 0");
}

#[test]
fn a_run_without_a_step_does_not_take_the_place_of_the_one_put_aside() {
    let mut state = opened();
    state.apply(stepped(1, 1..=300));
    let (gru, elman) = (with_cell(CellKind::Gru), with_cell(CellKind::Elman));
    for (run, experiment) in [(2, gru), (3, elman)] {
        state.request(experiment.clone());
        state.apply(Event::Opened(RunFacts { experiment, ..facts(run, 0, Some(1)) }));
    }
    assert_eq!(state.travel(Direction::Back), Some(Way::Open), "the second run is gone");
    let gru = state.requested.clone();
    state.apply(Event::Opened(RunFacts { experiment: gru, ..facts(4, 0, Some(1)) }));
    assert_eq!(state.offer(Direction::Back).unwrap().run, Some(Some(300)));
    assert_eq!(state.travel(Direction::Back), Some(Way::BringBack(1)));
    state.apply(Event::Opened(facts(1, 300, Some(4))));
    assert_eq!(state.history.points().len(), 300);
}

#[test]
fn beginning_again_can_be_undone() {
    let mut state = opened();
    state.apply(stepped(1, 1..=9));
    state.request_again(state.requested.clone());
    state.apply(Event::Opened(facts(2, 0, Some(1))));
    let offer = MoveOffer { edit: "begin again".into(), run: Some(Some(9)) };
    assert_eq!(state.offer(Direction::Back), Some(offer));
}

#[test]
fn a_live_edit_keeps_the_curve() {
    let mut state = opened();
    state.apply(stepped(1, 1..=10));
    let mut edited = facts(1, 10, None);
    edited.experiment.training.learning_rate = 0.1;
    state.request(edited.experiment.clone());
    state.apply(Event::Opened(edited.clone()));
    assert_eq!(state.step(), 10);
    assert_eq!(state.requested, edited.experiment);
}

#[test]
fn the_second_of_two_quick_edits_is_not_undone_by_the_answer_to_the_first() {
    let mut state = opened();
    let mut first = Experiment::default();
    first.model.layers = 2;
    state.request(first.clone());
    let mut second = first.clone();
    second.model.hidden_size = 64;
    state.request(second.clone());
    state.apply(Event::Opened(RunFacts { experiment: first, ..facts(2, 0, Some(1)) }));
    assert_eq!(state.requested, second);
    state.apply(Event::Opened(RunFacts { experiment: second.clone(), ..facts(3, 0, Some(1)) }));
    assert_eq!(state.requested, second);
}

#[test]
fn a_refusal_puts_the_fields_back_and_touches_no_run() {
    let mut state = opened();
    state.apply(stepped(1, 1..=3));
    let mut huge = Experiment::default();
    huge.model.hidden_size = 100_000;
    state.request(huge);
    let version = state.form_version;
    state.apply(Event::Refused { message: "It would need 300 GB.".into() });
    assert_eq!(state.requested, Experiment::default());
    assert!(state.form_version > version);
    assert_eq!(state.step(), 3);
    assert!(state.alert.is_some());
}

#[test]
fn each_run_is_known_with_its_data() {
    let mut state = PageState::default();
    assert_eq!(state.data_bytes(), None);
    for (run, number, bytes) in [(1, 1, 1_200_000), (2, 1, 1_200_000), (3, 2, 500)] {
        let data = DataDelivery { number, bytes };
        state.apply(Event::Opened(RunFacts { data, ..facts(run, 0, None) }));
        assert_eq!(state.data_bytes(), Some(bytes));
    }
    assert_eq!([1, 2, 3, 4].map(|run| state.data_number(run)), [Some(1), Some(1), Some(2), None]);
    let arithmetic = Arithmetic::default();
    state.apply(Event::Hello { build: BUILD_ID.to_owned(), arithmetic });
    assert_eq!(state.data_number(3), None, "a fresh worker counts anew");
}

#[test]
fn only_the_sample_asked_for_has_the_prompt() {
    let mut state = opened();
    state.ask_for_text("Call me ".into());
    for (sample, piece) in [(0, "Ish"), (0, "mael"), (1, "The ")] {
        state.apply(Event::Text { run: 1, step: 5, sample, piece: piece.into() });
    }
    assert_eq!(state.history.samples.current().unwrap().prompt, "");
    let first = state.history.samples.earlier().next().unwrap();
    assert_eq!((first.prompt.as_str(), first.text.as_str()), ("Call me ", "Ishmael"));
}

#[test]
fn a_panel_that_is_folded_leaves_the_others_as_they_are() {
    let panels = ["model", "training"];
    for are_open in [true, false] {
        let mut state = PageState { are_panels_open: are_open, ..PageState::default() };
        assert_eq!(panels.map(|key| state.is_panel_open(key)), [are_open; 2]);
        state.fold_panel("model", !are_open, |_| vec!["model", "training"]);
        assert_eq!(panels.map(|key| state.is_panel_open(key)), [!are_open, are_open]);
    }
}
