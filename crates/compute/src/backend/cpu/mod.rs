//! The backend that runs: `f32` with 128-bit vectors, the same code for WebAssembly and natively.

/// The SIMD backend.
pub type Cpu = super::Reference<f32>;
