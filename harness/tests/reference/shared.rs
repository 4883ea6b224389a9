//! Two instances of the server on one store serve one another's clients.

use std::time::Duration;

use mcp_assay::deployment::{DeploymentError, Shared};
use mcp_assay::profile::Component;
use mcp_assay::reference::{Options, Store, Switch};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::client::{Event, Events, Server, Session, reply, status_and_reply, switched};

/// Two instances, and what holds their store.
pub struct Pair {
    pub one: Server,
    pub two: Server,
    pub _redis: Option<Shared>,
}

impl Pair {
    /// Its session as the other instance sees it.
    pub fn there<'a>(&'a self, session: &Session<'_>) -> Session<'a> {
        Session { server: &self.two, id: session.id.clone() }
    }
}

/// A Redis of this test's own; none where this machine has neither the program nor an engine for containers.
async fn redis() -> Option<Shared> {
    let started = Shared::start(Component::Redis, Instant::now() + Duration::from_secs(10)).await;
    match started {
        Err(DeploymentError::Component { tried, .. }) => {
            eprintln!("skipped: {tried}");
            None
        }
        started => Some(started.unwrap()),
    }
}

/// Pairs on one store in memory, and on Redis through a connection each.
pub async fn pairs(switches: &[Switch]) -> Vec<Pair> {
    let store = Store::default();
    let options = |store: Store| Options { store, ..switched(switches) };
    let (one, two) = (Server::start(options(store.clone())).await, Server::start(options(store)).await);
    let mut pairs = vec![Pair { one, two, _redis: None }];
    if let Some(redis) = redis().await {
        let one = Server::start(options(Store::redis(&redis.url).await.unwrap())).await;
        let two = Server::start(options(Store::redis(&redis.url).await.unwrap())).await;
        pairs.push(Pair { one, two, _redis: Some(redis) });
    }
    pairs
}

pub async fn pair(switch: Switch) -> Pair {
    let store = Store::default();
    let options = || Options { store: store.clone(), ..switched(&[switch]) };
    Pair { one: Server::start(options()).await, two: Server::start(options()).await, _redis: None }
}

pub fn slow(steps: u64) -> Value {
    let arguments = json!({ "seconds": 0.2, "steps": steps });
    json!({ "name": "test_slow", "arguments": arguments, "_meta": { "progressToken": 1 } })
}

/// Calls a slow tool and leaves after two reports of progress: the events until then.
pub async fn cut(session: &Session<'_>, steps: u64) -> Vec<Event> {
    let mut stream = Events::open(session.call(2, "tools/call", slow(steps))).await;
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.push(stream.event().await.unwrap());
    }
    seen
}

pub async fn progress(mut events: Events) -> Vec<Value> {
    let mut all = Vec::new();
    while let Some(message) = events.message().await {
        all.push(message["params"]["progress"].clone());
    }
    all
}

#[tokio::test]
async fn a_session_is_one_on_both() {
    for pair in pairs(&[]).await {
        let here = pair.one.session().await;
        let there = pair.there(&here);
        assert!(there.ask("tools/list", json!({})).await["tools"].is_array());
        there.ask("logging/setLevel", json!({ "level": "emergency" })).await;
        assert_eq!(Events::open(here.tool(3, "test_logging_tool", json!({}))).await.rest().await.len(), 2);
        let mut listening = here.listen(None).await;
        listening.event().await.unwrap();
        assert_eq!(there.request(Method::DELETE).send().await.unwrap().status(), 204);
        assert_eq!(listening.message().await, None);
        for session in [&here, &there] {
            assert_eq!(status_and_reply(session.call(4, "ping", json!({}))).await.0, 404);
        }
    }
}

#[tokio::test]
async fn a_stream_resumes_on_the_other_with_what_was_missed_and_what_comes() {
    for pair in pairs(&[]).await {
        let here = pair.one.session().await;
        let seen = cut(&here, 6).await;
        let rest = pair.there(&here).listen(seen[2].id.as_deref()).await;
        assert_eq!(progress(rest).await, [json!(3.0), json!(4.0), json!(5.0), json!(6.0), Value::Null]);
        // Once more, when all is over, from the beginning.
        let all = pair.there(&here).listen(seen[0].id.as_deref()).await;
        assert_eq!(progress(all).await.len(), 7);
    }
}

#[tokio::test]
async fn the_other_takes_answers_and_cancellations() {
    for pair in pairs(&[]).await {
        let here = pair.one.session().await;
        let there = pair.there(&here);
        let mut asked = Events::open(here.tool(1, "test_list_roots", json!({}))).await;
        let question = loop {
            let message = asked.message().await.unwrap();
            if message["method"] == "roots/list" {
                break message;
            }
        };
        let roots = json!({ "roots": [{ "uri": "file:///a" }] });
        let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": roots });
        assert_eq!(there.post(&answer).send().await.unwrap().status(), 202);
        let result = asked.message().await.unwrap();
        assert_eq!(result["result"]["content"][0]["text"], "Roots: file:///a");

        let mut work = Events::open(here.tool(2, "test_slow", json!({ "seconds": 600, "steps": 1 }))).await;
        work.event().await.unwrap();
        let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 2 } });
        there.post(&cancel).send().await.unwrap();
        assert_eq!(work.message().await, None);
        while activity(&there).await["cancelled"] != 1 {}
    }
}

pub async fn activity(session: &Session<'_>) -> Value {
    let read = session.ask("resources/read", json!({ "uri": "test://activity" })).await;
    serde_json::from_str(read["contents"][0]["text"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_id_is_in_use_on_both() {
    for pair in pairs(&[]).await {
        let here = pair.one.session().await;
        let mut work = Events::open(here.tool(2, "test_slow", json!({ "seconds": 600, "steps": 1 }))).await;
        work.event().await.unwrap();
        assert_eq!(status_and_reply(pair.there(&here).call(2, "ping", json!({}))).await.0, 400);
    }
}

#[tokio::test]
async fn who_listens_on_one_hears_of_changes_on_the_other() {
    for pair in pairs(&[]).await {
        let here = pair.one.session().await;
        let there = pair.there(&here);
        let mut listening = here.listen(None).await;
        let primed = listening.event().await.unwrap();
        there.ask("resources/subscribe", json!({ "uri": "test://watched-resource" })).await;
        for (tool, method) in [
            ("test_trigger_tool_change", "notifications/tools/list_changed"),
            ("test_trigger_resource_update", "notifications/resources/updated"),
        ] {
            reply(there.tool(1, tool, json!({}))).await;
            assert_eq!(listening.message().await.unwrap()["method"], method);
        }
        let names = |list: &Value| list["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
        let (one, two): (Vec<_>, Vec<_>) =
            (names(&here.ask("tools/list", json!({})).await), names(&there.ask("tools/list", json!({})).await));
        assert!(one.contains(&json!("test_extra_tool")));
        assert_eq!(one, two);
        drop(listening);
        // What is said to nobody waits for the one who comes back.
        let resumed = there.listen(primed.id.as_deref()).await.message().await.unwrap();
        assert_eq!(resumed["method"], "notifications/tools/list_changed");
    }
}

#[tokio::test]
async fn a_task_is_one_on_both() {
    for pair in pairs(&[]).await {
        let here = pair.one.session().await;
        let there = pair.there(&here);
        let begin = async |tool: &str, id: u64| {
            let params = json!({ "name": tool, "task": {}, "arguments": {} });
            json!({ "taskId": reply(here.call(id, "tools/call", params)).await["result"]["task"]["taskId"] })
        };
        let task = begin("test_task_elicitation", 1).await;
        let mut result = Events::open(there.call(2, "tasks/result", task.clone())).await;
        let question = result.message().await.unwrap();
        assert_eq!(question["method"], "elicitation/create");
        let entered = json!({ "action": "accept", "content": { "name": "Ada" } });
        let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": entered });
        there.post(&answer).send().await.unwrap();
        assert_eq!(result.message().await.unwrap()["result"]["content"][0]["text"], "Hello, Ada!");
        assert_eq!(there.ask("tasks/get", task.clone()).await["status"], "completed");
        assert_eq!(there.ask("tasks/list", json!({})).await, here.ask("tasks/list", json!({})).await);

        let task = begin("test_task_slow", 3).await;
        assert_eq!(there.ask("tasks/cancel", task.clone()).await["status"], "cancelled");
        assert_eq!(here.ask("tasks/get", task).await["status"], "cancelled");
        while activity(&there).await["running"] != 0 {}
    }
}

#[tokio::test]
async fn stateless_requests_go_anywhere() {
    for pair in pairs(&[]).await {
        let call = json!({ "name": "test_input_required_result_single_use" });
        let first = pair.one.ask("tools/call", call.clone()).await;
        let mut again = call;
        again["requestState"] = first["requestState"].clone();
        again["inputResponses"] = json!({ "confirm": { "action": "accept", "content": { "ok": true } } });
        assert_eq!(pair.two.ask("tools/call", again.clone()).await["content"][0]["text"], "Confirmed.");
        let third = reply(pair.one.stateless(1, "tools/call", again)).await;
        assert_eq!(third["error"]["code"], -32602);

        let counted = pair.one.tool("test_counter", json!({})).await["structuredContent"].clone();
        let counted = pair.two.tool("test_counter", json!({ "handle": counted["handle"] })).await;
        assert_eq!(counted["structuredContent"]["count"], 2);

        let wanted = json!({ "notifications": { "toolsListChanged": true } });
        let mut listening = Events::open(pair.one.stateless(9, "subscriptions/listen", wanted)).await;
        listening.message().await.unwrap();
        pair.two.tool("test_trigger_tool_change", json!({})).await;
        assert_eq!(listening.message().await.unwrap()["method"], "notifications/tools/list_changed");
    }
}

#[tokio::test]
async fn what_a_dead_instance_leaves_is_taken_over() {
    for pair in pairs(&[]).await {
        let Pair { one, two, _redis } = pair;
        let here = one.session().await;
        let there = Session { server: &two, id: here.id.clone() };
        let seen = cut(&here, 2).await;
        let mut listening = here.listen(None).await;
        listening.event().await.unwrap();
        reply(there.tool(3, "test_trigger_tool_change", json!({}))).await;
        let event = loop {
            let event = listening.event().await.unwrap();
            if event.message()["method"] == "notifications/tools/list_changed" {
                break event;
            }
        };
        drop(one);
        assert!(there.ask("tools/list", json!({})).await["tools"].is_array());
        reply(there.tool(4, "test_trigger_tool_change", json!({}))).await;
        let missed = there.listen(event.id.as_deref()).await.message().await.unwrap();
        assert_eq!(missed["method"], "notifications/tools/list_changed");
        let progress = there.listen(seen[1].id.as_deref()).await.message().await.unwrap();
        assert_eq!(progress["params"]["progress"], 2.0);
    }
}

#[tokio::test]
async fn ending_at_once_cuts_every_connection_and_its_work() {
    let store = Store::default();
    let one = Server::start(Options { store: store.clone(), ..Options::default() }).await;
    let two = Server::start(Options { store, ..Options::default() }).await;
    let here = one.session().await;
    let mut listening = here.listen(None).await;
    listening.event().await.unwrap();
    let mut work = Events::open(here.tool(1, "test_slow", json!({ "seconds": 600, "steps": 1 }))).await;
    work.event().await.unwrap();
    let task = json!({ "name": "test_task_slow", "task": {}, "arguments": { "seconds": 600, "steps": 1 } });
    let task = here.ask("tools/call", task).await["task"]["taskId"].clone();
    let there = Session { server: &two, id: here.id.clone() };
    while activity(&there).await["running"] != 2 {}
    let url = one.url.clone();
    drop(one);
    for mut cut in [listening, work] {
        let end = tokio::spawn(async move { while cut.event().await.is_some() {} }).await;
        // Cut in the middle of the body.
        assert!(end.is_err());
    }
    while activity(&there).await["cancelled"] != 2 {}
    assert!(two.http.get(&url).send().await.is_err());
    let ended = there.ask("tasks/get", json!({ "taskId": task })).await;
    assert_eq!(ended["status"], "failed");
}

#[tokio::test]
async fn an_orderly_end_finishes_what_is_at_work() {
    let store = Store::default();
    let options = Options { store: store.clone(), ..Options::default() };
    let shutdown = options.shutdown.clone();
    let mut one = Server::start(options).await;
    let two = Server::start(Options { store, ..Options::default() }).await;
    let id = one.session().await.id;
    let here = Session { server: &one, id: id.clone() };
    let mut listening = here.listen(None).await;
    let primed = listening.event().await.unwrap();
    let mut work = Events::open(here.call(2, "tools/call", slow(2))).await;
    work.event().await.unwrap();
    shutdown.cancel();
    assert_eq!(listening.event().await, None);
    let rest = work.rest().await;
    assert_eq!(rest.last().unwrap()["id"], 2);
    one.ended().await;
    let there = Session { server: &two, id };
    reply(there.tool(3, "test_trigger_tool_change", json!({}))).await;
    assert!(there.listen(primed.id.as_deref()).await.message().await.is_some());
}
