//! Every model goes on as if nothing had come between: a sequence in pieces gives what it gives whole, windows
//! that advance by their length are full backpropagation, and a run that is saved and loaded continues. All
//! by bits, on the fast backend.

use rnn_compute::models::{
    AttentionKind, Captioner, CaptionerConfig, CellKind, DecoderConfig, Directions, EncoderDecoder,
    EncoderDecoderConfig, Forecaster, ForecasterConfig, LanguageModel, LayerTrace, Window,
};
use rnn_compute::{
    Companions, ComputeError, Cpu, Gradients, ParameterList, ProbePoints, Recorder, Tape, Trainer,
    TrainerConfig, Truncation, Var,
};
use rnn_tests::formula::{indices, numbers};
use rnn_tests::in_training::{step, weights};
use rnn_tests::sequences::{Sequence, parameters, write_decoder, write_lengths, write_packed, write_wholes};
use rnn_tests::small_models::{self, DECODER, SYMBOLS, WIDTH};

type Outcome = Result<(), ComputeError>;
type Numbers = Tape<Cpu>;

/// Symbols that decoders write.
const WRITTEN: usize = 4;

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
            let model = LanguageModel::declare(&mut list, small_models::language_model(cell))?;
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
            let recurrent = small_models::recurrent(cell, WIDTH, Directions::Forward);
            let config = ForecasterConfig { recurrent, ..small_models::forecaster(Directions::Forward) };
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
            let model = LanguageModel::declare(&mut list, small_models::language_model(cell))?;
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
    let state = steady.save(Companions::default())?;
    let wanted = train(&mut steady, 6..14)?;
    assert!(before.iter().chain(&wanted).all(|&loss| loss > 0), "{what} diverges");

    let mut other = make()?;
    // Its last pass has the number of the next.
    train(&mut other, 30..37)?;
    assert_ne!(weights(&other), weights(&steady), "{what}");
    other.load(&state)?;
    assert_eq!(train(&mut other, 6..14)?, wanted, "{what}: losses");
    assert_eq!(weights(&other), weights(&steady), "{what}: weights, and what else training moves");
    assert_eq!(other.save(Companions::default())?, steady.save(Companions::default())?, "{what}");

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
        let config = CaptionerConfig {
            decoder: DecoderConfig { dropout: 0.2, ..DECODER },
            ..small_models::captioner()
        };
        let graph = Captioner::declare(&mut list, config)?.record(&mut recorder, 3, WRITTEN)?;
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
        let config = small_models::encoder_decoder(CellKind::Gru, Directions::Both, attention);
        let model = EncoderDecoder::declare(&mut list, EncoderDecoderConfig { dropout: 0.3, ..config })?;
        let graph = model.record(&mut recorder, Window { steps: 7, batch: 3 }, WRITTEN)?;
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
