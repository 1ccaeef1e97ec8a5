//! `cargo xtask setup`: everything but the browser, which only the tests need.

use super::needs;
use crate::error::Result;
use crate::project::Project;
use crate::shell::Journal;
use crate::tools;

/// Gets the tools and the data.
pub(super) fn run(project: &Project) -> Result<()> {
    let mut journal = Journal::new();
    tools::ensure(&needs::for_building(project)?, project, &mut journal)?;
    tools::ensure(&needs::for_checking(), project, &mut journal)?;
    journal.summarise("cargo xtask setup");
    Ok(())
}
