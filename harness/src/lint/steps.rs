//! Steps: each verb with what it needs, in an order that makes sense.

use indexmap::IndexMap;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::axes::Axes;
use super::cursor::Cursor;
use super::literals::{check_bytes, check_lapse, check_patterns};
use super::report::Report;
use super::scope::{Named, Scope};
use super::shapes::{self, only_http};
use super::values;
use crate::action::{
    Action, Ask, Await, Batch, CutAfter, Follow, Lapse, MAX_RECEIVED, MetadataPlace, Operation, Pause, Poll, Retry,
    Send, StateUse, Until, WantedSkills, Within, pattern,
};
use crate::requirement::Role;
use crate::scenario::{Needs, Transport};

/// Most pages that a `follow` step may ask for.
const MAX_PAGES: usize = 1000;
/// Members in which references are replaced.
const REPLACED: [&str; 15] = [
    "url",
    "proof",
    "assertion",
    "grant",
    "params",
    "args",
    "meta",
    "id",
    "set",
    "headers",
    "result",
    "error",
    "responses",
    "for",
    "token",
];

/// What a batch can consist of.
const IN_BATCH: [&str; 7] = ["request", "alive", "call", "read", "prompt", "notify", "raw"];
/// Members that are about what is sent as a whole.
const OF_BATCH: [&str; 10] = ["by", "headers", "chunks", "token", "proof", "until", "cut", "wrong", "within", "verb"];

/// The walk along the steps.
pub(super) struct Steps<'w, 's> {
    pub needs: &'w Needs,
    pub axes: &'w Axes,
    pub context: &'w Map<String, Value>,
    pub scope: &'w mut Scope,
    pub report: &'w mut Report<'s>,
}

impl Steps<'_, '_> {
    /// Checks all steps; their streams are in scope afterwards.
    pub fn check(&mut self, steps: &[Spanned<Action>], at: Cursor<'_>) {
        for (number, step) in steps.iter().enumerate() {
            let Some((verb, at)) = at.item(number).members().next() else { continue };
            self.step(&step.value, verb, at);
        }
    }

    fn step(&mut self, action: &Action, verb: &str, at: Cursor<'_>) {
        shapes::check(verb, at, self.axes.reaches(Transport::Stdio), self.report);
        for (name, member) in at.members() {
            if name == "messages" {
                // Each member is looked at as the step that it is.
            } else if REPLACED.contains(&name) {
                values::check(member, self.scope, self.needs, self.report);
            } else {
                values::refuse(name, member, self.scope, self.report);
            }
        }
        match action {
            Action::Open(who) => self.actor(&who.by, at),
            Action::Begin(send)
            | Action::Request(send)
            | Action::Alive(send)
            | Action::Call(send)
            | Action::Read(send)
            | Action::Prompt(send)
            | Action::Notify(send)
            | Action::Raw(send)
            | Action::Http(send) => self.send(send, verb, at),
            Action::Batch(batch) => self.batch(batch, at),
            Action::Metadata(metadata) => {
                self.actor(&metadata.by, at);
                self.http_only("`metadata`", at);
                let from = match &metadata.at {
                    MetadataPlace::Challenge(stream) => Some((stream, "challenge")),
                    MetadataPlace::Listed(stream) => Some((stream, "listed")),
                    MetadataPlace::Card(stream) => Some((stream, "card")),
                    _ => None,
                };
                if let Some((stream, member)) = from {
                    self.scope.stream(stream, at.member("at").member(member), self.report);
                }
                self.within(metadata.within, at);
                self.scope.add(&metadata.stream, Named::Stream { request: false }, at.member("as"), self.report);
            }
            Action::Discover(ask)
            | Action::Register(ask)
            | Action::Publish(ask)
            | Action::Authorize(ask)
            | Action::Redeem(ask)
            | Action::Fetch(ask) => self.ask(ask, verb, at),
            Action::Receive(receive) => {
                self.http_only("`receive`", at);
                self.scope.add(&receive.stream, Named::Pages(MAX_RECEIVED), at.member("as"), self.report);
            }
            Action::Host(host) => {
                self.actor(&host.by, at);
                if let Err(why) = WantedSkills::read(self.context.get("skills")) {
                    self.report.add(at.key, why);
                }
            }
            Action::Respond(respond) => {
                self.scope.stream(&respond.to, at.member("to"), self.report);
                if let Some(by) = &respond.by {
                    self.actor(by, at);
                }
                if respond.result.is_some() == respond.error.is_some() {
                    self.report.add(at.key, "`respond` gives either a `result` or an `error`");
                }
                self.within(respond.within, at);
            }
            Action::Retry(retry) => self.retry(retry, at),
            Action::Follow(follow) => self.follow(follow, at),
            Action::Await(wait) => self.wait(wait, at),
            Action::Cut(cut) => {
                self.scope.stream(&cut.stream, at.member("stream"), self.report);
                self.http_only("`cut`", at);
            }
            Action::CloseStdin(who) => {
                self.actor(&who.by, at);
                self.stdio_only("`close_stdin`", at);
            }
            Action::Signal(signal) => {
                self.actor(&signal.by, at);
                self.stdio_only("`signal`", at);
            }
            Action::Instance(operation) => self.operation(*operation, at),
            Action::Poll(poll) => self.poll(poll, at),
            Action::Pause(pause) => self.pause(pause, at),
        }
    }

    fn operation(&mut self, operation: Operation, at: Cursor<'_>) {
        self.http_only("`instance`", at);
        if !(1..=self.needs.instances).contains(&operation.number) {
            let number = operation.number;
            let mend = format!("write `instances: {number}` or more under `needs`; they are counted from 1");
            self.report.add(at.member("number").place, mend);
        }
        if !operation.act.is_routing() && !self.needs.control {
            let act = operation.act.word();
            self.report
                .add(at.member("act").place, format!("write `control: true` under `needs`, to be able to {act}"));
        }
    }

    fn send(&mut self, send: &Send, verb: &str, at: Cursor<'_>) {
        self.actor(&send.by, at);
        if verb == "http" {
            self.http_only("`http`", at);
        }
        for (kind, member, name) in [
            ("tools", "tool", &send.tool),
            ("resources", "resource", &send.resource),
            ("prompts", "prompt", &send.prompt),
        ] {
            if let Some(name) = name {
                values::need(kind, name, at.member(member), self.needs, self.report);
            }
        }
        self.pointers(&send.set, &send.unset, at);
        if let Some(body) = &send.body {
            check_bytes(body, at.member("body"), self.report);
        }
        if at.has("chunks") && (send.chunks.is_whole() || send.chunks.0.contains(&0)) {
            let mend = "say after how many bytes each piece ends, from 1; the last count holds for all that is left";
            self.report.add(at.member("chunks").place, mend);
        }
        if let Some(CutAfter { after_messages: None, after_events: None }) = send.cut {
            self.report.add(at.member("cut").key, "say after how much: `after_messages` or `after_events`");
        }
        if send.fault.is_some() {
            self.http_only("`fault`", at);
        }
        self.until(send.until.as_ref(), at);
        self.within(send.within, at);
        if let Some(stream) = &send.stream {
            let request = !matches!(verb, "notify" | "raw" | "http");
            self.scope.add(stream, Named::Stream { request }, at.member("as"), self.report);
        }
    }

    fn ask(&mut self, ask: &Ask, verb: &str, at: Cursor<'_>) {
        if self.axes.role() != Role::AuthorizationServer {
            let mend = "write `role: authorization-server` under `applies`";
            self.report.add(at.key, format!("`{verb}` is for authorization servers: {mend}"));
        }
        for (member, stream) in [("client", &ask.client), ("of", &ask.of)] {
            if let Some(stream) = stream {
                self.scope.stream(stream, at.member(member), self.report);
            }
        }
        self.within(ask.within, at);
        self.scope.add(&ask.stream, Named::Stream { request: false }, at.member("as"), self.report);
    }

    fn batch(&mut self, batch: &Batch, at: Cursor<'_>) {
        self.actor(&batch.by, at);
        self.until(batch.until.as_ref(), at);
        self.within(batch.within, at);
        self.scope.add(&batch.stream, Named::Stream { request: false }, at.member("as"), self.report);
        for (number, message) in batch.messages.iter().enumerate() {
            let Some((verb, at)) = at.member("messages").item(number).members().next() else { continue };
            if !IN_BATCH.contains(&verb) {
                let known = IN_BATCH.map(|verb| format!("`{verb}`")).join(", ");
                self.report.add(at.key, format!("`{verb}` cannot be part of a batch: there are {known}"));
                continue;
            }
            for name in OF_BATCH.iter().filter(|name| at.has(name)) {
                self.report.add(at.member(name).key, format!("`{name}` is that of the whole batch: give it there"));
            }
            self.step(message, verb, at);
        }
        if !batch.wrong && self.axes.has(|revision| !revision.has_batches()) {
            let mend = "write `since: 2025-03-26, until: 2025-03-26` under `applies`, or `wrong: true` here";
            self.report.add(at.key, format!("there are batches in 2025-03-26 alone: {mend}"));
        }
    }

    fn retry(&mut self, retry: &Retry, at: Cursor<'_>) {
        if let Some(by) = &retry.by {
            self.scope.actor(by, at.member("by"), self.report);
        }
        self.request_stream(&retry.of, at.member("of"));
        if let StateUse::Of(other) = &retry.state {
            self.request_stream(other, at.member("state").member("of"));
        }
        self.pointers(&retry.set, &retry.unset, at);
        self.until(retry.until.as_ref(), at);
        self.within(retry.within, at);
        self.scope.add(&retry.stream, Named::Stream { request: true }, at.member("as"), self.report);
    }

    fn follow(&mut self, follow: &Follow, at: Cursor<'_>) {
        self.actor(&follow.by, at);
        if !(1..=MAX_PAGES).contains(&follow.pages) {
            self.report.add(at.member("pages").place, format!("`pages` is from 1 to {MAX_PAGES}"));
        }
        self.within(follow.within, at);
        self.scope.add(&follow.stream, Named::Pages(follow.pages), at.member("as"), self.report);
    }

    fn poll(&mut self, poll: &Poll, at: Cursor<'_>) {
        self.actor(&poll.by, at);
        if !(1..=MAX_PAGES).contains(&poll.times) {
            self.report.add(at.member("times").place, format!("`times` is from 1 to {MAX_PAGES}"));
        }
        check_patterns(&poll.until, at.member("until"), self.report);
        if pattern::matches(&poll.until, &Value::Object(serde_json::Map::new())).is_ok() {
            self.report.add(at.member("until").place, "every answer is like this: say what the last one must have");
        }
        self.lapse(poll.every, at.member("every"));
        self.within(poll.within, at);
        self.scope.add(&poll.stream, Named::Pages(poll.times), at.member("as"), self.report);
    }

    fn pause(&mut self, pause: &Pause, at: Cursor<'_>) {
        if pause.because.trim().is_empty() {
            self.report
                .add(at.member("because").place, "say which rule of the protocol makes this lapse of time meaningful");
        }
        match &pause.lapse {
            Lapse::Fixed(lapse) => self.lapse(*lapse, at.member("for")),
            Lapse::Told(_) if at.member("for").has("from") => {}
            Lapse::Told(_) => {
                let mend = "write it as 200ms, 3s or 1m, or as a reference to the milliseconds that the peer said";
                self.report.add(at.member("for").place, format!("this is no lapse of time: {mend}"));
            }
        }
        if let Some(since) = &pause.since {
            self.request_stream(since, at.member("since"));
        }
    }

    fn wait(&mut self, wait: &Await, at: Cursor<'_>) {
        let ways = [!wait.streams.is_empty(), wait.message.is_some(), wait.exit, wait.trace.is_some()];
        if ways.iter().filter(|way| **way).count() != 1 {
            self.report.add(at.key, "`await` waits for one of `streams`, `message`, `trace` and `exit: true`");
        }
        for (stream, at) in wait.streams.iter().zip(at.member("streams").items()) {
            self.scope.stream(stream, at, self.report);
        }
        if wait.until.is_some() && wait.streams.is_empty() {
            self.report.add(at.member("until").key, "`until` is about `streams`");
        }
        self.until(wait.until.as_ref(), at);
        if at.has("by") && !wait.streams.is_empty() {
            self.report.add(at.member("by").key, "a stream knows its actor: take `by` away");
        }
        self.actor(&wait.by, at);
        if let Some(message) = &wait.message {
            check_patterns(message, at.member("message"), self.report);
        }
        if at.has("count") && (wait.message.is_none() || wait.count == 0) {
            self.report.add(at.member("count").key, "`count` says how many of `message` must come, at least 1");
        }
        if wait.exit {
            self.stdio_only("`exit`", at);
        }
        if let Some(stream) = &wait.trace {
            self.request_stream(stream, at.member("trace"));
        }
        if wait.trace.is_some() && wait.within.is_none() {
            self.report.add(at.member("trace").key, "how long spans may take nobody says: give `within`");
        }
        if wait.may_miss && wait.within.is_none() {
            self.report.add(
                at.member("may_miss").key,
                "a wait that may be in vain needs `within`, or it lasts to the end of the case",
            );
        }
        self.within(wait.within, at);
    }

    fn actor(&mut self, name: &str, at: Cursor<'_>) {
        self.scope.actor(name, at.member("by"), self.report);
    }

    fn request_stream(&mut self, name: &str, at: Cursor<'_>) {
        if self.scope.stream(name, at, self.report) == Some(Named::Stream { request: false }) {
            self.report.add(at.place, format!("`{name}` is no request: name the stream of one"));
        }
    }

    fn until(&mut self, until: Option<&Until>, at: Cursor<'_>) {
        if let Some(Until::Message(pattern)) = until {
            check_patterns(pattern, at.member("until").member("message"), self.report);
        }
    }

    fn pointers(&mut self, set: &IndexMap<String, Value>, unset: &[String], at: Cursor<'_>) {
        let of_set = set.keys().map(|pointer| (pointer, at.member("set").member(pointer).key));
        let of_unset = unset.iter().zip(at.member("unset").items()).map(|(pointer, at)| (pointer, at.place));
        for (pointer, place) in of_set.chain(of_unset).collect::<Vec<_>>() {
            if !pointer.starts_with('/') {
                self.report
                    .add(place, format!("`{pointer}` is no JSON pointer: write `/{}`", pointer.replace('.', "/")));
            }
        }
    }

    fn within(&mut self, within: Option<Within>, at: Cursor<'_>) {
        if let Some(within) = within {
            self.lapse(within, at.member("within"));
        }
    }

    fn lapse(&mut self, lapse: Within, at: Cursor<'_>) {
        check_lapse(lapse, at, self.report);
    }

    fn http_only(&mut self, what: &str, at: Cursor<'_>) {
        if self.axes.reaches(Transport::Stdio) {
            self.report.add(at.key, only_http(what));
        }
    }

    fn stdio_only(&mut self, what: &str, at: Cursor<'_>) {
        if self.axes.reaches(Transport::Http) {
            let mend = "write `transport: stdio` under `applies`, or split the scenario";
            self.report.add(at.key, format!("{what} exists over stdio only: {mend}"));
        }
    }
}
