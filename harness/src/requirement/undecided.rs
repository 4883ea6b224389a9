//! Why nothing decides a requirement.

use serde::{Deserialize, Serialize};

use super::Actor;
use crate::revision::Revision;

/// Why no check decides a requirement that is observable, at least in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undecided {
    /// Of whom, where a rule for both is decided of the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// First revision in which none does, where that is not the row's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Revision>,
    /// Last revision in which none does, where that is not the row's last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Revision>,
    /// What an honest check would need and cannot have.
    pub why: String,
}

impl Undecided {
    fn holds_for(&self, role: Actor, revision: Revision) -> bool {
        self.actor.is_none_or(|actor| actor == role)
            && self.since.is_none_or(|since| since <= revision)
            && self.until.is_none_or(|until| revision <= until)
    }
}

/// The reasons of a requirement: in YAML one, or a list where actors or revisions differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Reasons(Vec<Undecided>);

impl Reasons {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Undecided> {
        self.0.iter()
    }

    /// The first that holds for one who plays `role` in `revision`.
    pub fn of(&self, role: Actor, revision: Revision) -> Option<&str> {
        self.0.iter().find(|one| one.holds_for(role, revision)).map(|one| one.why.as_str())
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    One(Undecided),
    Several(Vec<Undecided>),
}

impl From<Written> for Reasons {
    fn from(written: Written) -> Self {
        match written {
            Written::One(one) => Self(vec![one]),
            Written::Several(all) => Self(all),
        }
    }
}

impl From<Reasons> for Written {
    fn from(reasons: Reasons) -> Self {
        Self::Several(reasons.0)
    }
}
