//! `rnn generate text`.

use crate::error::CliError;
use crate::model_file;
use rnn_labs::text::TextGenerator;
use rnn_protocol::{Experiment, Setting};
use std::io::{self, Write};
use std::path::PathBuf;

/// What `rnn generate text` is told.
#[derive(clap::Args)]
pub(crate) struct TextArguments {
    /// A file that `rnn train text --out` wrote.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The text to continue.
    #[arg(long, default_value = "")]
    prompt: String,
    /// Below 1 bolder, above 1 wilder, 0 always the likeliest character; the model's own if not given.
    #[arg(long)]
    temperature: Option<String>,
    /// Characters to write.
    #[arg(long, default_value_t = 400)]
    length: u32,
    /// Seeds the drawing; the model's own if not given.
    #[arg(long)]
    seed: Option<u32>,
}

/// Writes the prompt and what follows it to standard output.
pub(crate) fn text(arguments: &TextArguments) -> Result<(), CliError> {
    let model = model_file::open(&arguments.model)?;
    let mut experiment: Experiment = model.experiment;
    if let Some(temperature) = &arguments.temperature {
        Setting::find("temperature")?.set(&mut experiment, temperature)?;
    }
    let seed = arguments.seed.unwrap_or(experiment.seed);
    let weights = &model.weights;
    let mut generator =
        TextGenerator::new(&experiment.model, model.vocabulary, seed, |name| weights.values(name))?;
    let mut output = io::stdout().lock();
    write!(output, "{}", arguments.prompt)?;
    let mut failure = None;
    generator.generate(&arguments.prompt, arguments.length, experiment.sampling.temperature, |symbol| {
        let written = write!(output, "{symbol}").and_then(|()| output.flush());
        failure = failure.take().or(written.err());
    })?;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(writeln!(output)?),
    }
}
