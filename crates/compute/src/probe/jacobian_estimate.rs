//! ‖∂h_T/∂h_t‖ without the matrix: for layers so wide that [`super::jacobian`] takes too long.
//!
//! The derivative P of h_T by h_t is a product of Jacobians, and a vector is led through it without multiplying
//! them out: `Pᵀu` by a walk back from T to t, `P v` by a walk forward. Power iteration would lead one vector to and
//! fro until it grows no more; Lanczos's is the same walk with its past in mind, and needs fewer rounds (Golub and
//! Van Loan, "Matrix Computations", 10.4.1). From a `u₁` of length 1, with `β₁ v₀ = 0`:
//!
//! 1. `α_k v_k = Pᵀ u_k − β_k v_{k−1}`, `α_k` the length.
//! 2. `σ_k`, the norm of the matrix with α on its diagonal and β beside it: at most ‖P‖, and closer each time.
//! 3. Once σ has grown by less than a part in 500 in two rounds together, it is taken for ‖P‖.
//! 4. Otherwise `β_{k+1} u_{k+1} = P v_k − α_k u_k`, and again from (1).
//!
//! Rounding makes u and v lose their right angles to those before, which (1) and (4) give back.
//!
//! A step of a walk costs `2 G H²` operations, so that a sequence costs about `2 G H² T²` times the rounds. The
//! exact probe takes `(2 G + 3) H³ T`: this one is faster where T is small beside H.

use super::products::{dot, rows_of, times_rows, times_transposed_rows};
use super::step_factors::{SequenceTrace, StepFactors};
use super::{JacobianNorms, ProbedLayer, spectral_norm};
use crate::backend::Backend;
use crate::ops::Direction;
use crate::{ComputeError, Parameters, Tape};
use ndarray::Array2;

/// By less than this does σ grow in the last two rounds, as a part of it.
const TOLERANCE: f64 = 0.002;
/// Where the largest norms are nearly alike σ creeps: by then it has come close enough to all of them.
const MAX_ROUNDS: usize = 20;

/// An estimate for each step of one sequence, in parts, so that it can be interrupted.
#[derive(Debug, Clone)]
pub struct JacobianEstimate {
    direction: Direction,
    /// W_hh, `[G·H, H]`.
    weight: Vec<Vec<f64>>,
    /// Of the steps of the sequence, in the order of the walk.
    factors: Vec<StepFactors>,
    /// Steps between the state in hand and h_T: 1 for the one before, T for the initial state.
    distance: usize,
    rounds: Rounds,
    walk: Walk,
    /// Steps that the walk has taken.
    walked: usize,
    /// From T back, the initial state's last.
    norms: Vec<f64>,
}

/// The rounds for one state.
#[derive(Debug, Clone)]
struct Rounds {
    /// u and v, each of length 1.
    left: Vec<Vec<f64>>,
    right: Vec<Vec<f64>>,
    /// α and β, which stands beside the α of the next round.
    diagonal: Vec<f64>,
    beside: Vec<f64>,
    /// σ of the last round and of the one before.
    estimate: f64,
    earlier: f64,
}

/// What is led through the Jacobians.
#[derive(Debug, Clone)]
struct Walk {
    is_back: bool,
    /// The part at h, and at c for an LSTM.
    hidden: Vec<f64>,
    cells: Vec<f64>,
}

impl JacobianEstimate {
    /// Takes down what the steps of `sequence` computed in the last forward pass.
    ///
    /// # Errors
    /// If there is no such sequence, or the layer is not one that was recorded with these parameters.
    pub fn begin<B: Backend>(
        layer: &ProbedLayer,
        tape: &Tape<B>,
        parameters: &Parameters<B>,
        sequence: usize,
    ) -> Result<Self, ComputeError> {
        let trace = SequenceTrace::read(layer, tape, parameters, sequence)?;
        let size = layer.weights.hidden;
        let rounds = Rounds::new(size);
        Ok(Self {
            direction: layer.direction,
            weight: rows_of(parameters, layer.weights.recurrent, [layer.width(), size])?,
            factors: trace.along_walk(layer.direction),
            distance: 1,
            walk: Walk::new(true, &rounds.left),
            rounds,
            walked: 0,
            norms: vec![1.0],
        })
    }

    /// Leads the vector in hand over one step. Returns what was found at the end; after it, nothing of use.
    /// [`JacobianNorms::cells`] are left out.
    pub fn advance(&mut self) -> Option<JacobianNorms> {
        let steps = self.factors.len();
        if self.distance > steps {
            return Some(self.end());
        }
        if self.walk.is_back {
            let factors = &self.factors[steps - 1 - self.walked];
            self.walk.step_back(factors, &self.weight);
        } else {
            let factors = &self.factors[steps - self.distance + self.walked];
            self.walk.step_forward(factors, &self.weight);
        }
        self.walked += 1;
        if self.walked == self.distance {
            self.walked = 0;
            self.turn();
        }
        (self.distance > steps).then(|| self.end())
    }

    /// Walks to the end.
    #[must_use]
    pub fn finish(mut self) -> JacobianNorms {
        loop {
            if let Some(norms) = self.advance() {
                return norms;
            }
        }
    }

    /// A walk is at its end.
    fn turn(&mut self) {
        let arrived = std::mem::take(&mut self.walk.hidden);
        if !self.walk.is_back {
            self.rounds.take_left(arrived);
            self.walk = Walk::new(true, &self.rounds.left);
        } else if let Some(norm) = self.rounds.take_right(arrived) {
            self.norms.push(norm);
            self.distance += 1;
            self.rounds = Rounds::new(self.rounds.left[0].len());
            self.walk = Walk::new(true, &self.rounds.left);
        } else {
            self.walk = Walk::new(false, &self.rounds.right);
        }
    }

    fn end(&mut self) -> JacobianNorms {
        let mut hidden = std::mem::take(&mut self.norms);
        let initial = hidden.pop().unwrap_or(f64::NAN);
        if self.direction == Direction::Forward {
            hidden.reverse();
        }
        JacobianNorms { hidden, cells: None, initial }
    }
}

impl Rounds {
    /// Begins with a direction that leans to no unit and to no sign, the same each time.
    fn new(size: usize) -> Self {
        let mut first: Vec<f64> = (0..size).map(|unit| libm::sin((3 * unit * unit + 1) as f64)).collect();
        normalise(&mut first);
        Self {
            left: vec![first],
            right: Vec::new(),
            diagonal: Vec::new(),
            beside: Vec::new(),
            estimate: 0.0,
            earlier: 0.0,
        }
    }

    /// (1), with Pᵀu. Returns the estimate if it is good enough.
    fn take_right(&mut self, mut arrived: Vec<f64>) -> Option<f64> {
        self.diagonal.push(set_apart(&mut arrived, &self.right));
        self.right.push(arrived);
        let rounds = self.diagonal.len();
        let estimate = spectral_norm(&Array2::from_shape_fn((rounds, rounds), |(row, column)| {
            match row.checked_sub(column) {
                Some(0) => self.diagonal[column],
                Some(1) => self.beside[column],
                _ => 0.0,
            }
        })); // (2)
        // Written so that one that is not a number ends it.
        let still_grows = estimate > 0.0 && estimate - self.earlier > TOLERANCE * estimate;
        self.earlier = std::mem::replace(&mut self.estimate, estimate);
        (!still_grows || rounds == MAX_ROUNDS).then_some(estimate) // (3)
    }

    /// (4), with P v.
    fn take_left(&mut self, mut arrived: Vec<f64>) {
        self.beside.push(set_apart(&mut arrived, &self.left));
        self.left.push(arrived);
    }
}

impl Walk {
    /// Leads the newest of some vectors.
    fn new(is_back: bool, vectors: &[Vec<f64>]) -> Self {
        let hidden = vectors.last().cloned().unwrap_or_default();
        Self { is_back, cells: vec![0.0; hidden.len()], hidden }
    }

    /// `(p, p_c) ← (p, p_c) J`, as in [`super::jacobian`], (3).
    fn step_back(&mut self, factors: &StepFactors, weight: &[Vec<f64>]) {
        let StepFactors { hidden: alpha, past, cells } = factors;
        let size = self.hidden.len();
        let mut d_product: Vec<f64> =
            alpha.iter().enumerate().map(|(row, alpha)| self.hidden[row % size] * alpha).collect();
        if let Some(of_cells) = cells {
            for (row, (d_product, beta)) in d_product.iter_mut().zip(&of_cells.gates).enumerate() {
                *d_product += self.cells[row % size] * beta;
            }
            for (unit, p_c) in self.cells.iter_mut().enumerate() {
                *p_c = self.hidden[unit] * of_cells.from_hidden[unit] + *p_c * of_cells.forget[unit];
            }
        }
        let mut hidden = vec![0.0; size];
        times_rows(&d_product, weight, &mut hidden);
        if let Some(past) = past {
            hidden.iter_mut().zip(&self.hidden).zip(past).for_each(|((new, old), past)| *new += old * past);
        }
        self.hidden = hidden;
    }

    /// `(q, q_c) ← J (q, q_c)`: with `a = W_hh q`, `q ← Σ α ⊙ a + π ⊙ q + γ ⊙ q_c` and `q_c ← Σ β ⊙ a + f ⊙ q_c`,
    /// the sums over the G blocks, with the old q and q_c on the right.
    fn step_forward(&mut self, factors: &StepFactors, weight: &[Vec<f64>]) {
        let StepFactors { hidden: alpha, past, cells } = factors;
        let size = self.hidden.len();
        let moved = times_transposed_rows(&self.hidden, weight);
        let mut hidden = vec![0.0; size];
        for (row, (moved, alpha)) in moved.iter().zip(alpha).enumerate() {
            hidden[row % size] += moved * alpha;
        }
        if let Some(past) = past {
            hidden.iter_mut().zip(&self.hidden).zip(past).for_each(|((new, old), past)| *new += old * past);
        }
        if let Some(of_cells) = cells {
            for (unit, (new, cell)) in hidden.iter_mut().zip(&mut self.cells).enumerate() {
                *new += of_cells.from_hidden[unit] * *cell;
                *cell *= of_cells.forget[unit];
            }
            for (row, (moved, beta)) in moved.iter().zip(&of_cells.gates).enumerate() {
                self.cells[row % size] += moved * beta;
            }
        }
        self.hidden = hidden;
    }
}

/// Takes from a vector what lies along the others, which are of length 1, and gives it the length 1, too. Returns the
/// length that it had.
fn set_apart(vector: &mut [f64], others: &[Vec<f64>]) -> f64 {
    for other in others {
        let along = dot(vector, other);
        vector.iter_mut().zip(other).for_each(|(number, other)| *number -= along * other);
    }
    normalise(vector)
}

/// Gives a vector the length 1, where it has any. Returns the length that it had.
fn normalise(vector: &mut [f64]) -> f64 {
    // Scaled first, so that no square is too large or too small for an `f64`.
    let largest = vector.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
    if largest == 0.0 {
        // `max` passes over what is not a number.
        return vector.iter().sum();
    }
    vector.iter_mut().for_each(|number| *number /= largest);
    let length = libm::sqrt(vector.iter().map(|number| number * number).sum());
    vector.iter_mut().for_each(|number| *number /= length);
    largest * length
}
