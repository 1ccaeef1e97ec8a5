//! The failure gallery: each entry shows what is said of it, and its repair does not.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a broken expectation is what a test is for")]

use rnn_protocol::{FAILURES, Failure, Quantity, Snapshot};
use rnn_tests::driver::Driver;
use rnn_tests::memory_runs::{diverged_at, look, opened, train_until};

/// Of 512 guesses among eight, a share of 0.2 is five standard deviations above 1/8.
const CHANCE: f32 = 0.2;
const LEARNT: f32 = 0.99;

fn failure(word: &str) -> &'static Failure {
    FAILURES.iter().find(|failure| failure.word == word).unwrap()
}

fn failing(word: &str) -> Driver {
    opened(failure(word).experiment().unwrap())
}

fn repaired(word: &str) -> Driver {
    opened(failure(word).repaired().unwrap())
}

/// The repair must learn within so many steps.
fn assert_learns(word: &str, most_steps: u32) -> Driver {
    let mut driver = repaired(word);
    let (step, recall) = train_until(&mut driver, LEARNT, most_steps);
    println!("{word}, repaired: recall {recall} after {step} steps");
    assert!(recall >= LEARNT && diverged_at(&driver).is_none(), "{word}: {recall} after {step} steps");
    driver
}

/// Units that are 0 at every step.
fn dead_units(snapshot: &Snapshot) -> usize {
    let (values, units) = (snapshot.unit_values(0), snapshot.header.units as usize);
    (0..units).filter(|&unit| values.iter().skip(unit).step_by(units).all(|&value| value == 0.0)).count()
}

/// The smallest share, over the gates of an LSTM, of values within a hundredth of 0 or 1.
fn least_saturated(driver: &mut Driver) -> f32 {
    let gates = [Quantity::InputGate, Quantity::ForgetGate, Quantity::OutputGate];
    let share = |quantity| {
        let gates = look(driver, quantity);
        let values = gates.unit_values(0);
        values.iter().filter(|gate| !(0.01..=0.99).contains(*gate)).count() as f32 / values.len() as f32
    };
    gates.map(share).into_iter().fold(1.0, f32::min)
}

/// Measured: no number at step 3, the losses before 12.9 and 104,126; repaired 0.994 after 600 steps.
#[test]
fn the_exploding_one_is_no_number_at_step_three() {
    let mut driver = failing("exploding");
    train_until(&mut driver, LEARNT, 100);
    let losses = driver.losses(1);
    println!("exploding: {losses:?}, no number at step {:?}", diverged_at(&driver));
    assert_eq!(diverged_at(&driver), Some(3));
    assert!(losses[1].1 > 1_000.0 * losses[0].1, "{losses:?}");
    assert_learns("exploding", 1_500);
}

/// Measured: recall 0.125, 5e-19 of the gradient left; repaired, all of the recall after 800 steps.
#[test]
fn the_vanishing_one_keeps_nothing_of_the_gradient() {
    let share = |snapshot: &Snapshot| {
        let norms = snapshot.last_loss_gradient_norms(0);
        norms[0] / norms[norms.len() - 1]
    };
    let mut driver = failing("vanishing");
    let (_, recall) = train_until(&mut driver, LEARNT, 300);
    let left = share(&look(&mut driver, Quantity::Hidden));
    println!("vanishing: recall {recall}, {left:e} left");
    assert!(recall < CHANCE && left < 1e-15, "recall {recall}, {left:e} left");
    let left = share(&look(&mut repaired("vanishing"), Quantity::Hidden));
    assert!(left > 0.1, "{left}");
    assert_learns("vanishing", 1_500);
}

/// Measured: 20 to 22 of 32 units dead, recall 0.12; repaired after 200 steps with 1 dead.
#[test]
fn the_dead_one_has_lost_more_than_half_of_its_units() {
    let mut driver = failing("dead-relu");
    let (_, recall) = train_until(&mut driver, LEARNT, 300);
    let dead = dead_units(&look(&mut driver, Quantity::Hidden));
    println!("dead-relu: recall {recall}, {dead} dead");
    assert!(recall < CHANCE && dead > 16, "recall {recall}, {dead} dead");
    let mut driver = assert_learns("dead-relu", 500);
    let dead = dead_units(&look(&mut driver, Quantity::Hidden));
    assert!(dead < 8, "{dead}");
}

/// Measured: 98 to 100% of each gate's values within a hundredth of 0 or 1, recall 0.12; repaired at most 3%,
/// after 100 steps.
#[test]
fn the_saturated_one_has_its_gates_shut_or_open() {
    let mut driver = failing("saturated");
    let (_, recall) = train_until(&mut driver, LEARNT, 300);
    let saturated = least_saturated(&mut driver);
    println!("saturated: recall {recall}, {saturated} of the gates");
    assert!(recall < CHANCE && saturated > 0.9, "recall {recall}, {saturated}");
    let mut driver = assert_learns("saturated", 500);
    let saturated = least_saturated(&mut driver);
    assert!(saturated < 0.1, "{saturated}");
}

/// Measured: recall 0.12 after 500 steps; repaired 0.998 after 300.
#[test]
fn the_forgetful_one_stays_at_chance() {
    let mut driver = failing("forget-bias");
    let (step, recall) = train_until(&mut driver, LEARNT, 500);
    println!("forget-bias: recall {recall} after {step} steps");
    assert!(recall < CHANCE, "{recall}");
    assert_learns("forget-bias", 500);
}
