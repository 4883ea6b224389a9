//! Which rules apply to a request, and what becomes of it on its way to the server.

use std::sync::Arc;

use serde_json::Value;

use super::Mutator;
use super::change::RequestEdit;
use crate::action::pattern::matches;

/// What a request selects.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The message that the client sent, if it is JSON.
    pub(super) request: Option<Value>,
    /// Its id as the server sees it.
    sent_id: Option<Value>,
    /// Rules, by position, that change its answer.
    pub(super) answer: Vec<usize>,
    /// Rules that change messages which the server sends before its answer.
    pub(super) within: Vec<usize>,
    /// What to send to the server, where a rule changes it.
    pub edit: RequestEdit,
    kind: Option<Kind>,
}

/// What the client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Request,
    Notification,
    Response,
    /// An array of messages; whether there is a request among them.
    Batch {
        asks: bool,
    },
    Invalid,
}

impl Selection {
    /// Whether rules change the answer.
    pub fn changes_answer(&self) -> bool {
        !self.answer.is_empty()
    }

    /// Whether rules change messages that come with the answer.
    pub fn changes_messages(&self) -> bool {
        !self.within.is_empty()
    }

    /// Whether a JSON-RPC response can come for it: it is a request, or so broken that the server may say so.
    pub fn wants_response(&self) -> bool {
        matches!(self.kind, Some(Kind::Request | Kind::Invalid | Kind::Batch { asks: true }))
    }

    /// Whether it is a batch.
    pub(super) fn is_batch(&self) -> bool {
        matches!(self.kind, Some(Kind::Batch { .. }))
    }

    /// Whether its answer may come with the id null, since the server could not read the request.
    pub fn may_lose_id(&self) -> bool {
        matches!(self.kind, Some(Kind::Invalid | Kind::Batch { .. })) || self.edit.body.is_some()
    }

    /// The id as the client gave it.
    pub fn id(&self) -> Option<&Value> {
        self.request.as_ref()?.get("id")
    }

    /// Whether a response with that id is the answer, or part of it: the id as sent, or as a rule changed it, or none
    /// that the server could tell.
    pub fn is_answered_by(&self, id: Option<&Value>) -> bool {
        let members = || self.request.as_ref().and_then(Value::as_array).into_iter().flatten();
        match id {
            None | Some(Value::Null) => true,
            id => id == self.id() || id == self.sent_id.as_ref() || members().any(|member| member.get("id") == id),
        }
    }
}

impl Mutator {
    /// Decides about one HTTP request (with its verb, path and query) or one line (without), and counts it.
    pub fn select(&self, http: Option<(&str, &str)>, body: &[u8]) -> Selection {
        let (verb, target) = http.unzip();
        let carries_message = verb.is_none_or(|verb| verb == "POST");
        let request: Option<Value> = if carries_message { serde_json::from_slice(body).ok() } else { None };
        let kind = carries_message.then(|| kind(request.as_ref()));
        let mut selection = Selection { kind, ..Selection::default() };
        for (at, rule) in self.rules.iter().enumerate() {
            let Some(to) = &rule.mutation.to else { continue };
            let fits = |pattern: &Value| request.as_ref().is_some_and(|request| matches(pattern, request).is_ok());
            if !selects(to, http, kind, request.as_ref()) || !rule.mutation.pattern.as_ref().is_none_or(fits) {
                continue;
            }
            if rule.mutation.message.is_some() {
                selection.within.push(at);
                continue;
            }
            let counted = match rule.mutation.answered {
                Some(_) => http.is_some(),
                None => rule.count(),
            };
            if counted {
                selection.answer.push(at);
            }
        }
        selection.edit = self.edit_request(&selection.answer, request.as_ref(), verb);
        self.edit_parameters(&selection.answer, target, body, &mut selection.edit);
        selection.sent_id = selection.edit.message.as_ref().and_then(|message| message.get("id")).cloned();
        selection.request = request;
        selection
    }

    /// The selection without the rules for answers with another status than came.
    pub fn settle(&self, selection: Arc<Selection>, status: u16) -> Arc<Selection> {
        let wanted = |at: &usize| self.rules.get(*at).and_then(|rule| Some((rule, rule.mutation.answered?)));
        if !selection.answer.iter().any(|at| wanted(at).is_some()) {
            return selection;
        }
        let mut settled = Arc::unwrap_or_clone(selection);
        settled.answer.retain(|at| wanted(at).is_none_or(|(rule, wanted)| wanted == status && rule.count()));
        Arc::new(settled)
    }

    /// Whether any rule changes messages that the server sends, wherever they come.
    pub fn changes_messages(&self) -> bool {
        self.rules.iter().any(|rule| rule.mutation.to.is_none())
    }
}

fn selects(to: &str, http: Option<(&str, &str)>, kind: Option<Kind>, request: Option<&Value>) -> bool {
    match to {
        "any" => true,
        path if is_path(path) => http.is_some_and(|(_, target)| fits_path(path, target)),
        "batch" => matches!(kind, Some(Kind::Batch { .. })) || request.is_some_and(Value::is_array),
        // Only 2025-03-26 has batches.
        "invalid" => matches!(kind, Some(Kind::Invalid | Kind::Batch { .. })),
        "notification" => kind == Some(Kind::Notification),
        "response" => kind == Some(Kind::Response),
        name if name.bytes().all(|byte| byte.is_ascii_uppercase()) => http.is_some_and(|(verb, _)| verb == name),
        method => request.and_then(|request| request.get("method")).and_then(Value::as_str) == Some(method),
    }
}

/// Whether `to` is a path.
pub fn is_path(to: &str) -> bool {
    to.starts_with(['/', '*'])
}

/// Whether path and query are those of a pattern, in which one `*` stands for anything.
fn fits_path(pattern: &str, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    match pattern.split_once('*') {
        None => path == pattern,
        Some((start, end)) => path.len() >= start.len() + end.len() && path.starts_with(start) && path.ends_with(end),
    }
}

/// Whether a message means to answer a request.
pub(super) fn is_response(message: &Value) -> bool {
    message.get("method").is_none() && (message.get("result").is_some() || message.get("error").is_some())
}

fn kind(message: Option<&Value>) -> Kind {
    if let Some(Value::Array(members)) = message {
        let kinds: Vec<Kind> = members.iter().map(|member| kind(Some(member))).collect();
        let asks = kinds.is_empty() || kinds.iter().any(|kind| matches!(kind, Kind::Request | Kind::Invalid));
        return Kind::Batch { asks };
    }
    let Some(Value::Object(message)) = message else { return Kind::Invalid };
    let is_version_2 = message.get("jsonrpc").and_then(Value::as_str) == Some("2.0");
    let has_good_id = message.get("id").is_none_or(|id| id.is_string() || id.is_number());
    let has_good_params = message.get("params").is_none_or(Value::is_object);
    match message.get("method") {
        Some(Value::String(_)) if is_version_2 && has_good_id && has_good_params => {
            if message.contains_key("id") {
                Kind::Request
            } else {
                Kind::Notification
            }
        }
        None if is_version_2 && (message.contains_key("result") != message.contains_key("error")) => Kind::Response,
        _ => Kind::Invalid,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    fn mutator(rules: Value) -> Mutator {
        Mutator::new(serde_json::from_value(rules).unwrap()).unwrap()
    }

    fn request(id: Value, method: &str) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": { "name": "a" } })
    }

    #[test]
    fn requests_are_selected_by_what_they_are() {
        let rules = [
            "any",
            "ping",
            "GET",
            "POST",
            "notification",
            "response",
            "invalid",
            "notifications/initialized",
            "/token",
            "/.well-known/*",
        ];
        let mutator = mutator(rules.iter().map(|to| json!({ "to": to })).collect());
        let ping = request(json!(1), "ping").to_string();
        let without_version = json!({ "id": 1, "method": "ping" }).to_string();
        let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
        let response = json!({ "jsonrpc": "2.0", "id": 7, "result": {} }).to_string();
        let null_id = request(json!(null), "ping").to_string();
        for (http, body, expected) in [
            (Some(("POST", "/mcp")), ping.as_str(), &["any", "ping", "POST"][..]),
            (None, &ping, &["any", "ping"]),
            (Some(("GET", "/mcp")), "", &["any", "GET"]),
            (Some(("DELETE", "/mcp/token")), "", &["any"]),
            (Some(("GET", "/.well-known/a/b?c=d")), "", &["any", "GET", "/.well-known/*"]),
            (Some(("GET", "/token?a")), "", &["any", "GET", "/token"]),
            (None, &without_version, &["any", "ping", "invalid"]),
            (None, &null_id, &["any", "ping", "invalid"]),
            (None, &notification, &["any", "notification", "notifications/initialized"]),
            (None, &response, &["any", "response"]),
            (None, "{", &["any", "invalid"]),
            (None, "[]", &["any", "invalid"]),
        ] {
            let selected: Vec<_> = mutator.select(http, body.as_bytes()).answer.iter().map(|at| rules[*at]).collect();
            assert_eq!(selected, expected, "{http:?} {body}");
        }
    }

    #[test]
    fn a_pattern_and_a_count_narrow_the_selection() {
        let mutator = mutator(json!([
            { "to": "ping", "where": { "id": { "$kind": "integer" } }, "nth": 2 },
            { "to": "ping", "message": "any", "nth": 1 },
        ]));
        let selected = |id: Value| {
            let selection = mutator.select(None, request(id, "ping").to_string().as_bytes());
            (selection.changes_answer(), selection.changes_messages())
        };
        assert_eq!(selected(json!(1)), (false, true));
        assert_eq!(selected(json!("2")), (false, true), "not counted: it does not match");
        assert_eq!(selected(json!(3)), (true, true));
        assert_eq!(selected(json!(4)), (false, true));
    }

    #[test]
    fn a_status_narrows_the_selection_once_it_is_known() {
        let mutator = mutator(json!([{ "to": "ping", "answered": 401, "nth": 2 }, { "to": "ping" }]));
        let settled = |status| {
            let body = request(json!(1), "ping").to_string();
            let selection = mutator.select(Some(("POST", "/mcp")), body.as_bytes());
            mutator.settle(Arc::new(selection), status).answer.clone()
        };
        assert_eq!([settled(401), settled(200), settled(401)], [vec![1], vec![1], vec![0, 1]]);
    }

    #[test]
    fn an_answer_is_known_by_the_id_that_was_sent() {
        let mutator = mutator(json!([{ "to": "ping", "request": { "set": { "id": "other" } } }]));
        let selection = mutator.select(None, request(json!(1), "ping").to_string().as_bytes());
        for (id, is_answer) in [(json!(1), true), (json!("other"), true), (json!(null), true), (json!("1"), false)] {
            assert_eq!(selection.is_answered_by(Some(&id)), is_answer, "{id}");
        }
    }
}
