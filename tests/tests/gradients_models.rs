//! Every gradient of every model equals central differences, in `f64`: each parameter and each initial state,
//! whatever the options. In training mode dropout's masks follow from seed and step alone, so that all
//! passes of a check draw the same.
//!
//! Tolerance: relative error below 1e-5, the project's promise. Largest error measured: 3.6e-6, where layer
//! norm meets rows of small variance, such as a ReLU leaves; 1.5e-7 elsewhere.

use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{
    AttentionKind, Captioner, CaptionerConfig, CellKind, ClassTargets, Classes, Classifier, ClassifierConfig,
    DecoderConfig, DecoderGraph, Directions, EncoderDecoder, EncoderDecoderConfig, ForecastLoss, Forecaster,
    ForecasterConfig, ImageEncoderConfig, LanguageModel, LanguageModelConfig, LayerTrace, RecurrentConfig,
    SequencePooling, Tagger, TaggerConfig, Transducer, TransducerConfig, Window,
};
use rnn_compute::ops::{CtcConfig, DotScale, HuberConfig};
use rnn_compute::{
    ComputeError, IndexVar, Mode, PackingVar, ParameterList, ParameterRole, Recorder, Reference, Tape, Var,
};
use rnn_tests::fixture::uneven_weights;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::gradient_check::Subject;

type Outcome = Result<(), ComputeError>;
type Graph = Recorder<Reference<f64>>;
type Numbers = Tape<Reference<f64>>;

const RELU: CellKind = CellKind::Elman(Nonlinearity::Relu);
const CELLS: [CellKind; 4] = [CellKind::ELMAN, RELU, CellKind::Lstm, CellKind::Gru];
const DIRECTIONS: [Directions; 2] = [Directions::Forward, Directions::Both];
const POOLINGS: [SequencePooling; 3] = [SequencePooling::Last, SequencePooling::Mean, SequencePooling::Max];
const TRAINING: Mode = Mode::Training { seed: 3, step: 8 };
/// V, of whatever is read or written.
const SYMBOLS: usize = 5;
/// T and the length of each sequence: no sequence reaches T; one sequence; one step; equal lengths.
const LENGTHS: [(usize, &[usize]); 4] = [(5, &[2, 4, 1]), (3, &[3]), (1, &[1, 1]), (3, &[3, 3])];
const RAGGED: (usize, &[usize]) = LENGTHS[0];

/// All lengths for one layer, the most telling for more: differences take time.
fn lengths(layers: usize) -> &'static [(usize, &'static [usize])] {
    if layers == 1 { &LENGTHS } else { &LENGTHS[..1] }
}

/// A recorded model.
struct Model {
    recorder: Graph,
    list: ParameterList,
    loss: Var,
    /// What else L is made of.
    outputs: Vec<Var>,
    /// The states before the first step.
    initial: Vec<Var>,
    mode: Mode,
    /// Beginnings of the names of parameters on which the loss does not depend.
    idle: &'static [&'static str],
}

impl Model {
    /// Checks every gradient once `write` has written the data, and that the loss depends on every
    /// parameter.
    fn check(self, what: &str, write: impl FnOnce(&mut Numbers) -> Outcome) -> Outcome {
        let Self { recorder, list, loss, mut outputs, initial, mode, idle } = self;
        outputs.push(loss);
        let mut subject = Subject::new(recorder, &list, &[], &outputs)?;
        subject.tape.set_mode(mode);
        write(&mut subject.tape)?;
        subject.write_inputs(&initial)?;
        let mut expected: usize = initial.iter().map(|state| state.shape().len()).sum();
        for id in subject.parameters.ids() {
            let count = subject.parameters.shape(id).len();
            match subject.parameters.role(id) {
                ParameterRole::RunningVariance => {
                    let variances: Vec<f64> = (0..count).map(|channel| 0.4 + channel as f64).collect();
                    subject.parameters.write(id, &variances)?;
                }
                role if role.is_trained() => expected += count,
                _ => {}
            }
        }
        assert_depends(what, &mut subject, loss, idle)?;
        subject.assert(what, expected)
    }
}

/// Asserts that the loss depends on every trained parameter but those that are idle.
fn assert_depends(what: &str, subject: &mut Subject, loss: Var, idle: &[&str]) -> Outcome {
    let Subject { tape, parameters, .. } = subject;
    tape.forward(parameters);
    tape.zero_gradients();
    parameters.zero_gradients();
    tape.write_gradient(loss, &[1.0])?;
    tape.backward(parameters);
    for id in parameters.ids().filter(|&id| parameters.role(id).is_trained()) {
        let name = parameters.name(id);
        let is_idle = idle.iter().any(|idle| name.starts_with(idle));
        let is_reached = parameters.read_gradient(id).iter().any(|number| number.abs() > 1e-9);
        assert_eq!(is_reached, !is_idle, "{what}: {name}");
    }
    Ok(())
}

fn initial(traces: &[LayerTrace]) -> Vec<Var> {
    traces.iter().flat_map(LayerTrace::states).map(|(before, _)| before).collect()
}

fn recurrent(cell: CellKind, directions: Directions, layers: usize) -> RecurrentConfig {
    RecurrentConfig { directions, ..RecurrentConfig::new(cell, 3, 4, layers) }
}

/// Lengths, and the packed indices that belong to them.
fn write_packed(
    tape: &mut Numbers,
    (packing, lengths): (PackingVar, &[usize]),
    indexed: &[IndexVar],
) -> Outcome {
    tape.write_lengths(packing, lengths)?;
    let rows = tape.packing(packing).rows();
    for (salt, &var) in (500..).zip(indexed) {
        tape.write_indices(var, &indices(salt, rows, var.table_size()))?;
    }
    Ok(())
}

fn check_classifier(config: ClassifierConfig, (steps, lengths): (usize, &[usize]), mode: Mode) -> Outcome {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Graph::new(), lengths.len());
    let model = Classifier::declare(&mut list, config)?;
    let graph = model.record(&mut recorder, Window { steps, batch })?;
    let (loss, initial) = (graph.loss, initial(&graph.recurrent.traces));
    let outputs = vec![graph.logits, graph.pooled];
    let model = Model { recorder, list, loss, outputs, initial, mode, idle: &[] };
    model.check(&format!("{config:?} over {lengths:?}"), |tape| {
        write_packed(tape, (graph.packing, lengths), &[graph.tokens])?;
        tape.write(graph.weights, &uneven_weights(batch))?;
        match graph.targets {
            ClassTargets::Binary(targets) => tape.write(targets, &[1.0, 0.0, 0.3, 1.0, 0.0][..batch]),
            ClassTargets::Many(targets) => tape.write_indices(targets, &indices(503, batch, 3)),
        }
    })
}

fn classifier(cell: CellKind, pooling: SequencePooling, classes: Classes) -> ClassifierConfig {
    let recurrent = recurrent(cell, Directions::Forward, 1);
    ClassifierConfig { vocabulary: SYMBOLS, recurrent, pooling, dropout: 0.0, classes }
}

#[test]
fn classifier_gradients_equal_differences() -> Outcome {
    for cell in CELLS {
        for pooling in POOLINGS {
            for classes in [Classes::Binary, Classes::Many(3)] {
                for directions in DIRECTIONS {
                    for layers in [1, 2] {
                        let recurrent = recurrent(cell, directions, layers);
                        let config = ClassifierConfig { recurrent, ..classifier(cell, pooling, classes) };
                        check_classifier(config, RAGGED, Mode::Evaluation)?;
                    }
                }
            }
        }
    }
    Ok(())
}

#[test]
fn classifier_gradients_with_norms_and_dropout_equal_differences() -> Outcome {
    for pooling in POOLINGS {
        for directions in DIRECTIONS {
            let plain = classifier(CellKind::Gru, pooling, Classes::Many(3));
            let recurrent = RecurrentConfig { layer_norm: true, ..recurrent(CellKind::Gru, directions, 2) };
            for lengths in LENGTHS {
                check_classifier(ClassifierConfig { recurrent, ..plain }, lengths, Mode::Evaluation)?;
            }
            let recurrent = RecurrentConfig { dropout: 0.3, ..recurrent };
            check_classifier(ClassifierConfig { recurrent, dropout: 0.2, ..plain }, RAGGED, TRAINING)?;
        }
    }
    Ok(())
}

#[test]
fn tagger_gradients_equal_differences() -> Outcome {
    for cell in CELLS {
        for directions in DIRECTIONS {
            for layers in [1, 2] {
                let recurrent = recurrent(cell, directions, layers);
                let config = TaggerConfig { vocabulary: SYMBOLS, recurrent, dropout: 0.0, tags: 3 };
                for lengths in LENGTHS {
                    check_tagger(config, lengths, Mode::Evaluation)?;
                }
                let recurrent = RecurrentConfig { layer_norm: true, dropout: 0.3, ..recurrent };
                check_tagger(TaggerConfig { recurrent, dropout: 0.2, ..config }, RAGGED, TRAINING)?;
            }
        }
    }
    Ok(())
}

fn check_tagger(config: TaggerConfig, (steps, lengths): (usize, &[usize]), mode: Mode) -> Outcome {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Graph::new(), lengths.len());
    let model = Tagger::declare(&mut list, config)?;
    let graph = model.record(&mut recorder, Window { steps, batch })?;
    let (loss, initial) = (graph.loss, initial(&graph.recurrent.traces));
    let model = Model { recorder, list, loss, outputs: Vec::new(), initial, mode, idle: &[] };
    model.check(&format!("{config:?} over {lengths:?}"), |tape| {
        write_packed(tape, (graph.packing, lengths), &[graph.tokens, graph.targets])?;
        let rows = tape.packing(graph.packing).rows();
        tape.write(graph.weights, &uneven_weights(rows))
    })
}

#[test]
fn forecaster_gradients_equal_differences() -> Outcome {
    let losses =
        [ForecastLoss::Squared, ForecastLoss::Absolute, ForecastLoss::Huber(HuberConfig { delta: 0.4 })];
    for loss in losses {
        for cell in CELLS {
            for (directions, layers) in
                [(Directions::Forward, 1), (Directions::Forward, 2), (Directions::Both, 2)]
            {
                let recurrent = recurrent(cell, directions, layers);
                let config = ForecasterConfig { recurrent, outputs: 3, dropout: 0.0, loss };
                for &window in if layers == 1 { [[4, 3], [3, 1], [1, 2]].as_slice() } else { &[[3, 2]] } {
                    check_forecaster(config, window, Mode::Evaluation)?;
                }
                let recurrent = RecurrentConfig { layer_norm: true, dropout: 0.3, ..recurrent };
                check_forecaster(ForecasterConfig { recurrent, dropout: 0.2, ..config }, [3, 2], TRAINING)?;
            }
        }
    }
    Ok(())
}

fn check_forecaster(config: ForecasterConfig, [steps, batch]: [usize; 2], mode: Mode) -> Outcome {
    let (mut list, mut recorder) = (ParameterList::default(), Graph::new());
    let model = Forecaster::declare(&mut list, config)?;
    let graph = model.record(&mut recorder, Window { steps, batch })?;
    let (loss, initial) = (graph.loss, initial(&graph.recurrent.traces));
    let model = Model { recorder, list, loss, outputs: vec![graph.forecast], initial, mode, idle: &[] };
    model.check(&format!("{config:?} over {steps} by {batch}"), |tape| {
        tape.write(graph.inputs, &numbers(600, graph.inputs.shape().len(), 1.0))?;
        tape.write(graph.targets, &numbers(601, graph.targets.shape().len(), 1.5))?;
        tape.write(graph.weights, &uneven_weights(batch))
    })
}

const ATTENTIONS: [Option<AttentionKind>; 4] = [
    None,
    Some(AttentionKind::Additive { size: 3 }),
    Some(AttentionKind::Dot(DotScale::One)),
    Some(AttentionKind::Dot(DotScale::InverseRoot)),
];

#[test]
fn encoder_decoder_gradients_equal_differences() -> Outcome {
    for attention in ATTENTIONS {
        for (cell, directions, layers) in [
            (CellKind::ELMAN, Directions::Forward, 1),
            (RELU, Directions::Both, 1),
            (CellKind::Lstm, Directions::Forward, 2),
            (CellKind::Lstm, Directions::Both, 2),
            (CellKind::Gru, Directions::Forward, 1),
            (CellKind::Gru, Directions::Both, 2),
        ] {
            let config = EncoderDecoderConfig {
                source_vocabulary: 4,
                target_vocabulary: 3,
                embedding: 2,
                hidden: 2,
                layers,
                cell,
                directions,
                dropout: 0.0,
                attention,
            };
            for &lengths in lengths(layers) {
                check_encoder_decoder(config, lengths, Mode::Evaluation)?;
            }
            check_encoder_decoder(EncoderDecoderConfig { dropout: 0.3, ..config }, RAGGED, TRAINING)?;
        }
    }
    Ok(())
}

fn check_encoder_decoder(
    config: EncoderDecoderConfig,
    (steps, lengths): (usize, &[usize]),
    mode: Mode,
) -> Outcome {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Graph::new(), lengths.len());
    let model = EncoderDecoder::declare(&mut list, config)?;
    // One symbol is written where one is read.
    let graph = model.record(&mut recorder, Window { steps, batch }, steps.min(3))?;
    let (loss, initial) = (graph.decoder.loss, initial(&graph.encoder.recurrent.traces));
    let mut outputs: Vec<Var> = graph.decoder.steps.iter().map(|step| step.logits).collect();
    outputs.push(graph.encoder.states);
    // With one source state there is nothing to choose from, wherever one looks.
    let idle: &[&str] = if steps == 1 { &["decoder.attention"] } else { &[] };
    let model = Model { recorder, list, loss, outputs, initial, mode, idle };
    model.check(&format!("{config:?} over {lengths:?}"), |tape| {
        write_packed(tape, (graph.encoder.packing, lengths), &[graph.encoder.tokens])?;
        write_decoder(tape, &graph.decoder)
    })
}

/// What a decoder reads and must write; of the coins some are 0 and some 1.
fn write_decoder(tape: &mut Numbers, graph: &DecoderGraph) -> Outcome {
    for (salt, var) in (610..).zip([graph.first, graph.targets, graph.coins]) {
        tape.write_indices(var, &indices(salt, var.len(), var.table_size()))?;
    }
    tape.write(graph.weights, &uneven_weights(graph.weights.shape().len()))
}

#[test]
fn captioner_gradients_equal_differences() -> Outcome {
    for mode in [Mode::Evaluation, TRAINING] {
        for (cell, layers) in [(CellKind::ELMAN, 1), (RELU, 1), (CellKind::Lstm, 2), (CellKind::Gru, 2)] {
            for dropout in [0.0, 0.3] {
                for batch in [3, 1] {
                    check_captioner((cell, layers, dropout), batch, mode)?;
                }
            }
        }
    }
    Ok(())
}

fn check_captioner((cell, layers, dropout): (CellKind, usize, f64), batch: usize, mode: Mode) -> Outcome {
    let (mut list, mut recorder) = (ParameterList::default(), Graph::new());
    let config = CaptionerConfig {
        encoder: ImageEncoderConfig { size: [7, 9], channels: 2, filters: vec![2, 3] },
        decoder: DecoderConfig {
            vocabulary: SYMBOLS,
            embedding: 2,
            hidden: 3,
            layers,
            cell,
            dropout,
            attention: None,
            source_width: 0,
        },
    };
    let model = Captioner::declare(&mut list, config)?;
    let graph = model.record(&mut recorder, batch, 3)?;
    let mut outputs: Vec<Var> = graph.decoder.steps.iter().map(|step| step.logits).collect();
    outputs.push(graph.features);
    // What is added to a whole channel, batch norm takes away again.
    let idle: &[&str] = match mode {
        Mode::Evaluation => &[],
        Mode::Training { .. } => &["encoder.convolutions.0.bias", "encoder.convolutions.1.bias"],
    };
    let (loss, initial) = (graph.decoder.loss, Vec::new());
    let model = Model { recorder, list, loss, outputs, initial, mode, idle };
    let what =
        format!("captioner of {layers} layers of {cell:?}, batch {batch}, dropout {dropout}, {mode:?}");
    model.check(&what, |tape| {
        tape.write(graph.images, &numbers(620, graph.images.shape().len(), 1.0))?;
        write_decoder(tape, &graph.decoder)
    })
}

#[test]
fn transducer_gradients_equal_differences() -> Outcome {
    for cell in CELLS {
        for directions in DIRECTIONS {
            for layers in [1, 2] {
                let (recurrent, ctc) = (recurrent(cell, directions, layers), CtcConfig { blank: 1 });
                let config = TransducerConfig { recurrent, dropout: 0.0, classes: 4, ctc };
                for lengths in LENGTHS {
                    check_transducer(config, lengths, Mode::Evaluation)?;
                }
                let recurrent = RecurrentConfig { layer_norm: true, dropout: 0.3, ..recurrent };
                check_transducer(TransducerConfig { recurrent, dropout: 0.2, ..config }, RAGGED, TRAINING)?;
            }
        }
    }
    Ok(())
}

fn check_transducer(config: TransducerConfig, (steps, lengths): (usize, &[usize]), mode: Mode) -> Outcome {
    let (mut list, mut recorder, batch) = (ParameterList::default(), Graph::new(), lengths.len());
    let model = Transducer::declare(&mut list, config)?;
    let graph = model.record(&mut recorder, Window { steps, batch }, 3)?;
    let (loss, initial) = (graph.output.loss, initial(&graph.recurrent.traces));
    let model = Model { recorder, list, loss, outputs: vec![graph.logits], initial, mode, idle: &[] };
    model.check(&format!("{config:?} over {lengths:?}"), |tape| {
        write_packed(tape, (graph.packing, lengths), &[])?;
        let count = tape.packing(graph.packing).rows() * config.recurrent.inputs;
        tape.write(graph.frames, &numbers(630, count, 1.0))?;
        // As many labels as fit, but for a repeated one in the longest.
        let labels = |&length: &usize| if length > 3 { vec![2, 2, 3] } else { [3, 0, 2][..length].to_vec() };
        let targets: Vec<Vec<u32>> = lengths.iter().map(labels).collect();
        graph.targets.write(tape, config.ctc, lengths, &targets)?;
        tape.write(graph.weights, &uneven_weights(batch))
    })
}

#[test]
fn language_model_gradients_with_norms_and_dropout_equal_differences() -> Outcome {
    for cell in CELLS {
        for layers in [1, 2] {
            for (dropout, layer_norm, mode) in [
                (0.0, false, TRAINING),
                (0.0, true, Mode::Evaluation),
                (0.3, false, TRAINING),
                (0.3, true, TRAINING),
            ] {
                for window in [[4, 3], [3, 1], [1, 2]] {
                    let plain = LanguageModelConfig::new(cell, SYMBOLS, 3, 4, layers);
                    let config = LanguageModelConfig { dropout, layer_norm, ..plain };
                    check_language_model(config, window, mode)?;
                }
            }
        }
    }
    Ok(())
}

fn check_language_model(config: LanguageModelConfig, [steps, batch]: [usize; 2], mode: Mode) -> Outcome {
    let (mut list, mut recorder) = (ParameterList::default(), Graph::new());
    let model = LanguageModel::declare(&mut list, config)?;
    let graph = model.record(&mut recorder, Window { steps, batch })?;
    let (loss, initial) = (graph.loss, initial(&graph.layers));
    let model = Model { recorder, list, loss, outputs: vec![graph.logits], initial, mode, idle: &[] };
    model.check(&format!("{config:?} over {steps} by {batch}"), |tape| {
        for (salt, var) in (500..).zip([graph.tokens, graph.targets]) {
            tape.write_indices(var, &indices(salt, var.len(), var.table_size()))?;
        }
        tape.write(graph.weights, &uneven_weights(steps * batch))
    })
}
