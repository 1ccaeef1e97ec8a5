//! A walk through one sequence, one line of arithmetic at a time: what is asked, and what is answered.
//!
//! A line computes one number from others: `result = f(Σ ± Π factors)`. Every number has a [`NumberPlace`], so
//! that whoever draws the network can find it. The forward pass comes first, step by step; the backward pass
//! follows, from the last step to the first.

use crate::CellForm;
use serde::{Deserialize, Serialize};

/// Lines that are sent at once at most.
pub const MAX_WALK_LINES: u32 = 256;

/// Which lines are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WalkRequest {
    /// The first of them.
    pub first: u32,
    /// How many, [`MAX_WALK_LINES`] at most.
    pub count: u32,
}

/// The way a pass goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WalkPass {
    /// From the tokens to the loss.
    #[default]
    Forward,
    /// From the loss to the weights.
    Backward,
}

/// A part of a time step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WalkStage {
    /// The row of the embedding: looked up, and on the way back added to.
    #[default]
    Embedding,
    /// The cell's sums, nonlinearities and states.
    Cell,
    /// The scores of every token of the vocabulary.
    Scores,
    /// The scores become probabilities.
    Softmax,
    /// The loss of the step, and of the sentence.
    Loss,
    /// Gradients of the weights that make the scores.
    OutputWeights,
    /// The gradient of the hidden state, from above and from the next step.
    Hidden,
    /// Gradients of the cell's weights.
    CellWeights,
}

/// What a number is. `row` and `column` of a [`NumberPlace`] are said with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WalkNumber {
    /// The embedding: index of the token, number of its row.
    Embedding,
    /// x_t: number.
    Input,
    /// `weight_ih`: gate · H + unit, number of the input.
    InputWeight,
    /// `bias_ih`: gate · H + unit.
    InputBias,
    /// `weight_hh`: gate · H + unit, unit of the state before.
    RecurrentWeight,
    /// `bias_hh`: gate · H + unit.
    RecurrentBias,
    /// W_hn h_{t−1} + b_hn of the GRU, which its reset gate scales: unit.
    RecurrentShare,
    /// a_t, what a nonlinearity receives: gate · H + unit.
    PreActivation,
    /// A gate or candidate of LSTM and GRU: gate · H + unit.
    Gate,
    /// h_t: unit. No step: before the first.
    Hidden,
    /// c_t of the LSTM: unit. No step: before the first.
    Cell,
    /// tanh(c_t) of the LSTM: unit.
    SquashedCell,
    /// `output.weight`: token, unit.
    OutputWeight,
    /// `output.bias`: token.
    OutputBias,
    /// s_t: token.
    Score,
    /// exp(s_t): token.
    Power,
    /// Σ exp(s_t).
    PowerSum,
    /// p_t: token.
    Probability,
    /// −ln of the true next token's probability.
    StepLoss,
    /// L, the mean of the steps' losses.
    Loss,
    /// What reaches h_t from the scores, of its gradient: unit.
    FromScores,
    /// What reaches h_t from the next step, of its gradient: unit.
    FromNext,
    /// T, by which the losses are divided.
    Steps,
}

/// Where a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NumberPlace {
    /// What it is.
    pub number: WalkNumber,
    /// Whether it is the gradient ∂L/∂ of that number.
    pub is_gradient: bool,
    /// The time step; `None` of what all steps share, and of the state before the first.
    pub step: Option<u32>,
    /// As [`WalkNumber`] says.
    pub row: u32,
    /// As [`WalkNumber`] says.
    pub column: u32,
}

/// How a number enters a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorForm {
    /// v.
    #[default]
    Plain,
    /// 1 − v.
    OneMinus,
    /// 1 − v².
    OneMinusSquare,
    /// 1 / v.
    Reciprocal,
}

/// One factor of a product.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WalkFactor {
    /// Where the number is.
    pub place: NumberPlace,
    /// The number itself.
    pub value: f64,
    /// How it enters.
    pub form: FactorForm,
}

/// One product of a sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkTerm {
    /// Whether it is subtracted.
    pub is_subtracted: bool,
    /// What is multiplied.
    pub factors: Vec<WalkFactor>,
    /// The sum up to and with this term.
    pub so_far: f64,
}

/// What a sum is handed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WalkFunction {
    /// Nothing: the sum is the result.
    #[default]
    Identity,
    /// tanh.
    Tanh,
    /// σ, the logistic function.
    Sigmoid,
    /// exp.
    Exp,
    /// −ln.
    NegativeLog,
}

/// One line of arithmetic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkLine {
    /// What is added up. At least one.
    pub terms: Vec<WalkTerm>,
    /// What the sum is handed to.
    pub function: WalkFunction,
    /// Where the result is.
    pub place: NumberPlace,
    /// The result.
    pub value: f64,
}

/// Lines that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkSection {
    /// The pass.
    pub pass: WalkPass,
    /// The time step; `None` of the sentence's loss.
    pub step: Option<u32>,
    /// The part of the step.
    pub stage: WalkStage,
    /// The first line. The section ends where the next one begins.
    pub first: u32,
}

/// Numbers of one kind, as they are when the walk is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkTable {
    /// What they are.
    pub number: WalkNumber,
    /// Whether they are gradients.
    pub is_gradient: bool,
    /// Time steps; 0 of what all steps share.
    pub steps: u32,
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
    /// One time step after the other, row by row.
    pub values: Vec<f64>,
    /// The line that computes each, or adds to it last; 0 of what is there before.
    pub lines: Vec<u32>,
}

/// A walk at the weights of one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkLook {
    /// Training steps taken.
    pub step: u32,
    /// The cell.
    pub form: CellForm,
    /// E.
    pub inputs: u32,
    /// H.
    pub units: u32,
    /// The vocabulary, in the order of its indices: that in which the sentence brings them.
    pub symbols: Vec<String>,
    /// The sentence as indices; the last one is only predicted.
    pub tokens: Vec<u32>,
    /// Tokens of the sentence, those that are not read included.
    pub token_count: u32,
    /// The lines, by sections.
    pub sections: Vec<WalkSection>,
    /// How many lines there are.
    pub count: u32,
    /// The number of the first of `lines`.
    pub first: u32,
    /// The lines that were asked for.
    pub lines: Vec<WalkLine>,
    /// The numbers that are drawn.
    pub tables: Vec<WalkTable>,
}

impl NumberPlace {
    /// A number that all steps share.
    #[must_use]
    pub fn shared(number: WalkNumber, row: usize, column: usize) -> Self {
        Self { number, is_gradient: false, step: None, row: row as u32, column: column as u32 }
    }

    /// A number of a time step.
    #[must_use]
    pub fn at(number: WalkNumber, step: usize, row: usize) -> Self {
        Self { step: Some(step as u32), ..Self::shared(number, row, 0) }
    }

    /// Its gradient.
    #[must_use]
    pub fn gradient(self) -> Self {
        Self { is_gradient: true, ..self }
    }
}

impl WalkTable {
    /// The index of a place in `values` and `lines`; nothing where the table has no such place.
    #[must_use]
    pub fn index_of(&self, place: NumberPlace) -> Option<usize> {
        let step = if self.steps == 0 { 0 } else { place.step? };
        let is_there = (place.number, place.is_gradient) == (self.number, self.is_gradient)
            && step < self.steps.max(1)
            && place.row < self.rows
            && place.column < self.columns
            && (self.steps > 0 || place.step.is_none());
        is_there.then(|| ((step * self.rows + place.row) * self.columns + place.column) as usize)
    }
}

impl WalkLook {
    /// T, the time steps: the last token is not read.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }

    /// A number that is drawn, and the line that computes it.
    #[must_use]
    pub fn number(&self, place: NumberPlace) -> Option<(f64, u32)> {
        self.tables.iter().find_map(|table| {
            let index = table.index_of(place)?;
            Some((*table.values.get(index)?, *table.lines.get(index)?))
        })
    }

    /// A line, if it is one of those that were sent.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&WalkLine> {
        self.lines.get(number.checked_sub(self.first)? as usize)
    }

    /// The section of a line.
    #[must_use]
    pub fn section(&self, line: u32) -> Option<&WalkSection> {
        let behind = self.sections.partition_point(|section| section.first <= line);
        self.sections.get(behind.checked_sub(1)?)
    }

    /// The first line of the backward pass.
    #[must_use]
    pub fn backward_first(&self) -> u32 {
        let backward = self.sections.iter().find(|section| section.pass == WalkPass::Backward);
        backward.map_or(self.count, |section| section.first)
    }
}
