//! Every model of the engine gives in onnxruntime what it gives here: over packed sequences of different
//! lengths, and, where a decoder writes, symbol by symbol from what it found likeliest.
//!
//! Largest error measured: 2.7e-7 of a tensor's largest number, allowed 1e-5. Without the scale of the dot
//! product, without the mask of the attention, with the layers' directions in another order, or with another
//! mean in the batch norm, every network that has it fails.

use rnn_compute::models::{
    AttentionKind, CaptionerConfig, CellKind, Classes, ClassifierConfig, DecoderConfig, Directions,
    EncoderDecoderConfig, ForecastLoss, ForecasterConfig, ImageEncoderConfig, RecurrentConfig,
    SequencePooling, TaggerConfig, TransducerConfig,
};
use rnn_compute::ops::{CtcConfig, DotScale};
use rnn_formats::onnx::{Network, Task};
use rnn_formats::{Architecture, Hints};
use rnn_tests::engine_run::{self, Array, EngineRun, Input, LENGTHS, WINDOW};
use rnn_tests::files::file_of_tests;
use rnn_tests::python::{Python, empty_folder};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const CELLS: [CellKind; 3] = [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm];

fn floats(array: &Array) -> Value {
    json!({"type": "float", "shape": array.shape, "values": array.values})
}

fn all(arrays: &BTreeMap<&'static str, Array>) -> Map<String, Value> {
    arrays.iter().map(|(&name, array)| (name.to_owned(), floats(array))).collect()
}

fn feeds(input: &Input, has_lengths: bool) -> Map<String, Value> {
    let (name, value) = match input {
        Input::Tokens(tokens) => {
            let shape = [WINDOW.steps, WINDOW.batch];
            ("tokens", json!({"type": "int64", "shape": shape, "values": tokens}))
        }
        Input::Features(features) => ("features", floats(features)),
        Input::Images(images) => ("images", floats(images)),
    };
    let mut feeds = Map::from_iter([(name.to_owned(), value)]);
    if has_lengths {
        feeds.insert("lengths".into(), json!({"type": "int32", "shape": [LENGTHS.len()], "values": LENGTHS}));
    }
    feeds
}

/// Writes one graph of a network; its weights are those of a file, and are found in it again.
fn write(folder: &Path, name: &str, run: &EngineRun, task: Task) -> Outcome<String> {
    let file = format!("{}.onnx", name.replace([' ', ','], "-"));
    let network = Network::new(run.architecture.clone(), &run.weights)?;
    fs::write(folder.join(&file), network.to_onnx(task)?)?;
    Ok(file)
}

/// A network over one sequence.
fn sequence(folder: &Path, name: &str, run: &EngineRun, task: Task) -> Outcome<Value> {
    let is_forecaster = task == Task::Forecaster;
    Ok(json!({
        "name": name, "file": write(folder, name, run, task)?, "is_stepped": false,
        "feeds": feeds(&run.input, !is_forecaster), "expected": all(&run.outputs),
        // States are compared elsewhere.
        "is_partial": true,
    }))
}

/// An encoder and a decoder.
fn writing(folder: &Path, name: &str, run: &EngineRun) -> Outcome<Value> {
    let encoder = write(folder, &format!("{name} encoder"), run, Task::Encoder)?;
    let decoder = write(folder, &format!("{name} decoder"), run, Task::DecoderStep)?;
    let mut encoded = all(&run.outputs);
    let written = ["logits", "attention"].map(|name| (name, encoded.remove(name)));
    let written: Map<_, _> =
        written.into_iter().filter_map(|(name, array)| Some((name.to_owned(), array?))).collect();
    Ok(json!({
        "name": name, "encoder": encoder, "decoder": decoder, "expected": encoded, "written": written,
        "feeds": feeds(&run.input, matches!(run.input, Input::Tokens(_))), "first": vec![1; WINDOW.batch],
    }))
}

/// One and both directions, one layer and two with layer norm.
fn stacks(cell: CellKind) -> impl Iterator<Item = (String, RecurrentConfig)> {
    let stack = move |(layers, directions, layer_norm)| {
        let plain = RecurrentConfig::new(cell, 3, 5, layers);
        let words = format!("{cell:?} {layers} {directions:?}");
        (words.replace(['(', ')'], ""), RecurrentConfig { directions, layer_norm, ..plain })
    };
    [(1, Directions::Forward, false), (2, Directions::Forward, true), (2, Directions::Both, true)]
        .into_iter()
        .map(stack)
}

fn sequences(folder: &Path) -> Outcome<Vec<Value>> {
    let (vocabulary, dropout) = (11, 0.0);
    let mut cases = Vec::new();
    for (words, recurrent) in CELLS.into_iter().flat_map(stacks) {
        for pooling in [SequencePooling::Last, SequencePooling::Mean, SequencePooling::Max] {
            let classes = if pooling == SequencePooling::Mean { Classes::Binary } else { Classes::Many(4) };
            let config = ClassifierConfig { vocabulary, recurrent, pooling, dropout, classes };
            let name = format!("classifier {pooling:?} {words}");
            cases.push(sequence(folder, &name, &engine_run::classifier(config)?, Task::Classifier(pooling))?);
        }
        let run = engine_run::tagger(TaggerConfig { vocabulary, recurrent, dropout, tags: 4 })?;
        cases.push(sequence(folder, &format!("tagger {words}"), &run, Task::Tagger)?);
        let loss = ForecastLoss::Squared;
        let run = engine_run::forecaster(ForecasterConfig { recurrent, outputs: 2, dropout, loss })?;
        cases.push(sequence(folder, &format!("forecaster {words}"), &run, Task::Forecaster)?);
        let ctc = CtcConfig::default();
        let run = engine_run::transducer(TransducerConfig { recurrent, dropout, classes: 4, ctc })?;
        cases.push(sequence(folder, &format!("transducer {words}"), &run, Task::Transducer)?);
    }
    Ok(cases)
}

fn writers(folder: &Path) -> Outcome<Vec<Value>> {
    let mut cases = Vec::new();
    for cell in CELLS {
        let attentions = [
            ("plain", None),
            ("additive", Some(AttentionKind::Additive { size: 4 })),
            ("dot", Some(AttentionKind::Dot(DotScale::One))),
            ("scaled dot", Some(AttentionKind::Dot(DotScale::InverseRoot))),
        ];
        for (attention_words, attention) in attentions {
            for (layers, directions) in
                [(1, Directions::Both), (2, Directions::Forward), (2, Directions::Both)]
            {
                let config = EncoderDecoderConfig {
                    source_vocabulary: 11,
                    target_vocabulary: 7,
                    embedding: 3,
                    hidden: 5,
                    layers,
                    cell,
                    directions,
                    dropout: 0.0,
                    attention,
                };
                let run = engine_run::encoder_decoder(config)?;
                let hints = Hints { dot_scale: Some(DotScale::InverseRoot), ..Hints::default() };
                let found = Architecture::infer_with(&run.weights, &hints)?.architecture;
                assert_eq!(found == run.architecture, attention_words != "dot");
                let name =
                    format!("{attention_words} {layers} {directions:?} {cell:?}").replace(['(', ')'], "");
                cases.push(writing(folder, &name, &run)?);
            }
        }
        let decoder = DecoderConfig {
            vocabulary: 7,
            embedding: 3,
            hidden: 5,
            layers: 2,
            cell,
            dropout: 0.0,
            attention: None,
            source_width: 0,
        };
        // An odd size, of which the pooling leaves a line out.
        let encoder = ImageEncoderConfig { size: [9, 7], channels: 2, filters: vec![3, 4] };
        let run = engine_run::captioner(&CaptionerConfig { encoder, decoder })?;
        cases.push(writing(folder, &format!("captioner {cell:?}").replace(['(', ')'], ""), &run)?);
    }
    Ok(cases)
}

#[test]
fn every_model_gives_the_same_in_onnxruntime() -> Outcome {
    let folder = empty_folder(env!("CARGO_TARGET_TMPDIR"), "onnx_models")?;
    let mut cases = sequences(&folder)?;
    cases.extend(writers(&folder)?);
    assert_eq!(cases.len(), 3 * (3 * 6 + 4 * 3 + 1));
    fs::write(folder.join("cases.json"), serde_json::to_vec(&cases)?)?;
    if let Some(python) = Python::find("RNN_ONNX_PYTHON", "onnx-venv") {
        println!("{}", python.run([&file_of_tests("onnx/check.py"), &folder]));
    }
    Ok(())
}
