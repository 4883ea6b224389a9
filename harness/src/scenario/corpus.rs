//! The corpus: all scenario and monitor files, embedded in the binary or read from a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, DirEntry, include_dir};
use rayon::prelude::*;
use serde::de::DeserializeOwned;

use super::problem::{LoadError, Place};
use super::{Monitor, MonitorFile, Scenario};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");

/// Largest scenario file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Folder of the corpus, as shown to people.
pub(crate) const ROOT: &str = "scenarios";
/// Folder of monitor files.
const MONITORS: &str = "monitors";
/// Folders and files of the corpus that hold other data.
const OTHER: [&str; 4] = ["requirements", "sets", "subjects", "contract.yaml"];

/// In the text of every scenario that has names in the official suite.
const OFFICIAL: &str = "also_known_as:";

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
        Self::read(&embedded_files())
    }

    /// Of that, the monitors, and the scenarios on subjects that the official suite has too: few of all.
    ///
    /// # Errors
    /// All of these files that cannot be read as what they should be.
    pub fn official() -> Result<Self, Vec<LoadError>> {
        let mut files = embedded_files();
        files.retain(|(file, text)| is_monitor_file(file) || text.contains(OFFICIAL));
        Self::read(&files)
    }

    fn read(files: &[(String, &str)]) -> Result<Self, Vec<LoadError>> {
        let mut corpus = Self::default();
        let read: Vec<_> = files.par_iter().map(|(file, text)| Content::of(file, text)).collect();
        let added = files.iter().zip(read).map(|((file, text), read)| corpus.insert(file, text, read?));
        let mut errors: Vec<_> = added.filter_map(Result::err).collect();
        errors.sort();
        if errors.is_empty() { Ok(corpus) } else { Err(errors) }
    }

    /// Read one more file, of the user's own. Its scenario or monitors take the place of those with the same name.
    ///
    /// # Errors
    /// [`LoadError`] with file and line.
    pub fn add_file(&mut self, path: &Path) -> Result<Vec<String>, LoadError> {
        let name = path.display().to_string();
        let whole = |problem: String| LoadError { file: name.clone(), line: 0, problem };
        let text = read_bounded(path).map_err(whole)?;
        let known = std::mem::take(&mut self.monitors);
        let names = self.add(&name, &text);
        for (name, monitor) in known {
            self.monitors.entry(name).or_insert(monitor);
        }
        names
    }

    /// Read one more file, given as text. Its name says what is in it: monitors where it stands in a folder `monitors`.
    ///
    /// # Errors
    /// [`LoadError`] with file and line.
    pub fn add(&mut self, file: &str, text: &str) -> Result<Vec<String>, LoadError> {
        self.insert(file, text, Content::of(file, text)?)
    }

    fn insert(&mut self, file: &str, text: &str, content: Content) -> Result<Vec<String>, LoadError> {
        let read = match content {
            Content::Scenario(item) => {
                let name = item.scenario.clone();
                self.scenarios.insert(name.clone(), Loaded { file: file.to_owned(), line: 1, item });
                return Ok(vec![name]);
            }
            Content::Monitors(read) => read,
        };
        let mut names = Vec::new();
        for monitor in read.monitors {
            let name = monitor.value.monitor.clone();
            let line = monitor.referenced.line();
            let loaded = Loaded { file: file.to_owned(), line, item: Arc::new(monitor.value) };
            if let Some(first) = self.monitors.insert(name.clone(), loaded) {
                let place = Place { line: usize::try_from(line).unwrap_or_default(), column: 1, length: 1 };
                let message = format!(
                    "the monitor `{name}` is also defined in {}:{}: give one another name",
                    first.file, first.line
                );
                return Err(LoadError::at(file, text, place, &message));
            }
            names.push(name);
        }
        Ok(names)
    }
}

/// What a file of the corpus holds.
enum Content {
    Scenario(Arc<Scenario>),
    Monitors(MonitorFile),
}

impl Content {
    fn of(file: &str, text: &str) -> Result<Self, LoadError> {
        if is_monitor_file(file) {
            parse(file, text).map(Self::Monitors)
        } else {
            parse(file, text).map(|scenario| Self::Scenario(Arc::new(scenario)))
        }
    }
}

/// Name and text of every scenario and monitor file that this binary carries, by name.
pub(crate) fn embedded_files() -> Vec<(String, &'static str)> {
    let mut files = Vec::new();
    let mut folders = vec![&EMBEDDED];
    while let Some(folder) = folders.pop() {
        for entry in folder.entries() {
            if OTHER.iter().any(|other| entry.path() == Path::new(other)) {
                continue;
            }
            match entry {
                DirEntry::Dir(dir) => folders.push(dir),
                DirEntry::File(file) if file.path().extension().is_some_and(|e| e == "yaml") => {
                    files.push((format!("{ROOT}/{}", file.path().display()), file.contents_utf8().unwrap_or_default()));
                }
                DirEntry::File(_) => {}
            }
        }
    }
    files.sort_unstable();
    files
}

/// Whether a file of this name holds monitors: it stands in a folder `monitors`.
pub(crate) fn is_monitor_file(file: &str) -> bool {
    Path::new(file).components().any(|part| part.as_os_str() == MONITORS)
}

/// The text of a file of the user's; else why it cannot be had.
pub(crate) fn read_bounded(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|e| format!("cannot be read: {e}"))?.len();
    if size > MAX_FILE_BYTES {
        return Err(format!("{size} bytes are more than the {MAX_FILE_BYTES} that are read: split the file"));
    }
    std::fs::read_to_string(path).map_err(|e| format!("cannot be read: {e}"))
}

/// A file as what it should be.
pub(crate) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, LoadError> {
    let options = serde_saphyr::options! { with_snippet: false, emit_comments: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| LoadError::of_reader(file, text, &error))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_official_part_has_every_monitor_and_all_that_has_official_names() {
        let (all, official) = (Corpus::embedded().unwrap(), Corpus::official().unwrap());
        assert!(official.monitors.keys().eq(all.monitors.keys()));
        let named = all.scenarios.iter().filter(|(_, loaded)| !loaded.item.also_known_as.is_empty());
        assert!(official.scenarios.keys().eq(named.map(|(name, _)| name)));
    }
}
