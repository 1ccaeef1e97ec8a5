//! The PyTorch script of every model of the engine loads its weights, gives what the engine gives, and learns
//! from a file of examples.
//!
//! Largest error measured: 3.0e-7 of the largest number, allowed 1e-5.

use rnn_compute::TrainerConfig;
use rnn_compute::models::{
    AttentionKind, CaptionerConfig, CellKind, Classes, ClassifierConfig, DecoderConfig, Directions,
    EncoderDecoderConfig, ForecastLoss, ForecasterConfig, ImageEncoderConfig, RecurrentConfig,
    SequencePooling, TaggerConfig, TransducerConfig, Window,
};
use rnn_compute::ops::{CtcConfig, DotScale, HuberConfig};
use rnn_compute::optimise::{Adam, OptimizerRule, Warmup};
use rnn_formats::pytorch_script::{Data, Ends, Script, Training, Unit, Vocabulary};
use rnn_tests::engine_run::{self, Array, EngineRun, Input, LENGTHS, WINDOW};
use rnn_tests::files::file_of_tests;
use rnn_tests::formula::{indices, number};
use rnn_tests::python::{Python, empty_folder};
use serde_json::{Value, json};
use std::error::Error;
use std::fs;
use std::path::Path;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const CELLS: [CellKind; 3] = [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm];
const LONGEST_LINE: usize = 110;
const EXAMPLES: u32 = 24;
const ENDS: Ends = Ends { begin: 1, end: 2 };

fn training() -> Training {
    let rule = OptimizerRule::Adam(Adam::default());
    let warmup = Warmup { steps: 5, ..Warmup::default() };
    let (learning_rate, clip_norm) = (0.01, Some(1.0));
    let trainer = TrainerConfig { rule, warmup, learning_rate, clip_norm, ..TrainerConfig::default() };
    Training { trainer, window: Window { steps: 5, batch: 8 }, seed: 3 }
}

fn array(kind: &str, Array { shape, values }: &Array) -> Value {
    json!({"type": kind, "shape": shape, "values": values})
}

/// Writes script, weights and what the engine read and gave, under `output`.
fn case(
    folder: &Path,
    name: &str,
    run: &EngineRun,
    data: Data,
    (output, file): (&str, &str),
) -> Outcome<Value> {
    let script = Script { architecture: run.architecture.clone(), training: training(), data };
    let name = name.replace(|letter: char| !letter.is_alphanumeric(), "_");
    let source = script.to_source()?;
    for line in source.lines() {
        assert!(line.chars().count() <= LONGEST_LINE && line.trim_end() == line, "{name}: {line}");
    }
    fs::write(folder.join(format!("{name}.py")), source)?;
    fs::write(folder.join(format!("{name}.safetensors")), run.weights.to_bytes()?)?;
    let lengths = json!({"type": "int", "shape": [LENGTHS.len()], "values": LENGTHS});
    let mut inputs = match &run.input {
        Input::Tokens(tokens) => {
            vec![json!({"type": "int", "shape": [WINDOW.steps, WINDOW.batch], "values": tokens}), lengths]
        }
        Input::Features(features) => vec![array("float", features), lengths],
        Input::Images(images) => vec![array("float", images)],
    };
    if matches!(data, Data::Table { .. }) {
        inputs.truncate(1);
    }
    let expected = run.outputs.get(output).ok_or("no such output")?;
    Ok(json!({
        "script": format!("{name}.py"), "weights": format!("{name}.safetensors"), "data": file,
        // Training takes most of the time, and differs by the data and the norms only.
        "is_trained": name.contains("Lstm"), "inputs": inputs, "expected": array("float", expected),
    }))
}

fn words(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("“w\"{index}")).collect()
}

fn letters(count: usize) -> Vec<String> {
    ('a'..).take(count).map(String::from).collect()
}

/// Files of examples that can be learnt.
fn write_data(folder: &Path) -> Outcome {
    let symbols = |salt: u32, size: usize| indices(salt, 2 + salt as usize % 4, size);
    let text = |symbols: &[u32], names: &[String], space: &str| {
        let named: Vec<&str> = symbols.iter().map(|&symbol| &*names[symbol as usize]).collect();
        named.join(space)
    };
    let (mut classes, mut binary, mut tags, mut pairs) =
        (String::new(), String::new(), String::new(), String::new());
    for salt in 0..EXAMPLES {
        let read = symbols(salt, 11);
        let (letters, words) = (letters(11), words(11));
        classes += &format!("“w\"{}\t{}\n", read[0] % 4, text(&read, &letters, ""));
        binary += &format!("“w\"{}\t{}?\n", read[0] % 2, text(&read, &letters, ""));
        for &word in &read {
            tags += &format!("{}\t“w\"{}\n", words[word as usize], word % 4);
        }
        tags += "\n";
        let written: Vec<u32> = read.iter().map(|symbol| 3 + symbol % 4).collect();
        pairs += &format!("{}\t{}\n", text(&read, &words, " "), text(&written, &letters, ""));
    }
    let row = |index: u32| format!("{},{},{}\n", number(7, index / 4), (index % 5) as f64, number(8, index));
    let table: String = (0..60).map(row).collect();
    for (name, content) in [
        ("classes.txt", classes),
        ("binary.txt", binary),
        ("tags.txt", tags),
        ("pairs.txt", pairs),
        ("table.csv", "a,b,c\n".to_owned() + &table),
    ] {
        fs::write(folder.join(name), content)?;
    }
    Ok(())
}

/// One direction and two layers with norms in both, or two layers without.
fn stacks(cell: CellKind) -> impl Iterator<Item = (String, RecurrentConfig)> {
    let stack = move |(layers, directions, layer_norm)| {
        let plain = RecurrentConfig::new(cell, 3, 5, layers);
        let norm = if layer_norm { " norm" } else { "" };
        let words = format!("{cell:?} {layers} {directions:?}{norm}");
        (words, RecurrentConfig { directions, layer_norm, dropout: 0.05, ..plain })
    };
    let stacks = [(1, Directions::Forward, false), (2, Directions::Both, true), (2, Directions::Both, false)];
    stacks.into_iter().map(stack)
}

fn sequences(folder: &Path) -> Outcome<Vec<Value>> {
    let (vocabulary, dropout) = (11, 0.1);
    let (letters, words, names) = (letters(11), words(11), words(4));
    let characters = Vocabulary { symbols: &letters, unit: Unit::Character, unknown: None };
    let mut cases = Vec::new();
    for (described, recurrent) in CELLS.into_iter().flat_map(stacks) {
        for pooling in [SequencePooling::Last, SequencePooling::Mean, SequencePooling::Max] {
            let is_binary = pooling == SequencePooling::Mean;
            let (classes, names, file) = if is_binary {
                (Classes::Binary, &names[..2], "binary.txt")
            } else {
                (Classes::Many(4), &names[..], "classes.txt")
            };
            let run = engine_run::classifier(ClassifierConfig {
                vocabulary,
                recurrent,
                pooling,
                dropout,
                classes,
            })?;
            let data = Data::ClassifiedTexts { vocabulary: characters, classes: names, pooling };
            let name = format!("classifier {pooling:?} {described}");
            cases.push(case(folder, &name, &run, data, ("logits", file))?);
        }
        let run = engine_run::tagger(TaggerConfig { vocabulary, recurrent, dropout, tags: 4 })?;
        let known = Vocabulary { symbols: &words, unit: Unit::Word, unknown: Some(0) };
        let data = Data::TaggedWords { vocabulary: known, tags: &names };
        cases.push(case(folder, &format!("tagger {described}"), &run, data, ("logits", "tags.txt"))?);
        let loss = ForecastLoss::Huber(HuberConfig::default());
        let run = engine_run::forecaster(ForecasterConfig { recurrent, outputs: 4, dropout, loss })?;
        let data = Data::Table { ahead: 2, loss };
        cases.push(case(
            folder,
            &format!("forecaster {described}"),
            &run,
            data,
            ("predictions", "table.csv"),
        )?);
        let ctc = CtcConfig::default();
        let run = engine_run::transducer(TransducerConfig { recurrent, dropout, classes: 4, ctc })?;
        let file = ("log_probabilities", "frames.npz");
        cases.push(case(folder, &format!("transducer {described}"), &run, Data::Frames { blank: 0 }, file)?);
    }
    Ok(cases)
}

fn writers(folder: &Path) -> Outcome<Vec<Value>> {
    let (letters, words) = (letters(7), words(11));
    let source = Vocabulary { symbols: &words, unit: Unit::Word, unknown: None };
    let target = Vocabulary { symbols: &letters, unit: Unit::Character, unknown: None };
    let mut cases = Vec::new();
    for cell in CELLS {
        for attention in [
            None,
            Some(AttentionKind::Additive { size: 4 }),
            Some(AttentionKind::Dot(DotScale::One)),
            Some(AttentionKind::Dot(DotScale::InverseRoot)),
        ] {
            for directions in [Directions::Forward, Directions::Both] {
                let config = EncoderDecoderConfig {
                    source_vocabulary: 11,
                    target_vocabulary: 7,
                    embedding: 3,
                    hidden: 5,
                    layers: 2,
                    cell,
                    directions,
                    dropout: 0.1,
                    attention,
                };
                let name = format!("writer {cell:?} {attention:?} {directions:?}");
                let run = engine_run::encoder_decoder(config)?;
                let data = Data::Pairs { source, target, ends: ENDS };
                cases.push(case(folder, &name, &run, data, ("logits", "pairs.txt"))?);
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
        let encoder = ImageEncoderConfig { size: [9, 7], channels: 2, filters: vec![3, 4] };
        let run = engine_run::captioner(&CaptionerConfig { encoder, decoder })?;
        let data = Data::Pictures { ends: ENDS };
        cases.push(case(folder, &format!("captioner {cell:?}"), &run, data, ("logits", "pictures.npz"))?);
    }
    Ok(cases)
}

#[test]
fn every_models_script_computes_what_the_engine_does_and_learns() -> Outcome {
    let folder = empty_folder(env!("CARGO_TARGET_TMPDIR"), "pytorch_models")?;
    write_data(&folder)?;
    let mut cases = sequences(&folder)?;
    cases.extend(writers(&folder)?);
    assert_eq!(cases.len(), 3 * (3 * 6 + 4 * 2 + 1));
    fs::write(folder.join("cases.json"), serde_json::to_vec(&cases)?)?;
    if let Some(python) = Python::find("RNN_TORCH_PYTHON", "torch-venv") {
        python.run([&file_of_tests("pytorch/examples.py"), &folder]);
        let said = python.run([&file_of_tests("pytorch/check_script.py"), &folder]);
        println!("{}", said.lines().last().unwrap_or_default());
    }
    Ok(())
}

#[test]
fn data_of_another_network_are_refused() -> Outcome {
    let recurrent = RecurrentConfig::new(CellKind::Gru, 3, 5, 1);
    let config = TaggerConfig { vocabulary: 11, recurrent, dropout: 0.0, tags: 4 };
    let (words, tags) = (words(11), words(4));
    let refusal = |data| {
        let script = Script { architecture: config.into(), training: training(), data };
        script.to_source().map_or_else(|error| error.to_string(), |_| "was written".to_owned())
    };
    let vocabulary = Vocabulary { symbols: &words, unit: Unit::Word, unknown: None };
    let data = Data::TaggedWords { vocabulary, tags: &tags };
    assert_eq!(refusal(data), "was written");
    let cases = [
        (
            Data::TaggedWords { vocabulary, tags: &tags[1..] },
            "the network has 4 tags, found a vocabulary of 3",
        ),
        (
            Data::TaggedWords { vocabulary: Vocabulary { symbols: &tags, ..vocabulary }, tags: &tags },
            "the network has 11 symbols, found a vocabulary of 4",
        ),
        (
            Data::TaggedWords { vocabulary: Vocabulary { unknown: Some(11), ..vocabulary }, tags: &tags },
            "what stands for unknown symbols must be below 11, found 11",
        ),
        (Data::Pictures { ends: ENDS }, "such data are none for this network"),
        (Data::Frames { blank: 0 }, "such data are none for this network"),
    ];
    for (data, expected) in cases {
        let found = refusal(data);
        assert!(found.contains(expected), "expected “{expected}”, found {found}");
    }
    Ok(())
}
