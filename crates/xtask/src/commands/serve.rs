//! `cargo xtask serve`: builds the site and serves it on this machine.

use super::build::{build_portable_site, dist};
use super::needs;
use crate::error::Result;
use crate::project::Project;
use crate::shell::{Journal, say};
use crate::sources::build_id;
use crate::{static_site, tools};
use std::thread;
use std::time::Duration;

/// How often the sources are looked at under `--watch`.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// Where to serve, and how long what is built is good for.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Port on 127.0.0.1; the next free one where it is taken
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Build again whenever a source changes (the page is reloaded by hand)
    #[arg(long)]
    watch: bool,
}

/// Builds and serves, until it is stopped.
pub(super) fn run(project: &Project, options: &Options) -> Result<()> {
    let mut journal = Journal::new();
    tools::ensure(&needs::for_building(project)?, project, &mut journal)?;
    let mut built_id = build_id(project)?;
    build_portable_site(project, &mut journal)?;
    let (server, port) = static_site::listen(options.port)?;
    journal.summarise("ready to serve");
    say(&format!("\nRNN Playground is at  http://127.0.0.1:{port}/  (stop it with Ctrl+C)"));

    let folder = dist(project);
    if !options.watch {
        static_site::serve(&server, &folder);
        return Ok(());
    }
    thread::spawn(move || static_site::serve(&server, &folder));
    loop {
        thread::sleep(WATCH_INTERVAL);
        let id = build_id(project)?;
        if id != built_id {
            built_id = id;
            if let Err(error) = build_portable_site(project, &mut Journal::new()) {
                // The last good site is served on while the sources are put right.
                say(&error.to_string());
            }
        }
    }
}
