//! A linear layer of a model.

use crate::backend::Backend;
use crate::ops::linear;
use crate::tape::{Recorder, Shape, Var, at_least_one};
use crate::{ComputeError, ParameterId, ParameterList, ParameterRole};

/// A linear layer (PyTorch's `nn.Linear`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense {
    weight: ParameterId,
    shape: Shape,
    bias: ParameterId,
}

impl Dense {
    /// Declares `{name}.weight` `[O, I]` and `{name}.bias`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(
        list: &mut ParameterList,
        name: &str,
        [inputs, outputs]: [usize; 2],
    ) -> Result<Self, ComputeError> {
        let shape = Shape::from([
            at_least_one("outputs of a linear layer", outputs)?,
            at_least_one("inputs of a linear layer", inputs)?,
        ]);
        let weight = list.declare(format!("{name}.weight"), shape, ParameterRole::LinearWeight);
        let bias = list.declare(format!("{name}.bias"), [outputs], ParameterRole::LinearBias { inputs });
        Ok(Self { weight, shape, bias })
    }

    /// Records it over rows of numbers.
    ///
    /// # Errors
    /// If they are not I wide.
    pub fn record<B: Backend>(&self, recorder: &mut Recorder<B>, input: Var) -> Result<Var, ComputeError> {
        linear(recorder, input, (self.weight, self.shape), self.bias)
    }
}
