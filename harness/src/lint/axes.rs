//! Where something applies: the revisions and transports that the harness can test.

use crate::requirement::{Actor, Level, Requirement};
use crate::revision::Revision;
use crate::scenario::Transport;

/// Pairs of revision and transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Axes(Vec<(Revision, Transport)>);

impl Axes {
    /// Everything that can be tested.
    pub fn all() -> Self {
        Self(
            Revision::SUPPORTED
                .iter()
                .flat_map(|revision| Transport::ALL.map(|transport| (*revision, transport)))
                .filter(|(revision, transport)| transport.is_in(*revision))
                .collect(),
        )
    }

    /// Only a span of revisions and one transport, where these are given.
    pub fn narrowed(&self, since: Option<Revision>, until: Option<Revision>, transport: Option<Transport>) -> Self {
        self.keep(|revision, on| {
            since.is_none_or(|since| since <= revision)
                && until.is_none_or(|until| revision <= until)
                && transport.is_none_or(|transport| transport == on)
        })
    }

    /// Only where a server can be judged by the requirement.
    pub fn of(&self, row: &Requirement) -> Self {
        // What a client MAY do, a server has to put up with.
        let binds =
            |revision| row.binds(Actor::Server, revision) || (row.level == Level::May && row.holds_in(revision));
        self.keep(|revision, on| binds(revision) && on.is(row.transport, revision))
    }

    /// What both have.
    pub fn common(&self, other: &Self) -> Self {
        self.keep(|revision, on| other.0.contains(&(revision, on)))
    }

    /// What either has.
    pub fn joined(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// None at all.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it reaches this transport.
    pub fn reaches(&self, transport: Transport) -> bool {
        self.0.iter().any(|(_, on)| *on == transport)
    }

    /// Whether any revision is of this era.
    pub fn has_era(&self, era: crate::revision::Era) -> bool {
        self.0.iter().any(|(revision, _)| revision.era() == era)
    }

    /// Whether any revision is like that.
    pub fn has(&self, like: impl Fn(Revision) -> bool) -> bool {
        self.0.iter().any(|(revision, _)| like(*revision))
    }

    fn keep(&self, keep: impl Fn(Revision, Transport) -> bool) -> Self {
        Self(self.0.iter().copied().filter(|(revision, transport)| keep(*revision, *transport)).collect())
    }
}
