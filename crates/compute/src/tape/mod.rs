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
mod recorder;
mod shape;

pub use context::{Buffers, Context, GradientScope, Mode};
pub use packed_weights::{PackedId, PackedUse, PackedWeights};
pub use packing::{Packing, PackingVar};
pub use padded::batch_first;
pub use recorder::{Gradients, Recorder};
pub(crate) use recorder::{at_least_one, not_packed, same_packing, same_sequences, same_shape};
pub use shape::Shape;

use crate::backend::{At, Backend};
use crate::ops::Op;
use crate::{ComputeError, Parameters, Real};
use ndarray::{ArrayD, IxDyn};

/// A tensor on a tape, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Var {
    storage: usize,
    start: usize,
    shape: Shape,
    packing: Option<PackingVar>,
    is_constant: bool,
}

impl Var {
    /// Where it starts in its buffer.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Its part of the buffer behind it.
    pub(crate) fn at<T>(&self, buffer: T) -> At<T> {
        At(buffer, self.start)
    }

    /// Its shape; that of the padded tensor if it is packed.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How its rows are packed, if they are; see [`Packing`].
    #[must_use]
    pub fn packing(&self) -> Option<PackingVar> {
        self.packing
    }

    /// Whether nobody wants its gradient, which an op need not compute.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.is_constant
    }

    /// `count` entries of the slowest dimension from `first` on, as a view: `[T, B, H]` to
    /// `[count, B, H]`.
    ///
    /// # Panics
    /// If there are not as many, or the tensor is packed, so that its steps differ in size.
    #[must_use]
    pub fn slice(self, first: usize, count: usize) -> Self {
        assert!(self.packing.is_none(), "a packed tensor has no entries of equal size");
        let dims = self.shape.dims();
        assert!(first + count <= dims[0], "entries {first}..{} of {}", first + count, self.shape);
        let stride = self.shape.len() / dims[0].max(1);
        let shape = match *dims {
            [_] => Shape::from([count]),
            [_, a] => Shape::from([count, a]),
            [_, a, b] => Shape::from([count, a, b]),
            [_, a, b, c] => Shape::from([count, a, b, c]),
            _ => self.shape,
        };
        Self { start: self.start.saturating_add(first.saturating_mul(stride)), shape, ..self }
    }

    /// The same numbers as a sequence of one step, as a view: `[B, H]` to `[1, B, H]`.
    ///
    /// # Panics
    /// If it is not of rank 2.
    #[must_use]
    pub fn as_step(self) -> Self {
        let dims = self.shape.dims();
        assert!(dims.len() == 2, "one step of {} is not a sequence", self.shape);
        Self { shape: Shape::from([1, dims[0], dims[1]]), ..self }
    }

    /// One entry of the slowest dimension, as a view: `[T, B, H]` to `[B, H]`.
    ///
    /// # Panics
    /// If there is no such entry.
    #[must_use]
    pub fn entry(self, index: usize) -> Self {
        let entry = self.slice(index, 1);
        let shape = match *entry.shape.dims() {
            [_, a] => Shape::from([a]),
            [_, a, b] => Shape::from([a, b]),
            [_, a, b, c] => Shape::from([a, b, c]),
            _ => Shape::from([1]),
        };
        Self { shape, ..entry }
    }
}

/// Indices that are written from outside: symbols read, or classes to be predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexVar {
    id: usize,
    start: usize,
    len: usize,
    table_size: usize,
    packing: Option<PackingVar>,
}

impl IndexVar {
    /// Where they start among those they are a view of.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    pub(crate) fn id(&self) -> usize {
        self.id
    }

    /// How they are packed, if they are; see [`Packing`].
    #[must_use]
    pub fn packing(&self) -> Option<PackingVar> {
        self.packing
    }

    /// `count` of them from `first` on, as a view: the symbols of one step.
    ///
    /// # Panics
    /// If there are not as many, or they are packed.
    #[must_use]
    pub fn slice(self, first: usize, count: usize) -> Self {
        assert!(self.packing.is_none(), "packed indices have no steps of equal size");
        assert!(first + count <= self.len, "indices {first}..{} of {}", first + count, self.len);
        Self { start: self.start + first, len: count, ..self }
    }

    /// How many indices; if they are packed, how many there can be.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Rows of the table they point into.
    #[must_use]
    pub fn table_size(&self) -> usize {
        self.table_size
    }
}

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

/// A walk over a tape, forward or backward, that can be interrupted between any two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    direction: Direction,
    /// Ops done.
    op: usize,
    /// Parts done of the next op.
    part: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward(GradientScope),
}

impl Pass {
    /// From the inputs to the loss.
    #[must_use]
    pub fn forward() -> Self {
        Self { direction: Direction::Forward, op: 0, part: 0 }
    }

    /// From the loss to the inputs. The gradients must have been zeroed and the loss's set before
    /// (see [`Tape::zero_gradients`] and [`Tape::write_gradient`]).
    #[must_use]
    pub fn backward(scope: GradientScope) -> Self {
        Self { direction: Direction::Backward(scope), op: 0, part: 0 }
    }
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
        let scope = match pass.direction {
            Direction::Forward => GradientScope::Everything,
            Direction::Backward(scope) => scope,
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
        let parts = match pass.direction {
            Direction::Forward => {
                let op = &mut self.ops[pass.op];
                op.forward(pass.part, &mut context);
                op.forward_parts()
            }
            Direction::Backward(scope) => {
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
