//! The tape: the unrolled graph of a network, and what runs it.
//!
//! [`Recorder`] takes down the ops of a model. [`Tape`] holds every tensor of that graph and its
//! gradient in memory that is allocated once; running the tape forward computes the loss, walking
//! it in reverse is backpropagation through time. Both are done by a [`Pass`], part by part (a part
//! is at most a few milliseconds of work, such as one time step of one layer), so that whoever
//! drives it can stop at any moment and go on later, with the same result.

mod context;
mod packed_weights;
mod packing;
mod padded;
mod pass;
mod recorder;
mod shape;
mod var;

pub use context::{Buffers, Context, GradientScope, Mode};
pub use packed_weights::{PackedId, PackedUse, PackedWeights};
pub use packing::{Packing, PackingVar};
pub use padded::batch_first;
pub use pass::Pass;
use pass::Walk;
pub use recorder::{Gradients, Recorder};
pub(crate) use recorder::{at_least_one, not_packed, same_packing, same_sequences, same_shape};
pub use shape::Shape;
pub use var::{IndexVar, Var};

use crate::backend::{At, Backend};
use crate::ops::Op;
use crate::{ComputeError, Parameters, Real};
use ndarray::{ArrayD, IxDyn};

/// A recorded graph with its memory.
pub struct Tape<B: Backend> {
    backend: B,
    ops: Vec<Box<dyn Op<B>>>,
    storages: Vec<recorder::Storage>,
    values: Buffers<B>,
    gradients: Buffers<B>,
    indices: Vec<B::Indices>,
    packings: Vec<Packing>,
    packed: PackedWeights<B>,
    mode: Mode,
}

impl<B: Backend> Tape<B> {
    fn new(backend: B, recorder: Recorder<B>, gradients: Gradients) -> Self {
        let allocate = |len: usize| backend.zeros(len);
        let values = recorder.storages.iter().map(|storage| allocate(storage.shape.len())).collect();
        let packed = PackedWeights::new(&backend, &recorder.packed, gradients);
        let mut ops = recorder.ops;
        for op in &mut ops {
            op.allocate(&backend, gradients);
        }
        let gradients = match gradients {
            Gradients::Kept => {
                recorder.storages.iter().map(|storage| allocate(storage.shape.len())).collect()
            }
            Gradients::None => Vec::new(),
        };
        let indices = recorder.index_inputs.iter().map(|input| backend.indices(input.len)).collect();
        Self {
            backend,
            ops,
            storages: recorder.storages,
            values: Buffers(values),
            gradients: Buffers(gradients),
            indices,
            packings: recorder.packings.iter().map(|var| Packing::full(var.steps, var.batch)).collect(),
            packed,
            mode: Mode::Evaluation,
        }
    }

    /// Where this tape's numbers are.
    #[must_use]
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// Says whether the passes from now on train or evaluate, which ops such as dropout must know.
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// Forgets which training passes it has run: those that come are others, whatever their numbers.
    pub(crate) fn forget_passes(&mut self) {
        self.ops.iter_mut().for_each(|op| op.forget());
    }

    /// Sets the lengths of a batch of sequences; packed tensors are written after it.
    ///
    /// # Errors
    /// If there is not one length for each sequence, or one is 0 or larger than T.
    pub fn write_lengths(&mut self, packing: PackingVar, lengths: &[usize]) -> Result<(), ComputeError> {
        self.packings[packing.id].set(lengths)
    }

    /// How the rows of packed tensors lie.
    #[must_use]
    pub fn packing(&self, packing: PackingVar) -> &Packing {
        &self.packings[packing.id]
    }

    /// Rows that a tensor holds now: those of its shape, or fewer if it is packed.
    fn rows(&self, packing: Option<PackingVar>, planned: usize) -> usize {
        packing.map_or(planned, |packing| self.packings[packing.id].rows())
    }

    /// The shape that a tensor has now: its own, or `[N, width]` if it is packed.
    fn present_shape(&self, var: Var) -> Shape {
        let packed = |packing| Shape::from([self.rows(Some(packing), 0), var.shape.width()]);
        var.packing.map_or(var.shape, packed)
    }

    /// Sets a tensor's numbers, row-major; if it is packed, those of its N rows.
    ///
    /// # Errors
    /// If there are not as many numbers as the tensor holds.
    pub fn write(&mut self, var: Var, numbers: &[B::Elem]) -> Result<(), ComputeError> {
        check_length("input", self.present_shape(var).len(), numbers.len())?;
        self.set(var, numbers);
        Ok(())
    }

    /// Sets as many numbers as the tensor holds.
    pub(crate) fn set(&mut self, var: Var, numbers: &[B::Elem]) {
        self.backend.write(self.values.at_mut(var), numbers);
    }

    /// Zeroes those numbers of a tensor that are not to be kept; returns what it held, for
    /// [`Tape::put_back`].
    pub(crate) fn keep_only(&mut self, var: Var, is_kept: &[bool]) -> B::Buffer {
        let kept = |&is_kept: &bool| if is_kept { B::Elem::ONE } else { B::Elem::ZERO };
        let factors: Vec<B::Elem> = is_kept.iter().map(kept).collect();
        let [mut held, mut mask] = [(); 2].map(|()| self.backend.zeros(factors.len()));
        self.backend.copy(self.values.at(var), At(&mut held, 0), factors.len());
        self.backend.write(At(&mut mask, 0), &factors);
        self.backend.multiply(At(&mask, 0), self.values.at_mut(var), factors.len());
        held
    }

    /// Sets a tensor to what [`Tape::keep_only`] returned.
    pub(crate) fn put_back(&mut self, var: Var, held: &B::Buffer) {
        let len = self.present_shape(var).len();
        self.backend.copy(At(held, 0), self.values.at_mut(var), len);
    }

    /// Sets the indices of an input.
    ///
    /// # Errors
    /// If there are not as many as the input holds, or one points outside its table.
    pub fn write_indices(&mut self, var: IndexVar, rows: &[u32]) -> Result<(), ComputeError> {
        check_length("indices", self.rows(var.packing, var.len), rows.len())?;
        if let Some(&found) = rows.iter().find(|&&row| row as usize >= var.table_size) {
            return Err(ComputeError::Index { what: "symbol", size: var.table_size, found });
        }
        self.backend.write_indices(At(&mut self.indices[var.id], var.start), rows);
        Ok(())
    }

    /// A tensor's numbers; if it is packed, `[N, width]`.
    #[must_use]
    pub fn read(&self, var: Var) -> ArrayD<B::Elem> {
        array(&self.backend, self.values.at(var), self.present_shape(var))
    }

    /// A tensor's gradient, valid after a backward pass.
    #[must_use]
    pub fn read_gradient(&self, var: Var) -> ArrayD<B::Elem> {
        array(&self.backend, self.gradients.at(var), self.present_shape(var))
    }

    /// A number of a tensor, such as the loss.
    #[must_use]
    pub fn read_scalar(&self, var: Var) -> B::Elem {
        let mut number = [B::Elem::ZERO];
        self.backend.read(self.values.at(var), &mut number);
        number[0]
    }

    /// A tensor's numbers on the device, and how many they are.
    pub(crate) fn part(&self, var: Var) -> (At<&B::Buffer>, usize) {
        (self.values.at(var), self.present_shape(var).len())
    }

    /// Asks for the numbers of tensors, as they are after all that was begun before.
    #[must_use]
    pub fn request(&self, vars: &[Var]) -> B::Transfer {
        let parts: Vec<_> = vars.iter().map(|&var| self.part(var)).collect();
        self.backend.request_numbers(&parts)
    }

    /// Asks for the gradients of tensors, as they are after all that was begun before.
    #[must_use]
    pub fn request_gradients(&self, vars: &[Var]) -> B::Transfer {
        let part = |&var: &Var| (self.gradients.at(var), self.present_shape(var).len());
        self.backend.request_numbers(&vars.iter().map(part).collect::<Vec<_>>())
    }

    /// Adds `factor` times a number of a tensor, such as the loss, to an entry of a ledger.
    pub fn enter(&self, var: Var, factor: f64, (ledger, entry): (&mut B::Ledger, usize)) {
        self.backend.enter(self.values.at(var), factor, ledger, entry);
    }

    /// Euclidean norm of a tensor's gradient.
    #[must_use]
    pub fn gradient_norm(&self, var: Var) -> f64 {
        libm::sqrt(self.backend.sum_of_squares(self.gradients.at(var), self.present_shape(var).len()))
    }

    /// Copies one tensor's numbers to another of the same length: the state that one window of
    /// truncated backpropagation hands to the next.
    pub fn copy(&mut self, from: Var, to: Var) {
        assert_eq!(from.shape.len(), to.shape.len(), "copied tensors must be of one length");
        let [source, target] = self.values.many_mut([from, to]);
        self.backend.copy(At(source, from.start), At(target, to.start), to.shape.len());
    }

    /// Sets all numbers of a tensor.
    pub fn fill(&mut self, var: Var, number: B::Elem) {
        self.backend.fill(self.values.at_mut(var), var.shape.len(), number);
    }

    /// Zeroes every tensor's gradient, which the ops then add to.
    pub fn zero_gradients(&mut self) {
        for (gradient, storage) in self.gradients.0.iter_mut().zip(&self.storages) {
            if storage.is_accumulated {
                self.backend.fill(At(gradient, 0), storage.shape.len(), B::Elem::ZERO);
            }
        }
    }

    /// Sets a tensor's gradient: 1 for the loss, before the backward pass.
    ///
    /// # Errors
    /// If there are not as many numbers as the tensor holds.
    pub fn write_gradient(&mut self, var: Var, numbers: &[B::Elem]) -> Result<(), ComputeError> {
        check_length("gradient", self.present_shape(var).len(), numbers.len())?;
        self.set_gradient(var, numbers);
        Ok(())
    }

    /// Sets as many numbers as the tensor's gradient holds.
    pub(crate) fn set_gradient(&mut self, var: Var, numbers: &[B::Elem]) {
        self.backend.write(self.gradients.at_mut(var), numbers);
    }

    /// Runs the next part of a pass. Returns whether the pass is finished.
    pub fn advance(&mut self, pass: &mut Pass, parameters: &mut Parameters<B>) -> bool {
        let count = self.ops.len();
        if pass.op == count {
            return true;
        }
        let scope = match pass.walk {
            Walk::Forward => GradientScope::Everything,
            Walk::Backward(scope) => scope,
        };
        let mut context = Context {
            backend: &self.backend,
            parameters,
            values: &mut self.values,
            gradients: &mut self.gradients,
            scope,
            mode: self.mode,
            indices: &mut self.indices,
            packings: &self.packings,
            packed: &mut self.packed,
        };
        let parts = match pass.walk {
            Walk::Forward => {
                let op = &mut self.ops[pass.op];
                op.forward(pass.part, &mut context);
                op.forward_parts()
            }
            Walk::Backward(scope) => {
                let op = &mut self.ops[count - 1 - pass.op];
                op.backward(pass.part, &mut context);
                op.backward_parts(scope)
            }
        };
        pass.part += 1;
        if pass.part >= parts {
            pass.op += 1;
            pass.part = 0;
        }
        pass.op == count
    }

    /// Runs a whole forward pass.
    pub fn forward(&mut self, parameters: &mut Parameters<B>) {
        let mut pass = Pass::forward();
        while !self.advance(&mut pass, parameters) {}
    }

    /// Runs a whole backward pass from gradients that were set with [`Tape::write_gradient`].
    pub fn backward(&mut self, parameters: &mut Parameters<B>) {
        let mut pass = Pass::backward(GradientScope::Everything);
        while !self.advance(&mut pass, parameters) {}
    }
}

fn check_length(what: &str, expected: usize, found: usize) -> Result<(), ComputeError> {
    if expected == found {
        Ok(())
    } else {
        Err(ComputeError::Length { what: what.to_owned(), expected, found })
    }
}

/// Reads a tensor from the device.
pub(crate) fn array<B: Backend>(backend: &B, source: At<&B::Buffer>, shape: Shape) -> ArrayD<B::Elem> {
    let mut array = ArrayD::from_elem(IxDyn(shape.dims()), B::Elem::ZERO);
    if let Some(numbers) = array.as_slice_mut() {
        backend.read(source, numbers);
    }
    array
}
