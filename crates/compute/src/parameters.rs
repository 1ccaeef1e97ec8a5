//! The trainable numbers of a model, by name.

use crate::backend::{At, Backend};
use crate::parameter_role::ParameterRole;
use crate::tape::array;
use crate::{ComputeError, Real, Shape};
use ndarray::ArrayD;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Names and shapes of a model's parameters, before they have memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterList(Vec<Declaration>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Declaration {
    name: String,
    shape: Shape,
    role: ParameterRole,
}

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ParameterId(usize);

impl ParameterList {
    /// Adds a parameter. Names are those of a PyTorch state dict.
    pub fn declare(
        &mut self,
        name: impl Into<String>,
        shape: impl Into<Shape>,
        role: ParameterRole,
    ) -> ParameterId {
        self.0.push(Declaration { name: name.into(), shape: shape.into(), role });
        ParameterId(self.0.len() - 1)
    }

    /// A parameter's shape.
    #[must_use]
    pub fn shape(&self, id: ParameterId) -> Shape {
        self.0[id.0].shape
    }

    /// Each parameter's name and shape, in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Shape)> {
        self.0.iter().map(|declaration| (&*declaration.name, declaration.shape))
    }

    /// How many numbers they hold together.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, declaration| sum.saturating_add(declaration.shape.planned_len()))
    }
}

struct Parameter<B: Backend> {
    declaration: Declaration,
    value: B::Buffer,
    gradient: B::Buffer,
}

/// The trainable numbers of a model and their gradients.
pub struct Parameters<B: Backend> {
    backend: B,
    entries: Vec<Parameter<B>>,
    version: u64,
}

impl<B: Backend> Parameters<B> {
    /// Memory for all of `list`, zero.
    #[must_use]
    pub fn new(backend: B, list: &ParameterList) -> Self {
        let entries = list
            .0
            .iter()
            .map(|declaration| Parameter {
                declaration: declaration.clone(),
                value: backend.zeros(declaration.shape.len()),
                gradient: backend.zeros(declaration.shape.len()),
            })
            .collect();
        Self { backend, entries, version: next_version() }
    }

    /// Every parameter, in the order of declaration.
    pub fn ids(&self) -> impl Iterator<Item = ParameterId> + use<B> {
        (0..self.entries.len()).map(ParameterId)
    }

    /// Changes whenever a value does: what was derived from the values under another version is stale.
    /// No two sets of parameters ever have the same.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The parameter of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(&self, name: &str) -> Result<ParameterId, ComputeError> {
        self.entries
            .iter()
            .position(|entry| entry.declaration.name == name)
            .map(ParameterId)
            .ok_or_else(|| ComputeError::UnknownParameter { name: name.to_owned() })
    }

    /// A parameter's name, as in a PyTorch state dict.
    #[must_use]
    pub fn name(&self, id: ParameterId) -> &str {
        &self.entries[id.0].declaration.name
    }

    /// A parameter's shape.
    #[must_use]
    pub fn shape(&self, id: ParameterId) -> Shape {
        self.entries[id.0].declaration.shape
    }

    /// What a parameter is in its layer.
    #[must_use]
    pub fn role(&self, id: ParameterId) -> ParameterRole {
        self.entries[id.0].declaration.role
    }

    /// Reads a parameter.
    #[must_use]
    pub fn read(&self, id: ParameterId) -> ArrayD<B::Elem> {
        array(&self.backend, At(self.value(id), 0), self.shape(id))
    }

    /// Asks for rows of a parameter, such as the embeddings of symbols, as they are after all that was begun
    /// before.
    ///
    /// # Errors
    /// If it has no such row.
    pub fn request_rows(&self, id: ParameterId, rows: &[u32]) -> Result<B::Transfer, ComputeError> {
        let shape = self.shape(id);
        let size = shape.len() / shape.width().max(1);
        if let Some(&found) = rows.iter().find(|&&row| row as usize >= size) {
            return Err(ComputeError::Index { what: "row of a parameter", size, found });
        }
        let row = |&row: &u32| (At(self.value(id), row as usize * shape.width()), shape.width());
        Ok(self.backend.request_numbers(&rows.iter().map(row).collect::<Vec<_>>()))
    }

    /// Reads a parameter's gradient.
    #[must_use]
    pub fn read_gradient(&self, id: ParameterId) -> ArrayD<B::Elem> {
        array(&self.backend, At(self.gradient(id), 0), self.shape(id))
    }

    /// Sets a parameter, row-major.
    ///
    /// # Errors
    /// If there are not as many numbers as it holds.
    pub fn write(&mut self, id: ParameterId, numbers: &[B::Elem]) -> Result<(), ComputeError> {
        let Declaration { name, shape, .. } = &self.entries[id.0].declaration;
        if shape.len() != numbers.len() {
            let (what, expected) = (name.clone(), shape.len());
            return Err(ComputeError::Length { what, expected, found: numbers.len() });
        }
        self.overwrite(id, numbers);
        Ok(())
    }

    /// Sets a parameter to as many numbers as it holds.
    pub(crate) fn overwrite(&mut self, id: ParameterId, numbers: &[B::Elem]) {
        self.version = next_version();
        self.backend.write(At(&mut self.entries[id.0].value, 0), numbers);
    }

    /// Copies every value from parameters of the same list.
    pub fn copy_from(&mut self, other: &Self) {
        self.version = next_version();
        for (target, source) in self.entries.iter_mut().zip(&other.entries) {
            self.backend.copy(At(&source.value, 0), At(&mut target.value, 0), target.declaration.shape.len());
        }
    }

    /// Copies every value from parameters of the same list, if an entry of a ledger is finite.
    pub(crate) fn copy_if_finite(&mut self, judged: (&B::Ledger, usize), other: &Self) {
        self.version = next_version();
        for (target, source) in self.entries.iter_mut().zip(&other.entries) {
            let len = target.declaration.shape.len();
            self.backend.copy_if_finite(judged, &source.value, &mut target.value, len);
        }
    }

    /// Zeroes every gradient, which the ops then add to.
    pub fn zero_gradients(&mut self) {
        for entry in &mut self.entries {
            self.backend.fill(At(&mut entry.gradient, 0), entry.declaration.shape.len(), B::Elem::ZERO);
        }
    }

    /// How many numbers are trained.
    #[must_use]
    pub fn trained_count(&self) -> usize {
        self.trained().map(|entry| entry.declaration.shape.len()).sum()
    }

    /// Reads the gradients of all that is trained, one after the other; as many numbers as there are.
    pub(crate) fn read_gradients(&self, numbers: &mut [B::Elem]) {
        let mut rest = numbers;
        for entry in self.trained() {
            let (part, behind) = std::mem::take(&mut rest).split_at_mut(entry.declaration.shape.len());
            self.backend.read(At(&entry.gradient, 0), part);
            rest = behind;
        }
    }

    /// Sets the gradients of all that is trained, as [`Parameters::read_gradients`] read them.
    pub(crate) fn write_gradients(&mut self, numbers: &[B::Elem]) {
        let mut rest = numbers;
        for entry in self.entries.iter_mut().filter(|entry| entry.declaration.role.is_trained()) {
            let (part, behind) = rest.split_at(entry.declaration.shape.len());
            self.backend.write(At(&mut entry.gradient, 0), part);
            rest = behind;
        }
    }

    fn trained(&self) -> impl Iterator<Item = &Parameter<B>> {
        self.entries.iter().filter(|entry| entry.declaration.role.is_trained())
    }

    /// Enters the square of the norm of a parameter's gradient; nothing if it is not trained.
    pub fn enter_gradient(&self, id: ParameterId, ledger: &mut B::Ledger, entry: usize) {
        let Parameter { declaration, gradient, .. } = &self.entries[id.0];
        if declaration.role.is_trained() {
            self.backend.enter_squares(At(gradient, 0), declaration.shape.len(), ledger, entry);
        }
    }

    /// Enters the square of a parameter's norm; nothing if it is not trained.
    pub(crate) fn enter_value(&self, id: ParameterId, ledger: &mut B::Ledger, entry: usize) {
        let Parameter { declaration, value, .. } = &self.entries[id.0];
        if declaration.role.is_trained() {
            self.backend.enter_squares(At(value, 0), declaration.shape.len(), ledger, entry);
        }
    }

    /// Enters the square of a parameter's distance from what it is in another set of the same list; nothing if
    /// it is not trained.
    pub(crate) fn enter_distance(&self, id: ParameterId, other: &Self, ledger: &mut B::Ledger, entry: usize) {
        if self.role(id).is_trained() {
            self.backend.enter_squared_distance([self.value(id), other.value(id)], ledger, entry);
        }
    }

    /// Scales what is trained by the norm that its squares in these entries of a ledger make together
    /// (PyTorch's `clip_grad_norm_`).
    pub fn clip_gradients(&mut self, ledger: &B::Ledger, squares: Range<usize>, max_norm: f64) {
        for entry in self.entries.iter_mut().filter(|entry| entry.declaration.role.is_trained()) {
            self.backend.clip(&mut entry.gradient, ledger, squares.clone(), max_norm);
        }
    }

    /// Bounds every number of every gradient to `±bound` (PyTorch's `clip_grad_value_`).
    pub fn clamp_gradients(&mut self, bound: f64) {
        for entry in &mut self.entries {
            self.backend.clamp(&mut entry.gradient, bound);
        }
    }

    /// A parameter's numbers on the device.
    #[must_use]
    pub fn value(&self, id: ParameterId) -> &B::Buffer {
        &self.entries[id.0].value
    }

    /// A parameter's numbers on the device, to be changed: for an op that remembers something from pass
    /// to pass, such as the running statistics of batch norm.
    pub fn value_mut(&mut self, id: ParameterId) -> &mut B::Buffer {
        self.version = next_version();
        &mut self.entries[id.0].value
    }

    /// A parameter's gradient on the device.
    #[must_use]
    pub fn gradient(&self, id: ParameterId) -> &B::Buffer {
        &self.entries[id.0].gradient
    }

    /// A parameter's gradient on the device, to be added to.
    pub fn gradient_mut(&mut self, id: ParameterId) -> &mut B::Buffer {
        &mut self.entries[id.0].gradient
    }

    /// The gradients of some parameters, to be added to.
    ///
    /// # Panics
    /// If two of them are the same.
    pub fn gradients_mut<const N: usize>(&mut self, ids: [ParameterId; N]) -> [&mut B::Buffer; N] {
        #[expect(clippy::expect_used, reason = "ops ask for parameters that were declared apart")]
        let entries = self
            .entries
            .get_disjoint_mut(ids.map(|id| id.0))
            .expect("the gradients of one op belong to different parameters");
        entries.map(|entry| &mut entry.gradient)
    }

    /// A parameter's numbers, and another's gradient to be added to.
    ///
    /// # Panics
    /// If they are the same.
    pub fn value_and_gradient_of(
        &mut self,
        value: ParameterId,
        gradient: ParameterId,
    ) -> (&B::Buffer, &mut B::Buffer) {
        #[expect(clippy::expect_used, reason = "ops ask for parameters that were declared apart")]
        let [value, gradient] = self
            .entries
            .get_disjoint_mut([value.0, gradient.0])
            .expect("a parameter's gradient is not computed from the parameter itself");
        (&value.value, &mut gradient.gradient)
    }

    /// A parameter and its gradient, the gradient to be added to.
    pub fn value_with_gradient_mut(&mut self, id: ParameterId) -> (&B::Buffer, &mut B::Buffer) {
        let entry = &mut self.entries[id.0];
        (&entry.value, &mut entry.gradient)
    }

    /// A parameter and its gradient, for an update.
    pub fn value_and_gradient(&mut self, id: ParameterId) -> (&mut B::Buffer, &B::Buffer) {
        self.version = next_version();
        let entry = &mut self.entries[id.0];
        (&mut entry.value, &entry.gradient)
    }
}

/// A version that nothing has had yet, so that a tape can tell two sets of parameters apart. Says
/// nothing about the values and reaches no result.
fn next_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
