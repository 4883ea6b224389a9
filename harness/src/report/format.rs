//! Which reports there are, and writing them into a folder.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::junit::JunitOptions;
use super::{json, junit};
use crate::verdict::RunResult;

/// A report that is a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `junit.xml`, for CI. Always written.
    Junit,
    /// `results.json`, for programs.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Junit, Self::Json];

    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Junit => "junit",
            Self::Json => "json",
        }
    }

    /// Name of the file.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Junit => "junit.xml",
            Self::Json => "results.json",
        }
    }
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no report format is called {0:?}; known are {known}", known = Format::ALL.map(Format::as_str).join(", "))]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// How reports are written.
pub type ReportOptions = JunitOptions;

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder or file cannot be made.
    #[error("{path}: the report cannot be written: {source}; give another folder with --out")]
    Unwritable {
        /// The folder or file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A writer refused the results: a defect of mcp-assay.
    #[error(
        "{format}: the results cannot be put into this format: {problem}; please report this as a defect of mcp-assay"
    )]
    Unwritten {
        /// The format's word.
        format: &'static str,
        /// What the writer says.
        problem: String,
    },
}

/// Write JUnit and each of `formats` into the folder, which is made where there is none. Returns the files written, in
/// the order of [`Format::ALL`].
///
/// # Errors
/// A folder or file cannot be made, or a writer refuses.
pub fn write_all(
    run: &RunResult,
    folder: &Path,
    formats: &[Format],
    options: ReportOptions,
) -> Result<Vec<PathBuf>, ReportError> {
    let unwritable = |path: &Path| {
        let path = path.display().to_string();
        move |source| ReportError::Unwritable { path, source }
    };
    std::fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let mut written = Vec::new();
    for format in Format::ALL {
        if format != Format::Junit && !formats.contains(&format) {
            continue;
        }
        let refused = |problem: String| ReportError::Unwritten { format: format.as_str(), problem };
        let text = match format {
            Format::Junit => junit::write(run, options).map_err(|error| refused(error.to_string()))?,
            Format::Json => json::write(run).map_err(|error| refused(error.to_string()))?,
        };
        let path = folder.join(format.file_name());
        std::fs::write(&path, text).map_err(unwritable(&path))?;
        written.push(path);
    }
    Ok(written)
}
