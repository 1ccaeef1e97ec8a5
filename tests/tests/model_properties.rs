//! What must hold for every model whatever it has learnt: a batch gives what its sequences give one by one,
//! in any order and under any padding; a sequence in pieces gives what it gives whole; a run that is saved and
//! loaded goes on by bits.
//!
//! Scores are compared by bits, on the fast backend: a row of a product does not depend on the rows beside
//! it. Gradients are sums over a batch, whose order differs; they are compared to 1e-5 of the largest
//! (measured: 3.1e-7).

use rnn_compute::models::{
    AttentionKind, Captioner, CaptionerConfig, CellKind, ClassTargets, Classes, Classifier, ClassifierConfig,
    DecoderConfig, DecoderGraph, Directions, EncoderDecoder, EncoderDecoderConfig, ForecastLoss, Forecaster,
    ForecasterConfig, ImageEncoderConfig, LanguageModel, LanguageModelConfig, LayerTrace, RecurrentConfig,
    SequencePooling, Tagger, TaggerConfig, Transducer, TransducerConfig, Window,
};
use rnn_compute::ops::{CtcConfig, DotScale};
use rnn_compute::{
    ComputeError, Cpu, Gradients, IndexVar, PackingVar, ParameterList, ParameterRole, Parameters,
    ProbePoints, Real, Recorder, Tape, Trainer, TrainerConfig, Truncation, Var,
};
use rnn_tests::fixture;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::golden::tensor_error;
use rnn_tests::in_training::{step, weights};

type Outcome = Result<(), ComputeError>;
type Numbers = Tape<Cpu>;

/// V, of whatever is read or written.
const SYMBOLS: usize = 9;
/// What a sequence of numbers holds at each step.
const WIDTH: usize = 5;
/// Steps of what decoders write, of forecasts' windows and of language models' windows.
const FIXED: usize = 4;

/// A sequence of the data: its number, from which everything about it follows, and its length.
type Sequence = (u32, usize);

const SEQUENCES: [Sequence; 5] = [(0, 3), (1, 7), (2, 1), (3, 7), (4, 5)];

/// What a model makes of some sequences.
struct Run {
    /// Scores of each sequence.
    scores: Vec<Vec<f32>>,
    /// Of the sum of all losses, every parameter's, one after the other.
    gradients: Vec<f32>,
}

/// Runs a model over sequences side by side, padded to so many steps.
type Model<'a> = &'a dyn Fn(usize, &[Sequence]) -> Result<Run, ComputeError>;

/// Indices below `size`, step by step, of one sequence.
fn drawn(kind: u32, (number, length): Sequence, size: usize) -> Vec<u32> {
    indices(1000 + 20 * number + kind, length, size)
}

fn parameters(list: &ParameterList) -> Result<Parameters<Cpu>, ComputeError> {
    let mut parameters = fixture::parameters(&Cpu, list)?;
    for id in parameters.ids() {
        if parameters.role(id) == ParameterRole::RunningVariance {
            let variances = numbers::<f32>(9, parameters.shape(id).len(), 0.5);
            parameters.write(id, &variances.iter().map(|number| number + 1.0).collect::<Vec<_>>())?;
        }
    }
    Ok(parameters)
}

/// Runs a recorded model once `write` has written the data. `read` collects the scores of each sequence.
fn run(
    (recorder, list): (Recorder<Cpu>, &ParameterList),
    loss: Var,
    write: impl FnOnce(&mut Numbers) -> Outcome,
    read: impl FnOnce(&Numbers) -> Vec<Vec<f32>>,
) -> Result<Run, ComputeError> {
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    let mut parameters = parameters(list)?;
    write(&mut tape)?;
    tape.forward(&mut parameters);
    let scores = read(&tape);
    tape.zero_gradients();
    tape.write_gradient(loss, &[1.0])?;
    tape.backward(&mut parameters);
    let gradients = parameters.ids().flat_map(|id| parameters.read_gradient(id)).collect();
    Ok(Run { scores, gradients })
}

/// The rows of a tensor `[…, B, X]` that belong to each sequence, step by step.
fn by_sequence(tape: &Numbers, vars: &[Var], batch: usize) -> Vec<Vec<f32>> {
    let mut found = vec![Vec::new(); batch];
    for &var in vars {
        let numbers: Vec<f32> = tape.read(var).into_iter().collect();
        let rows = numbers.chunks(var.shape().width());
        match var.packing() {
            Some(packing) => {
                for (row, (_, sequence)) in rows.zip(tape.packing(packing).places()) {
                    found[sequence].extend(row);
                }
            }
            None => rows.enumerate().for_each(|(index, row)| found[index % batch].extend(row)),
        }
    }
    found
}

fn write_lengths(tape: &mut Numbers, packing: PackingVar, sequences: &[Sequence]) -> Outcome {
    tape.write_lengths(packing, &sequences.iter().map(|&(_, length)| length).collect::<Vec<_>>())
}

/// Writes packed indices of each sequence.
fn write_packed(tape: &mut Numbers, var: IndexVar, kind: u32, sequences: &[Sequence]) -> Outcome {
    let Some(packing) = var.packing() else { return Ok(()) };
    let data: Vec<Vec<u32>> =
        sequences.iter().map(|&sequence| drawn(kind, sequence, var.table_size())).collect();
    let rows: Vec<u32> = tape.packing(packing).places().map(|(step, b)| data[b][step]).collect();
    tape.write_indices(var, &rows)
}

/// Writes indices `[T, B]`.
fn write_steps(tape: &mut Numbers, var: IndexVar, kind: u32, sequences: &[Sequence]) -> Outcome {
    let steps = var.len() / sequences.len();
    let data: Vec<Vec<u32>> =
        sequences.iter().map(|&(number, _)| drawn(kind, (number, steps), var.table_size())).collect();
    let rows: Vec<u32> = (0..steps).flat_map(|step| data.iter().map(move |row| row[step])).collect();
    tape.write_indices(var, &rows)
}

/// Writes `count` numbers of each sequence, one sequence after the other.
fn write_wholes(tape: &mut Numbers, var: Var, sequences: &[Sequence]) -> Outcome {
    let count = var.shape().len() / sequences.len();
    let whole = |&(number, _): &Sequence| numbers::<f32>(1010 + 20 * number, count, 1.0);
    tape.write(var, &sequences.iter().flat_map(whole).collect::<Vec<_>>())
}

fn fill(tape: &mut Numbers, var: Var) -> Outcome {
    let count = tape.read(var).len();
    tape.write(var, &vec![1.0; count])
}

fn recurrent(cell: CellKind, inputs: usize, directions: Directions) -> RecurrentConfig {
    RecurrentConfig { directions, layer_norm: true, ..RecurrentConfig::new(cell, inputs, 33, 2) }
}

fn classifier(config: ClassifierConfig, steps: usize, sequences: &[Sequence]) -> Result<Run, ComputeError> {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Recorder::new(), sequences.len());
    let graph = Classifier::declare(&mut list, config)?.record(&mut recorder, Window { steps, batch })?;
    let write = |tape: &mut Numbers| {
        write_lengths(tape, graph.packing, sequences)?;
        write_packed(tape, graph.tokens, 0, sequences)?;
        fill(tape, graph.weights)?;
        match graph.targets {
            ClassTargets::Binary(targets) => write_wholes(tape, targets, sequences),
            ClassTargets::Many(targets) => write_steps(tape, targets, 1, sequences),
        }
    };
    run((recorder, &list), graph.loss, write, |tape| by_sequence(tape, &[graph.logits], batch))
}

fn tagger(config: TaggerConfig, steps: usize, sequences: &[Sequence]) -> Result<Run, ComputeError> {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Recorder::new(), sequences.len());
    let graph = Tagger::declare(&mut list, config)?.record(&mut recorder, Window { steps, batch })?;
    let write = |tape: &mut Numbers| {
        write_lengths(tape, graph.packing, sequences)?;
        write_packed(tape, graph.tokens, 0, sequences)?;
        write_packed(tape, graph.targets, 1, sequences)?;
        fill(tape, graph.weights)
    };
    run((recorder, &list), graph.loss, write, |tape| by_sequence(tape, &[graph.logits], batch))
}

fn transducer(config: TransducerConfig, steps: usize, sequences: &[Sequence]) -> Result<Run, ComputeError> {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Recorder::new(), sequences.len());
    // The padding of the targets differs, too.
    let graph =
        Transducer::declare(&mut list, config)?.record(&mut recorder, Window { steps, batch }, steps)?;
    let write = |tape: &mut Numbers| {
        write_lengths(tape, graph.packing, sequences)?;
        let frames: Vec<Vec<f32>> = sequences
            .iter()
            .map(|&(number, length)| numbers(1010 + 20 * number, length * WIDTH, 1.0))
            .collect();
        let rows: Vec<f32> = tape
            .packing(graph.packing)
            .places()
            .flat_map(|(step, b)| frames[b][step * WIDTH..][..WIDTH].to_vec())
            .collect();
        tape.write(graph.frames, &rows)?;
        let lengths: Vec<usize> = sequences.iter().map(|&(_, length)| length).collect();
        // Half as many labels as frames always fit, the repeated ones too.
        let labels = |&(number, length): &Sequence| drawn(1, (number, length.div_ceil(2)), SYMBOLS - 1);
        let targets: Vec<Vec<u32>> = sequences
            .iter()
            .map(|sequence| labels(sequence).iter().map(|label| label + 1).collect())
            .collect();
        graph.targets.write(tape, config.ctc, &lengths, &targets)?;
        fill(tape, graph.weights)
    };
    run((recorder, &list), graph.output.loss, write, |tape| {
        by_sequence(tape, &[graph.logits, graph.output.sequence_losses], batch)
    })
}

fn write_decoder(tape: &mut Numbers, graph: &DecoderGraph, sequences: &[Sequence]) -> Outcome {
    for (kind, var) in (1..).zip([graph.first, graph.targets, graph.coins]) {
        write_steps(tape, var, kind, sequences)?;
    }
    fill(tape, graph.weights)
}

fn encoder_decoder(
    config: EncoderDecoderConfig,
    steps: usize,
    sequences: &[Sequence],
) -> Result<Run, ComputeError> {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Recorder::new(), sequences.len());
    let model = EncoderDecoder::declare(&mut list, config)?;
    let graph = model.record(&mut recorder, Window { steps, batch }, FIXED)?;
    let logits: Vec<Var> = graph.decoder.steps.iter().map(|step| step.logits).collect();
    let write = |tape: &mut Numbers| {
        write_lengths(tape, graph.encoder.packing, sequences)?;
        write_packed(tape, graph.encoder.tokens, 0, sequences)?;
        write_decoder(tape, &graph.decoder, sequences)
    };
    run((recorder, &list), graph.decoder.loss, write, |tape| by_sequence(tape, &logits, batch))
}

fn captioner(config: CaptionerConfig, sequences: &[Sequence]) -> Result<Run, ComputeError> {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Recorder::new(), sequences.len());
    let graph = Captioner::declare(&mut list, config)?.record(&mut recorder, batch, FIXED)?;
    let logits: Vec<Var> = graph.decoder.steps.iter().map(|step| step.logits).collect();
    let write = |tape: &mut Numbers| {
        write_wholes(tape, graph.images, sequences)?;
        write_decoder(tape, &graph.decoder, sequences)
    };
    run((recorder, &list), graph.decoder.loss, write, |tape| by_sequence(tape, &logits, batch))
}

fn forecaster(config: ForecasterConfig, sequences: &[Sequence]) -> Result<Run, ComputeError> {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Recorder::new(), sequences.len());
    let window = Window { steps: FIXED, batch };
    let graph = Forecaster::declare(&mut list, config)?.record(&mut recorder, window)?;
    let write = |tape: &mut Numbers| {
        let x: Vec<Vec<f32>> =
            sequences.iter().map(|&(number, _)| numbers(1011 + 20 * number, FIXED * WIDTH, 1.0)).collect();
        let rows: Vec<f32> = (0..FIXED)
            .flat_map(|step| x.iter().flat_map(move |row| row[step * WIDTH..][..WIDTH].to_vec()))
            .collect();
        tape.write(graph.inputs, &rows)?;
        write_wholes(tape, graph.targets, sequences)?;
        fill(tape, graph.weights)
    };
    run((recorder, &list), graph.loss, write, |tape| by_sequence(tape, &[graph.forecast], batch))
}

fn language_model(config: LanguageModelConfig, sequences: &[Sequence]) -> Result<Run, ComputeError> {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Recorder::new(), sequences.len());
    let window = Window { steps: FIXED, batch };
    let graph = LanguageModel::declare(&mut list, config)?.record(&mut recorder, window)?;
    let write = |tape: &mut Numbers| {
        write_steps(tape, graph.tokens, 0, sequences)?;
        write_steps(tape, graph.targets, 1, sequences)?;
        fill(tape, graph.weights)
    };
    run((recorder, &list), graph.loss, write, |tape| by_sequence(tape, &[graph.logits], batch))
}

const DECODER: DecoderConfig = DecoderConfig {
    vocabulary: SYMBOLS,
    embedding: 3,
    hidden: 5,
    layers: 2,
    cell: CellKind::Lstm,
    dropout: 0.0,
    attention: None,
    source_width: 0,
};

fn captioner_config() -> CaptionerConfig {
    let encoder = ImageEncoderConfig { size: [9, 7], channels: 2, filters: vec![3, 5] };
    CaptionerConfig { encoder, decoder: DECODER }
}

fn forecaster_config(directions: Directions) -> ForecasterConfig {
    let recurrent = recurrent(CellKind::Gru, WIDTH, directions);
    ForecasterConfig { recurrent, outputs: 3, dropout: 0.0, loss: ForecastLoss::Squared }
}

fn language_model_config(cell: CellKind) -> LanguageModelConfig {
    LanguageModelConfig { layer_norm: true, ..LanguageModelConfig::new(cell, SYMBOLS, 5, 7, 2) }
}

fn encoder_decoder_config(
    cell: CellKind,
    directions: Directions,
    attention: Option<AttentionKind>,
) -> EncoderDecoderConfig {
    EncoderDecoderConfig {
        source_vocabulary: SYMBOLS,
        target_vocabulary: SYMBOLS,
        embedding: 3,
        hidden: 5,
        layers: 2,
        cell,
        directions,
        dropout: 0.0,
        attention,
    }
}

/// Asserts that a model treats each sequence as if it were alone.
fn assert_apart(what: &str, model: Model<'_>) -> Outcome {
    let longest = 7;
    let together = model(longest, &SEQUENCES)?;
    let count = together.gradients.len();
    let mut sum = vec![0.0; count];
    for (index, &sequence) in SEQUENCES.iter().enumerate() {
        let alone = model(sequence.1, &[sequence])?;
        assert_eq!(alone.scores[0], together.scores[index], "{what}: sequence {index} alone");
        sum.iter_mut().zip(&alone.gradients).for_each(|(sum, &own)| *sum += f64::from(own));
    }
    assert!(sum.iter().any(|&number| number.abs() > 0.01), "{what}: gradients");
    assert_close(&format!("{what}: the sum of gradients"), &together.gradients, &sum);

    // Padding is never read.
    let padded = model(longest + 4, &SEQUENCES)?;
    assert_eq!(padded.scores, together.scores, "{what}: padded");
    assert_eq!(padded.gradients, together.gradients, "{what}: gradients of what is padded");

    let order = [3, 0, 4, 1, 2];
    let shuffled = model(longest, &order.map(|index| SEQUENCES[index]))?;
    let wanted = order.map(|index| together.scores[index].clone());
    assert_eq!(shuffled.scores, wanted, "{what}: in another order");
    let gradients: Vec<f64> = together.gradients.iter().map(|&number| number.to_f64()).collect();
    assert_close(&format!("{what}: gradients in another order"), &shuffled.gradients, &gradients);
    Ok(())
}

fn assert_close(what: &str, found: &[f32], wanted: &[f64]) {
    let error = tensor_error(found.iter().copied(), wanted);
    assert!(error < 1e-5, "{what} is off by {error:e}");
}

#[test]
fn a_batch_gives_what_its_sequences_give_alone() -> Outcome {
    for cell in [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru] {
        for directions in [Directions::Forward, Directions::Both] {
            let what = format!("{cell:?}, {directions:?}");
            let layers = recurrent(cell, WIDTH, directions);
            for pooling in [SequencePooling::Last, SequencePooling::Mean, SequencePooling::Max] {
                for classes in [Classes::Binary, Classes::Many(3)] {
                    let vocabulary = SYMBOLS;
                    let config =
                        ClassifierConfig { vocabulary, recurrent: layers, pooling, dropout: 0.0, classes };
                    let what = format!("classifier, {what}, {pooling:?}, {classes:?}");
                    assert_apart(&what, &|steps, sequences| classifier(config, steps, sequences))?;
                }
            }
            let config = TaggerConfig { vocabulary: SYMBOLS, recurrent: layers, dropout: 0.0, tags: 4 };
            assert_apart(&format!("tagger, {what}"), &|steps, sequences| tagger(config, steps, sequences))?;
            let ctc = CtcConfig::default();
            let config = TransducerConfig { recurrent: layers, dropout: 0.0, classes: SYMBOLS, ctc };
            assert_apart(&format!("transducer, {what}"), &|steps, sequences| {
                transducer(config, steps, sequences)
            })?;
            for attention in [
                None,
                Some(AttentionKind::Additive { size: 4 }),
                Some(AttentionKind::Dot(DotScale::One)),
                Some(AttentionKind::Dot(DotScale::InverseRoot)),
            ] {
                let config = encoder_decoder_config(cell, directions, attention);
                assert_apart(&format!("encoder-decoder, {what}, {attention:?}"), &|steps, sequences| {
                    encoder_decoder(config, steps, sequences)
                })?;
            }
            let config = forecaster_config(directions);
            assert_apart(&format!("forecaster, {what}"), &|_, sequences| forecaster(config, sequences))?;
        }
        let config = language_model_config(cell);
        assert_apart(&format!("language model, {cell:?}"), &|_, sequences| {
            language_model(config, sequences)
        })?;
    }
    assert_apart("captioner", &|_, sequences| captioner(captioner_config(), sequences))
}

#[test]
fn a_probability_that_is_none_is_refused() {
    let sequences = [(0, 3)];
    for dropout in [-0.1, 1.5, f64::NAN] {
        let layers = recurrent(CellKind::Gru, WIDTH, Directions::Forward);
        let between = RecurrentConfig { dropout, ..layers };
        for (recurrent, dropout) in [(layers, dropout), (between, 0.0)] {
            let (vocabulary, pooling) = (SYMBOLS, SequencePooling::Mean);
            let config =
                ClassifierConfig { vocabulary, recurrent, pooling, dropout, classes: Classes::Binary };
            assert!(classifier(config, 3, &sequences).is_err(), "classifier, {dropout}");
            let config = TaggerConfig { vocabulary, recurrent, dropout, tags: 4 };
            assert!(tagger(config, 3, &sequences).is_err(), "tagger, {dropout}");
            let ctc = CtcConfig::default();
            let config = TransducerConfig { recurrent, dropout, classes: SYMBOLS, ctc };
            assert!(transducer(config, 3, &sequences).is_err(), "transducer, {dropout}");
            let plain = forecaster_config(Directions::Forward);
            let config = ForecasterConfig { recurrent, dropout, ..plain };
            assert!(forecaster(config, &sequences).is_err(), "forecaster, {dropout}");
        }
        let config = EncoderDecoderConfig {
            dropout,
            ..encoder_decoder_config(CellKind::Gru, Directions::Forward, None)
        };
        assert!(encoder_decoder(config, 3, &sequences).is_err(), "encoder-decoder, {dropout}");
        let config = CaptionerConfig { decoder: DecoderConfig { dropout, ..DECODER }, ..captioner_config() };
        assert!(captioner(config, &sequences).is_err(), "captioner, {dropout}");
        let config = LanguageModelConfig { dropout, ..language_model_config(CellKind::Gru) };
        assert!(language_model(config, &sequences).is_err(), "language model, {dropout}");
    }
}

/// The state of every layer after the last step.
fn states(tape: &Numbers, layers: &[LayerTrace]) -> Vec<f32> {
    layers.iter().flat_map(LayerTrace::states).flat_map(|(_, last)| tape.read(last)).collect()
}

#[test]
fn a_text_in_pieces_gives_what_it_gives_whole() -> Outcome {
    const STEPS: usize = 12;
    const BATCH: usize = 3;
    for cell in [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru] {
        let read = |steps: usize| -> Result<(Vec<f32>, Vec<f32>), ComputeError> {
            let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
            let model = LanguageModel::declare(&mut list, language_model_config(cell))?;
            let graph = model.record(&mut recorder, Window { steps, batch: BATCH })?;
            let mut tape = recorder.finish(Cpu, Gradients::None);
            let mut parameters = parameters(&list)?;
            let text = indices(77, STEPS * BATCH, SYMBOLS);
            let mut logits = Vec::new();
            graph.clear_state(&mut tape);
            for (index, piece) in text.chunks(steps * BATCH).enumerate() {
                if index > 0 {
                    graph.carry_state(&mut tape);
                }
                tape.write_indices(graph.tokens, piece)?;
                tape.forward(&mut parameters);
                logits.extend(tape.read(graph.logits));
            }
            Ok((logits, states(&tape, &graph.layers)))
        };
        let whole = read(STEPS)?;
        for steps in [1, 2, 3, 6] {
            assert_eq!(read(steps)?, whole, "{cell:?} in pieces of {steps}");
        }
    }
    Ok(())
}

#[test]
fn measurements_in_pieces_give_what_they_give_whole() -> Outcome {
    const STEPS: usize = 12;
    const BATCH: usize = 3;
    for cell in [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru] {
        let read = |steps: usize| -> Result<(Vec<f32>, Vec<f32>), ComputeError> {
            let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
            let recurrent = recurrent(cell, WIDTH, Directions::Forward);
            let config = ForecasterConfig { recurrent, ..forecaster_config(Directions::Forward) };
            let model = Forecaster::declare(&mut list, config)?;
            let graph = model.record(&mut recorder, Window { steps, batch: BATCH })?;
            let mut tape = recorder.finish(Cpu, Gradients::None);
            let mut parameters = parameters(&list)?;
            let x: Vec<f32> = numbers(78, STEPS * BATCH * WIDTH, 1.0);
            for (index, piece) in x.chunks(steps * BATCH * WIDTH).enumerate() {
                for trace in &graph.recurrent.traces {
                    if index > 0 { trace.carry_state(&mut tape) } else { trace.clear_state(&mut tape) }
                }
                tape.write(graph.inputs, piece)?;
                tape.forward(&mut parameters);
            }
            let forecast = tape.read(graph.forecast).into_iter().collect();
            Ok((forecast, states(&tape, &graph.recurrent.traces)))
        };
        let whole = read(STEPS)?;
        for steps in [1, 2, 3, 6] {
            assert_eq!(read(steps)?, whole, "{cell:?} in pieces of {steps}");
        }
    }
    Ok(())
}

/// A trainer without a probe.
fn trainer(
    (list, recorder): (&ParameterList, Recorder<Cpu>),
    [loss, weights]: [Var; 2],
) -> Result<Trainer<Cpu>, ComputeError> {
    let tape = recorder.finish(Cpu, Gradients::Kept);
    let points = ProbePoints { loss, weights, hidden: Vec::new() };
    let config =
        TrainerConfig { clip_norm: Some(1.0), learning_rate: 0.01, seed: 5, ..TrainerConfig::default() };
    Ok(Trainer::new(&Cpu, config, (tape, points), parameters(list)?, parameters(list)?))
}

/// The loss of a step, by bits; 0 if it diverges.
fn loss_of(trainer: &mut Trainer<Cpu>) -> u64 {
    step(trainer).map_or(0, |outcome| outcome.loss.to_bits())
}

#[test]
fn windows_that_advance_by_their_length_are_full_backpropagation() -> Outcome {
    const STEPS: usize = 5;
    const BATCH: usize = 2;
    let truncation = Truncation::new(STEPS, STEPS)?;
    for cell in [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru] {
        let train = |is_truncated: bool| -> Result<(Vec<u64>, Vec<f32>), ComputeError> {
            let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
            let model = LanguageModel::declare(&mut list, language_model_config(cell))?;
            let graph = model.record(&mut recorder, Window { steps: STEPS, batch: BATCH })?;
            let mut trainer = trainer((&list, recorder), [graph.loss, graph.weights])?;
            let mut losses = Vec::new();
            for window in 0..9 {
                let tape = trainer.tape_mut();
                let count = STEPS * BATCH;
                tape.write_indices(graph.tokens, &indices(80 + window, count, SYMBOLS))?;
                tape.write_indices(graph.targets, &indices(90 + window, count, SYMBOLS))?;
                let plain = vec![1.0 / count as f32; count];
                let weights = truncation.loss_weights(window as usize, BATCH);
                tape.write(graph.weights, if is_truncated { &weights } else { &plain })?;
                losses.push(loss_of(&mut trainer));
                if is_truncated {
                    truncation.carry_state(&graph.layers, trainer.tape_mut());
                } else {
                    graph.carry_state(trainer.tape_mut());
                }
            }
            Ok((losses, weights(&trainer)))
        };
        let full = train(false)?;
        assert!(full.0.iter().all(|&loss| loss > 0), "{cell:?}");
        assert_eq!(train(true)?, full, "{cell:?}");
    }
    Ok(())
}

/// Asserts that a run that is saved and loaded into a trainer of another past goes on by bits.
fn assert_goes_on(
    what: &str,
    make: impl Fn() -> Result<Trainer<Cpu>, ComputeError>,
    write: impl Fn(&mut Numbers, u32) -> Outcome,
) -> Outcome {
    let train = |trainer: &mut Trainer<Cpu>, steps: std::ops::Range<u32>| -> Result<Vec<u64>, ComputeError> {
        let mut losses = Vec::new();
        for number in steps {
            write(trainer.tape_mut(), number)?;
            losses.push(loss_of(trainer));
        }
        Ok(losses)
    };
    let mut steady = make()?;
    let before = train(&mut steady, 0..6)?;
    let state = steady.save(Default::default())?;
    let wanted = train(&mut steady, 6..14)?;
    assert!(before.iter().chain(&wanted).all(|&loss| loss > 0), "{what} diverges");

    let mut other = make()?;
    // Its last pass has the number of the next.
    train(&mut other, 30..37)?;
    assert_ne!(weights(&other), weights(&steady), "{what}");
    other.load(&state)?;
    assert_eq!(train(&mut other, 6..14)?, wanted, "{what}: losses");
    assert_eq!(weights(&other), weights(&steady), "{what}: weights, and what else training moves");
    assert_eq!(other.save(Default::default())?, steady.save(Default::default())?, "{what}");

    Ok(())
}

/// The sequences of a step.
fn batch_of(number: u32) -> [Sequence; 3] {
    [0, 1, 2].map(|index| (100 + 3 * number + index, 1 + ((number + 3 * index) % 5) as usize))
}

#[test]
fn a_captioner_goes_on_with_its_running_statistics() -> Outcome {
    let record = || -> Result<_, ComputeError> {
        let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
        let config =
            CaptionerConfig { decoder: DecoderConfig { dropout: 0.2, ..DECODER }, ..captioner_config() };
        let graph = Captioner::declare(&mut list, config)?.record(&mut recorder, 3, FIXED)?;
        Ok((list, recorder, graph))
    };
    let (_, _, graph) = record()?;
    let make = || {
        let (list, recorder, graph) = record()?;
        trainer((&list, recorder), [graph.decoder.loss, graph.decoder.weights])
    };
    assert_goes_on("captioner", make, |tape, number| {
        write_wholes(tape, graph.images, &batch_of(number))?;
        write_decoder(tape, &graph.decoder, &batch_of(number))
    })?;

    // The statistics move, so that the weights above tell of them.
    let mut trainer = make()?;
    let running = |trainer: &Trainer<Cpu>| -> Vec<f32> {
        let parameters = trainer.parameters();
        parameters
            .ids()
            .filter(|&id| !parameters.role(id).is_trained())
            .flat_map(|id| parameters.read(id))
            .collect()
    };
    let before = running(&trainer);
    assert_eq!(before.len(), 2 * (3 + 5));
    write_wholes(trainer.tape_mut(), graph.images, &batch_of(0))?;
    write_decoder(trainer.tape_mut(), &graph.decoder, &batch_of(0))?;
    loss_of(&mut trainer);
    assert!(running(&trainer).iter().zip(&before).all(|(after, before)| after != before));
    Ok(())
}

#[test]
fn an_encoder_decoder_with_dropout_goes_on() -> Outcome {
    let record = || -> Result<_, ComputeError> {
        let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
        let attention = Some(AttentionKind::Additive { size: 4 });
        let config = encoder_decoder_config(CellKind::Gru, Directions::Both, attention);
        let model = EncoderDecoder::declare(&mut list, EncoderDecoderConfig { dropout: 0.3, ..config })?;
        let graph = model.record(&mut recorder, Window { steps: 7, batch: 3 }, FIXED)?;
        Ok((list, recorder, graph))
    };
    let (_, _, graph) = record()?;
    let make = || {
        let (list, recorder, graph) = record()?;
        trainer((&list, recorder), [graph.decoder.loss, graph.decoder.weights])
    };
    assert_goes_on("encoder-decoder", make, |tape, number| {
        write_lengths(tape, graph.encoder.packing, &batch_of(number))?;
        write_packed(tape, graph.encoder.tokens, 0, &batch_of(number))?;
        write_decoder(tape, &graph.decoder, &batch_of(number))
    })
}
