//! The browsers that the end-to-end tests drive.

use super::{Tool, apt};
use crate::error::{Error, Result};
use crate::project::Project;
use std::env;
use std::path::PathBuf;

/// A browser: the program that a variable names, else the first of its names on PATH.
pub(crate) struct Browser {
    title: &'static str,
    variable: &'static str,
    /// The first is Debian's package, too.
    names: &'static [&'static str],
    advice: &'static str,
}

/// Chromium or Chrome, which opens the site.
pub(crate) const CHROMIUM: Browser = Browser {
    title: "Chromium",
    variable: "CHROMIUM",
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    advice: "install Chromium or Chrome, or set CHROMIUM to its program, and run this again",
};

/// Firefox, which must compute the same bits.
pub(crate) const FIREFOX: Browser = Browser {
    title: "Firefox",
    variable: "FIREFOX",
    names: &["firefox-esr", "firefox"],
    advice: "install Firefox, or set FIREFOX to its program, and run this again",
};

impl Browser {
    /// Its program.
    fn find(&self, project: &Project) -> Option<PathBuf> {
        env::var_os(self.variable)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
            .or_else(|| project.find_program(self.names))
    }

    /// Its program, or what to do about its absence.
    pub(crate) fn require(&self, project: &Project) -> Result<PathBuf> {
        self.find(project).ok_or_else(|| self.missing())
    }

    fn missing(&self) -> Error {
        Error::MissingProgram { program: self.names[0].into(), advice: self.advice }
    }
}

impl Tool for Browser {
    fn title(&self) -> String {
        self.title.into()
    }

    fn estimate(&self) -> &'static str {
        "Debian's package, about a minute"
    }

    fn is_there(&self, project: &Project) -> Result<bool> {
        Ok(self.find(project).is_some())
    }

    fn install(&self, project: &Project) -> Result<()> {
        if !apt::is_there(project) {
            return Err(self.missing());
        }
        apt::install(project, self.names[0])
    }
}
