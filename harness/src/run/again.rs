//! Judging saved transcripts again, by the checks of today.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::assembly::{Assembly, Played};
use super::pool::{introduced, result};
use crate::check::{Judge, Scope};
use crate::context::measure;
use crate::drive::{PROBE, speaks};
use crate::plan::{Axis, case_id};
use crate::requirement::{Catalogue, nearest};
use crate::scenario::{Corpus, LoadError, Transport};
use crate::transcript::{Event, Header, TranscriptError, View, What, read};
use crate::verdict::RunResult;

/// How a transcript file's name ends.
const ENDING: &str = "jsonl";
/// Most folders within folders that are looked into.
const MAX_DEPTH: usize = 8;
/// Most transcripts that are judged at once.
const MAX_FILES: usize = 100_000;

/// Why transcripts cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// A file is no transcript, or cannot be read.
    #[error(transparent)]
    Transcript(#[from] TranscriptError),
    /// A folder cannot be read.
    #[error("failed to look for transcripts in {path}: {source}")]
    Folder {
        /// The folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Nothing to judge.
    #[error("no transcript (*.{ENDING}) is in {0}; a run writes them to `transcripts` in its folder for reports")]
    None(String),
    /// Too much to judge.
    #[error("there are more than {MAX_FILES} transcripts; judge them folder by folder")]
    TooMany,
    /// The scenario is gone.
    #[error(
        "{path} is of the scenario '{scenario}', which does not exist any more{}; give its file with --scenario-file, \
         or judge the transcript with the mcp-assay that wrote it",
        .similar.first().map(|name| format!(" (is it '{name}' now?)")).unwrap_or_default()
    )]
    UnknownScenario {
        /// The transcript.
        path: String,
        /// Its scenario.
        scenario: String,
        /// Names like it.
        similar: Vec<String>,
    },
    /// The header names a transport that there is not.
    #[error("{path}: no transport is called '{transport}'")]
    UnknownTransport {
        /// The transcript.
        path: String,
        /// As given.
        transport: String,
    },
    /// Two transcripts of one case.
    #[error("{first} and {second} are both of {case}: judge one of them at a time")]
    Twice {
        /// The case.
        case: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// Expressions of scenario files are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Load(Vec<LoadError>),
    /// The requirement catalogue cannot be read.
    #[error("failed to read the requirement catalogue: {0}")]
    Catalogue(String),
}

/// Judge transcripts: files, or all `*.jsonl` below folders. What a run left out has no transcript and is not in the
/// result; all else gets the verdicts that the run would give today.
///
/// # Errors
/// [`JudgeError`] for the first transcript that cannot be judged.
pub fn judge_again(paths: &[PathBuf], corpus: &Corpus) -> Result<RunResult, JudgeError> {
    let catalogue = Catalogue::embedded().map_err(|e| JudgeError::Catalogue(e.to_string()))?;
    let judge = Arc::new(Judge::new(corpus, catalogue, &Scope::default()).map_err(JudgeError::Load)?);
    let mut assembly = Assembly::new(catalogue, judge.clone(), "mcp-assay judge".to_owned());
    let mut seen = Seen::default();
    let mut unspoken = Vec::new();
    let mut context = BTreeMap::new();
    for file in files(paths)? {
        let (header, events) = read(&file)?;
        let shown = file.display().to_string();
        let axis = axis_of(&header, &shown)?;
        seen.note(&header, &events, &axis, &shown)?;
        if header.scenario == PROBE {
            let view = View::of(&events);
            if speaks(axis.revision, &view) {
                context.extend(measure(&view).map(|cost| (axis.to_string(), cost)));
                assembly.watch(&played(&header, &events, &axis, shown), &judge.judge(&header, &events));
            } else {
                unspoken.push((header, events, axis, shown));
            }
            continue;
        }
        let Some(loaded) = corpus.scenarios.get(&header.scenario) else {
            let similar = nearest(&header.scenario, corpus.scenarios.keys().map(String::as_str));
            let similar = similar.into_iter().map(str::to_owned).collect();
            return Err(JudgeError::UnknownScenario { path: shown, scenario: header.scenario, similar });
        };
        assembly.add(played(&header, &events, &axis, shown), &judge.judge(&header, &events), &loaded.item);
    }
    // As in a run: what a server says where it does not speak a revision counts only if it speaks none.
    if !seen.spoken {
        for (header, events, axis, shown) in unspoken {
            assembly.watch(&played(&header, &events, &axis, shown), &judge.judge(&header, &events));
        }
    }
    Ok(RunResult { context, ..result(assembly.cases(), seen.target(), seen.implementation) })
}

fn played<'p>(header: &'p Header, events: &'p [Event], axis: &'p Axis, file: String) -> Played<'p> {
    let problem = match events.last().map(|event| &event.what) {
        Some(What::Over { problem }) => problem.as_deref(),
        _ => Some("it was interrupted, so that the transcript breaks off before the end of the case"),
    };
    let duration = Duration::from_micros(events.last().map_or(0, |event| event.t_us));
    let reproduce = format!("mcp-assay judge '{}'", file.replace('\'', r"'\''"));
    Played { axis, header, events, problem, duration, transcript: Some(file), reproduce }
}

fn axis_of(header: &Header, file: &str) -> Result<Axis, JudgeError> {
    let known = Transport::ALL.into_iter().find(|transport| transport.as_str() == header.transport);
    let unknown = || JudgeError::UnknownTransport { path: file.to_owned(), transport: header.transport.clone() };
    Ok(Axis { revision: header.revision, transport: known.ok_or_else(unknown)?, routing: header.routing.clone() })
}

/// What the transcripts say about the whole they are of.
#[derive(Default)]
struct Seen {
    cases: BTreeMap<String, String>,
    targets: Vec<String>,
    implementation: BTreeMap<String, String>,
    spoken: bool,
}

impl Seen {
    fn note(&mut self, header: &Header, events: &[Event], axis: &Axis, file: &str) -> Result<(), JudgeError> {
        let case = case_id(&header.scenario, axis);
        if let Some(first) = self.cases.insert(case.clone(), file.to_owned()) {
            return Err(JudgeError::Twice { case, first, second: file.to_owned() });
        }
        for event in events {
            if let What::Opened { target, .. } = &event.what
                && !self.targets.contains(target)
            {
                self.targets.push(target.clone());
            }
        }
        let server = header.facts.get("server").filter(|server| server.is_object());
        self.spoken |= server.is_some() || (header.scenario == PROBE && speaks(axis.revision, &View::of(events)));
        if let Some(server) = server {
            self.implementation.entry(axis.to_string()).or_insert_with(|| introduced(server));
        }
        Ok(())
    }

    fn target(&self) -> String {
        match self.targets.as_slice() {
            [] => "saved transcripts".to_owned(),
            targets => targets.join(", "),
        }
    }
}

/// The files that are meant, in order, each once.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, JudgeError> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = all.len();
            below(path, MAX_DEPTH, &mut all)?;
            if all.len() == before {
                return Err(JudgeError::None(path.display().to_string()));
            }
        } else {
            all.push(path.clone());
        }
    }
    all.sort();
    all.dedup();
    if all.len() > MAX_FILES { Err(JudgeError::TooMany) } else { Ok(all) }
}

fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), JudgeError> {
    let failed = |source| JudgeError::Folder { path: folder.display().to_string(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        if kind.is_dir() && depth > 0 {
            below(&path, depth - 1, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|ending| ending == ENDING) {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(JudgeError::TooMany);
        }
    }
    Ok(())
}
