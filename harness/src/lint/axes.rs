//! Where something applies: the revisions and transports that the harness can test.

use crate::requirement::{Level, Requirement, Role};
use crate::revision::Revision;
use crate::scenario::Transport;

/// Pairs of revision and transport, and who is tested there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Axes {
    places: Vec<(Revision, Transport)>,
    role: Role,
}

impl Axes {
    /// Everything that can be tested.
    pub fn all(role: Role) -> Self {
        let places = Revision::SUPPORTED
            .iter()
            .flat_map(|revision| Transport::ALL.map(|transport| (*revision, transport)))
            .filter(|(revision, transport)| transport.is_in(*revision));
        Self { places: places.collect(), role }
    }

    /// Who is tested.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Only a span of revisions and one transport, where these are given.
    pub fn narrowed(&self, since: Option<Revision>, until: Option<Revision>, transport: Option<Transport>) -> Self {
        self.keep(|revision, on| {
            since.is_none_or(|since| since <= revision)
                && until.is_none_or(|until| revision <= until)
                && transport.is_none_or(|transport| transport == on)
        })
    }

    /// Only where who is tested can be judged by the requirement.
    pub fn of(&self, row: &Requirement) -> Self {
        // What one side MAY do, the other has to put up with.
        let binds =
            |revision| row.binds(self.role.actor(), revision) || (row.level == Level::May && row.holds_in(revision));
        self.keep(|revision, on| binds(revision) && on.is(row.transport, revision))
    }

    /// What both have.
    pub fn common(&self, other: &Self) -> Self {
        self.keep(|revision, on| other.places.contains(&(revision, on)))
    }

    /// What either has.
    pub fn joined(mut self, other: Self) -> Self {
        self.places.extend(other.places);
        self
    }

    /// None of these.
    pub fn none(&self) -> Self {
        self.keep(|_, _| false)
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether it reaches this transport.
    pub fn reaches(&self, transport: Transport) -> bool {
        self.places.iter().any(|(_, on)| *on == transport)
    }

    /// Whether any revision is of this era.
    pub fn has_era(&self, era: crate::revision::Era) -> bool {
        self.places.iter().any(|(revision, _)| revision.era() == era)
    }

    /// Whether any revision is like that.
    pub fn has(&self, like: impl Fn(Revision) -> bool) -> bool {
        self.places.iter().any(|(revision, _)| like(*revision))
    }

    fn keep(&self, keep: impl Fn(Revision, Transport) -> bool) -> Self {
        let places = self.places.iter().copied().filter(|(revision, transport)| keep(*revision, *transport)).collect();
        Self { places, role: self.role }
    }
}
