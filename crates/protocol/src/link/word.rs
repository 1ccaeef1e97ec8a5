//! A word of a link that is no setting.

use super::fault::LinkFault;

/// One key of a link, and how its value is written and read.
#[derive(Debug, Clone, Copy)]
pub struct LinkWord<T> {
    /// The key.
    pub key: &'static str,
    /// Its value; `None` if it is the default, which is not written.
    pub(super) get: fn(&T) -> Option<String>,
    /// Sets it from text, or says what it must be, as the end of a sentence.
    pub(super) set: fn(&mut T, &str) -> Result<(), String>,
}

impl<T> LinkWord<T> {
    /// Its value; `None` if it is the default, which is not written.
    #[must_use]
    pub fn get(&self, from: &T) -> Option<String> {
        (self.get)(from)
    }

    /// Sets it from text.
    ///
    /// # Errors
    /// [`LinkFault::Value`], with what it must be and what was found.
    pub fn set(&self, into: &mut T, value: &str) -> Result<(), LinkFault> {
        (self.set)(into, value).map_err(|expected| LinkFault::value(self.key, expected, value))
    }
}
