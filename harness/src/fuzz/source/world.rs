//! What a story has come to: what was begun, listed, subscribed to and ended, and what can be done next.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::inputs::{self, How};
use super::moves::{Move, Step};
use super::stories::Stories;
use crate::action::Act as Operation;
use crate::fuzz::case::{Act, Body, Case, Expect};
use crate::fuzz::rules;
use crate::fuzz::take::Take;
use crate::generate::Choices;
use crate::revision::Era;

/// For how long a task is asked to be kept, in milliseconds.
const TTL: u64 = 60_000;
/// How long work is given, in milliseconds.
const LATER: u64 = 150;
/// An id that no server gives.
const FORGED: &str = "assay-no-such-task";
/// The client whose session may end: the first has to go on.
const SECOND: usize = 1;
/// Tasks of a story.
const MAX_TASKS: usize = 3;
/// How often a task is begun by the second client, where there are two, and an act about one made at the same time as the next.
const SECOND_BEGINS: u64 = 4;
const AT_ONCE: u64 = 4;
/// Instances that are ended in a story.
const MAX_OPERATIONS: usize = 2;
/// Calls of a story, with those that are made again.
const MAX_CALLS: usize = 6;
/// Lists and streams of a story.
const MAX_OF_A_KIND: usize = 3;

/// A call of a tool.
#[derive(Clone, Copy, Debug)]
struct Call {
    /// The act, from 0.
    act: usize,
    client: usize,
    tool: usize,
    /// How often it was made with answers before.
    round: usize,
}

/// What a story has come to.
pub(super) struct World<'a> {
    stories: &'a Stories,
    acts: Vec<Act>,
    /// The calls that began tasks.
    begun: Vec<Call>,
    /// All calls, of which the server may have asked something.
    calls: Vec<Call>,
    /// How often each task was answered well, by its number.
    answered: BTreeMap<usize, usize>,
    /// The acts that listed something, and what.
    listed: Vec<(usize, usize)>,
    subscribed: BTreeSet<usize>,
    listens: usize,
    ended: bool,
    /// Instances that were ended and started again: sessions may be gone with them.
    operated: usize,
}

impl<'a> World<'a> {
    pub(super) fn new(stories: &'a Stories) -> Self {
        Self {
            stories,
            acts: Vec::new(),
            begun: Vec::new(),
            calls: Vec::new(),
            answered: BTreeMap::new(),
            listed: Vec::new(),
            subscribed: BTreeSet::new(),
            listens: 0,
            ended: false,
            operated: 0,
        }
    }

    /// The case of these steps.
    pub(super) fn told(mut self, steps: &[Step]) -> Option<Case> {
        for step in steps {
            self.push(*step);
        }
        self.case()
    }

    pub(super) fn case(self) -> Option<Case> {
        (!self.acts.is_empty()).then_some(Case { acts: self.acts, alone: true, ..Case::default() })
    }

    /// Everything that can be done now, and how much it should be.
    pub(super) fn moves(&self) -> Vec<(Move, u64)> {
        let Stories { tools, began, lists, uris, tasks, lists_tasks, sessions, session, scene, .. } = self.stories;
        let handshake = session.revision.era() == Era::Handshake;
        let mut all = Vec::new();
        if self.begun.len() < MAX_TASKS {
            all.extend((0..tools.len()).map(|tool| (Move::Begin(tool), if began.contains(&tool) { 8 } else { 1 })));
        }
        for task in 0..self.begun.len() {
            all.extend([(Move::Get(task), 6), (Move::Later(task), 2), (Move::Cancel(task), 3)]);
            if handshake {
                all.push((Move::Result(task), 4));
            } else {
                all.extend(How::OF_TASKS.map(|(how, often)| (Move::Update(task, how), often)));
            }
            if self.stories.others() && !self.ended {
                let third = if handshake { "tasks/result" } else { "tasks/update" };
                all.extend(["tasks/get", "tasks/cancel", third].map(|method| (Move::Other(task, method), 1)));
            }
        }
        if self.stories.may_operate() && !self.begun.is_empty() && self.operated < MAX_OPERATIONS {
            all.extend([Operation::Restart, Operation::Kill].map(|operation| (Move::Operate(operation), 2)));
        }
        if *tasks {
            let third = if handshake { "tasks/result" } else { "tasks/update" };
            all.extend(["tasks/get", "tasks/cancel", third].map(|method| (Move::Forged(method), 1)));
        }
        if *lists_tasks {
            all.push((Move::Tasks, 1));
        }
        if self.listed.len() < MAX_OF_A_KIND {
            all.extend((0..lists.len()).map(|list| (Move::List(list), 1)));
        }
        all.extend((0..self.listed.len()).map(|page| (Move::Page(page), 5)));
        for uri in 0..uris.len() {
            all.push((Move::Read(uri), if self.subscribed.is_empty() { 1 } else { 5 }));
            if handshake {
                let wanted = self.subscribed.contains(&uri);
                all.extend([(Move::Subscribe(uri), 2), (Move::Unsubscribe(uri), if wanted { 5 } else { 1 })]);
            }
        }
        for (number, call) in self.calls.iter().enumerate() {
            if self.stories.asking.questions(call.tool, call.round).is_some() && self.calls.len() < MAX_CALLS {
                let hows = How::OF_CALLS.into_iter().filter(|(how, _)| *how != How::Second || scene.http);
                all.extend(hows.map(|(how, often)| (Move::Answer(number, how), often)));
            }
        }
        if self.listens < MAX_OF_A_KIND && (scene.http || !handshake) {
            all.push((Move::Listen, 1));
        }
        if *sessions {
            all.extend([(Move::Second, if self.ended { 6 } else { 1 }), (Move::End, 1)]);
        }
        all
    }

    /// Do it, with what chance adds.
    pub(super) fn make(&mut self, what: Move, choices: &mut Choices) {
        let Stories { scene, .. } = self.stories;
        let number = choices.below(4);
        let instance = choices.index(scene.instances);
        let second = self.stories.has_two_clients() && !self.ended && choices.once_in(SECOND_BEGINS);
        let at_once = what.is_about_a_task() && choices.once_in(AT_ONCE);
        self.push(Step { what, client: usize::from(second), instance, number, at_once });
    }

    fn push(&mut self, step: Step) {
        let Step { what, client, instance, number, at_once } = step;
        let handshake = self.stories.session.revision.era() == Era::Handshake;
        let act = match what {
            Move::Begin(tool) => self.begin(tool, client, number),
            Move::Get(task) => self.about(task, "tasks/get", 0),
            Move::Later(task) => self.about(task, "tasks/get", LATER),
            Move::Result(task) => self.about(task, "tasks/result", 0),
            Move::Cancel(task) => self.about(task, "tasks/cancel", 0),
            Move::Update(task, how) => self.update(task, how),
            Move::Answer(call, how) => self.answer(call, how),
            Move::Bare(tool) => self.bare(tool),
            Move::Other(task, method) => self.other(task, method),
            Move::Forged(method) => Some(self.forged(method)),
            Move::Tasks => Some(self.request("tasks/list", "tasks/list", None)),
            Move::List(list) => self.stories.lists.get(list).map(|method| {
                self.listed.push((self.acts.len(), list));
                self.request(method, method, None)
            }),
            Move::Page(page) => self.page(page),
            Move::Subscribe(uri) => {
                self.subscribed.insert(uri);
                self.resource("resources/subscribe", uri)
            }
            Move::Unsubscribe(uri) => {
                self.subscribed.remove(&uri);
                self.resource("resources/unsubscribe", uri)
            }
            Move::Read(uri) => self.resource("resources/read", uri),
            Move::Listen if handshake => Some(http("GET", 0)),
            Move::Listen => Some(self.listen()),
            Move::Second => {
                let act = self.request("ping", "ping", None);
                // A session that has ended is none.
                let gone = self.ended || self.operated > 0;
                let expect = if gone { Expect::Anything } else { Expect::Answer };
                Some(Act { client: SECOND, expect, ..act })
            }
            Move::End => {
                self.ended = true;
                Some(Act { awaited: true, ..http("DELETE", SECOND) })
            }
            Move::Operate(operation) => self.operation(operation),
        };
        if matches!(what, Move::Listen) {
            self.listens += 1;
        }
        let Some(act) = act else { return };
        let instance = self.stories.scene.instance(act.client, instance);
        // Where its session is not known, nobody says what there is in it.
        let away = self.stories.sessions && instance.is_some_and(|instance| instance != act.client);
        let expect = match act.expect {
            Expect::ErrorOf(_) if away || self.operated > 0 && self.stories.sessions => Expect::Refusal,
            expect => expect,
        };
        self.acts.push(Act { instance, expect, awaited: act.awaited && !at_once, ..act });
    }

    /// A request that is waited for.
    fn request(&self, subject: &str, method: &str, params: Option<Value>) -> Act {
        let session = &self.stories.session;
        let message = match session.revision.era() {
            Era::Stateless => {
                let mut capabilities = json!({ "elicitation": {}, "sampling": {}, "roots": {} });
                if self.stories.tasks {
                    capabilities["extensions"] = json!({ "io.modelcontextprotocol/tasks": {} });
                }
                session.request_of(method, params, &capabilities)
            }
            Era::Handshake => session.request(method, params),
        };
        Act { subject: subject.to_owned(), awaited: true, ..Act::plain(message) }
    }

    fn begin(&mut self, tool: usize, client: usize, number: u64) -> Option<Act> {
        let (name, arguments) = self.stories.tools.get(tool)?;
        let mut params = json!({ "name": name, "arguments": arguments });
        if self.stories.session.revision.era() == Era::Handshake {
            // Now and then it is left to the server for how long.
            params["task"] = if number == 1 { json!({}) } else { json!({ "ttl": TTL }) };
        }
        let call = Call { act: self.acts.len(), client, tool, round: 0 };
        self.begun.push(call);
        self.calls.push(call);
        let act = self.request(&format!("tools/call {name}"), "tools/call", Some(params));
        Some(Act { client, ..act })
    }

    /// The id of a task, from the answer to the act that began it.
    fn id_of(&self, task: usize) -> Option<Take> {
        let Call { act, .. } = *self.begun.get(task)?;
        let from = match self.stories.session.revision.era() {
            Era::Handshake => "result.task.taskId",
            Era::Stateless => "result.taskId",
        };
        Some(Take { into: "/params/taskId".to_owned(), act, from: from.to_owned() })
    }

    fn about(&self, task: usize, method: &str, pause: u64) -> Option<Act> {
        let Call { client, .. } = *self.begun.get(task)?;
        let mut params = json!({ "taskId": "" });
        if method == "tasks/update" {
            params["inputResponses"] = inputs::answers(None, How::Unasked, None);
        }
        let act = self.request(method, method, Some(params));
        Some(Act { takes: vec![self.id_of(task)?], pause, client, ..act })
    }

    /// What the task asked is answered.
    fn update(&mut self, task: usize, how: How) -> Option<Act> {
        let Call { tool, .. } = *self.begun.get(task)?;
        let mark = self.mark(tool);
        let round = self.answered.entry(task).or_default();
        let questions = self.stories.asking.of_task(tool, *round);
        *round += usize::from(how == How::Well);
        let mut act = self.about(task, "tasks/update", 0)?;
        if let Body::Message { value, .. } = &mut act.body {
            value["params"]["inputResponses"] = inputs::answers(questions, how, mark.as_deref());
        }
        Some(act)
    }

    /// A call is made once more, with answers and the state that came with the questions.
    fn answer(&mut self, call: usize, how: How) -> Option<Act> {
        let Call { act: of, client, tool, round } = *self.calls.get(call)?;
        let (name, arguments) = self.stories.tools.get(tool)?;
        let questions = self.stories.asking.questions(tool, round)?;
        let responses = inputs::answers(Some(questions), how, self.mark(tool).as_deref());
        let params = json!({ "name": name, "arguments": arguments, "inputResponses": responses });
        let act = self.request(&format!("tools/call {name}"), "tools/call", Some(params));
        // The state of another call, where there is one.
        let other = self.calls.iter().rev().find(|other| other.act != of && other.round == round);
        let state = if how == How::Elsewhere { other?.act } else { of };
        let take = Take { into: "/params/requestState".to_owned(), act: state, from: "result.requestState".to_owned() };
        let takes = if questions.state { vec![take] } else { Vec::new() };
        let second = how == How::Second;
        let client = if second { SECOND } else { client };
        self.calls.push(Call { act: self.acts.len(), client, tool, round: round + 1 });
        Some(Act { takes, client, stranger: second && self.stories.scene.stranger, ..act })
    }

    fn bare(&self, tool: usize) -> Option<Act> {
        let (name, arguments) = self.stories.tools.get(tool)?;
        let params = json!({ "name": name, "arguments": arguments });
        let message = self.stories.session.request("tools/call", Some(params));
        Some(Act { subject: format!("tools/call {name}"), awaited: true, ..Act::plain(message) })
    }

    /// What tells the texts of an answer from all others of the story, for a tool that keeps nothing.
    fn mark(&self, tool: usize) -> Option<String> {
        let (name, _) = self.stories.tools.get(tool)?;
        self.stories.asking.only_reads(name).then(|| rules::mark(self.acts.len()))
    }

    /// The same by the client whose task it is not.
    fn other(&self, task: usize, method: &str) -> Option<Act> {
        let Call { client: owner, .. } = *self.begun.get(task)?;
        let about = self.about(task, method, 0)?;
        let client = if owner == SECOND { 0 } else { SECOND };
        Some(Act { client, stranger: self.stories.scene.stranger, expect: Expect::Anything, ..about })
    }

    /// An instance is ended and started again, if there is a task.
    fn operation(&mut self, operation: Operation) -> Option<Act> {
        self.operated += 1;
        Some(Act {
            subject: operation.word().to_owned(),
            body: Body::Bytes(Vec::new()),
            expect: Expect::Anything,
            operation: Some(operation),
            takes: vec![self.id_of(0)?],
            ..Act::plain(Value::Null)
        })
    }

    fn forged(&self, method: &str) -> Act {
        let mut params = json!({ "taskId": FORGED });
        if method == "tasks/update" {
            params["inputResponses"] = json!({});
        }
        let act = self.request(method, method, Some(params));
        Act { mutation: "unknown-task at /params/taskId".to_owned(), expect: Expect::ErrorOf(vec![-32602]), ..act }
    }

    /// The page behind the `page`th that was listed.
    fn page(&mut self, page: usize) -> Option<Act> {
        let (of, list) = *self.listed.get(page)?;
        let method = self.stories.lists.get(list)?;
        let take = Take { into: "/params/cursor".to_owned(), act: of, from: "result.nextCursor".to_owned() };
        self.listed.push((self.acts.len(), list));
        let act = self.request(&format!("{method} next"), method, Some(json!({ "cursor": "" })));
        Some(Act { takes: vec![take], ..act })
    }

    fn resource(&self, method: &str, uri: usize) -> Option<Act> {
        let uri = self.stories.uris.get(uri)?;
        Some(self.request(method, method, Some(json!({ "uri": uri }))))
    }

    /// A stream of changes, which is answered when it ends.
    fn listen(&self) -> Act {
        let wanted = json!({ "notifications": { "resourceSubscriptions": self.stories.uris } });
        let act = self.request("subscriptions/listen", "subscriptions/listen", Some(wanted));
        Act { expect: Expect::Anything, awaited: false, ..act }
    }
}

/// What has no message in it.
fn http(verb: &str, client: usize) -> Act {
    let headers = Map::from_iter([("Accept".to_owned(), json!("text/event-stream"))]);
    let headers = if verb == "GET" { headers } else { Map::new() };
    Act {
        subject: verb.to_owned(),
        body: Body::Bytes(Vec::new()),
        expect: Expect::Anything,
        verb: Some(verb.to_owned()),
        headers,
        client,
        ..Act::plain(Value::Null)
    }
}
