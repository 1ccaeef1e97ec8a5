//! The piece of a script that changes weights: optimiser, loss, clipping.

use super::Training;
use crate::{Architecture, Kind};
use rnn_compute::TrainerConfig;
use rnn_compute::optimise::{Adam, OptimizerRule, RmsProp, Sgd};

/// The settings as constants.
pub(super) fn constants(training: &Training) -> String {
    let Training { trainer, window, seed } = training;
    let mut lines = vec![
        format!("STEPS, BATCH = {}, {}", window.steps, window.batch),
        format!("LEARNING_RATE = {}", number(trainer.learning_rate)),
    ];
    if let Some(clip_norm) = trainer.clip_norm {
        lines.push(format!("CLIP_NORM = {}", number(clip_norm)));
    }
    lines.push(format!("SEED = {seed}"));
    lines.join("\n")
}

/// The optimiser and one step of it.
pub(super) fn step(architecture: &Architecture, trainer: &TrainerConfig) -> String {
    let optimizer = optimizer(&trainer.rule);
    let loss = match architecture.kind() {
        Kind::Forecaster => "functional.mse_loss(outputs, targets)",
        _ => "functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())",
    };
    let clip = match trainer.clip_norm {
        Some(_) => "\n    nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)",
        None => "",
    };
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

/// Constants that are PyTorch's defaults too are left out.
fn optimizer(rule: &OptimizerRule) -> String {
    let mut arguments = vec!["model.parameters()".to_owned(), "lr=LEARNING_RATE".to_owned()];
    let mut add = |name: &str, value: f64, default: f64| {
        if value != default {
            arguments.push(format!("{name}={}", number(value)));
        }
    };
    let name = match *rule {
        OptimizerRule::Sgd(Sgd { momentum }) => {
            add("momentum", momentum, 0.0);
            "SGD"
        }
        OptimizerRule::RmsProp(RmsProp { alpha, epsilon }) => {
            add("alpha", alpha, 0.99);
            add("eps", epsilon, 1e-8);
            "RMSprop"
        }
        OptimizerRule::Adam(Adam { beta1, beta2, epsilon, weight_decay }) => {
            add("eps", epsilon, 1e-8);
            // AdamW's own default is another, 0.01: it is written in any case.
            add("weight_decay", weight_decay, 0.0);
            if (beta1, beta2) != (0.9, 0.999) {
                arguments.push(format!("betas=({}, {})", number(beta1), number(beta2)));
            }
            if weight_decay == 0.0 { "Adam" } else { "AdamW" }
        }
    };
    format!("torch.optim.{name}({})", arguments.join(", "))
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
