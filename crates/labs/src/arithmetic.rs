//! How this build computes.

use rnn_compute::Cpu;
use rnn_protocol::Arithmetic;

/// How this build computes.
pub(crate) const ARITHMETIC: Arithmetic =
    if Cpu::IS_REPRODUCIBLE { Arithmetic::Reproducible } else { Arithmetic::Fast };
