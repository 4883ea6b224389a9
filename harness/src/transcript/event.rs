//! The events a transcript is made of.

use serde::{Deserialize, Serialize};

use super::Payload;
use crate::action::{Act, Chunks, Passage};
use crate::otlp::Span;
use crate::requirement::Role;
use crate::revision::Revision;

/// Version of the transcript format. A reader refuses what it does not know.
pub const FORMAT_VERSION: u32 = 1;

/// First line of a transcript file: which case this is.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT_VERSION`] of the writer.
    pub transcript: u32,
    /// Scenario name, such as `tools/call-simple`.
    pub scenario: String,
    /// Who is tested. What stands as sent is always the client's, what as received the server's.
    #[serde(default, skip_serializing_if = "Role::is_server")]
    pub role: Role,
    /// Revision under test.
    pub revision: Revision,
    /// `http` or `stdio`.
    pub transport: String,
    /// Routing policy, `direct` for a single instance.
    pub routing: String,
    /// What the plan resolved for this case: needs and the probed claims, as the checks see them.
    pub facts: std::sync::Arc<serde_json::Value>,
}

/// One event: position, time since the start of the case in microseconds, who, on which named stream, and what.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Position, from 1.
    pub n: u64,
    /// Microseconds since the case began.
    pub t_us: u64,
    /// The scenario's actor whose connection this is.
    pub actor: String,
    /// The scenario's stream, where the event belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// It happened in an earlier case, whose process this one goes on with: how contact was taken up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub borrowed: bool,
    /// What happened.
    pub what: What,
}

/// A wait of so many milliseconds was long, however long the case had taken before.
const LONG_MS: u64 = 5_000;

impl Event {
    /// A wait ended in vain that was given its time. One whose case had hardly any left, because what came before was slow,
    /// says nothing about what it waited for.
    pub(super) fn waited_long(&self) -> bool {
        match self.what {
            What::TimedOut { after_ms, .. } => after_ms >= LONG_MS.min(self.t_us / 2_000),
            _ => false,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// An actor took up contact with the IUT (a process was spawned, or a URL is about to be used).
    Opened {
        /// URL or command, secrets removed.
        target: String,
        /// Instance number, from 1.
        instance: usize,
    },
    /// We sent bytes: a line on stdio, or an HTTP request with this body.
    Sent {
        /// What it was meant to be.
        kind: SentKind,
        /// Number of the HTTP exchange; none on stdio.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exchange: Option<u32>,
        /// The HTTP request around the body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        http: Option<HttpSent>,
        /// Body, or line without its line feed.
        bytes: Payload,
        /// Byte counts of the pieces in which they were sent; the last one holds for all that is left.
        #[serde(default, skip_serializing_if = "Chunks::is_whole")]
        chunks: Chunks,
        /// Of a batch: for each member in order, the stream that it opens.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Option<String>>,
        /// True where the scenario breaks a rule on purpose, so that nobody holds the answer against the rule.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        wrong: bool,
    },
    /// The head of an HTTP response.
    Head {
        /// Number of the exchange.
        exchange: u32,
        /// Status code.
        status: u16,
        /// Headers in order, names as sent.
        headers: Vec<(String, String)>,
        /// What was irregular in the head, in words.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        anomalies: Vec<String>,
    },
    /// A JSON-RPC message, or what stands in its place: a stdio line, a JSON body, or the data of an SSE event.
    Received {
        /// Number of the HTTP exchange; none on stdio.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exchange: Option<u32>,
        /// Exact bytes.
        bytes: Payload,
    },
    /// A body that is neither JSON nor SSE, up to a limit.
    Body {
        /// Number of the exchange.
        exchange: u32,
        /// Its first bytes.
        bytes: Payload,
        /// Whole length in bytes.
        length: u64,
    },
    /// An SSE event, comment or retry field. The message in it, if any, follows as [`What::Received`].
    Sse {
        /// Number of the exchange.
        exchange: u32,
        /// The `id` field, if the event had one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The `event` field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The `retry` field in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry: Option<u64>,
        /// Text of a comment line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
        /// Length of the data in bytes; 0 for a priming event.
        #[serde(default)]
        data_length: usize,
        /// The data of an event that carries no message by its type: the URI of an `endpoint` event (HTTP+SSE).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
        /// What was irregular, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        anomaly: Option<String>,
    },
    /// An HTTP exchange is over.
    Ended {
        /// Number of the exchange.
        exchange: u32,
        /// How.
        end: End,
    },
    /// Bytes on the standard error stream of a process.
    Stderr {
        /// What was written, in the pieces in which it came.
        bytes: Payload,
    },
    /// We closed the standard input of the process.
    StdinClosed,
    /// We sent a signal to the process group.
    Signalled {
        /// Name, such as `TERM`.
        signal: String,
    },
    /// We did something to an instance of the deployment.
    Operated {
        /// Which, from 1.
        instance: usize,
        /// What.
        act: Act,
    },
    /// What the router before the instances did with a request of an actor's.
    Routed {
        /// Number of the HTTP exchange.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exchange: Option<u32>,
        /// Verb and path.
        request: String,
        /// Instance that it went to, from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<usize>,
        /// What became of it.
        passage: Passage,
    },
    /// The process ended, or its standard output did.
    Exited {
        /// How.
        end: ProcessEnd,
    },
    /// What the IUT had exported once a wait for a trace was over.
    Traced {
        /// How many spans, whatever trace they are of.
        exported: u64,
        /// Those of the trace.
        spans: Vec<Span>,
    },
    /// A wait ended without what it waited for.
    TimedOut {
        /// What was awaited.
        waited_for: String,
        /// What had come instead.
        came: String,
        /// Milliseconds waited.
        after_ms: u64,
    },
    /// The case is over: always the last event, and nobody's. A transcript without it was cut off.
    Over {
        /// Why the harness failed, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    /// What may be known of a text that is replaced wherever it comes.
    Secret {
        /// What stands in its place.
        label: String,
        /// Of a JSON Web Token `header` and `claims`, of a code verifier `s256`, `length` and `unreserved`, of Basic
        /// credentials `user` and `password` (what stands in its place), of an access token `s256`.
        about: serde_json::Value,
    },
    /// Something a reader of the transcript should know.
    Note {
        /// In words.
        text: String,
    },
    /// The IUT could not be reached, or broke off, at the level of the operating system.
    ConnectionFailed {
        /// Number of the exchange; none on stdio.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exchange: Option<u32>,
        /// In words.
        problem: String,
    },
}

/// What a message of ours was meant to be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SentKind {
    /// A JSON-RPC request.
    Request,
    /// A JSON-RPC notification.
    Notification,
    /// The answer to a request of the server's.
    Response,
    /// Several messages in one array.
    Batch,
    /// A request for a document about the server, or another that is none to the MCP endpoint: no message of the protocol.
    Metadata,
    /// The request that opens the event stream on which everything comes (HTTP+SSE, 2024-11-05).
    Channel,
    /// Bytes that the scenario gave literally, or a bare HTTP request.
    Raw,
}

/// An HTTP request of ours, without its body.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct HttpSent {
    /// `POST`, `GET`, `DELETE`, ...
    pub verb: String,
    /// Path and query.
    pub target: String,
    /// Headers in order; secrets replaced.
    pub headers: Vec<(String, String)>,
    /// Of a client under test: with whom of those that we play. `server`, `authorization` (further ones
    /// `authorization2`, ...) or `elsewhere`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
}

/// How an HTTP exchange ended.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum End {
    /// The response was complete.
    Complete,
    /// We cut it, as the scenario or the end of the case said.
    CutByUs,
    /// The peer broke off before the response was complete.
    Broken {
        /// In words.
        problem: String,
    },
    /// A limit of the harness was reached.
    LimitReached {
        /// Which, with its value.
        limit: String,
    },
}

/// How a process ended.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ProcessEnd {
    /// With an exit code.
    Code(i32),
    /// By a signal.
    Signal(i32),
    /// Its standard output was closed while it went on.
    OutputClosed,
    /// We killed it after it had not ended in time.
    Killed,
}
