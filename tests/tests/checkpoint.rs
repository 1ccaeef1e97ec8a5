//! A run that was saved and loaded goes on as if it had never stopped, by bits; what does not fit is
//! refused and changes nothing.

use rnn_compute::models::{CellKind, LanguageModelConfig, LanguageModelGraph, Window};
use rnn_compute::optimise::{
    Adagrad, Adam, AdamW, EarlyStopping, OptimizerRule, Plateau, RmsProp, Schedule, Sgd, Warmup,
};
use rnn_compute::{
    Backend, Companions, ComputeError, Cpu, NamedTensor, Real, Reference, Trainer, TrainerConfig,
    TrainerState,
};
use rnn_tests::formula::indices;
use rnn_tests::in_training::{step, trainer, weights};

type Outcome = Result<(), ComputeError>;
type Run<B> = (Trainer<B>, LanguageModelGraph);

const MODEL: LanguageModelConfig = LanguageModelConfig::new(CellKind::Lstm, 9, 5, 7, 2);
const WINDOW: Window = Window { steps: 5, batch: 3 };

/// Every rule, with all that it can remember in use.
fn rules() -> [OptimizerRule; 5] {
    [
        OptimizerRule::Sgd(Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.01 }),
        OptimizerRule::RmsProp(RmsProp { momentum: 0.5, ..RmsProp::default() }),
        OptimizerRule::Adagrad(Adagrad { learning_rate_decay: 0.1, ..Adagrad::default() }),
        OptimizerRule::Adam(Adam::default()),
        OptimizerRule::AdamW(AdamW::default()),
    ]
}

/// A configuration in which everything that has a state has one.
fn config(rule: OptimizerRule) -> TrainerConfig {
    TrainerConfig {
        rule,
        learning_rate: 0.02,
        schedule: Schedule::Plateau(Plateau { patience: 1, factor: 0.7, ..Plateau::default() }),
        warmup: Warmup { steps: 5, start: 0.1 },
        clip_norm: Some(0.5),
        ..TrainerConfig::default()
    }
}

fn fresh<B: Backend>(backend: &B, rule: OptimizerRule) -> Result<Run<B>, ComputeError> {
    trainer(backend, (MODEL, WINDOW), config(rule))
}

/// Steps `steps` over text of its own each, carrying the state on; returns every loss.
fn train<B: Backend>(
    (trainer, graph): &mut Run<B>,
    steps: std::ops::Range<u32>,
) -> Result<Vec<u64>, ComputeError> {
    let mut losses = Vec::new();
    for number in steps {
        let tape = trainer.tape_mut();
        for (salt, var) in [(400, graph.tokens), (500, graph.targets)] {
            tape.write_indices(var, &indices(salt + number, WINDOW.steps * WINDOW.batch, MODEL.vocabulary))?;
        }
        losses.extend(step(trainer).ok().map(|outcome| outcome.loss.to_bits()));
        graph.carry_state(trainer.tape_mut());
        // A held-out loss that falls at first.
        trainer.observe(f64::from(number % 7) - f64::from(number.min(9)));
    }
    Ok(losses)
}

/// The states that the next window starts from.
fn carried<B: Backend>((trainer, graph): &Run<B>) -> Vec<NamedTensor<B::Elem>> {
    let initials = graph.layers.iter().flat_map(|layer| layer.states()).map(|(initial, _)| initial);
    let read = |var| trainer.tape().read(var).into_iter().collect();
    let named = |(index, var)| NamedTensor { name: format!("state {index}"), numbers: read(var) };
    initials.enumerate().map(named).collect()
}

fn save<B: Backend>(run: &Run<B>, data_position: u64) -> Result<TrainerState<B::Elem>, ComputeError> {
    run.0.save(Companions {
        early_stopping: Some(EarlyStopping { best: 0.5, best_step: 3, waited: 2 }),
        random_positions: vec![7],
        data_position: vec![data_position],
        tensors: carried(run),
    })
}

fn load<B: Backend>(run: &mut Run<B>, state: &TrainerState<B::Elem>) -> Outcome {
    run.0.load(state)?;
    let initials = run.1.layers.iter().flat_map(|layer| layer.states()).map(|(initial, _)| initial);
    for (var, tensor) in initials.zip(&state.companions.tensors) {
        run.0.tape_mut().write(var, &tensor.numbers)?;
    }
    Ok(())
}

fn goes_on<B: Backend>(backend: &B) -> Outcome {
    for rule in rules() {
        let mut steady = fresh(backend, rule)?;
        train(&mut steady, 0..13)?;
        let state = save(&steady, 13)?;
        let expected = train(&mut steady, 13..33)?;
        assert_eq!(expected.len(), 20, "{rule:?}");

        // Into one that has just been made, and into one that has gone elsewhere.
        let mut elsewhere = fresh(backend, rule)?;
        train(&mut elsewhere, 50..57)?;
        for mut resumed in [fresh(backend, rule)?, elsewhere] {
            load(&mut resumed, &state)?;
            assert_eq!(save(&resumed, 13)?, state, "{rule:?}: saved again");
            assert_eq!(train(&mut resumed, 13..33)?, expected, "{rule:?}");
            assert_eq!(save(&resumed, 33)?, save(&steady, 33)?, "{rule:?}");
        }
    }
    Ok(())
}

#[test]
fn a_loaded_run_goes_on_by_bits() -> Outcome {
    goes_on(&Cpu)?;
    goes_on(&Reference::<f64>::new())
}

/// A run that is saved with weights that give no finite loss finds its way back to the good ones.
#[test]
fn a_loaded_run_knows_its_last_good_weights() -> Outcome {
    let rule = OptimizerRule::Adam(Adam::default());
    let mut run = fresh(&Cpu, rule)?;
    train(&mut run, 0..6)?;
    let good = weights(&run.0);
    run.0.set_config(TrainerConfig { learning_rate: 1e39, ..config(rule) });
    assert_eq!(train(&mut run, 6..7)?.len(), 1);
    let mut state = save(&run, 7)?;

    let mut resumed = fresh(&Cpu, rule)?;
    load(&mut resumed, &state)?;
    assert!(step(&mut resumed.0).is_err());
    assert_eq!((weights(&resumed.0), resumed.0.step()), (good, 6));

    // Without them, the weights that were saved are all there is.
    state.last_good = None;
    load(&mut resumed, &state)?;
    resumed.0.retreat();
    assert_eq!((weights(&resumed.0), resumed.0.step()), (weights(&run.0), 7));
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() -> Outcome {
    let rule = OptimizerRule::Adam(Adam::default());
    let mut run = fresh(&Cpu, rule)?;
    train(&mut run, 0..3)?;
    let state = save(&run, 3)?;
    let refused = |spoil: &dyn Fn(&mut TrainerState<f32>)| -> Result<ComputeError, ComputeError> {
        let mut other = fresh(&Cpu, rule)?;
        let before = save(&other, 0)?;
        let mut spoilt = state.clone();
        spoil(&mut spoilt);
        let error = other.0.load(&spoilt).err();
        assert_eq!(save(&other, 0)?, before);
        error.ok_or(ComputeError::MidStep)
    };
    let name = "rnn.weight_hh_l1".to_owned();
    let find = |tensors: &mut Vec<NamedTensor<f32>>, name: &str| {
        tensors.iter().position(|tensor| tensor.name == name).unwrap_or(usize::MAX)
    };
    let missing = refused(&|state| {
        let index = find(&mut state.present.parameters, &name);
        state.present.parameters.remove(index);
    })?;
    assert_eq!(missing, ComputeError::MissingTensor { name: name.clone() });
    let surplus = refused(&|state| {
        let tensor = NamedTensor { name: "rnn.weight_hh_l2".to_owned(), numbers: vec![0.0; 3] };
        state.present.parameters.push(tensor);
    })?;
    assert_eq!(surplus, ComputeError::SurplusTensor { name: "rnn.weight_hh_l2".to_owned() });
    let short = refused(&|state| {
        let index = find(&mut state.present.parameters, &name);
        state.present.parameters[index].numbers.pop();
    })?;
    assert_eq!(short, ComputeError::Length { what: name.clone(), expected: 196, found: 195 });
    let memory = refused(&|state| {
        let memories = &mut state.present.optimizer.memories;
        let index = find(memories, "exp_avg_sq.output.bias");
        memories.remove(index);
    })?;
    assert_eq!(memory, ComputeError::MissingTensor { name: "exp_avg_sq.output.bias".to_owned() });
    // Also where only the last good copy is spoilt.
    let good = refused(&|state| state.last_good.iter_mut().for_each(|good| good.parameters.clear()))?;
    assert_eq!(good, ComputeError::MissingTensor { name: "embedding.weight".to_owned() });
    let sgd = save(&fresh(&Cpu, OptimizerRule::Sgd(Sgd::default()))?, 0)?;
    let other_rule = refused(&|state| *state = sgd.clone())?;
    assert_eq!(other_rule, ComputeError::OtherRule { expected: "adam", found: "sgd".to_owned() });
    Ok(())
}

#[test]
fn nothing_is_saved_or_loaded_within_a_step() -> Outcome {
    let mut run = fresh(&Cpu, OptimizerRule::Adam(Adam::default()))?;
    let state = save(&run, 0)?;
    assert!(run.0.advance(&mut || true).is_none());
    assert_eq!(save(&run, 0).err(), Some(ComputeError::MidStep));
    assert_eq!(run.0.load(&state), Err(ComputeError::MidStep));
    Ok(())
}

/// Whatever was saved, no step count or number makes a run panic.
#[test]
fn extreme_numbers_do_no_harm() -> Outcome {
    for rule in rules() {
        let mut run = fresh(&Cpu, rule)?;
        let mut state = save(&run, 0)?;
        state.present.step = u32::MAX;
        state.present.passes = u32::MAX;
        state.present.optimizer.step = u32::MAX;
        for memory in &mut state.present.optimizer.memories {
            memory.numbers.fill(f32::NAN);
        }
        load(&mut run, &state)?;
        assert!(step(&mut run.0).is_ok_and(|outcome| outcome.loss.to_f64().is_finite()), "{rule:?}");
        assert!(step(&mut run.0).is_err(), "{rule:?}");
    }
    Ok(())
}
