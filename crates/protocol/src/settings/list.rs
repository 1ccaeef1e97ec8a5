//! Every setting of an experiment: the one list that the command line and the panels read.

use super::{Choice, Range, Setting, SettingKind, SettingScope};
use crate::anatomy::{AnatomySettings, MAX_ANATOMY_EMBEDDING, MAX_ANATOMY_UNITS, MAX_SENTENCE_CHARS};
use crate::experiment::{CellKind, InitialisationKind, NonlinearityKind, OptimizerKind};
use crate::race::BudgetUnit;
use crate::{LabKind, MemoryTask, TokenKind};

const CELLS: &[Choice] = &[
    Choice { key: "elman", label: "Elman" },
    Choice { key: "lstm", label: "LSTM" },
    Choice { key: "gru", label: "GRU" },
];
const INITIALISATIONS: &[Choice] = &[
    Choice { key: "pytorch", label: "PyTorch default" },
    Choice { key: "xavier", label: "Xavier" },
    Choice { key: "orthogonal", label: "Orthogonal" },
    Choice { key: "identity", label: "Identity" },
];
const NONLINEARITIES: &[Choice] =
    &[Choice { key: "tanh", label: "tanh" }, Choice { key: "relu", label: "ReLU" }];
const TASKS: &[Choice] = &[
    Choice { key: "copy", label: "Copy" },
    Choice { key: "adding", label: "Adding" },
    Choice { key: "order", label: "Temporal order" },
];
const TOKENS: &[Choice] =
    &[Choice { key: "characters", label: "Characters" }, Choice { key: "words", label: "Words" }];
const OPTIMIZERS: &[Choice] = &[
    Choice { key: "sgd", label: "SGD" },
    Choice { key: "rmsprop", label: "RMSprop" },
    Choice { key: "adam", label: "Adam" },
    Choice { key: "adamw", label: "AdamW" },
];
const BUDGET_UNITS: &[Choice] =
    &[Choice { key: "steps", label: "Steps" }, Choice { key: "seconds", label: "Seconds" }];

/// Settings of a network that is trained by gradients are read by every lab.
const EVERY_LAB: &[LabKind] = &LabKind::ALL;
const TEXT: &[LabKind] = &[LabKind::Text];
const MEMORY: &[LabKind] = &[LabKind::Memory];
const ANATOMY: &[LabKind] = &[LabKind::Anatomy];
/// The Anatomy lab has one layer, and reads one sentence.
const LARGER_LABS: &[LabKind] = &[LabKind::Text, LabKind::Memory];

/// A size has no upper bound of its own: what it costs is memory, and the session says how much.
const fn size(min: u32) -> SettingKind {
    SettingKind::Whole(Range { min, max: 1_000_000 })
}

/// Every setting, in the order of the panels.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "task",
        label: "Task",
        help: "What the network has to keep in mind until the end of a sequence.",
        kind: SettingKind::Choice(TASKS),
        scope: SettingScope::NewRun,
        labs: MEMORY,
        get: |experiment| match experiment.memory.task {
            MemoryTask::Copy => "copy".into(),
            MemoryTask::Adding => "adding".into(),
            MemoryTask::Order => "order".into(),
        },
        set: |experiment, setting, value| {
            experiment.memory.task = match value {
                "copy" => MemoryTask::Copy,
                "adding" => MemoryTask::Adding,
                "order" => MemoryTask::Order,
                _ => return Err(setting.not_a_choice(value)),
            };
            Ok(())
        },
    },
    Setting {
        key: "delay",
        label: "Delay",
        help: "Steps of a sequence that carry nothing to keep in mind.",
        kind: SettingKind::Whole(Range { min: 1, max: 200 }),
        scope: SettingScope::NewRun,
        labs: MEMORY,
        get: |experiment| experiment.memory.delay.to_string(),
        set: |experiment, setting, value| setting.whole(value).map(|n| experiment.memory.delay = n),
    },
    Setting {
        key: "tokens",
        label: "Tokens",
        help: "What the sentence is cut into: each token is read at one time step.",
        kind: SettingKind::Choice(TOKENS),
        scope: SettingScope::NewRun,
        labs: ANATOMY,
        get: |experiment| match experiment.anatomy.tokens {
            TokenKind::Characters => "characters".into(),
            TokenKind::Words => "words".into(),
        },
        set: |experiment, setting, value| {
            let tokens = match value {
                "characters" => TokenKind::Characters,
                "words" => TokenKind::Words,
                _ => return Err(setting.not_a_choice(value)),
            };
            let sentence = experiment.anatomy.sentence.clone();
            Setting::sentence(experiment, AnatomySettings { sentence, tokens })
        },
    },
    Setting {
        key: "sentence",
        label: "Sentence",
        help: "What the network reads and learns to continue, token by token.",
        kind: SettingKind::Text(MAX_SENTENCE_CHARS),
        scope: SettingScope::NewRun,
        labs: ANATOMY,
        get: |experiment| experiment.anatomy.sentence.clone(),
        set: |experiment, _, value| {
            let tokens = experiment.anatomy.tokens;
            Setting::sentence(experiment, AnatomySettings { sentence: value.to_owned(), tokens })
        },
    },
    Setting {
        key: "cell",
        label: "Cell",
        help: "The recurrent cell that carries the state from one time step to the next.",
        kind: SettingKind::Choice(CELLS),
        scope: SettingScope::NewRun,
        labs: EVERY_LAB,
        get: |experiment| match experiment.model.cell {
            CellKind::Elman => "elman".into(),
            CellKind::Lstm => "lstm".into(),
            CellKind::Gru => "gru".into(),
        },
        set: |experiment, setting, value| {
            experiment.model.cell = match value {
                "elman" => CellKind::Elman,
                "lstm" => CellKind::Lstm,
                "gru" => CellKind::Gru,
                _ => return Err(setting.not_a_choice(value)),
            };
            Ok(())
        },
    },
    Setting {
        key: "nonlinearity",
        label: "Nonlinearity",
        help: "What an Elman network bends its sums with. LSTM and GRU do not read it.",
        kind: SettingKind::Choice(NONLINEARITIES),
        scope: SettingScope::NewRun,
        labs: MEMORY,
        get: |experiment| match experiment.model.nonlinearity {
            NonlinearityKind::Tanh => "tanh".into(),
            NonlinearityKind::Relu => "relu".into(),
        },
        set: |experiment, setting, value| {
            experiment.model.nonlinearity = match value {
                "tanh" => NonlinearityKind::Tanh,
                "relu" => NonlinearityKind::Relu,
                _ => return Err(setting.not_a_choice(value)),
            };
            Ok(())
        },
    },
    Setting {
        key: "layers",
        label: "Layers",
        help: "Recurrent layers stacked on each other; each reads the hidden states of the one below.",
        kind: SettingKind::Whole(Range { min: 1, max: 8 }),
        scope: SettingScope::NewRun,
        labs: LARGER_LABS,
        get: |experiment| experiment.model.layers.to_string(),
        set: |experiment, setting, value| setting.whole(value).map(|n| experiment.model.layers = n),
    },
    Setting {
        key: "hidden_size",
        label: "Hidden size",
        help: "Units of each layer: how many numbers the network remembers from step to step.",
        kind: size(1),
        scope: SettingScope::NewRun,
        labs: EVERY_LAB,
        get: |experiment| experiment.model.hidden_size.to_string(),
        set: |experiment, setting, value| {
            let size = setting.size(experiment, MAX_ANATOMY_UNITS, value)?;
            experiment.model.hidden_size = size;
            Ok(())
        },
    },
    Setting {
        key: "embedding_size",
        label: "Embedding size",
        help: "Length of the learnt vector that stands for each symbol.",
        kind: size(1),
        scope: SettingScope::NewRun,
        labs: EVERY_LAB,
        get: |experiment| experiment.model.embedding_size.to_string(),
        set: |experiment, setting, value| {
            let size = setting.size(experiment, MAX_ANATOMY_EMBEDDING, value)?;
            experiment.model.embedding_size = size;
            Ok(())
        },
    },
    Setting {
        key: "initialisation",
        label: "Initial weights",
        help: "How the weights are drawn before the first step.",
        kind: SettingKind::Choice(INITIALISATIONS),
        scope: SettingScope::NewRun,
        labs: EVERY_LAB,
        get: |experiment| match experiment.model.initialisation {
            InitialisationKind::Pytorch => "pytorch".into(),
            InitialisationKind::Xavier => "xavier".into(),
            InitialisationKind::Orthogonal => "orthogonal".into(),
            InitialisationKind::Identity => "identity".into(),
        },
        set: |experiment, setting, value| {
            experiment.model.initialisation = match value {
                "pytorch" => InitialisationKind::Pytorch,
                "xavier" => InitialisationKind::Xavier,
                "orthogonal" => InitialisationKind::Orthogonal,
                "identity" => InitialisationKind::Identity,
                _ => return Err(setting.not_a_choice(value)),
            };
            Ok(())
        },
    },
    Setting {
        key: "forget_bias",
        label: "Forget-gate bias",
        help: "The bias of an LSTM's forget gates before the first step: at 1 it begins by keeping what it has.",
        kind: SettingKind::Decimal(Range { min: -100.0, max: 100.0 }),
        scope: SettingScope::NewRun,
        labs: MEMORY,
        get: |experiment| experiment.model.forget_bias.to_string(),
        set: |experiment, setting, value| setting.decimal(value).map(|x| experiment.model.forget_bias = x),
    },
    Setting {
        key: "optimizer",
        label: "Optimiser",
        help: "The rule that turns gradients into weight changes.",
        kind: SettingKind::Choice(OPTIMIZERS),
        scope: SettingScope::NewRun,
        labs: EVERY_LAB,
        get: |experiment| match experiment.training.optimizer {
            OptimizerKind::Sgd => "sgd".into(),
            OptimizerKind::Rmsprop => "rmsprop".into(),
            OptimizerKind::Adam => "adam".into(),
            OptimizerKind::Adamw => "adamw".into(),
        },
        set: |experiment, setting, value| {
            experiment.training.optimizer = match value {
                "sgd" => OptimizerKind::Sgd,
                "rmsprop" => OptimizerKind::Rmsprop,
                "adam" => OptimizerKind::Adam,
                "adamw" => OptimizerKind::Adamw,
                _ => return Err(setting.not_a_choice(value)),
            };
            Ok(())
        },
    },
    Setting {
        key: "learning_rate",
        label: "Learning rate",
        help: "How far each step moves the weights.",
        kind: SettingKind::Decimal(Range { min: 0.0, max: f32::MAX }),
        scope: SettingScope::Live,
        labs: EVERY_LAB,
        get: |experiment| experiment.training.learning_rate.to_string(),
        set: |experiment, setting, value| {
            setting.decimal(value).map(|x| experiment.training.learning_rate = x)
        },
    },
    Setting {
        key: "momentum",
        label: "Momentum",
        help: "How much of its last change SGD keeps. The other optimisers do not read it.",
        kind: SettingKind::Decimal(Range { min: 0.0, max: 1.0 }),
        scope: SettingScope::Live,
        labs: EVERY_LAB,
        get: |experiment| experiment.training.momentum.to_string(),
        set: |experiment, setting, value| setting.decimal(value).map(|x| experiment.training.momentum = x),
    },
    Setting {
        key: "weight_decay",
        label: "Weight decay",
        help: "How fast AdamW shrinks the weights. The other optimisers do not read it.",
        kind: SettingKind::Decimal(Range { min: 0.0, max: 1.0 }),
        scope: SettingScope::Live,
        labs: EVERY_LAB,
        get: |experiment| experiment.training.weight_decay.to_string(),
        set: |experiment, setting, value| {
            setting.decimal(value).map(|x| experiment.training.weight_decay = x)
        },
    },
    Setting {
        key: "clip_norm",
        label: "Clip gradient at",
        help: "A gradient whose norm is larger is scaled down to this. 0 turns clipping off.",
        kind: SettingKind::Decimal(Range { min: 0.0, max: f32::MAX }),
        scope: SettingScope::Live,
        labs: EVERY_LAB,
        get: |experiment| experiment.training.clip_norm.to_string(),
        set: |experiment, setting, value| setting.decimal(value).map(|x| experiment.training.clip_norm = x),
    },
    Setting {
        key: "batch_size",
        label: "Batch",
        help: "Sequences that are read side by side.",
        kind: size(1),
        scope: SettingScope::NewRun,
        labs: LARGER_LABS,
        get: |experiment| experiment.training.batch_size.to_string(),
        set: |experiment, setting, value| setting.whole(value).map(|n| experiment.training.batch_size = n),
    },
    Setting {
        key: "sequence_length",
        label: "Sequence length",
        help: "Time steps that the gradient travels back before it is cut off.",
        kind: size(1),
        scope: SettingScope::Window,
        labs: TEXT,
        get: |experiment| experiment.training.sequence_length.to_string(),
        set: |experiment, setting, value| {
            setting.whole(value).map(|n| experiment.training.sequence_length = n)
        },
    },
    Setting {
        key: "temperature",
        label: "Temperature",
        help: "Below 1 the text gets bolder and repeats itself, above 1 it gets wilder.",
        kind: SettingKind::Decimal(Range { min: 0.0, max: 10.0 }),
        scope: SettingScope::Live,
        labs: TEXT,
        get: |experiment| experiment.sampling.temperature.to_string(),
        set: |experiment, setting, value| setting.decimal(value).map(|x| experiment.sampling.temperature = x),
    },
    Setting {
        key: "seed",
        label: "Seed",
        help: "The same seed gives the same run, bit for bit.",
        kind: SettingKind::Whole(Range { min: 0, max: u32::MAX }),
        scope: SettingScope::NewRun,
        labs: EVERY_LAB,
        get: |experiment| experiment.seed.to_string(),
        set: |experiment, setting, value| setting.whole(value).map(|n| experiment.seed = n),
    },
    Setting {
        key: "budget",
        label: "Stop after",
        help: "Training pauses there by itself, so that a result is final. 0: it goes on until you pause.",
        kind: SettingKind::Whole(Range { min: 0, max: u32::MAX }),
        scope: SettingScope::Live,
        labs: EVERY_LAB,
        get: |experiment| experiment.budget.amount.to_string(),
        set: |experiment, setting, value| setting.whole(value).map(|n| experiment.budget.amount = n),
    },
    Setting {
        key: "budget_unit",
        label: "Counted in",
        help: "Steps give the same result everywhere. Seconds give each network of a race the same time to train; \
               how far it gets depends on the machine.",
        kind: SettingKind::Choice(BUDGET_UNITS),
        scope: SettingScope::Live,
        labs: EVERY_LAB,
        get: |experiment| match experiment.budget.unit {
            BudgetUnit::Steps => "steps".into(),
            BudgetUnit::Seconds => "seconds".into(),
        },
        set: |experiment, setting, value| {
            experiment.budget.unit = match value {
                "steps" => BudgetUnit::Steps,
                "seconds" => BudgetUnit::Seconds,
                _ => return Err(setting.not_a_choice(value)),
            };
            Ok(())
        },
    },
];
