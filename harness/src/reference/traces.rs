//! A span for each tool call, and for each step of a task that came of one, exported to a collector (OTLP) and named by the conventions of OpenTelemetry for MCP.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::Switch;
use super::core::Call;
use super::rpc::Answer;
use crate::otlp::{self, Attribute, Span, digits, parent_of};

/// How long a collector may take; then the span is lost.
const EXPORT_WITHIN: Duration = Duration::from_secs(2);
/// Where collectors listen unless they say otherwise.
const PORT: u16 = 4318;

/// The attribute that says which task a span is about. The conventions have no name for it.
const TASK: &str = "mcp.task.id";

/// The answer to a request, and its span where there is a collector. That has it before the client has the answer.
pub(super) async fn traced(call: &Arc<Call>, answer: impl Future<Output = Answer>) -> Answer {
    let Some(collector) = &call.server.options.traces else { return answer.await };
    let begun = now();
    let answer = answer.await;
    if let Some(span) = span(call, answer.as_ref().ok(), begun) {
        // A collector that does not answer is no concern of the client's.
        let _ = timeout(EXPORT_WITHIN, export(collector, otlp::write(&span))).await;
    }
    answer
}

fn span(call: &Call, answer: Option<&Value>, begun: u64) -> Option<Span> {
    let tool = call.params.get("name").and_then(Value::as_str);
    let meta = call.params.get("_meta");
    let traceparent = meta.and_then(|meta| meta.get("traceparent")).and_then(Value::as_str);
    let mut fresh = [0; 24];
    SystemRandom::new().fill(&mut fresh).ok()?;
    let (trace, id) = fresh.split_at(16);
    let own = (digits(trace), String::new());
    let given = traceparent.and_then(parent_of).map(|(trace, parent)| (trace.to_owned(), parent.to_owned()));
    let (trace, mut parent) = given.filter(|_| !call.server.has(Switch::TracesApart)).unwrap_or(own);
    if call.server.has(Switch::SpansWithoutParent) {
        parent.clear();
    }
    let named = tool.map_or_else(|| call.method.clone(), |tool| format!("{} {tool}", call.method));
    let named = if call.server.has(Switch::SpansNamedOddly) { "handle".to_owned() } else { named };
    let text = Attribute::text;
    let mut attributes =
        vec![text("mcp.method.name", &call.method), text("mcp.protocol.version", &call.revision.to_string())];
    if let Some(tool) = tool {
        attributes.extend([text("gen_ai.tool.name", tool), text("gen_ai.operation.name", "execute_tool")]);
    }
    attributes.extend(task(call, answer).map(|task| text(TASK, task)));
    Some(Span {
        trace,
        id: digits(id),
        parent,
        name: named,
        kind: "server".to_owned(),
        service: "mcp-assay reference server".to_owned(),
        time: (begun, now()),
        attributes,
    })
}

/// The task that a request is about, or that came of it.
fn task<'c>(call: &'c Call, answer: Option<&'c Value>) -> Option<&'c str> {
    let asked = call.params.get("taskId").filter(|_| !call.server.has(Switch::TaskStepsUntraced));
    let made = answer.and_then(|answer| answer.get("taskId"));
    asked.or(made.filter(|_| call.method == "tools/call" && !call.server.has(Switch::TaskCallsUntraced)))?.as_str()
}

/// Nanoseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

async fn export(collector: &Url, body: Vec<u8>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (host, port) = (collector.host_str().unwrap_or("127.0.0.1"), collector.port().unwrap_or(PORT));
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let path = format!("{}{}", collector.path().trim_end_matches('/'), otlp::PATH);
    let request = Request::post(path).header(HOST, format!("{host}:{port}")).header(CONTENT_TYPE, otlp::PROTOBUF);
    let request = request.body(Full::new(Bytes::from(body)))?;
    tokio::select! {
        taken = sender.send_request(request) => { taken?; }
        ended = connection => ended?,
    }
    Ok(())
}
