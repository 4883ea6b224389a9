//! `mcp-assay server`: test a server.

use std::path::Path;

use super::Failure;
use super::args::{ChoiceArgs, ServerArgs};
use super::outcome::tell;
use super::target::choose;
use crate::plan::{Permissions, Selection};
use crate::profile::{Allow, Contract};
use crate::report::Progress;
use crate::report::console::say;
use crate::requirement::{Actor, Role};
use crate::revision::Revision;
use crate::router::{Faults, Policy};
use crate::run::{LoadOptions, Revisions, RunError, RunOptions, ask, load, run};
use crate::scenario::{Corpus, LoadError};
use crate::transport::quote;
use crate::verdict::{Exit, RequirementSet};

/// The suite of subjects that the official suite has too.
const OFFICIAL: &str = "official";
/// The mapping that is used when none is named.
const MAPPING: &str = "assay.yaml";

/// Run it.
pub async fn main(args: Box<ServerArgs>) -> Result<Exit, Failure> {
    let baseline = args.outcome.baseline()?;
    let loading = tokio::task::spawn_blocking({
        let (files, official) = (args.choice.scenario_file.clone(), args.suite == OFFICIAL);
        move || if official { with_files(Corpus::official(), &files) } else { load_corpus(&files) }
    });
    let mapping = mapping(args.mapping.as_deref())?;
    let mut chosen = choose(&args.target, &args.deployment, &mapping, args.startup.0).await?;
    if args.revision.is_empty() && chosen.built_in {
        // The main job is about the newest; the reference server has the old transport too.
        chosen.target.sse.clear();
    }
    let set = args.requirements.as_deref().map(RequirementSet::named).transpose().map_err(Failure::usage)?;
    let mut options = options(&args, mapping, &chosen.options, set.as_ref())?;
    if let Some(out) = &options.out {
        make_folder(out)?;
    }
    let loading = async { loading.await.map_err(|panic| failure(RunError::Internal(panic.to_string())))? };
    let asking = async { ask(&chosen.target, &options).await.map_err(failure) };
    let ((corpus, files), asked) = tokio::try_join!(loading, asking)?;
    options.selection = selection(&args, set.as_ref(), &corpus, files);
    let partial = !options.selection.is_whole();
    if args.plan {
        say(crate::run::show_plan(&corpus, &options, asked).map_err(failure)?);
        return Ok(Exit::Conforms);
    }
    let progress = Progress::stderr();
    let running = async {
        match (args.load.users, args.load.lasting) {
            (Some(users), Some(lasting)) => {
                let wanted = LoadOptions { users, lasting: lasting.0 };
                load(&chosen.target, &corpus, &options, &wanted, asked, &progress).await
            }
            _ => run(&chosen.target, &corpus, &options, asked, &progress).await,
        }
    };
    let mut result = running.await.map_err(|e| match e {
        // The files of the corpus have been checked; the user's own may be wrong.
        RunError::Load(_) if !args.choice.scenario_file.is_empty() => Failure::usage(e),
        other => failure(other),
    })?;
    if let Some(set) = &set {
        set.apply(&corpus, &mut result);
    }
    tell(result, Actor::Server, baseline, partial, &args.outcome)
}

/// The folder for reports.
pub(super) fn make_folder(out: &Path) -> Result<(), Failure> {
    let shown = out.display();
    let failed =
        |e| Failure::usage(format!("failed to make the folder {shown} for reports: {e}; give another with --out"));
    std::fs::create_dir_all(out).map_err(failed)
}

/// What the arguments say about the run; the selection needs the corpus and comes later.
fn options(
    args: &ServerArgs,
    mapping: Contract,
    target: &str,
    set: Option<&RequirementSet>,
) -> Result<RunOptions, Failure> {
    Ok(RunOptions {
        revisions: set.map_or_else(|| wanted(&args.revision), |set| Ok(Revisions::These(vec![set.revision])))?,
        selection: Selection::default(),
        permissions: Permissions {
            user: mapping,
            contract: Contract::everything().map_err(Failure::harness)?,
            allow: Allow { all_tools: args.allow_all_tools, tools: args.allow_tool.clone() },
        },
        jobs: args.jobs,
        deadline: args.deadline.0,
        startup: args.startup.0,
        // A plan is shown of what nothing has used yet.
        isolated: args.isolated || args.plan,
        seed: args.seed,
        faults: Faults::new(&args.load.fault),
        routes: args.deployment.route.iter().filter(|route| **route != Policy::Direct).cloned().collect(),
        out: (!args.plan).then(|| args.outcome.out.clone()),
        command: command(args, target),
    })
}

/// The scenarios that are wanted: those named, those of a set, and those of the user's `files`.
fn selection(args: &ServerArgs, set: Option<&RequirementSet>, corpus: &Corpus, mut files: Vec<String>) -> Selection {
    let mut scenarios = set.map_or_else(|| args.choice.scenario.clone(), |set| set.known_subjects(corpus));
    // Monitors watch whatever runs; only scenarios are chosen.
    files.retain(|name| !corpus.monitors.contains_key(name));
    scenarios.append(&mut files);
    Selection {
        scenarios,
        official: args.suite == OFFICIAL,
        role: Some(Role::Server),
        profiles: args.choice.profile.iter().copied().collect(),
        drafts: args.choice.drafts,
    }
}

/// The corpus with the user's files, and the scenarios of a role that are wanted of it.
pub(super) fn chosen(choice: &ChoiceArgs, role: Role) -> Result<(Corpus, Selection), Failure> {
    let (corpus, files) = load_corpus(&choice.scenario_file)?;
    let mut scenarios = choice.scenario.clone();
    scenarios.extend(files.into_iter().filter(|name| !corpus.monitors.contains_key(name)));
    Ok((
        corpus,
        Selection {
            scenarios,
            role: Some(role),
            profiles: choice.profile.iter().copied().collect(),
            drafts: choice.drafts,
            official: false,
        },
    ))
}

/// The built-in corpus and the user's files; with the names that the files define.
pub fn load_corpus(files: &[std::path::PathBuf]) -> Result<(Corpus, Vec<String>), Failure> {
    with_files(Corpus::embedded(), files)
}

fn with_files(
    corpus: Result<Corpus, Vec<LoadError>>,
    files: &[std::path::PathBuf],
) -> Result<(Corpus, Vec<String>), Failure> {
    let mut corpus = corpus.map_err(|e| failure(RunError::Load(e)))?;
    let mut names = Vec::new();
    for file in files {
        names.extend(corpus.add_file(file).map_err(Failure::usage)?);
    }
    Ok((corpus, names))
}

fn mapping(named: Option<&Path>) -> Result<Contract, Failure> {
    match named {
        Some(file) => Contract::load(file).map_err(Failure::usage),
        None if Path::new(MAPPING).exists() => Contract::load(Path::new(MAPPING)).map_err(Failure::usage),
        None => Ok(Contract::default()),
    }
}

/// The revisions that the options ask for.
fn wanted(named: &[String]) -> Result<Revisions, Failure> {
    Ok(if named.is_empty() { Revisions::Newest } else { Revisions::These(revisions(named)?) })
}

/// The revisions that the options name; the newest of each era where they name none.
pub(super) fn newest_or(named: &[String]) -> Result<Vec<Revision>, Failure> {
    match named {
        [] => Ok(vec![Revision::NEWEST_HANDSHAKE, Revision::NEWEST_STATELESS]),
        named => revisions(named),
    }
}

/// The revisions that are named, `all` meaning every one, from old to new.
pub fn revisions(named: &[String]) -> Result<Vec<Revision>, Failure> {
    let mut all = Vec::new();
    for name in named {
        if name == "all" {
            all.extend(Revision::SUPPORTED);
        } else {
            let revision: Revision = name.parse().map_err(Failure::usage)?;
            all.push(revision.published());
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The command that repeats the run, without selection.
fn command(args: &ServerArgs, target: &str) -> String {
    let mut parts = vec!["mcp-assay server".to_owned()];
    parts.extend(Some(target.to_owned()).filter(|t| !t.is_empty()));
    parts.extend(args.choice.repeat());
    parts.extend(args.mapping.iter().map(|file| format!("--mapping {}", quote(&file.display().to_string()))));
    parts.extend(args.allow_tool.iter().map(|name| format!("--allow-tool {}", quote(name))));
    parts.extend(args.allow_all_tools.then(|| "--allow-all-tools".to_owned()));
    parts.extend(args.isolated.then(|| "--isolated".to_owned()));
    parts.join(" ")
}

pub(super) fn failure(error: RunError) -> Failure {
    match error {
        RunError::Selection(_) | RunError::Unreachable(_) => Failure::usage(error),
        RunError::Load(_) | RunError::Catalogue(_) | RunError::Internal(_) => Failure::harness(error),
    }
}
