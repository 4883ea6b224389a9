//! A small client for both eras.

use std::collections::BTreeSet;
use std::sync::Once;

use futures_util::StreamExt as _;
use mcp_assay::reference::{Options, Switch, serve_http};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub const OLD: &str = "2025-11-25";
pub const NEW: &str = "2026-07-28";
pub const PREFIX: &str = "io.modelcontextprotocol/";
static PROVIDER: Once = Once::new();

/// A running server and a way to reach it; it ends with the value.
pub struct Server {
    pub url: String,
    pub http: reqwest::Client,
    task: JoinHandle<std::io::Result<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn switched(switches: &[Switch]) -> Options {
    Options { switches: switches.iter().copied().collect::<BTreeSet<_>>(), ..Options::default() }
}

impl Server {
    pub async fn start(options: Options) -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").await.unwrap(), options)
    }

    pub fn start_on(listener: TcpListener, options: Options) -> Self {
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let task = tokio::spawn(serve_http(listener, options));
        Self { url, http: reqwest::Client::builder().no_proxy().build().unwrap(), task }
    }

    /// Waits for the server to come to its own end.
    pub async fn ended(&mut self) {
        (&mut self.task).await.unwrap().unwrap();
    }

    pub fn request(&self, method: Method) -> RequestBuilder {
        self.http.request(method, &self.url)
    }

    pub fn post(&self, body: &Value) -> RequestBuilder {
        self.request(Method::POST)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(body.to_string())
    }

    /// A stateless request with everything it needs and all capabilities.
    pub fn stateless(&self, id: u64, method: &str, params: Value) -> RequestBuilder {
        let all = json!({ "sampling": {}, "elicitation": {}, "roots": {} });
        self.stateless_with(id, method, params, json!({ "clientCapabilities": all }))
    }

    /// A stateless request with these members of `_meta` besides version and client.
    pub fn stateless_with(&self, id: u64, method: &str, mut params: Value, meta: Value) -> RequestBuilder {
        let mut all = json!({
            format!("{PREFIX}protocolVersion"): NEW,
            format!("{PREFIX}clientInfo"): { "name": "test", "version": "1" },
        });
        for (name, value) in meta.as_object().unwrap() {
            let name = if name == "progressToken" { name.clone() } else { format!("{PREFIX}{name}") };
            all[name] = value.clone();
        }
        params["_meta"] = all;
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let mut request = self.post(&body).header("mcp-protocol-version", NEW).header("mcp-method", method);
        let named = ["name", "uri", "taskId"].into_iter().find_map(|member| params.get(member));
        if let Some(name) = named.and_then(Value::as_str) {
            request = request.header("mcp-name", name);
        }
        request
    }

    /// The result of a stateless request.
    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let reply = reply(self.stateless(7, method, params)).await;
        assert_eq!(reply["id"], 7, "{reply}");
        reply.get("result").unwrap_or_else(|| panic!("{method}: {reply}")).clone()
    }

    pub async fn tool(&self, name: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({ "name": name, "arguments": arguments })).await
    }

    /// A session of 2025-11-25, ready for use.
    pub async fn session(&self) -> Session<'_> {
        self.session_with(json!({ "sampling": {}, "elicitation": {}, "roots": {} })).await
    }

    pub async fn session_with(&self, capabilities: Value) -> Session<'_> {
        let params = json!({
            "protocolVersion": OLD,
            "capabilities": capabilities,
            "clientInfo": { "name": "test", "version": "1" },
        });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let response = self.post(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let session = Session { server: self, id };
        let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(session.post(&done).send().await.unwrap().status(), 202);
        session
    }
}

/// One session of 2025-11-25.
pub struct Session<'a> {
    pub server: &'a Server,
    pub id: String,
}

impl Session<'_> {
    pub fn request(&self, method: Method) -> RequestBuilder {
        self.server.request(method).header("mcp-session-id", &self.id).header("mcp-protocol-version", OLD)
    }

    pub fn post(&self, body: &Value) -> RequestBuilder {
        self.server.post(body).header("mcp-session-id", &self.id).header("mcp-protocol-version", OLD)
    }

    pub fn call(&self, id: u64, method: &str, params: Value) -> RequestBuilder {
        self.post(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
    }

    pub fn tool(&self, id: u64, name: &str, arguments: Value) -> RequestBuilder {
        self.call(id, "tools/call", json!({ "name": name, "arguments": arguments }))
    }

    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let reply = reply(self.call(7, method, params)).await;
        reply.get("result").unwrap_or_else(|| panic!("{method}: {reply}")).clone()
    }

    /// Opens the GET stream; with an id, resumes after that event.
    pub async fn listen(&self, last_event: Option<&str>) -> Events {
        let mut request = self.request(Method::GET).header("accept", "text/event-stream");
        if let Some(id) = last_event {
            request = request.header("last-event-id", id);
        }
        Events::open(request).await
    }
}

/// The response to a request, be it JSON or the last message of a stream.
pub async fn reply(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    if is_stream(&response) {
        return Events::new(response).rest().await.pop().expect("a response on the stream");
    }
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

pub async fn status_and_reply(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Value::Null))
}

fn is_stream(response: &Response) -> bool {
    response.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream")
}

/// One event of a stream.
#[derive(Debug, Default, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub retry: Option<u64>,
    pub data: String,
}

impl Event {
    pub fn message(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or(Value::Null)
    }
}

/// An event stream.
pub struct Events {
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: String,
}

impl Events {
    pub async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert!(is_stream(&response), "{response:?}");
        Self::new(response)
    }

    pub fn new(response: Response) -> Self {
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { body: Box::pin(response.bytes_stream()), text: String::new() }
    }

    /// The next event, whatever it carries; `None` at the end.
    pub async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let mut event = Event::default();
                let mut comment = true;
                for line in block.lines() {
                    comment &= line.starts_with(':');
                    match line.split_once(':') {
                        Some(("id", id)) => event.id = Some(id.trim().to_owned()),
                        Some(("retry", retry)) => event.retry = retry.trim().parse().ok(),
                        Some(("data", data)) => event.data = data.trim_start().to_owned(),
                        _ => {}
                    }
                }
                self.text = rest.to_owned();
                if comment {
                    continue;
                }
                return Some(event);
            }
            let chunk = self.body.next().await?.unwrap();
            self.text += std::str::from_utf8(&chunk).unwrap();
        }
    }

    /// The next message.
    pub async fn message(&mut self) -> Option<Value> {
        loop {
            let event = self.event().await?;
            if !event.data.is_empty() {
                return Some(event.message());
            }
        }
    }

    /// All messages until the stream ends.
    pub async fn rest(mut self) -> Vec<Value> {
        let mut all = Vec::new();
        while let Some(message) = self.message().await {
            all.push(message);
        }
        all
    }
}
