//! What turns gradients into weight changes: one update rule a file, clipping apart.

mod adam;
mod clip;
mod rmsprop;
mod sgd;

pub use adam::Adam;
pub use clip::clip_scale;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use crate::backend::{At, Backend, Update};
use crate::{Parameters, Shape};

/// An update rule and its constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptimizerRule {
    /// Stochastic gradient descent with momentum.
    Sgd(Sgd),
    /// RMSprop.
    RmsProp(RmsProp),
    /// Adam, and with a weight decay AdamW.
    Adam(Adam),
}

impl OptimizerRule {
    /// Numbers that the rule remembers for each weight.
    #[must_use]
    pub fn numbers_per_weight(&self) -> u64 {
        match self {
            Self::Sgd(_) | Self::RmsProp(_) => 1,
            Self::Adam(_) => 2,
        }
    }
}

/// An update rule with what it remembers of earlier steps.
pub struct Optimizer<B: Backend> {
    backend: B,
    rule: OptimizerRule,
    /// For each parameter: a first memory (velocity, or running mean) where the rule has one, and a
    /// second (running mean of squares).
    memory: Vec<Memory<B>>,
    /// Updates made.
    step: u32,
}

struct Memory<B: Backend> {
    shape: Shape,
    first: B::Buffer,
    second: B::Buffer,
}

impl<B: Backend> Optimizer<B> {
    /// A rule that has seen nothing yet.
    #[must_use]
    pub fn new(backend: B, rule: OptimizerRule, parameters: &Parameters<B>) -> Self {
        let second_len = |len| if rule.numbers_per_weight() > 1 { len } else { 0 };
        let memory = parameters
            .ids()
            .map(|id| {
                let shape = parameters.shape(id);
                let len = shape.len();
                Memory { shape, first: backend.zeros(len), second: backend.zeros(second_len(len)) }
            })
            .collect();
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

    /// Updates every parameter from its gradient.
    pub fn update(&mut self, update: Update, parameters: &mut Parameters<B>) {
        self.step += 1;
        for (id, memory) in parameters.ids().zip(&mut self.memory) {
            if !parameters.role(id).is_trained() {
                continue;
            }
            let (value, gradient) = parameters.value_and_gradient(id);
            let Memory { first, second, .. } = memory;
            match self.rule {
                OptimizerRule::Sgd(sgd) => self.backend.sgd(update, sgd.momentum, value, gradient, first),
                OptimizerRule::RmsProp(RmsProp { alpha, epsilon }) => {
                    self.backend.rmsprop(update, alpha, epsilon, value, gradient, first);
                }
                OptimizerRule::Adam(adam) => {
                    let constants = adam.at_step(self.step);
                    self.backend.adam(update, constants, value, gradient, first, second);
                }
            }
        }
    }

    /// Copies what another optimiser of the same rule and parameters remembers.
    pub fn copy_from(&mut self, other: &Self) {
        self.step = other.step;
        let second_is_used = self.rule.numbers_per_weight() > 1;
        for (target, source) in self.memory.iter_mut().zip(&other.memory) {
            let len = target.shape.len();
            self.backend.copy(At(&source.first, 0), At(&mut target.first, 0), len);
            if second_is_used {
                self.backend.copy(At(&source.second, 0), At(&mut target.second, 0), len);
            }
        }
    }
}
