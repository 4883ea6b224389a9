//! Every message of the IUT against the message schemas of the revision.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Finding, Outcome, Source};
use crate::requirement::{Catalogue, Role};
use crate::revision::Revision;
use crate::schema::{Schemas, Sender, Subject};
use crate::transcript::{Header, View};

/// Most violations told of one requirement in one transcript.
const MAX_TOLD: usize = 3;

/// Where the answers of a round trip stand in a request (2026-07-28, basic/patterns/mrtr).
const ANSWERS: &str = "/params/inputResponses/";

#[derive(Default)]
struct Told {
    exercised: bool,
    broken: Vec<(String, String, u64)>,
}

/// The revision whose schema judges. 2024-11-05 knows no Streamable HTTP, on which a refusal may be an error without an
/// id since it came with 2025-03-26 (basic/transports): who answers 2024-11-05 there goes by that.
fn revision_for(header: &Header, subject: Subject<'_>) -> Revision {
    match (header.revision, subject) {
        (Revision::V2024_11_05, Subject::Error) if header.transport == "http" => Revision::V2025_03_26,
        (revision, _) => revision,
    }
}

/// One finding per requirement that a schema rule decides and that was put to the test.
pub fn findings(header: &Header, view: &View<'_>, catalogue: &Catalogue) -> Vec<Finding> {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    let mut elsewhere: BTreeSet<&str> = BTreeSet::new();
    let from = Sender::from(header.role);
    let of_client = if header.role == Role::Client { view.sent_in(header.revision) } else { Vec::new() };
    let messages = if header.role == Role::Client { &of_client } else { view.messages() };
    let mut take = |subject: Subject<'_>, value: &Value, place: &Value| {
        let validity = Schemas::embedded().check(revision_for(header, subject), subject, value);
        let n = place.get("n").and_then(Value::as_u64).unwrap_or_default();
        for id in validity.exercised {
            told.entry(id).or_default().exercised = true;
        }
        // Whose answer it is shows what it must be: see below.
        for violation in validity.violations.into_iter().filter(|violation| !violation.path.starts_with(ANSWERS)) {
            for id in violation.requirement {
                told.entry(id).or_default().broken.push((violation.rule.clone(), violation.message.clone(), n));
            }
        }
    };
    for message in messages {
        let text = |key: &str| message.get(key).and_then(Value::as_str);
        let Some(value) = message.get("value") else { continue };
        // A handshake may settle on another revision than the one under test: what follows is in that one's shape.
        if let (Some(actor), Some(agreed)) = (text("actor"), agreed(message)) {
            match agreed == header.revision {
                true => elsewhere.remove(actor),
                false => elsewhere.insert(actor),
            };
        }
        if text("actor").is_some_and(|actor| elsewhere.contains(actor)) {
            continue;
        }
        // Members of an array that no message can be are not messages either.
        if from == Sender::Client
            && !header.revision.has_batches()
            && message.get("batched") == Some(&Value::Bool(true))
        {
            continue;
        }
        // What comes for a request that was wrong on purpose may be in the shape of another revision.
        let proper = message.pointer("/of/wrong") != Some(&Value::Bool(true));
        let of_method = message.pointer("/of/method").and_then(Value::as_str).filter(|_| proper);
        let subject = match (text("kind"), text("method"), of_method) {
            (Some("result"), _, Some(of_method)) => Subject::Result { from, of_method },
            (Some("error"), ..) => Subject::Error,
            (Some("notification"), Some(method), _) => Subject::Notification { from, method },
            (Some("request"), Some(method), _) => Subject::Request { from, method },
            // A request whose id cannot be one is a request all the same.
            (Some("invalid"), Some(method), _) if from == Sender::Client && value.get("id").is_some() => {
                Subject::Request { from, method }
            }
            _ => continue,
        };
        take(subject, value, message);
    }
    // The answers that stand in a request (2026-07-28).
    let asked = if header.role == Role::Client { view.asked_in(header.revision) } else { Vec::new() };
    for asked in asked.iter().filter(|asked| asked.get("key").is_some_and(|key| !key.is_null())) {
        let definition = asked.get("method").and_then(Value::as_str).and_then(result_of);
        if let (Some(definition), Some(value), Some(answer)) =
            (definition, asked.get("result"), asked.pointer("/answers/0"))
        {
            take(Subject::Definition(definition), value, answer);
        }
    }
    let binds = |id: &str| catalogue.get(id).filter(|row| row.binds(header.role.actor(), header.revision));
    let told = told.into_iter().filter_map(|(id, told)| binds(&id).map(|row| (row, id, told)));
    told.map(|(row, requirement, told)| {
        let mut rules: Vec<&str> = told.broken.iter().map(|(rule, ..)| rule.as_str()).collect();
        rules.dedup();
        let rule = if rules.is_empty() { "message schema".to_owned() } else { rules.join(", ") };
        let mut seen: Vec<String> = told.broken.iter().map(|(_, message, _)| message.clone()).collect();
        seen.dedup();
        let more = seen.len().saturating_sub(MAX_TOLD);
        seen.truncate(MAX_TOLD);
        if more > 0 {
            seen.push(format!("and {more} more"));
        }
        let outcome = match (row.disputed_in(header.revision), seen.is_empty()) {
            (Some(how), _) => Outcome::Disputed(how.to_owned()),
            (None, true) => Outcome::Held,
            (None, false) => Outcome::Broken(seen.join("; ")),
        };
        Finding {
            requirement,
            source: Source::Schema,
            outcome,
            rule,
            operands: Vec::new(),
            evidence: told.broken.iter().map(|(.., n)| *n).take(MAX_TOLD).collect(),
            position: None,
            met_by_refusal: row.area() == "error" || row.area() == "base",
            met_by_empty_result: row.area() == "base" || row.area() == "result",
        }
    })
    .collect()
}

/// The definition of the bare result with which a round trip answers a question (2026-07-28, basic/patterns/mrtr).
fn result_of(method: &str) -> Option<&'static str> {
    match method {
        "sampling/createMessage" => Some("CreateMessageResult"),
        "elicitation/create" => Some("ElicitResult"),
        "roots/list" => Some("ListRootsResult"),
        _ => None,
    }
}

/// The revision that a message settles on, if it is the answer to `initialize` and names one that we know.
fn agreed(message: &Value) -> Option<Revision> {
    let method = message.pointer("/of/method").and_then(Value::as_str);
    let answer = method == Some("initialize") && message.get("kind").and_then(Value::as_str) == Some("result");
    message.pointer("/result/protocolVersion").filter(|_| answer)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;
    use crate::transcript::{Event, FORMAT_VERSION, Payload, SentKind, What};

    /// What is said of a server that settles on `agreed` and then lists a tool whose `title` is a number.
    fn outcome(tested: Revision, agreed: &str) -> Option<Outcome> {
        let payload = |message: Value| Payload(message.to_string().into_bytes().into());
        let event = |n, stream: Option<&str>, what| Event {
            n,
            t_us: n,
            actor: "main".to_owned(),
            stream: stream.map(str::to_owned),
            borrowed: false,
            what,
        };
        let exchange = |n: u64, method: &str, result: Value| {
            let request = payload(json!({ "jsonrpc": "2.0", "id": n, "method": method, "params": {} }));
            let answer = payload(json!({ "jsonrpc": "2.0", "id": n, "result": result }));
            let sent = What::Sent {
                kind: SentKind::Request,
                exchange: None,
                http: None,
                bytes: request,
                chunks: crate::action::Chunks::default(),
                parts: Vec::new(),
                wrong: false,
            };
            [event(n, Some(method), sent), event(n + 1, None, What::Received { exchange: None, bytes: answer })]
        };
        let info = json!({ "name": "a", "version": "1" });
        let opened = json!({ "protocolVersion": agreed, "capabilities": {}, "serverInfo": info });
        let tool = json!({ "name": "a", "title": 5, "inputSchema": { "type": "object" } });
        let events =
            [exchange(1, "initialize", opened), exchange(3, "tools/list", json!({ "tools": [tool] }))].concat();
        let header = Header {
            transcript: FORMAT_VERSION,
            scenario: "any".to_owned(),
            role: crate::requirement::Role::Server,
            revision: tested,
            transport: "stdio".to_owned(),
            routing: "direct".to_owned(),
            facts: std::sync::Arc::default(),
        };
        let found = findings(&header, &View::of(&events), Catalogue::embedded().unwrap());
        found.into_iter().find(|finding| finding.requirement == "base.message-shape").map(|finding| finding.outcome)
    }

    #[test]
    fn messages_are_held_to_the_revision_that_was_agreed_on() {
        let broken = |outcome| matches!(outcome, Some(Outcome::Broken(_)));
        assert!(broken(outcome(Revision::V2025_06_18, "2025-06-18")));
        // There, `title` is an unknown member.
        assert!(matches!(outcome(Revision::V2025_03_26, "2025-03-26"), Some(Outcome::Held)));
        assert!(outcome(Revision::V2025_06_18, "2025-03-26").is_none());
        // An unknown revision settles nothing.
        assert!(broken(outcome(Revision::V2025_06_18, "1.0")));
    }
}
