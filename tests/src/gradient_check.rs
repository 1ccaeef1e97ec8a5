//! Gradients by differences: what the backward pass must agree with.
//!
//! The derivative of L at x is taken from four values around it,
//! `(8·(L(x+ε) − L(x−ε)) − (L(x+2ε) − L(x−2ε))) / 12ε`, central differences with the error of order ε²
//! cancelled. With ε = 10⁻³ what is left of order ε⁴ and the rounding of `f64` are both near 10⁻¹²,
//! so that gradients as small as [`FLOOR`] can be told from wrong ones.

use crate::fixture::parameters;
use crate::formula::numbers;
use rnn_compute::{
    ComputeError, Gradients, ParameterId, ParameterList, Parameters, Recorder, Reference, Tape, Var,
};
use std::fmt;

/// ε.
const STEP: f64 = 1e-3;
/// ε where the first did not agree: a kink, as ReLU has one at 0, may lie within it. A wrong gradient
/// stays wrong.
const SHORT_STEP: f64 = 1e-5;
/// Errors of smaller gradients are measured against this number.
pub const FLOOR: f64 = 1e-5;
/// The promise: no gradient may be off by more, relatively.
pub const TOLERANCE: f64 = 1e-5;
/// First sequence of [`crate::formula`] used for the seeds.
const SEED_SALT: u32 = 300;
/// First sequence used for the inputs.
const INPUT_SALT: u32 = 400;

/// A graph whose gradients are to be checked. All inputs have been written.
pub struct Subject {
    /// The graph.
    pub tape: Tape<Reference<f64>>,
    /// Its parameters, of which all are checked that training changes.
    pub parameters: Parameters<Reference<f64>>,
    /// The tensors written from outside whose gradient is checked.
    pub inputs: Vec<Var>,
    /// The tensors whose sum, each number weighted by a random seed, is L.
    pub outputs: Vec<Var>,
}

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Numbers compared.
    pub compared: usize,
    /// The largest of |gradient − difference| / max(|gradient|, |difference|, [`FLOOR`]).
    pub largest_error: f64,
    /// Where it was.
    pub place: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { compared, largest_error, place } = self;
        write!(f, "{compared} gradients, largest relative error {largest_error:.1e} at {place}")
    }
}

/// A number that L depends on.
#[derive(Debug, Clone, Copy)]
enum Place {
    Parameter(ParameterId),
    Input(Var),
}

impl Subject {
    /// A graph with parameters and inputs by formula.
    ///
    /// # Errors
    /// Never, unless an input belongs to another recording.
    pub fn new(
        recorder: Recorder<Reference<f64>>,
        list: &ParameterList,
        inputs: &[Var],
        outputs: &[Var],
    ) -> Result<Self, ComputeError> {
        let backend = Reference::new();
        let tape = recorder.finish(backend, Gradients::Kept);
        let parameters = parameters(&backend, list)?;
        let mut subject = Self { tape, parameters, inputs: Vec::new(), outputs: outputs.to_vec() };
        subject.write_inputs(inputs)?;
        Ok(subject)
    }

    /// Writes inputs by formula and has their gradients checked, too; for packed ones, once the lengths
    /// are written.
    ///
    /// # Errors
    /// Never, unless an input belongs to another recording.
    pub fn write_inputs(&mut self, inputs: &[Var]) -> Result<(), ComputeError> {
        for (salt, &input) in (INPUT_SALT..).zip(inputs) {
            let len = self.tape.read(input).len();
            self.tape.write(input, &numbers(salt, len, 1.0))?;
        }
        self.inputs.extend(inputs);
        Ok(())
    }

    /// Checks every gradient, of which there must be `expected`.
    ///
    /// # Errors
    /// As [`Subject::check`].
    ///
    /// # Panics
    /// If a gradient is off by [`TOLERANCE`] or more, or their number is another.
    pub fn assert(self, what: &str, expected: usize) -> Result<(), ComputeError> {
        let report = self.check()?;
        assert!(report.largest_error < TOLERANCE, "{what}: {report}");
        assert_eq!(report.compared, expected, "{what}: gradients compared");
        Ok(())
    }

    /// Compares the gradient of every number of every trained parameter and of every input with
    /// differences.
    ///
    /// # Errors
    /// Never, unless a tensor belongs to another tape.
    pub fn check(mut self) -> Result<Report, ComputeError> {
        let mut report = Report::default();
        self.walk_back()?;
        let is_trained = |&id: &ParameterId| self.parameters.role(id).is_trained();
        let parameters = self.parameters.ids().filter(is_trained).map(Place::Parameter);
        let inputs = self.inputs.iter().copied().map(Place::Input);
        for place in parameters.chain(inputs).collect::<Vec<_>>() {
            let (name, at, gradients) = self.values_and_gradients(place);
            for (index, &gradient) in gradients.iter().enumerate() {
                let mut difference = self.difference(place, &at, index, STEP)?;
                if relative_error(gradient, difference) >= TOLERANCE {
                    difference = self.difference(place, &at, index, SHORT_STEP)?;
                }
                let error = relative_error(gradient, difference);
                report.compared += 1;
                // An error that is not a number counts as the largest, and stays.
                if error.is_nan() || error > report.largest_error {
                    report.largest_error = error;
                    report.place = format!("{name}[{index}]: {gradient:e}, by differences {difference:e}");
                }
            }
        }
        Ok(report)
    }

    fn seeds(&self) -> Vec<Vec<f64>> {
        let seed = |(salt, &var): (u32, &Var)| numbers(salt, self.tape.read(var).len(), 1.0);
        (SEED_SALT..).zip(&self.outputs).map(seed).collect()
    }

    fn walk_back(&mut self) -> Result<(), ComputeError> {
        self.tape.forward(&mut self.parameters);
        self.parameters.zero_gradients();
        self.tape.zero_gradients();
        for (&output, seed) in self.outputs.iter().zip(self.seeds()) {
            self.tape.write_gradient(output, &seed)?;
        }
        self.tape.backward(&mut self.parameters);
        Ok(())
    }

    fn values_and_gradients(&self, place: Place) -> (String, Vec<f64>, Vec<f64>) {
        let (name, values, gradients) = match place {
            Place::Parameter(id) => (
                self.parameters.name(id).to_owned(),
                self.parameters.read(id),
                self.parameters.read_gradient(id),
            ),
            Place::Input(var) => {
                (format!("input {}", var.shape()), self.tape.read(var), self.tape.read_gradient(var))
            }
        };
        (name, values.into_iter().collect(), gradients.into_iter().collect())
    }

    fn difference(&mut self, place: Place, at: &[f64], index: usize, step: f64) -> Result<f64, ComputeError> {
        let mut objective = |steps: f64| {
            let mut moved = at.to_vec();
            moved[index] += steps * step;
            self.write(place, &moved)?;
            self.tape.forward(&mut self.parameters);
            Ok(self.objective())
        };
        let near = objective(1.0)? - objective(-1.0)?;
        let far = objective(2.0)? - objective(-2.0)?;
        self.write(place, at)?;
        Ok((8.0 * near - far) / (12.0 * step))
    }

    fn write(&mut self, place: Place, numbers: &[f64]) -> Result<(), ComputeError> {
        match place {
            Place::Parameter(id) => self.parameters.write(id, numbers),
            Place::Input(var) => self.tape.write(var, numbers),
        }
    }

    fn objective(&self) -> f64 {
        let weighted = |(&var, seed): (&Var, Vec<f64>)| -> f64 {
            self.tape.read(var).iter().zip(seed).map(|(number, seed)| number * seed).sum()
        };
        self.outputs.iter().zip(self.seeds()).map(weighted).sum()
    }
}

fn relative_error(gradient: f64, difference: f64) -> f64 {
    (gradient - difference).abs() / gradient.abs().max(difference.abs()).max(FLOOR)
}
