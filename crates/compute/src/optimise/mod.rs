//! What turns gradients into weight changes: one update rule a file; clipping, schedules and early
//! stopping apart.

mod adagrad;
mod adam;
mod adamw;
mod clip;
mod early_stopping;
mod optimizer;
mod plateau;
mod rmsprop;
mod schedule;
mod sgd;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use clip::clip_scale;
pub use early_stopping::{EarlyStopping, EarlyStoppingRule, Verdict};
pub use optimizer::{Optimizer, OptimizerState};
pub use plateau::{Plateau, PlateauState};
pub use rmsprop::RmsProp;
pub use schedule::{Schedule, Warmup};
pub use sgd::Sgd;

/// An update rule and its constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptimizerRule {
    /// Stochastic gradient descent with momentum.
    Sgd(Sgd),
    /// RMSprop.
    RmsProp(RmsProp),
    /// Adagrad.
    Adagrad(Adagrad),
    /// Adam.
    Adam(Adam),
    /// Adam with decoupled weight decay.
    AdamW(AdamW),
}

impl OptimizerRule {
    /// Its name, under which its memory is saved.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sgd(_) => "sgd",
            Self::RmsProp(_) => "rmsprop",
            Self::Adagrad(_) => "adagrad",
            Self::Adam(_) => "adam",
            Self::AdamW(_) => "adamw",
        }
    }

    /// What the rule remembers for each weight, in PyTorch's words.
    #[must_use]
    pub fn memories(&self) -> &'static [&'static str] {
        match self {
            Self::Sgd(_) => &["momentum_buffer"],
            Self::RmsProp(_) => &["square_avg", "momentum_buffer"],
            Self::Adagrad(_) => &["sum"],
            Self::Adam(_) | Self::AdamW(_) => &["exp_avg", "exp_avg_sq"],
        }
    }

    /// Numbers that the rule remembers for each weight.
    #[must_use]
    pub fn numbers_per_weight(&self) -> u64 {
        self.memories().len() as u64
    }

    /// λ where decay is a part of the gradient; 0 for AdamW, whose decay is not.
    fn gradient_decay(&self) -> f64 {
        match self {
            Self::Sgd(rule) => rule.weight_decay,
            Self::RmsProp(rule) => rule.weight_decay,
            Self::Adagrad(rule) => rule.weight_decay,
            Self::Adam(rule) => rule.weight_decay,
            Self::AdamW(_) => 0.0,
        }
    }
}
