//! What network a file of weights belongs to: a plain description by its pieces (an embedding, stacked
//! recurrent layers, a linear layer), the parameters that such a network has under our names, and how all
//! of it is found in a foreign state dict.

mod infer;
mod output_and_embedding;
mod recurrent_stack;
mod state_dict;

use rnn_compute::models::{CellKind, LanguageModelConfig};

/// Vectors that stand for symbols, `[V, E]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Embedding {
    /// V.
    pub symbols: usize,
    /// E.
    pub width: usize,
}

/// Which way a recurrent layer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Directions {
    /// From the first step to the last.
    Forward,
    /// Both ways at once; the two hidden states stand side by side.
    Both,
}

impl Directions {
    /// D.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Forward => 1,
            Self::Both => 2,
        }
    }

    /// What PyTorch appends to the names of each direction's parameters.
    pub(crate) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Forward => &[""],
            Self::Both => &["", "_reverse"],
        }
    }
}

/// Stacked recurrent layers (PyTorch's `nn.RNN`, `nn.LSTM`, `nn.GRU`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recurrent {
    /// The recurrent cell.
    pub cell: CellKind,
    /// I.
    pub inputs: usize,
    /// H.
    pub hidden: usize,
    /// L.
    pub layers: usize,
    /// D.
    pub directions: Directions,
}

/// A linear layer, `[O, I]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Linear {
    /// I.
    pub inputs: usize,
    /// O.
    pub outputs: usize,
}

/// A network: what reads symbols, if anything does; what remembers; what answers, if anything does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Architecture {
    /// Between symbols and recurrent layers.
    pub embedding: Option<Embedding>,
    /// The recurrent layers.
    pub recurrent: Recurrent,
    /// Above the recurrent layers.
    pub output: Option<Linear>,
}

/// What an architecture is usually trained for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Scores every symbol as the next one.
    LanguageModel,
    /// Scores classes, of each symbol (a tagger) or of the whole sequence (a classifier): the parameters
    /// are the same.
    Classifier,
    /// Reads numbers and gives numbers: a forecaster, or with classes a transducer.
    Forecaster,
    /// Recurrent layers and nothing else.
    RecurrentLayers,
}

/// A parameter of an architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Our name, as `rnn-compute` declares it.
    pub name: String,
    /// Slowest dimension first.
    pub shape: Vec<usize>,
}

/// Where the values of one of our parameters come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The tensor of this name in the file.
    File(String),
    /// The file has none, and zero means the same: a bias that was left out.
    Zeros,
}

/// One of our parameters and where its values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Our name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Where its values come from.
    pub source: Source,
}

/// What was found in a state dict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inferred {
    /// The network.
    pub architecture: Architecture,
    /// Every parameter of the network.
    pub bindings: Vec<Binding>,
    /// Sentences about what the file does not say and had to be assumed.
    pub notes: Vec<String>,
}

impl Recurrent {
    /// D·H: what the layers hand on at each step.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.directions.count() * self.hidden
    }

    /// I of a layer: the first reads what the stack reads, each other what the one below hands on.
    pub(crate) fn layer_inputs(&self, layer: usize) -> usize {
        if layer == 0 { self.inputs } else { self.outputs() }
    }

    /// Each layer and direction, bottom first, as PyTorch's names end: `l0`, `l0_reverse`, `l1`, …
    pub(crate) fn suffixes(self) -> impl Iterator<Item = (usize, String)> {
        let directions = self.directions.suffixes();
        (0..self.layers).flat_map(move |layer| {
            directions.iter().map(move |direction| (layer, format!("l{layer}{direction}")))
        })
    }
}

impl Architecture {
    /// What it is usually trained for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match (self.embedding, self.output) {
            (_, None) => Kind::RecurrentLayers,
            (None, Some(_)) => Kind::Forecaster,
            // Who reads the text from behind too has already seen the symbol that comes next.
            (Some(embedding), Some(output))
                if output.outputs == embedding.symbols
                    && self.recurrent.directions == Directions::Forward =>
            {
                Kind::LanguageModel
            }
            (Some(_), Some(_)) => Kind::Classifier,
        }
    }

    /// The language model of this architecture, if it is one.
    #[must_use]
    pub fn language_model(&self) -> Option<LanguageModelConfig> {
        let embedding = self.embedding.filter(|_| self.kind() == Kind::LanguageModel)?;
        let Recurrent { cell, hidden, layers, .. } = self.recurrent;
        let (vocabulary, embedding) = (embedding.symbols, embedding.width);
        Some(LanguageModelConfig::new(cell, vocabulary, embedding, hidden, layers))
    }

    /// The parameters under our names, in the order in which `rnn-compute` declares them.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut list = Vec::new();
        let mut declare =
            |name: String, shape: &[usize]| list.push(Parameter { name, shape: shape.to_vec() });
        if let Some(Embedding { symbols, width }) = self.embedding {
            declare("embedding.weight".into(), &[symbols, width]);
        }
        let Recurrent { cell, hidden, .. } = self.recurrent;
        let rows = cell.gates() * hidden;
        for (layer, suffix) in self.recurrent.suffixes() {
            declare(format!("rnn.weight_ih_{suffix}"), &[rows, self.recurrent.layer_inputs(layer)]);
            declare(format!("rnn.weight_hh_{suffix}"), &[rows, hidden]);
            declare(format!("rnn.bias_ih_{suffix}"), &[rows]);
            declare(format!("rnn.bias_hh_{suffix}"), &[rows]);
        }
        if let Some(Linear { inputs, outputs }) = self.output {
            declare("output.weight".into(), &[outputs, inputs]);
            declare("output.bias".into(), &[outputs]);
        }
        list
    }
}

impl From<LanguageModelConfig> for Architecture {
    fn from(config: LanguageModelConfig) -> Self {
        let LanguageModelConfig { vocabulary, embedding, hidden, layers, cell, .. } = config;
        Self {
            embedding: Some(Embedding { symbols: vocabulary, width: embedding }),
            recurrent: Recurrent { cell, inputs: embedding, hidden, layers, directions: Directions::Forward },
            output: Some(Linear { inputs: hidden, outputs: vocabulary }),
        }
    }
}
