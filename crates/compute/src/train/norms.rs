//! The norms of a step, parameter by parameter.

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
