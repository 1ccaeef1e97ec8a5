//! What stands in an exported PyTorch script, whatever the network, the data and the training: it has every
//! name that it uses and uses every name that it has, says what it is, and makes the optimiser that was
//! chosen. Needs no Python, so that these hold everywhere; `pytorch_*.rs` run the scripts.

use rnn_compute::TrainerConfig;
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{
    AttentionKind, CaptionerConfig, CellKind, DecoderConfig, Directions, EncoderDecoderConfig, ForecastLoss,
    ImageEncoderConfig, RecurrentConfig, SequencePooling, Window,
};
use rnn_compute::ops::{DotScale, HuberConfig};
use rnn_compute::optimise::{Adagrad, Adam, AdamW, OptimizerRule, RmsProp, Schedule, Sgd, Warmup};
use rnn_formats::pytorch_script::{Data, Ends, Script, Training, Unit, Vocabulary};
use rnn_formats::{Architecture, Embedding, FormatError, Linear, SequenceNetwork};
use std::collections::BTreeSet;

type Outcome<T = ()> = Result<T, FormatError>;

const RELU: CellKind = CellKind::Elman(Nonlinearity::Relu);
const CELLS: [CellKind; 4] = [CellKind::ELMAN, RELU, CellKind::Gru, CellKind::Lstm];
const ENDS: Ends = Ends { begin: 1, end: 2 };
/// What a script without data of its own has for who trains the network otherwise.
const FOR_OTHERS: [&str; 7] =
    ["STEPS", "BATCH", "SEED", "train_step", "optimizer_of", "schedule_of", "names_for_file"];
const DROPOUTS: [(f64, f64); 4] = [(0.0, 0.0), (0.25, 0.0), (0.0, 0.5), (0.25, 0.5)];

fn source(architecture: impl Into<Architecture>, data: Data, trainer: TrainerConfig) -> Outcome<String> {
    let training = Training { trainer, window: Window { steps: 5, batch: 8 }, seed: 3 };
    Script { architecture: architecture.into(), training, data }.to_source()
}

fn words(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("a \"word\" of BATCH {index}")).collect()
}

/// The ways to train of which each has lines of its own.
fn trainings() -> [TrainerConfig; 4] {
    let plain = TrainerConfig::default();
    let warmup = Warmup { steps: 5, ..Warmup::default() };
    [
        plain,
        TrainerConfig { clip_norm: Some(1.0), ..plain },
        TrainerConfig { clip_value: Some(0.5), warmup, ..plain },
        TrainerConfig { schedule: Schedule::Step { every: 4, factor: 0.5 }, ..plain },
    ]
}

/// Every kind of network over one sequence.
fn sequences(has_embedding: bool, outputs: Option<usize>) -> Vec<SequenceNetwork> {
    let mut networks = Vec::new();
    for cell in CELLS {
        for (layers, directions, layer_norm) in [
            (1, Directions::Forward, false),
            (2, Directions::Both, false),
            (1, Directions::Both, true),
            (2, Directions::Forward, true),
        ] {
            // Without an embedding and an output there is nothing beside the layers to drop from.
            let is_bare = !has_embedding && outputs.is_none();
            for (dropout, between) in DROPOUTS.into_iter().filter(|&(beside, _)| beside == 0.0 || !is_bare) {
                let recurrent = RecurrentConfig {
                    directions,
                    layer_norm,
                    dropout: between,
                    ..RecurrentConfig::new(cell, 3, 5, layers)
                };
                let embedding = has_embedding.then_some(Embedding { symbols: 7, width: 3 });
                let output = outputs.map(|outputs| Linear { inputs: recurrent.width(), outputs });
                networks.push(SequenceNetwork { embedding, recurrent, output, dropout });
            }
        }
    }
    networks
}

fn writers() -> Vec<EncoderDecoderConfig> {
    let mut configs = Vec::new();
    for cell in CELLS {
        for attention in [
            None,
            Some(AttentionKind::Additive { size: 4 }),
            Some(AttentionKind::Dot(DotScale::One)),
            Some(AttentionKind::Dot(DotScale::InverseRoot)),
        ] {
            for (directions, layers) in [(Directions::Forward, 1), (Directions::Both, 2)] {
                for dropout in [0.0, 0.25] {
                    configs.push(EncoderDecoderConfig {
                        source_vocabulary: 9,
                        target_vocabulary: 7,
                        embedding: 3,
                        hidden: 5,
                        layers,
                        cell,
                        directions,
                        dropout,
                        attention,
                    });
                }
            }
        }
    }
    configs
}

fn captioner(cell: CellKind, (layers, dropout): (usize, f64)) -> CaptionerConfig {
    let decoder = DecoderConfig {
        vocabulary: 7,
        embedding: 3,
        hidden: 5,
        layers,
        cell,
        dropout,
        attention: None,
        source_width: 0,
    };
    CaptionerConfig {
        encoder: ImageEncoderConfig { size: [9, 7], channels: 2, filters: vec![3, 4] },
        decoder,
    }
}

/// Every script of every kind, under one training.
fn scripts(trainer: TrainerConfig) -> Outcome<Vec<String>> {
    let (seven, nine, four) = (words(7), words(9), words(4));
    let vocabulary = |unit, unknown| Vocabulary { symbols: &seven, unit, unknown };
    let characters = vocabulary(Unit::Character, None);
    let source_words = Vocabulary { symbols: &nine, unit: Unit::Word, unknown: Some(8) };
    let mut scripts = Vec::new();
    let mut add = |architecture: Architecture, data: Data| {
        scripts.push(source(architecture, data, trainer)?);
        Outcome::Ok(())
    };
    let letters = ['a', 'b', '"', '\\', '\n', 'é', '🦀'];
    for network in sequences(true, Some(7)) {
        add(network.into(), Data::None)?;
        if network.recurrent.directions == Directions::Forward {
            add(network.into(), Data::Text(&letters))?;
        }
    }
    for network in sequences(true, Some(4)) {
        for pooling in [SequencePooling::Last, SequencePooling::Mean, SequencePooling::Max] {
            let data = Data::ClassifiedTexts { vocabulary: characters, classes: &four, pooling };
            add(network.into(), data)?;
        }
        let vocabulary = vocabulary(Unit::Word, Some(3));
        add(network.into(), Data::TaggedWords { vocabulary, tags: &four })?;
    }
    for network in sequences(false, Some(4)) {
        add(network.into(), Data::None)?;
        for loss in
            [ForecastLoss::Squared, ForecastLoss::Absolute, ForecastLoss::Huber(HuberConfig::default())]
        {
            add(network.into(), Data::Table { ahead: 2, loss })?;
        }
        add(network.into(), Data::Frames { blank: 3 })?;
    }
    for has_embedding in [false, true] {
        for network in sequences(has_embedding, None) {
            add(network.into(), Data::None)?;
        }
    }
    for config in writers() {
        add(config.into(), Data::Pairs { source: source_words, target: characters, ends: ENDS })?;
    }
    for cell in CELLS {
        for sizes in [(1, 0.0), (1, 0.25), (2, 0.25)] {
            add(captioner(cell, sizes).into(), Data::Pictures { ends: ENDS })?;
        }
    }
    Ok(scripts)
}

/// Python without comments and strings; what formatted strings compute stays.
fn without_strings(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '#']) {
        let is_formatted = rest[..at].ends_with('f');
        code += rest[..at].trim_end_matches('f');
        rest = &rest[at..];
        if rest.starts_with('#') {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        }
        let quote = if rest.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
        rest = &rest[quote.len()..];
        let mut inside = String::new();
        while !rest.is_empty() && !rest.starts_with(quote) {
            let len = if rest.starts_with('\\') { 2 } else { rest.chars().next().map_or(0, char::len_utf8) };
            inside += &rest[..len];
            rest = &rest[len..];
        }
        rest = rest.strip_prefix(quote).unwrap_or_default();
        if is_formatted {
            for part in inside.split('{').skip(1) {
                code += part.split([':', '}']).next().unwrap_or_default();
                code.push(' ');
            }
        }
    }
    code + rest
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The names in a piece of Python that are no attribute of something else, each as often as it occurs.
fn names(code: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut end = 0;
    for (start, _) in code.match_indices(is_of_name) {
        if start >= end {
            end = code[start..].find(|letter| !is_of_name(letter)).map_or(code.len(), |len| start + len);
            // `def write` in a class makes an attribute, too.
            if !code[..start].ends_with('.') && !code[..start].ends_with(" def ") {
                names.push(&code[start..end]);
            }
        }
    }
    names
}

/// What the lines that are not indented make known.
fn known(code: &str) -> BTreeSet<&str> {
    let mut known = BTreeSet::new();
    for line in code.lines().filter(|line| line.starts_with(is_of_name)) {
        if let Some((_, imported)) = line.split_once("import ") {
            known.extend(imported.split(", "));
        } else if let Some(made) = line.strip_prefix("def ").or(line.strip_prefix("class ")) {
            known.extend(made.split(|letter| !is_of_name(letter)).next());
        } else if let Some((constants, _)) = line.split_once(" = ") {
            known.extend(constants.split(", "));
        }
    }
    known
}

/// The classes of a script.
fn classes(code: &str) -> impl Iterator<Item = &str> {
    code.split("\nclass ").skip(1).map(|class| class.split("\n\n\n").next().unwrap_or_default())
}

/// The names behind each `self.` of a class, those that are assigned and those that are only read.
fn members(class: &str) -> [BTreeSet<&str>; 2] {
    let mut members = [BTreeSet::new(), BTreeSet::new()];
    for part in class.split("self.").skip(1) {
        let len = part.find(|letter| !is_of_name(letter)).unwrap_or(part.len());
        members[usize::from(!part[len..].starts_with(" = "))].insert(&part[..len]);
    }
    members
}

#[test]
fn a_script_has_every_name_that_it_uses_and_uses_every_name_that_it_has() -> Outcome {
    let mut scripts_read = 0;
    for trainer in trainings() {
        let sources = scripts(trainer)?;
        let codes: Vec<String> = sources.iter().map(|source| without_strings(source)).collect();
        let somewhere: BTreeSet<&str> = codes.iter().flat_map(|code| known(code)).collect();
        for (code, source) in codes.iter().zip(&sources) {
            let (known, names) = (known(code), names(code));
            let is_for_others = |name: &&&str| FOR_OTHERS.contains(*name) && !source.contains("def train(");
            for name in known.iter().filter(|name| !is_for_others(name)) {
                let count = names.iter().filter(|found| found == &name).count();
                assert!(count > 1, "“{name}” is never used in\n{source}");
            }
            for name in names {
                let is_constant =
                    name.len() > 1 && name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
                let is_from_outside = somewhere.contains(name) || is_constant;
                assert!(!is_from_outside || known.contains(name), "“{name}” is unknown in\n{source}");
            }
            for class in classes(code) {
                let [made, read] = members(class);
                assert_eq!(made, read, "members that are made and that are read, in\n{source}");
            }
        }
        scripts_read += sources.len();
    }
    assert_eq!(scripts_read, 4 * (64 + 32 + 4 * 64 + 5 * 64 + 64 + 32 + 64 + 12));
    Ok(())
}

#[test]
fn a_script_says_what_it_is() -> Outcome {
    let recurrent = |cell, layers| RecurrentConfig::new(cell, 3, 5, layers);
    let embedding = Some(Embedding { symbols: 7, width: 3 });
    let output = |outputs| Some(Linear { inputs: 5, outputs });
    let both = RecurrentConfig { directions: Directions::Both, ..recurrent(CellKind::Gru, 1) };
    let norm = RecurrentConfig { layer_norm: true, ..recurrent(CellKind::ELMAN, 2) };
    let network = |embedding, recurrent, output| {
        Architecture::from(SequenceNetwork { embedding, recurrent, output, dropout: 0.0 })
    };
    let writer = writers()[0];
    let attentive = EncoderDecoderConfig { attention: Some(AttentionKind::Dot(DotScale::One)), ..writer };
    let vocabularies = [words(9), words(7)];
    let [source_symbols, target_symbols] =
        vocabularies.each_ref().map(|symbols| Vocabulary { symbols, unit: Unit::Word, unknown: None });
    let pairs = Data::Pairs { source: source_symbols, target: target_symbols, ends: ENDS };
    let loss = ForecastLoss::Absolute;
    let cases = [
        (
            network(embedding, recurrent(CellKind::Lstm, 1), output(7)),
            Data::None,
            "A language model: an embedding, 1 LSTM layer and a linear layer",
            "    python SCRIPT --weights trained.safetensors",
        ),
        (
            network(embedding, norm, output(4)),
            Data::None,
            "A classifier: an embedding, 2 RNN layers with layer norm and a linear layer",
            "    python SCRIPT --weights trained.safetensors",
        ),
        (
            network(None, recurrent(CellKind::Gru, 1), output(4)),
            Data::Table { ahead: 1, loss: ForecastLoss::Squared },
            // Four outputs of three inputs are none.
            "",
            "",
        ),
        (
            network(None, recurrent(CellKind::Gru, 1), output(3)),
            Data::Table { ahead: 1, loss },
            "A forecaster: 1 GRU layer and a linear layer",
            "    python SCRIPT --data table.csv --steps 2000 --out trained.safetensors",
        ),
        (
            network(None, both, None),
            Data::None,
            "1 bidirectional GRU layer",
            "    python SCRIPT --weights trained.safetensors",
        ),
        (
            network(None, recurrent(CellKind::Gru, 1), output(3)),
            Data::Frames { blank: 0 },
            "A forecaster: 1 GRU layer and a linear layer",
            "    python SCRIPT --data examples.npz --steps 2000 --out trained.safetensors",
        ),
        (
            writer.into(),
            pairs,
            "An encoder–decoder of RNN layers",
            "    python SCRIPT --data lines.txt --steps 2000 --out trained.safetensors",
        ),
        (
            attentive.into(),
            pairs,
            "An encoder–decoder of RNN layers, with attention",
            "    python SCRIPT --data lines.txt --steps 2000 --out trained.safetensors",
        ),
        (
            captioner(CellKind::Lstm, (1, 0.0)).into(),
            Data::Pictures { ends: ENDS },
            "An image captioner of convolutions and LSTM layers",
            "    python SCRIPT --data examples.npz --steps 2000 --out trained.safetensors",
        ),
    ];
    for (architecture, data, words, usage) in cases {
        let written = source(architecture, data, TrainerConfig::default());
        if words.is_empty() {
            assert!(written.is_err());
            continue;
        }
        let written = written?;
        let expected = format!("\"\"\"{words}, for PyTorch.\n\n{usage}\n\nNeeds the packages ");
        assert!(written.starts_with(&expected), "{expected}\n{written:.400}");
        let needs_numpy = matches!(data, Data::Frames { .. } | Data::Pictures { .. });
        assert_eq!(written.contains("packages numpy, torch and"), needs_numpy);
    }
    Ok(())
}

#[test]
fn a_script_makes_the_optimiser_that_was_chosen() -> Outcome {
    let recurrent = RecurrentConfig::new(CellKind::Gru, 3, 5, 1);
    let network = SequenceNetwork { embedding: None, recurrent, output: None, dropout: 0.0 };
    let network = SequenceNetwork { output: Some(Linear { inputs: 5, outputs: 3 }), ..network };
    let sgd = Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    let rmsprop = RmsProp { alpha: 0.99, epsilon: 1e-8, momentum: 0.0, weight_decay: 0.0 };
    let adagrad =
        Adagrad { learning_rate_decay: 0.0, initial_accumulator: 0.0, epsilon: 1e-10, weight_decay: 0.0 };
    let adam = Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 };
    let adamw = AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 };
    let cases = [
        // PyTorch's own defaults are left to it.
        (OptimizerRule::Sgd(sgd), "SGD()"),
        (OptimizerRule::RmsProp(rmsprop), "RMSprop()"),
        (OptimizerRule::Adagrad(adagrad), "Adagrad()"),
        (OptimizerRule::Adam(adam), "Adam()"),
        (OptimizerRule::AdamW(adamw), "AdamW()"),
        (
            OptimizerRule::Sgd(Sgd { momentum: 0.5, nesterov: true, weight_decay: 0.25 }),
            "SGD(momentum=0.5, weight_decay=0.25, nesterov=True)",
        ),
        (
            OptimizerRule::RmsProp(RmsProp {
                alpha: 0.5,
                epsilon: 1e-3,
                momentum: 0.25,
                weight_decay: 0.125,
            }),
            "RMSprop(alpha=0.5, eps=0.001, momentum=0.25, weight_decay=0.125)",
        ),
        (
            OptimizerRule::Adagrad(Adagrad {
                learning_rate_decay: 0.5,
                initial_accumulator: 0.25,
                epsilon: 1e-3,
                weight_decay: 0.125,
            }),
            "Adagrad(lr_decay=0.5, initial_accumulator_value=0.25, eps=0.001, weight_decay=0.125)",
        ),
        (OptimizerRule::Adam(Adam { beta1: 0.5, ..adam }), "Adam(betas=(0.5, 0.999))"),
        (
            OptimizerRule::Adam(Adam { epsilon: 1e-3, weight_decay: 0.5, ..adam }),
            "Adam(eps=0.001, weight_decay=0.5)",
        ),
        (OptimizerRule::AdamW(AdamW { beta2: 0.75, ..adamw }), "AdamW(betas=(0.9, 0.75))"),
        (
            OptimizerRule::AdamW(AdamW { epsilon: 1e-3, weight_decay: 0.0, ..adamw }),
            "AdamW(eps=0.001, weight_decay=0.0)",
        ),
    ];
    for (rule, expected) in cases {
        let written = source(network, Data::None, TrainerConfig { rule, ..TrainerConfig::default() })?;
        let (name, arguments) = expected.split_once('(').unwrap_or_default();
        let comma = if arguments == ")" { "" } else { ", " };
        let line = format!(
            "\n    return torch.optim.{name}(model.parameters(), lr=LEARNING_RATE{comma}{arguments}\n"
        );
        assert!(written.contains(&line), "{line} in\n{written}");
    }
    Ok(())
}

#[test]
fn a_script_changes_the_learning_rate_as_was_chosen() -> Outcome {
    let recurrent = RecurrentConfig::new(CellKind::Gru, 3, 5, 1);
    let output = Some(Linear { inputs: 5, outputs: 3 });
    let network = SequenceNetwork { embedding: None, recurrent, output, dropout: 0.0 };
    let step = Schedule::Step { every: 4, factor: 0.5 };
    let cases = [
        (Schedule::Constant, 0, None),
        (step, 0, Some("return lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.5)")),
        (
            Schedule::Exponential { factor: 0.75 },
            0,
            Some("return lr_scheduler.ExponentialLR(optimizer, gamma=0.75)"),
        ),
        (
            Schedule::Cosine { period: 8, floor: 0.25 },
            0,
            Some("return lr_scheduler.CosineAnnealingLR(optimizer, T_max=8, eta_min=0.25)"),
        ),
        (
            Schedule::Constant,
            6,
            Some("return lr_scheduler.LinearLR(optimizer, start_factor=0.125, total_iters=6)"),
        ),
        (
            step,
            6,
            Some(
                "warm_up = lr_scheduler.LinearLR(optimizer, start_factor=0.125, total_iters=6)\n    \
                 after = lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.5)\n    return \
                 lr_scheduler.SequentialLR(optimizer, [warm_up, after], milestones=[6])",
            ),
        ),
    ];
    let data = Data::Table { ahead: 1, loss: ForecastLoss::Squared };
    for (schedule, steps, expected) in cases {
        let warmup = Warmup { steps, start: 0.125 };
        let trainer = TrainerConfig { schedule, warmup, ..TrainerConfig::default() };
        let written = source(network, data, trainer)?;
        let of_schedule = written.split("lr_scheduler.LRScheduler:\n    ").nth(1);
        let body = of_schedule.and_then(|rest| rest.split("\n\n\n").next());
        assert_eq!(body, expected, "{schedule:?} after {steps} steps");
        assert_eq!(written.contains("        schedule.step()\n"), expected.is_some());
    }
    Ok(())
}

#[test]
fn a_script_says_what_its_network_takes_and_gives() -> Outcome {
    let recurrent = RecurrentConfig::new(CellKind::Gru, 3, 5, 1);
    let embedding = Some(Embedding { symbols: 7, width: 3 });
    for (embedding, outputs, expected) in [
        (embedding, Some(7), "symbols [T, B] to scores of those that follow [T, B, VOCABULARY]"),
        (embedding, Some(4), "symbols [T, B] to scores of the classes [T, B, OUTPUTS]"),
        (None, Some(4), "numbers [T, B, INPUTS] to predictions [T, B, OUTPUTS]"),
        (None, None, "numbers [T, B, INPUTS] to hidden states"),
    ] {
        let output = outputs.map(|outputs| Linear { inputs: 5, outputs });
        let network = SequenceNetwork { embedding, recurrent, output, dropout: 0.0 };
        let written = source(network, Data::None, TrainerConfig::default())?;
        let line = format!("\"\"\"From {expected}, and the last state.\"\"\"");
        assert!(written.contains(&line), "{line} in\n{written}");
    }
    Ok(())
}

#[test]
fn a_script_has_the_loss_that_was_chosen() -> Outcome {
    let recurrent = RecurrentConfig::new(CellKind::Gru, 3, 5, 1);
    let network = |embedding, outputs| {
        let output = Some(Linear { inputs: 5, outputs });
        SequenceNetwork { embedding, recurrent, output, dropout: 0.0 }
    };
    let embedding = Some(Embedding { symbols: 7, width: 3 });
    let (seven, two, three) = (words(7), words(2), words(3));
    let vocabulary = Vocabulary { symbols: &seven, unit: Unit::Character, unknown: None };
    let classified = |classes| {
        let pooling = SequencePooling::Last;
        Data::ClassifiedTexts { vocabulary, classes, pooling }
    };
    let table = |loss| Data::Table { ahead: 1, loss };
    let huber = HuberConfig { delta: 0.75 };
    for (network, data, expected) in [
        (network(None, 3), table(ForecastLoss::Squared), "mse_loss(model(inputs), targets)"),
        (network(None, 3), table(ForecastLoss::Absolute), "l1_loss(model(inputs), targets)"),
        (
            network(None, 3),
            table(ForecastLoss::Huber(huber)),
            "huber_loss(model(inputs), targets, delta=0.75)",
        ),
        (network(None, 3), Data::None, "mse_loss(outputs, targets)"),
        (network(embedding, 3), Data::None, "cross_entropy(outputs.flatten(0, 1), targets.flatten())"),
        (
            network(embedding, 1),
            classified(&two),
            "binary_cross_entropy_with_logits(model(inputs, lengths)[:, 0], classes.float())",
        ),
        (network(embedding, 3), classified(&three), "cross_entropy(model(inputs, lengths), classes)"),
    ] {
        let written = source(network, data, TrainerConfig::default())?;
        assert!(written.contains(&format!(" functional.{expected}\n")), "{expected} in\n{written}");
        assert_eq!(
            written.matches("_loss(").count() + written.matches("cross_entropy").count(),
            1,
            "{written}"
        );
    }
    Ok(())
}

#[test]
fn data_that_do_not_fit_are_refused() {
    let (seven, nine) = (words(7), words(9));
    let of = |symbols, unit| Vocabulary { symbols, unit, unknown: None };
    let recurrent = RecurrentConfig::new(CellKind::Gru, 3, 5, 1);
    let output = |outputs| Some(Linear { inputs: 5, outputs });
    let table = |outputs, ahead| {
        let network = SequenceNetwork { embedding: None, recurrent, output: output(outputs), dropout: 0.0 };
        (Architecture::from(network), Data::Table { ahead, loss: ForecastLoss::Squared })
    };
    let frames = |blank| (table(4, 2).0, Data::Frames { blank });
    let tagger = SequenceNetwork {
        embedding: Some(Embedding { symbols: 7, width: 3 }),
        recurrent,
        output: output(9),
        dropout: 0.0,
    };
    let tagged = |unit| (tagger.into(), Data::TaggedWords { vocabulary: of(&seven, unit), tags: &nine });
    let pairs = |source, target, ends| {
        let (source, target) = (of(source, Unit::Word), of(target, Unit::Word));
        (Architecture::from(writers()[0]), Data::Pairs { source, target, ends })
    };
    let pictures = |begin, end| {
        (captioner(CellKind::Gru, (1, 0.0)).into(), Data::Pictures { ends: Ends { begin, end } })
    };
    let letters = ['a'; 7];
    let text = |architecture: Architecture| (architecture, Data::Text(&letters));
    let language_model = SequenceNetwork { output: output(7), ..tagger };
    let none = "such data are none for this network";
    let cases = [
        (table(4, 2), ""),
        (table(3, 1), ""),
        (table(4, 1), none),
        (table(4, 0), none),
        (table(4, 3), none),
        (table(4, 5), none),
        (frames(3), ""),
        (frames(4), "the blank must be below 4, found 4"),
        (tagged(Unit::Word), ""),
        (tagged(Unit::Character), none),
        (text(language_model.into()), ""),
        (text(tagger.into()), none),
        (text(writers()[0].into()), none),
        (pairs(&nine, &seven, ENDS), ""),
        (pairs(&seven, &seven, ENDS), "the network has 9 source symbols, found a vocabulary of 7"),
        (pairs(&nine, &nine, ENDS), "the network has 7 target symbols, found a vocabulary of 9"),
        (
            pairs(&nine, &seven, Ends { begin: 7, end: 2 }),
            "what writing begins with must be below 7, found 7",
        ),
        (pairs(&nine, &seven, Ends { begin: 1, end: 7 }), "what writing ends with must be below 7, found 7"),
        (pictures(6, 6), ""),
        (pictures(7, 2), "what writing begins with must be below 7, found 7"),
        (pictures(1, 7), "what writing ends with must be below 7, found 7"),
    ];
    for (index, ((architecture, data), expected)) in cases.into_iter().enumerate() {
        let written = source(architecture, data, TrainerConfig::default());
        match written {
            Ok(_) => assert_eq!("", expected, "case {index} was written"),
            Err(error) => {
                let found = error.to_string();
                assert!(!expected.is_empty() && found.contains(expected), "case {index}: {found}");
            }
        }
    }
}
