//! An update rule at work: what it remembers of earlier steps, for every parameter.

use super::OptimizerRule;
use crate::backend::{At, Backend, Update};
use crate::{ComputeError, NamedTensor, ParameterId, Parameters, Real};

/// An update rule with what it remembers of earlier steps.
pub struct Optimizer<B: Backend> {
    backend: B,
    rule: OptimizerRule,
    memory: Vec<Memory<B>>,
    /// Updates made.
    step: u32,
}

/// What is remembered for one parameter, in the order of [`OptimizerRule::memories`]: a number a weight
/// each, or none where the rule has no such memory or the parameter is not trained.
struct Memory<B: Backend> {
    lens: [usize; 2],
    buffers: [B::Buffer; 2],
}

/// A memory's place: its name, its parameter's number, and which of that parameter's memories it is.
type Slot = (String, usize, usize);

/// An optimiser's memory as plain numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerState<R> {
    /// [`OptimizerRule::name`].
    pub rule: String,
    /// Updates made.
    pub step: u32,
    /// Each memory of each parameter that is trained, under PyTorch's word for it and the parameter's
    /// name: `exp_avg.rnn.weight_ih_l0`.
    pub memories: Vec<NamedTensor<R>>,
}

impl<B: Backend> Optimizer<B> {
    /// A rule that has seen nothing yet.
    #[must_use]
    pub fn new(backend: B, rule: OptimizerRule, parameters: &Parameters<B>) -> Self {
        let count = rule.memories().len();
        let memory = |id: ParameterId| {
            let len = if parameters.role(id).is_trained() { parameters.shape(id).len() } else { 0 };
            let lens = [0, 1].map(|which| if which < count { len } else { 0 });
            let mut buffers = lens.map(|len| backend.zeros(len));
            if let OptimizerRule::Adagrad(adagrad) = rule {
                let number = B::Elem::from_f64(adagrad.initial_accumulator);
                backend.fill(At(&mut buffers[0], 0), lens[0], number);
            }
            Memory { lens, buffers }
        };
        let memory = parameters.ids().map(memory).collect();
        Self { backend, rule, memory, step: 0 }
    }

    /// Changes the constants of the rule between two updates. A rule of another kind is refused and
    /// leaves the old one, since its memory would mean something else.
    pub fn set_rule(&mut self, rule: OptimizerRule) -> bool {
        let is_same_kind = std::mem::discriminant(&rule) == std::mem::discriminant(&self.rule);
        if is_same_kind {
            self.rule = rule;
        }
        is_same_kind
    }

    /// Updates every parameter that is trained from its gradient.
    pub fn update(&mut self, learning_rate: f64, parameters: &mut Parameters<B>) {
        self.step = self.step.saturating_add(1);
        let update = Update { learning_rate, weight_decay: self.rule.gradient_decay() };
        for (id, memory) in parameters.ids().zip(&mut self.memory) {
            if !parameters.role(id).is_trained() {
                continue;
            }
            let (value, gradient) = parameters.value_and_gradient(id);
            let [first, second] = &mut memory.buffers;
            match self.rule {
                OptimizerRule::Sgd(sgd) => self.backend.sgd(update, sgd.step(), value, gradient, first),
                OptimizerRule::RmsProp(rmsprop) => {
                    self.backend.rmsprop(update, rmsprop.step(), value, gradient, first, second);
                }
                OptimizerRule::Adagrad(adagrad) => {
                    let update = adagrad.at_step(self.step, update);
                    self.backend.adagrad(update, adagrad.epsilon, value, gradient, first);
                }
                OptimizerRule::Adam(adam) => {
                    self.backend.adam(update, adam.at_step(self.step), value, gradient, first, second);
                }
                OptimizerRule::AdamW(adamw) => {
                    self.backend.adam(update, adamw.at_step(self.step), value, gradient, first, second);
                }
            }
        }
    }

    /// Copies what another optimiser of the same rule and parameters remembers.
    pub fn copy_from(&mut self, other: &Self) {
        self.step = other.step;
        for (target, source) in self.memory.iter_mut().zip(&other.memory) {
            for (which, &len) in target.lens.iter().enumerate() {
                self.backend.copy(At(&source.buffers[which], 0), At(&mut target.buffers[which], 0), len);
            }
        }
    }

    /// Copies what another optimiser of the same rule and parameters remembers, if an entry of a ledger is
    /// finite; the number of updates is left as it is.
    pub(crate) fn copy_memory_if_finite(&mut self, judged: (&B::Ledger, usize), other: &Self) {
        for (target, source) in self.memory.iter_mut().zip(&other.memory) {
            for (which, &len) in target.lens.iter().enumerate() {
                let (source, target) = (&source.buffers[which], &mut target.buffers[which]);
                self.backend.copy_if_finite(judged, source, target, len);
            }
        }
    }

    /// Updates made.
    pub(crate) fn step(&self) -> u32 {
        self.step
    }

    /// Sets the number of updates made.
    pub(crate) fn set_step(&mut self, step: u32) {
        self.step = step;
    }

    /// Everything that it remembers.
    #[must_use]
    pub fn save(&self, parameters: &Parameters<B>) -> OptimizerState<B::Elem> {
        let read = |(name, buffer, len): (String, &B::Buffer, usize)| {
            let mut numbers = vec![B::Elem::ZERO; len];
            self.backend.read(At(buffer, 0), &mut numbers);
            NamedTensor { name, numbers }
        };
        let memories = self.memories(parameters).into_iter().map(read).collect();
        OptimizerState { rule: self.rule.name().to_owned(), step: self.step, memories }
    }

    /// Each memory of each parameter that is trained: its name, its numbers, and how many they are.
    pub(crate) fn memories(&self, parameters: &Parameters<B>) -> Vec<(String, &B::Buffer, usize)> {
        let memory = |(name, parameter, which): Slot| {
            let memory: &Memory<B> = &self.memory[parameter];
            (name, &memory.buffers[which], memory.lens[which])
        };
        self.slots(parameters).map(memory).collect()
    }

    /// Whether [`Optimizer::load`] can take it.
    ///
    /// # Errors
    /// If it is of another rule, or its memories are not those of these parameters.
    pub fn check(
        &self,
        state: &OptimizerState<B::Elem>,
        parameters: &Parameters<B>,
    ) -> Result<(), ComputeError> {
        if state.rule != self.rule.name() {
            let expected = self.rule.name();
            return Err(ComputeError::OtherRule { expected, found: state.rule.clone() });
        }
        let expected = |(name, parameter, which): Slot| (name, self.memory[parameter].lens[which]);
        NamedTensor::check(&state.memories, self.slots(parameters).map(expected))
    }

    /// Remembers what was saved.
    ///
    /// # Errors
    /// As [`Optimizer::check`]; then nothing is changed.
    pub fn load(
        &mut self,
        state: &OptimizerState<B::Elem>,
        parameters: &Parameters<B>,
    ) -> Result<(), ComputeError> {
        self.check(state, parameters)?;
        self.step = state.step;
        let slots: Vec<Slot> = self.slots(parameters).collect();
        for (name, parameter, which) in slots {
            if let Some(tensor) = NamedTensor::find(&state.memories, &name) {
                self.backend.write(At(&mut self.memory[parameter].buffers[which], 0), &tensor.numbers);
            }
        }
        Ok(())
    }

    /// Every memory of every parameter that is trained.
    fn slots(&self, parameters: &Parameters<B>) -> impl Iterator<Item = Slot> {
        let words = self.rule.memories();
        let trained = parameters.ids().enumerate().filter(|&(_, id)| parameters.role(id).is_trained());
        trained.flat_map(move |(index, id)| {
            let name = parameters.name(id);
            words.iter().enumerate().map(move |(which, word)| (format!("{word}.{name}"), index, which))
        })
    }
}
