//! The backend that runs: `f32` with 128-bit vectors, the same source for WebAssembly (`simd128`) and
//! natively (SSE2, NEON).
//!
//! # Same bits everywhere
//! A link must reproduce a curve on every student's machine, so the kernels use only what IEEE 754
//! fixes to the last bit: `+ − × ÷ √`, comparisons, and integer shifts of the bit pattern. They never
//! multiply and add in one rounding (fused on some targets only), never use the hardware's minimum and
//! maximum (their NaN rules differ), and have their own exponential and tanh ([`activation`]).
//! Reductions run in an order that depends on the length alone. Ragged ends go through the same vector
//! code, padded ([`lanes`]), so a number's value does not depend on where in a buffer it lies.
//!
//! A module built for WebAssembly with relaxed SIMD gives this up for speed ([`Cpu::IS_REPRODUCIBLE`]):
//! products and polynomials then round once a term where the processor can. Everything else stays, so
//! that one machine still gives the same bits each time.
//!
//! # NaN
//! A diverged run must show itself: NaN in gives NaN out, through every clamp and saturation.
//!
//! # Where vectors are written by hand
//! Matrix products and activations are. Plain element-by-element loops (sums, optimisers) are left to
//! the compiler, which vectorises them as well and may not reorder them.

mod activation;
mod cells;
mod elementwise;
mod gemm;
mod lanes;
mod memory;
mod pack;
mod symbols;
mod updates;

pub(super) use activation::tanh_in_place;
use pack::Panels;

/// The SIMD backend. It holds no state; the scratch space of its products belongs to the thread.
#[derive(Debug, Default, Clone, Copy)]
pub struct Cpu;

impl Cpu {
    /// Whether this build gives the same bits on every machine. False only for WebAssembly with relaxed
    /// SIMD, where a multiply-add may round once.
    pub const IS_REPRODUCIBLE: bool = !lanes::FUSES;
}
