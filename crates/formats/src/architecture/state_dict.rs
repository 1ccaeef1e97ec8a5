//! A file's tensors by name, so that a file of very many tensors is not searched once for each.

use super::recurrent_stack::refuse;
use crate::{FormatError, Tensor, WeightFile};
use std::collections::BTreeMap;

/// Tensors by name.
pub(super) struct StateDict<'a>(BTreeMap<&'a str, &'a Tensor>);

impl<'a> StateDict<'a> {
    pub(super) fn new(file: &'a WeightFile) -> Self {
        Self(file.tensors.iter().map(|tensor| (&*tensor.name, tensor)).collect())
    }

    /// Those whose names are meant, and the others.
    pub(super) fn split(self, is_meant: impl Fn(&str) -> bool) -> (Self, Self) {
        let (meant, others) = self.0.into_iter().partition(|(name, _)| is_meant(name));
        (Self(meant), Self(others))
    }

    /// All of them, by their names' order.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &'a Tensor> {
        self.0.values().copied()
    }

    /// The tensor of this name.
    pub(super) fn find(&self, name: &str) -> Option<&'a Tensor> {
        self.0.get(name).copied()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sizes of a matrix, both at least 1.
    pub(super) fn matrix(&self, name: &str) -> Result<(usize, usize), FormatError> {
        match self.find(name).map(|tensor| &*tensor.shape) {
            Some(&[rows, width]) if rows > 0 && width > 0 => Ok((rows, width)),
            Some(shape) => {
                refuse(format!("“{name}” must be a matrix of at least one number, found the shape {shape:?}"))
            }
            None => refuse(format!("“{name}” is missing")),
        }
    }

    /// Refuses a tensor that is missing or has another shape than the weights around it ask for.
    pub(super) fn expect(&self, name: &str, expected: &[usize]) -> Result<(), FormatError> {
        match self.find(name).map(|tensor| &*tensor.shape) {
            Some(shape) if shape == expected => Ok(()),
            Some(shape) => refuse(format!(
                "“{name}” must have the shape {expected:?} to fit the weights around it, found {shape:?}"
            )),
            None => refuse(format!("“{name}” is missing, of the shape {expected:?}")),
        }
    }
}
