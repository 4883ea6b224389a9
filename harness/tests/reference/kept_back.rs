//! Two instances of the server on one store: the switches keep back what they name.

use mcp_assay::reference::Switch;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Events, Server, Session, reply, status_and_reply, switched};
use super::shared::{activity, cut, pair, pairs, progress, slow};

#[tokio::test]
async fn sessions_and_their_parts_can_be_kept_back() {
    let pair = self::pair(Switch::SessionOnOneInstance).await;
    let here = pair.one.session().await;
    assert_eq!(status_and_reply(pair.there(&here).call(1, "ping", json!({}))).await.0, 404);

    let pair = self::pair(Switch::DeletesOnOneInstance).await;
    let here = pair.one.session().await;
    assert_eq!(pair.there(&here).request(Method::DELETE).send().await.unwrap().status(), 204);
    assert_eq!(status_and_reply(pair.there(&here).call(1, "ping", json!({}))).await.0, 404);
    assert_eq!(status_and_reply(here.call(1, "ping", json!({}))).await.0, 200);

    let pair = self::pair(Switch::InitializedOnOneInstance).await;
    let here = pair.one.session().await;
    let result = reply(pair.there(&here).tool(1, "test_list_roots", json!({}))).await;
    assert_eq!(result["result"]["isError"], true);

    let pair = self::pair(Switch::LogLevelOnOneInstance).await;
    let here = pair.one.session().await;
    here.ask("logging/setLevel", json!({ "level": "emergency" })).await;
    let logged = Events::open(pair.there(&here).tool(1, "test_logging_tool", json!({}))).await.rest().await;
    assert_eq!(logged.len(), 8);

    let pair = self::pair(Switch::TasksOnOneInstance).await;
    let here = pair.one.session().await;
    let task = here.ask("tools/call", json!({ "name": "test_task", "task": {} })).await["task"]["taskId"].clone();
    let got = reply(pair.there(&here).call(1, "tasks/get", json!({ "taskId": task }))).await;
    assert_eq!(got["error"]["code"], -32602);
}

#[tokio::test]
async fn notifications_can_be_kept_back() {
    for (switch, tool, heard) in [
        (Switch::NotificationsOnOneInstance, "test_trigger_tool_change", false),
        (Switch::SubscriptionsOnOneInstance, "test_trigger_resource_update", false),
        (Switch::SubscriptionsOnOneInstance, "test_trigger_tool_change", true),
    ] {
        let pair = pair(switch).await;
        let here = pair.one.session().await;
        let mut listening = here.listen(None).await;
        listening.event().await.unwrap();
        here.ask("resources/subscribe", json!({ "uri": "test://watched-resource" })).await;
        reply(pair.there(&here).tool(1, tool, json!({}))).await;
        reply(here.tool(1, "test_trigger_prompt_change", json!({}))).await;
        let first = listening.message().await.unwrap();
        assert_eq!(first["method"] != "notifications/prompts/list_changed", heard, "{switch} {first}");
    }
    let pair = self::pair(Switch::ListensOnOneInstance).await;
    let wanted = json!({ "notifications": { "toolsListChanged": true, "promptsListChanged": true } });
    let mut listening = Events::open(pair.one.stateless(9, "subscriptions/listen", wanted)).await;
    listening.message().await.unwrap();
    pair.two.tool("test_trigger_tool_change", json!({})).await;
    pair.one.tool("test_trigger_prompt_change", json!({})).await;
    assert_eq!(listening.message().await.unwrap()["method"], "notifications/prompts/list_changed");
}

#[tokio::test]
async fn answers_and_cancellations_can_be_kept_back() {
    let pair = self::pair(Switch::AnswersOnOneInstance).await;
    let here = pair.one.session().await;
    let mut asked = Events::open(here.tool(1, "test_list_roots", json!({}))).await;
    let id = asked.message().await.unwrap()["id"].clone();
    for (session, uri) in [(&pair.there(&here), "file:///lost"), (&here, "file:///kept")] {
        let answer = json!({ "jsonrpc": "2.0", "id": id, "result": { "roots": [{ "uri": uri }] } });
        assert_eq!(session.post(&answer).send().await.unwrap().status(), 202);
    }
    assert_eq!(asked.message().await.unwrap()["result"]["content"][0]["text"], "Roots: file:///kept");

    let pair = self::pair(Switch::CancelsOnOneInstance).await;
    let here = pair.one.session().await;
    let mut work = Events::open(here.call(2, "tools/call", slow(2))).await;
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 2 } });
    pair.there(&here).post(&cancel).send().await.unwrap();
    work.event().await.unwrap();
    assert_eq!(work.rest().await.last().unwrap()["id"], 2);
}

#[tokio::test]
async fn replay_on_the_other_can_be_wrong() {
    let three = json!(3.0);
    for (switch, expected) in [
        (Switch::ForeignReplayFromStart, vec![json!(1.0), json!(2.0), three.clone(), json!(4.0), Value::Null]),
        (Switch::ForeignReplaySkipsOne, vec![json!(4.0), Value::Null]),
        (Switch::ForeignReplayStops, vec![]),
    ] {
        let pair = pair(switch).await;
        let here = pair.one.session().await;
        let seen = cut(&here, 4).await;
        if switch == Switch::ForeignReplaySkipsOne {
            // Something must have been missed.
            while activity(&here).await["running"] != 0 {}
        }
        let rest = progress(pair.there(&here).listen(seen[2].id.as_deref()).await).await;
        if switch == Switch::ForeignReplayStops {
            assert!(rest.len() < 3, "{rest:?}");
        } else {
            assert_eq!(rest, expected, "{switch}");
        }
        // Where it began, all is well.
        let rest = progress(here.listen(seen[2].id.as_deref()).await).await;
        assert_eq!(rest, [three.clone(), json!(4.0), Value::Null], "{switch}");
    }
    let pair = self::pair(Switch::EventsOnOneInstance).await;
    let here = pair.one.session().await;
    let seen = cut(&here, 4).await;
    let resume = |session: &Session<'_>, id: &str| {
        session.request(Method::GET).header("accept", "text/event-stream").header("last-event-id", id)
    };
    let id = seen[2].id.clone().unwrap();
    assert_eq!(resume(&pair.there(&here), &id).send().await.unwrap().status(), 400);

    for (switches, status) in [(vec![], 400), (vec![Switch::ReplaysOtherSessions], 200)] {
        let server = Server::start(switched(&switches)).await;
        let (mine, other) = (server.session().await, server.session().await);
        let seen = cut(&mine, 4).await;
        assert_eq!(resume(&other, &seen[2].id.clone().unwrap()).send().await.unwrap().status(), status);
    }
    let pair = self::pair(Switch::ForeignReplayOtherStreams).await;
    let here = pair.one.session().await;
    let (first, _) = (cut(&here, 4).await, Events::open(here.call(5, "tools/call", slow(2))).await.rest().await);
    let ids: Vec<_> = pair.there(&here).listen(first[2].id.as_deref()).await.rest().await;
    assert!(ids.iter().any(|message| message["id"] == 5), "{ids:?}");
}

#[tokio::test]
async fn what_both_eras_share_can_be_kept_back() {
    let pair = self::pair(Switch::OwnKeys).await;
    let call = json!({ "name": "test_input_required_result_request_state" });
    let first = pair.one.ask("tools/call", call.clone()).await;
    let mut again = call;
    again["requestState"] = first["requestState"].clone();
    again["inputResponses"] = json!({ "confirm": { "action": "accept", "content": { "ok": true } } });
    assert_eq!(reply(pair.two.stateless(1, "tools/call", again)).await["error"]["code"], -32602);

    let pair = self::pair(Switch::ChangesOnOneInstance).await;
    pair.one.tool("test_trigger_tool_change", json!({})).await;
    let has = |list: Value| list["tools"].as_array().unwrap().iter().any(|tool| tool["name"] == "test_extra_tool");
    assert!(has(pair.one.ask("tools/list", json!({})).await) && !has(pair.two.ask("tools/list", json!({})).await));

    let pair = self::pair(Switch::ListsDifferByInstance).await;
    let (one, two) = (pair.one.ask("tools/list", json!({})).await, pair.two.ask("tools/list", json!({})).await);
    assert_ne!(one["tools"], two["tools"]);

    let pair = self::pair(Switch::HandlesOnOneInstance).await;
    let handle = pair.one.tool("test_counter", json!({})).await["structuredContent"]["handle"].clone();
    assert_eq!(pair.two.tool("test_counter", json!({ "handle": handle })).await["isError"], true);

    let pair = self::pair(Switch::StateOnOneInstance).await;
    let call = json!({ "name": "test_input_required_result_single_use" });
    let mut again = call.clone();
    again["requestState"] = pair.one.ask("tools/call", call).await["requestState"].clone();
    again["inputResponses"] = json!({ "confirm": { "action": "accept", "content": { "ok": true } } });
    for server in [&pair.one, &pair.two] {
        assert_eq!(server.ask("tools/call", again.clone()).await["content"][0]["text"], "Confirmed.");
    }
}

#[tokio::test]
async fn connections_can_be_remembered() {
    // The client keeps one connection, so long as requests come one after the other.
    let server = Server::start(switched(&[Switch::ConnectionRemembersCapabilities])).await;
    let needs = json!({ "name": "test_missing_capability" });
    let none = json!({ "clientCapabilities": {} });
    let asked = reply(server.stateless_with(1, "tools/call", needs.clone(), none.clone())).await;
    assert_eq!(asked["error"]["code"], -32021);
    server.ask("tools/list", json!({})).await;
    assert!(reply(server.stateless_with(2, "tools/call", needs, none)).await["result"].is_object());

    let server = Server::start(switched(&[Switch::ConnectionRemembersLevel])).await;
    let meta = json!({ "clientCapabilities": {}, "logLevel": "debug" });
    reply(server.stateless_with(1, "tools/list", json!({}), meta)).await;
    let logs = json!({ "name": "test_logging_tool" });
    let logged = Events::open(server.stateless(2, "tools/call", logs)).await.rest().await;
    assert_eq!(logged.len(), 9);

    let server = Server::start(switched(&[Switch::StateBoundToConnection])).await;
    let call = json!({ "name": "test_input_required_result_request_state" });
    let mut again = call.clone();
    again["requestState"] = server.ask("tools/call", call).await["requestState"].clone();
    again["inputResponses"] = json!({ "confirm": { "action": "accept", "content": { "ok": true } } });
    assert!(server.ask("tools/call", again.clone()).await["content"].is_array());
    let elsewhere = server.stateless(3, "tools/call", again).build().unwrap();
    let response = reqwest::Client::new().execute(elsewhere).await.unwrap();
    let refused: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(refused["error"]["code"], -32602);
}

#[tokio::test]
async fn an_end_can_drop_answers() {
    let options = switched(&[Switch::DrainDropsAnswers]);
    let shutdown = options.shutdown.clone();
    let server = Server::start(options).await;
    let session = server.session().await;
    let mut work = Events::open(session.call(2, "tools/call", slow(2))).await;
    work.event().await.unwrap();
    shutdown.cancel();
    assert!(tokio::spawn(work.rest()).await.is_err());
}

#[tokio::test]
async fn clients_of_the_old_transport_send_anywhere() {
    for pair in pairs(&[]).await {
        let address = |server: &Server, path: &str| server.url.replace("/mcp", path);
        let open = pair.one.http.get(address(&pair.one, "/sse")).header("accept", "text/event-stream");
        let mut events = Events::open(open).await;
        let place = events.event().await.unwrap().data;
        let send = async |body: &str| {
            let request = pair.two.http.post(address(&pair.two, &place)).body(body.to_owned());
            request.header("content-type", "application/json").send().await.unwrap().status()
        };
        assert_eq!(send(r#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#).await, 202);
        assert_eq!(events.message().await.unwrap()["id"], 5);
        assert_eq!(send("no JSON").await, 400);
        drop(events);
        while send(r#"{"jsonrpc":"2.0","id":6,"method":"ping"}"#).await != 404 {}
    }
}
