//! A server that speaks one revision alone.

use std::collections::BTreeSet;

use mcp_assay::reference::Options;
use mcp_assay::revision::Revision;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{NEW, OLD, Server, status_and_reply};

async fn start(revision: Revision) -> Server {
    Server::start(Options { revisions: BTreeSet::from([revision]), ..Options::default() }).await
}

fn initialize(version: &str) -> Value {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })
}

#[tokio::test]
async fn the_handshake_settles_on_the_revision_that_is_spoken() {
    let server = start(Revision::V2025_06_18).await;
    for offered in ["2024-11-05", "2025-06-18", OLD, NEW, "2099-01-01"] {
        let (status, reply) = status_and_reply(server.post(&initialize(offered))).await;
        assert_eq!((status, &reply["result"]["protocolVersion"]), (200, &json!("2025-06-18")), "{offered}");
    }
}

#[tokio::test]
async fn without_the_stateless_era_its_requests_are_refused_as_an_older_server_does() {
    let server = start(Revision::V2025_11_25).await;
    for method in ["server/discover", "tools/list"] {
        let (status, reply) = status_and_reply(server.stateless(1, method, json!({}))).await;
        // No error by which a client could take it for a server of that era.
        assert_eq!((status, &reply["error"]["code"]), (400, &json!(-32600)), "{method}: {reply}");
    }
}

#[tokio::test]
async fn without_the_handshake_its_requests_are_told_which_version_there_is() {
    let server = start(Revision::V2026_07_28).await;
    let (status, reply) = status_and_reply(server.post(&initialize(OLD))).await;
    assert_eq!((status, &reply["error"]["code"]), (400, &json!(-32022)));
    assert_eq!(reply["error"]["data"], json!({ "supported": [NEW], "requested": OLD }));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(status_and_reply(server.post(&ping).header("mcp-session-id", "old")).await.0, 400);
    for verb in [Method::GET, Method::DELETE] {
        assert_eq!(server.request(verb).header("accept", "text/event-stream").send().await.unwrap().status(), 405);
    }
    assert_eq!(server.ask("server/discover", json!({})).await["supportedVersions"], json!([NEW]));
}
