//! Stories: acts of which each follows from those before it, as a model of the server's state has it.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::asked::Asked;
use super::elsewhere;
use super::inputs::{self, Asking, How};
use super::moves::Move;
use super::replays::Replays;
use super::scene::Scene;
use super::world::World;
use crate::fuzz::case::Case;
use crate::fuzz::peer::{Offer, Round, Session};
use crate::fuzz::safety::Permits;
use crate::generate::{Choices, Hints, SchemaValues};
use crate::revision::{Era, Revision};

/// Tools that are called as tasks, or with answers to what they ask.
const MAX_TOOLS: usize = 48;
/// Resources that are subscribed to.
const MAX_URIS: usize = 2;
/// Acts of a story of chance.
const ACTS: (i64, i64) = (3, 9);
/// How often a story is told where there are several instances, in cases, before those that hold up others are thinned out.
const OFTEN: u64 = 2;
/// How often a story by chance is about what is asked in the midst of a call.
const ASKED: u64 = 3;
/// The capability of the extension for tasks.
const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// What stories can be about.
#[derive(Debug)]
pub struct Stories {
    pub(super) session: Session,
    pub(super) scene: Scene,
    /// The server has sessions that end.
    pub(super) sessions: bool,
    /// It has tasks, of the design of the revision.
    pub(super) tasks: bool,
    /// It lists them.
    pub(super) lists_tasks: bool,
    /// Tools that may run as tasks, or ask something, with arguments for each.
    pub(super) tools: Vec<(String, Value)>,
    /// Those of them, by number, that have begun one.
    pub(super) began: BTreeSet<usize>,
    /// What they turned out to ask.
    pub(super) asking: Asking,
    /// What tools turned out to ask in the midst of a call.
    asked: Asked,
    replays: Replays,
    /// Stories about these that are still to be told once.
    owed: VecDeque<Case>,
    /// Methods that list something.
    pub(super) lists: Vec<&'static str>,
    /// Resources that can be subscribed to.
    pub(super) uris: Vec<Value>,
}

impl Stories {
    /// Of a server that offers this, and that to a client that it can ask things in the midst of a call.
    pub fn new(
        session: &Session,
        (offer, to_the_able): (&Offer, &Offer),
        permits: &Permits,
        scene: Scene,
        choices: &mut Choices,
    ) -> Self {
        let has = |path: &str| offer.capabilities.pointer(path).is_some();
        let handshake = session.revision.era() == Era::Handshake;
        let extension = offer.capabilities.get("extensions").and_then(|all| all.get(EXTENSION)).is_some();
        // A server may list them in every revision; only one of the handshake has them.
        let known = session.revision == Revision::V2025_11_25;
        let tasks = if handshake { known && has("/tasks/requests/tools/call") } else { extension };
        let may = |tool: &&Value| {
            let support = tool.pointer("/execution/taskSupport").and_then(Value::as_str);
            permits.call(tool) && (!handshake || matches!(support, Some("optional" | "required")))
        };
        let of_tasks = offer.list("tools").iter().filter(may).take(if tasks || !handshake { MAX_TOOLS } else { 0 });
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
        let asked = Asked::new(session, to_the_able, permits, scene.http, choices);
        let uris = offer.list("resources").iter().filter_map(|resource| resource.get("uri").cloned());
        Self {
            session: session.clone(),
            scene,
            sessions: scene.http && handshake,
            tasks,
            lists_tasks: tasks && handshake && has("/tasks/list"),
            tools,
            began: BTreeSet::new(),
            asking: Asking::new(offer),
            asked,
            replays: Replays::new(session, scene.http),
            owed: VecDeque::new(),
            lists: lists.collect(),
            uris: uris.take(if has("/resources/subscribe") { MAX_URIS } else { 0 }).collect(),
        }
    }

    /// Whether two clients are not the same to the server.
    pub(super) fn has_two_clients(&self) -> bool {
        self.scene.stranger || self.sessions
    }

    /// Whether there is a client that has no right to the tasks of the first, or whose right the server cannot know.
    pub(super) fn others(&self) -> bool {
        self.scene.stranger || self.sessions && !self.scene.protected
    }

    /// Whether an instance may be ended and started again: where others know what it knew.
    pub(super) fn may_operate(&self) -> bool {
        self.tasks && self.scene.shared && self.scene.control
    }

    /// How often a story should be told, in cases; `seldom` where there is but one instance.
    pub(super) fn often(&self, seldom: u64) -> u64 {
        if self.scene.instances > 1 { OFTEN } else { seldom }
    }

    /// The next of those that are told once, of tools that turned out to begin tasks.
    pub fn owed(&mut self) -> Option<Case> {
        self.owed.pop_front()
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
            } else if !self.tasks {
                all.push(vec![begin]);
            } else {
                // Which of them begins a task is seen only then.
                all.push(vec![
                    begin,
                    Get(0),
                    Later(0),
                    Get(0),
                    Get(0),
                    Cancel(0),
                    Get(0),
                    Update(0, How::Unasked),
                    Get(0),
                ]);
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
                all.push(self.scene.http.then_some(Listen).into_iter().chain(told).collect());
                all.push(vec![Subscribe(uri), Subscribe(uri), Unsubscribe(uri), Unsubscribe(uri), Read(uri)]);
            } else {
                all.push(vec![Listen, Read(uri), Listen]);
            }
        }
        if self.sessions {
            all.push(vec![Move::Second, Move::End, Move::Second, Move::Second]);
            all.push(vec![Move::Second, Move::End, Move::End, Move::Second]);
        }
        let steps = |moves: Vec<Move>| moves.into_iter().map(|one| one.at(0)).collect::<Vec<_>>();
        let told = all.into_iter().filter_map(|moves| World::new(self).told(&steps(moves)));
        told.chain(self.asked.catalogue()).collect()
    }

    /// What was answered tells which tools begin tasks, and which ask.
    pub fn learn(&mut self, round: &Round) {
        let told = self.replays.learn(round);
        self.owed.extend(told);
        for (number, case) in round.cases.iter().enumerate() {
            let told = self.asked.learn(case, round, number);
            self.owed.extend(told);
        }
        for (case, replies) in round.cases.iter().zip(&round.replies) {
            for learnt in self.asking.learn(&self.tools, case, replies) {
                let stories = inputs::stories(learnt, self.scene.http);
                let steps = |moves: &Vec<Move>| moves.iter().map(|one| one.at(0)).collect::<Vec<_>>();
                let told: Vec<Case> = stories.iter().filter_map(|moves| World::new(self).told(&steps(moves))).collect();
                self.owed.extend(told);
            }
        }
        for (act, reply) in round.cases.iter().zip(&round.replies).flat_map(|(case, all)| case.acts.iter().zip(all)) {
            let name = act.subject.strip_prefix("tools/call ").unwrap_or_default();
            let begins = reply.result().is_some_and(|result| {
                result.get("resultType").is_some_and(|kind| kind == "task") || result.get("task").is_some()
            });
            if let Some(tool) = self.tools.iter().position(|(tool, _)| tool == name).filter(|_| begins)
                && self.began.insert(tool)
            {
                let stories = elsewhere::stories(self, tool);
                let told: Vec<Case> = stories.iter().filter_map(|steps| World::new(self).told(steps)).collect();
                self.owed.extend(told);
            }
        }
    }

    /// One by chance: each act is one that the acts before it allow.
    pub fn one(&self, choices: &mut Choices) -> Option<Case> {
        if self.asked.is_any_known() && choices.once_in(ASKED) {
            return self.asked.one(choices);
        }
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
