//! The lines of the forward pass, step by step.
//!
//! x_t = row of the embedding (1); the cell (2), with PyTorch's equations and gate order; s_t = W_out h_t + b_out
//! (3); p_t = exp(s_t) / Σ exp(s_t) (4); ℓ_t = −ln p_t of the true next token (5); L = Σ ℓ_t / T (6).

use super::course::{Course, Product};
use super::shape::Shape;
use rnn_protocol::{CellForm, FactorForm, NumberPlace, WalkFunction, WalkNumber, WalkPass, WalkStage};

/// The state before a time step.
pub(super) fn before(number: WalkNumber, step: usize, unit: usize) -> NumberPlace {
    match step.checked_sub(1) {
        Some(earlier) => NumberPlace::at(number, earlier, unit),
        None => NumberPlace::shared(number, unit, 0),
    }
}

/// Writes the pass.
pub(super) fn write(course: &mut Course, shape: &Shape<'_>) {
    for step in 0..shape.steps() {
        course.section(WalkPass::Forward, Some(step), WalkStage::Embedding);
        for input in 0..shape.inputs {
            let row = shape.read[step] as usize;
            let number = NumberPlace::shared(WalkNumber::Embedding, row, input);
            course.sum(NumberPlace::at(WalkNumber::Input, step, input), vec![Product::of(&[number])]); // (1)
        }
        course.section(WalkPass::Forward, Some(step), WalkStage::Cell);
        for unit in 0..shape.units {
            match shape.form {
                CellForm::ElmanTanh | CellForm::ElmanRelu => elman(course, shape, step, unit),
                CellForm::Lstm => lstm(course, shape, step, unit),
                CellForm::Gru => gru(course, shape, step, unit),
            }
        }
        output(course, shape, step);
    }
    course.section(WalkPass::Forward, None, WalkStage::Loss);
    let steps = NumberPlace::shared(WalkNumber::Steps, 0, 0);
    let share = |step| {
        Product::of(&[NumberPlace::at(WalkNumber::StepLoss, step, 0)]).times(steps, FactorForm::Reciprocal)
    };
    let loss = NumberPlace::shared(WalkNumber::Loss, 0, 0);
    course.sum(loss, (0..shape.steps()).map(share).collect()); // (6)
}

/// h = tanh(a), a = W_ih x + b_ih + W_hh h_{t−1} + b_hh.
fn elman(course: &mut Course, shape: &Shape<'_>, step: usize, unit: usize) {
    let sum = NumberPlace::at(WalkNumber::PreActivation, step, unit);
    course.sum(sum, all_shares(shape, step, unit));
    let hidden = NumberPlace::at(WalkNumber::Hidden, step, unit);
    course.line(hidden, WalkFunction::Tanh, vec![Product::of(&[sum])]);
}

/// i, f, g, o; c = f c_{t−1} + i g; h = o tanh(c).
fn lstm(course: &mut Course, shape: &Shape<'_>, step: usize, unit: usize) {
    let [input, forget, candidate, output] = [0, 1, 2, 3].map(|gate| {
        let function = if gate == 2 { WalkFunction::Tanh } else { WalkFunction::Sigmoid };
        let row = shape.row(gate, unit);
        let sum = NumberPlace::at(WalkNumber::PreActivation, step, row);
        course.sum(sum, all_shares(shape, step, row));
        let gate = NumberPlace::at(WalkNumber::Gate, step, row);
        course.line(gate, function, vec![Product::of(&[sum])]);
        gate
    });
    let cell = NumberPlace::at(WalkNumber::Cell, step, unit);
    let kept = Product::of(&[forget, before(WalkNumber::Cell, step, unit)]);
    course.sum(cell, vec![kept, Product::of(&[input, candidate])]);
    let squashed = NumberPlace::at(WalkNumber::SquashedCell, step, unit);
    course.line(squashed, WalkFunction::Tanh, vec![Product::of(&[cell])]);
    let hidden = NumberPlace::at(WalkNumber::Hidden, step, unit);
    course.sum(hidden, vec![Product::of(&[output, squashed])]);
}

/// r, z; q = W_hn h_{t−1} + b_hn; n = tanh(W_in x + b_in + r q); h = (1 − z) n + z h_{t−1}.
fn gru(course: &mut Course, shape: &Shape<'_>, step: usize, unit: usize) {
    let [reset, update] = [0, 1].map(|gate| {
        let row = shape.row(gate, unit);
        let sum = NumberPlace::at(WalkNumber::PreActivation, step, row);
        course.sum(sum, all_shares(shape, step, row));
        let gate = NumberPlace::at(WalkNumber::Gate, step, row);
        course.line(gate, WalkFunction::Sigmoid, vec![Product::of(&[sum])]);
        gate
    });
    let row = shape.row(2, unit);
    let share = NumberPlace::at(WalkNumber::RecurrentShare, step, unit);
    course.sum(share, recurrent_share(shape, step, row));
    let sum = NumberPlace::at(WalkNumber::PreActivation, step, row);
    let mut products = input_share(shape, step, row);
    products.push(Product::of(&[reset, share]));
    course.sum(sum, products);
    let candidate = NumberPlace::at(WalkNumber::Gate, step, row);
    course.line(candidate, WalkFunction::Tanh, vec![Product::of(&[sum])]);
    let hidden = NumberPlace::at(WalkNumber::Hidden, step, unit);
    let written = Product::of(&[]).times(update, FactorForm::OneMinus).times(candidate, FactorForm::Plain);
    let kept = Product::of(&[update, before(WalkNumber::Hidden, step, unit)]);
    course.sum(hidden, vec![written, kept]);
}

fn output(course: &mut Course, shape: &Shape<'_>, step: usize) {
    course.section(WalkPass::Forward, Some(step), WalkStage::Scores);
    for token in 0..shape.vocabulary {
        let product = |unit| {
            let weight = NumberPlace::shared(WalkNumber::OutputWeight, token, unit);
            Product::of(&[weight, NumberPlace::at(WalkNumber::Hidden, step, unit)])
        };
        let bias = Product::of(&[NumberPlace::shared(WalkNumber::OutputBias, token, 0)]);
        let products = (0..shape.units).map(product).chain([bias]).collect();
        course.sum(NumberPlace::at(WalkNumber::Score, step, token), products); // (3)
    }
    course.section(WalkPass::Forward, Some(step), WalkStage::Softmax);
    let power = |token| NumberPlace::at(WalkNumber::Power, step, token);
    for token in 0..shape.vocabulary {
        let score = NumberPlace::at(WalkNumber::Score, step, token);
        course.line(power(token), WalkFunction::Exp, vec![Product::of(&[score])]);
    }
    let sum = NumberPlace::at(WalkNumber::PowerSum, step, 0);
    course.sum(sum, (0..shape.vocabulary).map(|token| Product::of(&[power(token)])).collect());
    for token in 0..shape.vocabulary {
        let share = Product::of(&[power(token)]).times(sum, FactorForm::Reciprocal);
        course.sum(NumberPlace::at(WalkNumber::Probability, step, token), vec![share]); // (4)
    }
    course.section(WalkPass::Forward, Some(step), WalkStage::Loss);
    let probability = NumberPlace::at(WalkNumber::Probability, step, shape.followed[step] as usize);
    let loss = NumberPlace::at(WalkNumber::StepLoss, step, 0);
    course.line(loss, WalkFunction::NegativeLog, vec![Product::of(&[probability])]); // (5)
}

fn all_shares(shape: &Shape<'_>, step: usize, row: usize) -> Vec<Product> {
    let mut products = input_share(shape, step, row);
    products.extend(recurrent_share(shape, step, row));
    products
}

fn input_share(shape: &Shape<'_>, step: usize, row: usize) -> Vec<Product> {
    let product = |input| {
        let weight = NumberPlace::shared(WalkNumber::InputWeight, row, input);
        Product::of(&[weight, NumberPlace::at(WalkNumber::Input, step, input)])
    };
    let bias = Product::of(&[NumberPlace::shared(WalkNumber::InputBias, row, 0)]);
    (0..shape.inputs).map(product).chain([bias]).collect()
}

fn recurrent_share(shape: &Shape<'_>, step: usize, row: usize) -> Vec<Product> {
    let product = |unit| {
        let weight = NumberPlace::shared(WalkNumber::RecurrentWeight, row, unit);
        Product::of(&[weight, before(WalkNumber::Hidden, step, unit)])
    };
    let bias = Product::of(&[NumberPlace::shared(WalkNumber::RecurrentBias, row, 0)]);
    (0..shape.units).map(product).chain([bias]).collect()
}
