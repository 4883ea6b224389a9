//! Instances, a router before them, and a client on a plain socket.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::action::{Passage, Recurring};
use crate::router::{Faults, Policy, Routed, Router};
use crate::transport::{HttpTarget, TlsRoots};

/// What `/stream` answers, in chunks of seven bytes, and `/length` with its length.
pub const STREAM: &str = ": hello\n\nid: 1\ndata:\n\nid: 2\ndata: {\"n\":1}\n\n: ping\n\nid: 3\ndata: {\"n\":2}\n\nid: 4\ndata: {\"n\":3}\n\n";

/// Wait for a condition that another task brings about.
pub async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

pub fn target(address: std::net::SocketAddr) -> HttpTarget {
    HttpTarget::new(&format!("http://{address}/mcp"), &[], TlsRoots::new(None).unwrap()).unwrap()
}

/// An instance: it answers by the path that is asked for.
pub struct Server {
    pub target: HttpTarget,
    pub accepted: Arc<AtomicUsize>,
    /// Every request as it came, of those that could be read.
    pub requests: Arc<Mutex<Vec<String>>>,
    /// Told when a client of `/open` has gone.
    pub left: mpsc::UnboundedReceiver<()>,
    running: AbortOnDropHandle<()>,
}

impl Server {
    pub async fn start(name: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = target(listener.local_addr().unwrap());
        let (accepted, requests) = (Arc::<AtomicUsize>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (tell, left) = mpsc::unbounded_channel();
        let (count, seen) = (Arc::clone(&accepted), Arc::clone(&requests));
        let running = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                connections.spawn(serve(stream, name, Arc::clone(&seen), tell.clone()));
            }
        });
        Self { target, accepted, requests, left, running: AbortOnDropHandle::new(running) }
    }

    /// End it as a signal would: nobody listens any more.
    pub async fn kill(&mut self) {
        self.running.abort();
        until(|| self.running.is_finished()).await;
    }

    pub fn last(&self) -> String {
        self.requests.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

async fn serve(mut stream: TcpStream, name: usize, seen: Arc<Mutex<Vec<String>>>, left: mpsc::UnboundedSender<()>) {
    let mut buffer = Vec::new();
    loop {
        let head = loop {
            let text = String::from_utf8_lossy(&buffer).into_owned();
            if let Some(end) = text.find("\r\n\r\n") {
                break text[..end + 4].to_owned();
            }
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                if !buffer.is_empty() {
                    seen.lock().unwrap().push(text);
                    let _ = stream.write_all(b"HTTP/1.1 400 Cut\r\nContent-Length: 0\r\n\r\n").await;
                }
                return;
            }
        };
        let lower = head.to_ascii_lowercase();
        let length: Option<usize> =
            lower.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        if lower.contains("expect:") {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.unwrap();
        }
        let is_whole = |buffer: &[u8]| match length {
            Some(length) => buffer.len() >= head.len() + length,
            None => !lower.contains("chunked") || buffer.ends_with(b"0\r\n\r\n"),
        };
        while !is_whole(&buffer) {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let end = length.map_or(buffer.len(), |length| head.len() + length);
        seen.lock().unwrap().push(String::from_utf8_lossy(&buffer[..end]).into_owned());
        buffer.drain(..end);
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        if !answer(&mut stream, &path, name).await {
            if path == "/open" {
                while stream.read(&mut [0; 64]).await.is_ok_and(|count| count > 0) {}
                let _ = left.send(());
            }
            return;
        }
    }
}

/// Whether the connection goes on.
async fn answer(stream: &mut TcpStream, path: &str, name: usize) -> bool {
    let chunked = "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let text = match path {
        "/stream" => {
            let parts = STREAM
                .as_bytes()
                .chunks(7)
                .map(|part| format!("{:x}\r\n{}\r\n", part.len(), std::str::from_utf8(part).unwrap()));
            format!("HTTP/1.1 200 OK\r\n{chunked}{}0\r\n\r\n", parts.collect::<String>())
        }
        "/length" => format!("HTTP/1.1 200 OK\r\nX-oDD:  a\r\ncontent-length: {}\r\n\r\n{STREAM}", STREAM.len()),
        "/open" => format!("HTTP/1.1 200 OK\r\n{chunked}9\r\ndata: a\n\n\r\n"),
        "/until" => format!("HTTP/1.1 200 OK\r\n\r\n{STREAM}"),
        "/nonsense" => "nonsense\r\n\r\n".to_owned(),
        "/close" => return false,
        "/session" => {
            format!("HTTP/1.1 200 OK\r\nMcp-Session-Id: of-{name}\r\nContent-Length: 1\r\n\r\n{name}")
        }
        _ => format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{name}"),
    };
    let written = stream.write_all(text.as_bytes()).await;
    written.is_ok() && !matches!(path, "/open" | "/until" | "/nonsense")
}

/// A router before instances of that many.
pub struct Stage {
    pub router: Router,
    pub servers: Vec<Server>,
    told: Arc<Mutex<Vec<Routed>>>,
}

impl Stage {
    pub async fn new(count: usize, policy: Policy) -> Self {
        Self::with_faults(count, policy, &[]).await
    }

    pub async fn with_faults(count: usize, policy: Policy, faults: &[&str]) -> Self {
        let mut servers = Vec::new();
        for name in 1..=count {
            servers.push(Server::start(name).await);
        }
        Self::before(servers, policy, faults)
    }

    pub fn before(servers: Vec<Server>, policy: Policy, faults: &[&str]) -> Self {
        let told = Arc::<Mutex<Vec<Routed>>>::default();
        let tell = Arc::clone(&told);
        let faults: Vec<Recurring> = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let targets = servers.iter().map(|server| server.target.clone()).collect();
        let observer = Arc::new(move |routed: Routed| tell.lock().unwrap().push(routed));
        let router = Router::with_faults(targets, policy, 7, Faults::new(&faults), observer);
        Self { router, servers, told }
    }

    pub async fn line(&self, name: &str) -> Line {
        Line(self.router.line(name, None).await.unwrap())
    }

    pub fn told(&self) -> Vec<Routed> {
        self.told.lock().unwrap().clone()
    }

    pub fn passages(&self) -> Vec<(Option<usize>, Passage)> {
        self.told().into_iter().map(|routed| (routed.instance, routed.passage)).collect()
    }
}

/// A line as a client sees it.
pub struct Line(pub HttpTarget);

impl Line {
    pub fn authority(&self) -> String {
        self.0.authority()
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.authority()).await.unwrap()
    }

    /// A connection on which this has been sent.
    pub async fn send(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// Everything that comes back on a connection of its own, until it ends or is reset.
    pub async fn ask(&self, text: &str) -> String {
        rest(self.send(text).await).await.0
    }

    /// The answer to a request for this path, on a connection that ends with it.
    pub async fn get(&self, path: &str, headers: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n", self.authority()))
            .await
    }

    /// The body of such an answer, of one byte: which instance gave it.
    pub async fn instance(&self, headers: &str) -> String {
        let answer = self.get("/mcp", headers).await;
        answer.rsplit("\r\n\r\n").next().unwrap_or_default().to_owned()
    }
}

/// What comes until the end of the connection, and whether that was a reset.
pub async fn rest(mut stream: TcpStream) -> (String, bool) {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes).await;
    let is_reset = ended.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset);
    (String::from_utf8(bytes).unwrap(), is_reset)
}

/// Read until this has come.
pub async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end.as_bytes()) {
        bytes.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

/// The body of an answer in chunks, and whether the last one came.
pub fn unchunked(answer: &str) -> (String, bool) {
    let (head, mut body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Transfer-Encoding: chunked"), "{head}");
    let mut all = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return (all, true);
        }
        all += rest.get(..length).unwrap_or(rest);
        body = rest.get(length + 2..).unwrap_or_default();
    }
    (all, false)
}
