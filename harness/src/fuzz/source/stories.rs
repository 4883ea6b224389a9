//! Stories: acts of which each follows from those before it, as a model of the server's state has it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{Move, World};
use crate::fuzz::case::Case;
use crate::fuzz::peer::{Offer, Round, Session};
use crate::fuzz::safety::Permits;
use crate::generate::{Choices, Hints, SchemaValues};
use crate::revision::Era;

/// Tools that are called as tasks.
const MAX_TOOLS: usize = 48;
/// Resources that are subscribed to.
const MAX_URIS: usize = 2;
/// Acts of a story of chance.
const ACTS: (i64, i64) = (3, 9);
/// The capability of the extension for tasks.
const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// What stories can be about.
#[derive(Debug)]
pub struct Stories {
    pub(super) session: Session,
    /// Over HTTP.
    pub(super) http: bool,
    /// The server has sessions that end.
    pub(super) sessions: bool,
    /// It has tasks, of the design of the revision.
    pub(super) tasks: bool,
    /// It lists them.
    pub(super) lists_tasks: bool,
    /// Tools that may run as tasks, with arguments for each.
    pub(super) tools: Vec<(String, Value)>,
    /// Those of them, by number, that have begun one.
    pub(super) began: BTreeSet<usize>,
    /// Methods that list something.
    pub(super) lists: Vec<&'static str>,
    /// Resources that can be subscribed to.
    pub(super) uris: Vec<Value>,
}

impl Stories {
    /// Of a server that offers this. `http`: it is reached over HTTP.
    pub fn new(session: &Session, offer: &Offer, permits: &Permits, http: bool, choices: &mut Choices) -> Self {
        let has = |path: &str| offer.capabilities.pointer(path).is_some();
        let handshake = session.revision.era() == Era::Handshake;
        let extension = offer.capabilities.get("extensions").and_then(|all| all.get(EXTENSION)).is_some();
        let tasks = if handshake { has("/tasks/requests/tools/call") } else { extension };
        let may = |tool: &&Value| {
            let support = tool.pointer("/execution/taskSupport").and_then(Value::as_str);
            permits.call(tool) && (!handshake || matches!(support, Some("optional" | "required")))
        };
        let of_tasks = offer.list("tools").iter().filter(may).take(if tasks { MAX_TOOLS } else { 0 });
        let tools = of_tasks.filter_map(|tool| {
            let schema = tool.get("inputSchema").cloned().unwrap_or_else(|| json!({ "type": "object" }));
            let made = SchemaValues::new(&schema).ok().and_then(|all| all.generate(&Hints::new(), choices).ok());
            Some((tool.get("name")?.as_str()?.to_owned(), made.unwrap_or_else(|| json!({}))))
        });
        let tools = tools.collect();
        let of_lists = [
            ("tools", "tools/list"),
            ("prompts", "prompts/list"),
            ("resources", "resources/list"),
            ("resources", "resources/templates/list"),
        ];
        let lists = of_lists.into_iter().filter(|(capability, _)| has(&format!("/{capability}"))).map(|(_, list)| list);
        let uris = offer.list("resources").iter().filter_map(|resource| resource.get("uri").cloned());
        Self {
            session: session.clone(),
            http,
            sessions: http && handshake,
            tasks,
            lists_tasks: tasks && handshake && has("/tasks/list"),
            tools,
            began: BTreeSet::new(),
            lists: lists.collect(),
            uris: uris.take(if has("/resources/subscribe") { MAX_URIS } else { 0 }).collect(),
        }
    }

    /// Those that are told once.
    pub fn catalogue(&self) -> Vec<Case> {
        let mut all: Vec<Vec<Move>> = Vec::new();
        let handshake = self.session.revision.era() == Era::Handshake;
        for tool in 0..self.tools.len() {
            use Move::{Begin, Cancel, Get, Later, Result, Update};
            let begin = Begin(tool);
            if handshake {
                all.push(vec![begin, Get(0), Result(0), Get(0), Get(0), Result(0)]);
                all.push(vec![begin, Result(0), Get(0), Cancel(0), Get(0)]);
                all.push(vec![begin, Cancel(0), Get(0), Cancel(0), Result(0), Get(0)]);
                all.push(vec![begin, Begin(tool), Cancel(0), Get(0), Result(1), Get(1)]);
            } else {
                // Which of them begins a task is seen only then.
                all.push(vec![begin, Get(0), Later(0), Get(0), Get(0), Cancel(0), Get(0), Update(0), Get(0)]);
            }
        }
        if self.tasks {
            let methods = if handshake {
                ["tasks/get", "tasks/result", "tasks/cancel"]
            } else {
                ["tasks/get", "tasks/update", "tasks/cancel"]
            };
            all.extend(methods.map(|method| vec![Move::Forged(method)]));
        }
        for list in 0..self.lists.len() {
            all.push(vec![Move::List(list), Move::Page(0), Move::Page(0), Move::Page(1)]);
        }
        for uri in 0..self.uris.len() {
            use Move::{Listen, Read, Subscribe, Unsubscribe};
            if handshake {
                let told = [Subscribe(uri), Read(uri), Unsubscribe(uri), Read(uri), Read(uri)];
                all.push(self.http.then_some(Listen).into_iter().chain(told).collect());
                all.push(vec![Subscribe(uri), Subscribe(uri), Unsubscribe(uri), Unsubscribe(uri), Read(uri)]);
            } else {
                all.push(vec![Listen, Read(uri), Listen]);
            }
        }
        if self.sessions {
            all.push(vec![Move::Second, Move::End, Move::Second, Move::Second]);
            all.push(vec![Move::Second, Move::End, Move::End, Move::Second]);
        }
        all.into_iter().filter_map(|moves| World::new(self).told(&moves)).collect()
    }

    /// What was answered tells which tools begin tasks.
    pub fn learn(&mut self, round: &Round) {
        for (act, reply) in round.cases.iter().zip(&round.replies).flat_map(|(case, all)| case.acts.iter().zip(all)) {
            let name = act.subject.strip_prefix("tools/call ").unwrap_or_default();
            let begins = reply.result().is_some_and(|result| {
                result.get("resultType").is_some_and(|kind| kind == "task") || result.get("task").is_some()
            });
            self.began.extend(self.tools.iter().position(|(tool, _)| tool == name).filter(|_| begins));
        }
    }

    /// One by chance: each act is one that the acts before it allow.
    pub fn one(&self, choices: &mut Choices) -> Option<Case> {
        let mut world = World::new(self);
        for _ in 0..choices.range(ACTS.0, ACTS.1) {
            let moves = world.moves();
            let weights: Vec<u64> = moves.iter().map(|(_, weight)| *weight).collect();
            let (chosen, _) = moves.get(choices.weighted(&weights))?;
            world.make(*chosen, choices);
        }
        world.case()
    }
}
