//! Whole models equal PyTorch's: scores and every gradient of the first batch, and every loss of 200 steps of
//! Adam and 200 of SGD with clipping, with what these leave behind. The goldens are made by
//! `goldens/models.py`, which says what the models learn; data and weights come from formulas on both sides.
//!
//! | largest error measured | `Reference<f64>` | `Cpu` | allowed in `f64` | in `f32` |
//! |---|---|---|---|---|
//! | scores and loss | 3.9e-12 | 2.2e-7 | 1e-11 | 1e-5 |
//! | gradients | 2.3e-12 | 1.5e-7 | 1e-11 | 1e-4 |
//! | losses of 200 steps, each relative to PyTorch's | 4.9e-12 | 6.7e-5 | 1e-10 | 1e-3 |
//! | weights and running statistics after them | 3.8e-12 | 9.0e-6 | 1e-10 | 1e-3 |
//!
//! The goldens are kept to twelve digits, which is what the errors in `f64` are made of. A captioner's passes
//! are those of training, where batch norm goes by the batch.

use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{
    AttentionKind, Captioner, CaptionerConfig, CellKind, ClassTargets, Classes, Classifier, ClassifierConfig,
    DecoderConfig, DecoderGraph, Directions, EncoderDecoder, EncoderDecoderConfig, ForecastLoss, Forecaster,
    ForecasterConfig, ImageEncoderConfig, LanguageModel, LanguageModelConfig, RecurrentConfig,
    SequencePooling, Tagger, TaggerConfig, Transducer, TransducerConfig, Window,
};
use rnn_compute::ops::{CtcConfig, DotScale, HuberConfig};
use rnn_compute::optimise::{Adam, OptimizerRule, Sgd};
use rnn_compute::{
    Backend, ComputeError, Cpu, Gradients, Mode, PackingVar, ParameterList, ParameterRole, Parameters,
    ProbePoints, Real, Recorder, Reference, Tape, Trainer, TrainerConfig, Var,
};
use rnn_tests::case::Case;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::in_training::step;
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

const STEPS: usize = 6;
const BATCH: usize = 3;
const WINDOW: Window = Window { steps: STEPS, batch: BATCH };
const LENGTHS: [[usize; BATCH]; 4] = [[5, 2, 4], [3, 5, 1], [4, 4, 5], [2, 5, 3]];
const LONGEST: usize = 5;
const TRAINING_STEPS: usize = 200;
const SYMBOLS: usize = 7;
const CLASSES: usize = 3;
const WIDTH: usize = 3;
const FIRST: u32 = 0;
const LABELS: usize = 4;
const CAPTION: usize = 4;

/// What is written on a tape before a pass: the data of a batch.
type Write<B> = Box<dyn Fn(&mut Tape<B>, u32) -> Result<(), ComputeError>>;

/// A recorded model.
struct Model<B: Backend> {
    list: ParameterList,
    recorder: Recorder<B>,
    /// Scores, one after the other.
    logits: Vec<Var>,
    loss: Var,
    /// The loss weights.
    weights: Var,
    /// The data. Of the symbols that a decoder reads, some are its own.
    write: Write<B>,
    /// Then has a decoder read true symbols alone.
    force: Write<B>,
}

/// What is allowed.
struct Tolerance {
    forward: f64,
    backward: f64,
    training: f64,
}

const F64: Tolerance = Tolerance { forward: 1e-11, backward: 1e-11, training: 1e-10 };
const F32: Tolerance = Tolerance { forward: 1e-5, backward: 1e-4, training: 1e-3 };

fn nothing<B: Backend>() -> Write<B> {
    Box::new(|_, _| Ok(()))
}

fn salt(batch: u32, kind: u32) -> u32 {
    1000 + 20 * batch + kind
}

/// `[T, B]`, from 1 on.
fn symbols(batch: u32, steps: usize) -> Vec<u32> {
    indices(salt(batch, 0), steps * BATCH, SYMBOLS - 1).into_iter().map(|symbol| symbol + 1).collect()
}

fn lengths(batch: u32) -> [usize; BATCH] {
    LENGTHS[batch as usize]
}

fn reals<R: Real>(numbers: impl IntoIterator<Item = f64>) -> Vec<R> {
    numbers.into_iter().map(R::from_f64).collect()
}

/// The rows of a packed tensor from those of a padded one `[T, B]`.
fn packed<B: Backend, T: Clone>(tape: &Tape<B>, packing: PackingVar, padded: &[T]) -> Vec<T> {
    tape.packing(packing).places().map(|(step, sequence)| padded[step * BATCH + sequence].clone()).collect()
}

fn recurrent(case: &Case, inputs: usize) -> RecurrentConfig {
    let cells = [CellKind::ELMAN, CellKind::Elman(Nonlinearity::Relu), CellKind::Lstm, CellKind::Gru];
    let directions = [Directions::Forward, Directions::Both][case.size("both")];
    let plain =
        RecurrentConfig::new(cells[case.size("cell")], inputs, case.size("hidden"), case.size("layers"));
    RecurrentConfig { directions, layer_norm: case.size("norm") == 1, ..plain }
}

fn language_model<B: Backend>(case: &Case) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let RecurrentConfig { cell, inputs, hidden, layers, layer_norm, .. } = recurrent(case, WIDTH);
    let config = LanguageModelConfig::new(cell, SYMBOLS, inputs, hidden, layers);
    let model = LanguageModel::declare(&mut list, LanguageModelConfig { layer_norm, ..config })?;
    let graph = model.record(&mut recorder, WINDOW)?;
    let (logits, loss, weights) = (vec![graph.logits], graph.loss, graph.weights);
    let write: Write<B> = Box::new(move |tape, batch| {
        let text = symbols(batch, STEPS + 1);
        tape.write_indices(graph.tokens, &text[..STEPS * BATCH])?;
        tape.write_indices(graph.targets, &text[BATCH..])?;
        let count = STEPS * BATCH;
        tape.write(weights, &reals(vec![1.0 / count as f64; count]))
    });
    Ok(Model { list, recorder, logits, loss, weights, write, force: nothing() })
}

fn classifier<B: Backend>(case: &Case) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let poolings = [SequencePooling::Last, SequencePooling::Mean, SequencePooling::Max];
    let config = ClassifierConfig {
        vocabulary: SYMBOLS,
        recurrent: recurrent(case, WIDTH),
        pooling: poolings[case.size("pooling")],
        dropout: 0.0,
        classes: if case.size("binary") == 1 { Classes::Binary } else { Classes::Many(CLASSES) },
    };
    let graph = Classifier::declare(&mut list, config)?.record(&mut recorder, WINDOW)?;
    let (logits, loss, weights) = (vec![graph.logits], graph.loss, graph.weights);
    let write: Write<B> = Box::new(move |tape, batch| {
        let tokens = symbols(batch, STEPS);
        tape.write_lengths(graph.packing, &lengths(batch))?;
        tape.write_indices(graph.tokens, &packed(tape, graph.packing, &tokens))?;
        tape.write(weights, &reals([1.0 / BATCH as f64; BATCH]))?;
        let first = tokens[..BATCH].iter();
        match graph.targets {
            ClassTargets::Binary(targets) => tape.write(targets, &reals(first.map(|&id| f64::from(id % 2)))),
            ClassTargets::Many(targets) => {
                tape.write_indices(targets, &first.map(|id| id % CLASSES as u32).collect::<Vec<_>>())
            }
        }
    });
    Ok(Model { list, recorder, logits, loss, weights, write, force: nothing() })
}

fn tagger<B: Backend>(case: &Case) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let recurrent = recurrent(case, WIDTH);
    let config = TaggerConfig { vocabulary: SYMBOLS, recurrent, dropout: 0.0, tags: CLASSES };
    let graph = Tagger::declare(&mut list, config)?.record(&mut recorder, WINDOW)?;
    let (logits, loss, weights) = (vec![graph.logits], graph.loss, graph.weights);
    let write: Write<B> = Box::new(move |tape, batch| {
        let tokens = symbols(batch, STEPS);
        let before = [0; BATCH].into_iter().chain(tokens.iter().copied());
        let tags: Vec<u32> = tokens.iter().zip(before).map(|(a, b)| (a + b) % CLASSES as u32).collect();
        tape.write_lengths(graph.packing, &lengths(batch))?;
        tape.write_indices(graph.tokens, &packed(tape, graph.packing, &tokens))?;
        tape.write_indices(graph.targets, &packed(tape, graph.packing, &tags))?;
        let count = tape.packing(graph.packing).rows();
        tape.write(weights, &reals(vec![1.0 / count as f64; count]))
    });
    Ok(Model { list, recorder, logits, loss, weights, write, force: nothing() })
}

fn forecaster<B: Backend>(case: &Case) -> Result<Model<B>, ComputeError> {
    const OUTPUTS: usize = 2;
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let losses =
        [ForecastLoss::Squared, ForecastLoss::Absolute, ForecastLoss::Huber(HuberConfig { delta: 0.4 })];
    let (recurrent, loss) = (recurrent(case, WIDTH), losses[case.size("loss")]);
    let config = ForecasterConfig { recurrent, outputs: OUTPUTS, dropout: 0.0, loss };
    let graph = Forecaster::declare(&mut list, config)?.record(&mut recorder, WINDOW)?;
    let (logits, loss, weights) = (vec![graph.forecast], graph.loss, graph.weights);
    let write: Write<B> = Box::new(move |tape, batch| {
        let x: Vec<f64> = numbers(salt(batch, 1), STEPS * BATCH * WIDTH, 1.0);
        let at = |step: usize, sequence: usize, column: usize| x[(step * BATCH + sequence) * WIDTH + column];
        let places = (0..BATCH).flat_map(|sequence| (0..OUTPUTS).map(move |column| (sequence, column)));
        let targets = places.map(|(b, column)| at(STEPS - 1, b, column) - at(0, b, column + 1));
        tape.write(graph.targets, &reals(targets))?;
        tape.write(graph.inputs, &reals(x.iter().copied()))?;
        tape.write(weights, &reals([1.0 / (BATCH * OUTPUTS) as f64; BATCH]))
    });
    Ok(Model { list, recorder, logits, loss, weights, write, force: nothing() })
}

/// Writes the coins of a batch: mixed for the first pass, all 1 for training.
fn coins<B: Backend>(graph: &DecoderGraph, steps: usize) -> [Write<B>; 2] {
    let coins = graph.coins;
    let mixed: Write<B> =
        Box::new(move |tape, batch| tape.write_indices(coins, &indices(salt(batch, 2), steps * BATCH, 2)));
    [mixed, Box::new(move |tape, _| tape.write_indices(coins, &vec![1; steps * BATCH]))]
}

fn encoder_decoder<B: Backend>(case: &Case) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let RecurrentConfig { cell, hidden, layers, directions, .. } = recurrent(case, WIDTH);
    let attentions = [
        None,
        Some(AttentionKind::Additive { size: 3 }),
        Some(AttentionKind::Dot(DotScale::One)),
        Some(AttentionKind::Dot(DotScale::InverseRoot)),
    ];
    let config = EncoderDecoderConfig {
        source_vocabulary: SYMBOLS,
        target_vocabulary: SYMBOLS,
        embedding: WIDTH,
        hidden,
        layers,
        cell,
        directions,
        dropout: 0.0,
        attention: attentions[case.size("attention")],
    };
    let graph = EncoderDecoder::declare(&mut list, config)?.record(&mut recorder, WINDOW, STEPS)?;
    let logits = graph.decoder.steps.iter().map(|step| step.logits).collect();
    let (loss, weights) = (graph.decoder.loss, graph.decoder.weights);
    let [mixed, force] = coins(&graph.decoder, STEPS);
    let write: Write<B> = Box::new(move |tape, batch| {
        let (tokens, lengths) = (symbols(batch, STEPS), lengths(batch));
        tape.write_lengths(graph.encoder.packing, &lengths)?;
        tape.write_indices(graph.encoder.tokens, &packed(tape, graph.encoder.packing, &tokens))?;
        let mut targets = [FIRST; STEPS * BATCH];
        let mut counted = [0.0; STEPS * BATCH];
        let count = lengths.iter().map(|length| length + 1).sum::<usize>() as f64;
        for (b, length) in lengths.into_iter().enumerate() {
            for t in 0..=length {
                counted[t * BATCH + b] = 1.0 / count;
                if t < length {
                    targets[t * BATCH + b] = tokens[(length - 1 - t) * BATCH + b];
                }
            }
        }
        tape.write_indices(graph.decoder.first, &[FIRST; BATCH])?;
        tape.write_indices(graph.decoder.targets, &targets)?;
        tape.write(weights, &reals(counted))?;
        mixed(tape, batch)
    });
    Ok(Model { list, recorder, logits, loss, weights, write, force })
}

fn captioner<B: Backend>(case: &Case) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let RecurrentConfig { cell, hidden, layers, .. } = recurrent(case, WIDTH);
    let decoder = DecoderConfig {
        vocabulary: SYMBOLS,
        embedding: WIDTH,
        hidden,
        layers,
        cell,
        dropout: 0.0,
        attention: None,
        source_width: 0,
    };
    let encoder = ImageEncoderConfig { size: [7, 9], channels: 2, filters: vec![3, 4] };
    let model = Captioner::declare(&mut list, CaptionerConfig { encoder, decoder })?;
    let graph = model.record(&mut recorder, BATCH, CAPTION)?;
    let logits = graph.decoder.steps.iter().map(|step| step.logits).collect();
    let (loss, weights) = (graph.decoder.loss, graph.decoder.weights);
    let [mixed, force] = coins(&graph.decoder, CAPTION);
    let write: Write<B> = Box::new(move |tape, batch| {
        tape.write(graph.images, &numbers(salt(batch, 1), graph.images.shape().len(), 1.0))?;
        tape.write_indices(graph.decoder.first, &[FIRST; BATCH])?;
        tape.write_indices(graph.decoder.targets, &symbols(batch, CAPTION))?;
        let count = CAPTION * BATCH;
        tape.write(weights, &reals(vec![1.0 / count as f64; count]))?;
        mixed(tape, batch)
    });
    Ok(Model { list, recorder, logits, loss, weights, write, force })
}

fn transducer<B: Backend>(case: &Case) -> Result<Model<B>, ComputeError> {
    const FRAMES: usize = 2 * LONGEST + 1;
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let (recurrent, ctc) = (recurrent(case, LABELS), CtcConfig::default());
    let config = TransducerConfig { recurrent, dropout: 0.0, classes: LABELS, ctc };
    let window = Window { steps: FRAMES, batch: BATCH };
    let graph = Transducer::declare(&mut list, config)?.record(&mut recorder, window, LONGEST)?;
    let (logits, loss, weights) = (vec![graph.logits], graph.output.loss, graph.weights);
    let write: Write<B> = Box::new(move |tape, batch| {
        let counts = lengths(batch);
        let inputs = counts.map(|count| 2 * count + 1);
        let drawn: Vec<u32> =
            indices(salt(batch, 0), BATCH * LONGEST, LABELS - 1).into_iter().map(|label| label + 1).collect();
        let targets: Vec<&[u32]> =
            drawn.chunks(LONGEST).zip(counts).map(|(row, count)| &row[..count]).collect();
        let noise: Vec<f64> = numbers(salt(batch, 1), FRAMES * BATCH * LABELS, 0.5);
        let mut frames: Vec<Vec<f64>> = noise.chunks(LABELS).map(<[f64]>::to_vec).collect();
        for (b, target) in targets.iter().enumerate() {
            for (t, &label) in target.iter().flat_map(|label| [label; 2]).enumerate() {
                frames[t * BATCH + b][label as usize] += 1.0;
            }
        }
        tape.write_lengths(graph.packing, &inputs)?;
        tape.write(graph.frames, &reals(packed(tape, graph.packing, &frames).into_iter().flatten()))?;
        graph.targets.write(tape, ctc, &inputs, &targets)?;
        tape.write(weights, &reals(counts.map(|count| 1.0 / (BATCH * count) as f64)))
    });
    Ok(Model { list, recorder, logits, loss, weights, write, force: nothing() })
}

fn model<B: Backend>(case: &Case) -> Result<Model<B>, ComputeError> {
    match case.name.split(':').next() {
        Some("language model") => language_model(case),
        Some("classifier") => classifier(case),
        Some("tagger") => tagger(case),
        Some("forecaster") => forecaster(case),
        Some("encoder-decoder") => encoder_decoder(case),
        Some("captioner") => captioner(case),
        _ => transducer(case),
    }
}

/// Weights by the sequences that follow from their names; running statistics as PyTorch has them at first.
fn parameters<B: Backend>(backend: &B, list: &ParameterList) -> Result<Parameters<B>, ComputeError> {
    let mut parameters = Parameters::new(backend.clone(), list);
    for id in parameters.ids() {
        let hash = |hash: u32, byte: u8| hash.wrapping_mul(31).wrapping_add(u32::from(byte));
        let (salt, count) = (parameters.name(id).bytes().fold(0, hash), parameters.shape(id).len());
        let values = match parameters.role(id) {
            ParameterRole::RunningMean => vec![0.0; count],
            ParameterRole::RunningVariance => vec![1.0; count],
            ParameterRole::NormScale => numbers::<f64>(salt, count, 0.7).iter().map(|x| x + 1.0).collect(),
            _ => numbers(salt, count, 0.7),
        };
        parameters.write(id, &reals(values))?;
    }
    Ok(parameters)
}

/// Scores and gradients of the first batch.
fn check_pass<B: Backend>(backend: &B, case: &Case, tolerance: &Tolerance) -> Outcome {
    let Model { list, recorder, logits, loss, write, .. } = model::<B>(case)?;
    let mut parameters = parameters(backend, &list)?;
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
    tape.set_mode(Mode::Training { seed: 0, step: 0 });
    write(&mut tape, 0)?;
    tape.forward(&mut parameters);
    let scores: Vec<B::Elem> = logits.iter().flat_map(|&var| tape.read(var)).collect();
    case.assert_close("logits", &scores, tolerance.forward);
    case.assert_close("loss", &[tape.read_scalar(loss)], tolerance.forward);

    tape.zero_gradients();
    parameters.zero_gradients();
    tape.write_gradient(loss, &[B::Elem::ONE])?;
    tape.backward(&mut parameters);
    for id in parameters.ids().filter(|&id| parameters.role(id).is_trained()) {
        let name = format!("d_{}", parameters.name(id));
        case.assert_close(&name, &parameters.read_gradient(id), tolerance.backward);
    }
    Ok(())
}

/// Every loss of a run, and the weights of which the golden has a copy.
fn check_training<B: Backend>(backend: &B, case: &Case, tolerance: f64, kind: &str) -> Outcome {
    let Model { list, recorder, loss, weights, write, force, .. } = model::<B>(case)?;
    let tape = recorder.finish(backend.clone(), Gradients::Kept);
    let (rule, clip_norm) = match kind {
        "adam" => (OptimizerRule::Adam(Adam::default()), None),
        _ => (OptimizerRule::Sgd(Sgd::default()), Some(case.constant("clip_norm"))),
    };
    let learning_rate = case.constant(&format!("{kind}_rate"));
    let config = TrainerConfig { rule, learning_rate, clip_norm, ..TrainerConfig::default() };
    let points = ProbePoints { loss, weights, hidden: Vec::new() };
    let (used, spare) = (parameters(backend, &list)?, parameters(backend, &list)?);
    let mut trainer = Trainer::new(backend, config, (tape, points), used, spare);
    let wanted = case.tensor(&format!("{kind}_losses"));
    assert_eq!(wanted.len(), TRAINING_STEPS);
    for (index, &wanted) in wanted.iter().enumerate() {
        let batch = (index % LENGTHS.len()) as u32;
        write(trainer.tape_mut(), batch)?;
        force(trainer.tape_mut(), batch)?;
        let outcome = step(&mut trainer).map_err(|divergence| format!("{}: {divergence:?}", case.name))?;
        let error = (outcome.loss - wanted).abs() / wanted;
        // Written so that NaN fails.
        let is_close = error <= tolerance;
        assert!(is_close, "{}, {kind}: step {index} has loss {}, PyTorch {wanted}", case.name, outcome.loss);
    }
    let after = trainer.parameters();
    let mut compared = 0;
    for id in after.ids() {
        let name = format!("{kind}_{}", after.name(id));
        if case.has(&name) {
            case.assert_close(&name, &after.read(id), tolerance);
            compared += 1;
        }
    }
    // The two blocks of a captioner have running statistics.
    let expected = match (case.name.starts_with("captioner"), kind) {
        (true, "adam") => 3,
        (true, _) => 5,
        (false, _) => 1,
    };
    assert_eq!(compared, expected, "{}, {kind}: tensors compared", case.name);
    Ok(())
}

fn check<B: Backend>(backend: &B, tolerance: &Tolerance) -> Outcome {
    let cases = Case::load("models")?;
    assert_eq!(cases.len(), 22);
    for case in &cases {
        check_pass(backend, case, tolerance)?;
        for kind in ["adam", "sgd"] {
            check_training(backend, case, tolerance.training, kind)?;
        }
    }
    Ok(())
}

#[test]
fn models_equal_pytorch_in_double_precision() -> Outcome {
    check(&Reference::<f64>::new(), &F64)
}

#[test]
fn models_equal_pytorch_in_single_precision() -> Outcome {
    check(&Cpu, &F32)
}
