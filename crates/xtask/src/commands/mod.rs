//! One file a command.

mod bench;
mod build;
mod check;
mod data;
mod fuzz;
mod needs;
mod screenshots;
mod serve;
mod setup;
mod test;

use crate::error::Result;
use crate::project::Project;
use clap::{Parser, Subcommand};

/// The commands of RNN Playground. Each does the set-up steps it needs, and skips those done before.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Get the tools and the data
    Setup,
    /// Build the site and serve it on this machine
    Serve(serve::Options),
    /// Build the site into dist/, for any static host
    Build(build::Options),
    /// Run every test there is, in the browser too
    Test(test::Options),
    /// Check format, lints and documentation
    Check,
    /// Fetch and prepare the data of the labs
    Data,
    /// Measure how fast the engine trains
    Bench(bench::Options),
    /// Take pictures of the page, the README's too
    Screenshots(screenshots::Options),
}

impl CommandLine {
    /// Does what was asked for.
    pub(crate) fn run(&self) -> Result<()> {
        let project = Project::locate()?;
        match &self.command {
            Command::Setup => setup::run(&project),
            Command::Serve(options) => serve::run(&project, options),
            Command::Build(options) => build::run(&project, options),
            Command::Test(options) => test::run(&project, options),
            Command::Check => check::run(&project),
            Command::Data => data::run(&project),
            Command::Bench(options) => bench::run(&project, options),
            Command::Screenshots(options) => screenshots::run(&project, options),
        }
    }
}
