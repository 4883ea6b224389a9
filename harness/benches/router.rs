//! What the router costs: the latency of a call straight to the reference server and through the router, in turn, in one
//! run. The server is a process of its own. Exit code 1 when the median through the router is more than a fifth higher the way
//! that a run under load goes, the only one that reports latencies: our own client makes a connection for each request,
//! which the router passes on over connections that it keeps. The other ways, of a bare client on a thread of its own
//! that does nothing but read and write, are shown for comparison.
//!
//! ```text
//! cargo bench --bench router
//! ```
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mcp_assay::action::Chunks;
use mcp_assay::router::{Policy, Router};
use mcp_assay::transcript::{Recorder, SentKind};
use mcp_assay::transport::{Exchange, HttpRequest, HttpTarget, TlsRoots};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Calls each way that count, and those before that do not.
const CALLS: usize = 4_000;
const WARM_UP: usize = 500;
/// What the router may add to the median.
const MOST: f64 = 0.20;

/// Ended with us.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The reference server, and its URL.
fn start() -> (Server, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-assay"));
    let child = command.args(["reference", "server"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut server = Server(child);
    let mut url = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
    (server, url.trim().to_owned())
}

/// A request that any instance answers.
fn message() -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } })
}

/// It over HTTP, on a connection that ends with it or that stays open.
fn request(authority: &str, ends: bool) -> Vec<u8> {
    let body = message().to_string();
    let connection = if ends { "Connection: close\r\n" } else { "" };
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\n\
         {connection}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn connect(authority: &str) -> TcpStream {
    let stream = TcpStream::connect(authority).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Send a request and read its answer, which says how long it is.
fn call(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) {
    stream.write_all(request).unwrap();
    let (mut count, mut whole) = (0, usize::MAX);
    while count < whole {
        let read = stream.read(&mut buffer[count..]).unwrap();
        assert!(read > 0, "the answer broke off: {:?}", String::from_utf8_lossy(&buffer[..count]));
        count += read;
        if whole == usize::MAX {
            let text = String::from_utf8_lossy(&buffer[..count]).to_ascii_lowercase();
            if let Some(head) = text.find("\r\n\r\n") {
                assert!(text.starts_with("http/1.1 200"), "{text}");
                let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
                whole = head + 4 + length.expect("a length").parse::<usize>().unwrap();
            }
        }
    }
}

/// How long calls take, each on a connection of its own or all on one.
struct Way {
    authority: String,
    kept: Option<TcpStream>,
    request: Vec<u8>,
    times: Vec<Duration>,
}

impl Way {
    fn new(authority: &str, keeps: bool) -> Self {
        let kept = keeps.then(|| connect(authority));
        let request = request(authority, !keeps);
        Self { authority: authority.to_owned(), kept, request, times: Vec::new() }
    }

    fn call(&mut self, buffer: &mut [u8]) {
        let start = Instant::now();
        match &mut self.kept {
            Some(stream) => call(stream, &self.request, buffer),
            None => call(&mut connect(&self.authority), &self.request, buffer),
        }
        self.times.push(start.elapsed());
    }
}

/// How long the same call takes our own client, as a run makes it.
struct Run {
    target: HttpTarget,
    recorder: Arc<Recorder>,
    times: Vec<Duration>,
}

impl Run {
    fn new(target: &HttpTarget) -> Self {
        Self { target: target.clone(), recorder: Arc::new(Recorder::unkept()), times: Vec::new() }
    }

    async fn call(&mut self) {
        let start = Instant::now();
        // A case has few calls: a transcript of thousands would be slow for another reason.
        self.recorder = Arc::new(Recorder::unkept());
        let body = message().to_string();
        let headers = [
            ("Host", self.target.authority()),
            ("Content-Type", "application/json".to_owned()),
            ("Accept", "application/json, text/event-stream".to_owned()),
            ("MCP-Protocol-Version", "2026-07-28".to_owned()),
            ("Mcp-Method", "tools/list".to_owned()),
            ("Connection", "close".to_owned()),
            ("Content-Length", body.len().to_string()),
        ];
        let request = HttpRequest {
            verb: "POST".to_owned(),
            target: self.target.request_target(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            token: None,
            party: None,
            private: Vec::new(),
            body: body.into(),
            chunks: Chunks::default(),
            parts: Vec::new(),
            kind: SentKind::Request,
            wrong: false,
            cut: None,
            onward: None,
        };
        let exchange = Exchange {
            recorder: Arc::clone(&self.recorder),
            actor: "client".to_owned(),
            stream: None,
            number: 1,
            sockets: None,
        };
        exchange.record_request(&request);
        exchange.run(self.target.clone(), request, CancellationToken::new()).await;
        self.times.push(start.elapsed());
        let events = self.recorder.events();
        assert!(events.iter().any(|event| format!("{:?}", event.what).contains("Complete")), "{events:?}");
    }
}

fn median(times: &mut [Duration]) -> Duration {
    let counted = &mut times[WARM_UP..];
    counted.sort_unstable();
    counted[counted.len() / 2]
}

fn main() -> ExitCode {
    let runtime = mcp_assay::transport::runtime(mcp_assay::transport::Sides::One).unwrap();
    let (_server, url) = start();
    let target = HttpTarget::new(&url, &[], TlsRoots::new(None).unwrap()).unwrap();
    let direct = target.authority();
    let line = |shares: bool| {
        let router = Router::new(vec![target.clone()], Policy::RoundRobin, 0, Arc::new(|_| {}));
        if shares {
            router.share_connections();
        }
        let line = runtime.block_on(router.line("main", None)).unwrap();
        (router, line)
    };
    let ((_own, own), (_shared, shared)) = (line(false), line(true));
    println!("{:48} {:>10} {:>10} {:>8}", "", "direct", "router", "added");
    let told = |name: &str, straight: &mut [Duration], routed: &mut [Duration]| {
        let (straight, routed) = (median(straight), median(routed));
        let added = routed.as_secs_f64() / straight.as_secs_f64() - 1.0;
        println!("{name:48} {straight:>10.1?} {routed:>10.1?} {:>7.1}%", added * 100.0);
        added
    };
    let mut buffer = vec![0; 1 << 20];
    for (name, keeps, through) in [
        ("bare: one connection", true, &own),
        ("bare: one connection, shared onward", true, &shared),
        ("bare: a connection each", false, &own),
        ("bare: a connection each, shared onward", false, &shared),
    ] {
        let (mut straight, mut routed) = (Way::new(&direct, keeps), Way::new(&through.authority(), keeps));
        for _ in 0..WARM_UP + CALLS {
            straight.call(&mut buffer);
            routed.call(&mut buffer);
        }
        told(name, &mut straight.times, &mut routed.times);
    }
    let (mut straight, mut routed) = (Run::new(&target), Run::new(&shared));
    let calls = runtime.spawn(async move {
        for _ in 0..WARM_UP + CALLS {
            straight.call().await;
            routed.call().await;
        }
        (straight.times, routed.times)
    });
    let (mut straight, mut routed) = runtime.block_on(calls).unwrap();
    let added = told("a run under load", &mut straight, &mut routed);
    if added <= MOST { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
