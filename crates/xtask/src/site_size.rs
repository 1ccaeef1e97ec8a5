//! What a visitor downloads before the first training step. The browser tests hold it to a budget.

use crate::error::{Doing, Result};
use crate::shell::say;
use crate::sources::children;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::Path;

/// The sizes of the site's WebAssembly modules.
pub(crate) struct SiteSize {
    modules: Vec<ModuleSize>,
}

struct ModuleSize {
    name: String,
    bytes: usize,
    gzip_bytes: usize,
}

impl SiteSize {
    /// Measures the modules in the folder of the built site.
    pub(crate) fn measure(dist: &Path) -> Result<Self> {
        let modules = children(dist)?
            .iter()
            .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
            .map(|path| ModuleSize::measure(path))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { modules })
    }

    /// Says each module's size.
    pub(crate) fn report(&self) {
        for ModuleSize { name, bytes, gzip_bytes } in &self.modules {
            say(&format!("    {name}: {} KB, {} KB gzipped", bytes / 1000, gzip_bytes / 1000));
        }
    }
}

impl ModuleSize {
    fn measure(path: &Path) -> Result<Self> {
        let content = fs::read(path).doing(|| format!("read {}", path.display()))?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let compressed = encoder
            .write_all(&content)
            .and_then(|()| encoder.finish())
            .doing(|| format!("compress {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, bytes: content.len(), gzip_bytes: compressed.len() })
    }
}
