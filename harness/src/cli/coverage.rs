//! `mcp-assay coverage`.

use super::Failure;
use super::args::CoverageArgs;
use super::columns::{aligned, wrapped};
use super::server::{load_corpus, revisions};
use crate::check::{Judge, Scope};
use crate::coverage::{Coverage, Deciders, Missing, Of, Strength};
use crate::report::console::say;
use crate::requirement::{Actor, Catalogue, EXTENSIONS, Extension, Observable, Role, Subject};
use crate::verdict::Exit;

/// Width of the text of a requirement, in characters.
const WIDTH: usize = 120;
/// What can be seen from outside, most first.
const OBSERVABLE: [(Observable, &str); 3] =
    [(Observable::Yes, "observable"), (Observable::Partial, "in part"), (Observable::No, "not observable")];

/// Print a table per revision.
pub fn main(args: &CoverageArgs) -> Result<Exit, Failure> {
    let actor = actor(&args.actor)?;
    let subject = args.extension.as_deref().and_then(Subject::named).transpose().map_err(Failure::harness)?;
    let of = match (&args.extension, &subject) {
        (_, Some(subject)) => Of::Subject(subject),
        (Some(word), None) => Of::Extension(extension(word)?),
        (None, None) => Of::Specification,
    };
    let revisions = revisions(std::slice::from_ref(args.revision.as_ref().unwrap_or(&"all".to_owned())))?;
    let (corpus, _) = load_corpus(&[])?;
    let catalogue = Catalogue::embedded().map_err(Failure::harness)?;
    let deciders = Deciders::of(&corpus, &judge(&corpus, catalogue)?, catalogue, role(actor));
    let all = revisions.into_iter().map(|revision| Coverage::new(catalogue, &deciders, actor, revision, of));
    // An extension belongs to few revisions, and not every actor has a part in it.
    let there: Vec<Coverage<'_>> = all.filter(|coverage| !coverage.is_empty()).collect();
    if there.is_empty() {
        let named = args.extension.as_ref().map(|word| format!(" of extension '{word}'")).unwrap_or_default();
        let range = args.revision.as_deref().unwrap_or("any revision");
        say(format_args!("no requirement{named} is about {actor}s in {range}; `list requirements` has all of them\n"));
    }
    for (at, coverage) in there.iter().enumerate() {
        say(format_args!("{}{}", if at > 0 { "\n" } else { "" }, table(coverage)));
        if args.missing {
            say(missing(coverage));
        }
    }
    Ok(Exit::Conforms)
}

/// All checks and monitors of the corpus, compiled.
pub fn judge(corpus: &crate::scenario::Corpus, catalogue: &'static Catalogue) -> Result<Judge, Failure> {
    Judge::new(corpus, catalogue, &Scope::default()).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::harness(errors.join("\n"))
    })
}

fn role(actor: Actor) -> Role {
    match actor {
        Actor::Client => Role::Client,
        Actor::AuthorizationServer => Role::AuthorizationServer,
        _ => Role::Server,
    }
}

fn actor(word: &str) -> Result<Actor, Failure> {
    let all = [Actor::Server, Actor::Client, Actor::AuthorizationServer, Actor::Host, Actor::Intermediary];
    let known = all.map(Actor::as_str).join(", ");
    let found = all.into_iter().find(|actor| actor.as_str() == word);
    found.ok_or_else(|| Failure::usage(format!("no actor is called '{word}'; there are {known}")))
}

fn extension(word: &str) -> Result<&'static Extension, Failure> {
    let known = || {
        let all =
            EXTENSIONS.iter().map(|one| format!("{} (proposal {}, {})", one.name, one.proposal, one.status.as_str()));
        let subjects = Subject::names().into_iter().map(|name| format!("{name} (a subject)"));
        all.chain(subjects).collect::<Vec<_>>().join(", ")
    };
    Extension::of(word).ok_or_else(|| Failure::usage(format!("no extension is called '{word}'; there are {}", known())))
}

fn table(coverage: &Coverage<'_>) -> String {
    let cells = |strength: Option<Strength>| {
        let columns = OBSERVABLE.map(|(observable, _)| Some(observable)).into_iter().chain([None]);
        columns.map(|observable| coverage.count(strength, observable).to_string()).collect::<Vec<_>>()
    };
    let row = |name: &str, cells: Vec<String>| std::iter::once(format!("  {name}")).chain(cells).collect::<Vec<_>>();
    let heads = OBSERVABLE.iter().map(|(_, word)| (*word).to_owned()).chain(["all".to_owned()]).collect();
    let mut rows = vec![row("", heads)];
    rows.extend(Strength::ALL.iter().map(|strength| row(strength.as_str(), cells(Some(*strength)))));
    rows.push(row("all", cells(None)));
    let disputed = match coverage.disputed.len() {
        0 => String::new(),
        n => format!("  {n} more, about which the specification contradicts itself, get no verdict\n"),
    };
    let silent = match coverage.missing.iter().filter(|one| one.why.is_none()).count() {
        0 => String::new(),
        n => format!("  {n} that nothing decides do not say why; `coverage --missing` lists them\n"),
    };
    format!(
        "{} requirements of {} decided by a check that a defect has shown able to fail\n{}{disputed}{silent}",
        coverage.actor,
        coverage.revision,
        aligned(&rows),
    )
}

fn missing(coverage: &Coverage<'_>) -> String {
    let seen = coverage.missing.iter().filter(|one| one.observable != Observable::No);
    let unseen = coverage.missing.iter().filter(|one| one.observable == Observable::No).count();
    let mut text = String::new();
    let mut area = "";
    for Missing { row, observable, why } in seen {
        if row.area() != area {
            area = row.area();
            text.push_str(&format!("\n{area}: decided by nothing\n"));
        }
        let part = if *observable == Observable::Partial { ", observable in part" } else { "" };
        let sentence = wrapped(row.text.trim(), WIDTH, 6);
        text.push_str(&format!("  {}  {}{part}\n      {sentence}\n", row.id, row.level));
        if let Some(why) = why {
            text.push_str(&format!("      why: {}\n", wrapped(why, WIDTH, 11)));
        }
    }
    if unseen > 0 {
        text.push_str(&format!("\n{unseen} more that nobody can observe from outside are left out\n"));
    }
    text
}
