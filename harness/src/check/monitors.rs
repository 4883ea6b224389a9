//! Monitors: what must hold in every exchange, whatever the scenario.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde_json::Value;

use super::evaluate::{Held, condition, guard};
use super::judge::{binding, within};
use super::{Finding, Outcome, Source};
use crate::expr::{Expression, Operand, Variables};
use crate::requirement::{Catalogue, Role};
use crate::revision::Revision;
use crate::scenario::{
    ASKED, CLIENT, Corpus, EXCHANGES, LoadError, Loaded, Monitor, PROCESS, Position, REQUESTS, Watch, monitor_names,
};
use crate::transcript::{Header, View};

/// Most violations told of one monitor in one transcript.
const MAX_TOLD: usize = 3;

/// Most messages of one watched thing that count as evidence.
const MAX_MESSAGES_QUOTED: usize = 8;

/// A watched thing: the events it stands for, and the variables of its evaluation.
type Item = (Vec<u64>, Variables);

/// A monitor, compiled.
#[derive(Debug)]
pub struct CompiledMonitor {
    monitor: std::sync::Arc<Monitor>,
    position: Position,
    when: Option<Expression>,
    expect: Expression,
}

impl CompiledMonitor {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.monitor.monitor
    }
}

/// Compile the monitors of the corpus, or those that can apply in one of `revisions` where these are tested.
///
/// # Errors
/// Every expression that does not compile, with its place.
pub fn compile(
    corpus: &Corpus,
    revisions: Option<&BTreeSet<Revision>>,
    role: Option<Role>,
) -> Result<Vec<CompiledMonitor>, Vec<LoadError>> {
    let can_apply = |monitor: &Monitor| {
        let in_role = role.is_none_or(|role| role == monitor.role);
        in_role
            && revisions.is_none_or(|all| all.iter().any(|revision| within(monitor.since, monitor.until, *revision)))
    };
    let loaded: Vec<_> = corpus.monitors.values().filter(|loaded| can_apply(&loaded.item)).collect();
    let compiled: Vec<_> = loaded.par_iter().map(|loaded| compile_one(loaded)).collect();
    let mut errors = Vec::new();
    let monitors = compiled.into_iter().filter_map(|compiled| compiled.map_err(|e| errors.push(e)).ok()).collect();
    if errors.is_empty() { Ok(monitors) } else { Err(errors) }
}

fn compile_one(loaded: &Loaded<Monitor>) -> Result<CompiledMonitor, LoadError> {
    let compile = |text: &serde_saphyr::Spanned<String>| {
        Expression::compile_among(&text.value, &monitor_names(loaded.item.role)).map_err(|e| LoadError {
            file: loaded.file.clone(),
            line: text.referenced.line(),
            problem: e.to_string(),
        })
    };
    Ok(CompiledMonitor {
        when: loaded.item.when.as_ref().map(compile).transpose()?,
        expect: compile(&loaded.item.expect)?,
        monitor: loaded.item.clone(),
        position: Position { file: loaded.file.clone(), line: loaded.line },
    })
}

fn applies(monitor: &Monitor, header: &Header) -> bool {
    let transport = monitor.transport.is_none_or(|t| t.as_str() == header.transport);
    monitor.role == header.role && transport && within(monitor.since, monitor.until, header.revision)
}

/// The requirements that monitors decide on an axis, with the monitor's name.
pub fn watched(
    monitors: &[CompiledMonitor],
    header: &Header,
    catalogue: &Catalogue,
) -> Vec<(String, String, Position)> {
    let applying = monitors.iter().filter(|compiled| applies(&compiled.monitor, header));
    applying
        .flat_map(|compiled| {
            let ids = binding(catalogue, &compiled.monitor.requirement, header);
            ids.into_iter().map(|id| (id.to_owned(), compiled.monitor.monitor.clone(), compiled.position.clone()))
        })
        .collect()
}

/// What the monitors say about a transcript, given the variables of its case: one finding per monitor and requirement that was put to the test.
pub fn findings(
    monitors: &[CompiledMonitor],
    header: &Header,
    view: &View<'_>,
    base: &Variables,
    catalogue: &Catalogue,
) -> Vec<Finding> {
    let applying: Vec<&CompiledMonitor> =
        monitors.iter().filter(|compiled| applies(&compiled.monitor, header)).collect();
    let base = match header.role {
        Role::Server | Role::AuthorizationServer => base.clone(),
        Role::Client => base.with_all(of_client(&applying, header, view).iter().map(|(name, value)| (*name, value))),
    };
    let mut watched = Watched::new(view, &base, header);
    let mut all = Vec::new();
    for compiled in applying {
        let ids = binding(catalogue, &compiled.monitor.requirement, header);
        if ids.is_empty() {
            continue;
        }
        let Some(seen) = watch(compiled, watched.of(compiled.monitor.watch)) else { continue };
        for id in ids {
            let disputed = catalogue.get(id).and_then(|row| row.disputed_in(header.revision));
            let outcome = disputed.map_or_else(|| seen.outcome.clone(), |how| Outcome::Disputed(how.to_owned()));
            all.push(Finding {
                requirement: id.to_owned(),
                source: Source::Monitor(compiled.monitor.monitor.clone()),
                outcome,
                rule: compiled.monitor.expect.value.trim().to_owned(),
                operands: seen.operands.clone(),
                evidence: seen.evidence.clone(),
                position: Some(compiled.position.clone()),
                met_by_refusal: compiled.monitor.met_by_refusal,
                met_by_empty_result: compiled.monitor.met_by_empty_result,
            });
        }
    }
    all
}

struct Seen {
    outcome: Outcome,
    operands: Vec<Operand>,
    evidence: Vec<u64>,
}

/// None when the monitor had nothing to say.
fn watch(compiled: &CompiledMonitor, items: &[Item]) -> Option<Seen> {
    let mut exercised = false;
    let mut unclear = None;
    let (mut told, mut operands, mut evidence) = (Vec::new(), Vec::new(), Vec::new());
    for (numbers, variables) in items {
        match compiled.when.as_ref().map(|when| guard(when, variables)) {
            None | Some(Ok(true)) => {}
            Some(Ok(false)) => continue,
            Some(Err(why)) => {
                unclear.get_or_insert(why);
                continue;
            }
        }
        match condition(&compiled.expect, variables) {
            Held::Yes => exercised = true,
            Held::Unclear(why) => {
                unclear.get_or_insert(why);
            }
            Held::No(seen, values) => {
                exercised = true;
                if told.len() < MAX_TOLD {
                    told.push(seen);
                    operands.extend(values);
                    evidence.extend(numbers);
                }
            }
        }
    }
    let outcome = match (told.is_empty(), exercised, unclear) {
        (false, ..) => Outcome::Broken(told.join("; ")),
        (true, true, _) => Outcome::Held,
        (true, false, Some(why)) => Outcome::Undecided(format!("could not be decided: {why}")),
        (true, false, None) => return None,
    };
    Some(Seen { outcome, operands, evidence })
}

/// What a client under test did, by the names under which these monitors speak of it, in the revision under test alone.
fn of_client(monitors: &[&CompiledMonitor], header: &Header, view: &View<'_>) -> Vec<(&'static str, Value)> {
    let used = |name: &str| {
        let expressions = monitors.iter().flat_map(|m| m.when.iter().chain([&m.expect]));
        expressions.flat_map(Expression::references).any(|used| used == name)
    };
    let names = [REQUESTS, EXCHANGES, ASKED, CLIENT].into_iter().filter(|name| used(name));
    names
        .map(|name| {
            let value = match name {
                REQUESTS => Value::Array(view.requests_in(header.revision)),
                EXCHANGES => Value::Array(view.exchanges_in(header.revision)),
                ASKED => Value::Array(view.asked_in(header.revision)),
                _ => view.client_in(header.revision, CLIENT, PROCESS),
            };
            (name, value)
        })
        .collect()
}

/// The things that are watched, each made variables of once.
struct Watched<'v> {
    view: &'v View<'v>,
    base: &'v Variables,
    role: Role,
    revision: Revision,
    kinds: [Option<Vec<Item>>; 7],
}

impl<'v> Watched<'v> {
    fn new(view: &'v View<'v>, base: &'v Variables, header: &Header) -> Self {
        Self { view, base, role: header.role, revision: header.revision, kinds: [const { None }; 7] }
    }

    fn of(&mut self, watch: Watch) -> &[Item] {
        let slot = match watch {
            Watch::Messages => 0,
            Watch::Requests => 1,
            Watch::Exchanges => 2,
            Watch::Actors => 3,
            Watch::Asks => 4,
            Watch::Asked => 5,
            Watch::Tasks => 6,
        };
        let (view, base, revision) = (self.view, self.base, self.revision);
        let make = || match (self.role, watch) {
            (_, Watch::Asks) => view.asks(),
            (_, Watch::Tasks) => view.tasks(),
            (_, Watch::Asked) => view.asked_in(revision),
            // It speaks no MCP, and no monitor watches it.
            (Role::AuthorizationServer, _) => Vec::new(),
            (Role::Server, Watch::Messages) => view.messages().to_vec(),
            (Role::Server, Watch::Requests) => view.requests(),
            (Role::Server, Watch::Exchanges) => view.exchanges(),
            (Role::Server, Watch::Actors) => view.actors().into_iter().map(|(_, value)| value).collect(),
            (Role::Client, Watch::Messages) => view.sent_in(revision),
            (Role::Client, Watch::Requests) => view.requests_in(revision),
            (Role::Client, Watch::Exchanges) => view.exchanges_in(revision),
            (Role::Client, Watch::Actors) => vec![view.client_in(revision, CLIENT, PROCESS)],
        };
        let Some(kind) = self.kinds.get_mut(slot) else { return &[] };
        kind.get_or_insert_with(|| {
            let items = make();
            items.iter().map(|item| (numbers_in(item), base.with("it", item))).collect()
        })
    }
}

/// Event numbers that a watched thing names.
fn numbers_in(item: &Value) -> Vec<u64> {
    let number = |value: &Value| value.get("n").and_then(Value::as_u64);
    let mut numbers: Vec<u64> = number(item).into_iter().chain(item.get("request").and_then(number)).collect();
    let messages = item.get("messages").and_then(Value::as_array).into_iter().flatten();
    numbers.extend(messages.filter_map(number).take(MAX_MESSAGES_QUOTED));
    if let Some(of) = item.get("of").and_then(number) {
        numbers.push(of);
    }
    numbers.sort_unstable();
    numbers
}
