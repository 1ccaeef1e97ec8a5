//! The cell under the microscope against what training computed, and changes by hand against networks that
//! are changed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken expectation is what a test is for")]

use rnn_compute::models::{CellKind, LanguageModel, LanguageModelConfig, Window};
use rnn_compute::{Cpu, Gradients, ParameterList, Parameters, Recorder};
use rnn_protocol::{
    CellEdit, CellLook, CellPlace, CellReading, Command, Event, Experiment, Inspection, MAX_EDITS, Quantity,
    Snapshot, Source,
};
use rnn_tests::driver::{Driver, small, text};

const CELLS: [&str; 3] = ["elman", "lstm", "gru"];
/// T and H of the small experiment.
const STEPS: u32 = 7;
const UNITS: u32 = 9;

fn inspect(driver: &mut Driver, place: CellPlace, edits: &[CellEdit]) -> CellLook {
    let before = driver.events.len();
    let inspection = Some(Inspection { place, edits: edits.to_vec() });
    driver.send(Command::Inspect { inspection });
    driver.finish();
    match driver.events[before..].iter().rev().find(|event| matches!(event, Event::Cell { .. })) {
        Some(Event::Cell { look, .. }) => (**look).clone(),
        _ => panic!("no cell came: {:?}", &driver.events[before..]),
    }
}

fn refusal(driver: &mut Driver, edits: &[CellEdit]) -> String {
    let inspection = Some(Inspection { place: CellPlace::default(), edits: edits.to_vec() });
    driver.send(Command::Inspect { inspection });
    driver.finish();
    match driver.events.last() {
        Some(Event::CellRefused { message, .. }) => message.clone(),
        other => panic!("expected a refusal, found {other:?}"),
    }
}

fn snapshot(driver: &mut Driver, quantity: Quantity) -> Snapshot {
    driver.send(Command::View { quantity });
    driver.send(Command::Credit);
    while driver.slice() {}
    driver.snapshots.last().unwrap().clone()
}

fn trained(cell: &str, learning_rate: &str) -> Driver {
    let mut driver = Driver::unwatched();
    let settings = [("cell", cell), ("layers", "2"), ("learning_rate", learning_rate)];
    driver.open(small(&settings), text());
    // The look is one at the fourth step, which begins with the state that the third has left.
    driver.steps(3);
    driver.send(Command::Credit);
    driver.steps(1);
    driver
}

/// Measured: the same bits. Allowed is what other kernels may round. The weights of before the update and of after it differ by 0.02, so that those
/// of the wrong moment would be found out.
#[test]
fn the_cell_is_the_one_that_training_read() {
    for cell in CELLS {
        let mut driver = trained(cell, "0.02");
        let hidden = snapshot(&mut driver, Quantity::Hidden);
        let mut worst = 0_f32;
        for layer in 0..2 {
            for step in 0..STEPS {
                let look = inspect(&mut driver, CellPlace { layer, step, unit: 4 }, &[]);
                assert_eq!((look.step, look.weights_step, look.edited.is_none()), (4, 3, true));
                assert_eq!((look.layers, look.steps, look.units), (2, STEPS, UNITS));
                assert_eq!(look.inputs, if layer == 0 { 5 } else { UNITS });
                assert_eq!(look.as_is.symbol, hidden.header.symbols[step as usize]);
                let mut compare = |found: &[f32], snapshot: &Snapshot, step: u32| {
                    let expected =
                        &snapshot.unit_values(layer as usize)[(step * UNITS) as usize..][..UNITS as usize];
                    for (found, expected) in found.iter().zip(expected) {
                        worst = worst.max((found - expected).abs());
                    }
                };
                let CellReading { unit, vectors, .. } = &look.as_is;
                compare(&vectors.hidden, &hidden, step);
                if step > 0 {
                    compare(&vectors.hidden_before, &hidden, step - 1);
                }
                if cell == "lstm" {
                    let cells = snapshot(&mut driver, Quantity::Cell);
                    compare(vectors.cells.as_ref().unwrap(), &cells, step);
                }
                for (gate, values) in look.form.gates().iter().zip(&vectors.gates) {
                    let expected = snapshot(&mut driver, *gate);
                    assert_eq!(expected.header.quantity, *gate);
                    compare(values, &expected, step);
                }
                assert_eq!(unit.hidden, vectors.hidden[4]);
                assert_eq!(unit.handed_on, unit.hidden);
                assert_eq!(look.course[step as usize], unit.hidden);
            }
        }
        assert!(worst < 1e-6, "{cell}: {worst}");
    }
}

/// Measured: at most 6.9e-8.
#[test]
fn parts_sum_up_to_what_the_cell_computed() {
    let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
    for cell in CELLS {
        let mut driver = trained(cell, "0.02");
        let mut worst = 0_f64;
        for unit in 0..UNITS {
            let look = inspect(&mut driver, CellPlace { layer: 1, step: 5, unit }, &[]);
            let reading = &look.as_is.unit;
            let mut values = Vec::new();
            for gate in &reading.gates {
                let input = gate.input_product + f64::from(gate.input_bias);
                let state = gate.recurrent_product + f64::from(gate.recurrent_bias);
                let is_scaled = cell == "gru" && gate.gate == Quantity::Candidate;
                let sum = input + if is_scaled { values[0] * state } else { state };
                worst = worst.max((sum - gate.pre_activation).abs());
                let is_tanh = matches!(gate.gate, Quantity::Candidate | Quantity::Hidden);
                let value = if is_tanh { sum.tanh() } else { sigmoid(sum) };
                worst = worst.max((value - f64::from(gate.value)).abs());
                values.push(f64::from(gate.value));
                assert_eq!(gate.products.len(), 8);
                let products = gate.products.iter().map(|product| (product.weight * product.value).abs());
                assert!(products.is_sorted_by(|one, other| one >= other), "largest first");
            }
            let state = match cell {
                "lstm" => {
                    let cells = reading.kept + reading.written;
                    worst = worst.max((cells - f64::from(reading.cells.unwrap())).abs());
                    values[3] * cells.tanh()
                }
                _ => reading.kept + reading.written,
            };
            worst = worst.max((state - f64::from(reading.hidden)).abs());
        }
        assert!(worst < 1e-6, "{cell}: {worst}");
    }
}

#[test]
fn products_are_weights_times_what_they_read() {
    let mut driver = trained("gru", "0");
    let look = inspect(&mut driver, CellPlace { layer: 1, step: 3, unit: 2 }, &[]);
    let parameters = driver.session.lab().unwrap().parameters();
    let read = |name: &str| parameters.read(parameters.find(name).unwrap()).into_iter().collect::<Vec<f32>>();
    let (inputs, states) = (read(&look.weights.input), read(&look.weights.recurrent));
    assert_eq!(look.weights.input, "rnn.weight_ih_l1");
    for (block, gate) in look.as_is.unit.gates.iter().enumerate() {
        assert_eq!(gate.row, block as u32 * UNITS + 2);
        for product in &gate.products {
            let at = (gate.row * UNITS + product.index) as usize;
            let vectors = &look.as_is.vectors;
            let (weight, value) = match product.source {
                Source::Input => (inputs[at], vectors.input[product.index as usize]),
                Source::State => (states[at], vectors.hidden_before[product.index as usize]),
            };
            assert_eq!((product.weight, product.value), (weight, value));
        }
    }
}

#[test]
fn changing_a_number_to_what_it_is_changes_no_bit() {
    for cell in CELLS {
        let mut driver = trained(cell, "0.02");
        let place = CellPlace { layer: 0, step: 2, unit: 3 };
        let look = inspect(&mut driver, place, &[]);
        let gate = &look.as_is.unit.gates[0];
        let weight = gate.products.iter().find(|product| product.source == Source::State).unwrap();
        let mut edits = vec![
            CellEdit::Symbol { step: 2, symbol: look.as_is.symbol.clone() },
            CellEdit::Input { step: 2, index: 4, value: look.as_is.vectors.input[4] },
            CellEdit::Hidden { layer: 0, step: Some(2), unit: 3, value: look.as_is.unit.hidden },
            CellEdit::Weight {
                parameter: look.weights.recurrent.clone(),
                index: gate.row * UNITS + weight.index,
                value: weight.weight,
            },
        ];
        if let Some(value) = look.as_is.unit.cells {
            edits.push(CellEdit::Cell { layer: 0, step: Some(2), unit: 3, value });
        }
        let same = inspect(&mut driver, place, &edits);
        assert_eq!(same.as_is, look.as_is, "{cell}");
        assert_eq!(same.edited.as_ref(), Some(&look.as_is), "{cell}");
        let consequence = same.consequence.unwrap();
        assert_eq!(consequence.course, look.course);
        assert!(consequence.distances.iter().flatten().chain(&consequence.moved).all(|&moved| moved == 0.0));
        assert!(consequence.symbols.iter().all(|change| change.as_is == change.edited));
    }
}

#[test]
fn a_state_changed_at_a_step_changes_nothing_before() {
    for cell in CELLS {
        let mut driver = trained(cell, "0.02");
        let place = CellPlace { layer: 0, step: 3, unit: 5 };
        let edit = CellEdit::Hidden { layer: 0, step: Some(3), unit: 5, value: 0.9 };
        let look = inspect(&mut driver, place, &[edit]);
        let (as_is, edited) = (&look.as_is.unit, look.edited.as_ref().unwrap());
        assert_eq!((edited.unit.hidden, edited.unit.handed_on), (as_is.hidden, 0.9), "{cell}");
        let consequence = look.consequence.unwrap();
        for (step, moved) in consequence.moved.iter().enumerate() {
            let is_reached = step >= 3;
            assert_eq!(*moved > 0.0, is_reached, "{cell}: the prediction after step {step}");
            for (layer, distances) in consequence.distances.iter().enumerate() {
                assert_eq!(distances[step] > 0.0, is_reached, "{cell}: layer {layer}, step {step}");
            }
        }
        assert_eq!(consequence.course[..3], look.course[..3]);
        assert!((consequence.distances[0][3] - (0.9 - as_is.hidden).abs()).abs() < 1e-6);
        assert!(consequence.moved[consequence.most_moved_step as usize] >= consequence.moved[3]);
        // In the layer above, nothing below changes.
        let edit = CellEdit::Hidden { layer: 1, step: Some(3), unit: 5, value: 0.9 };
        let consequence = inspect(&mut driver, place, &[edit]).consequence.unwrap();
        assert!(consequence.distances[0].iter().all(|&distance| distance == 0.0));
        assert!(consequence.distances[1][3..].iter().all(|&distance| distance > 0.0));
    }
}

#[test]
fn the_state_before_the_first_step_and_the_cell_state_can_be_changed() {
    let mut driver = trained("lstm", "0.02");
    let place = CellPlace { layer: 1, step: 0, unit: 1 };
    let hidden = CellEdit::Hidden { layer: 1, step: None, unit: 1, value: -0.5 };
    let cell = CellEdit::Cell { layer: 1, step: None, unit: 1, value: 2.0 };
    let look = inspect(&mut driver, place, &[hidden, cell]);
    let edited = &look.edited.unwrap().unit;
    assert_eq!((edited.hidden_before, edited.cells_before), (-0.5, Some(2.0)));
    let forget = f64::from(edited.gates[1].value);
    assert!((edited.kept - 2.0 * forget).abs() < 1e-12, "the forget gate keeps what it is given");
    assert_ne!(edited.hidden, look.as_is.unit.hidden);
    // Handed to the next step only: neither this step nor its prediction knows of it.
    let cell = CellEdit::Cell { layer: 1, step: Some(2), unit: 1, value: 2.0 };
    let look = inspect(&mut driver, CellPlace { step: 3, ..place }, &[cell]);
    assert_eq!(look.edited.unwrap().unit.cells_before, Some(2.0));
    let consequence = look.consequence.unwrap();
    assert_eq!((consequence.distances[1][2], consequence.moved[2]), (0.0, 0.0));
    assert!(consequence.distances[1][3] > 0.0 && consequence.moved[3] > 0.0);
}

/// Against the network as training records it, over the whole window at once. Measured: the same bits.
#[test]
fn a_changed_weight_or_input_is_that_of_another_network() {
    for (name, kind) in CELLS.iter().zip([CellKind::ELMAN, CellKind::Lstm, CellKind::Gru]) {
        let mut driver = Driver::unwatched();
        let experiment = small(&[("cell", name), ("layers", "2"), ("learning_rate", "0")]);
        driver.open(experiment.clone(), text());
        driver.send(Command::Credit);
        driver.steps(1);
        let place = CellPlace { layer: 1, step: 6, unit: 7 };
        let weight =
            CellEdit::Weight { parameter: "rnn.weight_hh_l0".to_owned(), index: 3 * UNITS + 2, value: 1.5 };
        let symbol = CellEdit::Symbol { step: 1, symbol: "w".to_owned() };
        let look = inspect(&mut driver, place, &[weight, symbol]);
        let expected = read_by_another_network(&driver, &experiment, kind);
        let course = look.consequence.unwrap().course;
        let worst = course.iter().zip(&expected).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-6, "{name}: {worst}");
        assert!(course.iter().zip(&look.course).any(|(one, other)| (one - other).abs() > 1e-3), "{name}");
        // Nothing of it is left behind.
        let again = inspect(&mut driver, place, &[]);
        assert_eq!((again.as_is, again.course), (look.as_is, look.course));
    }
}

fn read_by_another_network(driver: &Driver, experiment: &Experiment, kind: CellKind) -> Vec<f32> {
    let lab = driver.session.lab().unwrap();
    let symbols = lab.symbols();
    let mut list = ParameterList::default();
    let config = LanguageModelConfig::new(kind, symbols.len(), 5, UNITS as usize, 2);
    let model = LanguageModel::declare(&mut list, config).unwrap();
    let mut parameters = Parameters::new(Cpu, &list);
    let trained = lab.parameters();
    for id in trained.ids() {
        let mut numbers: Vec<f32> = trained.read(id).into_iter().collect();
        if trained.name(id) == "rnn.weight_hh_l0" {
            numbers[3 * UNITS as usize + 2] = 1.5;
        }
        let own = parameters.find(trained.name(id)).unwrap();
        parameters.write(own, &numbers).unwrap();
    }
    let steps = experiment.training.sequence_length as usize;
    let mut read: Vec<String> = text().chars().take(steps).map(String::from).collect();
    read[1] = "w".to_owned();
    let ids: Vec<u32> =
        read.iter().map(|symbol| symbols.iter().position(|known| known == symbol).unwrap() as u32).collect();
    let mut recorder = Recorder::new();
    let graph = model.record(&mut recorder, Window { steps, batch: 1 }).unwrap();
    let mut tape = recorder.finish(Cpu, Gradients::None);
    tape.write_indices(graph.tokens, &ids).unwrap();
    tape.forward(&mut parameters);
    let hidden: Vec<f32> = tape.read(graph.layers[1].hidden).into_iter().collect();
    hidden.chunks(UNITS as usize).map(|units| units[7]).collect()
}

#[test]
fn a_place_that_the_network_has_not_is_moved_to_the_nearest() {
    let mut driver = trained("lstm", "0.02");
    let look = inspect(&mut driver, CellPlace { layer: 9, step: 1000, unit: u32::MAX }, &[]);
    assert_eq!(look.place, CellPlace { layer: 1, step: 6, unit: 8 });
}

#[test]
fn bad_changes_get_a_sentence_and_lose_nothing() {
    let mut driver = trained("gru", "0.02");
    let place = CellPlace { layer: 0, step: 2, unit: 3 };
    let hidden = |layer, unit, value| CellEdit::Hidden { layer, step: Some(1), unit, value };
    let kept = inspect(&mut driver, place, &[hidden(0, 0, 0.5)]);
    let weight =
        |parameter: &str, index| CellEdit::Weight { parameter: parameter.to_owned(), index, value: 0.0 };
    let cases = [
        (vec![hidden(2, 0, 0.0)], "no layer 2"),
        (vec![hidden(0, 9, 0.0)], "no unit 9: they are numbered from 0 to 8"),
        (vec![hidden(0, 0, f32::NAN)], "between −100 and 100, found NaN"),
        (vec![hidden(0, 0, 100.5)], "found 100.5"),
        (vec![CellEdit::Cell { layer: 0, step: None, unit: 0, value: 0.0 }], "Only the LSTM"),
        (vec![CellEdit::Input { step: 0, index: 5, value: 0.0 }], "no number of the input 5"),
        (vec![CellEdit::Symbol { step: 0, symbol: "鯨".to_owned() }], "does not know “鯨”"),
        (vec![weight("rnn.weight_hh_l7", 0)], "no parameter “rnn.weight_hh_l7”"),
        (vec![weight("rnn.weight_hh_l0", 243)], "no number of the parameter 243"),
        (vec![hidden(0, 0, 0.0); MAX_EDITS + 1], "At most 16 numbers"),
    ];
    for (edits, sentence) in cases {
        let message = refusal(&mut driver, &edits);
        assert!(message.contains(sentence), "{message}");
    }
    // What is refused leaves what was in force.
    driver.send(Command::Credit);
    driver.steps(1);
    let last = driver.events.iter().rev().find_map(|event| match event {
        Event::Cell { look, .. } => Some(look),
        _ => None,
    });
    let last = last.unwrap();
    assert_eq!((last.place, last.step), (place, 5));
    assert!(last.edited.is_some() && kept.edited.is_some());
    // A change beyond the window is one of nothing.
    let look = inspect(&mut driver, place, &[CellEdit::Symbol { step: 99, symbol: "w".to_owned() }]);
    assert_eq!(look.edited.as_ref(), Some(&look.as_is));
}

#[test]
fn it_stays_in_force_until_it_is_withdrawn() {
    let count = |driver: &Driver, run: u32| {
        let is_cell = |event: &&Event| matches!(event, Event::Cell { run: of, .. } if *of == run);
        driver.events.iter().filter(is_cell).count()
    };
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    let inspection = Some(Inspection::default());
    driver.send(Command::Inspect { inspection });
    driver.finish();
    assert_eq!(count(&driver, 1), 0, "nothing is read before the first step");
    driver.send(Command::Credit);
    driver.steps(1);
    assert_eq!(count(&driver, 1), 1);
    driver.send(Command::Reset);
    driver.send(Command::Credit);
    driver.steps(1);
    assert_eq!(count(&driver, 2), 1);
    driver.send(Command::BringBack { run: 1 });
    driver.finish();
    assert_eq!(count(&driver, 1), 2, "the run that comes back shows its cell again");
    driver.send(Command::Inspect { inspection: None });
    driver.send(Command::Credit);
    driver.steps(2);
    assert_eq!(count(&driver, 1), 2);
}

#[test]
fn training_knows_nothing_of_it() {
    let run = |is_inspected: bool| {
        let mut driver = Driver::unwatched();
        driver.tick_millis.set(0.3);
        driver.open(small(&[("layers", "2")]), text());
        for step in 0..12 {
            if is_inspected {
                let edit =
                    CellEdit::Weight { parameter: "rnn.weight_ih_l0".to_owned(), index: step, value: 9.0 };
                let inspection = Some(Inspection { edits: vec![edit], ..Inspection::default() });
                driver.send(Command::Inspect { inspection });
            }
            driver.send(Command::Credit);
            driver.send(Command::Play);
            let before = driver.session.lab().unwrap().step();
            while driver.session.lab().unwrap().step() < before + 3 {
                driver.slice();
            }
            driver.send(Command::Pause);
        }
        driver.losses(1)
    };
    let (plain, inspected) = (run(false), run(true));
    let len = plain.len().min(inspected.len());
    assert!(len >= 36);
    assert_eq!(plain[..len], inspected[..len]);
}
