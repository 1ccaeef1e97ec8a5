//! The session as its drivers see it: commands in, events and snapshots out.
//!
//! Nothing here has a tolerance: the same experiment must give the same bits, however the work is cut.

use rnn_labs::SessionConfig;
use rnn_protocol::{CellKind, Command, DataDelivery, Event, Experiment, Link, Quantity};
use rnn_tests::driver::{Driver, small, text};

#[test]
fn it_learns_and_says_so() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.steps(200);
    let losses = driver.losses(1);
    assert_eq!(losses.len(), 200);
    assert_eq!(losses[199].0, 200);
    assert!(losses[199].1 < 0.5 * losses[0].1, "{losses:?}");
    let validation: Vec<(u32, f32)> = driver
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Validation { step, value, .. } => Some((*step, *value)),
            _ => None,
        })
        .collect();
    assert_eq!(validation.first().unwrap().0, 10);
    assert!(validation.last().unwrap().1 < 0.7 * validation.first().unwrap().1, "{validation:?}");
}

#[test]
fn cutting_the_work_differently_changes_nothing() {
    for cell in ["elman", "lstm", "gru"] {
        let run = |tick_millis: f64| {
            let mut driver = Driver::unwatched();
            driver.tick_millis.set(tick_millis);
            driver.open(small(&[("cell", cell), ("layers", "2")]), text());
            driver.send(Command::Play);
            while driver.session.lab().unwrap().step() < 12 {
                driver.slice();
            }
            driver.send(Command::Pause);
            (driver.losses(1)[..12].to_vec(), driver)
        };
        // One part of work a slice, against a hundred and more.
        let (fine, _) = run(20.0);
        let (coarse, _) = run(0.05);
        assert_eq!(fine, coarse, "{cell}");
    }
}

#[test]
fn pause_holds_and_play_goes_on_with_the_same_numbers() {
    let mut through = Driver::unwatched();
    through.open(small(&[]), text());
    through.steps(20);

    let mut paused = Driver::unwatched();
    paused.tick_millis.set(20.0);
    paused.open(small(&[]), text());
    paused.send(Command::Play);
    for slice in 0.. {
        paused.slice();
        let step = paused.session.lab().unwrap().step();
        if step >= 20 {
            break;
        }
        if slice % 7 == 3 {
            paused.send(Command::Pause);
            for _ in 0..20 {
                paused.slice();
            }
            assert_eq!(paused.session.lab().unwrap().step(), step, "a pause must hold");
            paused.send(Command::Play);
        }
    }
    paused.send(Command::Pause);
    assert_eq!(paused.losses(1)[..20], through.losses(1)[..20]);
}

#[test]
fn the_seed_decides_and_reset_begins_again() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.steps(15);
    driver.send(Command::Reset);
    assert_eq!((driver.facts().run, driver.facts().step, driver.facts().put_aside), (2, 0, Some(1)));
    driver.steps(15);
    assert_eq!(driver.losses(1), driver.losses(2));
    driver.send(Command::Open { experiment: small(&[("seed", "1")]) });
    driver.steps(15);
    assert_ne!(driver.losses(1), driver.losses(3));
}

#[test]
fn a_run_put_aside_comes_back_with_its_weights() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.steps(12);
    let weights = driver.weights();
    driver.send(Command::Open { experiment: small(&[("cell", "gru")]) });
    assert_eq!((driver.facts().run, driver.facts().step), (2, 0));
    driver.steps(3);
    driver.send(Command::BringBack { run: 1 });
    assert_eq!((driver.facts().run, driver.facts().step, driver.facts().put_aside), (1, 12, Some(2)));
    assert_eq!(driver.facts().experiment.model.cell, CellKind::Lstm);
    assert_eq!(driver.weights(), weights);
    driver.steps(1);
    // Only the run that is put aside can come back, and asking for another changes nothing.
    driver.send(Command::BringBack { run: 1 });
    assert!(matches!(driver.events.last(), Some(Event::Refused { .. })));
    driver.send(Command::BringBack { run: 2 });
    assert_eq!((driver.facts().run, driver.facts().step, driver.facts().put_aside), (2, 3, Some(1)));
}

#[test]
fn a_link_trains_the_same_network() {
    let experiment = small(&[("cell", "gru"), ("learning_rate", "0.0123456789"), ("seed", "4294967295")]);
    let fragment = Link { experiment: experiment.clone(), ..Link::default() }.to_fragment();
    let (link, faults) = Link::parse(&fragment);
    assert_eq!(faults, []);
    let losses = |experiment: Experiment| {
        let mut driver = Driver::unwatched();
        driver.open(experiment, text());
        driver.steps(40);
        driver
            .losses(1)
            .into_iter()
            .map(|(step, loss, norm)| (step, loss.to_bits(), norm.to_bits()))
            .collect()
    };
    let (own, linked): (Vec<_>, Vec<_>) = (losses(experiment), losses(link.experiment));
    assert_eq!(own, linked);
}

#[test]
fn live_settings_leave_the_network_running() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.steps(5);
    let weights = driver.weights();
    driver.send(Command::Open { experiment: small(&[("learning_rate", "0"), ("temperature", "0.3")]) });
    assert_eq!((driver.facts().run, driver.facts().step), (1, 5));
    driver.steps(5);
    assert_eq!(driver.weights(), weights, "a learning rate of 0 must not move the weights");
}

#[test]
fn a_run_names_the_data_that_it_was_given() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.send(Command::Open { experiment: small(&[("hidden_size", "24")]) });
    let first = DataDelivery { number: 1, bytes: text().len() as u64 };
    assert_eq!((driver.facts().run, driver.facts().data), (2, first), "another network on the same text");
    driver.open(small(&[]), "x");
    assert_eq!((driver.facts().run, driver.facts().data), (2, first), "what is refused changes nothing");
    let longer = text().repeat(2);
    driver.open(small(&[]), longer.clone());
    assert_eq!(
        driver.facts().data,
        DataDelivery { number: 3, bytes: longer.len() as u64 },
        "but it is counted"
    );
}

#[test]
fn one_snapshot_comes_for_each_credit() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[("layers", "2")]), text());
    driver.steps(3);
    assert!(driver.snapshots.is_empty(), "no credit, no snapshot");
    driver.send(Command::Credit);
    driver.steps(3);
    assert_eq!(driver.snapshots.len(), 1);
    let snapshot = &driver.snapshots[0];
    assert_eq!((snapshot.header.run, snapshot.header.step), (1, 4));
    assert_eq!((snapshot.header.layers, snapshot.header.units, snapshot.header.steps()), (2, 9, 7));
    // The fourth window of the first stream.
    assert_eq!(snapshot.header.symbols.concat(), &text()[21..28]);
    assert!(snapshot.unit_values(1).iter().all(|h| h.abs() <= 1.0));
    for layer in 0..2 {
        let [total, last] = [snapshot.gradient_norms(layer), snapshot.last_loss_gradient_norms(layer)];
        assert!(total.iter().chain(last).all(|norm| norm.is_finite() && *norm > 0.0));
        assert_eq!(total[6], last[6], "only the last loss reaches the last step");
        assert!(last[0] < last[6], "the last loss must reach the last step more than the first");
    }
    // Another quantity of the same step, without training.
    driver.send(Command::View { quantity: Quantity::ForgetGate });
    driver.send(Command::Credit);
    while driver.slice() {}
    let gates = driver.snapshots.last().unwrap();
    assert_eq!((gates.header.quantity, gates.header.step), (Quantity::ForgetGate, 4));
    assert!(gates.unit_values(0).iter().all(|f| (0.0..=1.0).contains(f)));
    // A cell without such a gate shows its hidden state.
    driver.send(Command::Open { experiment: small(&[("cell", "elman")]) });
    driver.send(Command::Credit);
    driver.steps(1);
    assert_eq!(driver.snapshots.last().unwrap().header.quantity, Quantity::Hidden);
}

#[test]
fn where_a_run_rests_it_is_shown_as_it_rests_and_goes_on_as_if_nobody_had_looked() {
    let watched = |tick_millis: f64| {
        let mut driver = Driver::new(SessionConfig::default());
        driver.tick_millis.set(tick_millis);
        let mut experiment = small(&[]);
        experiment.budget.amount = 20;
        driver.open(experiment, text());
        driver.send(Command::Play);
        // Steps that follow each other are looked at a few times a second: seldom the last.
        let mut slices = 0;
        while driver.snapshots.last().is_none_or(|shown| shown.header.step <= 20) {
            driver.send(Command::Credit);
            driver.slice();
            slices += 1;
            assert!(slices < 10_000, "it does not show where it rests");
        }
        driver
    };
    let (mut fine, coarse) = (watched(20.0), watched(0.05));
    let shown = fine.snapshots.last().unwrap();
    assert_eq!(shown.header.step, 21, "the coming step, with the weights after 20");
    assert_eq!(shown, coarse.snapshots.last().unwrap());
    assert_eq!(fine.session.lab().unwrap().step(), 20);

    fine.tick_millis.set(0.2);
    fine.steps(3);
    let mut plain = Driver::unwatched();
    plain.open(small(&[]), text());
    plain.steps(23);
    assert_eq!(fine.losses(1), plain.losses(1));
}

#[test]
fn a_watched_session_writes_and_measures_baselines_without_touching_the_training() {
    let mut watched = Driver::new(SessionConfig::default());
    watched.tick_millis.set(0.2);
    watched.open(small(&[]), text());
    watched.send(Command::Play);
    while watched.session.lab().unwrap().step() < 150 {
        watched.slice();
        watched.send(Command::Credit);
    }
    watched.send(Command::Pause);
    let mut plain = Driver::unwatched();
    plain.open(small(&[]), text());
    plain.steps(150);
    assert_eq!(watched.losses(1)[..150], plain.losses(1)[..150]);

    let baselines: Vec<(&str, f32)> = watched
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Baseline { name, value, .. } => Some((name.as_str(), *value)),
            _ => None,
        })
        .collect();
    assert_eq!(baselines.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["unigram", "5-gram"]);
    assert!(baselines[0].1 > baselines[1].1);
    let written = |event: &Event| matches!(event, Event::Text { run: 1, .. });
    assert!(watched.events.iter().filter(|event| written(event)).count() > 3);
}

#[test]
fn a_prompt_is_continued_by_as_much_as_was_asked_for() {
    let mut driver = Driver::new(SessionConfig { evaluate_every: None, is_watched: true, stop_at: None });
    driver.open(small(&[]), text());
    driver.steps(30);
    driver.send(Command::Generate { prompt: "the wh\u{1F40B}".into(), length: 37 });
    while driver.slice() {}
    let written: String = driver
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Text { step: 30, piece, .. } => Some(piece.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(written.chars().count(), 37);
    assert!(written.chars().all(|symbol| text().contains(symbol)));
}
