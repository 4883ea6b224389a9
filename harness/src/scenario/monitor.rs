//! Monitors: checks that watch every transcript of every scenario, always.

use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use super::Transport;
use super::defect::{Mutation, Only};
use super::model::{ASKED, CLIENT, EXCHANGES, OneOrMany, REQUESTS};
use crate::requirement::Role;
use crate::revision::Revision;

/// Names that the expressions of a monitor can use, given whom it watches.
#[must_use]
pub fn monitor_names(role: Role) -> Vec<&'static str> {
    let more: &[&str] = if role == Role::Client { &[REQUESTS, EXCHANGES, ASKED, CLIENT] } else { &[] };
    ["it", "revision", "transport", "server", "needs"].iter().chain(more).copied().collect()
}

/// A file of monitors: `scenarios/monitors/<area>.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorFile {
    /// The monitors.
    pub monitors: Vec<Spanned<Monitor>>,
}

/// One monitor: for each thing it watches, a condition under which it has something to say, and what must then hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// Name, `area/what`.
    pub monitor: String,
    /// One line for people.
    pub title: String,
    /// The requirement that is decided. Of several, those that hold in the revision of the case.
    pub requirement: OneOrMany,
    /// Who is watched: servers, unless given.
    #[serde(default)]
    pub role: Role,
    /// What `it` is.
    pub watch: Watch,
    /// CEL over `it`: only then is the requirement exercised. Always, unless given.
    #[serde(default)]
    pub when: Option<Spanned<String>>,
    /// CEL over `it` that must hold.
    pub expect: Spanned<String>,
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
    /// What proves that it can fail.
    #[serde(default)]
    pub defects: Vec<Spanned<MonitorDefect>>,
}

/// What a monitor looks at, one after the other, as `it`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// Every message that the IUT sent.
    Messages,
    /// Everything that a server asks of the client, in whatever message: a sampling, elicitation or roots request.
    Asks,
    /// Every request of the server's, with what a client under test answered.
    Asked,
    /// Every request of the client's, with what came for it.
    Requests,
    /// Every HTTP exchange.
    Exchanges,
    /// Every actor: its session, its process, and all its traffic in order. A client under test is the only one.
    Actors,
    /// Every task that a server began or was asked about, with all that anybody was shown of it.
    Tasks,
}

impl Watch {
    /// Whether that is there to be watched where these are tested.
    #[must_use]
    pub fn is_of(self, role: Role) -> bool {
        match self {
            Self::Asks | Self::Tasks => role == Role::Server,
            Self::Asked => role == Role::Client,
            Self::Messages | Self::Requests | Self::Exchanges | Self::Actors => role != Role::AuthorizationServer,
        }
    }
}

/// A defect and the scenario in which it shows.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct MonitorDefect {
    /// Name, unique in the monitor.
    pub id: String,
    /// The scenario it is shown in.
    #[serde(rename = "in")]
    pub scenario: String,
    /// The requirements that then are found broken; the monitor's own unless given.
    #[serde(default)]
    pub fails: Option<OneOrMany>,
    /// What the mutator does to the traffic.
    #[serde(default)]
    pub mutate: Vec<Mutation>,
    /// Or a switch of the reference server.
    #[serde(default)]
    pub switch: Option<String>,
    /// Only here.
    #[serde(default)]
    pub only: Only,
}
