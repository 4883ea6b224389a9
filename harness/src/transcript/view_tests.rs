//! What views say beyond the messages themselves.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::action::Chunks;

use super::{End, Event, GOODBYE, HttpSent, Payload, SentKind, View, What};

fn event(n: u64, stream: Option<&str>, what: What) -> Event {
    Event { n, t_us: n, actor: "main".to_owned(), stream: stream.map(str::to_owned), borrowed: false, what }
}

fn sent(n: u64, stream: &str, message: &Value) -> Event {
    let bytes = Payload(message.to_string().into_bytes().into());
    event(
        n,
        Some(stream),
        What::Sent {
            kind: SentKind::Request,
            exchange: None,
            http: None,
            bytes,
            chunks: Chunks::default(),
            parts: Vec::new(),
            wrong: false,
        },
    )
}

fn received(n: u64, message: &Value) -> Event {
    event(n, None, What::Received { exchange: None, bytes: Payload(message.to_string().into_bytes().into()) })
}

#[test]
fn a_message_tells_what_it_asks_and_of_which_client() {
    let handshake =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": { "roots": {} } } });
    let stateless = json!({ "_meta": { "io.modelcontextprotocol/clientCapabilities": { "sampling": {} } } });
    let events = [
        sent(1, "opened", &handshake),
        received(2, &json!({ "jsonrpc": "2.0", "id": 1, "result": {} })),
        sent(3, "called", &json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call" })),
        received(4, &json!({ "jsonrpc": "2.0", "id": "a", "method": "roots/list" })),
        received(
            5,
            &json!({ "jsonrpc": "2.0", "id": 2, "error": { "code": -32042, "message": "", "data": { "elicitations": [{ "mode": "url" }] } } }),
        ),
        sent(6, "asked", &json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": stateless })),
        received(
            7,
            &json!({ "jsonrpc": "2.0", "id": 3, "result": { "inputRequests": { "k": { "method": "sampling/createMessage", "params": {} } } } }),
        ),
    ];
    let view = View::of(&events);
    let shown: Vec<[&Value; 3]> =
        view.messages().iter().map(|m| [&m["asks"], &m["client"], &m["during"]["id"]]).collect();
    let roots = json!({ "roots": {} });
    assert_eq!(shown[0], [&json!([]), &roots, &json!(1)]);
    assert_eq!(shown[1], [&json!([{ "key": null, "method": "roots/list", "params": null }]), &roots, &json!(2)]);
    assert_eq!(
        shown[2],
        [&json!([{ "key": null, "method": "elicitation/create", "params": { "mode": "url" } }]), &roots, &json!(2)]
    );
    let asked = json!([{ "key": "k", "method": "sampling/createMessage", "params": {} }]);
    assert_eq!(shown[3], [&asked, &json!({ "sampling": {} }), &json!(3)]);
}

#[test]
fn what_a_result_asks_is_answered_by_the_call_made_again() {
    let call = |id: u64, more: Value| {
        let mut params = json!({ "name": "t" });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    };
    let question = json!({ "k": { "method": "roots/list" }, "l": { "method": "sampling/createMessage" } });
    let answers = json!({ "k": { "roots": [] } });
    let events = [
        sent(1, "called", &call(1, json!({}))),
        received(
            2,
            &json!({ "jsonrpc": "2.0", "id": 1, "result": { "inputRequests": question, "requestState": "s" } }),
        ),
        sent(3, "other", &call(2, json!({ "inputResponses": answers }))),
        sent(4, "again", &call(3, json!({ "inputResponses": answers, "requestState": "s" }))),
    ];
    let asked = View::of(&events).asked();
    let shown: Vec<[&Value; 4]> =
        asked.iter().map(|a| [&a["key"], &a["method"], &a["result"], &a["answers"][0]["n"]]).collect();
    assert_eq!(shown[0], [&json!("k"), &json!("roots/list"), &json!({ "roots": [] }), &json!(4)]);
    assert_eq!(shown[1], [&json!("l"), &json!("sampling/createMessage"), &Value::Null, &Value::Null]);
}

#[test]
fn what_ends_when_the_session_is_given_up_was_cut_by_us() {
    let post = |n, exchange: u32, stream: &str| {
        let mut event = sent(n, stream, &json!({ "jsonrpc": "2.0", "id": n, "method": "ping" }));
        if let What::Sent { exchange: number, http, .. } = &mut event.what {
            *number = Some(exchange);
            *http =
                Some(HttpSent { verb: "POST".to_owned(), target: "/".to_owned(), headers: Vec::new(), party: None });
        }
        event
    };
    let over = |n, exchange| event(n, None, What::Ended { exchange, end: End::Complete });
    let events = [
        post(1, 1, "early"),
        over(2, 1),
        post(3, 2, "late"),
        post(4, 3, &format!("main{GOODBYE}")),
        over(5, 3),
        over(6, 2),
    ];
    let ends: Vec<Value> = View::of(&events).exchanges().iter().map(|exchange| exchange["ended"].clone()).collect();
    assert_eq!(ends, ["complete", "cut", "complete"]);
}

#[test]
fn a_wait_without_its_time_says_nothing() {
    let waited = |t_us: u64, after_ms: u64| {
        let vain = What::TimedOut { waited_for: "an answer".to_owned(), came: "nothing had come".to_owned(), after_ms };
        let events = [
            sent(1, "asked", &json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })),
            Event { t_us, ..event(2, Some("asked"), vain) },
        ];
        View::of(&events).stream("asked").unwrap()["timed_out"].clone()
    };
    assert_eq!(waited(10_000_000, 1_200), false);
    assert_eq!(waited(400_000, 380), true);
    assert_eq!(waited(60_000_000, 6_000), true);
}
