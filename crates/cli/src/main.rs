//! The same sessions from a terminal: train and generate.

mod error;
mod generate;
mod log;
mod model_file;
mod train;

use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;

/// Train recurrent networks and let them write, with the engine of RNN Playground.
#[derive(Parser)]
#[command(name = "rnn", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a network.
    #[command(subcommand)]
    Train(TrainLab),
    /// Let a trained network write.
    #[command(subcommand)]
    Generate(GenerateLab),
}

#[derive(Subcommand)]
enum TrainLab {
    /// Learn to predict the next character of a text.
    Text(train::TextArguments),
}

#[derive(Subcommand)]
enum GenerateLab {
    /// Continue a text.
    Text(generate::TextArguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Train(TrainLab::Text(arguments)) => train::text(&arguments),
        Command::Generate(GenerateLab::Text(arguments)) => generate::text(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is gone, the exit code is all that is left.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
