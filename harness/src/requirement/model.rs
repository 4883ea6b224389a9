//! One requirement.

use serde::{Deserialize, Serialize};

use super::undecided::Reasons;
use super::words::{Actor, Basis, Level, Observable, Profile, Transport};
use crate::revision::Revision;

/// Where the specification is published; a revision and a link follow.
const SPECIFICATION: &str = "https://modelcontextprotocol.io/specification";
/// The page that shows the schema of a revision, from 2025-06-18 on.
const SCHEMA_PAGE: &str = "schema";
/// Where the schemas of all revisions are; the oldest two have no page of their own.
const SCHEMA_FILES: &str = "https://github.com/modelcontextprotocol/modelcontextprotocol/blob/main/schema";

/// From some revision on, a rule for both parties binds only one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Narrowed {
    /// First revision with the narrower reach.
    pub since: Revision,
    /// The one it still binds: server or client.
    pub actor: Actor,
}

/// Where the rule stands in revisions older than the one `link` belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierLink {
    /// Last revision with this place.
    pub until: Revision,
    /// Page and anchor there.
    pub link: String,
}

/// A contradiction in the specification. No verdict is given where it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disputed {
    /// First revision with the contradiction, where that is not the row's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Revision>,
    /// What contradicts what, naming both places.
    pub text: String,
}

/// How a rule for both parties can be observed of a server, where that is less than of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSide {
    /// Whether a black-box harness can decide it of a server.
    pub observable: Observable,
    /// How, or why not.
    pub how: String,
}

/// How a rule for both parties is observed of a client, where that is otherwise than of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSide {
    /// Whether a black-box harness can decide it of a client.
    pub observable: Observable,
    /// How, or why not.
    pub how: String,
}

/// One atomic requirement. The members are those of `schemas/requirement.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Stable name, `area.rule-in-words`; the area is the file's name.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// Whom it binds.
    pub actor: Actor,
    /// Whom it binds later, where that is fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowed: Option<Narrowed>,
    /// Where it holds.
    pub transport: Transport,
    /// The rule in our own words.
    pub text: String,
    /// First revision with this rule at this level.
    pub since: Revision,
    /// Last revision in which it holds; `None` means that it still does, in the draft too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Revision>,
    /// Page and anchor in the newest revision in which it holds, below `/specification/<revision>/`.
    pub link: String,
    /// Its places in older revisions, where those are others; the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierLink>,
    /// Whether a black-box harness can decide it.
    pub observable: Observable,
    /// How to observe it, or why one cannot.
    pub how: String,
    /// What is less of that for a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side: Option<ServerSide>,
    /// What is otherwise of that for a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_side: Option<ClientSide>,
    /// What it rests on; `None` means an upper-case keyword on the linked page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Number of the enhancement proposal it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sep: Option<u32>,
    /// How the specification contradicts itself here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputed: Option<Disputed>,
    /// Why no check decides it.
    #[serde(default, skip_serializing_if = "Reasons::is_empty")]
    pub undecided: Reasons,
    /// Identifier of the extension it belongs to, as `io.modelcontextprotocol/tasks`; `None` is the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The profile that it belongs to; `None` binds everyone. The specification does not say it: it follows for those who
    /// claim the profile, and nobody else is held to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

impl Requirement {
    /// The part of the id before the dot, as `http`.
    #[must_use]
    pub fn area(&self) -> &str {
        self.id.split_once('.').map_or(self.id.as_str(), |(area, _)| area)
    }

    /// Whether the rule is part of `revision`.
    #[must_use]
    pub fn holds_in(&self, revision: Revision) -> bool {
        self.since <= revision && self.until.is_none_or(|until| revision <= until)
    }

    /// Whom the rule binds in `revision`, supposing it holds there.
    #[must_use]
    pub fn actor_in(&self, revision: Revision) -> Actor {
        match self.narrowed {
            Some(narrowed) if narrowed.since <= revision => narrowed.actor,
            _ => self.actor,
        }
    }

    /// Whether the rule holds in `revision` and binds one that plays `role`.
    #[must_use]
    pub fn binds(&self, role: Actor, revision: Revision) -> bool {
        self.holds_in(revision) && self.actor_in(revision).covers(role)
    }

    /// Whether a black-box harness can decide the rule of one that plays `role`.
    #[must_use]
    pub fn observable_of(&self, role: Actor) -> Observable {
        self.side(role).map_or(self.observable, |(observable, _)| observable)
    }

    /// How to observe the rule of one that plays `role`, or why one cannot.
    #[must_use]
    pub fn how_of(&self, role: Actor) -> &str {
        self.side(role).map_or(&self.how, |(_, how)| how)
    }

    fn side(&self, role: Actor) -> Option<(Observable, &str)> {
        match role {
            Actor::Server => self.server_side.as_ref().map(|side| (side.observable, side.how.as_str())),
            Actor::Client => self.client_side.as_ref().map(|side| (side.observable, side.how.as_str())),
            _ => None,
        }
    }

    /// Why no verdict is given in `revision`: how the specification contradicts itself there.
    #[must_use]
    pub fn disputed_in(&self, revision: Revision) -> Option<&str> {
        self.disputed
            .as_ref()
            .filter(|disputed| disputed.since.is_none_or(|since| since <= revision))
            .map(|disputed| disputed.text.as_str())
    }

    /// Why no check decides the rule of one that plays `role` in `revision`, as far as the catalogue says so.
    #[must_use]
    pub fn undecided_in(&self, role: Actor, revision: Revision) -> Option<&str> {
        self.undecided.of(role, revision)
    }

    /// Page and anchor of the rule in `revision`, below `/specification/<revision>/`.
    #[must_use]
    pub fn link_in(&self, revision: Revision) -> &str {
        self.earlier.iter().find(|earlier| revision <= earlier.until).map_or(&self.link, |earlier| &earlier.link)
    }

    /// Address of the sentence in the published specification of `revision`.
    #[must_use]
    pub fn url(&self, revision: Revision) -> String {
        let link = self.link_in(revision);
        if link.starts_with("https://") {
            return link.to_owned();
        }
        if revision < Revision::V2025_06_18 && (link == SCHEMA_PAGE || link.starts_with("schema#")) {
            return format!("{SCHEMA_FILES}/{revision}/schema.ts");
        }
        let slash = if link.starts_with('#') { "" } else { "/" };
        format!("{SPECIFICATION}/{revision}{slash}{link}")
    }
}
