//! Findings in a folder: replayed first the next time, and dropped when mended.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A finding that a folder keeps.
pub trait Kept: Serialize + DeserializeOwned {
    /// What its file is called, without its ending.
    fn name(&self) -> String;

    /// The file, with a line in it that a replay reads.
    fn text(&self, machine: &str) -> String;
}

/// How the line begins that a replay reads.
const MACHINE: &str = "# mcp-assay fuzz: ";
/// Longest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Most files of a folder.
const MAX_FILES: usize = 10_000;

/// A file of findings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no finding.
    #[error("{0}: no line in it begins with `# mcp-assay fuzz:`; give a file that `mcp-assay fuzz` has written")]
    NoFinding(String),
    /// The line cannot be read.
    #[error("{path}: the line that begins with `# mcp-assay fuzz:` cannot be read: {problem}")]
    Broken {
        /// Which.
        path: String,
        /// Why.
        problem: String,
    },
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> FileError {
    let path = path.display().to_string();
    move |source| FileError::Io { path, source }
}

/// Write a finding into a folder, which is made where there is none. Its file.
///
/// # Errors
/// [`FileError::Io`].
pub fn write(folder: &Path, finding: &impl Kept) -> Result<PathBuf, FileError> {
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let path = folder.join(format!("{}.yaml", finding.name()));
    let machine = serde_json::to_string(finding)
        .map_err(|e| FileError::Broken { path: path.display().to_string(), problem: e.to_string() })?;
    std::fs::write(&path, finding.text(&format!("{MACHINE}{machine}"))).map_err(io(&path))?;
    Ok(path)
}

/// Read a finding.
///
/// # Errors
/// [`FileError`].
pub fn load<F: Kept>(path: &Path) -> Result<F, FileError> {
    let shown = path.display().to_string();
    let size = std::fs::metadata(path).map_err(io(path))?.len();
    if size > MAX_FILE_BYTES {
        return Err(FileError::Broken { path: shown, problem: format!("it has {size} bytes") });
    }
    let text = std::fs::read_to_string(path).map_err(io(path))?;
    let line = text.lines().find_map(|line| line.strip_prefix(MACHINE));
    let line = line.ok_or_else(|| FileError::NoFinding(shown.clone()))?;
    serde_json::from_str(line).map_err(|e| FileError::Broken { path: shown, problem: e.to_string() })
}

/// The findings of a folder, by name; none where there is no folder. Files that are none are passed over.
///
/// # Errors
/// [`FileError::Io`].
pub fn folder<F: Kept>(folder: &Path) -> Result<Vec<(PathBuf, F)>, FileError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).map_err(io(folder))?.flatten().map(|entry| entry.path()).take(MAX_FILES).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort_unstable();
    Ok(paths.into_iter().filter_map(|path| load(&path).ok().map(|finding| (path, finding))).collect())
}

/// Take a finding that is mended out of its folder.
///
/// # Errors
/// [`FileError::Io`].
pub fn remove(path: &Path) -> Result<(), FileError> {
    std::fs::remove_file(path).map_err(io(path))
}
