//! What the page draws of the unrolled network are numbers of the running network: gradients of single units,
//! probabilities and inputs are worked out again here from the weights that the step began with.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::needless_range_loop,
    reason = "a broken expectation is what a test is for; an index stands for a unit in several tensors"
)]

use rnn_labs::SessionConfig;
use rnn_protocol::{Command, Flow, Quantity, Snapshot};
use rnn_tests::driver::{Driver, small, text};

type Matrix = Vec<Vec<f64>>;

fn opened(settings: &[(&str, &str)]) -> Driver {
    let mut driver = Driver::new(SessionConfig { evaluate_every: None, is_watched: false, stop_at: None });
    driver.open(small(settings), text());
    driver
}

/// Takes a step and returns what is seen of it.
fn look(driver: &mut Driver, quantity: Quantity) -> Snapshot {
    driver.send(Command::View { quantity });
    driver.send(Command::Credit);
    driver.steps(1);
    driver.snapshots.pop().expect("a step by hand is looked at")
}

/// The same look again, as another quantity.
fn again(driver: &mut Driver, quantity: Quantity) -> Snapshot {
    driver.send(Command::View { quantity });
    driver.send(Command::Credit);
    driver.finish();
    driver.snapshots.pop().expect("another quantity of the last look")
}

fn parameter(driver: &Driver, name: &str) -> Matrix {
    let parameters = driver.session.lab().unwrap().parameters();
    let id = parameters.find(name).unwrap();
    let width = parameters.shape(id).width();
    let numbers: Vec<f64> = parameters.read(id).iter().map(|&x| f64::from(x)).collect();
    numbers.chunks(width).map(<[f64]>::to_vec).collect()
}

fn norm<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> f32 {
    numbers.into_iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt() as f32
}

/// Relative, measured 1.2e-7.
fn assert_close(found: f32, expected: f32, what: &str) {
    assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1e-3), "{what}: {found} {expected}");
}

#[test]
fn gradients_and_probabilities_follow_from_the_weights_before_the_step() {
    for cell in ["elman", "lstm", "gru"] {
        let mut driver = opened(&[("cell", cell), ("layers", "2"), ("learning_rate", "0.5")]);
        driver.steps(3);
        let (weight, bias) = (parameter(&driver, "output.weight"), parameter(&driver, "output.bias"));
        let table = parameter(&driver, "embedding.weight");
        let symbols = driver.session.lab().unwrap().symbols();
        let index = |symbol: &String| symbols.iter().position(|other| other == symbol).unwrap();

        let hidden = look(&mut driver, Quantity::Hidden);
        let gradient = again(&mut driver, Quantity::HiddenGradient);
        let (header, units) = (&hidden.header, hidden.header.units as usize);
        assert_eq!((gradient.header.quantity, gradient.header.step), (Quantity::HiddenGradient, 4));
        let (steps, batch) = (header.steps(), driver.facts().batch_size as usize);
        assert!(batch > 1, "the first sequence must not be the whole batch");

        for step in 0..steps {
            let state = &hidden.unit_values(1)[step * units..][..units];
            let score = |row: &Vec<f64>| row.iter().zip(state).map(|(w, &h)| w * f64::from(h)).sum::<f64>();
            let scores: Vec<f64> =
                weight.iter().zip(bias.concat()).map(|(row, bias)| score(row) + bias).collect();
            let sum: f64 = scores.iter().map(|score| score.exp()).sum();
            let probability = |symbol: usize| scores[symbol].exp() / sum;
            let found = &header.predictions[step];
            assert_eq!(found.step as usize, step);
            let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
            assert_eq!(found.symbol, symbols[best], "{cell}, step {step}");
            assert_close(found.probability, probability(best) as f32, "probability");
            let target = index(&found.target);
            assert_close(found.target_probability, probability(target) as f32, "of the true symbol");
            if let Some(next) = header.symbols.get(step + 1) {
                assert_eq!(&found.target, next, "with teacher forcing the true symbol is read next");
            }
            if step + 1 == steps {
                // Nothing but the loss of its own step reaches the last state of the top layer.
                for unit in 0..units {
                    let share = |symbol: usize| {
                        let error = probability(symbol) - f64::from(u8::from(symbol == target));
                        weight[symbol][unit] * error / (steps * batch) as f64
                    };
                    let expected = (0..scores.len()).map(share).sum::<f64>() as f32;
                    let found = gradient.unit_values(1)[step * units + unit];
                    // Measured 1.7e-7 of the number; sums of rounded terms are off by 1e-9 at most.
                    let is_close = (found - expected).abs() <= 1e-6 * expected.abs() + 1e-8;
                    assert!(is_close, "{cell}, unit {unit}: {found} {expected}");
                }
            }
            let input = table[index(&header.symbols[step])].iter().map(|x| x * x).sum::<f64>().sqrt();
            assert_close(hidden.flow(Flow::Input).unwrap()[step], input as f32, "the input's norm");
        }
    }
}

#[test]
fn flows_are_norms_of_the_units() {
    let mut driver = opened(&[("layers", "2")]);
    driver.steps(2);
    let first = look(&mut driver, Quantity::Hidden);
    let pairs = [
        (Quantity::Hidden, Flow::Hidden),
        (Quantity::Cell, Flow::Cell),
        (Quantity::HiddenGradient, Flow::HiddenGradient),
        (Quantity::CellGradient, Flow::CellGradient),
    ];
    for (quantity, flow) in pairs {
        let snapshot = again(&mut driver, quantity);
        assert_eq!(snapshot.header.quantity, quantity);
        let units = snapshot.header.units as usize;
        let norms = (0..2).flat_map(|row| snapshot.unit_values(row).chunks(units).map(norm));
        for (found, expected) in snapshot.flow(flow).unwrap().iter().zip(norms) {
            assert_close(*found, expected, "flow");
            assert!(*found > 0.0, "{flow:?}");
        }
        assert_eq!(snapshot.flow(flow), first.flow(flow), "every look has every flow");
    }
}

#[test]
fn alone_in_its_batch_a_sequence_has_the_batch_s_gradient() {
    let mut driver = opened(&[("layers", "2"), ("batch_size", "1"), ("cell", "gru")]);
    let snapshot = look(&mut driver, Quantity::HiddenGradient);
    let norms = (0..2).flat_map(|row| snapshot.gradient_norms(row));
    for (found, expected) in snapshot.flow(Flow::HiddenGradient).unwrap().iter().zip(norms) {
        assert!((found - expected).abs() <= 1e-6 * expected, "{found} {expected}");
    }
    assert_eq!(snapshot.flow(Flow::Cell), None, "a GRU has no cell state");
    assert_eq!(snapshot.flow(Flow::CellGradient), None);
}

#[test]
fn a_window_begins_with_the_state_that_the_last_one_left() {
    let mut driver = opened(&[("layers", "2")]);
    let first = look(&mut driver, Quantity::Hidden);
    let steps = first.header.steps();
    assert_eq!((first.header.start, first.header.is_carried), (0, false));
    assert_eq!(first.flow(Flow::CarriedHidden).unwrap(), [0.0, 0.0]);
    let second = look(&mut driver, Quantity::Hidden);
    assert_eq!((second.header.start, second.header.is_carried), (steps as u64, true));
    for flows in [(Flow::CarriedHidden, Flow::Hidden), (Flow::CarriedCell, Flow::Cell)] {
        let (carried, left) = (second.flow(flows.0).unwrap(), first.flow(flows.1).unwrap());
        assert_eq!(carried, [left[steps - 1], left[2 * steps - 1]], "{flows:?}");
    }
    // At the end of the text the streams begin again, from zero.
    let mut start = second.header.start;
    while start > 0 {
        let next = look(&mut driver, Quantity::Hidden);
        assert_eq!(next.header.is_carried, next.header.start > 0);
        assert!(next.header.start == 0 || next.header.start == start + steps as u64);
        start = next.header.start;
    }
}
