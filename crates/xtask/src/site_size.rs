//! What a visitor downloads before the first training step, and, in fast mode, instead of the worker. The
//! browser tests hold it to a budget.

use crate::error::{Doing, Result};
use crate::shell::say;
use crate::sources::children;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Says the sizes of the WebAssembly modules in the folder of the built site.
pub(crate) fn report(dist: &Path) -> Result<()> {
    for path in children(dist)? {
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let content = fs::read(&path).doing(|| format!("read {}", path.display()))?;
            let gzip_length = gzip_length(&content).doing(|| format!("compress {}", path.display()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            say(&format!("    {name}: {} KB, {} KB gzipped", content.len() / 1000, gzip_length / 1000));
        }
    }
    Ok(())
}

fn gzip_length(content: &[u8]) -> std::io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?.len())
}
