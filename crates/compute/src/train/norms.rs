//! The norms of a step, parameter by parameter.

use crate::Parameters;
use crate::backend::Backend;

/// The norms of a step, one number for each parameter in their order; 0 for what is not trained.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepNorms {
    /// ‖∂L/∂w‖ before clipping. Clipping needs it, so that it is always there.
    pub gradient: Vec<f64>,
    /// What is measured only on request.
    pub update: Option<UpdateNorms>,
}

/// The norms of a step that nothing but curiosity needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateNorms {
    /// ‖∂L/∂w‖ after clipping.
    pub clipped: Vec<f64>,
    /// ‖w‖ before the update.
    pub weight: Vec<f64>,
    /// ‖Δw‖.
    pub change: Vec<f64>,
}

/// Measures every parameter's gradient into `norms`; returns the norm of them all.
pub(super) fn measure_gradients<B: Backend>(parameters: &Parameters<B>, norms: &mut Vec<f64>) -> f64 {
    norms.clear();
    norms.extend(parameters.ids().map(|id| parameters.gradient_norm(id)));
    libm::sqrt(norms.iter().map(|norm| norm * norm).sum())
}

impl UpdateNorms {
    /// Measures an update that led from `before` to `after` along the gradients of `after` times
    /// `gradient_scale`.
    pub(super) fn measure<B: Backend>(
        before: &Parameters<B>,
        after: &Parameters<B>,
        gradient_scale: f64,
    ) -> Self {
        let each = |norm: &dyn Fn(_) -> f64| {
            let of = |id| if after.role(id).is_trained() { norm(id) } else { 0.0 };
            after.ids().map(of).collect()
        };
        Self {
            clipped: each(&|id| gradient_scale * after.gradient_norm(id)),
            weight: each(&|id| before.norm(id)),
            change: each(&|id| after.distance(id, before)),
        }
    }
}
