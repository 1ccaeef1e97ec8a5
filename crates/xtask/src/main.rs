//! The project's commands: `cargo xtask setup | serve | build | test | check | data | bench | screenshots`.
//!
//! Everything that a person or a machine does with this repository beyond plain Cargo goes through here,
//! so that it is written down once and works the same everywhere. A command does the set-up steps it
//! needs ([`tools`]), says what it does and how long it takes ([`shell`]), and skips what was done before.
//! Tools and downloads live in a cache outside the checkout ([`project`]).

mod commands;
mod data;
mod digest;
mod error;

mod project;
mod shell;
mod site_size;
mod sources;
mod static_site;
mod tools;
mod wasm_module;
mod worker_modules;

use clap::Parser;
use commands::CommandLine;
use std::process::ExitCode;

fn main() -> ExitCode {
    match CommandLine::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::say(&format!("\nerror: {error}"));
            ExitCode::FAILURE
        }
    }
}
