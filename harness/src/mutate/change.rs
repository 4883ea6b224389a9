//! What rules make of requests, answers and the server's own messages.

use std::time::{Duration, SystemTime};

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderValue, LOCATION};
use indexmap::IndexMap;
use serde_json::{Value, json};
use url::Url;

use super::headers::edit_headers;
use super::rules::Rule;
use super::{Mutator, Selection, path};
use crate::action::pattern::matches;
use crate::action::{Chunks, ValueError, Within, resolve};
use crate::scenario::{Answering, MAX_DELAY, Mutation};
use crate::wire::clock::rfc3339;
use crate::wire::write::replaced;

/// How a reference to a moment to come begins; a length of time follows.
const FROM_NOW: &str = "in.";

/// How long a piece comes after the one before, so that it goes on its own.
pub(super) const BETWEEN: Duration = Duration::from_millis(2);

/// What goes to the server in place of what the client sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestEdit {
    /// The message after the change, if it is still one.
    pub(super) message: Option<Value>,
    /// The body or line; as it came where none.
    pub body: Option<Vec<u8>>,
    /// The HTTP verb; as it came where none.
    pub verb: Option<&'static str>,
    /// Path and query; as they came where none.
    pub target: Option<String>,
}

/// What goes to the client in place of one message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outgoing {
    /// Lines on standard output before everything else (stdio).
    pub stdout: Vec<Vec<u8>>,
    /// Messages before it.
    pub before: Vec<Vec<u8>>,
    /// Its bytes; as they came where none.
    pub body: Option<Vec<u8>>,
    /// Whether the body is a JSON-RPC response made from `result` or `error`.
    pub is_made: bool,
    /// Messages after it.
    pub after: Vec<Vec<u8>>,
    /// How long it waits for, after what goes before it.
    pub delay: Option<Duration>,
    /// Whether and how it goes.
    pub answering: Answering,
    /// In which pieces.
    pub chunks: Chunks,
    /// SSE fields of its event; none takes one away.
    pub event: IndexMap<String, Option<String>>,
}

impl Mutator {
    pub(super) fn edit_request(&self, rules: &[usize], request: Option<&Value>, verb: Option<&str>) -> RequestEdit {
        let mut edit = RequestEdit::default();
        for (at, rule) in self.at(rules) {
            let Some(change) = &rule.mutation.request else { continue };
            if let Some(mut message) = edit.message.take().or_else(|| request.cloned()) {
                let set = self.resolved_set(at, &change.set, request, None);
                if change_members(&mut message, &set, &change.remove) {
                    rule.took_effect();
                    edit.body = Some(message.to_string().into_bytes());
                }
                edit.message = Some(message);
            }
            if let Some(body) = &rule.body {
                rule.took_effect();
                edit.message = serde_json::from_slice(body).ok();
                edit.body = Some(body.clone());
            }
            if let (Some(verb), true) = (change.verb, verb.is_some()) {
                rule.took_effect();
                edit.verb = Some(verb.as_str());
            }
        }
        edit
    }

    /// Changes the parameters of a form and of a query on their way to the server.
    pub(super) fn edit_parameters(&self, rules: &[usize], target: Option<&str>, body: &[u8], edit: &mut RequestEdit) {
        for (_, rule) in self.at(rules) {
            let Some(change) = &rule.mutation.request else { continue };
            if !change.form.is_empty() {
                let form = edit.body.as_deref().unwrap_or(body);
                if let Some(changed) = change_parameters(form, &change.form) {
                    rule.took_effect();
                    edit.body = Some(changed.into_bytes());
                }
            }
            let Some(target) = target.filter(|_| !change.query.is_empty()) else { continue };
            let target = edit.target.as_deref().unwrap_or(target);
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            if let Some(changed) = change_parameters(query.as_bytes(), &change.query) {
                rule.took_effect();
                edit.target = Some(if changed.is_empty() { path.to_owned() } else { format!("{path}?{changed}") });
            }
        }
    }

    /// Changes the HTTP headers of a request on its way to the server.
    pub fn edit_request_headers(&self, selection: &Selection, headers: &mut HeaderMap) {
        for (_, rule) in self.at(&selection.answer) {
            let edits = rule.mutation.request.as_ref().map(|change| &change.headers);
            if edits.is_some_and(|edits| edit_headers(headers, edits)) {
                rule.took_effect();
            }
        }
    }

    /// Changes the head of the HTTP response to a request.
    pub fn edit_head(&self, selection: &Selection, status: &mut StatusCode, headers: &mut HeaderMap) {
        for (_, rule) in self.at(&selection.answer) {
            let wanted = rule.mutation.status.and_then(|status| StatusCode::from_u16(status).ok());
            let changes_status = wanted.is_some_and(|wanted| std::mem::replace(status, wanted) != wanted);
            let redirects = !rule.mutation.redirect.is_empty() && edit_location(headers, &rule.mutation.redirect);
            if edit_headers(headers, &rule.mutation.headers) || changes_status || redirects {
                rule.took_effect();
            }
        }
    }

    /// What becomes of the answer to a request; `None` where it is not a JSON value (an empty body, an open stream).
    pub fn answer(&self, selection: &Selection, came: Option<&Value>) -> Outgoing {
        let mut work = Work::new(selection.request.as_ref(), came);
        for (at, rule) in self.at(&selection.answer) {
            self.apply(at, rule, &mut work);
        }
        work.outgoing()
    }

    /// What becomes of a message that the server sends by itself, while the given requests are open: on an HTTP stream
    /// that which it answers, on stdio all. An event that only primes a stream is the message `priming`, without value.
    pub fn message(&self, open: &[&Selection], came: Option<&Value>) -> Outgoing {
        let method = came.map_or(Some("priming"), |came| came.get("method").and_then(Value::as_str));
        self.named(method, open, came)
    }

    /// What becomes of an SSE event of that type that carries no message: it is the message of that name, without value.
    pub fn event(&self, name: &str) -> Outgoing {
        self.named(Some(name), &[], None)
    }

    fn named(&self, method: Option<&str>, open: &[&Selection], came: Option<&Value>) -> Outgoing {
        let request = match open {
            [only] => only.request.as_ref(),
            _ => None,
        };
        let mut work = Work::new(request, came);
        for (at, rule) in self.rules.iter().enumerate() {
            let mutation = &rule.mutation;
            let wanted = mutation.message.as_deref();
            if wanted.is_none() || wanted != method && !(wanted == Some("any") && came.is_some()) {
                continue;
            }
            let within = open.iter().find(|selection| selection.within.contains(&at));
            let fits = |pattern: &Value| came.is_some_and(|came| matches(pattern, came).is_ok());
            let selected = match mutation.to {
                Some(_) => within.is_some(),
                None => mutation.pattern.as_ref().is_none_or(fits),
            };
            if selected && rule.count() {
                work.request = within.and_then(|selection| selection.request.as_ref()).or(request);
                self.apply(at, rule, &mut work);
            }
        }
        work.outgoing()
    }

    fn at<'a>(&'a self, rules: &'a [usize]) -> impl Iterator<Item = (usize, &'a Rule)> {
        rules.iter().filter_map(|at| Some((*at, self.rules.get(*at)?)))
    }

    fn apply(&self, at: usize, rule: &Rule, work: &mut Work<'_>) {
        let mutation = &rule.mutation;
        let resolved = |value: &Value| self.resolved(at, value, work.request, work.came);
        let result = mutation.result.as_ref().and_then(resolved).map(|value| ("result", value));
        let error = mutation.error.as_ref().and_then(resolved).map(|value| ("error", value));
        let before: Vec<_> = mutation.before.iter().filter_map(resolved).collect();
        let after: Vec<_> = mutation.after.iter().filter_map(resolved).collect();
        let set = self.resolved_set(at, &mutation.set, work.request, work.came);
        if let Some((member, value)) = result.or(error) {
            work.respond(member, value);
        }
        let changes_members = work.value.as_mut().is_some_and(|value| change_members(value, &set, &mutation.remove));
        work.is_changed |= changes_members;
        let raw = rule.raw.as_ref().map(|raw| with_id(raw, work.request));
        work.raw = raw.or(work.raw.take());
        let bytes = |messages: Vec<Value>| messages.into_iter().map(|message| message.to_string().into_bytes());
        work.out.stdout.extend(rule.stdout.clone());
        work.out.before.extend(bytes(before));
        work.out.after.extend(bytes(after));
        work.out.event.extend(mutation.event.clone());
        work.out.delay = mutation.delay.map(|delay| delay.0.min(MAX_DELAY)).or(work.out.delay);
        if mutation.answering != Answering::Once {
            work.out.answering = mutation.answering;
        }
        if !mutation.chunks.is_whole() {
            work.out.chunks = mutation.chunks.clone();
        }
        if changes_members || changes_otherwise(mutation) {
            rule.took_effect();
        }
    }

    fn resolved_set(
        &self,
        at: usize,
        set: &IndexMap<String, Value>,
        request: Option<&Value>,
        came: Option<&Value>,
    ) -> Vec<(String, Value)> {
        set.iter().filter_map(|(path, value)| Some((path.clone(), self.resolved(at, value, request, came)?))).collect()
    }

    /// The value with its references replaced: `message.` leads into what came, `in.` is so long from now, and everything else
    /// leads into the request.
    fn resolved(&self, at: usize, value: &Value, request: Option<&Value>, came: Option<&Value>) -> Option<Value> {
        let look_up = |from: &str| match (from, from.strip_prefix("message.")) {
            ("message", _) => came.cloned(),
            (_, Some(rest)) => path::get(came?, rest).cloned(),
            _ if from.starts_with(FROM_NOW) => {
                let within: Within = from.strip_prefix(FROM_NOW)?.parse().ok()?;
                SystemTime::now().checked_add(within.0).map(|moment| rfc3339(moment).into())
            }
            _ => path::get(request?, from).cloned(),
        };
        let resolved: Result<_, ValueError> = resolve(value, &look_up);
        resolved.map_err(|problem| self.note(at, problem)).ok()
    }
}

/// A message on its way through the rules.
struct Work<'a> {
    request: Option<&'a Value>,
    came: Option<&'a Value>,
    value: Option<Value>,
    is_changed: bool,
    raw: Option<Vec<u8>>,
    out: Outgoing,
}

impl<'a> Work<'a> {
    fn new(request: Option<&'a Value>, came: Option<&'a Value>) -> Self {
        Self { request, came, value: came.cloned(), is_changed: false, raw: None, out: Outgoing::default() }
    }

    /// Makes it a response with that member in place of any other.
    fn respond(&mut self, member: &str, value: Value) {
        let id = || self.request.and_then(|request| request.get("id")).cloned();
        let mut response = match self.value.take() {
            Some(Value::Object(came)) => Value::Object(came),
            _ => json!({ "jsonrpc": "2.0", "id": id() }),
        };
        if let Value::Object(members) = &mut response {
            members.shift_remove("result");
            members.shift_remove("error");
            members.insert(member.to_owned(), value);
        }
        self.value = Some(response);
        self.is_changed = true;
        self.out.is_made = true;
    }

    fn outgoing(self) -> Outgoing {
        let changed = self.value.filter(|_| self.is_changed).map(|value| value.to_string().into_bytes());
        Outgoing { body: self.raw.or(changed), ..self.out }
    }
}

/// Stands for the id of the request in bytes that answer it.
const ID: &[u8] = b"{id}";

/// The bytes with the id of the request where it goes.
fn with_id(raw: &[u8], request: Option<&Value>) -> Vec<u8> {
    match request.and_then(|request| request.get("id")) {
        Some(id) => replaced(raw, ID, id.to_string().as_bytes()),
        None => raw.to_vec(),
    }
}

/// The parameters of a query or form with some set and others, those without value, gone; none where nothing changes.
fn change_parameters(text: &[u8], changes: &IndexMap<String, Option<String>>) -> Option<String> {
    let before: Vec<(String, String)> = url::form_urlencoded::parse(text).into_owned().collect();
    let mut after: Vec<(String, String)> =
        before.iter().filter(|(name, _)| changes.get(name).is_none_or(Option::is_some)).cloned().collect();
    for (name, value) in changes {
        let Some(value) = value else { continue };
        match after.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => known.clone_from(value),
            None => after.push((name.clone(), value.clone())),
        }
    }
    (after != before).then(|| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(after).finish())
}

/// Changes the parameters in the query of the `Location` header. Whether anything changed.
fn edit_location(headers: &mut HeaderMap, changes: &IndexMap<String, Option<String>>) -> bool {
    let Some(mut url) = headers.get(LOCATION).and_then(|value| Url::parse(value.to_str().ok()?).ok()) else {
        return false;
    };
    let Some(query) = change_parameters(url.query().unwrap_or_default().as_bytes(), changes) else { return false };
    url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    HeaderValue::from_str(url.as_str()).is_ok_and(|value| headers.insert(LOCATION, value).is_some())
}

/// Whether the rule does more than change members, so that it always has an effect where it applies.
fn changes_otherwise(mutation: &Mutation) -> bool {
    mutation.result.is_some()
        || mutation.error.is_some()
        || mutation.raw.is_some()
        || mutation.stdout.is_some()
        || mutation.answering != Answering::Once
        || mutation.delay.is_some()
        || !mutation.chunks.is_whole()
        || !mutation.before.is_empty()
        || !mutation.after.is_empty()
        || !mutation.event.is_empty()
}

fn change_members(message: &mut Value, set: &[(String, Value)], remove: &[String]) -> bool {
    let was_set = set.iter().fold(false, |changed, (place, value)| path::set(message, place, value) || changed);
    remove.iter().fold(was_set, |changed, place| path::remove(message, place) || changed)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn mutator(rules: Value) -> Mutator {
        Mutator::new(serde_json::from_value(rules).unwrap()).unwrap()
    }

    #[test]
    fn parameters_of_forms_and_queries_are_changed() {
        let request = json!({ "form": { "resource": null, "a": "1 &" }, "query": { "state": null } });
        let mutator = mutator(json!([{ "to": "/token", "request": request }]));
        let edit = mutator.select(Some(("POST", "/token?state=s&b=c")), b"resource=r&code=x").edit;
        assert_eq!(edit.body.as_deref(), Some(b"code=x&a=1+%26".as_slice()));
        assert_eq!(edit.target.as_deref(), Some("/token?b=c"));
        assert!(mutator.unused().is_empty());
        assert_eq!(mutator.select(Some(("POST", "/other?state=s")), b"resource=r").edit, RequestEdit::default());
    }

    #[test]
    fn the_parameters_of_a_redirect_are_changed() {
        let mutator = mutator(json!([{ "to": "/authorize", "redirect": { "state": "wrong", "iss": null } }]));
        let selection = mutator.select(Some(("GET", "/authorize")), b"");
        let mut headers = HeaderMap::new();
        mutator.edit_head(&selection, &mut StatusCode::FOUND.clone(), &mut headers);
        assert_eq!(mutator.unused(), [0], "there was no redirect");
        headers.insert(LOCATION, HeaderValue::from_static("http://localhost/cb?code=c&state=s&iss=i"));
        mutator.edit_head(&selection, &mut StatusCode::FOUND.clone(), &mut headers);
        assert_eq!(headers.get(LOCATION).unwrap(), "http://localhost/cb?code=c&state=wrong");
        assert!(mutator.unused().is_empty());
    }
}
