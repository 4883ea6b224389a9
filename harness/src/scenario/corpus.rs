//! The corpus: all scenario and monitor files, embedded in the binary or read from a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, DirEntry, include_dir};
use serde::de::DeserializeOwned;

use super::{Monitor, MonitorFile, Scenario};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");

/// Largest scenario file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Folder of monitor files.
const MONITORS: &str = "monitors";
/// Folders and files of the corpus that hold other data.
const OTHER: [&str; 2] = ["requirements", "contract.yaml"];

/// Why a scenario or monitor file could not be used. The text shows file, line and the place in the line.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct LoadError {
    /// File.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: u64,
    /// What is wrong and what to do, with the source line and a caret where there is one.
    pub problem: String,
}

/// A file of the corpus with what is in it.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// File name as shown to people, such as `scenarios/tools/list.yaml`.
    pub file: String,
    /// Line on which it begins.
    pub line: u64,
    /// The thing itself.
    pub item: Arc<T>,
}

/// All scenarios and monitors, by name.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// Scenarios by name.
    pub scenarios: BTreeMap<String, Loaded<Scenario>>,
    /// Monitors in the order of their names.
    pub monitors: BTreeMap<String, Loaded<Monitor>>,
}

impl Corpus {
    /// The corpus that this binary carries.
    ///
    /// # Errors
    /// All files that cannot be read as what they should be.
    pub fn embedded() -> Result<Self, Vec<LoadError>> {
        let mut corpus = Self::default();
        let mut errors = Vec::new();
        let mut folders = vec![&EMBEDDED];
        while let Some(folder) = folders.pop() {
            for entry in folder.entries() {
                if OTHER.iter().any(|other| entry.path() == Path::new(other)) {
                    continue;
                }
                match entry {
                    DirEntry::Dir(dir) => folders.push(dir),
                    DirEntry::File(file) if file.path().extension().is_some_and(|e| e == "yaml") => {
                        let name = format!("scenarios/{}", file.path().display());
                        let text = file.contents_utf8().unwrap_or_default();
                        errors.extend(corpus.add(&name, text).err());
                    }
                    DirEntry::File(_) => {}
                }
            }
        }
        errors.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        if errors.is_empty() { Ok(corpus) } else { Err(errors) }
    }

    /// Read one more file, of the user's own. Its scenario takes the place of one with the same name.
    ///
    /// # Errors
    /// [`LoadError`] with file and line.
    pub fn add_file(&mut self, path: &Path) -> Result<Vec<String>, LoadError> {
        let name = path.display().to_string();
        let whole = |problem: String| LoadError { file: name.clone(), line: 0, problem };
        let size = std::fs::metadata(path).map_err(|e| whole(format!("cannot be read: {e}")))?.len();
        if size > MAX_FILE_BYTES {
            return Err(whole(format!("{size} bytes are more than the {MAX_FILE_BYTES} that are read")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| whole(format!("cannot be read: {e}")))?;
        self.add(&name, &text)
    }

    fn add(&mut self, file: &str, text: &str) -> Result<Vec<String>, LoadError> {
        let monitors = Path::new(file).components().any(|part| part.as_os_str() == MONITORS);
        if monitors {
            let read: MonitorFile = parse(file, text)?;
            let mut names = Vec::new();
            for monitor in read.monitors {
                let name = monitor.value.monitor.clone();
                let loaded = Loaded { file: file.to_owned(), line: monitor.referenced.line(), item: Arc::new(monitor.value) };
                if self.monitors.insert(name.clone(), loaded).is_some() {
                    return Err(LoadError { file: file.to_owned(), line: 0, problem: format!("the monitor '{name}' is defined twice") });
                }
                names.push(name);
            }
            return Ok(names);
        }
        let scenario: Scenario = parse(file, text)?;
        let name = scenario.scenario.clone();
        let loaded = Loaded { file: file.to_owned(), line: 1, item: Arc::new(scenario) };
        self.scenarios.insert(name.clone(), loaded);
        Ok(vec![name])
    }
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, LoadError> {
    serde_saphyr::from_str(text).map_err(|e| LoadError {
        file: file.to_owned(),
        line: e.location().map_or(0, |location| location.line()),
        problem: e.to_string(),
    })
}
