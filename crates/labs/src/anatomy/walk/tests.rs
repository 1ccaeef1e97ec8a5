//! Every line of the walk against the engine's tape: the shown operands give the shown result, results are those
//! of the tape, and what the steps say of each weight adds up to the gradient that training learns from.

use super::course::{applied, entering};
use super::*;
use crate::anatomy::AnatomyNetwork;
use crate::network::NetworkPlan;
use rnn_protocol::{
    CellKind, Experiment, LabKind, MAX_WALK_LINES, NumberPlace, Setting, WalkLine, WalkNumber, WalkPass,
    WalkStage, WalkTerm,
};

/// Measured: 3.2e-7 at most, over all lines of all cells; single precision rounds at 6e-8.
const TOLERANCE: f64 = 1e-6;

const CELLS: [CellKind; 3] = [CellKind::Elman, CellKind::Lstm, CellKind::Gru];

/// A network that has read a sentence, with biases that are not zero.
fn read(cell: CellKind, settings: &[(&str, &str)]) -> Reader {
    let mut experiment = Experiment::of(LabKind::Anatomy);
    experiment.model.cell = cell;
    for (key, value) in settings {
        Setting::find(key).unwrap().set(&mut experiment, value).unwrap();
    }
    let network = AnatomyNetwork::new(&experiment).unwrap();
    let parameters = network.weights().draw(7);
    let mut reader = Reader::new(&network).unwrap();
    reader.read(&parameters).unwrap();
    reader
}

/// Every line, fetched in pieces as the page does it.
fn lines(reader: &Reader) -> (Vec<WalkLine>, WalkLook) {
    let mut lines = Vec::new();
    loop {
        let first = lines.len() as u32;
        let look = walk(reader, WalkRequest { first, count: MAX_WALK_LINES }).unwrap();
        lines.extend(look.lines.clone());
        if lines.len() == look.count as usize {
            return (lines, look);
        }
        assert_eq!(look.lines.len(), MAX_WALK_LINES as usize);
    }
}

fn evaluated(line: &WalkLine) -> f64 {
    let product = |term: &WalkTerm| {
        let product: f64 = term.factors.iter().map(entering).product();
        if term.is_subtracted { -product } else { product }
    };
    applied(line.function, line.terms.iter().map(product).sum())
}

#[test]
fn each_line_computes_what_the_tape_has() {
    let mut worst = 0.0_f64;
    for cell in CELLS {
        let (lines, _) = lines(&read(cell, &[("embedding_size", "3"), ("hidden_size", "5")]));
        for line in &lines {
            let difference = (evaluated(line) - line.value).abs() / line.value.abs().max(1.0);
            worst = worst.max(difference);
            assert!(difference < TOLERANCE, "{cell:?}: {line:?}: {difference:e}");
            let last = line.terms.last().unwrap().so_far;
            assert!((applied(line.function, last) - evaluated(line)).abs() < 1e-12);
        }
    }
    println!("lines: {worst:e}, allowed {TOLERANCE:e}");
}

#[test]
fn an_operand_is_a_result_of_an_earlier_line_or_a_weight() {
    for cell in CELLS {
        let (lines, _) = lines(&read(cell, &[]));
        let mut known = std::collections::BTreeMap::new();
        let key = |place: NumberPlace| (place.number, place.is_gradient, place.step, place.row, place.column);
        for line in &lines {
            for factor in line.terms.iter().flat_map(|term| &term.factors) {
                let NumberPlace { is_gradient, step, number, .. } = factor.place;
                match known.get(&key(factor.place)) {
                    Some(&value) => assert_eq!(factor.value, value, "{factor:?}"),
                    None => assert!(!is_gradient && step.is_none(), "{cell:?}: {number:?} is not there yet"),
                }
            }
            known.insert(key(line.place), line.value);
        }
    }
}

#[test]
fn the_steps_add_up_to_the_gradients_of_training() {
    let mut worst = 0.0_f64;
    for cell in CELLS {
        // Tokens that come again: the embedding adds up, too.
        let reader = read(cell, &[("sentence", "a rose is a rose"), ("hidden_size", "4")]);
        let look = walk(&reader, WalkRequest::default()).unwrap();
        let weights = reader.graph.layers[0].weights;
        let named = |name: &str| reader.parameters.find(name).unwrap();
        let all = [
            (WalkNumber::Embedding, named("embedding.weight")),
            (WalkNumber::InputWeight, weights.input),
            (WalkNumber::InputBias, weights.input_bias),
            (WalkNumber::RecurrentWeight, weights.recurrent),
            (WalkNumber::RecurrentBias, weights.recurrent_bias),
            (WalkNumber::OutputWeight, named("output.weight")),
            (WalkNumber::OutputBias, named("output.bias")),
        ];
        for (number, id) in all {
            let table = look.tables.iter().find(|table| (table.number, table.is_gradient) == (number, true));
            let found = &table.unwrap().values;
            let expected = reader.parameters.gradient(id);
            assert_eq!(found.len(), expected.len());
            let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            assert!(largest > 1e-4, "{cell:?}: {number:?} has a gradient");
            for (&found, &expected) in found.iter().zip(expected) {
                let difference = (found - f64::from(expected)).abs() / f64::from(largest);
                worst = worst.max(difference);
                assert!(difference < TOLERANCE, "{cell:?}: {number:?}: {found} and {expected}");
            }
        }
    }
    println!("gradients: {worst:e} of the largest, allowed {TOLERANCE:e}");
}

#[test]
fn sections_cover_every_line_in_the_order_of_the_passes() {
    let look = walk(&read(CellKind::Elman, &[]), WalkRequest { first: 2, count: 3 }).unwrap();
    // Forward 2 + 6 + 8 + 17 + 1 lines a step and the loss; back 8 + 32 + 9 + 3 + 21 + 4, but 3 fewer at the last.
    assert_eq!(look.count, 10 * 34 + 1 + 10 * 77 - 3);
    assert_eq!((look.first, look.lines.len(), look.steps()), (2, 3, 10));
    assert_eq!(look.line(1), None);
    assert_eq!(look.line(3).unwrap().place, NumberPlace::at(WalkNumber::Hidden, 0, 0));
    assert_eq!(look.backward_first(), 341);
    let section = look.section(341).unwrap();
    assert_eq!((section.pass, section.step, section.stage), (WalkPass::Backward, Some(9), WalkStage::Scores));
    assert!(look.sections.is_sorted_by_key(|section| section.first));
    let hidden = NumberPlace::at(WalkNumber::Hidden, 0, 0);
    assert_eq!(look.number(hidden).unwrap(), (look.line(3).unwrap().value, 3));
    assert_eq!(look.number(NumberPlace::at(WalkNumber::Hidden, 10, 0)), None);
    assert!(
        walk(&read(CellKind::Elman, &[]), WalkRequest { first: u32::MAX, count: 9 })
            .unwrap()
            .lines
            .is_empty()
    );
}

#[test]
fn the_largest_walk_is_bounded() {
    let reader = read(
        CellKind::Lstm,
        &[("sentence", "abcdefghijklmnopqrstuvwxyz"), ("hidden_size", "6"), ("embedding_size", "4")],
    );
    let look = walk(&reader, WalkRequest { first: 0, count: u32::MAX }).unwrap();
    assert_eq!((look.steps(), look.lines.len()), (23, MAX_WALK_LINES as usize));
    assert!(look.count < 25_000, "{} lines", look.count);
    let numbers: usize = look.tables.iter().map(|table| table.values.len()).sum();
    assert!(numbers < 10_000, "{numbers} numbers");
}
