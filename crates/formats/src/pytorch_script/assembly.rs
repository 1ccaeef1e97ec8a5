//! Puts a script together.

use super::{Data, Ends, Script, Unit, Vocabulary, data, layers, model, packed, text, training, writer};
use crate::{Architecture, FormatError, Kind, SequenceNetwork};
use rnn_compute::models::SequencePooling;

impl Script<'_> {
    /// Writes the script.
    ///
    /// # Errors
    /// If the data are none for this network, if there are not as many symbols or names as it has, or if the
    /// training does something that the script would not.
    pub fn to_source(&self) -> Result<String, FormatError> {
        training::check(&self.training.trainer)?;
        self.check_data()?;
        let pieces = match &self.architecture {
            Architecture::Sequence(network) => self.sequence_pieces(network),
            Architecture::EncoderDecoder(config) => {
                let mut modules = vec![writer::source_encoder(config)];
                modules.extend(config.attention.map(writer::attention));
                modules.push(writer::decoder(&config.decoder()));
                modules.push(writer::network(config.attention, false));
                self.writer_pieces(writer::encoder_decoder_sizes(config), modules)
            }
            Architecture::Captioner(config) => {
                let modules = vec![
                    writer::image_encoder(config),
                    writer::decoder(&config.decoder),
                    writer::network(None, true),
                ];
                self.writer_pieces(writer::captioner_sizes(config), modules)
            }
        };
        let pieces = [vec![self.head(), self.imports()], pieces].concat();
        Ok(format!("{}\n\n\nif __name__ == \"__main__\":\n    main()\n", pieces.join("\n\n")))
    }

    /// Whether it trains with a learning rate that changes with the steps.
    fn is_scheduled(&self) -> bool {
        self.has_training() && training::is_scheduled(&self.training.trainer)
    }

    fn has_training(&self) -> bool {
        self.architecture.kind() != Kind::RecurrentLayers
    }

    fn has_layer_norm(&self) -> bool {
        self.architecture.sequence().is_some_and(|network| network.recurrent.layer_norm)
    }

    /// Whether its batches are made of examples.
    fn has_examples(&self) -> bool {
        !matches!(self.data, Data::None | Data::Text(_))
    }

    /// Whether it reads windows of a fixed number of steps.
    fn has_steps(&self) -> bool {
        matches!(self.data, Data::None | Data::Text(_) | Data::Table { .. })
    }

    fn sequence_pieces(&self, network: &SequenceNetwork) -> Vec<String> {
        let has_norm = network.recurrent.layer_norm;
        let mut pieces = vec![model::sizes(network)];
        if self.has_training() {
            pieces.push(training::constants(&self.training, self.has_steps()));
        }
        pieces.extend(self.data_constants());
        if has_norm {
            pieces.push(layers::class(&network.recurrent));
        }
        let loss = match self.data {
            Data::ClassifiedTexts { pooling, .. } => {
                pieces.push(packed::classifier(network, pooling));
                let is_binary = network.output.is_some_and(|output| output.outputs == 1);
                Some(packed::classifier_loss(is_binary))
            }
            Data::TaggedWords { .. } => {
                pieces.push(packed::of_steps(network, false));
                Some(packed::tagger_loss())
            }
            Data::Frames { .. } => {
                pieces.push(packed::of_steps(network, true));
                Some(packed::transducer_loss())
            }
            Data::Table { loss, .. } => {
                pieces.push(packed::forecaster(network));
                Some(packed::forecaster_loss(loss))
            }
            _ => {
                pieces.push(model::class(network));
                None
            }
        };
        pieces.push(model::loading(has_norm));
        match loss {
            Some(loss) => {
                pieces.push(loss);
                pieces.extend(self.example_pieces());
            }
            None => pieces.extend(self.plain_pieces(network)),
        }
        pieces
    }

    /// What a script has for a text, or for no data.
    fn plain_pieces(&self, network: &SequenceNetwork) -> Vec<String> {
        let mut pieces = Vec::new();
        if self.has_training() {
            pieces.push(training::step(network, &self.training.trainer));
        }
        if self.is_scheduled() {
            pieces.push(training::schedule(&self.training.trainer));
        }
        if let Data::Text(_) = self.data {
            pieces.extend([text::data(), text::training_loop(self.is_scheduled()), text::writing()]);
            pieces.push(text::main().replace("WEIGHTS", self.weights()));
        } else {
            pieces.push(model::main(network));
        }
        pieces
    }

    /// What a script has for examples, after the loss.
    fn example_pieces(&self) -> Vec<String> {
        let mut pieces = vec![training::example_step(&self.training.trainer)];
        if self.is_scheduled() {
            pieces.push(training::schedule(&self.training.trainer));
        }
        pieces.extend(match self.data {
            Data::ClassifiedTexts { vocabulary, .. } => {
                vec![data::ids("", vocabulary.unit), data::classified_texts()]
            }
            Data::TaggedWords { .. } => vec![data::tagged_words()],
            Data::Table { .. } => vec![data::table()],
            Data::Frames { .. } => vec![data::frames()],
            Data::Pairs { source, target, .. } => {
                vec![data::ids("SOURCE_", source.unit), data::ids("TARGET_", target.unit), data::pairs()]
            }
            Data::Pictures { .. } => vec![data::pictures()],
            Data::None | Data::Text(_) => Vec::new(),
        });
        pieces.push(data::training_loop(self.is_scheduled()).replace("WEIGHTS", self.weights()));
        pieces
    }

    fn writer_pieces(&self, sizes: String, modules: Vec<String>) -> Vec<String> {
        let mut pieces = vec![sizes, training::constants(&self.training, self.has_steps())];
        pieces.extend(self.data_constants());
        pieces.extend(modules);
        pieces.push(model::loading(false));
        pieces.extend(self.example_pieces());
        pieces
    }

    /// What is saved.
    fn weights(&self) -> &'static str {
        if self.has_layer_norm() { "names_for_file(model.state_dict())" } else { "model.state_dict()" }
    }

    fn data_constants(&self) -> Option<String> {
        let ends = |Ends { begin, end }: Ends| format!("BEGIN, END = {begin}, {end}");
        Some(match &self.data {
            Data::None => return None,
            Data::Text(symbols) => text::constants(symbols),
            Data::ClassifiedTexts { vocabulary, classes, .. } => {
                format!("{}\n{}", data::vocabulary("", vocabulary), data::list("CLASSES", classes))
            }
            Data::TaggedWords { vocabulary, tags } => {
                format!("{}\n{}", data::vocabulary("", vocabulary), data::list("TAGS", tags))
            }
            Data::Table { ahead, .. } => format!("AHEAD = {ahead}"),
            Data::Frames { blank } => format!("BLANK = {blank}"),
            Data::Pairs { source, target, ends: both } => format!(
                "{}\n{}\n{}",
                data::vocabulary("SOURCE_", source),
                data::vocabulary("TARGET_", target),
                ends(*both)
            ),
            Data::Pictures { ends: both } => ends(*both),
        })
    }

    /// Refuses data that are none for this network.
    fn check_data(&self) -> Result<(), FormatError> {
        let counted = |what: &str, expected: usize, found: usize| {
            let reason = format!("the network has {expected} {what}, found a vocabulary of {found}");
            if expected == found { Ok(()) } else { Err(FormatError::Export { reason }) }
        };
        let within =
            |what: &str, size: usize, found: Option<usize>| match found.filter(|&found| found >= size) {
                Some(found) => {
                    let reason = format!("{what} must be below {size}, found {found}");
                    Err(FormatError::Export { reason })
                }
                None => Ok(()),
            };
        let known = |what: &str, expected: usize, vocabulary: &Vocabulary| {
            counted(what, expected, vocabulary.symbols.len())?;
            within("what stands for unknown symbols", expected, vocabulary.unknown)
        };
        let both = |Ends { begin, end }: Ends, symbols: usize| {
            within("what writing begins with", symbols, Some(begin))?;
            within("what writing ends with", symbols, Some(end))
        };
        match (&self.architecture, &self.data) {
            (Architecture::Sequence(SequenceNetwork { embedding, output, recurrent, .. }), data) => {
                match (data, embedding, output) {
                    (Data::None, ..) => Ok(()),
                    (Data::Text(symbols), Some(embedding), Some(_))
                        if self.architecture.kind() == Kind::LanguageModel =>
                    {
                        counted("symbols", embedding.symbols, symbols.len())
                    }
                    (Data::ClassifiedTexts { vocabulary, classes, .. }, Some(embedding), Some(output)) => {
                        known("symbols", embedding.symbols, vocabulary)?;
                        // One score tells two classes apart.
                        counted("classes", output.outputs.max(2), classes.len())
                    }
                    (Data::TaggedWords { vocabulary, tags }, Some(embedding), Some(output))
                        if vocabulary.unit == Unit::Word =>
                    {
                        known("symbols", embedding.symbols, vocabulary)?;
                        counted("tags", output.outputs, tags.len())
                    }
                    (Data::Table { ahead, .. }, None, Some(output))
                        if *ahead > 0
                            && output.outputs % ahead == 0
                            && output.outputs / ahead <= recurrent.inputs =>
                    {
                        Ok(())
                    }
                    (Data::Frames { blank }, None, Some(output)) => {
                        within("the blank", output.outputs, Some(*blank))
                    }
                    _ => refuse(),
                }
            }
            (Architecture::EncoderDecoder(config), Data::Pairs { source, target, ends }) => {
                known("source symbols", config.source_vocabulary, source)?;
                known("target symbols", config.target_vocabulary, target)?;
                both(*ends, config.target_vocabulary)
            }
            (Architecture::Captioner(config), Data::Pictures { ends }) => {
                both(*ends, config.decoder.vocabulary)
            }
            _ => refuse(),
        }
    }

    fn head(&self) -> String {
        let what = model::in_words(&self.architecture);
        let usage = match self.data {
            Data::None => "    python SCRIPT --weights trained.safetensors",
            Data::Text(_) => {
                "    python SCRIPT --text book.txt --steps 2000 --out trained.safetensors\n    \
                 python SCRIPT --weights trained.safetensors --prompt \"Call me\""
            }
            Data::Table { .. } => "    python SCRIPT --data table.csv --steps 2000 --out trained.safetensors",
            Data::Frames { .. } | Data::Pictures { .. } => {
                "    python SCRIPT --data examples.npz --steps 2000 --out trained.safetensors"
            }
            _ => "    python SCRIPT --data lines.txt --steps 2000 --out trained.safetensors",
        };
        let numpy = if self.needs_numpy() { "numpy, torch" } else { "torch" };
        let source = if self.architecture.sequence().is_none() { ", S written steps" } else { "" };
        format!(
            r#""""{what}, for PyTorch.

{usage}

Needs the packages {numpy} and safetensors. Written by RNN Playground; weights that it exports
load as they are.

Symbols: T time steps, B batch{source}.
""""#
        )
    }

    fn needs_numpy(&self) -> bool {
        matches!(self.data, Data::Frames { .. } | Data::Pictures { .. })
    }

    fn imports(&self) -> String {
        let is_text = matches!(self.data, Data::Text(_));
        let mut lines = vec!["import argparse".to_owned()];
        lines.extend(is_text.then(|| "import math".to_owned()));
        lines.extend(self.has_layer_norm().then(|| "import re".to_owned()));
        lines.push("from pathlib import Path\n".to_owned());
        lines.extend(self.needs_numpy().then(|| "import numpy".to_owned()));
        let files = if is_text || self.has_examples() { "load_file, save_file" } else { "load_file" };
        lines.push(format!(
            "import torch\nfrom safetensors.torch import {files}\nfrom torch import Tensor, nn"
        ));
        if self.has_training() {
            lines.push("from torch.nn import functional".to_owned());
        }
        let mut tools = Vec::new();
        if self.has_layer_norm() {
            tools.push("PackedSequence");
        }
        let packs = matches!(
            self.data,
            Data::ClassifiedTexts { .. }
                | Data::TaggedWords { .. }
                | Data::Frames { .. }
                | Data::Pairs { .. }
        );
        if packs {
            tools.push("pack_padded_sequence");
        }
        let is_last = matches!(self.data, Data::ClassifiedTexts { pooling: SequencePooling::Last, .. });
        if packs && !is_last {
            tools.push("pad_packed_sequence");
        }
        if packs || matches!(self.data, Data::Pictures { .. }) {
            tools.push("pad_sequence");
        }
        if !tools.is_empty() {
            lines.push(format!("from torch.nn.utils.rnn import {}", tools.join(", ")));
        }
        if self.is_scheduled() {
            lines.push("from torch.optim import lr_scheduler".to_owned());
        }
        lines.join("\n")
    }
}

fn refuse() -> Result<(), FormatError> {
    Err(FormatError::Export { reason: "such data are none for this network".to_owned() })
}
