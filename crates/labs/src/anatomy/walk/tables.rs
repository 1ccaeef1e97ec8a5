//! The numbers that are drawn, as they are when the walk is over.

use super::course::Course;
use super::shape::Shape;
use rnn_protocol::{CellForm, NumberPlace, WalkNumber, WalkTable};

/// Every number of the network but the exponentials, and its gradient where it has one.
pub(super) fn tables(course: &Course, shape: &Shape<'_>) -> Vec<WalkTable> {
    let Shape { inputs, units, vocabulary, .. } = *shape;
    let rows = shape.rows();
    let both = [false, true].as_slice();
    let (value, gradient) = (&both[..1], &both[1..]);
    let mut list = vec![
        (WalkNumber::Embedding, both, [0, vocabulary, inputs]),
        (WalkNumber::InputWeight, both, [0, rows, inputs]),
        (WalkNumber::InputBias, both, [0, rows, 1]),
        (WalkNumber::RecurrentWeight, both, [0, rows, units]),
        (WalkNumber::RecurrentBias, both, [0, rows, 1]),
        (WalkNumber::OutputWeight, both, [0, vocabulary, units]),
        (WalkNumber::OutputBias, both, [0, vocabulary, 1]),
    ];
    let steps = shape.steps();
    list.extend([
        (WalkNumber::Input, both, [steps, inputs, 1]),
        (WalkNumber::PreActivation, both, [steps, rows, 1]),
        (WalkNumber::Hidden, both, [steps, units, 1]),
        (WalkNumber::FromScores, gradient, [steps, units, 1]),
        (WalkNumber::FromNext, gradient, [steps, units, 1]),
        (WalkNumber::Score, both, [steps, vocabulary, 1]),
        (WalkNumber::Probability, value, [steps, vocabulary, 1]),
        (WalkNumber::StepLoss, value, [steps, 1, 1]),
        (WalkNumber::Loss, value, [0, 1, 1]),
    ]);
    match shape.form {
        CellForm::ElmanTanh | CellForm::ElmanRelu => {}
        CellForm::Lstm => list.extend([
            (WalkNumber::Gate, value, [steps, rows, 1]),
            (WalkNumber::Cell, both, [steps, units, 1]),
            (WalkNumber::SquashedCell, value, [steps, units, 1]),
        ]),
        CellForm::Gru => list.extend([
            (WalkNumber::Gate, value, [steps, rows, 1]),
            (WalkNumber::RecurrentShare, both, [steps, units, 1]),
        ]),
    }
    let tables = list.into_iter().flat_map(|(number, kinds, sizes)| {
        kinds.iter().map(move |&is_gradient| table(course, number, is_gradient, sizes))
    });
    tables.collect()
}

fn table(
    course: &Course,
    number: WalkNumber,
    is_gradient: bool,
    [steps, rows, columns]: [usize; 3],
) -> WalkTable {
    let (mut values, mut lines) = (Vec::new(), Vec::new());
    for step in 0..steps.max(1) {
        for row in 0..rows {
            for column in 0..columns {
                let shared = NumberPlace { is_gradient, ..NumberPlace::shared(number, row, column) };
                let place = NumberPlace { step: (steps > 0).then_some(step as u32), ..shared };
                values.push(course.value(place));
                lines.push(course.written(place));
            }
        }
    }
    let [steps, rows, columns] = [steps, rows, columns].map(|size| size as u32);
    WalkTable { number, is_gradient, steps, rows, columns, values, lines }
}
