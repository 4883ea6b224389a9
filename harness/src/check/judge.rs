//! The judge: every check, monitor and schema, compiled once, applied to transcripts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::evaluate::{Held, at_path, condition, guard, quoted};
use super::evidence::evidence;
use super::monitors::CompiledMonitor;
use super::{Finding, Outcome, Source, monitors, schemas};
use crate::action::{Action, pattern};
use crate::expr::{Expression, Operand, Variables};
use crate::requirement::{Catalogue, Role};
use crate::revision::Revision;
use crate::scenario::Position;
use crate::scenario::{
    ASKED, AUTH, AUTHORIZATION_NAMES, CLIENT, CLIENT_NAMES, EXCHANGES, PROCESS, PROCESSES, REQUESTS, SECRETS, URLS,
};
use crate::scenario::{Check, Corpus, LoadError, Loaded, OneOrMany, Scenario, Transport};
use crate::schema::compile_user_schema;
use crate::transcript::{Event, Header, View, What};

/// Most servers whose offer is kept converted: one for each axis of a run.
const MAX_SERVERS: usize = 64;

/// Compiled checks and monitors.
#[derive(Debug)]
pub struct Judge {
    catalogue: &'static Catalogue,
    scenarios: BTreeMap<String, Vec<CompiledCheck>>,
    monitors: Vec<CompiledMonitor>,
    servers: Mutex<Vec<(Value, Variables)>>,
}

/// What is said about one transcript.
#[derive(Debug, Default)]
pub struct Said {
    /// By the checks of its scenario.
    pub checks: Vec<Finding>,
    /// By the monitors and the message schemas.
    pub monitors: Vec<Finding>,
}

/// What is going to be judged: all there is, by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'s> {
    /// Only the checks of these scenarios.
    pub scenarios: Option<&'s [String]>,
    /// Only what can apply in one of these revisions.
    pub revisions: Option<&'s BTreeSet<Revision>>,
    /// Only the monitors of these.
    pub role: Option<Role>,
}

impl Scope<'_> {
    /// The checks of these scenarios, and every monitor.
    pub fn of(scenarios: &[String]) -> Scope<'_> {
        Scope { scenarios: Some(scenarios), ..Scope::default() }
    }
}

#[derive(Debug)]
struct CompiledCheck {
    check: Check,
    position: Position,
    when: Option<Expression>,
    expect: Option<Expression>,
}

impl Judge {
    /// Compile the checks and monitors of a scope.
    ///
    /// # Errors
    /// Every expression that does not compile, with its place.
    pub fn new(corpus: &Corpus, catalogue: &'static Catalogue, scope: &Scope<'_>) -> Result<Self, Vec<LoadError>> {
        let wanted: Vec<_> = corpus
            .scenarios
            .iter()
            .filter(|(name, _)| scope.scenarios.is_none_or(|wanted| wanted.contains(name)))
            .collect();
        let (checks, monitors) = rayon::join(
            || -> Vec<_> { wanted.par_iter().map(|(_, loaded)| compile_checks(loaded)).collect() },
            || monitors::compile(corpus, scope.revisions, scope.role),
        );
        let mut errors = Vec::new();
        let mut compiled = BTreeMap::new();
        for ((name, _), checks) in wanted.into_iter().zip(checks) {
            match checks {
                Ok(checks) => drop(compiled.insert(name.clone(), checks)),
                Err(mut wrong) => errors.append(&mut wrong),
            }
        }
        match monitors {
            Ok(monitors) if errors.is_empty() => {
                Ok(Self { catalogue, scenarios: compiled, monitors, servers: Mutex::default() })
            }
            Ok(_) => Err(errors),
            Err(mut wrong) => {
                errors.append(&mut wrong);
                Err(errors)
            }
        }
    }

    /// What everything says about a transcript.
    pub fn judge(&self, header: &Header, events: &[Event]) -> Said {
        let view = View::of(events);
        Said { checks: self.checks(header, &view, events), monitors: self.monitors(header, &view) }
    }

    /// What the checks of its scenario say about a transcript.
    fn checks(&self, header: &Header, view: &View<'_>, events: &[Event]) -> Vec<Finding> {
        let Some(checks) = self.scenarios.get(&header.scenario) else { return Vec::new() };
        // Facts are variables already; only patterns and schemas need them as JSON.
        let in_paths = checks.iter().flat_map(CompiledCheck::paths);
        let in_expressions = checks.iter().flat_map(CompiledCheck::references).filter(|name| !FACTS.contains(name));
        let used: BTreeSet<&str> = in_paths.chain(in_expressions).collect();
        let roots = roots(header, view, &used);
        let variables = self.facts(header).with_all(roots.iter().map(|(name, value)| (name.as_str(), value)));
        let mut findings = Vec::new();
        for compiled in checks {
            if !applies(&compiled.check, header) {
                continue;
            }
            for requirement in binding(self.catalogue, &compiled.check.requirement, header) {
                findings.push(judge_one(
                    compiled,
                    requirement,
                    header,
                    view,
                    events,
                    &roots,
                    &variables,
                    self.catalogue,
                ));
            }
        }
        findings
    }

    /// What the monitors and the message schemas say about a transcript.
    fn monitors(&self, header: &Header, view: &View<'_>) -> Vec<Finding> {
        if header.role == Role::AuthorizationServer {
            return Vec::new();
        }
        // What a client that settled on another revision does is that one's affair.
        if header.role == Role::Client && view.settled_elsewhere(header.revision) {
            return Vec::new();
        }
        let mut findings = schemas::findings(header, view, self.catalogue);
        findings.extend(monitors::findings(&self.monitors, header, view, &self.facts(header), self.catalogue));
        findings
    }

    /// The variables that are the same for a whole case. What a server offers is converted once, however many cases.
    fn facts(&self, header: &Header) -> Variables {
        let empty = Value::Object(serde_json::Map::new());
        let fact = |name: &str| header.facts.get(name).unwrap_or(&empty);
        let server = fact("server");
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = servers.iter().find(|(known, _)| known == server).map(|(_, variables)| variables.clone());
        let base = known.unwrap_or_else(|| {
            let variables = Variables::new([("server", server)]);
            if servers.len() < MAX_SERVERS {
                servers.push((server.clone(), variables.clone()));
            }
            variables
        });
        let (revision, transport) = (json!(header.revision.to_string()), json!(header.transport));
        base.with_all([("revision", &revision), ("transport", &transport), ("needs", fact("needs"))])
    }

    /// The requirements that a scenario's checks decide in a case, with the name of each check.
    pub fn decides(&self, header: &Header) -> Vec<(String, Option<String>, Position)> {
        let checks = self.scenarios.get(&header.scenario).map(Vec::as_slice).unwrap_or_default();
        let applying = checks.iter().filter(|compiled| applies(&compiled.check, header));
        applying
            .flat_map(|compiled| {
                let ids = binding(self.catalogue, &compiled.check.requirement, header);
                ids.into_iter().map(|id| (id.to_owned(), compiled.check.name.clone(), compiled.position.clone()))
            })
            .collect()
    }

    /// Names of all monitors.
    pub fn monitor_names(&self) -> impl Iterator<Item = &str> {
        self.monitors.iter().map(CompiledMonitor::name)
    }

    /// The requirements that monitors decide on this axis, with the monitor's name.
    pub fn watched(&self, header: &Header) -> Vec<(String, String, Position)> {
        monitors::watched(&self.monitors, header, self.catalogue)
    }
}

fn compile_checks(loaded: &Loaded<Scenario>) -> Result<Vec<CompiledCheck>, Vec<LoadError>> {
    let mut errors = Vec::new();
    let names = declared(&loaded.item);
    let known = |name: &str| names.iter().any(|n| n == name);
    let mut compile = |text: &Option<serde_saphyr::Spanned<String>>| {
        let text = text.as_ref()?;
        match Expression::compile(&text.value, &known) {
            Ok(expression) => Some(expression),
            Err(e) => {
                errors.push(LoadError {
                    file: loaded.file.clone(),
                    line: text.referenced.line(),
                    problem: e.to_string(),
                });
                None
            }
        }
    };
    let checks = loaded.item.checks.iter();
    let compiled = checks
        .map(|check| CompiledCheck {
            when: compile(&check.value.when),
            expect: compile(&check.value.expect),
            position: Position { file: loaded.file.clone(), line: check.referenced.line() },
            check: check.value.clone(),
        })
        .collect();
    if errors.is_empty() { Ok(compiled) } else { Err(errors) }
}

/// Names that the expressions of a scenario can use.
pub fn declared(scenario: &Scenario) -> Vec<String> {
    let mut names: Vec<String> = FACTS.map(str::to_owned).to_vec();
    if scenario.applies.role == Role::Client {
        names.extend(CLIENT_NAMES.map(str::to_owned));
        return names;
    }
    if scenario.applies.role == Role::AuthorizationServer {
        names.extend(AUTHORIZATION_NAMES.map(str::to_owned));
    }
    let actors = scenario.actors.keys().cloned().chain([crate::action::DEFAULT_ACTOR.to_owned()]);
    for actor in actors {
        names.push(format!("{actor}_open"));
        names.push(format!("{actor}_initialized"));
        names.push(format!("{actor}_events"));
        names.push(actor);
    }
    for step in &scenario.steps {
        names.extend(opened_by(&step.value).into_iter().map(str::to_owned));
    }
    names
}

/// The streams that a step opens; of a `follow` or `poll` step, the list.
fn opened_by(action: &Action) -> Vec<&str> {
    let one = match action {
        Action::Begin(send)
        | Action::Request(send)
        | Action::Alive(send)
        | Action::Call(send)
        | Action::Read(send)
        | Action::Prompt(send)
        | Action::Notify(send)
        | Action::Raw(send)
        | Action::Http(send) => send.stream.as_deref(),
        Action::Metadata(metadata) => Some(metadata.stream.as_str()),
        Action::Discover(ask)
        | Action::Register(ask)
        | Action::Publish(ask)
        | Action::Authorize(ask)
        | Action::Redeem(ask)
        | Action::Fetch(ask) => Some(ask.stream.as_str()),
        Action::Retry(retry) => Some(retry.stream.as_str()),
        Action::Follow(follow) => Some(follow.stream.as_str()),
        Action::Poll(poll) => Some(poll.stream.as_str()),
        Action::Batch(batch) => {
            let parts = batch.messages.iter().flat_map(opened_by);
            return std::iter::once(batch.stream.as_str()).chain(parts).collect();
        }
        _ => None,
    };
    one.into_iter().collect()
}

fn applies(check: &Check, header: &Header) -> bool {
    let transport = check.transport.is_none_or(|t| t.as_str() == header.transport);
    transport && within(check.since, check.until, header.revision)
}

/// Is a revision within a span?
pub(super) fn within(since: Option<Revision>, until: Option<Revision>, revision: Revision) -> bool {
    since.is_none_or(|since| since <= revision) && until.is_none_or(|until| revision <= until)
}

/// Of several requirement ids, those that bind who is tested in the revision and transport of the case.
pub(super) fn binding<'r>(catalogue: &Catalogue, requirement: &'r OneOrMany, header: &Header) -> Vec<&'r str> {
    let binds = |id: &&str| {
        catalogue.get(id).is_some_and(|row| {
            let own = Transport::ALL.into_iter().find(|own| own.as_str() == header.transport);
            let transport = own.is_some_and(|own| own.is(row.transport, header.revision));
            transport && (row.binds(header.role.actor(), header.revision) || tolerates(row, header.revision))
        })
    };
    requirement.iter().filter(binds).collect()
}

/// A MAY of one side binds the other to put up with it.
fn tolerates(row: &crate::requirement::Requirement, revision: Revision) -> bool {
    row.level == crate::requirement::Level::May && row.holds_in(revision)
}

/// The streams, page lists and actors that checks use, as far as they came about.
fn roots(header: &Header, view: &View<'_>, used: &BTreeSet<&str>) -> Vec<(String, Value)> {
    let mut roots = Vec::new();
    for name in used {
        if let Some(fact) = header.facts.get(name) {
            roots.push(((*name).to_owned(), fact.clone()));
            continue;
        }
        if header.role == Role::Client && *name == ASKED {
            // Of a client that never connected nothing can be said; one that was asked nothing is another matter.
            roots.extend((!view.requests().is_empty()).then(|| ((*name).to_owned(), json!(view.asked()))));
            continue;
        }
        let of_client = match *name {
            _ if header.role == Role::Server => None,
            REQUESTS => Some(view.requests()),
            EXCHANGES => Some(view.exchanges()),
            AUTH => Some(view.auth()),
            PROCESSES => Some(view.actors_called(PROCESS)),
            _ => None,
        };
        let of_parties = match *name {
            _ if header.role == Role::Server => None,
            SECRETS => Some(view.secrets()),
            URLS => Some(view.urls()),
            _ => None,
        };
        if let Some(of_parties) = of_parties {
            roots.push(((*name).to_owned(), of_parties));
            continue;
        }
        // That a client went nowhere else says something only of one that came at all.
        let came = *name == AUTH && !view.exchanges().is_empty();
        if let Some(all) = of_client.filter(|all| came || !all.is_empty()) {
            roots.push(((*name).to_owned(), json!(all)));
            continue;
        }
        let actor = view.index().actors.contains_key(*name).then(|| match *name {
            CLIENT if header.role == Role::Client => view.actor_with(CLIENT, PROCESS),
            _ => view.actor(name),
        });
        let pages = || Some(view.pages(name)).filter(|pages| !pages.is_empty()).map(|pages| json!(pages));
        if let Some(value) = view.stream(name).or(actor).or_else(pages) {
            roots.push(((*name).to_owned(), value));
        }
    }
    roots
}

/// Variables that every case has.
const FACTS: [&str; 4] = ["revision", "transport", "server", "needs"];

#[expect(clippy::too_many_arguments, reason = "one private call site; a struct would only rename them")]
fn judge_one(
    compiled: &CompiledCheck,
    requirement: &str,
    header: &Header,
    view: &View<'_>,
    events: &[Event],
    roots: &[(String, Value)],
    variables: &Variables,
    catalogue: &Catalogue,
) -> Finding {
    let check = &compiled.check;
    let (outcome, operands) = match catalogue.get(requirement).and_then(|row| row.disputed_in(header.revision)) {
        Some(how) => (Outcome::Disputed(how.to_owned()), Vec::new()),
        None => decide(compiled, header.role, roots, variables, events),
    };
    Finding {
        requirement: requirement.to_owned(),
        source: Source::Check(check.name.clone()),
        outcome,
        rule: rule_text(check),
        operands,
        evidence: evidence(compiled.names(), header.role, view, events),
        position: Some(compiled.position.clone()),
        met_by_refusal: check.met_by_refusal,
        met_by_empty_result: check.met_by_empty_result,
    }
}

/// Why a stream with an authorization server says nothing: a failure of the server's is neither a grant nor a refusal.
fn unanswered(name: &str, roots: &[(String, Value)]) -> Option<String> {
    let (_, stream) = roots.iter().find(|(known, _)| known == name)?;
    match stream.as_object()?.get("status")? {
        Value::Null => {
            let failure = stream.get("failure").and_then(Value::as_str).unwrap_or("nothing came in time");
            Some(format!("`{name}` got no answer: {failure}"))
        }
        status if status.as_u64() >= Some(500) => Some(format!("`{name}` got HTTP status {status}: the server failed")),
        _ => None,
    }
}

fn decide(
    compiled: &CompiledCheck,
    role: Role,
    roots: &[(String, Value)],
    variables: &Variables,
    events: &[Event],
) -> (Outcome, Vec<Operand>) {
    let undecided = |why: String| (Outcome::Undecided(why), Vec::new());
    let there = |name: &str| FACTS.contains(&name) || roots.iter().any(|(known, _)| known == name);
    let missing = compiled.names().find(|name| !there(name)).map(str::to_owned);
    if let Some(name) = missing {
        let why = last_note(events).unwrap_or_else(|| "nothing was recorded for it".to_owned());
        return undecided(format!("`{name}` did not come about: {why}"));
    }
    if role == Role::AuthorizationServer
        && let Some(why) = compiled.names().find_map(|name| unanswered(name, roots))
    {
        return undecided(why);
    }
    if let Some(when) = &compiled.when {
        let otherwise = |why: String| compiled.check.otherwise.clone().unwrap_or(why);
        match guard(when, variables) {
            Ok(true) => {}
            Ok(false) => return undecided(otherwise(format!("`{}` does not hold", when.source().trim()))),
            Err(why) => return undecided(otherwise(why)),
        }
    }
    if let Some(expect) = &compiled.expect {
        match condition(expect, variables) {
            Held::Yes => {}
            Held::No(seen, operands) => return (Outcome::Broken(seen), operands),
            Held::Unclear(why) => return undecided(format!("could not be decided: {why}")),
        }
    }
    for (path, wanted) in &compiled.check.matches {
        let Some(value) = at_path(roots, path) else {
            return undecided(format!("could not be decided: there is nothing at `{path}`"));
        };
        if let Err(mismatch) = pattern::matches(wanted, value) {
            let operand = Operand { source: path.clone(), value: value.clone() };
            return (Outcome::Broken(format!("{path}: {mismatch}")), vec![operand]);
        }
    }
    for (path, schema) in &compiled.check.schema {
        let Some(value) = at_path(roots, path) else {
            return undecided(format!("could not be decided: there is nothing at `{path}`"));
        };
        let problems = match compile_user_schema(schema) {
            Ok(schema) => schema.validate(value),
            Err(e) => return undecided(format!("the schema of the check is unusable: {e}")),
        };
        if !problems.is_empty() {
            let operand = Operand { source: path.clone(), value: value.clone() };
            return (Outcome::Broken(format!("{path}: {}", problems.join("; "))), vec![operand]);
        }
    }
    (Outcome::Held, Vec::new())
}

impl CompiledCheck {
    /// First names of everything the check reads.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.references().chain(self.paths())
    }

    fn references(&self) -> impl Iterator<Item = &str> {
        self.when.iter().chain(&self.expect).flat_map(Expression::references)
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        let paths = self.check.matches.keys().chain(self.check.schema.keys());
        paths.map(|path| path.split('.').next().unwrap_or(path))
    }
}

fn rule_text(check: &Check) -> String {
    let mut parts: Vec<String> = check.expect.iter().map(|expect| expect.value.trim().to_owned()).collect();
    parts.extend(check.matches.iter().map(|(path, wanted)| format!("{path} matches {}", quoted(wanted))));
    parts.extend(check.schema.keys().map(|path| format!("{path} is valid against its schema")));
    parts.join(" and ")
}

fn last_note(events: &[Event]) -> Option<String> {
    events.iter().rev().find_map(|event| match &event.what {
        What::Note { text } => Some(text.clone()),
        What::ConnectionFailed { problem, .. } => Some(problem.clone()),
        _ => None,
    })
}
