//! What a visitor downloads before the first training step.

use crate::error::{Doing, Error, Result};
use crate::shell::say;
use crate::sources::children;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Both modules together, compressed.
const BUDGET_BYTES: usize = 900_000;

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

    /// Refuses a site that takes too long to download.
    pub(crate) fn expect_within_budget(&self) -> Result<()> {
        let gzip_bytes: usize = self.modules.iter().map(|module| module.gzip_bytes).sum();
        if gzip_bytes <= BUDGET_BYTES {
            return Ok(());
        }
        Err(Error::Unexpected {
            subject: "page and worker, gzipped".into(),
            expected: format!("at most {BUDGET_BYTES} bytes"),
            found: gzip_bytes.to_string(),
            advice: "see which dependency grew, for instance with twiggy",
        })
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
