//! Actions: the closed set of things an actor can do or wait for.
//!
//! Scenario files, generated sequences and replays all are lists of [`Action`], and there is one executor for them.
//! In a scenario file an action is a mapping with one key, the verb:
//!
//! ```yaml
//! - request: { as: listed, method: tools/list }
//! - await: { streams: [listed], until: ended }
//! ```

mod ask;
mod chunks;
pub mod fault;
mod host;
mod instance;
mod passage;
pub mod pattern;
mod receive;
mod send;
mod time;
mod token;
mod value;
mod wait;

pub use ask::{About, Ask, KeyName, Signed, WrongAlgorithm};
pub use chunks::Chunks;
pub use fault::{Fault, FaultError, Recurring};
pub use host::{CarelessHost, Host, WantedSkill, WantedSkills};
pub use instance::{Act, Operation};
pub use passage::Passage;
pub use receive::{MAX_RECEIVED, Receive, Reply};
pub use send::{Batch, Cut, CutAfter, Follow, Respond, Retry, Send, StateUse, Verb};
pub use time::{Lapse, Pause, Poll};
pub use token::{Metadata, MetadataPlace, Token, TokenPlace, TokenUse};
pub use value::{Bytes, Made, REFERENCE, Reference, ValueError, resolve};
pub use wait::{Await, Until, Within};

use serde::{Deserialize, Serialize};

/// Name of an actor, and the one a scenario has when it declares none.
pub const DEFAULT_ACTOR: &str = "main";

/// One thing to do or to wait for.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Connect an actor now, with its handshake; otherwise it connects when a step first needs it.
    Open(Who),
    /// The request with which a client begins: `initialize` up to 2025-11-25, `server/discover` later. For bare actors.
    Begin(Send),
    /// A JSON-RPC request.
    Request(Send),
    /// The request that every server answers: `ping` up to 2025-11-25, `server/discover` later.
    Alive(Send),
    /// `tools/call` of a tool the scenario needs.
    Call(Send),
    /// `resources/read` of a resource the scenario needs.
    Read(Send),
    /// `prompts/get` of a prompt the scenario needs.
    Prompt(Send),
    /// A JSON-RPC notification.
    Notify(Send),
    /// Several messages as one JSON array (2025-03-26).
    Batch(Batch),
    /// Literal bytes: the body of a POST, or a line on stdio.
    Raw(Send),
    /// An HTTP request with any verb. HTTP only.
    Http(Send),
    /// A GET of the metadata of the protected resource. HTTP only.
    Metadata(Metadata),
    /// A GET of the metadata of the authorization server under test.
    Discover(Ask),
    /// A registration with it (RFC 7591).
    Register(Ask),
    /// A document of a client that registers nowhere, at a URL of the harness's for the server to fetch.
    Publish(Ask),
    /// A request to its authorization endpoint; redirects are not followed.
    Authorize(Ask),
    /// A request to its token endpoint.
    Redeem(Ask),
    /// A GET of any document of its.
    Fetch(Ask),
    /// A receiver of webhooks, at a URL of the harness's.
    Receive(Receive),
    /// What a host of skills does with those that the context names.
    Host(Host),
    /// The answer to a request of the server's, where the actor does not answer by itself.
    Respond(Respond),
    /// The same request with the answers that an `input_required` result asked for.
    Retry(Retry),
    /// Request page after page until there is no further cursor.
    Follow(Follow),
    /// Request the same again until the answer is as wanted.
    Poll(Poll),
    /// Wait.
    Await(Await),
    /// Close a stream from our side.
    Cut(Cut),
    /// Close the standard input of the actor's process. stdio only.
    CloseStdin(Who),
    /// Send a signal to the actor's process. stdio only.
    Signal(Signal),
    /// Do something to an instance of the deployment: kill it, start it again, keep requests away from it.
    Instance(Operation),
    /// Let a lapse of time go by that the protocol itself defines; the reason is obligatory.
    Pause(Pause),
}

impl Action {
    /// What it puts on the wire as one message or bare request of ours.
    #[must_use]
    pub fn sends(&self) -> Option<&Send> {
        match self {
            Self::Begin(send)
            | Self::Request(send)
            | Self::Alive(send)
            | Self::Call(send)
            | Self::Read(send)
            | Self::Prompt(send)
            | Self::Notify(send)
            | Self::Raw(send)
            | Self::Http(send) => Some(send),
            _ => None,
        }
    }
}

/// Which actor.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Name of the actor.
    #[serde(default = "default_actor")]
    pub by: String,
}

/// A signal to a process.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// Name of the actor.
    #[serde(default = "default_actor")]
    pub by: String,
    /// Which.
    pub signal: SignalName,
}

/// The signals a scenario can send.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum SignalName {
    /// SIGTERM
    Term,
    /// SIGINT
    Int,
    /// SIGKILL
    Kill,
}

impl SignalName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Term, Self::Int, Self::Kill];

    /// The word used everywhere.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Kill => "KILL",
        }
    }

    /// Its number, the same on every Unix.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Term => 15,
            Self::Int => 2,
            Self::Kill => 9,
        }
    }
}

pub(crate) fn default_actor() -> String {
    DEFAULT_ACTOR.to_owned()
}
