//! What goes wrong, where it is armed.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stage::{Line, STREAM, Stage, read_until, rest, unchunked, until};
use crate::action::{Fault, Passage};
use crate::router::{Policy, Selector};

/// A stage on which the next request meets a fault.
async fn armed(fault: &str) -> (Stage, Line, Fault) {
    let stage = Stage::new(1, Policy::Direct).await;
    let line = stage.line("main").await;
    let fault: Fault = fault.parse().unwrap();
    stage.router.arm("main", Selector::Next, fault);
    (stage, line, fault)
}

fn before(text: &str) -> String {
    STREAM[..STREAM.find(text).unwrap()].to_owned()
}

/// What was told of the fault; and it has struck once only.
async fn struck(stage: &Stage, line: &Line, fault: Fault) {
    let told = [(Some(1), Passage::Forwarded), (Some(1), Passage::Struck(fault)), (Some(1), Passage::Forwarded)];
    assert_eq!(line.instance("").await, "1");
    assert_eq!(stage.passages(), told);
}

#[tokio::test]
async fn a_stream_is_cut_in_the_middle_of_an_event() {
    for path in ["/stream", "/length", "/until"] {
        let (stage, line, fault) = armed("cut:after_messages=1,plus_bytes=9").await;
        let answer = line.get(path, "").await;
        let (body, is_whole) = match path {
            "/stream" => unchunked(&answer),
            _ => (answer.split_once("\r\n\r\n").unwrap().1.to_owned(), false),
        };
        assert_eq!((body, is_whole), (before("a: {\"n\":2"), false), "{path}");
        struck(&stage, &line, fault).await;
    }
    let (stage, line, fault) = armed("cut").await;
    assert_eq!(line.get("/stream", "").await, "", "the whole answer is lost");
    struck(&stage, &line, fault).await;
    let (stage, line, fault) = armed("cut:after_bytes=0").await;
    assert!(line.get("/length", "").await.ends_with(&format!("{}\r\n\r\n", STREAM.len())), "but for its head");
    struck(&stage, &line, fault).await;
}

#[tokio::test]
async fn what_follows_comes_later() {
    for fault in ["delay:by=1ms", "delay:after_messages=1,by=1ms"] {
        let (stage, line, fault) = armed(fault).await;
        assert_eq!(unchunked(&line.get("/stream", "").await), (STREAM.to_owned(), true));
        struck(&stage, &line, fault).await;
    }
    // A client that leaves meanwhile has left.
    let (mut stage, line, fault) = armed("delay:after_events=1,by=60s").await;
    let mut stream = line.send("GET /open HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_until(&mut stream, "data: a\n\n\r\n").await;
    drop(stream);
    assert_eq!(stage.servers[0].left.recv().await, Some(()));
    struck(&stage, &line, fault).await;
}

#[tokio::test]
async fn events_come_twice_or_change_places() {
    let second = "id: 2\ndata: {\"n\":1}\n\n";
    let third = "id: 3\ndata: {\"n\":2}\n\n";
    let rest = "id: 4\ndata: {\"n\":3}\n\n";
    let start = before(second);
    for path in ["/stream", "/length"] {
        let (stage, line, fault) = armed("duplicate:message=1").await;
        let answer = line.get(path, "").await;
        assert_eq!(unchunked(&answer), (format!("{start}{second}{second}: ping\n\n{third}{rest}"), true));
        assert!(!answer.contains("content-length"), "{answer}");
        struck(&stage, &line, fault).await;
        let (stage, line, fault) = armed("reorder:event=2").await;
        let answer = line.get(path, "").await;
        assert_eq!(unchunked(&answer), (format!("{start}: ping\n\n{third}{second}{rest}"), true));
        struck(&stage, &line, fault).await;
    }
}

#[tokio::test]
async fn a_body_ends_early_and_properly() {
    for path in ["/stream", "/length"] {
        let (stage, line, fault) = armed("truncate:after_messages=2").await;
        assert_eq!(unchunked(&line.get(path, "").await), (before("id: 4"), true));
        struck(&stage, &line, fault).await;
    }
    let (stage, line, fault) = armed("truncate").await;
    assert_eq!(unchunked(&line.get("/stream", "").await), (String::new(), true));
    struck(&stage, &line, fault).await;
}

#[tokio::test]
async fn one_direction_is_closed() {
    let (mut stage, line, fault) = armed("half-close:after_events=1").await;
    let mut stream = line.send("GET /open HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut bytes = String::new();
    stream.read_to_string(&mut bytes).await.unwrap();
    assert!(bytes.ends_with("data: a\n\n\r\n"), "{bytes}");
    assert!(stage.servers[0].left.try_recv().is_err(), "the instance notices nothing");
    stream.write_all(b"still taken").await.unwrap();
    drop(stream);
    assert_eq!(stage.servers[0].left.recv().await, Some(()));
    struck(&stage, &line, fault).await;
}

#[tokio::test]
async fn a_connection_is_reset() {
    let (stage, line, fault) = armed("reset:after_events=1").await;
    let mut stream = line.send("GET /open HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_until(&mut stream, "data: a\n\n\r\n").await;
    assert_eq!(rest(stream).await, (String::new(), true));
    struck(&stage, &line, fault).await;
    let (_stage, line, _) = armed("cut:after_events=1").await;
    let stream = line.send("GET /open HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(!rest(stream).await.1, "a cut is none");
}

#[tokio::test]
async fn nothing_comes_any_more() {
    let (mut stage, line, fault) = armed("black_hole:after_events=1").await;
    let mut stream = line.send("GET /open HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_until(&mut stream, "data: a\n\n\r\n").await;
    until(|| stage.passages().len() == 2).await;
    struck(&stage, &line, fault).await;
    drop(stream);
    assert_eq!(line.instance("").await, "1");
    assert!(stage.servers[0].left.try_recv().is_err(), "the instance does not notice that the client left");
    let (silent, line, _) = armed("black_hole").await;
    let stream = line.send("GET /mcp HTTP/1.1\r\nHost: x\r\n\r\n").await;
    until(|| silent.passages().len() == 2).await;
    drop(silent);
    assert_eq!(rest(stream).await.0, "");
    let Stage { router, servers, .. } = &mut stage;
    router.drain(1);
    drop(std::mem::replace(router, Stage::new(1, Policy::Direct).await.router));
    assert_eq!(servers[0].left.recv().await, Some(()), "with the router it ends");
}

#[tokio::test]
async fn a_fault_without_its_place_is_told_of() {
    for fault in ["cut:after_events=9", "reorder:event=4", "duplicate:event=9", "reset:after_bytes=9999"] {
        let (stage, line, fault) = armed(fault).await;
        let (body, is_whole) = unchunked(&line.get("/stream", "").await);
        assert!(is_whole && body == STREAM, "{fault}: {body}");
        assert_eq!(stage.passages()[1], (Some(1), Passage::Missed(fault)));
    }
    // Held back to the end of a stream that never ends as it should.
    let (stage, line, fault) = armed("reorder:event=4").await;
    assert!(line.get("/until", "").await.ends_with(STREAM));
    assert_eq!(stage.passages()[1], (Some(1), Passage::Missed(fault)));
}

#[tokio::test]
async fn faults_recur() {
    let stage = Stage::with_faults(1, Policy::Direct, &["cut:every=3", "truncate:after_events=1,every=2"]).await;
    let line = stage.line("main").await;
    let mut lengths = Vec::new();
    for _ in 0..6 {
        lengths.push(line.get("/length", "").await.len());
    }
    let whole = lengths[0];
    assert_eq!(lengths[2], 0);
    assert_eq!(lengths[4], whole);
    assert_eq!(lengths[5], 0, "the first of two that are due");
    assert!(lengths[1] == lengths[3] && lengths[1] < whole && lengths[1] > 0, "{lengths:?}");
}
