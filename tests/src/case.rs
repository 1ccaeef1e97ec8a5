//! Goldens of single ops: the files that `goldens/cases.py` writes.

use crate::files::file_of_tests;
use rnn_compute::Real;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::{fs, io};

/// What PyTorch made of some inputs.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// What is special about it.
    pub name: String,
    sizes: BTreeMap<String, usize>,
    constants: BTreeMap<String, f64>,
    indices: BTreeMap<String, Vec<u32>>,
    tensors: BTreeMap<String, Vec<f64>>,
}

#[derive(Debug, Deserialize)]
struct CaseFile {
    cases: Vec<Case>,
}

impl Case {
    /// Reads the cases of `goldens/{file}.json`.
    ///
    /// # Errors
    /// If there is no such file or it holds something else.
    pub fn load(file: &str) -> io::Result<Vec<Self>> {
        let path = file_of_tests(&format!("goldens/{file}.json"));
        let CaseFile { cases } = serde_json::from_str(&fs::read_to_string(path)?)?;
        Ok(cases)
    }

    /// A size.
    ///
    /// # Panics
    /// If the case has none of this name.
    #[must_use]
    pub fn size(&self, name: &str) -> usize {
        *self.of(&self.sizes, name)
    }

    /// A constant of the op.
    ///
    /// # Panics
    /// If the case has none of this name.
    #[must_use]
    pub fn constant(&self, name: &str) -> f64 {
        *self.of(&self.constants, name)
    }

    /// Indices.
    ///
    /// # Panics
    /// If the case has none of this name.
    #[must_use]
    pub fn indices(&self, name: &str) -> &[u32] {
        self.of::<Vec<u32>>(&self.indices, name)
    }

    /// An input or a result, row-major.
    ///
    /// # Panics
    /// If the case has none of this name.
    #[must_use]
    pub fn tensor(&self, name: &str) -> &[f64] {
        self.of::<Vec<f64>>(&self.tensors, name)
    }

    /// An input in the precision of a backend.
    ///
    /// # Panics
    /// If the case has none of this name.
    #[must_use]
    pub fn numbers<R: Real>(&self, name: &str) -> Vec<R> {
        self.tensor(name).iter().map(|&number| R::from_f64(number)).collect()
    }

    /// Whether there is a tensor of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Asserts that `found` is the tensor `name`, relative to its largest number (at least 1).
    ///
    /// # Panics
    /// If it is not.
    pub fn assert_close<'a, R: Real>(
        &self,
        name: &str,
        found: impl IntoIterator<Item = &'a R>,
        tolerance: f64,
    ) {
        let (want, found) = (self.tensor(name), found.into_iter().map(|x| x.to_f64()).collect::<Vec<_>>());
        assert_eq!(found.len(), want.len(), "{}: length of {name}", self.name);
        let scale = want.iter().fold(1.0_f64, |largest, number| largest.max(number.abs()));
        for (index, (found, want)) in found.iter().zip(want).enumerate() {
            // Written so that NaN fails.
            let is_close = (found - want).abs() <= tolerance * scale;
            assert!(is_close, "{}: {name}[{index}] is {found:e}, PyTorch has {want:e}", self.name);
        }
    }

    #[expect(clippy::panic, reason = "a test that asks for what its golden lacks has a bug")]
    fn of<'a, T>(&self, map: &'a BTreeMap<String, T>, name: &str) -> &'a T {
        map.get(name).unwrap_or_else(|| panic!("{}: no “{name}” in this golden", self.name))
    }
}
