//! The judge: every check, monitor and schema, compiled once, applied to transcripts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::compiled::{CompiledCheck, compile_checks};
use super::decide::{Seen, judge_one};
use super::monitors::CompiledMonitor;
use super::names::{FACTS, roots};
use super::{Finding, monitors, schemas};
use crate::expr::Variables;
use crate::requirement::{Catalogue, Role};
use crate::revision::Revision;
use crate::scenario::{Check, Corpus, LoadError, OneOrMany, Position, Transport};
use crate::transcript::{Event, Header, View};

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
        let seen = Seen { header, view, events, roots: &roots, variables: &variables };
        let mut findings = Vec::new();
        for compiled in checks {
            if !applies(&compiled.check, header) {
                continue;
            }
            for requirement in binding(self.catalogue, &compiled.check.requirement, header) {
                findings.push(judge_one(compiled, requirement, &seen, self.catalogue));
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
