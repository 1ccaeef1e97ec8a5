//! Every model of the engine in small, with weights and batches by formula: what goldens are made of, and what
//! backends are compared by. `goldens/models.py` makes the same and says what they learn.

use crate::case::Case;
use crate::formula::{indices, numbers};
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{
    AttentionKind, Captioner, CaptionerConfig, CellKind, ClassTargets, Classes, Classifier, ClassifierConfig,
    DecoderConfig, DecoderGraph, Directions, EncoderDecoder, EncoderDecoderConfig, ForecastLoss, Forecaster,
    ForecasterConfig, ImageEncoderConfig, LanguageModel, LanguageModelConfig, RecurrentConfig,
    SequencePooling, Tagger, TaggerConfig, Transducer, TransducerConfig, Window,
};
use rnn_compute::ops::{CtcConfig, DotScale, HuberConfig};
use rnn_compute::{
    Backend, ComputeError, PackingVar, ParameterList, ParameterRole, Parameters, Real, Recorder, Tape, Var,
};

const STEPS: usize = 6;
const BATCH: usize = 3;
const WINDOW: Window = Window { steps: STEPS, batch: BATCH };
/// The lengths of each batch's sequences.
const LENGTHS: [[usize; BATCH]; BATCHES as usize] = [[5, 2, 4], [3, 5, 1], [4, 4, 5], [2, 5, 3]];
const LONGEST: usize = 5;
const SYMBOLS: usize = 7;
const CLASSES: usize = 3;
const WIDTH: usize = 3;
const FIRST: u32 = 0;
const LABELS: usize = 4;
const CAPTION: usize = 4;
/// What additive attention compares in.
const ATTENTION: usize = 3;

/// Batches that there are.
pub const BATCHES: u32 = 4;
/// Every cell.
pub const CELLS: [CellKind; 4] =
    [CellKind::ELMAN, CellKind::Elman(Nonlinearity::Relu), CellKind::Lstm, CellKind::Gru];
/// What a classifier can look at.
pub const POOLINGS: [SequencePooling; 3] =
    [SequencePooling::Last, SequencePooling::Mean, SequencePooling::Max];
/// What a forecaster can learn by.
pub const FORECAST_LOSSES: [ForecastLoss; 3] =
    [ForecastLoss::Squared, ForecastLoss::Absolute, ForecastLoss::Huber(HuberConfig { delta: 0.4 })];
/// How a decoder can look at its source.
pub const ATTENTIONS: [Option<AttentionKind>; 4] = [
    None,
    Some(AttentionKind::Additive { size: ATTENTION }),
    Some(AttentionKind::Dot(DotScale::One)),
    Some(AttentionKind::Dot(DotScale::InverseRoot)),
];

/// Which model, and what only it can have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Predicts the next symbol.
    LanguageModel,
    /// Finds a sequence's class.
    Classifier(SequencePooling, Classes),
    /// Finds each symbol's class.
    Tagger,
    /// Predicts numbers.
    Forecaster(ForecastLoss),
    /// Writes a sequence backwards.
    EncoderDecoder(Option<AttentionKind>),
    /// Writes about a picture.
    Captioner,
    /// Writes without being told where.
    Transducer,
}

/// A model of the zoo. What a model cannot have is ignored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Which model.
    pub kind: Kind,
    /// Its cell.
    pub cell: CellKind,
    /// H.
    pub hidden: usize,
    /// L.
    pub layers: usize,
    /// Of the sequences that it reads.
    pub directions: Directions,
    /// Whether its layers end in a norm.
    pub layer_norm: bool,
    /// Wherever it has dropout.
    pub dropout: f64,
}

/// What is written on a tape before a pass: the data of a batch.
pub type Write<B> = Box<dyn Fn(&mut Tape<B>, u32) -> Result<(), ComputeError>>;

/// A recorded model.
pub struct Model<B: Backend> {
    /// Its parameters.
    pub list: ParameterList,
    /// What it computes.
    pub recorder: Recorder<B>,
    /// Scores, one after the other.
    pub logits: Vec<Var>,
    /// In training.
    pub loss: Var,
    /// The loss weights.
    pub weights: Var,
    /// Writes a batch, of [`BATCHES`]. Of the symbols that a decoder reads, some are its own.
    pub write: Write<B>,
    /// Then has a decoder read true symbols alone.
    pub force: Write<B>,
}

impl Plan {
    /// The plan of a golden.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let classes = |binary| if binary == 1 { Classes::Binary } else { Classes::Many(CLASSES) };
        let kind = match case.name.split(':').next() {
            Some("language model") => Kind::LanguageModel,
            Some("classifier") => {
                Kind::Classifier(POOLINGS[case.size("pooling")], classes(case.size("binary")))
            }
            Some("tagger") => Kind::Tagger,
            Some("forecaster") => Kind::Forecaster(FORECAST_LOSSES[case.size("loss")]),
            Some("encoder-decoder") => Kind::EncoderDecoder(ATTENTIONS[case.size("attention")]),
            Some("captioner") => Kind::Captioner,
            _ => Kind::Transducer,
        };
        Self {
            kind,
            cell: CELLS[case.size("cell")],
            hidden: case.size("hidden"),
            layers: case.size("layers"),
            directions: [Directions::Forward, Directions::Both][case.size("both")],
            layer_norm: case.size("norm") == 1,
            dropout: 0.0,
        }
    }

    /// Records the model.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn record<B: Backend>(&self) -> Result<Model<B>, ComputeError> {
        match self.kind {
            Kind::LanguageModel => language_model(self),
            Kind::Classifier(pooling, classes) => classifier(self, pooling, classes),
            Kind::Tagger => tagger(self),
            Kind::Forecaster(loss) => forecaster(self, loss),
            Kind::EncoderDecoder(attention) => encoder_decoder(self, attention),
            Kind::Captioner => captioner(self),
            Kind::Transducer => transducer(self),
        }
    }

    /// The layers that read `inputs` numbers a step.
    fn recurrent(&self, inputs: usize) -> RecurrentConfig {
        let &Self { cell, hidden, layers, directions, layer_norm, dropout, .. } = self;
        RecurrentConfig {
            directions,
            layer_norm,
            dropout,
            ..RecurrentConfig::new(cell, inputs, hidden, layers)
        }
    }
}

/// Weights by the sequences that follow from their names; running statistics as PyTorch has them at first.
///
/// # Errors
/// Never: every parameter is given as many numbers as it holds.
pub fn parameters<B: Backend>(backend: &B, list: &ParameterList) -> Result<Parameters<B>, ComputeError> {
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

fn language_model<B: Backend>(plan: &Plan) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let &Plan { cell, hidden, layers, layer_norm, dropout, .. } = plan;
    let config = LanguageModelConfig::new(cell, SYMBOLS, WIDTH, hidden, layers);
    let model = LanguageModel::declare(&mut list, LanguageModelConfig { layer_norm, dropout, ..config })?;
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

fn classifier<B: Backend>(
    plan: &Plan,
    pooling: SequencePooling,
    classes: Classes,
) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let (recurrent, dropout) = (plan.recurrent(WIDTH), plan.dropout);
    let config = ClassifierConfig { vocabulary: SYMBOLS, recurrent, pooling, dropout, classes };
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

fn tagger<B: Backend>(plan: &Plan) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let (recurrent, dropout) = (plan.recurrent(WIDTH), plan.dropout);
    let config = TaggerConfig { vocabulary: SYMBOLS, recurrent, dropout, tags: CLASSES };
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

fn forecaster<B: Backend>(plan: &Plan, loss: ForecastLoss) -> Result<Model<B>, ComputeError> {
    const OUTPUTS: usize = 2;
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let (recurrent, dropout) = (plan.recurrent(WIDTH), plan.dropout);
    let config = ForecasterConfig { recurrent, outputs: OUTPUTS, dropout, loss };
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

fn encoder_decoder<B: Backend>(
    plan: &Plan,
    attention: Option<AttentionKind>,
) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let &Plan { cell, hidden, layers, directions, dropout, .. } = plan;
    let config = EncoderDecoderConfig {
        source_vocabulary: SYMBOLS,
        target_vocabulary: SYMBOLS,
        embedding: WIDTH,
        hidden,
        layers,
        cell,
        directions,
        dropout,
        attention,
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

fn captioner<B: Backend>(plan: &Plan) -> Result<Model<B>, ComputeError> {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let &Plan { cell, hidden, layers, dropout, .. } = plan;
    let decoder = DecoderConfig {
        vocabulary: SYMBOLS,
        embedding: WIDTH,
        hidden,
        layers,
        cell,
        dropout,
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

fn transducer<B: Backend>(plan: &Plan) -> Result<Model<B>, ComputeError> {
    const FRAMES: usize = 2 * LONGEST + 1;
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let (recurrent, dropout, ctc) = (plan.recurrent(LABELS), plan.dropout, CtcConfig::default());
    let config = TransducerConfig { recurrent, dropout, classes: LABELS, ctc };
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
