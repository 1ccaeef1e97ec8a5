//! `cargo xtask data`: the data that the labs are served with.

use crate::data::ShippedData;
use crate::error::Result;
use crate::project::Project;
use crate::shell::Journal;
use crate::tools;

/// Fetches and prepares the data.
pub(super) fn run(project: &Project) -> Result<()> {
    let mut journal = Journal::new();
    tools::ensure(&[Box::new(ShippedData)], project, &mut journal)?;
    journal.summarise("cargo xtask data");
    Ok(())
}
