//! Where requests go.

use std::net::SocketAddr;
use std::sync::Arc;

use super::stage::{Line, Server, Stage, read_until};
use crate::action::Passage;
use crate::router::{Observer, Policy, Routed, Router};

async fn instances(stage: &Stage, name: &str, headers: &[&str]) -> String {
    let line = stage.line(name).await;
    let mut all = String::new();
    for headers in headers {
        all += &line.instance(headers).await;
    }
    all
}

#[tokio::test]
async fn requests_go_where_the_policy_says() {
    let plain = [""; 6];
    let stage = Stage::new(3, Policy::Direct).await;
    assert_eq!(instances(&stage, "main", &plain).await, "111111");
    let stage = Stage::new(3, Policy::RoundRobin).await;
    assert_eq!(instances(&stage, "main", &plain).await, "123123");
    assert_eq!(instances(&stage, "two", &plain).await, "231231");
    let told: Vec<_> = stage.told().iter().map(|routed| (routed.line.to_string(), routed.number)).collect();
    assert_eq!(told[5..7], [("main".to_owned(), 6), ("two".to_owned(), 1)]);
    let (one, other) = (Stage::new(3, Policy::Random).await, Stage::new(3, Policy::Random).await);
    assert_eq!(instances(&one, "main", &plain).await, instances(&other, "main", &plain).await);
    let stage = Stage::new(3, "header:mcp-NAME".parse().unwrap()).await;
    let headers = ["Mcp-Name: a\r\n", "Mcp-Name: b\r\n", "Mcp-Name: c\r\n", "Mcp-Name: d\r\n", "mcp-name:a\r\n"];
    let first = instances(&stage, "main", &headers).await;
    assert_eq!(first, instances(&stage, "two", &headers).await);
    assert_eq!(first.chars().next(), first.chars().last());
    assert!(first.chars().any(|instance| !first.starts_with(instance)), "{first}");
}

/// One whose every request is the second that was sent.
struct Second;

impl Observer for Second {
    fn tell(&self, routed: Routed) {
        assert_eq!(routed.number, 2);
    }

    fn number(&self, _: SocketAddr) -> Option<u64> {
        Some(2)
    }
}

#[tokio::test]
async fn the_senders_order_counts_where_it_is_known() {
    let stage = Stage::new(3, Policy::Direct).await;
    let targets = stage.servers.iter().map(|server| server.target.clone()).collect();
    let router = Router::new(targets, Policy::RoundRobin, 0, Arc::new(Second));
    let line = Line(router.line("main", None).await.unwrap());
    assert_eq!(line.instance("").await + &line.instance("").await, "22");
}

#[tokio::test]
async fn sessions_stick() {
    let stage = Stage::new(3, Policy::Sticky).await;
    let line = stage.line("main").await;
    line.get("/mcp", "").await;
    assert!(line.get("/session", "").await.contains("Mcp-Session-Id: of-2"));
    let session = "mcp-session-id: of-2\r\n";
    assert_eq!(instances(&stage, "two", &[session, session, "Mcp-Session-Id: other\r\n", session]).await, "2212");
}

#[tokio::test]
async fn a_line_may_lead_to_one_instance_alone() {
    let mut stage = Stage::new(2, Policy::RoundRobin).await;
    let line = Line(stage.router.line("two", Some(2)).await.unwrap());
    assert!(stage.servers.iter().all(|server| line.0.is_at(&server.target.url)), "they are its own");
    assert!(!line.0.is_at(&"http://127.0.0.1:1/mcp".parse().unwrap()));
    stage.router.drain(2);
    assert_eq!(line.instance("").await + &line.instance("").await, "22");
    stage.servers[1].kill().await;
    let answer = line.get("/mcp", "").await;
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("\r\nAssay-Router: "), "{answer}");
    let passages = stage.passages();
    let told = format!("{passages:?}");
    assert!(matches!(passages[2], (Some(2), Passage::Unreachable(_))) && told.contains("refused"), "{told}");
    assert_eq!(passages[3], (None, Passage::Refused));
    assert!(stage.router.line("none", Some(3)).await.is_err());
    assert!(stage.router.line("none", Some(0)).await.is_err());
}

#[tokio::test]
async fn the_next_instance_is_asked_where_one_is_gone() {
    let mut stage = Stage::new(3, Policy::RoundRobin).await;
    stage.servers[1].kill().await;
    assert_eq!(instances(&stage, "main", &[""; 4]).await, "1331");
    assert!(matches!(stage.passages()[1], (Some(2), Passage::Unreachable(_))));
    stage.servers[0].kill().await;
    stage.servers[2].kill().await;
    let answer = stage.line("main").await.get("/mcp", "").await;
    assert!(answer.contains("Assay-Router: "), "{answer}");
    assert_eq!(stage.passages().iter().filter(|(instance, _)| instance.is_none()).count(), 1);
}

#[tokio::test]
async fn instances_are_drained_and_admitted() {
    let stage = Stage::new(2, Policy::RoundRobin).await;
    let line = stage.line("main").await;
    let request = format!("GET /open HTTP/1.1\r\nHost: {}\r\n\r\n", line.authority());
    let mut open = line.send(&request).await;
    read_until(&mut open, "data: a\n\n\r\n").await;
    let mut kept = line.send("GET /mcp HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_until(&mut kept, "\r\n\r\n2").await;
    stage.router.drain(1);
    assert_eq!(instances(&stage, "two", &[""; 3]).await, "222");
    let mut quiet = std::pin::pin!(stage.router.quiet(1));
    assert!(futures_util::FutureExt::now_or_never(quiet.as_mut()).is_none(), "what is open goes on");
    drop(open);
    quiet.await;
    stage.router.drain(2);
    assert!(line.get("/mcp", "").await.contains("Assay-Router"));
    stage.router.admit(1);
    stage.router.admit(2);
    assert_eq!(instances(&stage, "main", &[""; 2]).await.len(), 2);
}

#[tokio::test]
async fn each_instance_is_asked_on_its_own_path() {
    let mut servers = vec![Server::start(1).await, Server::start(2).await];
    servers[1].target.url.set_path("/other/mcp");
    servers[1].target.url.set_query(Some("a=b"));
    let stage = Stage::before(servers, Policy::RoundRobin, &[]);
    let line = stage.line("main").await;
    for (path, seen) in [("/mcp", "GET /mcp "), ("/mcp", "GET /other/mcp?a=b "), ("/x", "GET /x "), ("/x", "GET /x ")] {
        line.get(path, "").await;
        let asked: Vec<_> = stage.servers.iter().map(|server| server.last()).collect();
        assert!(asked.iter().any(|last| last.starts_with(seen)), "{path}: {asked:?}");
    }
}
