//! What tools ask of a client in the midst of a call (up to 2025-11-25), and stories of how it is answered: well, with an error, wrongly,
//! twice, late, never, by another.

use serde_json::{Value, json};

use super::answers::{Answer, unfit};
use super::inputs::{TEXT, answer};
use crate::fuzz::case::{Act, Body, Case, Expect, IdForm};
use crate::fuzz::peer::{Offer, Round, Session};
use crate::fuzz::rules::{self, AGAIN, AS_TEXT};
use crate::fuzz::safety::Permits;
use crate::fuzz::take::Take;
use crate::generate::{Choices, Hints, SchemaValues};
use crate::revision::Era;

/// Tools that are called to see whether they ask anything.
const MAX_TOOLS: usize = 48;
/// Questions about which stories are told.
const MAX_KNOWN: usize = 12;
/// What can be asked.
const METHODS: [&str; 3] = ["elicitation/create", "roots/list", "sampling/createMessage"];
/// An id that no server gives.
const NO_ID: &str = "assay-no-such-id";
/// How long a server has to give up a question, in milliseconds.
const LATER: u64 = 150;
/// How often, in stories by chance, there is a second call, and it is cancelled or answered by another client.
const SELDOM: u64 = 4;

/// A tool that may be called.
#[derive(Debug)]
struct Tool {
    name: String,
    arguments: Value,
    /// It says that it only reads: then it has no right to keep what it is answered.
    reads: bool,
}

/// What a tool asks.
#[derive(Clone, Debug)]
struct Known {
    tool: usize,
    method: String,
    /// The request as it came.
    request: Value,
}

/// What tools ask, as far as it was seen.
#[derive(Debug)]
pub(super) struct Asked {
    session: Session,
    /// It is reached over Streamable HTTP.
    http: bool,
    tools: Vec<Tool>,
    known: Vec<Known>,
}

impl Asked {
    /// Of a server that offers this: nothing is known yet.
    pub(super) fn new(session: &Session, offer: &Offer, permits: &Permits, http: bool, choices: &mut Choices) -> Self {
        let handshake = session.revision.era() == Era::Handshake;
        let may = offer.list("tools").iter().filter(|tool| permits.call(tool));
        let tools = may.take(if handshake { MAX_TOOLS } else { 0 }).filter_map(|tool| {
            Some(Tool {
                name: tool.get("name")?.as_str()?.to_owned(),
                arguments: arguments(tool, choices),
                reads: tool.pointer("/annotations/readOnlyHint") == Some(&Value::Bool(true)),
            })
        });
        Self { session: session.clone(), http, tools: tools.collect(), known: Vec::new() }
    }

    /// Each tool is called once by a client that can be asked everything, and answers well.
    pub(super) fn catalogue(&self) -> Vec<Case> {
        let one = |tool: &Tool| Case { acts: vec![self.call(tool)], alone: true, asked: Some(Vec::new()) };
        self.tools.iter().map(one).collect()
    }

    /// Whether any tool is known to ask anything.
    pub(super) fn is_any_known(&self) -> bool {
        !self.known.is_empty()
    }

    /// Stories of what a tool turned out to ask, where it is answered when its questions are.
    pub(super) fn learn(&mut self, case: &Case, round: &Round, number: usize) -> Vec<Case> {
        let ([act], Some([])) = (case.acts.as_slice(), case.asked.as_deref()) else { return Vec::new() };
        let Some([reply]) = round.replies.get(number).map(Vec::as_slice) else { return Vec::new() };
        let name = act.subject.strip_prefix("tools/call ").unwrap_or_default();
        let Some(tool) = self.tools.iter().position(|tool| tool.name == name) else { return Vec::new() };
        // Of several it is not clear which is answered.
        let ([asked], true) = (reply.asks.as_slice(), reply.result().is_some()) else { return Vec::new() };
        let Some(method) = METHODS.into_iter().find(|method| asked.method() == Some(method)) else { return Vec::new() };
        if self.known.len() >= MAX_KNOWN || self.known.iter().any(|known| known.tool == tool) {
            return Vec::new();
        }
        let is_first = self.known.iter().all(|known| known.method != method);
        let known = Known { tool, method: method.to_owned(), request: asked.value.clone().unwrap_or_default() };
        let told = self.stories(&known, is_first);
        self.known.push(known);
        told
    }

    /// Those of a question; how answers find their calls is tried for the first of a kind.
    fn stories(&self, known: &Known, is_first: bool) -> Vec<Case> {
        let odd = unfit(&known.method, &known.request);
        let odd = odd.iter().filter(|answer| is_first || answer.is_common);
        let mut all: Vec<Case> = odd.map(|answer| self.tell(known, |story| story.oddly(answer))).collect();
        // By a client that can be asked nothing.
        let bare = self.tools.get(known.tool).map(|tool| self.call(tool));
        all.extend(bare.map(|call| Case { acts: vec![call], alone: true, asked: None }));
        if is_first {
            let http: Option<fn(&mut Story<'_>)> = self.http.then_some(|story| story.by_two_clients());
            all.extend(FINDING_ITS_CALL.into_iter().chain(http).map(|told| self.tell(known, told)));
        }
        all
    }

    fn tell(&self, known: &Known, told: impl Fn(&mut Story<'_>)) -> Case {
        let mut story = Story { asked: self, known, acts: Vec::new() };
        told(&mut story);
        story.case()
    }

    /// One by chance.
    pub(super) fn one(&self, choices: &mut Choices) -> Option<Case> {
        let known = choices.pick(&self.known)?.clone();
        let odd = unfit(&known.method, &known.request);
        let mut story = Story { asked: self, known: &known, acts: Vec::new() };
        let mut open = vec![story.call()];
        if choices.once_in(SELDOM) {
            story.cancel();
        } else if choices.once_in(SELDOM) {
            open.push(story.call());
        }
        while !open.is_empty() {
            let call = open.remove(choices.index(open.len()));
            match choices.below(8) {
                0 => story.elsewhere("unknown-id"),
                1 => story.as_text(call),
                2 if self.http => story.by_another(call),
                3 => story.ping(),
                4 => story.tell("notifications/roots/list_changed", None),
                _ => {}
            }
            match choices.pick(&odd).filter(|_| choices.once_in(2)) {
                Some(answer) => story.answer(call, answer),
                None => story.well(call, ""),
            }
            if choices.once_in(SELDOM) {
                story.well(call, AGAIN);
            }
        }
        story.ping();
        story.answered_call();
        Some(story.case())
    }

    fn call(&self, tool: &Tool) -> Act {
        let params = json!({ "name": tool.name, "arguments": tool.arguments });
        let message = self.session.request("tools/call", Some(params));
        Act { subject: format!("tools/call {}", tool.name), awaited: true, ..Act::plain(message) }
    }
}

/// Arguments for a tool.
fn arguments(tool: &Value, choices: &mut Choices) -> Value {
    let schema = tool.get("inputSchema").cloned().unwrap_or_else(|| json!({ "type": "object" }));
    let made = SchemaValues::new(&schema).ok().and_then(|all| all.generate(&Hints::new(), choices).ok());
    made.unwrap_or_else(|| json!({}))
}

/// Acts about the questions of a tool.
struct Story<'a> {
    asked: &'a Asked,
    known: &'a Known,
    acts: Vec<Act>,
}

/// How an answer finds the call that it is for.
const FINDING_ITS_CALL: [fn(&mut Story<'_>); 7] = [
    |story| story.twice(),
    |story| story.under_another_id(),
    |story| story.under_id_as_text(),
    |story| story.too_late(),
    |story| story.never(),
    |story| story.in_the_other_order(),
    |story| story.with_others_between(),
];

impl Story<'_> {
    /// Answered in an unusual way, and well where that may have been ignored.
    fn oddly(&mut self, answer: &Answer) {
        let call = self.call();
        self.answer(call, answer);
        if answer.may_be_ignored {
            self.ping();
            self.well(call, "");
        }
    }

    fn twice(&mut self) {
        let call = self.call();
        self.well(call, "");
        self.well(call, AGAIN);
        self.ping();
        self.answered_call();
    }

    fn under_another_id(&mut self) {
        let call = self.call();
        self.elsewhere("unknown-id");
        self.ping();
        self.well(call, "");
    }

    fn under_id_as_text(&mut self) {
        let call = self.call();
        self.as_text(call);
        self.ping();
        self.well(call, "");
    }

    fn too_late(&mut self) {
        let call = self.call();
        self.cancel();
        self.late(call);
        self.ping();
        self.answered_call();
    }

    fn never(&mut self) {
        self.call();
        self.cancel();
        self.answered_call();
    }

    fn in_the_other_order(&mut self) {
        let (one, other) = (self.call(), self.call());
        self.well(other, "");
        self.well(one, "");
    }

    fn with_others_between(&mut self) {
        let call = self.call();
        self.tell("notifications/roots/list_changed", None);
        self.tell("notifications/progress", Some(json!({ "progressToken": NO_ID, "progress": 1 })));
        self.ping();
        self.well(call, "");
    }

    fn by_two_clients(&mut self) {
        let call = self.call();
        self.by_another(call);
        self.ping();
        self.well(call, "");
    }

    fn case(self) -> Case {
        Case { acts: self.acts, alone: true, asked: Some(vec![self.known.method.clone()]) }
    }

    /// The tool is called, and asks. The number of the act.
    fn call(&mut self) -> usize {
        if let Some(tool) = self.asked.tools.get(self.known.tool) {
            let call = self.asked.call(tool);
            self.acts.push(Act { asks: Some(self.known.method.clone()), ..call });
        }
        self.acts.len().saturating_sub(1)
    }

    /// The same, and is answered.
    fn answered_call(&mut self) {
        let call = self.call();
        self.well(call, "");
    }

    /// Something that has no answer, under this id or that of the question of a call.
    fn give(&mut self, members: &Value, mutation: &str, id: Result<(usize, &str), &str>) {
        let mut message = json!({ "jsonrpc": "2.0", "id": id.err() });
        for (name, value) in members.as_object().into_iter().flatten() {
            message[name.as_str()] = value.clone();
        }
        let take = |(act, from): (usize, &str)| Take { into: "/id".to_owned(), act, from: from.to_owned() };
        self.acts.push(Act {
            subject: format!("{} answered", self.known.method),
            mutation: mutation.to_owned(),
            body: Body::Message { value: message, id: IdForm::Own },
            expect: Expect::Nothing,
            awaited: true,
            takes: id.ok().map(take).into_iter().collect(),
            ..Act::plain(Value::Null)
        });
    }

    /// The question of a call is answered in some way.
    fn answer(&mut self, call: usize, answer: &Answer) {
        self.give(&answer.members, answer.name, Ok((call, "requests.0.id")));
    }

    /// What a good answer says: a text in it tells it from all others, where the tool has no right to keep it.
    fn good(&self) -> Value {
        let reads = self.asked.tools.get(self.known.tool).is_some_and(|tool| tool.reads);
        let text = if reads { rules::mark(self.acts.len()) } else { TEXT.to_owned() };
        json!({ "result": answer(&self.known.request, &text) })
    }

    fn well(&mut self, call: usize, mutation: &str) {
        self.give(&self.good(), mutation, Ok((call, "requests.0.id")));
    }

    /// A good answer, when the server has had time to give up the question.
    fn late(&mut self, call: usize) {
        self.well(call, "late-answer");
        if let Some(act) = self.acts.last_mut() {
            act.pause = LATER;
        }
    }

    fn as_text(&mut self, call: usize) {
        self.give(&self.good(), AS_TEXT, Ok((call, "requests.0.id_text")));
    }

    /// A good answer to what was not asked.
    fn elsewhere(&mut self, mutation: &str) {
        self.give(&self.good(), mutation, Err(NO_ID));
    }

    /// A good answer of a client that was not asked.
    fn by_another(&mut self, call: usize) {
        self.well(call, "other-client");
        if let Some(act) = self.acts.last_mut() {
            act.client = 1;
        }
    }

    /// The call just made is cancelled.
    fn cancel(&mut self) {
        if let Some(call) = self.acts.last_mut() {
            call.expect = Expect::Anything;
        }
        let params = json!({ "requestId": 0, "reason": TEXT });
        let message = self.asked.session.request("notifications/cancelled", Some(params));
        let body = Body::Message { value: message.clone(), id: IdForm::Earlier(1) };
        self.acts.push(Act { body, expect: Expect::Nothing, awaited: true, ..Act::plain(message) });
    }

    fn ping(&mut self) {
        self.acts.push(Act { awaited: true, ..Act::plain(self.asked.session.probe()) });
    }

    fn tell(&mut self, method: &str, params: Option<Value>) {
        let message = self.asked.session.request(method, params);
        let body = Body::Message { value: message.clone(), id: IdForm::Own };
        self.acts.push(Act { body, expect: Expect::Nothing, awaited: true, ..Act::plain(message) });
    }
}
