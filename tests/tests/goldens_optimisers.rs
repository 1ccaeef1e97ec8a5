//! Update rules and schedules equal PyTorch's: 20 steps of every rule with every option, and the step
//! sizes of 30 steps of every schedule.
//!
//! | largest error measured | `Reference<f64>` | `Cpu` | allowed in `f64` | in `f32` |
//! |---|---|---|---|---|
//! | weights | 4.3e-12 | 2.0e-7 | 1e-11 | 1e-6 |
//! | step sizes | 4.9e-14 | | 2e-13 | |
//!
//! The goldens are kept to twelve digits, which is what the errors in `f64` are made of.

use rnn_compute::backend::At;
use rnn_compute::optimise::{
    Adagrad, Adam, AdamW, Optimizer, OptimizerRule, Plateau, PlateauState, RmsProp, Schedule, Sgd, Warmup,
};
use rnn_compute::{Backend, Cpu, ParameterList, ParameterRole, Parameters, Real, Reference};
use rnn_tests::case::Case;
use rnn_tests::formula::{number, numbers};
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

const WEIGHTS: usize = 7;
const STEPS: usize = 20;
const START_SALT: u32 = 300;
const STIFFNESS_SALT: u32 = 301;
const PUSH_SALT: u32 = 310;

/// The cases whose names begin with one of these words.
fn cases(words: &[&str]) -> std::io::Result<Vec<Case>> {
    let mut cases = Case::load("optimisers")?;
    cases.retain(|case| words.contains(&word(case)));
    Ok(cases)
}

/// The rule or schedule of a case.
fn word(case: &Case) -> &str {
    case.name.split(':').next().unwrap_or_default()
}

fn rule(case: &Case) -> OptimizerRule {
    let constant = |name| case.constant(name);
    match word(case) {
        "sgd" => OptimizerRule::Sgd(Sgd {
            momentum: constant("momentum"),
            nesterov: constant("nesterov") != 0.0,
            weight_decay: constant("weight_decay"),
        }),
        "rmsprop" => OptimizerRule::RmsProp(RmsProp {
            alpha: constant("alpha"),
            epsilon: constant("eps"),
            momentum: constant("momentum"),
            weight_decay: constant("weight_decay"),
        }),
        "adagrad" => OptimizerRule::Adagrad(Adagrad {
            learning_rate_decay: constant("lr_decay"),
            initial_accumulator: constant("initial_accumulator_value"),
            epsilon: constant("eps"),
            weight_decay: constant("weight_decay"),
        }),
        "adam" => OptimizerRule::Adam(Adam {
            beta1: constant("beta1"),
            beta2: constant("beta2"),
            epsilon: constant("eps"),
            weight_decay: constant("weight_decay"),
        }),
        _ => OptimizerRule::AdamW(AdamW {
            beta1: constant("beta1"),
            beta2: constant("beta2"),
            epsilon: constant("eps"),
            weight_decay: constant("weight_decay"),
        }),
    }
}

/// `gradient` of `goldens/optimisers.py`.
fn gradient(step: usize, index: usize, weight: f64) -> f64 {
    let push = 2.0 * number(PUSH_SALT + step as u32, index as u32);
    (number(STIFFNESS_SALT, index as u32) + 1.5) * weight + weight * weight * weight / 2.0 + push
}

/// The weights after each step.
fn run<B: Backend>(backend: &B, case: &Case) -> Result<Vec<B::Elem>, Box<dyn Error>> {
    let mut list = ParameterList::default();
    let frozen = list.declare("running_mean", [WEIGHTS], ParameterRole::RunningMean);
    let trained = list.declare("weight", [WEIGHTS], ParameterRole::LinearWeight);
    let mut parameters = Parameters::new(backend.clone(), &list);
    for id in [frozen, trained] {
        parameters.write(id, &numbers(START_SALT, WEIGHTS, 2.0))?;
    }
    let mut optimizer = Optimizer::new(backend.clone(), rule(case), &parameters);
    let [clip_value, clip_norm] = ["clip_value", "clip_norm"].map(|name| case.constant(name));
    let mut trace = Vec::new();
    let mut ledger = backend.ledger(2);
    for step in 0..STEPS {
        let each = |(index, weight): (usize, &B::Elem)| gradient(step, index, weight.to_f64());
        let weights = parameters.read(trained);
        let gradients: Vec<B::Elem> = weights.iter().enumerate().map(each).map(Real::from_f64).collect();
        for id in [frozen, trained] {
            backend.write(At(parameters.gradient_mut(id), 0), &gradients);
        }
        if clip_value > 0.0 {
            parameters.clamp_gradients(clip_value);
        }
        if clip_norm > 0.0 {
            for (entry, id) in parameters.ids().enumerate() {
                parameters.enter_gradient(id, &mut ledger, entry);
            }
            parameters.clip_gradients(&ledger, 0..2, clip_norm);
        }
        optimizer.update(case.constant("lr"), &mut parameters);
        trace.extend(parameters.read(trained));
    }
    // What is not trained stays, and does not count in the norm.
    let start: Vec<B::Elem> = numbers(START_SALT, WEIGHTS, 2.0);
    assert_eq!(parameters.read(frozen).into_iter().collect::<Vec<_>>(), start, "{}", case.name);
    Ok(trace)
}

#[test]
fn every_rule_equals_pytorch() -> Outcome {
    let cases = cases(&["sgd", "rmsprop", "adagrad", "adam", "adamw"])?;
    assert_eq!(cases.len(), 21);
    for case in cases {
        case.assert_close("weights", &run(&Reference::<f64>::new(), &case)?, 1e-11);
        case.assert_close("weights", &run(&Cpu, &case)?, 1e-6);
    }
    Ok(())
}

fn schedule(case: &Case) -> Schedule {
    let constant = |name| case.constant(name);
    match word(case) {
        "constant" => Schedule::Constant,
        "step" => Schedule::Step { every: constant("step_size") as u32, factor: constant("gamma") },
        "exponential" => Schedule::Exponential { factor: constant("gamma") },
        "cosine" => Schedule::Cosine { period: constant("T_max") as u32, floor: constant("eta_min") },
        _ => Schedule::Plateau(Plateau {
            factor: constant("factor"),
            patience: constant("patience") as u32,
            threshold: constant("threshold"),
            cooldown: constant("cooldown") as u32,
            floor: constant("min_lr"),
        }),
    }
}

#[test]
fn every_schedule_equals_pytorch() -> Outcome {
    let cases = cases(&["constant", "step", "exponential", "cosine", "plateau"])?;
    assert_eq!(cases.len(), 12);
    for case in cases {
        let schedule = schedule(&case);
        let warmup = Warmup { steps: case.size("warmup") as u32, start: case.constant("warmup_start") };
        let mut state = PlateauState::default();
        let mut rates = Vec::new();
        for step in 0..case.tensor("rates").len() {
            rates.push(schedule.learning_rate(0.1, warmup, step as u32, &state));
            if case.has("losses") {
                schedule.observe(case.tensor("losses")[step], warmup, step as u32 + 1, &mut state);
            }
        }
        case.assert_close("rates", &rates, 2e-13);
    }
    Ok(())
}
