//! What can be wrong with a catalogue file.

/// A catalogue file that cannot be used. The text names file and line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// Not UTF-8, not YAML, or not of the catalogue's shape.
    #[error("{file}:{line}: {problem}; see schemas/requirement.json for the members of a requirement")]
    Malformed {
        /// Name of the file, as `http.yaml`.
        file: String,
        /// Line, counted from 1; 0 where the parser knows none.
        line: u64,
        /// What the parser says.
        problem: String,
    },
    /// A row that contradicts itself, its file or another row.
    #[error("{file}:{line}: requirement `{id}`: {problem}")]
    Inconsistent {
        /// Name of the file, as `http.yaml`.
        file: String,
        /// Line of the row, counted from 1.
        line: u64,
        /// Id of the row.
        id: String,
        /// What is wrong and what to do about it.
        problem: String,
    },
}
