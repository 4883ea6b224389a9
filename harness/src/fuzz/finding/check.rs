//! What would hold if a finding were mended, as the check of its scenario.

use serde_json::{Map, Value, json};

use super::Finding;
use super::actors::CLIENTS;
use super::scenario::stream;
use crate::fuzz::case::{Act, Body, Expect};
use crate::fuzz::oracle::{MARK, Oracle, STREAM, internals_like};
use crate::revision::Era;
use crate::scenario::Transport;

/// What would hold.
pub(super) enum Holds {
    /// An expression.
    Expression(String),
    /// Paths, and the pattern of what is there.
    Match(Value),
}

/// The requirement that it breaks, and what would hold. `last`: the number of the last act.
pub(super) fn check(finding: &Finding, last: usize) -> (&'static str, Holds) {
    let act = stream(last);
    let sent = finding.cases.last().and_then(|case| case.acts.last());
    let expect = sent.map(|act| &act.expect);
    if let (Oracle::Drift, Some(Expect::Equals(before))) = (finding.oracle, expect) {
        let result = Map::from_iter([(format!("{act}.result"), before.clone())]);
        return ("base.jsonrpc-2-0", Holds::Match(Value::Object(result)));
    }
    let (requirement, text) = match finding.oracle {
        Oracle::Exit | Oracle::Hang => ("base.one-response-per-request", "size(alive.responses) == 1".to_owned()),
        Oracle::NoAnswer => answered(&act),
        Oracle::Twice => ("base.one-response-per-request", once(finding)),
        // An answer that has the id of nothing that was sent, or none, is on no stream.
        Oracle::Unasked if expect == Some(&Expect::Nothing) => {
            let none = "main.strays.all(m, m.kind != \"result\" && m.kind != \"error\")";
            ("base.notification-not-answered", format!("size({act}.responses) == 0 && {none}"))
        }
        Oracle::Unasked => {
            // Over HTTP, what comes on its exchange with another id is a response, but not its answer.
            let same = format!("{act}.answer != null && same({act}.answer.id, {act}.request.id)");
            ("base.one-response-per-request", format!("size({act}.responses) == 1 && {same}"))
        }
        Oracle::Code => {
            let codes = match expect {
                Some(Expect::Codes(codes) | Expect::ErrorOf(codes)) => codes.clone(),
                _ => Vec::new(),
            };
            let requirement = match codes.as_slice() {
                [-32601] => "base.method-not-found-32601",
                _ => "base.invalid-params-32602",
            };
            (requirement, format!("{act}.error == null || {act}.error.code in {}", json!(codes)))
        }
        Oracle::Accepted => (
            if finding.revision.era() == Era::Stateless || finding.sign.contains("tools/call") {
                "tools.inputs-validated"
            } else {
                "base.invalid-params-32602"
            },
            format!("{act}.error != null || get({act}, \"result.isError\") == true"),
        ),
        Oracle::Differs => {
            let before = match expect {
                Some(Expect::SameAs(_)) | None => stream(last.saturating_sub(1).max(1)),
                Some(_) => act.clone(),
            };
            // What a tool says may depend on how it is asked; whether it works may not.
            let tool = sent.is_some_and(|act| act.subject.starts_with("tools/call"));
            let text = if tool {
                let same = |path: &str| format!("same(get({act}, {path:?}), get({before}, {path:?}))");
                format!("is_null({act}.result) == is_null({before}.result) && {}", same("result.isError"))
            } else {
                format!("same({act}.result, {before}.result)")
            };
            ("base.jsonrpc-2-0", text)
        }
        Oracle::Output => ("tools.output-schema-obeyed", output(sent, &act)),
        Oracle::Internals => ("base.error-message-concise", silent(finding, last)),
        Oracle::Reflected => {
            let name = MARK.to_ascii_lowercase();
            ("base.jsonrpc-2-0", each(last, |act| format!("get({act}.headers, {name:?}) == null")))
        }
        Oracle::Crossed if finding.sign == STREAM => ("sse.several-clients", apart(finding)),
        Oracle::Crossed => ("http.session-id-unique-secure", "main.session != second.session".to_owned()),
        Oracle::StreamOpen => ("http.stream-ends-after-response", format!("{act}.ended == \"complete\"")),
        Oracle::ServerError => ("base.jsonrpc-2-0", format!("{act}.status < 500")),
        Oracle::NoMessage | Oracle::Shape | Oracle::Drift | Oracle::Memory | Oracle::Descriptors | Oracle::Sequence => {
            ("base.jsonrpc-2-0", "main.messages.all(m, m.kind != \"invalid\")".to_owned())
        }
    };
    (requirement, Holds::Expression(text))
}

fn answered(act: &str) -> (&'static str, String) {
    ("base.one-response-per-request", format!("size({act}.responses) == 1 || {act}.refused"))
}

/// No request has two answers, wherever the second came.
fn once(finding: &Finding) -> String {
    let acts = finding.cases.iter().flat_map(|case| &case.acts).enumerate();
    let requests = acts.filter(|(_, act)| act.expect != Expect::Nothing).map(|(number, _)| stream(number + 1));
    let one = |act: String| {
        let answers = format!("(m.kind == \"result\" || m.kind == \"error\") && same(m.id, {act}.request.id)");
        format!("size(main.messages.filter(m, {answers})) <= 1")
    };
    requests.map(one).collect::<Vec<_>>().join(" && ")
}

/// No request of a client is answered on the event stream of another.
fn apart(finding: &Finding) -> String {
    let acts = finding.cases.iter().flat_map(|case| &case.acts).enumerate();
    let requests = acts.filter(|(_, act)| act.expect != Expect::Nothing);
    let none = requests.flat_map(|(number, act)| {
        let others = CLIENTS.iter().take(finding.clients()).filter(|name| CLIENTS.get(act.client) != Some(*name));
        others.map(move |name| {
            format!("!{name}_events.messages.exists(m, same(m.id, {}.request.id))", stream(number + 1))
        })
    });
    none.collect::<Vec<_>>().join(" && ")
}

/// The same of every act.
fn each(last: usize, of: impl Fn(&str) -> String) -> String {
    (1..=last).map(|number| of(&stream(number))).collect::<Vec<_>>().join(" && ")
}

/// What a tool gives fits the schema that it lists.
fn output(sent: Option<&Act>, act: &str) -> String {
    let name = match sent.map(|act| &act.body) {
        Some(Body::Message { value, .. }) => value.pointer("/params/name").cloned().unwrap_or_default(),
        _ => Value::Null,
    };
    let schema = format!("server.tools.filter(t, t.name == {name})[0].outputSchema");
    format!("conforms(get({act}, \"result.structuredContent\"), {schema})")
}

/// No answer, and over HTTP no body, holds anything like what was seen in one.
fn silent(finding: &Finding, last: usize) -> String {
    let pattern = json!(internals_like(&finding.seen));
    let places: &[&str] =
        if finding.transport == Transport::Stdio { &["answer.text"] } else { &["answer.text", "body"] };
    let in_none = |act: &str| {
        let all = places.iter().map(|place| {
            let text = format!("get({act}, \"{place}\")");
            format!("(!is_string({text}) || !{text}.matches({pattern}))")
        });
        all.collect::<Vec<_>>().join(" && ")
    };
    each(last, in_none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::case::Case;

    fn finding(oracle: Oracle, expect: Expect) -> Finding {
        let act = Act { expect, ..Act::plain(json!({ "method": "tools/call", "params": { "name": "a" } })) };
        let seen = "/srv/x.py:3 in an error".to_owned();
        Finding { seen, ..Finding::of(oracle, Case { acts: vec![act], ..Case::default() }) }
    }

    #[test]
    fn what_was_seen_is_what_must_not_be() {
        let text = |oracle, expect| match check(&finding(oracle, expect), 1).1 {
            Holds::Expression(text) => text,
            Holds::Match(pattern) => pattern.to_string(),
        };
        assert!(text(Oracle::Internals, Expect::Answer).contains("get(act_1, \"answer.text\").matches("));
        assert!(text(Oracle::Output, Expect::Answer).contains("t.name == \"a\""));
        assert_eq!(text(Oracle::Drift, Expect::Equals(json!({ "a": 1 }))), r#"{"act_1.result":{"a":1}}"#);
        assert!(text(Oracle::Unasked, Expect::Nothing).contains("main.strays"));
    }
}
