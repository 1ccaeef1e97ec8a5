//! A network, and how it is trained, as a Python script for PyTorch: to read, to run, to go on from. Its
//! module has the names of the weight file, so that the file loads as it is, and computes what the engine
//! computes.
//!
//! A script is put together from pieces: the model for every architecture, a training step for every
//! architecture with an output, and for a language model of characters also text data, the training loop
//! and writing.

mod model;
mod text;
mod training;

use crate::{Architecture, FormatError, Kind};
use rnn_compute::TrainerConfig;
use rnn_compute::models::Window;

/// How a network is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training {
    /// The update rule and clipping.
    pub trainer: TrainerConfig,
    /// What is read in one step.
    pub window: Window,
    /// Seeds the weights where none are loaded. They are PyTorch's own draw, not the engine's.
    pub seed: u32,
}

/// What a script is written from.
#[derive(Debug, Clone, PartialEq)]
pub struct Script<'a> {
    /// The network.
    pub architecture: Architecture,
    /// How it is trained.
    pub training: Training,
    /// The characters that a language model of text knows, by their numbers.
    pub symbols: Option<&'a [char]>,
}

impl Script<'_> {
    /// Writes the script.
    ///
    /// # Errors
    /// If there are not as many symbols as the network has, or if the training does something that the
    /// script would not.
    pub fn to_source(&self) -> Result<String, FormatError> {
        let Self { architecture, training, symbols } = self;
        let is_language_model = architecture.kind() == Kind::LanguageModel;
        let symbols = symbols.filter(|_| is_language_model);
        if let (Some(symbols), Some(embedding)) = (symbols, architecture.embedding)
            && symbols.len() != embedding.symbols
        {
            let (expected, found) = (embedding.symbols, symbols.len());
            let reason = format!("the network has {expected} symbols, found a vocabulary of {found}");
            return Err(FormatError::Export { reason });
        }
        let has_output = architecture.output.is_some();
        training::check(&training.trainer)?;
        let pieces = [
            Some(head(architecture, symbols.is_some())),
            Some(imports(self, symbols.is_some())),
            Some(model::sizes(architecture)),
            has_output.then(|| training::constants(training)),
            symbols.map(text::constants),
            Some(model::class(architecture)),
            Some(model::loading()),
            has_output.then(|| training::step(architecture, &training.trainer)),
            self.is_scheduled().then(|| training::schedule(&training.trainer)),
            symbols.map(|_| text::data()),
            symbols.map(|_| text::training_loop(self.is_scheduled())),
            symbols.map(|_| text::writing()),
            Some(if symbols.is_some() { text::main() } else { model::main(architecture) }),
        ];
        let pieces: Vec<String> = pieces.into_iter().flatten().collect();
        Ok(format!("{}\n\n\nif __name__ == \"__main__\":\n    main()\n", pieces.join("\n\n")))
    }

    /// Whether it trains with a learning rate that changes with the steps.
    fn is_scheduled(&self) -> bool {
        self.architecture.output.is_some() && training::is_scheduled(&self.training.trainer)
    }
}

fn head(architecture: &Architecture, is_text: bool) -> String {
    let what = model::in_words(architecture);
    let usage = if is_text {
        "    python SCRIPT --text book.txt --steps 2000 --out trained.safetensors\n    \
         python SCRIPT --weights trained.safetensors --prompt \"Call me\""
    } else {
        "    python SCRIPT --weights trained.safetensors"
    };
    format!(
        r#""""{what}, for PyTorch.

{usage}

Needs the packages torch and safetensors. Written by RNN Playground; weights that it exports load as they are.

Symbols: T time steps, B batch.
""""#
    )
}

fn imports(script: &Script, is_text: bool) -> String {
    let standard = if is_text { "import argparse\nimport math" } else { "import argparse" };
    let files = if is_text { "load_file, save_file" } else { "load_file" };
    let mut lines = vec![
        format!("{standard}\nfrom pathlib import Path\n"),
        format!("import torch\nfrom safetensors.torch import {files}\nfrom torch import Tensor, nn"),
    ];
    if script.architecture.output.is_some() {
        lines.push("from torch.nn import functional".to_owned());
    }
    if script.is_scheduled() {
        lines.push("from torch.optim import lr_scheduler".to_owned());
    }
    lines.join("\n")
}
