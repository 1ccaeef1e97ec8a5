//! Exported PyTorch scripts are Python, load the exported weights, and compute and learn what the engine
//! computes and learns.
//!
//! Largest error measured: 5.5e-7 of the largest score or loss, allowed 1e-5. With Adam's ε ten times as
//! large it is 4e-5; with no clipping, weight decay or momentum, another share held out, or a state that is
//! not carried or not cleared, above 1e-4.

use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{CellKind, Directions, LanguageModelConfig, RecurrentConfig, Window};
use rnn_compute::optimise::{Plateau, PlateauState, Schedule, Warmup};
use rnn_compute::{Cpu, TrainerConfig};
use rnn_formats::pytorch_script::{Data, Script, Training};
use rnn_formats::{Architecture, Embedding, Linear, Parameter, SequenceNetwork, Tensor, WeightFile};
use rnn_labs::text::trainer_config;
use rnn_protocol::Experiment;
use rnn_tests::driver::{Driver, small, text};
use rnn_tests::files::file_of_tests;
use rnn_tests::fixture::Fixture;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::python::{Python, empty_folder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const RELU: CellKind = CellKind::Elman(Nonlinearity::Relu);
const CELLS: [CellKind; 4] = [CellKind::ELMAN, RELU, CellKind::Gru, CellKind::Lstm];
/// Of a script that is to be read; only a vocabulary is longer.
const LONGEST_LINE: usize = 110;
const WINDOW: Window = Window { steps: 4, batch: 2 };

fn training() -> Training {
    Training { trainer: adam(), window: WINDOW, seed: 3 }
}

fn adam() -> TrainerConfig {
    trainer_config(&Experiment::default())
}

/// Without what no module's name has.
fn module_name(words: &str) -> String {
    words.replace(|letter: char| !letter.is_alphanumeric(), "_")
}

/// Writes script and weights.
fn write(folder: &Path, name: &str, script: &Script, weights: &WeightFile) -> Outcome<Value> {
    let source = script.to_source()?;
    for line in source.lines() {
        assert!(line.chars().count() <= LONGEST_LINE && line.trim_end() == line, "{name}: {line}");
    }
    let (script_name, weights_name) = (format!("{name}.py"), format!("{name}.safetensors"));
    fs::write(folder.join(&script_name), source)?;
    fs::write(folder.join(&weights_name), weights.to_bytes()?)?;
    Ok(json!({"script": script_name, "weights": weights_name}))
}

/// A language model over one window from a zero state.
fn scores(folder: &Path, cell: CellKind, layers: usize) -> Outcome<Value> {
    let config = LanguageModelConfig::new(cell, 7, 3, 5, layers);
    let tokens = indices(90, WINDOW.steps * WINDOW.batch, config.vocabulary);
    let mut fixture = Fixture::new(&Cpu, config, WINDOW)?;
    fixture.write_symbols(&tokens, &tokens, &vec![1.0; tokens.len()])?;
    fixture.graph.clear_state(&mut fixture.tape);
    fixture.forward();
    let weights = WeightFile::from_parameters(&fixture.parameters, BTreeMap::new());
    let script = Script { architecture: config.into(), training: training(), data: Data::None };
    let mut case = write(folder, &module_name(&format!("scores {cell:?} {layers}")), &script, &weights)?;
    case["tokens"] = json!(tokens);
    case["window"] = json!([WINDOW.steps, WINDOW.batch]);
    case["scores"] = json!(fixture.tape.read(fixture.graph.logits).iter().collect::<Vec<_>>());
    Ok(case)
}

/// A session's first steps.
fn losses(folder: &Path, settings: &[(&str, &str)]) -> Outcome<Value> {
    let experiment = small(settings);
    let mut driver = Driver::unwatched();
    // Quotes, backslashes and other alphabets must survive in the script's vocabulary.
    let text = "\"\\'\t\u{7}“β”🦀\n\"\"\"\r\n".repeat(3) + &text();
    driver.open(experiment.clone(), text.clone());
    let lab = driver.session.lab().ok_or("no run was opened")?;
    let weights = WeightFile::from_parameters(lab.parameters(), BTreeMap::new());
    let symbols: Vec<char> = lab.symbols().iter().flat_map(|symbol| symbol.chars()).collect();
    let window =
        Window { steps: lab.facts().sequence_length as usize, batch: lab.facts().batch_size as usize };
    let training = Training { trainer: trainer_config(&experiment), window, seed: 0 };
    let architecture = Architecture::infer(&weights)?.architecture;
    let script = Script { architecture, training, data: Data::Text(&symbols) };
    let name = settings.iter().fold("losses".to_owned(), |name, (_, value)| format!("{name}_{value}"));
    let mut case = write(folder, &module_name(&name), &script, &weights)?;
    // Long enough to come round to the beginning of the streams.
    driver.steps(250);
    fs::write(folder.join("text.txt"), text)?;
    case["text"] = json!("text.txt");
    case["losses"] = json!(driver.losses(1).iter().map(|&(_, loss, _)| loss).collect::<Vec<_>>());
    Ok(case)
}

/// Learning rates of the first steps under a schedule, with and without a warm-up.
fn rates(folder: &Path, name: &str, schedule: Schedule, warmup: u32) -> Outcome<Value> {
    let warmup = Warmup { steps: warmup, ..Warmup::default() };
    let trainer = TrainerConfig { schedule, warmup, clip_value: Some(0.5), ..adam() };
    let config = LanguageModelConfig::new(RELU, 3, 2, 2, 1);
    let symbols = ['a', 'b', 'c'];
    let architecture = Architecture::from(config);
    let training = Training { trainer, ..training() };
    let script = Script { architecture, training, data: Data::Text(&symbols) };
    let name = format!("rates_{name}_{}", warmup.steps);
    let mut case = write(folder, &name, &script, &by_formula(&config.into())?)?;
    let rate = |step| schedule.learning_rate(trainer.learning_rate, warmup, step, &PlateauState::default());
    case["rates"] = json!((0..20).map(rate).collect::<Vec<_>>());
    Ok(case)
}

/// Weights by formula.
fn by_formula(architecture: &Architecture) -> Outcome<WeightFile> {
    let tensor = |Parameter { name, shape }: Parameter| {
        let values = numbers(1, shape.iter().product(), 0.5);
        Tensor::new(name, shape, values)
    };
    let tensors = architecture.parameters()?.into_iter().map(tensor).collect();
    Ok(WeightFile { tensors, ..WeightFile::default() })
}

/// The other architectures: their weights must load and run.
fn others(folder: &Path) -> Outcome<Vec<Value>> {
    let mut cases = Vec::new();
    for cell in CELLS {
        for (directions, has_embedding, has_output) in [
            (Directions::Both, true, true),
            (Directions::Both, false, true),
            (Directions::Forward, false, true),
            (Directions::Forward, true, false),
        ] {
            let recurrent = RecurrentConfig { directions, ..RecurrentConfig::new(cell, 3, 5, 2) };
            let architecture = Architecture::from(SequenceNetwork {
                dropout: 0.0,
                embedding: has_embedding.then_some(Embedding { symbols: 7, width: 3 }),
                recurrent,
                output: has_output.then_some(Linear { inputs: recurrent.width(), outputs: 4 }),
            });
            let weights = by_formula(&architecture)?;
            let script = Script { architecture, training: training(), data: Data::None };
            let name = format!("other {cell:?} {} {has_embedding} {has_output}", directions.all().len());
            let name = module_name(&name);
            cases.push(write(folder, &name, &script, &weights)?);
        }
    }
    Ok(cases)
}

#[test]
fn exported_scripts_compute_and_learn_what_the_engine_does() -> Outcome {
    let folder = empty_folder(env!("CARGO_TARGET_TMPDIR"), "pytorch_script")?;
    let mut cases = others(&folder)?;
    for cell in CELLS {
        for layers in [1, 2] {
            cases.push(scores(&folder, cell, layers)?);
        }
    }
    for settings in [
        [("optimizer", "adam"), ("cell", "lstm"), ("clip_norm", "0.5"), ("learning_rate", "0.005")],
        [("optimizer", "adamw"), ("cell", "gru"), ("clip_norm", "0"), ("learning_rate", "0.003")],
        [("optimizer", "rmsprop"), ("cell", "elman"), ("clip_norm", "0.3"), ("learning_rate", "0.002")],
        [("optimizer", "sgd"), ("cell", "gru"), ("clip_norm", "0.25"), ("learning_rate", "0.05")],
    ] {
        cases.push(losses(&folder, &settings)?);
    }
    for warmup in [0, 6] {
        cases.push(rates(&folder, "step", Schedule::Step { every: 4, factor: 0.5 }, warmup)?);
        cases.push(rates(&folder, "exponential", Schedule::Exponential { factor: 0.9 }, warmup)?);
        cases.push(rates(&folder, "cosine", Schedule::Cosine { period: 8, floor: 1e-4 }, warmup)?);
    }
    cases.push(rates(&folder, "constant", Schedule::Constant, 6)?);
    fs::write(folder.join("cases.json"), serde_json::to_vec(&cases)?)?;
    if let Some(python) = Python::find("RNN_ONNX_PYTHON", "onnx-venv") {
        let scripts = cases.iter().filter_map(|case| Some(folder.join(case["script"].as_str()?)));
        let module = ["-m", "py_compile"].map(Into::into);
        python.run(module.into_iter().chain(scripts));
    }
    if let Some(python) = Python::find("RNN_TORCH_PYTHON", "torch-venv") {
        println!("{}", python.run([&file_of_tests("pytorch/check_script.py"), &folder]));
    }
    Ok(())
}

#[test]
fn training_that_the_script_would_do_otherwise_is_refused() {
    let script = |trainer| {
        let config = LanguageModelConfig::new(CellKind::Gru, 3, 2, 2, 1);
        let training = Training { trainer, ..training() };
        Script { architecture: config.into(), training, data: Data::None }.to_source()
    };
    let schedule = Schedule::Plateau(Plateau::default());
    for trainer in [TrainerConfig { schedule, ..adam() }, TrainerConfig { micro_batches: 2, ..adam() }] {
        let error = script(trainer).unwrap_err().to_string();
        assert!(error.contains("a PyTorch script has no"), "{error}");
    }
}

#[test]
fn a_vocabulary_of_another_size_is_refused() {
    let config = LanguageModelConfig::new(CellKind::Gru, 3, 2, 2, 1);
    let script = Script { architecture: config.into(), training: training(), data: Data::Text(&['a', 'b']) };
    let error = script.to_source().unwrap_err().to_string();
    assert!(error.contains("the network has 3 symbols, found a vocabulary of 2"), "{error}");
}
