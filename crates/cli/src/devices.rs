//! `rnn devices`: the GPUs that a run could be trained on.

use crate::error::CliError;
use std::io::{self, Write};

/// Lists them, one a line.
pub(crate) fn list() -> Result<(), CliError> {
    let mut output = io::stdout().lock();
    let adapters = rnn_gpu::adapters();
    if adapters.is_empty() {
        writeln!(output, "no GPU: networks are trained on the CPU")?;
    }
    for adapter in adapters {
        let kind = if adapter.is_software { ", a program on the CPU" } else { "" };
        let driver = if adapter.driver.is_empty() { String::new() } else { format!(", {}", adapter.driver) };
        writeln!(output, "{} ({}{driver}{kind})", adapter.name, adapter.interface)?;
    }
    Ok(())
}
