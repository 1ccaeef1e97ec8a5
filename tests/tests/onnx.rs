//! Exported networks give in onnxruntime what they give here.
//!
//! Language models are compared with the engine, over a window and symbol by symbol; the other networks over
//! one sequence with `tests/onnx/reference.py`, with and without each optional input (`onnx_models.rs`
//! compares them with the engine). Largest error measured: 3.6e-7 of a tensor's
//! largest number, allowed 1e-5. With two gates of the LSTM or the GRU exchanged, or the GRU's reset before
//! the product, it is above 0.1 in every case.

use rnn_compute::Cpu;
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{
    CellKind, Directions, LanguageModelConfig, RecurrentConfig, SequencePooling, Window,
};
use rnn_formats::onnx::{Dim, Element, GraphBuilder, Network, Task};
use rnn_formats::{Architecture, Embedding, Linear, Parameter, SequenceNetwork, Tensor, WeightFile};
use rnn_tests::files::file_of_tests;
use rnn_tests::fixture::Fixture;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::python::{Python, empty_folder};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const CELLS: [(CellKind, &str); 4] = [
    (CellKind::ELMAN, "elman"),
    (CellKind::Elman(Nonlinearity::Relu), "elman relu"),
    (CellKind::Gru, "gru"),
    (CellKind::Lstm, "lstm"),
];

fn floats(shape: &[usize], values: impl IntoIterator<Item = f32>) -> Value {
    json!({"type": "float", "shape": shape, "values": values.into_iter().collect::<Vec<_>>()})
}

fn integers(kind: &str, shape: &[usize], values: &[u32]) -> Value {
    json!({"type": kind, "shape": shape, "values": values})
}

/// A language model over one window, with what the engine computes.
fn language_model(folder: &Path, cell: (CellKind, &str), layers: usize) -> Outcome<Value> {
    let config = LanguageModelConfig::new(cell.0, 7, 3, 5, layers);
    let window = Window { steps: 4, batch: 2 };
    let tokens = indices(90, window.steps * window.batch, config.vocabulary);
    let mut fixture = Fixture::new(&Cpu, config, window)?;
    fixture.write_symbols(&tokens, &tokens, &vec![1.0; tokens.len()])?;
    fixture.forward();
    let Fixture { tape, graph, parameters } = fixture;
    let metadata = BTreeMap::from([("vocabulary".to_owned(), "[\"a\",\"β\"]".to_owned())]);
    let weights = WeightFile::from_parameters(&parameters, metadata);
    let file = format!("language-model-{}-{layers}.onnx", cell.1.replace(' ', "-"));
    fs::write(folder.join(&file), Network::new(config.into(), &weights)?.to_onnx(Task::LanguageModel)?)?;

    let mut feeds = Map::new();
    feeds.insert("tokens".into(), integers("int64", &[window.steps, window.batch], &tokens));
    let mut expected = Map::new();
    let logits = tape.read(graph.logits);
    expected.insert("logits".into(), floats(logits.shape(), logits.iter().copied()));
    let shape = [layers, window.batch, config.hidden];
    for (kind, (before, after)) in [("h_0", "h_n"), ("c_0", "c_n")].into_iter().enumerate() {
        let states: Vec<_> = graph.layers.iter().filter_map(|layer| layer.states().nth(kind)).collect();
        if states.len() == layers {
            let initial = states.iter().flat_map(|&(initial, _)| tape.read(initial));
            feeds.insert(before.into(), floats(&shape, initial));
            let last = states.iter().flat_map(|&(_, last)| tape.read(last));
            expected.insert(after.into(), floats(&shape, last));
        }
    }
    let name = format!("language model, {}, {layers} layers", cell.1);
    Ok(json!({"name": name, "file": file, "feeds": feeds, "expected": expected, "is_stepped": true}))
}

/// Weights by formula.
fn weights(network: SequenceNetwork) -> Outcome<WeightFile> {
    let mut tensors = Vec::new();
    let parameters = Architecture::from(network).parameters()?;
    for (salt, Parameter { name, shape }) in parameters.into_iter().enumerate() {
        let values = numbers(salt as u32, shape.iter().product(), 0.7);
        tensors.push(Tensor::new(name, shape, values));
    }
    Ok(WeightFile { tensors, ..WeightFile::default() })
}

/// What a network is fed beside its sequence.
#[derive(Clone, Copy, PartialEq)]
enum Feeds {
    /// Nothing: whole sequences from a zero state.
    Least,
    /// Lengths and initial states.
    All,
}

/// A network, for the reference in Python to compute.
fn network(
    folder: &Path,
    name: &str,
    network: SequenceNetwork,
    task: (Task, &str),
    fed: Feeds,
) -> Outcome<Value> {
    let weights = weights(network)?;
    let file = format!("{}.onnx", name.replace([' ', ','], "-"));
    fs::write(folder.join(&file), Network::new(network.into(), &weights)?.to_onnx(task.0)?)?;
    let SequenceNetwork { embedding, recurrent, .. } = network;
    let (steps, batch) = (5, 3);
    let mut feeds = Map::new();
    match embedding {
        Some(Embedding { symbols, .. }) => {
            let tokens = indices(90, steps * batch, symbols);
            feeds.insert("tokens".into(), integers("int64", &[steps, batch], &tokens));
        }
        None => {
            let shape = [steps, batch, recurrent.inputs];
            feeds.insert("features".into(), floats(&shape, numbers(91, shape.iter().product(), 1.0)));
        }
    }
    if fed == Feeds::All {
        feeds.insert("lengths".into(), integers("int32", &[batch], &[3, 5, 1]));
        let shape = [recurrent.layers * recurrent.directions.all().len(), batch, recurrent.hidden];
        let states = if recurrent.cell == CellKind::Lstm { 2 } else { 1 };
        for (salt, name) in ["h_0", "c_0"].into_iter().enumerate().take(states) {
            feeds.insert(name.into(), floats(&shape, numbers(92 + salt as u32, shape.iter().product(), 0.5)));
        }
    }
    let tensors = weights.tensors.iter();
    let tensors: Map<_, _> =
        tensors.map(|tensor| (tensor.name.clone(), floats(&tensor.shape, tensor.values.clone()))).collect();
    let cell = CELLS.into_iter().find(|cell| cell.0 == recurrent.cell).map(|cell| cell.1);
    let described = json!({
        "cell": cell,
        "layers": recurrent.layers,
        "is_bidirectional": recurrent.directions == Directions::Both,
    });
    Ok(json!({
        "name": name, "file": file, "feeds": feeds, "expected": {}, "weights": tensors,
        "architecture": described, "task": task.1, "is_stepped": false,
    }))
}

/// Every kind of network, in every cell, one and two layers, one and both directions.
fn networks(folder: &Path) -> Outcome<Vec<Value>> {
    let tasks = [
        (Task::Tagger, "tagger", true),
        (Task::Classifier(SequencePooling::Last), "classifier last", true),
        (Task::Classifier(SequencePooling::Mean), "classifier mean", true),
        (Task::Classifier(SequencePooling::Max), "classifier max", true),
        (Task::Forecaster, "forecaster", false),
        (Task::Transducer, "transducer", false),
        (Task::States, "states", false),
    ];
    let mut cases = Vec::new();
    for (cell, word) in CELLS {
        for (layers, directions) in
            [(1, Directions::Forward), (2, Directions::Forward), (1, Directions::Both), (2, Directions::Both)]
        {
            for (task, task_word, has_embedding) in tasks {
                let recurrent = RecurrentConfig { directions, ..RecurrentConfig::new(cell, 3, 5, layers) };
                let described = SequenceNetwork {
                    dropout: 0.0,
                    embedding: has_embedding.then_some(Embedding { symbols: 11, width: 3 }),
                    recurrent,
                    output: (task != Task::States)
                        .then_some(Linear { inputs: recurrent.width(), outputs: 2 }),
                };
                for (fed, feeds) in [("sequence only", Feeds::Least), ("all inputs", Feeds::All)] {
                    let name = format!("{task_word}, {word}, {layers}x{}, {fed}", directions.all().len());
                    cases.push(network(folder, &name, described, (task, task_word), feeds)?);
                }
            }
        }
    }
    Ok(cases)
}

/// Layer normalisation, which has a piece and is in no network above.
fn layer_normalization(folder: &Path) -> Outcome<Value> {
    let (steps, batch, width, epsilon) = (2, 3, 5, 1e-5_f32);
    let shape = [steps, batch, width];
    let values: Vec<f32> = numbers(1, steps * batch * width, 2.0);
    let (scale, shift): (Vec<f32>, Vec<f32>) = (numbers(2, width, 1.0), numbers(3, width, 1.0));
    let mut graph = GraphBuilder::new();
    let dims = [Dim::Free("time"), Dim::Free("batch"), Dim::Of(width)];
    let input = graph.input("features", Element::Float, &dims);
    let result = graph.layer_normalization(&input, "norm", (width, epsilon), (&scale, &shift))?;
    graph.output("normalised", &result, &dims);
    let file = "layer-normalisation.onnx";
    fs::write(folder.join(file), graph.finish(&BTreeMap::new())?)?;
    let expected = values.chunks(width).flat_map(|row| {
        let mean = row.iter().sum::<f32>() / width as f32;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / width as f32;
        let normalised =
            |(i, x): (usize, &f32)| (x - mean) / (variance + epsilon).sqrt() * scale[i] + shift[i];
        row.iter().enumerate().map(normalised).collect::<Vec<_>>()
    });
    Ok(json!({
        "name": "layer normalisation", "file": file, "is_stepped": true,
        "feeds": {"features": floats(&shape, values.clone())},
        "expected": {"normalised": floats(&shape, expected)},
    }))
}

#[test]
fn exported_networks_give_the_same_in_onnxruntime() -> Outcome {
    let folder = empty_folder(env!("CARGO_TARGET_TMPDIR"), "onnx")?;
    let mut cases = networks(&folder)?;
    for cell in CELLS {
        for layers in [1, 2] {
            cases.push(language_model(&folder, cell, layers)?);
        }
    }
    cases.push(layer_normalization(&folder)?);
    assert_eq!(cases.len(), 4 * (4 * 7 * 2 + 2) + 1);
    fs::write(folder.join("cases.json"), serde_json::to_vec(&cases)?)?;
    if let Some(python) = Python::find("RNN_ONNX_PYTHON", "onnx-venv") {
        println!("{}", python.run([&file_of_tests("onnx/check.py"), &folder]));
    }
    Ok(())
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let recurrent = RecurrentConfig::new(CellKind::Gru, 2, 3, 1);
    let network = SequenceNetwork { embedding: None, recurrent, output: None, dropout: 0.0 };
    let mut weights = weights(network).unwrap();
    let error = Network::new(network.into(), &weights).unwrap().to_onnx(Task::Tagger).unwrap_err();
    assert!(error.to_string().contains("no output layer"), "{error}");
    weights.tensors[2].shape = vec![9, 1];
    let error = Network::new(network.into(), &weights).unwrap_err().to_string();
    assert_eq!(error, "the parameter “rnn.bias_ih_l0” must have the shape [9], found [9, 1]");
    weights.tensors.remove(2);
    let error = Network::new(network.into(), &weights).unwrap_err().to_string();
    assert_eq!(error, "the parameter “rnn.bias_ih_l0” must have the shape [9], found none");
}
