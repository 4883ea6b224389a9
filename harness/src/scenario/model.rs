//! A scenario file as typed data.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::{Defect, Delivers, Mutation, Process};
use crate::action::{Action, Within};
use crate::oauth::Settings;
use crate::requirement;
use crate::revision::Revision;
use crate::token;

/// All requests of a client under test, each as its stream, as expressions call them.
pub const REQUESTS: &str = "requests";
/// All HTTP exchanges of a client under test.
pub const EXCHANGES: &str = "exchanges";
/// All requests of the server's, with what a client under test answered.
pub const ASKED: &str = "asked";
/// Its HTTP exchanges that are not with the MCP endpoint.
pub const AUTH: &str = "auth";
/// What is known of the secrets that it used.
pub const SECRETS: &str = "secrets";
/// Where those are that we play for it.
pub const URLS: &str = "urls";
/// The processes that a client under test started as its server.
pub const PROCESSES: &str = "processes";
/// How the actor is called as which one of these is recorded; its number follows.
pub const PROCESS: &str = "process_";
/// The client under test itself.
pub const CLIENT: &str = "client";
/// Names that the expressions of a client's scenario can use besides the facts.
pub const CLIENT_NAMES: [&str; 8] = [REQUESTS, EXCHANGES, PROCESSES, ASKED, AUTH, SECRETS, URLS, CLIENT];

/// Names that the expressions of an authorization server's scenario can use besides: the metadata that a step needed, the
/// registration that one needed, what is known of the secrets that the server gave, and all exchanges.
pub const AUTHORIZATION_NAMES: [&str; 4] = ["discovered", "client", SECRETS, AUTH];

/// Most instances that a scenario may ask for.
pub const MAX_INSTANCES: usize = 5;

/// One scenario file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name: the path of the file under `scenarios/`, without its ending.
    pub scenario: String,
    /// One line for people: what is shown when everything is right.
    pub title: String,
    /// The official suite's names for the same subject, accepted by `--scenario`.
    #[serde(default)]
    pub also_known_as: Vec<String>,
    /// Where the scenario makes sense.
    pub applies: Applies,
    /// What the IUT must offer.
    #[serde(default)]
    pub needs: Needs,
    /// For a client: in what the server that it is sent to differs from a conforming one.
    #[serde(default)]
    pub acting: Vec<Mutation>,
    /// For a client: the revisions that the server speaks, in place of the one under test.
    #[serde(default)]
    pub speaks: BTreeSet<Revision>,
    /// For a client: the authorization servers that its server trusts; the first is the one that the server names. With none
    /// it is open to everyone. For an authorization server: what ours is like where the scenario is tried with it; one that
    /// can do everything unless given.
    #[serde(default)]
    pub authorization: Vec<Settings>,
    /// For a client over stdio: how the process of its server behaves.
    #[serde(default)]
    pub process: Process,
    /// For a client: what is posted to its webhook, once it has subscribed.
    #[serde(default)]
    pub delivers: Option<Delivers>,
    /// For a client: what it is told besides the URL, in `MCP_CONFORMANCE_CONTEXT`.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// It changes what other clients of the server can see (lists, resources), so over HTTP nothing else runs beside it.
    #[serde(default)]
    pub alone: bool,
    /// Longest time for the whole scenario; the run's default unless given.
    #[serde(default)]
    pub deadline: Option<Within>,
    /// It is about an extension that is a draft, so nobody is judged by it who did not ask for that.
    #[serde(default)]
    pub draft: bool,
    /// Who plays. With none there is one actor, `main`, that opens in the usual way.
    #[serde(default)]
    pub actors: IndexMap<String, Actor>,
    /// What is done, in order. A client under test does what it does; these are then the steps of the reference client.
    #[serde(default)]
    pub steps: Vec<Spanned<Action>>,
    /// What is decided.
    #[serde(default)]
    pub checks: Vec<Spanned<Check>>,
    /// What proves that the checks can fail.
    #[serde(default)]
    pub defects: Vec<Spanned<Defect>>,
}

impl Scenario {
    /// The revisions that the server speaks to which a client is sent in the case of a revision.
    #[must_use]
    pub fn spoken_in(&self, revision: Revision) -> BTreeSet<Revision> {
        if self.speaks.is_empty() { BTreeSet::from([revision]) } else { self.speaks.clone() }
    }

    /// Whether it says which instance an actor talks to, or does something to instances.
    #[must_use]
    pub fn is_about_instances(&self) -> bool {
        self.needs.instances > 1 || self.needs.control
    }

    /// Whether nobody in it needs a token that a server would take.
    #[must_use]
    pub fn is_for_strangers(&self) -> bool {
        self.applies.protected == Some(true)
            && self.needs.tokens.iter().all(|kind| kind.needs_nobody())
            && !self.actors.is_empty()
            && self.actors.values().all(|actor| actor.open == Open::Bare)
    }
}

/// Where a scenario makes sense. A check narrows this further to the span of its requirement.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Applies {
    /// Who is tested: a server, unless given.
    #[serde(default)]
    pub role: requirement::Role,
    /// First revision.
    #[serde(default)]
    pub since: Option<Revision>,
    /// Last revision.
    #[serde(default)]
    pub until: Option<Revision>,
    /// Only over this transport.
    #[serde(default)]
    pub transport: Option<Transport>,
    /// Only for a server that wants to see tokens; false: only for one that asks nobody.
    #[serde(default)]
    pub protected: Option<bool>,
    /// Only where this profile is claimed.
    #[serde(default)]
    pub profile: Option<requirement::Profile>,
    /// Server capabilities that must be declared, as dotted paths such as `resources.subscribe`, or
    /// `extensions.` and the identifier of an extension.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

impl Applies {
    /// Whether the scenario makes sense in a revision over a transport, whatever the IUT declares.
    #[must_use]
    pub fn includes(&self, revision: Revision, transport: Transport) -> bool {
        self.since.is_none_or(|since| since <= revision)
            && self.until.is_none_or(|until| revision <= until)
            && self.transport.is_none_or(|only| only == transport)
            && transport.is_in(revision)
    }
}

/// A transport.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Streamable HTTP.
    Http,
    /// Standard input and output of a process.
    Stdio,
    /// HTTP+SSE, the HTTP transport of 2024-11-05: everything from the server comes on one event stream.
    Sse,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 3] = [Self::Http, Self::Stdio, Self::Sse];

    /// Whether it is tested in a revision. Servers commonly speak every revision over Streamable HTTP.
    #[must_use]
    pub fn is_in(self, revision: Revision) -> bool {
        self != Self::Sse || revision == Revision::V2024_11_05
    }

    /// Whether what holds on a transport, as the catalogue says it, holds on this one: `http` is that of the revision.
    #[must_use]
    pub fn is(self, on: requirement::Transport, revision: Revision) -> bool {
        match on {
            requirement::Transport::Any => true,
            requirement::Transport::Http if revision == Revision::V2024_11_05 => self == Self::Sse,
            requirement::Transport::Http => self == Self::Http,
            requirement::Transport::Stdio => self == Self::Stdio,
        }
    }

    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Stdio => "stdio",
            Self::Sse => "sse",
        }
    }
}

impl std::str::FromStr for Transport {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|transport| transport.as_str() == word);
        found.ok_or_else(|| format!("'{word}' is not http, stdio or sse"))
    }
}

/// What the IUT must offer, by the abstract names of the contract.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Tools, such as `progress`.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Resources, such as `text`.
    #[serde(default)]
    pub resources: Vec<String>,
    /// Prompts, such as `simple`.
    #[serde(default)]
    pub prompts: Vec<String>,
    /// Kinds of access tokens that must be to hand.
    #[serde(default)]
    pub tokens: Vec<token::Kind>,
    /// The server issues a session id (HTTP up to 2025-11-25).
    #[serde(default)]
    pub session: bool,
    /// So many instances of the server. HTTP only.
    #[serde(default)]
    pub instances: usize,
    /// The harness can stop, kill and start again the instances.
    #[serde(default)]
    pub control: bool,
}

/// One actor: a client that the harness plays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// How it takes up contact.
    #[serde(default)]
    pub open: Open,
    /// Whether its process must be one that nobody used before. Over HTTP every actor is new to the server.
    #[serde(default)]
    pub fresh: bool,
    /// Share the session of this actor, on a connection of its own. HTTP only.
    #[serde(default)]
    pub join: Option<String>,
    /// Whether it leaves its process alone in the end, as nobody should: it is not told to end.
    #[serde(default)]
    pub abandons: bool,
    /// Instance it talks to, from 1.
    #[serde(default)]
    pub instance: Option<usize>,
    /// Protocol version it offers in place of the one under test.
    #[serde(default)]
    pub version: Option<String>,
    /// Client capabilities it declares in place of the default.
    #[serde(default)]
    pub capabilities: Option<Value>,
    /// The token that goes with its requests, in place of a valid one. HTTP only.
    #[serde(default)]
    pub token: Option<token::Kind>,
    /// HTTP headers on every request of its; null takes one away.
    #[serde(default)]
    pub headers: IndexMap<String, Value>,
    /// How it answers requests of the server's, by method, in place of the conforming default.
    #[serde(default)]
    pub answers: IndexMap<String, ActorAnswer>,
}

/// How an actor takes up contact.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Open {
    /// As the revision says: the whole handshake, or nothing where the protocol is stateless.
    #[default]
    Usual,
    /// Nothing is sent that the steps do not say.
    Bare,
}

/// How an actor answers a request of the server's.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ActorAnswer {
    /// With this result.
    Result(Value),
    /// With this error.
    Error(Value),
    /// Not by itself; a `respond` step does, or nobody.
    Silence,
}

/// One decision about one requirement.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The requirement that is decided. Of several, those that hold in the revision of the case.
    pub requirement: OneOrMany,
    /// Tells two checks of one requirement in a scenario apart.
    #[serde(default)]
    pub name: Option<String>,
    /// Decided only where this CEL expression holds; else `untested`, with `otherwise` as the reason.
    #[serde(default)]
    pub when: Option<Spanned<String>>,
    /// Why nothing can be decided where `when` does not hold.
    #[serde(default)]
    pub otherwise: Option<String>,
    /// A CEL expression that must hold.
    #[serde(default)]
    pub expect: Option<Spanned<String>>,
    /// Partial patterns, by the dotted path of what must match them.
    #[serde(default, rename = "match")]
    pub matches: IndexMap<String, Value>,
    /// JSON Schemas (2020-12), by the dotted path of what must be valid.
    #[serde(default)]
    pub schema: IndexMap<String, Value>,
    /// An error is a right way to meet this requirement, so that a peer that refuses everything may pass.
    #[serde(default)]
    pub met_by_refusal: bool,
    /// An empty result is a right way to meet this requirement.
    #[serde(default)]
    pub met_by_empty_result: bool,
    /// Only over this transport.
    #[serde(default)]
    pub transport: Option<Transport>,
    /// First revision, where the requirement alone does not say it.
    #[serde(default)]
    pub since: Option<Revision>,
    /// Last revision, likewise.
    #[serde(default)]
    pub until: Option<Revision>,
}

/// A place in a scenario file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// File, relative to the corpus or as given.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
}

/// One text or a list of them.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}
