//! Monitors: what must hold in every exchange, whatever the scenario.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde_json::Value;

use super::evaluate::{Held, condition, guard};
use super::judge::{binding, within};
use super::{Finding, Outcome, Source};
use crate::expr::{Expression, Operand, Variables};
use crate::requirement::Catalogue;
use crate::revision::Revision;
use crate::scenario::{Corpus, LoadError, Loaded, Monitor, Position, Watch};
use crate::transcript::{Header, View};

/// Names that the expressions of a monitor can use.
pub const NAMES: [&str; 5] = ["it", "revision", "transport", "server", "needs"];
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

/// Compile the monitors of the corpus, or those that can apply in one of `revisions`.
///
/// # Errors
/// Every expression that does not compile, with its place.
pub fn compile(
    corpus: &Corpus,
    revisions: Option<&BTreeSet<Revision>>,
) -> Result<Vec<CompiledMonitor>, Vec<LoadError>> {
    let can_apply = |monitor: &Monitor| {
        revisions.is_none_or(|all| all.iter().any(|revision| within(monitor.since, monitor.until, *revision)))
    };
    let loaded: Vec<_> = corpus.monitors.values().filter(|loaded| can_apply(&loaded.item)).collect();
    let compiled: Vec<_> = loaded.par_iter().map(|loaded| compile_one(loaded)).collect();
    let mut errors = Vec::new();
    let monitors = compiled.into_iter().filter_map(|compiled| compiled.map_err(|e| errors.push(e)).ok()).collect();
    if errors.is_empty() { Ok(monitors) } else { Err(errors) }
}

fn compile_one(loaded: &Loaded<Monitor>) -> Result<CompiledMonitor, LoadError> {
    let compile = |text: &serde_saphyr::Spanned<String>| {
        Expression::compile_among(&text.value, &NAMES).map_err(|e| LoadError {
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
    transport && within(monitor.since, monitor.until, header.revision)
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
    let mut watched = Watched::new(view, base);
    let mut all = Vec::new();
    for compiled in monitors.iter().filter(|compiled| applies(&compiled.monitor, header)) {
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

/// The things that are watched, each made variables of once.
struct Watched<'v> {
    view: &'v View<'v>,
    base: &'v Variables,
    kinds: [Option<Vec<Item>>; 5],
}

impl<'v> Watched<'v> {
    fn new(view: &'v View<'v>, base: &'v Variables) -> Self {
        Self { view, base, kinds: [const { None }; 5] }
    }

    fn of(&mut self, watch: Watch) -> &[Item] {
        let (slot, make): (usize, fn(&View<'_>) -> Vec<Value>) = match watch {
            Watch::Messages => (0, |view| view.messages().to_vec()),
            Watch::Requests => (1, |view| view.requests()),
            Watch::Exchanges => (2, |view| view.exchanges()),
            Watch::Asks => (4, |view| view.asks()),
            Watch::Actors => (3, |view| view.actors().into_iter().map(|(_, value)| value).collect()),
        };
        let (view, base) = (self.view, self.base);
        let Some(kind) = self.kinds.get_mut(slot) else { return &[] };
        kind.get_or_insert_with(|| {
            let items = make(view);
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
