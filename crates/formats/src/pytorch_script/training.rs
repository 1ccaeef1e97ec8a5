//! The piece of a script that changes weights: optimiser, loss, clipping.

use super::Training;
use crate::{FormatError, Kind, SequenceNetwork};
use rnn_compute::TrainerConfig;
use rnn_compute::optimise::{Adagrad, Adam, AdamW, OptimizerRule, RmsProp, Schedule, Sgd};

/// The settings as constants. Where examples have lengths of their own, there is no number of steps.
pub(super) fn constants(training: &Training, has_steps: bool) -> String {
    let Training { trainer, window, seed } = training;
    let sizes = if has_steps {
        format!("STEPS, BATCH = {}, {}", window.steps, window.batch)
    } else {
        format!("BATCH = {}", window.batch)
    };
    let mut lines = vec![sizes, format!("LEARNING_RATE = {}", number(trainer.learning_rate))];
    if let Some(clip_value) = trainer.clip_value {
        lines.push(format!("CLIP_VALUE = {}", number(clip_value)));
    }
    if let Some(clip_norm) = trainer.clip_norm {
        lines.push(format!("CLIP_NORM = {}", number(clip_norm)));
    }
    lines.push(format!("SEED = {seed}"));
    lines.join("\n")
}

/// Refuses what the script would silently do otherwise.
pub(super) fn check(trainer: &TrainerConfig) -> Result<(), FormatError> {
    let refused = match trainer.schedule {
        Schedule::Plateau(_) => "a learning rate that follows evaluations on the way, which it does not make",
        _ if trainer.micro_batches > 1 => "steps of several micro-batches",
        _ => return Ok(()),
    };
    Err(FormatError::Export { reason: format!("a PyTorch script has no {refused}") })
}

/// Whether the learning rate changes with the steps.
pub(super) fn is_scheduled(trainer: &TrainerConfig) -> bool {
    trainer.schedule != Schedule::Constant || trainer.warmup.steps > 0
}

/// How the learning rate changes with the steps.
pub(super) fn schedule(trainer: &TrainerConfig) -> String {
    let schedule = match trainer.schedule {
        Schedule::Step { every, factor } => {
            Some(format!("StepLR(optimizer, step_size={}, gamma={})", every.max(1), number(factor)))
        }
        Schedule::Exponential { factor } => {
            Some(format!("ExponentialLR(optimizer, gamma={})", number(factor)))
        }
        Schedule::Cosine { period, floor } => {
            let (period, floor) = (period.max(1), number(floor));
            Some(format!("CosineAnnealingLR(optimizer, T_max={period}, eta_min={floor})"))
        }
        Schedule::Constant | Schedule::Plateau(_) => None,
    };
    let warmup = (trainer.warmup.steps > 0).then(|| {
        let (start, steps) = (number(trainer.warmup.start), trainer.warmup.steps);
        format!("LinearLR(optimizer, start_factor={start}, total_iters={steps})")
    });
    let body = match (warmup, schedule) {
        (Some(warmup), Some(schedule)) => format!(
            "warm_up = lr_scheduler.{warmup}\n    after = lr_scheduler.{schedule}\n    return \
             lr_scheduler.SequentialLR(optimizer, [warm_up, after], milestones=[{}])",
            trainer.warmup.steps
        ),
        (one, other) => format!("return lr_scheduler.{}", one.or(other).unwrap_or_default()),
    };
    format!(
        r#"
def schedule_of(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    {body}"#
    )
}

/// The optimiser and one step of it.
pub(super) fn step(network: &SequenceNetwork, trainer: &TrainerConfig) -> String {
    let optimizer = optimizer(&trainer.rule);
    let loss = match network.kind() {
        Kind::Forecaster => "functional.mse_loss(outputs, targets)",
        _ => "functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())",
    };
    let clip = clip(trainer);
    format!(
        r#"
def optimizer_of(model: Network) -> torch.optim.Optimizer:
    return {optimizer}


def train_step(model: Network, optimizer: torch.optim.Optimizer, inputs: Tensor, targets: Tensor, state=None):
    """Changes the weights once. Returns the loss before, and the state to begin the next window with."""
    outputs, state = model(inputs, state)
    loss = {loss}
    optimizer.zero_grad()
    loss.backward(){clip}
    optimizer.step()
    # The state goes on to the next window, the gradient does not: truncated backpropagation through time.
    state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
    return loss.item(), state"#
    )
}

/// The optimiser and one step of it on a batch of examples.
pub(super) fn example_step(trainer: &TrainerConfig) -> String {
    let (optimizer, clip) = (optimizer(&trainer.rule), clip(trainer));
    format!(
        r#"
def optimizer_of(model: Network) -> torch.optim.Optimizer:
    return {optimizer}


def train_step(model: Network, optimizer: torch.optim.Optimizer, batch: tuple[Tensor, ...]) -> float:
    """Changes the weights once. Returns the loss before."""
    loss = loss_of(model, batch)
    optimizer.zero_grad()
    loss.backward(){clip}
    optimizer.step()
    return loss.item()"#
    )
}

/// What is done to gradients before they are used.
fn clip(trainer: &TrainerConfig) -> String {
    let mut clip = String::new();
    if trainer.clip_value.is_some() {
        clip += "\n    nn.utils.clip_grad_value_(model.parameters(), CLIP_VALUE)";
    }
    if trainer.clip_norm.is_some() {
        clip += "\n    nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)";
    }
    clip
}

/// Constants that are PyTorch's defaults too are left out.
fn optimizer(rule: &OptimizerRule) -> String {
    let mut arguments = vec!["model.parameters()".to_owned(), "lr=LEARNING_RATE".to_owned()];
    let mut add = |name: &str, value: f64, default: f64| {
        if value != default {
            arguments.push(format!("{name}={}", number(value)));
        }
    };
    let name = match *rule {
        OptimizerRule::Sgd(Sgd { momentum, nesterov, weight_decay }) => {
            add("momentum", momentum, 0.0);
            add("weight_decay", weight_decay, 0.0);
            if nesterov {
                arguments.push("nesterov=True".to_owned());
            }
            "SGD"
        }
        OptimizerRule::RmsProp(RmsProp { alpha, epsilon, momentum, weight_decay }) => {
            add("alpha", alpha, 0.99);
            add("eps", epsilon, 1e-8);
            add("momentum", momentum, 0.0);
            add("weight_decay", weight_decay, 0.0);
            "RMSprop"
        }
        OptimizerRule::Adagrad(Adagrad {
            learning_rate_decay,
            initial_accumulator,
            epsilon,
            weight_decay,
        }) => {
            add("lr_decay", learning_rate_decay, 0.0);
            add("initial_accumulator_value", initial_accumulator, 0.0);
            add("eps", epsilon, 1e-10);
            add("weight_decay", weight_decay, 0.0);
            "Adagrad"
        }
        OptimizerRule::Adam(Adam { beta1, beta2, epsilon, weight_decay }) => {
            add("eps", epsilon, 1e-8);
            add("weight_decay", weight_decay, 0.0);
            add_betas(&mut arguments, beta1, beta2);
            "Adam"
        }
        OptimizerRule::AdamW(AdamW { beta1, beta2, epsilon, weight_decay }) => {
            add("eps", epsilon, 1e-8);
            add("weight_decay", weight_decay, 0.01);
            add_betas(&mut arguments, beta1, beta2);
            "AdamW"
        }
    };
    format!("torch.optim.{name}({})", arguments.join(", "))
}

fn add_betas(arguments: &mut Vec<String>, beta1: f64, beta2: f64) {
    if (beta1, beta2) != (0.9, 0.999) {
        arguments.push(format!("betas=({}, {})", number(beta1), number(beta2)));
    }
}

/// A number as Python reads it. Settings are kept in single precision: what was typed as 0.002 is written
/// so, and not with the digits that single precision adds to it, which no weight notices.
fn number(value: f64) -> String {
    let single = value as f32;
    if f64::from(single) == value { format!("{single:?}") } else { format!("{value:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_were_typed() {
        let cases = [
            (f64::from(0.002_f32), "0.002"),
            (0.002, "0.002"),
            (1.0, "1.0"),
            (1e-8, "1e-8"),
            (f64::from(3e38_f32), "3e38"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
    }
}
