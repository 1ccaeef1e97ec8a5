//! Which of a file's modules are which of ours.

/// Beginnings of names: ours, and what stands in the file instead.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    /// Says that what begins so with us begins so in the file.
    pub(super) fn add(&mut self, ours: impl Into<String>, theirs: impl Into<String>) {
        self.0.push((ours.into(), theirs.into()));
    }

    /// The name in the file of one of our parameters.
    pub(super) fn theirs(&self, ours: &str) -> String {
        let known =
            self.0.iter().find_map(|(begin, theirs)| Some(theirs.clone() + ours.strip_prefix(&**begin)?));
        known.unwrap_or_else(|| ours.to_owned())
    }
}
