//! Trained models write: a language model goes on with its text, an encoder–decoder turns strings of digits
//! round, a transducer reads labels off noisy frames. What a reader computes step by step is, by bits, what the
//! model's own graph computes over the whole sequence.

use rnn_compute::decode::{BeamSearch, CtcBeamConfig, Sampling, StepModel, Writing, ctc_beam_search, greedy};
use rnn_compute::models::{
    AttentionKind, Captioner, CaptionerConfig, CellKind, DecoderConfig, Directions, EncoderDecoder,
    EncoderDecoderConfig, EncoderDecoderGraph, ImageEncoderConfig, LanguageModel, LanguageModelConfig,
    ReaderState, RecurrentConfig, Transducer, TransducerConfig, Window,
};
use rnn_compute::ops::{CtcConfig, DotScale, mean_weights};
use rnn_compute::{
    ComputeError, Cpu, Gradients, Initialisation, ParameterList, ParameterRole, Parameters, ProbePoints,
    Random, Recorder, Stream, Tape, Trainer, TrainerConfig, Var,
};
use rnn_tests::fixture;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::in_training::step;
use std::collections::HashSet;

type Outcome = Result<(), ComputeError>;

const CELLS: [CellKind; 3] = [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru];

/// A trainer with weights drawn from a seed.
fn trainer(
    (list, recorder): (&ParameterList, Recorder<Cpu>),
    [loss, weights]: [Var; 2],
    learning_rate: f64,
) -> Trainer<Cpu> {
    let tape = recorder.finish(Cpu, Gradients::Kept);
    let drawn = || {
        let mut parameters = Parameters::new(Cpu, list);
        Initialisation::PyTorch.draw(&mut parameters, 3);
        parameters
    };
    let points = ProbePoints { loss, weights, hidden: Vec::new() };
    let config = TrainerConfig { learning_rate, clip_norm: Some(1.0), ..TrainerConfig::default() };
    Trainer::new(&Cpu, config, (tape, points), drawn(), drawn())
}

/// Steps on what `write` writes; returns the last loss.
fn train(
    trainer: &mut Trainer<Cpu>,
    steps: u32,
    mut write: impl FnMut(&mut Tape<Cpu>, u32) -> Outcome,
) -> Result<f64, ComputeError> {
    let mut loss = f64::NAN;
    for number in 0..steps {
        write(trainer.tape_mut(), number)?;
        loss = step(trainer).map_or(f64::NAN, |outcome| outcome.loss);
    }
    Ok(loss)
}

/// The scores of single steps, `[T, N, V]`: the sequences `[T, N]` are read side by side.
fn read_by_steps<M: StepModel>(
    model: &mut M,
    states: &mut [M::State],
    symbols: &[u32],
) -> Result<Vec<f32>, ComputeError> {
    let mut found = Vec::new();
    let mut scores = vec![0.0; states.len() * model.symbols()];
    for ids in symbols.chunks(states.len()) {
        model.step(states, ids, &mut scores)?;
        found.extend(&scores);
    }
    Ok(found)
}

#[test]
fn a_language_model_reads_by_steps_what_it_reads_at_once() -> Outcome {
    let (steps, batch) = (6, 3);
    let text = indices(700, steps * batch, 9);
    for cell in CELLS {
        for layer_norm in [false, true] {
            let plain = LanguageModelConfig::new(cell, 9, 4, 7, 2);
            let mut list = ParameterList::default();
            let model = LanguageModel::declare(&mut list, LanguageModelConfig { layer_norm, ..plain })?;
            let mut parameters = fixture::parameters(&Cpu, &list)?;
            let mut recorder = Recorder::new();
            let graph = model.record(&mut recorder, Window { steps, batch })?;
            let mut tape = recorder.finish(Cpu, Gradients::None);
            tape.write_indices(graph.tokens, &text)?;
            tape.forward(&mut parameters);
            let whole: Vec<f32> = tape.read(graph.logits).into_iter().collect();
            // With rows to spare.
            for width in [batch, batch + 2] {
                let mut reader = model.step_reader(&Cpu, &mut parameters, width)?;
                let mut states = vec![reader.zero_state(); batch];
                assert_eq!(read_by_steps(&mut reader, &mut states, &text)?, whole, "{cell:?}, {width} rows");
            }
        }
    }
    Ok(())
}

fn encoder_decoder(
    cell: CellKind,
    directions: Directions,
    attention: Option<AttentionKind>,
) -> EncoderDecoderConfig {
    EncoderDecoderConfig {
        source_vocabulary: 8,
        target_vocabulary: 9,
        embedding: 3,
        hidden: 5,
        layers: 2,
        cell,
        directions,
        dropout: 0.0,
        attention,
    }
}

#[test]
fn a_decoder_reads_by_steps_what_it_reads_at_once() -> Outcome {
    let (steps, batch) = (5, 3);
    let sources = [indices(710, 4, 8), indices(711, 6, 8), indices(712, 1, 8)];
    let lengths = sources.each_ref().map(Vec::len);
    let (first, targets) = (indices(713, batch, 9), indices(714, steps * batch, 9));
    for cell in CELLS {
        for directions in [Directions::Forward, Directions::Both] {
            for attention in [
                None,
                Some(AttentionKind::Additive { size: 4 }),
                Some(AttentionKind::Dot(DotScale::One)),
                Some(AttentionKind::Dot(DotScale::InverseRoot)),
            ] {
                let config = encoder_decoder(cell, directions, attention);
                let mut list = ParameterList::default();
                let model = EncoderDecoder::declare(&mut list, config)?;
                let mut parameters = fixture::parameters(&Cpu, &list)?;
                let mut recorder = Recorder::new();
                let graph = model.record(&mut recorder, Window { steps: 6, batch }, steps)?;
                let mut tape = recorder.finish(Cpu, Gradients::None);
                tape.write_lengths(graph.encoder.packing, &lengths)?;
                let places = tape.packing(graph.encoder.packing).places();
                let rows: Vec<u32> = places.map(|(step, sequence)| sources[sequence][step]).collect();
                tape.write_indices(graph.encoder.tokens, &rows)?;
                tape.write_indices(graph.decoder.first, &first)?;
                tape.write_indices(graph.decoder.targets, &targets)?;
                tape.write_indices(graph.decoder.coins, &vec![1; steps * batch])?;
                tape.forward(&mut parameters);
                let whole: Vec<f32> =
                    graph.decoder.steps.iter().flat_map(|step| tape.read(step.logits)).collect();

                let mut states = model.read_sources(&Cpu, &mut parameters, &sources)?;
                // Wider and longer than needed.
                let window = Window { steps: 8, batch: batch + 1 };
                let mut reader = model.step_reader(&Cpu, &mut parameters, window)?;
                let read: Vec<u32> = first.iter().chain(&targets[..(steps - 1) * batch]).copied().collect();
                let found = read_by_steps(&mut reader, &mut states, &read)?;
                assert_eq!(found, whole, "{cell:?}, {directions:?}, {attention:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_captioner_reads_by_steps_what_it_reads_at_once() -> Outcome {
    let (steps, batch) = (4, 2);
    let decoder = DecoderConfig {
        vocabulary: 6,
        embedding: 3,
        hidden: 5,
        layers: 2,
        cell: CellKind::Lstm,
        dropout: 0.2,
        attention: None,
        source_width: 0,
    };
    let encoder = ImageEncoderConfig { size: [6, 8], channels: 1, filters: vec![3] };
    let mut list = ParameterList::default();
    let model = Captioner::declare(&mut list, CaptionerConfig { encoder, decoder })?;
    let mut parameters = fixture::parameters(&Cpu, &list)?;
    for id in parameters.ids() {
        if parameters.role(id) == ParameterRole::RunningVariance {
            parameters.write(id, &[0.4, 0.9, 1.3])?;
        }
    }
    let mut recorder = Recorder::new();
    let graph = model.record(&mut recorder, batch, steps)?;
    let mut tape = recorder.finish(Cpu, Gradients::None);
    let images: Vec<f32> = numbers(720, graph.images.shape().len(), 1.0);
    let (first, targets) = (indices(721, batch, 6), indices(722, steps * batch, 6));
    tape.write(graph.images, &images)?;
    tape.write_indices(graph.decoder.first, &first)?;
    tape.write_indices(graph.decoder.targets, &targets)?;
    tape.write_indices(graph.decoder.coins, &vec![1; steps * batch])?;
    tape.forward(&mut parameters);
    let whole: Vec<f32> = graph.decoder.steps.iter().flat_map(|step| tape.read(step.logits)).collect();

    let mut states = model.read_images(&Cpu, &mut parameters, (batch, &images))?;
    let mut reader = model.step_reader(&Cpu, &mut parameters, 3)?;
    let read: Vec<u32> = first.iter().chain(&targets[..(steps - 1) * batch]).copied().collect();
    assert_eq!(read_by_steps(&mut reader, &mut states, &read)?, whole);
    Ok(())
}

#[test]
fn what_a_reader_cannot_read_is_refused() -> Outcome {
    let mut list = ParameterList::default();
    let attention = Some(AttentionKind::Additive { size: 4 });
    let model =
        EncoderDecoder::declare(&mut list, encoder_decoder(CellKind::Gru, Directions::Both, attention))?;
    let mut parameters = fixture::parameters(&Cpu, &list)?;
    let nothing: [Vec<u32>; 0] = [];
    assert!(model.read_sources(&Cpu, &mut parameters, &nothing).is_err());
    for spoilt in [vec![], vec![8]] {
        assert!(model.read_sources(&Cpu, &mut parameters, &[vec![1], spoilt]).is_err());
    }
    let states = model.read_sources(&Cpu, &mut parameters, &[vec![1, 2], vec![1, 2, 3, 4]])?;
    let mut reader = model.step_reader(&Cpu, &mut parameters, Window { steps: 3, batch: 2 })?;
    let zero = reader.zero_state();
    let mut step = |states: &[ReaderState<f32>], symbols: &[u32], scores: usize| {
        reader.step(&mut states.to_vec(), symbols, &mut vec![0.0; scores]).err()
    };
    assert_eq!(step(&states[..1], &[5], 9), None);
    let too_many = ComputeError::TooLarge { what: "sequences read at once", largest: 2, found: 3 };
    assert_eq!(step(&vec![states[0].clone(); 3], &[1, 2, 3], 27), Some(too_many));
    assert!(matches!(step(&states[..1], &[1, 2], 9), Some(ComputeError::Length { .. })));
    assert!(matches!(step(&states[..1], &[1], 8), Some(ComputeError::Length { .. })));
    assert!(matches!(step(&states[..1], &[9], 9), Some(ComputeError::Index { .. })));
    // Longer than the reader's window, without a source, and of another model.
    assert!(matches!(step(&states[1..], &[1], 9), Some(ComputeError::SequenceLength { .. })));
    assert!(matches!(step(&[zero], &[1], 9), Some(ComputeError::ZeroSize { .. })));
    let mut list = ParameterList::default();
    let other = EncoderDecoder::declare(&mut list, encoder_decoder(CellKind::Lstm, Directions::Both, None))?;
    let mut parameters = fixture::parameters(&Cpu, &list)?;
    let foreign = other.read_sources(&Cpu, &mut parameters, &[vec![1, 2]])?;
    assert!(matches!(step(&foreign, &[1], 9), Some(ComputeError::Length { .. })));
    Ok(())
}

#[test]
fn a_language_model_goes_on_with_its_text() -> Outcome {
    // Each symbol follows from the two before.
    let text = [0, 1, 0, 2, 3, 0, 4, 1, 2, 5];
    let at = |place: usize| text[place % text.len()];
    let window = Window { steps: 12, batch: 4 };
    let mut list = ParameterList::default();
    let model = LanguageModel::declare(&mut list, LanguageModelConfig::new(CellKind::Gru, 6, 6, 24, 1))?;
    let mut recorder = Recorder::new();
    let graph = model.record(&mut recorder, window)?;
    let mut trainer = trainer((&list, recorder), [graph.loss, graph.weights], 0.02);
    let loss = train(&mut trainer, 150, |tape, number| {
        let place = |index: usize| number as usize * 7 + index % window.batch * 3 + index / window.batch;
        let read = |next: usize| (0..48).map(|index| at(place(index) + next)).collect::<Vec<u32>>();
        tape.write_indices(graph.tokens, &read(0))?;
        tape.write_indices(graph.targets, &read(1))?;
        tape.write(graph.weights, &mean_weights(&read(1), None))
    })?;
    assert!(loss < 0.3, "{loss}");

    let mut reader = model.step_reader(&Cpu, trainer.parameters_mut(), 4)?;
    let mut start = [reader.zero_state()];
    read_by_steps(&mut reader, &mut start, &[0, 1, 0])?;
    let starts = vec![(start[0].clone(), 2)];
    let expected: Vec<u32> = (4..24).map(at).collect();
    let writing = Writing { max_len: 20, end: None };
    let written = writing.write(&mut reader, starts.clone(), &mut |scores| greedy(scores))?;
    assert_eq!(written[0], expected);

    // So does what is drawn from the likeliest, and the likeliest of all.
    for sampling in [
        Sampling { temperature: 1.0, top_k: Some(1), top_p: None },
        Sampling { temperature: 1.0, top_k: None, top_p: Some(0.3) },
        Sampling { temperature: 0.1, top_k: Some(3), top_p: Some(0.9) },
    ] {
        let mut random = Random::new(1, Stream::Sampling);
        let written =
            writing.write(&mut reader, starts.clone(), &mut |scores| sampling.draw(scores, &mut random))?;
        assert_eq!(written[0], expected, "{sampling:?}");
    }
    let search = BeamSearch { width: 4, max_len: 20, end: None, length_penalty: 0.0 };
    assert_eq!(search.search(&mut reader, starts.clone())?[0][0].symbols, expected);

    // At a high temperature it does not.
    let (hot, mut random) =
        (Sampling { temperature: 9.0, ..Sampling::default() }, Random::new(1, Stream::Sampling));
    assert_ne!(writing.write(&mut reader, starts, &mut |scores| hot.draw(scores, &mut random))?[0], expected);
    Ok(())
}

const DIGITS: u32 = 10;
/// What is written begins and ends with it.
const END: u32 = DIGITS;
const LONGEST: usize = 6;

/// Strings of 3 to 6 digits.
fn digits(number: u32) -> Vec<u32> {
    indices(9000 + number, 3 + (number % 4) as usize, DIGITS as usize)
}

/// Writes strings as sources, and the same turned round as targets.
fn write_strings(tape: &mut Tape<Cpu>, graph: &EncoderDecoderGraph, strings: &[Vec<u32>]) -> Outcome {
    let batch = strings.len();
    let lengths: Vec<usize> = strings.iter().map(Vec::len).collect();
    tape.write_lengths(graph.encoder.packing, &lengths)?;
    let places = tape.packing(graph.encoder.packing).places();
    let rows: Vec<u32> = places.map(|(step, sequence)| strings[sequence][step]).collect();
    tape.write_indices(graph.encoder.tokens, &rows)?;
    let count = (lengths.iter().sum::<usize>() + batch) as f32;
    let mut targets = vec![END; (LONGEST + 1) * batch];
    let mut weights = vec![0.0; targets.len()];
    for (sequence, string) in strings.iter().enumerate() {
        for (step, &digit) in string.iter().rev().chain([&END]).enumerate() {
            targets[step * batch + sequence] = digit;
            weights[step * batch + sequence] = 1.0 / count;
        }
    }
    tape.write_indices(graph.decoder.first, &vec![END; batch])?;
    tape.write_indices(graph.decoder.targets, &targets)?;
    tape.write_indices(graph.decoder.coins, &vec![1; targets.len()])?;
    tape.write(graph.decoder.weights, &weights)
}

#[test]
fn an_encoder_decoder_turns_strings_round() -> Outcome {
    const BATCH: usize = 32;
    const HELD_OUT: u32 = 200;
    let held_out: Vec<Vec<u32>> = (0..HELD_OUT).map(digits).collect();
    let unseen: HashSet<&Vec<u32>> = held_out.iter().collect();
    let mut seen = (HELD_OUT..).map(digits).filter(|string| !unseen.contains(string));

    let config = EncoderDecoderConfig {
        source_vocabulary: DIGITS as usize,
        target_vocabulary: DIGITS as usize + 1,
        embedding: 16,
        hidden: 24,
        layers: 1,
        cell: CellKind::Gru,
        directions: Directions::Both,
        dropout: 0.0,
        attention: Some(AttentionKind::Additive { size: 24 }),
    };
    let mut list = ParameterList::default();
    let model = EncoderDecoder::declare(&mut list, config)?;
    let mut recorder = Recorder::new();
    let graph = model.record(&mut recorder, Window { steps: LONGEST, batch: BATCH }, LONGEST + 1)?;
    let mut trainer = trainer((&list, recorder), [graph.decoder.loss, graph.decoder.weights], 0.005);
    train(&mut trainer, 500, |tape, _| {
        write_strings(tape, &graph, &seen.by_ref().take(BATCH).collect::<Vec<_>>())
    })?;

    let parameters = trainer.parameters_mut();
    let states = model.read_sources(&Cpu, parameters, &held_out)?;
    let width = 3;
    let window = Window { steps: LONGEST, batch: width * HELD_OUT as usize };
    let mut reader = model.step_reader(&Cpu, parameters, window)?;
    let starts: Vec<_> = states.into_iter().map(|state| (state, END)).collect();
    let correct = |written: &[Vec<u32>]| {
        let pairs = written.iter().zip(&held_out);
        pairs.filter(|(found, string)| found.iter().eq(string.iter().rev())).count()
    };
    let writing = Writing { max_len: LONGEST + 1, end: Some(END) };
    let by_greed = correct(&writing.write(&mut reader, starts.clone(), &mut |scores| greedy(scores))?);
    let search = BeamSearch { width, max_len: LONGEST + 1, end: Some(END), length_penalty: 0.0 };
    let found = search.search(&mut reader, starts)?;
    let best: Vec<Vec<u32>> = found.into_iter().map(|beam| beam[0].symbols.clone()).collect();
    let by_search = correct(&best);
    // Found: 198 both ways.
    assert!(by_greed as f64 > 0.95 * f64::from(HELD_OUT), "{by_greed} of {HELD_OUT} by greed");
    assert!(by_search >= by_greed, "{by_search} of {HELD_OUT} by search, {by_greed} by greed");
    Ok(())
}

const LABELS: usize = 5;

/// Labels and the noisy frames that show them: each for two to four frames, equal ones with a gap between.
fn utterance(number: u32) -> (Vec<u32>, Vec<Vec<f32>>) {
    let count = 3 + (number % 3) as usize;
    let labels: Vec<u32> =
        indices(20_000 + number, count, LABELS - 1).into_iter().map(|label| label + 1).collect();
    let mut shown = Vec::new();
    for (index, (&label, &more)) in labels.iter().zip(&indices(60_000 + number, count, 3)).enumerate() {
        if index > 0 && labels[index - 1] == label {
            shown.push(0);
        }
        shown.extend(vec![label; 2 + more as usize]);
    }
    let noise: Vec<f32> = numbers(100_000 + number, shown.len() * LABELS, 0.5);
    let frame = |(&label, noise): (&u32, &[f32])| {
        let mut frame = noise.to_vec();
        frame[label as usize] += 1.0;
        frame
    };
    (labels, shown.iter().zip(noise.chunks(LABELS)).map(frame).collect())
}

#[test]
fn a_transducer_reads_labels_off_noisy_frames() -> Outcome {
    const BATCH: usize = 20;
    const STEPS: usize = 24;
    const HELD_OUT: u32 = 100;
    let recurrent = RecurrentConfig {
        directions: Directions::Both,
        ..RecurrentConfig::new(CellKind::Gru, LABELS, 16, 1)
    };
    let ctc = CtcConfig::default();
    let mut list = ParameterList::default();
    let model =
        Transducer::declare(&mut list, TransducerConfig { recurrent, dropout: 0.0, classes: LABELS, ctc })?;
    let mut recorder = Recorder::new();
    let graph = model.record(&mut recorder, Window { steps: STEPS, batch: BATCH }, 5)?;
    let write = |tape: &mut Tape<Cpu>, first: u32| -> Outcome {
        let (labels, frames): (Vec<_>, Vec<_>) = (first..first + BATCH as u32).map(utterance).unzip();
        let lengths: Vec<usize> = frames.iter().map(Vec::len).collect();
        tape.write_lengths(graph.packing, &lengths)?;
        let places = tape.packing(graph.packing).places();
        let rows: Vec<f32> = places.flat_map(|(step, sequence)| frames[sequence][step].clone()).collect();
        tape.write(graph.frames, &rows)?;
        graph.targets.write(tape, ctc, &lengths, &labels)?;
        tape.write(graph.weights, &[1.0 / BATCH as f32; BATCH])
    };
    let mut trainer = trainer((&list, recorder), [graph.output.loss, graph.weights], 0.01);
    train(&mut trainer, 500, |tape, number| write(tape, HELD_OUT + BATCH as u32 * number))?;

    let mut recorder = Recorder::new();
    let window = Window { steps: STEPS, batch: BATCH };
    assert_eq!(model.record(&mut recorder, window, 5)?.frames, graph.frames);
    let mut tape = recorder.finish(Cpu, Gradients::None);
    let mut correct = 0;
    for first in (0..HELD_OUT).step_by(BATCH) {
        write(&mut tape, first)?;
        tape.forward(trainer.parameters_mut());
        let mut rows = vec![Vec::<f32>::new(); BATCH];
        let numbers: Vec<f32> = tape.read(graph.output.log_probabilities).into_iter().collect();
        for (row, (_, sequence)) in numbers.chunks(LABELS).zip(tape.packing(graph.packing).places()) {
            rows[sequence].extend(row);
        }
        for (rows, number) in rows.iter().zip(first..) {
            let found =
                ctc_beam_search(rows, LABELS, CtcBeamConfig { width: 8, ..CtcBeamConfig::default() })?;
            correct += u32::from(found[0].labels == utterance(number).0);
        }
    }
    // Found: 99.
    assert!(f64::from(correct) > 0.95 * f64::from(HELD_OUT), "{correct} of {HELD_OUT}");
    Ok(())
}
