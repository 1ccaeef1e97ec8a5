//! A walk on its way: the numbers that there are, and the lines that are kept.

use super::shape::Shape;
use crate::anatomy::reader::Reader;
use rnn_compute::{ParameterId, Real};
use rnn_protocol::{
    FactorForm, MAX_WALK_LINES, NumberPlace, WalkFactor, WalkFunction, WalkLine, WalkNumber, WalkPass,
    WalkRequest, WalkSection, WalkStage, WalkTerm,
};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// A product of a line: whether it is subtracted, and its factors.
pub(super) struct Product {
    is_subtracted: bool,
    factors: Vec<(NumberPlace, FactorForm)>,
}

/// A walk on its way.
pub(super) struct Course {
    values: FxHashMap<NumberPlace, f64>,
    /// What the tape says of the results that are to come.
    known: FxHashMap<NumberPlace, f64>,
    /// The line that has computed a number.
    written: FxHashMap<NumberPlace, u32>,
    wanted: Range<u32>,
    pub(super) sections: Vec<WalkSection>,
    pub(super) lines: Vec<WalkLine>,
    pub(super) count: u32,
}

impl Product {
    /// A product of plain numbers.
    pub(super) fn of(places: &[NumberPlace]) -> Self {
        let factors = places.iter().map(|&place| (place, FactorForm::Plain)).collect();
        Self { is_subtracted: false, factors }
    }

    /// Times one number more.
    pub(super) fn times(mut self, place: NumberPlace, form: FactorForm) -> Self {
        self.factors.push((place, form));
        self
    }

    /// The same, subtracted.
    pub(super) fn subtracted(self) -> Self {
        Self { is_subtracted: true, ..self }
    }
}

impl Course {
    /// At its beginning: weights, a state of zeros, and what the tape knows of the rest.
    pub(super) fn new(reader: &Reader, shape: &Shape<'_>, request: WalkRequest) -> Self {
        let end = request.first.saturating_add(request.count.min(MAX_WALK_LINES));
        let mut course = Self {
            values: FxHashMap::default(),
            known: FxHashMap::default(),
            written: FxHashMap::default(),
            wanted: request.first..end,
            sections: Vec::new(),
            lines: Vec::new(),
            count: 0,
        };
        course.bring_weights(reader, shape);
        course.bring_results(reader, shape);
        course
    }

    fn bring_weights(&mut self, reader: &Reader, shape: &Shape<'_>) {
        let parameters = &reader.parameters;
        let mut bring = |id: ParameterId, number: WalkNumber, columns: usize| {
            for (index, &value) in parameters.value(id).iter().enumerate() {
                let place = NumberPlace::shared(number, index / columns, index % columns);
                self.values.insert(place, f64::from(value));
            }
        };
        let weights = shape.trace.weights;
        bring(weights.input, WalkNumber::InputWeight, shape.inputs);
        bring(weights.recurrent, WalkNumber::RecurrentWeight, shape.units);
        bring(weights.input_bias, WalkNumber::InputBias, 1);
        bring(weights.recurrent_bias, WalkNumber::RecurrentBias, 1);
        let others = [
            ("embedding.weight", WalkNumber::Embedding, shape.inputs),
            ("output.weight", WalkNumber::OutputWeight, shape.units),
            ("output.bias", WalkNumber::OutputBias, 1),
        ];
        for (name, number, columns) in others {
            if let Ok(id) = parameters.find(name) {
                bring(id, number, columns);
            }
        }
        for unit in 0..shape.units {
            self.values.insert(NumberPlace::shared(WalkNumber::Hidden, unit, 0), 0.0);
            self.values.insert(NumberPlace::shared(WalkNumber::Cell, unit, 0), 0.0);
        }
        self.values.insert(NumberPlace::shared(WalkNumber::Steps, 0, 0), shape.steps() as f64);
    }

    fn bring_results(&mut self, reader: &Reader, shape: &Shape<'_>) {
        let mut bring = |numbers: Vec<f64>, number: WalkNumber, width: usize, is_gradient: bool| {
            for (index, value) in numbers.into_iter().enumerate() {
                let place =
                    NumberPlace { is_gradient, ..NumberPlace::at(number, index / width, index % width) };
                self.known.insert(place, value);
            }
        };
        let (trace, graph) = (shape.trace, &reader.graph);
        bring(reader.numbers(trace.hidden), WalkNumber::Hidden, shape.units, false);
        bring(reader.gradient(trace.hidden), WalkNumber::Hidden, shape.units, true);
        bring(reader.numbers(trace.gates), WalkNumber::Gate, shape.rows(), false);
        bring(reader.gradient(trace.gates), WalkNumber::PreActivation, shape.rows(), true);
        if let Some(cells) = trace.cells {
            bring(reader.numbers(cells), WalkNumber::Cell, shape.units, false);
            bring(reader.gradient(cells), WalkNumber::Cell, shape.units, true);
        }
        bring(reader.numbers(graph.logits), WalkNumber::Score, shape.vocabulary, false);
        bring(reader.gradient(graph.logits), WalkNumber::Score, shape.vocabulary, true);
        for value in reader.numbers(graph.loss) {
            self.known.insert(NumberPlace::shared(WalkNumber::Loss, 0, 0), value);
        }
    }

    /// A section begins.
    pub(super) fn section(&mut self, pass: WalkPass, step: Option<usize>, stage: WalkStage) {
        let step = step.map(|step| step as u32);
        self.sections.push(WalkSection { pass, step, stage, first: self.count });
    }

    /// A line: the sum of these products, handed to a function.
    pub(super) fn line(&mut self, place: NumberPlace, function: WalkFunction, products: Vec<Product>) {
        let mut so_far = 0.0;
        let terms: Vec<WalkTerm> = products
            .into_iter()
            .map(|Product { is_subtracted, factors }| {
                let factor = |(place, form)| WalkFactor { place, form, value: self.value(place) };
                let factors: Vec<WalkFactor> = factors.into_iter().map(factor).collect();
                let product: f64 = factors.iter().map(entering).product();
                so_far += if is_subtracted { -product } else { product };
                WalkTerm { is_subtracted, factors, so_far }
            })
            .collect();
        let value = self.known.get(&place).copied().unwrap_or_else(|| applied(function, so_far));
        self.values.insert(place, value);
        self.written.insert(place, self.count);
        if self.wanted.contains(&self.count) {
            self.lines.push(WalkLine { terms, function, place, value });
        }
        self.count += 1;
    }

    /// A line that only adds up.
    pub(super) fn sum(&mut self, place: NumberPlace, products: Vec<Product>) {
        self.line(place, WalkFunction::Identity, products);
    }

    /// A line that adds a product to what is there already, if anything is.
    pub(super) fn add_to(&mut self, place: NumberPlace, product: Product) {
        let before = self.values.contains_key(&place).then(|| Product::of(&[place]));
        self.sum(place, before.into_iter().chain([product]).collect());
    }

    /// A number that is there; 0 of one that is not.
    pub(super) fn value(&self, place: NumberPlace) -> f64 {
        self.values.get(&place).copied().unwrap_or(0.0)
    }

    /// The line that has computed a number last; 0 if it was there before.
    pub(super) fn written(&self, place: NumberPlace) -> u32 {
        self.written.get(&place).copied().unwrap_or(0)
    }
}

/// A number as it enters a product.
pub(super) fn entering(factor: &WalkFactor) -> f64 {
    let value = factor.value;
    match factor.form {
        FactorForm::Plain => value,
        FactorForm::OneMinus => 1.0 - value,
        FactorForm::OneMinusSquare => 1.0 - value * value,
        FactorForm::Reciprocal => 1.0 / value,
    }
}

/// A function of a sum.
pub(super) fn applied(function: WalkFunction, sum: f64) -> f64 {
    match function {
        WalkFunction::Identity => sum,
        WalkFunction::Tanh => Real::tanh(sum),
        WalkFunction::Sigmoid => 1.0 / (1.0 + Real::exp(-sum)),
        WalkFunction::Exp => Real::exp(sum),
        WalkFunction::NegativeLog => -Real::ln(sum),
    }
}
