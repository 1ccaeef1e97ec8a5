//! The same sessions from a terminal: train, generate and export.

mod devices;
mod error;
mod export;
mod generate;
mod log;
mod look;
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
    /// Write what a network looks like inside after some steps, as JSON.
    #[command(subcommand)]
    Look(LookLab),
    /// List the GPUs that networks can be trained on.
    Devices,
    /// Let a trained network write.
    #[command(subcommand)]
    Generate(GenerateLab),
    /// Write a network for other programs.
    #[command(subcommand)]
    Export(ExportFormat),
}

#[derive(Subcommand)]
enum TrainLab {
    /// Learn to predict the next character of a text.
    Text(train::TextArguments),
    /// Learn to keep something in mind over many steps.
    Memory(train::RunArguments),
    /// Learn to continue one sentence, with a network so small that every number can be followed.
    Anatomy(train::RunArguments),
}

#[derive(Subcommand)]
enum LookLab {
    /// Of one that learns to predict the next character of a text.
    Text(look::LookArguments),
}

#[derive(Subcommand)]
enum GenerateLab {
    /// Continue a text.
    Text(generate::TextArguments),
}

#[derive(Subcommand)]
enum ExportFormat {
    /// For onnxruntime and all else that reads ONNX.
    Onnx(export::OnnxArguments),
    /// As a Python script that trains and runs it in PyTorch.
    Pytorch(export::PytorchArguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Train(TrainLab::Text(arguments)) => train::text(&arguments),
        Command::Train(TrainLab::Memory(arguments)) => train::memory(&arguments),
        Command::Train(TrainLab::Anatomy(arguments)) => train::anatomy(&arguments),
        Command::Look(LookLab::Text(arguments)) => look::text(&arguments),
        Command::Devices => devices::list(),
        Command::Generate(GenerateLab::Text(arguments)) => generate::text(&arguments),
        Command::Export(ExportFormat::Onnx(arguments)) => export::onnx(&arguments),
        Command::Export(ExportFormat::Pytorch(arguments)) => export::pytorch(&arguments),
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
