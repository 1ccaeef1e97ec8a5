//! A trainer's state survives a file bit for bit, under every update rule; a file without one is refused.

use rnn_compute::models::{CellKind, LanguageModelConfig, Window};
use rnn_compute::optimise::{Adagrad, Adam, AdamW, EarlyStopping, OptimizerRule, PlateauState, RmsProp, Sgd};
use rnn_compute::{Companions, Cpu, NamedTensor, TrainerConfig, TrainerState};
use rnn_formats::WeightFile;
use rnn_tests::formula::indices;
use rnn_tests::in_training::{step, trainer};
use std::collections::BTreeMap;
use std::error::Error;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const MODEL: LanguageModelConfig = LanguageModelConfig::new(CellKind::Lstm, 5, 2, 3, 2);
const WINDOW: Window = Window { steps: 3, batch: 2 };

/// The state of a run after three steps, with numbers that are hard to write down.
fn state(rule: OptimizerRule) -> Outcome<TrainerState<f32>> {
    let (mut trainer, graph) =
        trainer(&Cpu, (MODEL, WINDOW), TrainerConfig { rule, ..TrainerConfig::default() })?;
    for salt in 0..3 {
        let tape = trainer.tape_mut();
        for (var, salt) in [(graph.tokens, salt), (graph.targets, salt + 9)] {
            tape.write_indices(var, &indices(salt, WINDOW.steps * WINDOW.batch, MODEL.vocabulary))?;
        }
        step(&mut trainer).map_err(|divergence| format!("{divergence:?}"))?;
    }
    let numbers = vec![0.1, -0.0, f32::MIN_POSITIVE / 3.0, f32::MAX];
    let mut state = trainer.save(Companions {
        early_stopping: Some(EarlyStopping { best: 0.1 + 0.2, best_step: 3, waited: 2 }),
        random_positions: vec![u64::MAX, 7],
        data_position: vec![1 << 60],
        tensors: vec![NamedTensor { name: "state/0".into(), numbers }],
    })?;
    state.plateau.scale = 1.0 / 3.0;
    Ok(state)
}

#[test]
fn a_run_survives_a_file_bit_for_bit() -> Outcome {
    let rules = [
        OptimizerRule::Sgd(Sgd { momentum: 0.9, ..Sgd::default() }),
        OptimizerRule::RmsProp(RmsProp::default()),
        OptimizerRule::Adagrad(Adagrad::default()),
        OptimizerRule::Adam(Adam::default()),
        OptimizerRule::AdamW(AdamW::default()),
    ];
    for rule in rules {
        let mut state = state(rule)?;
        assert_eq!(state.plateau.best, PlateauState::default().best, "infinite, which JSON cannot say");
        for _ in 0..2 {
            let words = BTreeMap::from([("experiment".to_owned(), "{}".to_owned())]);
            let bytes = WeightFile::from_checkpoint(&state, words)?.to_bytes()?;
            let file = WeightFile::from_bytes(&bytes)?;
            assert_eq!(file.metadata["experiment"], "{}");
            let found = file.checkpoint()?;
            assert_eq!(found, state);
            // Equal numbers can differ in the sign of zero.
            let bits = |state: &TrainerState<f32>| -> Vec<u32> {
                let tensors = state.companions.tensors.iter().chain(&state.present.optimizer.memories);
                tensors.flat_map(|tensor| &tensor.numbers).map(|number| number.to_bits()).collect()
            };
            assert_eq!(bits(&found), bits(&state));
            // Once more at half the size.
            state.last_good = None;
        }
    }
    Ok(())
}

#[test]
fn a_file_without_a_run_is_refused() -> Outcome {
    let file = WeightFile::from_checkpoint(&state(OptimizerRule::Adam(Adam::default()))?, BTreeMap::new())?;
    let refusal = |words: Option<String>| {
        let mut file = file.clone();
        file.metadata.clear();
        file.metadata.extend(words.map(|words| ("trainer".to_owned(), words)));
        file.checkpoint().map_or_else(|error| error.to_string(), |state| format!("was read: {state:?}"))
    };
    let words = &file.metadata["trainer"];
    for (changed, expected) in [
        (None, "its metadata has no “trainer”"),
        (Some("{}".to_owned()), "missing field `present`"),
        (Some(words.replace("\"inf\"", "\"soon\"")), "invalid float"),
        (Some(words.replace("\"inf\"", "1e999")), "number out of range"),
        (Some(words.replace("\"step\":3", "\"step\":-3")), "invalid value"),
    ] {
        let found = refusal(changed);
        assert!(found.starts_with("this is not the checkpoint of a run: "), "{found}");
        assert!(found.contains(expected), "expected {expected}: {found}");
    }
    Ok(())
}
