//! The miniatures of the home page: they are what a run of the same experiment is, and they stay small.

use rnn_labs::{SessionConfig, miniature_of};
use rnn_protocol::{
    Command, DataNeed, Event, LabKind, MAX_CURVE_POINTS, MAX_PICTURE_CELLS, MiniatureCommand, MiniatureLook,
    MiniatureNews, Quantity,
};
use rnn_tests::driver::{Driver, text};

const UNWATCHED: SessionConfig = SessionConfig { evaluate_every: None, is_watched: false, stop_at: None };

fn send(driver: &mut Driver, command: MiniatureCommand) {
    let data = match command {
        MiniatureCommand::Begin { lab } => data_of(lab),
        _ => None,
    };
    driver.session.handle(Command::Miniatures { command }, data);
    driver.events.extend(driver.session.take_events());
}

fn data_of(lab: LabKind) -> Option<Vec<u8>> {
    matches!(lab.description().data, DataNeed::File(_)).then(|| text().into_bytes())
}

fn begun() -> Driver {
    let mut driver = Driver::new(UNWATCHED);
    for lab in LabKind::ALL {
        send(&mut driver, MiniatureCommand::Begin { lab });
    }
    driver
}

fn news(driver: &Driver) -> impl Iterator<Item = &MiniatureNews> {
    driver.events.iter().filter_map(|event| match event {
        Event::Miniature { news } => Some(news),
        _ => None,
    })
}

fn looks(driver: &Driver, of: LabKind) -> Vec<&MiniatureLook> {
    let of_lab = |news| match news {
        &MiniatureNews::Looked { lab, ref look } if lab == of => Some(&**look),
        _ => None,
    };
    news(driver).filter_map(of_lab).collect()
}

/// Trains until each has been looked at so often.
fn play(driver: &mut Driver, count: usize) {
    send(driver, MiniatureCommand::Play);
    while LabKind::ALL.iter().any(|lab| looks(driver, *lab).len() < count) {
        driver.slice();
    }
}

#[test]
fn every_number_is_that_of_a_run_of_the_same_experiment() {
    let mut miniatures = begun();
    play(&mut miniatures, 4);
    for lab in LabKind::ALL {
        let looks = looks(&miniatures, lab);
        let last = looks[3].step;
        assert!(last > 12, "{lab:?}: {last} steps");
        let mut run = Driver::new(UNWATCHED);
        let command = Command::Open { experiment: miniature_of(lab).experiment };
        run.session.handle(command, data_of(lab));
        run.send(Command::View { quantity: Quantity::Hidden });
        for step in 1..=last {
            run.send(Command::Credit);
            run.steps(1);
            let Some(look) = looks.iter().find(|look| look.step == step) else { continue };
            let losses = run.losses(1);
            for point in &look.curve {
                assert_eq!(losses[point.step as usize - 1].1.to_bits(), point.loss.to_bits(), "{lab:?}");
            }
            assert_eq!(look.curve.last().unwrap().step, step);
            let snapshot = run.snapshots.last().unwrap();
            assert_eq!((snapshot.header.step, &snapshot.header.symbols), (step, &look.symbols));
            assert_eq!(snapshot.unit_values(0), look.hidden, "{lab:?} at step {step}");
            assert_eq!(snapshot.header.answer, look.answer);
        }
    }
}

#[test]
fn each_fits_its_picture_and_says_what_its_network_does() {
    let mut driver = begun();
    let names: Vec<LabKind> = news(&driver)
        .filter_map(|news| match news {
            MiniatureNews::Begun { experiment, .. } => Some(experiment.lab),
            _ => None,
        })
        .collect();
    assert_eq!(names, LabKind::ALL);
    play(&mut driver, 2);
    for lab in LabKind::ALL {
        let plan = miniature_of(lab);
        plan.experiment.check().unwrap();
        for look in looks(&driver, lab) {
            let cells = look.symbols.len() * look.units as usize;
            assert!(
                cells > 0 && cells == look.hidden.len() && cells <= MAX_PICTURE_CELLS,
                "{lab:?}: {cells}"
            );
            assert!(look.curve.len() <= MAX_CURVE_POINTS);
            let writes = lab.description().has_output;
            assert_eq!(look.written.as_ref().is_some_and(|text| !text.is_empty()), writes, "{lab:?}");
        }
    }
}

#[test]
fn they_rest_most_of_the_time_and_stop_when_told_and_in_the_end() {
    let mut driver = begun();
    assert_eq!(driver.session.wake_after(), None, "nothing moves before it is told to");
    play(&mut driver, 1);
    let rest = driver.session.wake_after().unwrap();
    assert!((1.0..200.0).contains(&rest), "{rest} ms of rest after a turn of 4 ms at most");
    send(&mut driver, MiniatureCommand::Pause);
    let count = driver.events.len();
    driver.finish();
    assert_eq!((driver.events.len(), driver.session.wake_after()), (count, None));

    driver.tick_millis.set(0.5);
    send(&mut driver, MiniatureCommand::Play);
    driver.finish();
    for lab in LabKind::ALL {
        assert_eq!(looks(&driver, lab).last().unwrap().step, miniature_of(lab).steps, "{lab:?}");
    }
    send(&mut driver, MiniatureCommand::End);
    send(&mut driver, MiniatureCommand::Play);
    assert_eq!(driver.session.wake_after(), None);
}

/// Measured: held-out recall 1 after 1,500 steps. Chance is 1/8.
#[test]
fn the_memory_of_the_miniature_is_learnt_before_its_steps_are_over() {
    let mut driver = Driver::new(UNWATCHED);
    send(&mut driver, MiniatureCommand::Begin { lab: LabKind::Memory });
    send(&mut driver, MiniatureCommand::Play);
    driver.finish();
    let looks = looks(&driver, LabKind::Memory);
    let readings: Vec<_> =
        looks.iter().filter_map(|look| look.held_out.map(|recall| (look.step, recall))).collect();
    println!("{readings:?}");
    assert!(readings.last().unwrap().1 > 0.95, "{readings:?}");
}

#[test]
fn what_cannot_be_learnt_is_told_and_the_others_go_on() {
    let mut driver = Driver::new(UNWATCHED);
    let command = Command::Miniatures { command: MiniatureCommand::Begin { lab: LabKind::Text } };
    driver.session.handle(command, Some(b"short".to_vec()));
    send(&mut driver, MiniatureCommand::Begin { lab: LabKind::Memory });
    send(&mut driver, MiniatureCommand::Play);
    while looks(&driver, LabKind::Memory).is_empty() {
        driver.slice();
    }
    let failed = |news: &&MiniatureNews| matches!(news, MiniatureNews::Failed { lab: LabKind::Text, .. });
    assert_eq!(news(&driver).filter(failed).count(), 1);
}
