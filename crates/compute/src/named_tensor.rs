//! Tensors by name, as plain numbers: what is saved of a run.

use crate::ComputeError;

/// A tensor's name and its numbers, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTensor<R> {
    /// The name.
    pub name: String,
    /// The numbers.
    pub numbers: Vec<R>,
}

impl<R> NamedTensor<R> {
    /// The tensor of this name.
    #[must_use]
    pub fn find<'a>(tensors: &'a [Self], name: &str) -> Option<&'a Self> {
        tensors.iter().find(|tensor| tensor.name == name)
    }

    /// Checks that there are exactly the tensors of these names and lengths, in any order.
    ///
    /// # Errors
    /// If one is missing, is of another length, has no place or occurs twice.
    pub fn check(
        tensors: &[Self],
        expected: impl Iterator<Item = (String, usize)>,
    ) -> Result<(), ComputeError> {
        let mut left: Vec<&Self> = tensors.iter().collect();
        for (name, expected) in expected {
            let Some(index) = left.iter().position(|tensor| tensor.name == name) else {
                return Err(ComputeError::MissingTensor { name });
            };
            let found = left.swap_remove(index).numbers.len();
            if found != expected {
                return Err(ComputeError::Length { what: name, expected, found });
            }
        }
        let surplus = |tensor: &&Self| Err(ComputeError::SurplusTensor { name: tensor.name.clone() });
        left.first().map_or(Ok(()), surplus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors(names: &[(&str, usize)]) -> Vec<NamedTensor<f32>> {
        let tensor =
            |&(name, len): &(&str, usize)| NamedTensor { name: name.to_owned(), numbers: vec![0.0; len] };
        names.iter().map(tensor).collect()
    }

    fn check(names: &[(&str, usize)]) -> Result<(), ComputeError> {
        let expected = [("a", 2), ("b", 3)].map(|(name, len)| (name.to_owned(), len));
        NamedTensor::check(&tensors(names), expected.into_iter())
    }

    #[test]
    fn only_exactly_the_expected_tensors_pass() {
        let named = |name: &str| name.to_owned();
        assert_eq!(check(&[("b", 3), ("a", 2)]), Ok(()));
        assert_eq!(check(&[("a", 2)]), Err(ComputeError::MissingTensor { name: named("b") }));
        assert_eq!(
            check(&[("a", 2), ("b", 4)]),
            Err(ComputeError::Length { what: named("b"), expected: 3, found: 4 })
        );
        for surplus in ["c", "a"] {
            assert_eq!(
                check(&[("a", 2), ("b", 3), (surplus, 2)]),
                Err(ComputeError::SurplusTensor { name: named(surplus) })
            );
        }
    }
}
