//! Gradient checks, PyTorch goldens and browser end-to-end tests.
