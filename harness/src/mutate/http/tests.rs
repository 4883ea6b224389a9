#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
//! Round trips: a client on a plain socket, the proxy, and a small server that tells what it got.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::body::Body;
use super::serve;
use crate::mutate::Mutator;

/// A stream as the server sends it, with what a mutator must leave alone.
const STREAM: &str = ": hello\n\nid: 0\ndata:\n\nevent: message\r\nid: 1\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}\r\n\r\nid: 2\ndata: {\"jsonrpc\":\"2.0\",\r\ndata: \"id\":1,\"result\":{\"n\":1}}\n\n";

struct Bench {
    authority: String,
    mutator: Arc<Mutator>,
    server: String,
    /// Says when the server holds a request, and when it is rid of it.
    held: mpsc::UnboundedReceiver<&'static str>,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

impl Bench {
    async fn new(rules: Value) -> Self {
        let mutator = Arc::new(Mutator::new(serde_json::from_value(rules).unwrap()).unwrap());
        let (upstream, proxy) = (listen().await, listen().await);
        let server = upstream.local_addr().unwrap().to_string();
        let authority = proxy.local_addr().unwrap().to_string();
        let (tell, held) = mpsc::unbounded_channel();
        let url = format!("http://{server}/unused").parse().unwrap();
        let rules = Arc::clone(&mutator);
        let serving = tokio::spawn(async move { serve(proxy, url, rules).await.unwrap() });
        let tasks = vec![tokio::spawn(serve_upstream(upstream, tell)), serving];
        let tasks = tasks.into_iter().map(AbortOnDropHandle::new).collect();
        Self { authority, mutator, server, held, _tasks: tasks }
    }

    async fn send(&self, verb: &str, path: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.authority).await.unwrap();
        let host = if headers.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.authority) };
        let head = format!("{verb} {path} HTTP/1.1\r\n{host}{headers}Content-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + body).as_bytes()).await.unwrap();
        stream
    }

    /// The whole response: head, and body without chunk framing.
    async fn ask(&self, verb: &str, path: &str, headers: &str, body: &str) -> (String, String) {
        let mut stream = self.send(verb, path, &format!("{headers}Connection: close\r\n"), body).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let body = if head.contains("chunked") { unchunked(body) } else { body.to_owned() };
        (head.to_owned(), body)
    }

    async fn ping(&self, path: &str) -> (String, String) {
        self.ask("POST", path, "", &request("ping").to_string()).await
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn request(method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": { "name": "tool" } })
}

fn unchunked(mut body: &str) -> String {
    let mut all = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return all + "[end]";
        }
        all += &rest[..length];
        body = &rest[length + 2..];
    }
    all
}

async fn serve_upstream(listener: TcpListener, tell: Tell) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let tell = tell.clone();
        let service = service_fn(move |request| respond(request, tell.clone()));
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.preserve_header_case(true);
        tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
    }
}

type Tell = mpsc::UnboundedSender<&'static str>;

/// Tells when made and when dropped.
struct Guard(Tell);

impl Guard {
    fn new(tell: Tell) -> Self {
        let _ = tell.send("held");
        Self(tell)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send("rid");
    }
}

async fn respond(request: Request<Incoming>, tell: Tell) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let whole = |bytes: Vec<u8>| Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync();
    let response = match parts.uri.path() {
        "/accepted" => Response::builder().status(202).body(whole(Vec::new())),
        "/stream" => {
            let bytes =
                futures_util::stream::iter(STREAM.as_bytes().chunks(7).map(|part| Ok(Frame::data(part.into()))));
            Response::builder()
                .header("Content-Type", "text/event-stream; charset=utf-8")
                .body(StreamBody::new(bytes).boxed_unsync())
        }
        "/open" => {
            let frames = futures_util::stream::unfold((0, Guard::new(tell)), |(sent, guard)| async move {
                if sent > 0 {
                    std::future::pending::<()>().await;
                }
                Some((Ok(Frame::data(Bytes::from_static(b": open\n\n"))), (sent + 1, guard)))
            });
            Response::builder().header("Content-Type", "text/event-stream").body(StreamBody::new(frames).boxed_unsync())
        }
        "/slow" => {
            let _guard = Guard::new(tell);
            std::future::pending().await
        }
        _ => {
            let headers: Vec<_> =
                parts.headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
            let message: Option<Value> = serde_json::from_slice(&body).ok();
            let id = message.as_ref().and_then(|message| message.get("id")).cloned();
            let sent = String::from_utf8(body.to_vec()).unwrap();
            let result = json!({ "verb": parts.method.as_str(), "path": parts.uri.to_string(), "headers": headers, "sent": sent });
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string();
            Response::builder()
                .header("Content-Type", "application/json")
                .header("X-Odd-Case", "kept")
                .body(whole(answer.into()))
        }
    };
    Ok(response.unwrap())
}

fn result(body: &str) -> Value {
    serde_json::from_str::<Value>(body).unwrap().get("result").unwrap().clone()
}

#[tokio::test]
async fn without_rules_everything_passes_as_it_is() {
    let bench = Bench::new(json!([])).await;
    let sent = "{ \"id\" : 1.0 ,\"x\":\"\\u00e9\" }";
    let headers = format!("X-One: 1\r\nOrigin: http://{}\r\nX-Two: 2\r\nTE: trailers\r\n", bench.authority);
    let (head, body) = bench.ask("POST", "/echo?a=b%20c", &headers, sent).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-odd-case: kept\r\n"), "{head}");
    let told = result(&body);
    assert_eq!(told["sent"], json!(sent));
    assert_eq!(told["path"], json!("/echo?a=b%20c"));
    let host = format!("host={}", bench.server);
    let origin = format!("origin=http://{}", bench.server);
    assert_eq!(told["headers"], json!([host, "x-one=1", origin, "x-two=2", format!("content-length={}", sent.len())]));

    let wrong = "Host: evil.example\r\nOrigin: http://evil.example\r\n";
    let told = result(&bench.ask("POST", "/", wrong, "{}").await.1);
    assert_eq!(told["headers"], json!(["host=evil.example", "origin=http://evil.example", "content-length=2"]));

    assert_eq!(bench.ask("POST", "/stream", "", "{}").await.1, format!("{STREAM}[end]"));
    let (head, body) = bench.ask("DELETE", "/accepted", "", "").await;
    assert!(head.starts_with("HTTP/1.1 202 Accepted\r\n") && body.is_empty(), "{head}");
}

#[tokio::test]
async fn heads_keep_spelling_and_order() {
    let mutator =
        Mutator::new(serde_json::from_value(json!([{ "to": "any", "headers": { "X-gone": null } }])).unwrap()).unwrap();
    let (upstream, proxy) = (listen().await, listen().await);
    let (authority, server) = (proxy.local_addr().unwrap(), upstream.local_addr().unwrap());
    let url = format!("http://{server}/").parse().unwrap();
    let _serving = AbortOnDropHandle::new(tokio::spawn(serve(proxy, url, Arc::new(mutator))));
    let exchange = async |stream: &mut TcpStream, out: &str| {
        stream.write_all(out.as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            seen.push(stream.read_u8().await.unwrap());
        }
        String::from_utf8(seen).unwrap()
    };
    let client = async {
        let mut stream = TcpStream::connect(authority).await.unwrap();
        exchange(&mut stream, &format!("GET /a HTTP/1.1\r\nX-oNE: 1\r\nHOST: {authority}\r\nx-two: 2\r\n\r\n")).await
    };
    let server_side = async {
        let (mut stream, _) = upstream.accept().await.unwrap();
        let seen = exchange(&mut stream, "").await;
        let out = "HTTP/1.1 204 No Content\r\nX-GONE: 1\r\nX-oNE: 1\r\nx-Two: 2\r\nKeep-Alive: 9\r\nX-oNE: 3\r\n\r\n";
        stream.write_all(out.as_bytes()).await.unwrap();
        seen
    };
    let (response, request) = tokio::join!(client, server_side);
    assert_eq!(request, format!("GET /a HTTP/1.1\r\nX-oNE: 1\r\nHOST: {server}\r\nx-two: 2\r\n\r\n"));
    assert_eq!(response, "HTTP/1.1 204 No Content\r\nX-oNE: 1\r\nX-oNE: 3\r\nx-Two: 2\r\n\r\n");
}

#[tokio::test]
async fn json_answers_are_changed() {
    let rules = json!([{ "to": "ping", "set": { "id": "2" }, "remove": ["result"], "status": 418, "headers": { "X-Odd-Case": null, "X-New": "n" } }]);
    let bench = Bench::new(rules).await;
    let (head, body) = bench.ping("/").await;
    assert_eq!(body, r#"{"jsonrpc":"2.0","id":"2"}"#);
    assert!(head.starts_with("HTTP/1.1 418 "), "{head}");
    assert!(
        head.contains("x-new: n")
            && !head.contains("odd-case")
            && head.contains(&format!("content-length: {}", body.len())),
        "{head}"
    );
    assert_eq!(bench.mutator.unused(), [0; 0]);
    let (_, other) = bench.ask("POST", "/", "", &request("other").to_string()).await;
    assert_eq!(result(&other)["verb"], json!("POST"));
}

#[tokio::test]
async fn an_answer_of_several_messages_becomes_a_stream() {
    let note = json!({ "method": "n", "params": { "of": { "from": "params.name" }, "got": { "from": "message.id" } } });
    let bench = Bench::new(
        json!([{ "to": "ping", "result": {}, "before": [note], "answering": "twice", "event": { "id": "e" } }]),
    )
    .await;
    let (head, body) = bench.ping("/").await;
    assert!(head.contains("text/event-stream"), "{head}");
    let answer = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\nid: e\n\n";
    assert_eq!(
        body,
        format!("data: {{\"method\":\"n\",\"params\":{{\"of\":\"tool\",\"got\":1}}}}\n\n{answer}{answer}")
    );
}

#[tokio::test]
async fn messages_of_a_stream_are_changed_one_by_one() {
    let bench = Bench::new(json!([
        { "to": "ping", "set": { "result.n": 2 }, "event": { "id": null, "retry": "soon" } },
        { "to": "ping", "message": "notifications/progress", "remove": ["params.progress"], "answering": "twice" },
        { "message": "priming", "answering": "never" },
        { "to": "other", "message": "any", "answering": "never" },
    ]))
    .await;
    let progress =
        "event: message\nid: 1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}\n\n";
    let answer = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"n\":2}}\nretry: soon\n\n";
    assert_eq!(bench.ping("/stream").await.1, format!(": hello\n\n{progress}{progress}\n{answer}[end]"));
    assert_eq!(bench.mutator.unused(), [3]);
}

#[tokio::test]
async fn bodiless_answers_are_changed() {
    let bench = Bench::new(json!([
        { "to": "notification", "nth": 1, "error": { "code": -1 }, "status": 400 },
        { "to": "DELETE", "raw": "gone" },
    ]))
    .await;
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
    let (head, body) = bench.ask("POST", "/accepted", "", &notification).await;
    assert!(head.starts_with("HTTP/1.1 400 ") && head.contains("application/json"), "{head}");
    assert_eq!(body, r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1}}"#);
    let (head, body) = bench.ask("POST", "/accepted", "", &notification).await;
    assert!(head.starts_with("HTTP/1.1 202 ") && body.is_empty(), "{head}");
    assert_eq!(bench.ask("DELETE", "/accepted", "", "").await.1, "gone");
}

#[tokio::test]
async fn requests_are_changed_on_their_way() {
    let bench = Bench::new(json!([{ "to": "ping", "request": {
        "set": { "/params/a.b": { "from": "id" } }, "remove": ["jsonrpc"], "verb": "PUT", "headers": { "X-A": "b", "X-Gone": null },
    } }]))
    .await;
    let told = result(&bench.ask("POST", "/", "X-Gone: 1\r\n", &request("ping").to_string()).await.1);
    assert_eq!(told["verb"], json!("PUT"));
    assert_eq!(told["sent"], json!(r#"{"id":1,"method":"ping","params":{"name":"tool","a.b":1}}"#));
    let headers = told["headers"].as_array().unwrap();
    assert!(headers.contains(&json!("x-a=b")) && !headers.contains(&json!("x-gone=1")), "{headers:?}");
}

#[tokio::test]
async fn a_connection_is_closed_instead_of_an_answer() {
    let bench = Bench::new(json!([{ "to": "ping", "answering": "close" }])).await;
    assert_eq!(bench.ping("/").await, (String::new(), String::new()));
    let (head, body) = bench.ping("/stream").await;
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(body.contains("notifications/progress") && !body.contains("result") && !body.contains("[end]"), "{body}");
}

#[tokio::test]
async fn a_stream_can_break_off_after_an_event() {
    let bench = Bench::new(json!([{ "to": "ping", "event": { "id": "7" }, "answering": "close" }])).await;
    let (head, body) = bench.ping("/").await;
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("text/event-stream"), "{head}");
    assert!(body.contains("id: 7\n\n") && !body.contains("data"), "{body}");
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_the_rest() {
    let bench =
        Bench::new(json!([{ "to": "ping", "answering": "never" }, { "to": "GET", "answering": "never" }])).await;
    let (_, body) = bench.ping("/stream").await;
    assert!(body.contains("notifications/progress") && !body.contains("result") && body.contains("[end]"), "{body}");
    // A held response is over when its own connection is, and holds up no other.
    let mut held = bench.send("POST", "/", "", &request("ping").to_string()).await;
    assert_eq!(result(&bench.ask("POST", "/", "", &request("other").to_string()).await.1)["verb"], json!("POST"));
    held.shutdown().await.unwrap();
    assert_eq!(held.read(&mut [0; 16]).await.unwrap(), 0);
}

#[tokio::test]
async fn the_server_is_left_when_the_client_leaves() {
    for (rules, path, opens) in [
        (json!([]), "/open", true),
        (json!([{ "message": "any", "set": { "x": 1 } }]), "/open", true),
        (json!([{ "to": "GET", "answering": "never" }]), "/open", false),
        (json!([]), "/slow", false),
    ] {
        let mut bench = Bench::new(rules).await;
        let mut stream = bench.send("GET", path, "", "").await;
        if opens {
            let mut seen = Vec::new();
            while !seen.ends_with(b": open\n\n\r\n") {
                let mut part = [0; 256];
                match stream.read(&mut part).await.unwrap() {
                    0 => panic!("ended early"),
                    length => seen.extend_from_slice(&part[..length]),
                }
            }
        }
        assert_eq!(bench.held.recv().await, Some("held"));
        drop(stream);
        assert_eq!(bench.held.recv().await, Some("rid"));
    }
}

#[tokio::test]
async fn an_answer_is_changed_on_the_stream_that_resumes_its_own() {
    let bench = Bench::new(
        json!([{ "to": "ping", "set": { "result": "changed" } }, { "to": "GET", "before": [{ "first": 1 }] }]),
    )
    .await;
    let session = "Mcp-Session-Id: s\r\n";
    bench.ask("POST", "/accepted", session, &request("ping").to_string()).await;
    let (_, body) = bench.ask("GET", "/stream", session, "").await;
    assert!(body.starts_with("data: {\"first\":1}\n\n: hello") && body.contains("\"changed\""), "{body}");
    let (_, body) = bench.ask("GET", "/stream", "Mcp-Session-Id: other\r\n", "").await;
    assert!(!body.contains("\"changed\""), "{body}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let mutator = Arc::new(Mutator::new(Vec::new()).unwrap());
    let (gone, proxy) = (listen().await.local_addr().unwrap(), listen().await);
    let address = proxy.local_addr().unwrap();
    let _serving =
        AbortOnDropHandle::new(tokio::spawn(serve(proxy, format!("http://{gone}/").parse().unwrap(), mutator)));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    assert!(
        told.starts_with("HTTP/1.1 502 ") && told.contains("mcp-assay mutator: ") && told.contains("refused"),
        "{told}"
    );
}
