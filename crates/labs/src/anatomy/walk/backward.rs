//! The lines of the backward pass, from the last step to the first, mirroring the forward pass.
//!
//! ∂L/∂s_t = (p_t − 1 at the true next token) / T; ∂L/∂h_t is what reaches it from the scores and from the next
//! step; then through the nonlinearities; and each weight adds up what all steps say of it.

use super::course::{Course, Product};
use super::forward::before;
use super::shape::Shape;
use rnn_protocol::{CellForm, FactorForm, NumberPlace, WalkNumber, WalkPass, WalkStage};

/// Writes the pass.
pub(super) fn write(course: &mut Course, shape: &Shape<'_>) {
    for step in (0..shape.steps()).rev() {
        scores(course, shape, step);
        output_weights(course, shape, step);
        hidden(course, shape, step);
        course.section(WalkPass::Backward, Some(step), WalkStage::Cell);
        for unit in 0..shape.units {
            match shape.form {
                CellForm::ElmanTanh | CellForm::ElmanRelu => elman(course, step, unit),
                CellForm::Lstm => lstm(course, shape, step, unit),
                CellForm::Gru => gru(course, shape, step, unit),
            }
        }
        cell_weights(course, shape, step);
        embedding(course, shape, step);
    }
}

fn d_score(step: usize, token: usize) -> NumberPlace {
    NumberPlace::at(WalkNumber::Score, step, token).gradient()
}

fn d_hidden(step: usize, unit: usize) -> NumberPlace {
    NumberPlace::at(WalkNumber::Hidden, step, unit).gradient()
}

fn d_sum(step: usize, row: usize) -> NumberPlace {
    NumberPlace::at(WalkNumber::PreActivation, step, row).gradient()
}

/// The gradient of what the state before contributes to a row: the sum's own, but for the GRU's candidate.
fn d_recurrent(shape: &Shape<'_>, step: usize, row: usize) -> NumberPlace {
    match (shape.form, row.checked_sub(2 * shape.units)) {
        (CellForm::Gru, Some(unit)) => NumberPlace::at(WalkNumber::RecurrentShare, step, unit).gradient(),
        _ => d_sum(step, row),
    }
}

fn scores(course: &mut Course, shape: &Shape<'_>, step: usize) {
    course.section(WalkPass::Backward, Some(step), WalkStage::Scores);
    let steps = NumberPlace::shared(WalkNumber::Steps, 0, 0);
    for token in 0..shape.vocabulary {
        let probability = NumberPlace::at(WalkNumber::Probability, step, token);
        let mut products = vec![Product::of(&[probability]).times(steps, FactorForm::Reciprocal)];
        if shape.followed[step] as usize == token {
            products.push(Product::of(&[]).times(steps, FactorForm::Reciprocal).subtracted());
        }
        course.sum(d_score(step, token), products);
    }
}

fn output_weights(course: &mut Course, shape: &Shape<'_>, step: usize) {
    course.section(WalkPass::Backward, Some(step), WalkStage::OutputWeights);
    for token in 0..shape.vocabulary {
        for unit in 0..shape.units {
            let weight = NumberPlace::shared(WalkNumber::OutputWeight, token, unit);
            let hidden = NumberPlace::at(WalkNumber::Hidden, step, unit);
            course.add_to(weight.gradient(), Product::of(&[d_score(step, token), hidden]));
        }
        let bias = NumberPlace::shared(WalkNumber::OutputBias, token, 0);
        course.add_to(bias.gradient(), Product::of(&[d_score(step, token)]));
    }
}

fn hidden(course: &mut Course, shape: &Shape<'_>, step: usize) {
    course.section(WalkPass::Backward, Some(step), WalkStage::Hidden);
    for unit in 0..shape.units {
        let above = NumberPlace::at(WalkNumber::FromScores, step, unit).gradient();
        let product = |token| {
            Product::of(&[NumberPlace::shared(WalkNumber::OutputWeight, token, unit), d_score(step, token)])
        };
        course.sum(above, (0..shape.vocabulary).map(product).collect());
        let mut parts = vec![Product::of(&[above])];
        let next = step + 1;
        if next < shape.steps() {
            let from_next = NumberPlace::at(WalkNumber::FromNext, step, unit).gradient();
            let mut products = Vec::new();
            if shape.form == CellForm::Gru {
                let update = NumberPlace::at(WalkNumber::Gate, next, shape.row(1, unit));
                products.push(Product::of(&[update, d_hidden(next, unit)]));
            }
            products.extend((0..shape.rows()).map(|row| {
                let weight = NumberPlace::shared(WalkNumber::RecurrentWeight, row, unit);
                Product::of(&[weight, d_recurrent(shape, next, row)])
            }));
            course.sum(from_next, products);
            parts.push(Product::of(&[from_next]));
        }
        course.sum(d_hidden(step, unit), parts);
    }
}

/// ∂a = ∂h · (1 − h²).
fn elman(course: &mut Course, step: usize, unit: usize) {
    let hidden = NumberPlace::at(WalkNumber::Hidden, step, unit);
    let product = Product::of(&[d_hidden(step, unit)]).times(hidden, FactorForm::OneMinusSquare);
    course.sum(d_sum(step, unit), vec![product]);
}

/// ∂c = ∂h o (1 − tanh(c)²) + ∂c_{t+1} f_{t+1}; ∂a_i = ∂c g i(1 − i); ∂a_f = ∂c c_{t−1} f(1 − f);
/// ∂a_g = ∂c i (1 − g²); ∂a_o = ∂h tanh(c) o(1 − o).
fn lstm(course: &mut Course, shape: &Shape<'_>, step: usize, unit: usize) {
    let gate = |gate: usize| NumberPlace::at(WalkNumber::Gate, step, shape.row(gate, unit));
    let [input, forget, candidate, output] = [0, 1, 2, 3].map(gate);
    let squashed = NumberPlace::at(WalkNumber::SquashedCell, step, unit);
    let d_cell = |step| NumberPlace::at(WalkNumber::Cell, step, unit).gradient();
    let mut products =
        vec![Product::of(&[d_hidden(step, unit), output]).times(squashed, FactorForm::OneMinusSquare)];
    if step + 1 < shape.steps() {
        let forget = NumberPlace::at(WalkNumber::Gate, step + 1, shape.row(1, unit));
        products.push(Product::of(&[d_cell(step + 1), forget]));
    }
    course.sum(d_cell(step), products);
    let of = |gate: usize| d_sum(step, shape.row(gate, unit));
    let bent = |places: &[NumberPlace], gate| Product::of(places).times(gate, FactorForm::OneMinus);
    course.sum(of(0), vec![bent(&[d_cell(step), candidate, input], input)]);
    let cell_before = before(WalkNumber::Cell, step, unit);
    course.sum(of(1), vec![bent(&[d_cell(step), cell_before, forget], forget)]);
    let product = Product::of(&[d_cell(step), input]).times(candidate, FactorForm::OneMinusSquare);
    course.sum(of(2), vec![product]);
    course.sum(of(3), vec![bent(&[d_hidden(step, unit), squashed, output], output)]);
}

/// ∂a_n = ∂h (1 − z)(1 − n²); ∂q = ∂a_n r; ∂a_z = ∂h h_{t−1} z(1 − z) − ∂h n z(1 − z); ∂a_r = ∂a_n q r(1 − r).
fn gru(course: &mut Course, shape: &Shape<'_>, step: usize, unit: usize) {
    let gate = |gate: usize| NumberPlace::at(WalkNumber::Gate, step, shape.row(gate, unit));
    let [reset, update, candidate] = [0, 1, 2].map(gate);
    let of = |gate: usize| d_sum(step, shape.row(gate, unit));
    let d_h = d_hidden(step, unit);
    let product =
        Product::of(&[d_h]).times(update, FactorForm::OneMinus).times(candidate, FactorForm::OneMinusSquare);
    course.sum(of(2), vec![product]);
    let share = NumberPlace::at(WalkNumber::RecurrentShare, step, unit);
    course.sum(share.gradient(), vec![Product::of(&[of(2), reset])]);
    let bent = |places: &[NumberPlace], gate| Product::of(places).times(gate, FactorForm::OneMinus);
    let kept = bent(&[d_h, before(WalkNumber::Hidden, step, unit), update], update);
    let written = bent(&[d_h, candidate, update], update).subtracted();
    course.sum(of(1), vec![kept, written]);
    course.sum(of(0), vec![bent(&[of(2), share, reset], reset)]);
}

fn cell_weights(course: &mut Course, shape: &Shape<'_>, step: usize) {
    course.section(WalkPass::Backward, Some(step), WalkStage::CellWeights);
    for row in 0..shape.rows() {
        for input in 0..shape.inputs {
            let weight = NumberPlace::shared(WalkNumber::InputWeight, row, input).gradient();
            let input = NumberPlace::at(WalkNumber::Input, step, input);
            course.add_to(weight, Product::of(&[d_sum(step, row), input]));
        }
        let bias = NumberPlace::shared(WalkNumber::InputBias, row, 0).gradient();
        course.add_to(bias, Product::of(&[d_sum(step, row)]));
        for unit in 0..shape.units {
            let weight = NumberPlace::shared(WalkNumber::RecurrentWeight, row, unit).gradient();
            let hidden = before(WalkNumber::Hidden, step, unit);
            course.add_to(weight, Product::of(&[d_recurrent(shape, step, row), hidden]));
        }
        let bias = NumberPlace::shared(WalkNumber::RecurrentBias, row, 0).gradient();
        course.add_to(bias, Product::of(&[d_recurrent(shape, step, row)]));
    }
}

fn embedding(course: &mut Course, shape: &Shape<'_>, step: usize) {
    course.section(WalkPass::Backward, Some(step), WalkStage::Embedding);
    for input in 0..shape.inputs {
        let d_input = NumberPlace::at(WalkNumber::Input, step, input).gradient();
        let product =
            |row| Product::of(&[NumberPlace::shared(WalkNumber::InputWeight, row, input), d_sum(step, row)]);
        course.sum(d_input, (0..shape.rows()).map(product).collect());
    }
    for input in 0..shape.inputs {
        let row = NumberPlace::shared(WalkNumber::Embedding, shape.read[step] as usize, input).gradient();
        let d_input = NumberPlace::at(WalkNumber::Input, step, input).gradient();
        course.add_to(row, Product::of(&[d_input]));
    }
}
