//! What passes as it is.

use std::sync::atomic::Ordering;

use tokio::io::AsyncWriteExt as _;

use super::stage::{STREAM, Stage, read_until, rest, unchunked, until};
use crate::router::{BODY_KEPT, HEAD_BYTES, Policy};

#[tokio::test]
async fn everything_passes_byte_for_byte() {
    let stage = Stage::new(1, Policy::Direct).await;
    let line = stage.line("main").await;
    let (own, server) = (line.authority(), stage.servers[0].target.authority());
    let sent = format!(
        "POST /length HTTP/1.1\r\nX-oNE:1\r\nHOST: {own}\r\nOrigin: http://{own}\r\nConnection:close\r\nContent-Length: 3\r\n\r\nabc"
    );
    let answer = line.ask(&sent).await;
    let length = STREAM.len();
    assert_eq!(answer, format!("HTTP/1.1 200 OK\r\nX-oDD:  a\r\ncontent-length: {length}\r\n\r\n{STREAM}"));
    assert_eq!(stage.servers[0].last(), sent.replace(&own, &server));

    let evil =
        "POST /length HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n";
    line.ask(evil).await;
    assert_eq!(stage.servers[0].last(), evil);

    let answer = line.get("/stream", "").await;
    assert!(answer.contains("\r\n7\r\n: hello\r\n"), "chunks stay as they are: {answer}");
    assert_eq!(unchunked(&answer), (STREAM.to_owned(), true));
    assert_eq!(line.get("/until", "").await, format!("HTTP/1.1 200 OK\r\n\r\n{STREAM}"));
    assert_eq!(line.get("/nonsense", "").await, "nonsense\r\n\r\n");
    assert_eq!(line.get("/close", "").await, "");
}

#[tokio::test]
async fn requests_follow_one_another_on_a_connection() {
    let stage = Stage::new(1, Policy::Direct).await;
    let line = stage.line("main").await;
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", line.authority());
    let mut stream = line.send(&request("/stream")).await;
    assert!(read_until(&mut stream, "\r\n0\r\n\r\n").await.contains("hello"));
    // Two at once.
    stream.write_all((request("/length") + &request("/mcp")).as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, STREAM).await.starts_with("HTTP/1.1 200 OK\r\nX-oDD"));
    assert_eq!(read_until(&mut stream, "\r\n\r\n1").await, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    assert_eq!(stage.servers[0].accepted.load(Ordering::SeqCst), 1, "as the client has one, so has the router");
    let numbers: Vec<_> = stage.told().iter().map(|routed| (routed.number, routed.target.clone())).collect();
    assert_eq!(numbers, [(1, "/stream".to_owned()), (2, "/length".to_owned()), (3, "/mcp".to_owned())]);
    line.get("/mcp", "").await;
    assert_eq!(stage.servers[0].accepted.load(Ordering::SeqCst), 2, "another client has another");
}

#[tokio::test]
async fn connections_to_instances_are_shared_where_that_is_wanted() {
    let stage = Stage::new(1, Policy::Direct).await;
    stage.router.share_connections();
    let line = stage.line("main").await;
    for _ in 0..3 {
        line.get("/mcp", "Keep-Alive: 1\r\n").await;
    }
    assert_eq!(stage.servers[0].accepted.load(Ordering::SeqCst), 1);
    assert!(!stage.servers[0].last().contains("Connection"), "what was said of another connection is left out");
    assert!(!stage.servers[0].last().contains("Keep-Alive"));
    line.get("/until", "").await;
    line.get("/mcp", "").await;
    assert_eq!(stage.servers[0].accepted.load(Ordering::SeqCst), 2, "one that has ended is not used again");
}

#[tokio::test]
async fn bodies_of_every_kind_pass() {
    let stage = Stage::new(1, Policy::Direct).await;
    let line = stage.line("main").await;
    let head = "POST /mcp HTTP/1.1\r\nHost: x\r\n";
    let request = format!("{head}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n");
    let mut stream = line.connect().await;
    for part in request.as_bytes().chunks(5) {
        stream.write_all(part).await.unwrap();
    }
    read_until(&mut stream, "\r\n\r\n1").await;
    assert_eq!(stage.servers[0].last(), request);
    let large = "x".repeat(2 * BODY_KEPT);
    let request = format!("{head}Content-Length: {}\r\n\r\n{large}", large.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    read_until(&mut stream, "\r\n\r\n1").await;
    assert!(stage.servers[0].last() == request, "a large body");
    let request = format!("{head}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_until(&mut stream, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").await.unwrap();
    read_until(&mut stream, "\r\n\r\n1").await;
    assert_eq!(stage.servers[0].last(), request + "abc");
}

#[tokio::test]
async fn what_is_no_request_passes_unread() {
    let stage = Stage::new(1, Policy::Direct).await;
    let line = stage.line("main").await;
    let (own, server) = (line.authority(), stage.servers[0].target.authority());
    let long = "x".repeat(HEAD_BYTES + 1);
    for odd in [
        format!("GET /until HTTP/1.1\r\nHost: {own}\r\nNo colon\r\n\r\n"),
        format!("GET /until HTTP/1.1\r\nHost: {own}\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n"),
        format!("GET /until HTTP/1.1\r\nHost: {own}\r\nUpgrade: x\r\n\r\n"),
        format!("GET /until HTTP/1.1\r\nHost: {own}\r\nLong: {long}\r\n\r\n"),
    ] {
        let answer = line.ask(&odd).await;
        assert_eq!(answer, format!("HTTP/1.1 200 OK\r\n\r\n{STREAM}"));
        assert_eq!(stage.servers[0].last(), odd.replace(&own, &server));
    }
    assert!(stage.told().iter().all(|routed| routed.verb.is_empty() && routed.instance == Some(1)));
    // One that breaks off is seen to break off.
    let mut stream = line.send("GET /cut HTTP/1.1\r\nHos").await;
    stream.shutdown().await.unwrap();
    assert_eq!(rest(stream).await.0, "HTTP/1.1 400 Cut\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(stage.servers[0].last(), "GET /cut HTTP/1.1\r\nHos");
}

#[tokio::test]
async fn events_pass_as_they_come_and_the_instance_learns_when_the_client_leaves() {
    let mut stage = Stage::new(1, Policy::Direct).await;
    let line = stage.line("main").await;
    let mut stream = line.send("GET /open HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_until(&mut stream, "data: a\n\n\r\n").await;
    drop(stream);
    assert_eq!(stage.servers[0].left.recv().await, Some(()));
    stage.router.quiet(1).await;
}

#[tokio::test]
async fn with_the_router_everything_ends() {
    let mut stage = Stage::new(1, Policy::Direct).await;
    let line = stage.line("main").await;
    let mut stream = line.send("GET /open HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_until(&mut stream, "data: a\n\n\r\n").await;
    let other = stage.router.clone();
    drop(std::mem::replace(&mut stage.router, other));
    assert_eq!(line.instance("").await, "1", "a clone is left");
    let Stage { router, mut servers, .. } = stage;
    drop(router);
    assert_eq!(servers[0].left.recv().await, Some(()));
    assert_eq!(rest(stream).await.0, "");
    let mut gone = false;
    until(|| std::mem::replace(&mut gone, std::net::TcpStream::connect(line.authority()).is_err())).await;
}
