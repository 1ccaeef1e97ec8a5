//! Every model treats sequences apart: a batch gives what its sequences give one by one, in any order and
//! under any padding.
//!
//! Scores are compared by bits, on the fast backend: a row of a product does not depend on the rows beside
//! it. Gradients are sums over a batch, whose order differs; they are compared to 1e-5 of the largest
//! (measured: 3.1e-7).

use rnn_compute::models::{
    AttentionKind, Captioner, CaptionerConfig, CellKind, ClassTargets, Classes, Classifier, ClassifierConfig,
    DecoderConfig, Directions, EncoderDecoder, EncoderDecoderConfig, Forecaster, ForecasterConfig,
    LanguageModel, LanguageModelConfig, RecurrentConfig, SequencePooling, Tagger, TaggerConfig, Transducer,
    TransducerConfig, Window,
};
use rnn_compute::ops::{CtcConfig, DotScale};
use rnn_compute::{ComputeError, Cpu, Gradients, ParameterList, Real, Recorder, Tape, Var};
use rnn_tests::formula::numbers;
use rnn_tests::golden::tensor_error;
use rnn_tests::sequences::{
    Sequence, by_sequence, drawn, fill, parameters, write_decoder, write_lengths, write_packed, write_steps,
    write_wholes,
};
use rnn_tests::small_models::{self, DECODER, SYMBOLS, WIDTH};

type Outcome = Result<(), ComputeError>;
type Numbers = Tape<Cpu>;

/// Steps of what decoders write, of forecasts' windows and of language models' windows.
const FIXED: usize = 4;

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
            let layers = small_models::recurrent(cell, WIDTH, directions);
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
                let config = small_models::encoder_decoder(cell, directions, attention);
                assert_apart(&format!("encoder-decoder, {what}, {attention:?}"), &|steps, sequences| {
                    encoder_decoder(config, steps, sequences)
                })?;
            }
            let config = small_models::forecaster(directions);
            assert_apart(&format!("forecaster, {what}"), &|_, sequences| forecaster(config, sequences))?;
        }
        let config = small_models::language_model(cell);
        assert_apart(&format!("language model, {cell:?}"), &|_, sequences| {
            language_model(config, sequences)
        })?;
    }
    assert_apart("captioner", &|_, sequences| captioner(small_models::captioner(), sequences))
}

#[test]
fn a_probability_that_is_none_is_refused() {
    let sequences = [(0, 3)];
    for dropout in [-0.1, 1.5, f64::NAN] {
        let layers = small_models::recurrent(CellKind::Gru, WIDTH, Directions::Forward);
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
            let plain = small_models::forecaster(Directions::Forward);
            let config = ForecasterConfig { recurrent, dropout, ..plain };
            assert!(forecaster(config, &sequences).is_err(), "forecaster, {dropout}");
        }
        let config = EncoderDecoderConfig {
            dropout,
            ..small_models::encoder_decoder(CellKind::Gru, Directions::Forward, None)
        };
        assert!(encoder_decoder(config, 3, &sequences).is_err(), "encoder-decoder, {dropout}");
        let config =
            CaptionerConfig { decoder: DecoderConfig { dropout, ..DECODER }, ..small_models::captioner() };
        assert!(captioner(config, &sequences).is_err(), "captioner, {dropout}");
        let config = LanguageModelConfig { dropout, ..small_models::language_model(CellKind::Gru) };
        assert!(language_model(config, &sequences).is_err(), "language model, {dropout}");
    }
}
