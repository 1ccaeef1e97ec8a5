//! What the trainer promises beyond the arithmetic: a step that diverges is as if it had never been, and a
//! tape computes with the weights it is given, whatever it ran with before. All by bits.

use rnn_compute::models::{CellKind, LanguageModel, LanguageModelConfig, Window};
use rnn_compute::ops::Op;
use rnn_compute::optimise::{Adagrad, Adam, AdamW, OptimizerRule, Plateau, RmsProp, Schedule, Sgd, Warmup};
use rnn_compute::{
    Backend, ComputeError, Context, Cpu, Gradients, Mode, ParameterList, Parameters, ProbePoints, Recorder,
    Reference, Trainer, TrainerConfig,
};
use rnn_tests::fixture::Fixture;
use rnn_tests::formula::numbers;
use rnn_tests::in_training::{self, weights};
use std::cell::RefCell;
use std::rc::Rc;

type Outcome = Result<(), ComputeError>;

const CONFIG: LanguageModelConfig = LanguageModelConfig::new(CellKind::Gru, 9, 5, 7, 2);
const WINDOW: Window = Window { steps: 5, batch: 3 };

/// Every rule, with all that it can remember in use.
fn rules() -> [OptimizerRule; 5] {
    [
        OptimizerRule::Sgd(Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.01 }),
        OptimizerRule::RmsProp(RmsProp { momentum: 0.5, ..RmsProp::default() }),
        OptimizerRule::Adagrad(Adagrad { initial_accumulator: 0.1, ..Adagrad::default() }),
        OptimizerRule::Adam(Adam { weight_decay: 0.01, ..Adam::default() }),
        OptimizerRule::AdamW(AdamW::default()),
    ]
}

fn fixture<B: Backend>(backend: &B) -> Result<Fixture<B>, ComputeError> {
    Fixture::with_random_symbols(backend, CONFIG, WINDOW)
}

fn config(rule: OptimizerRule, learning_rate: f64) -> TrainerConfig {
    TrainerConfig { rule, learning_rate, clip_norm: Some(1.0), ..TrainerConfig::default() }
}

fn trainer<B: Backend>(backend: &B, rule: OptimizerRule) -> Result<Trainer<B>, ComputeError> {
    Ok(in_training::trainer(backend, (CONFIG, WINDOW), config(rule, 0.01))?.0)
}

/// The losses of the next steps, up to one that diverges.
fn losses<B: Backend>(trainer: &mut Trainer<B>, steps: usize) -> Vec<f64> {
    let step = |_| trainer.advance(&mut || false)?.ok();
    (0..steps).map_while(step).map(|outcome| outcome.loss).collect()
}

#[test]
fn a_step_that_diverges_leaves_no_trace() -> Outcome {
    for rule in rules() {
        let [mut steady, mut reckless] = [trainer(&Cpu, rule)?, trainer(&Cpu, rule)?];
        assert_eq!(losses(&mut steady, 3).len(), 3, "{rule:?}");
        losses(&mut reckless, 3);
        let good = weights(&reckless);

        // The step itself sees finite numbers; the weights it makes do not give a finite loss.
        reckless.set_config(config(rule, 1e39));
        assert_eq!(losses(&mut reckless, 1).len(), 1, "{rule:?}");
        let Some(Err(divergence)) = reckless.advance(&mut || false) else {
            panic!("{rule:?}: a step of size 1e39 should diverge");
        };
        assert_eq!(divergence.step, 5, "{rule:?}");
        assert!(!divergence.loss.is_finite(), "{rule:?}");
        assert_eq!(reckless.step(), 3, "{rule:?}");
        assert_eq!(weights(&reckless), good, "{rule:?}");

        reckless.set_config(config(rule, 0.01));
        let resumed = losses(&mut reckless, 3);
        assert_eq!((resumed.len(), resumed), (3, losses(&mut steady, 3)), "{rule:?}");
        assert_eq!(weights(&steady), weights(&reckless), "{rule:?}");
    }
    Ok(())
}

/// Weights are laid out for products once and used until they change; that must not outlive a change, nor
/// be mistaken for the layout of other weights.
fn a_tape_follows_its_weights<B: Backend>(backend: &B) -> Outcome {
    let loss = |fixture: &mut Fixture<B>| {
        fixture.forward();
        fixture.tape.read_scalar(fixture.graph.loss)
    };
    let [mut used, mut fresh, mut other] = [fixture(backend)?, fixture(backend)?, fixture(backend)?];
    // All are written equally often: only the values differ.
    for (salt, fixture) in [(900, &mut used), (901, &mut fresh), (901, &mut other)] {
        for id in fixture.parameters.ids() {
            let values = numbers(salt, fixture.parameters.shape(id).len(), 0.7);
            fixture.parameters.write(id, &values)?;
        }
    }
    let (first, expected) = (loss(&mut used), loss(&mut fresh));
    assert_ne!(first, expected);
    std::mem::swap(&mut used.parameters, &mut other.parameters);
    assert_eq!(loss(&mut used), expected, "other parameters");
    std::mem::swap(&mut used.parameters, &mut other.parameters);
    assert_eq!(loss(&mut used), first, "the first parameters again");
    used.parameters.copy_from(&fresh.parameters);
    assert_eq!(loss(&mut used), expected, "copied values");
    Ok(())
}

#[test]
fn a_tape_computes_with_the_weights_it_is_given() -> Outcome {
    a_tape_follows_its_weights(&Reference::<f64>::new())?;
    a_tape_follows_its_weights(&Cpu)
}

/// The step size that is reported is the schedule's, and the one that the weights move by.
#[test]
fn a_step_goes_as_far_as_the_schedule_says() -> Outcome {
    let schedule = Schedule::Plateau(Plateau { patience: 0, factor: 0.5, ..Plateau::default() });
    let warmup = Warmup { steps: 2, start: 0.5 };
    let rule = OptimizerRule::Sgd(Sgd::default());
    let config = TrainerConfig { rule, learning_rate: 0.125, schedule, warmup, ..TrainerConfig::default() };
    let (mut trainer, _) = in_training::trainer(&Reference::<f64>::new(), (CONFIG, WINDOW), config)?;
    // A held-out loss that never falls: the first is the best, each after it halves the rate.
    for expected in [0.0625, 0.09375, 0.125, 0.0625, 0.03125] {
        assert_eq!(trainer.learning_rate(), expected);
        trainer.request_update_norms();
        let Some(Ok(outcome)) = trainer.advance(&mut || false) else { panic!("the step should not diverge") };
        assert_eq!(outcome.learning_rate, expected);
        let norms = trainer.norms();
        let Some(update) = &norms.update else { panic!("the norms were asked for") };
        for (change, gradient) in update.change.iter().zip(&norms.gradient) {
            // Measured: 5.6e-17 at most.
            assert!((change - expected * gradient).abs() < 1e-15, "{change} for {gradient}");
        }
        trainer.observe(1.0);
    }
    Ok(())
}

/// Takes down the mode of every forward pass.
struct Witness(Rc<RefCell<Vec<Mode>>>);

impl<B: Backend> Op<B> for Witness {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        self.0.borrow_mut().push(context.mode);
    }

    fn backward(&mut self, _part: usize, _context: &mut Context<'_, B>) {}
}

/// Each micro-batch has a number of its own, so that no two draw the same dropout mask.
#[test]
fn every_pass_is_told_that_it_trains_and_its_number() -> Outcome {
    let seen = Rc::default();
    let mut list = ParameterList::default();
    let model = LanguageModel::declare(&mut list, CONFIG)?;
    let mut recorder = Recorder::new();
    let graph = model.record(&mut recorder, WINDOW)?;
    recorder.push(Witness(Rc::clone(&seen)));
    let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden: Vec::new() };
    let tape = recorder.finish(Cpu, Gradients::Kept);
    let [parameters, spare] = [Parameters::new(Cpu, &list), Parameters::new(Cpu, &list)];
    let config = TrainerConfig { seed: 7, micro_batches: 2, ..TrainerConfig::default() };
    let mut trainer = Trainer::new(&Cpu, config, (tape, points), parameters, spare);
    for _ in 0..3 {
        trainer.advance(&mut || false);
    }
    // Back to the weights that last gave a finite loss, those of step 0, and so to its passes.
    trainer.retreat();
    trainer.advance(&mut || false);
    let expected = [0, 1, 2, 0].map(|step| Mode::Training { seed: 7, step });
    assert_eq!(*seen.borrow(), expected);
    Ok(())
}
