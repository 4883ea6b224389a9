//! What the router costs: the latency of a call straight to the reference server and through the router, in turn, in one
//! run. The server is a process of its own. Exit code 1 when the median through the router is more than a fifth higher the way
//! that a run under load goes, the only one that reports latencies: a connection for each request, which the router passes on
//! over connections that it keeps. The other ways are shown for comparison.
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

use mcp_assay::router::{Policy, Router};
use mcp_assay::transport::{HttpTarget, TlsRoots};
use serde_json::json;

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

/// A request that any instance answers, on a connection that ends with it or that stays open.
fn request(authority: &str, ends: bool) -> Vec<u8> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } }).to_string();
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

    fn median(&mut self) -> Duration {
        let counted = &mut self.times[WARM_UP..];
        counted.sort_unstable();
        counted[counted.len() / 2]
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (_server, url) = start();
    let target = HttpTarget::new(&url, &[], TlsRoots::new(None).unwrap()).unwrap();
    let direct = target.authority();
    let line = |shares: bool| {
        let router = Router::new(vec![target.clone()], Policy::RoundRobin, 0, Arc::new(|_| {}));
        if shares {
            router.share_connections();
        }
        let line = runtime.block_on(router.line("main", None)).unwrap();
        (router, line.authority())
    };
    let ((_own, through_own), (_shared, through_shared)) = (line(false), line(true));
    let mut buffer = vec![0; 1 << 20];
    let mut is_good = true;
    println!("{:32} {:>10} {:>10} {:>8}", "", "direct", "router", "added");
    for (name, keeps, through, counts) in [
        ("one connection", true, &through_own, false),
        ("one connection, shared onward", true, &through_shared, false),
        ("a connection each", false, &through_own, false),
        ("a connection each, shared onward", false, &through_shared, true),
    ] {
        let (mut straight, mut routed) = (Way::new(&direct, keeps), Way::new(through, keeps));
        for _ in 0..WARM_UP + CALLS {
            straight.call(&mut buffer);
            routed.call(&mut buffer);
        }
        let (straight, routed) = (straight.median(), routed.median());
        let added = routed.as_secs_f64() / straight.as_secs_f64() - 1.0;
        println!("{name:32} {straight:>10.1?} {routed:>10.1?} {:>7.1}%", added * 100.0);
        is_good = is_good && (added <= MOST || !counts);
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
