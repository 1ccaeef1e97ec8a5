//! Clipping by global norm (Pascanu, Mikolov and Bengio, 2013; PyTorch's `clip_grad_norm_`).

/// The factor that scales a gradient of norm `norm` down to `max_norm`; 1 if it is no larger.
#[must_use]
pub fn clip_scale(norm: f64, max_norm: f64) -> f64 {
    // PyTorch adds the same small number to the norm.
    (max_norm / (norm + 1e-6)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_larger_gradients_are_scaled() {
        assert_eq!(clip_scale(0.5, 1.0), 1.0);
        assert_eq!(clip_scale(1e9, f64::INFINITY), 1.0);
        assert!((clip_scale(4.0, 1.0) - 0.25).abs() < 1e-6);
    }
}
