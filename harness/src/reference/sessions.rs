//! The sessions of a server, of which the other instances that share its store know too.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use super::core::lock;
use super::session::{AGREED, Homes, Session, record};
use super::signal::Signal;
use super::store::{LONG, StoreError};
use super::streams::LISTENING;

/// The map of all sessions and when each was last used.
const INDEX: &str = "sessions";
/// The field of a record with the subject whose session it is.
const OWNER: &str = "owner";

/// The sessions of a server.
#[derive(Debug)]
pub(super) struct Sessions {
    /// Those that this instance has met.
    here: Mutex<HashMap<String, Arc<Session>>>,
    /// Those that a defective instance ended for itself alone.
    ended_here: Mutex<BTreeSet<String>>,
    max: usize,
    pub(super) homes: Homes,
}

impl Sessions {
    pub(super) fn new(max: usize, homes: Homes) -> Self {
        Self { here: Mutex::default(), ended_here: Mutex::default(), max: max.max(1), homes }
    }

    /// Adds a session; those idle too long go, and the longest idle one if there are still too many.
    pub(super) async fn add(&self, session: &Arc<Session>) -> Result<(), StoreError> {
        if session.line.is_none() {
            self.make_room().await?;
            session.save().await?;
            self.touch(session).await?;
        }
        self.meet(session);
        Ok(())
    }

    /// The session with this id, if it lives.
    pub(super) async fn get(&self, id: &str) -> Result<Option<Arc<Session>>, StoreError> {
        let session = self.find(id).await?;
        if let Some(session) = &session {
            self.touch(session).await?;
        }
        Ok(session)
    }

    /// The session with this id as far as it is known here.
    pub(super) fn met(&self, id: &str) -> Option<Arc<Session>> {
        lock(&self.here).get(id).cloned()
    }

    /// Those that this instance has met.
    pub(super) fn here(&self) -> Vec<Arc<Session>> {
        lock(&self.here).values().cloned().collect()
    }

    /// Ends a session, on all instances; false if there is none.
    pub(super) async fn remove(&self, id: &str) -> Result<bool, StoreError> {
        let Some(session) = self.find(id).await? else { return Ok(false) };
        let there = session.erase().await?;
        self.homes.session.unset(INDEX, id).await?;
        self.close(id);
        let ended = Signal::Ended { session: id.to_owned() };
        self.homes.session.signal(self.homes.member, &ended.write()).await?;
        Ok(there)
    }

    /// Ends a session for this instance alone.
    pub(super) fn remove_here(&self, id: &str) {
        lock(&self.ended_here).insert(id.to_owned());
        self.close(id);
    }

    /// Ends the work of this instance in a session.
    pub(super) fn close(&self, id: &str) {
        if let Some(session) = lock(&self.here).remove(id) {
            session.close();
        }
    }

    /// Every session of Streamable HTTP, on any instance.
    pub(super) async fn all(&self) -> Result<Vec<Arc<Session>>, StoreError> {
        let mut all = Vec::new();
        for id in self.homes.session.fields(INDEX).await?.into_keys() {
            all.extend(self.find(&id).await?);
        }
        Ok(all)
    }

    /// Those of them that have a stream for messages that belong to no request.
    pub(super) async fn listening(&self) -> Result<Vec<Arc<Session>>, StoreError> {
        let mut all = Vec::new();
        for id in self.homes.events.fields(LISTENING).await?.into_keys() {
            match self.find(&id).await? {
                Some(session) => all.push(session),
                None => drop(self.homes.events.unset(LISTENING, &id).await?),
            }
        }
        Ok(all)
    }

    /// The sessions that are a connection of this instance.
    pub(super) fn lines(&self) -> Vec<Arc<Session>> {
        lock(&self.here).values().filter(|session| session.line.is_some()).cloned().collect()
    }

    /// Notes whose session it is.
    pub(super) async fn own(&self, id: &str, subject: &str) -> Result<(), StoreError> {
        self.homes.session.set(&record(id), OWNER, subject, self.homes.idle).await
    }

    /// Whose session it is.
    pub(super) async fn owner(&self, id: &str) -> Result<Option<String>, StoreError> {
        self.homes.session.field(&record(id), OWNER).await
    }

    async fn find(&self, id: &str) -> Result<Option<Arc<Session>>, StoreError> {
        if lock(&self.ended_here).contains(id) {
            return Ok(None);
        }
        let Some(agreed) = self.homes.session.field(&record(id), AGREED).await? else {
            self.close(id);
            return Ok(None);
        };
        if let Some(session) = self.met(id) {
            return Ok(Some(session));
        }
        let restored = Session::restored(id, &agreed, self.homes.clone());
        Ok(restored.map(|session| self.meet(&session)))
    }

    /// Remembers a session; the one that is remembered already if another request was quicker.
    fn meet(&self, session: &Arc<Session>) -> Arc<Session> {
        let mut here = lock(&self.here);
        if here.len() >= self.max {
            // Nobody is at work in these.
            here.retain(|_, session| session.line.is_some() || Arc::strong_count(session) > 1);
        }
        Arc::clone(here.entry(session.id.clone()).or_insert_with(|| Arc::clone(session)))
    }

    async fn touch(&self, session: &Session) -> Result<(), StoreError> {
        if session.touch().await? {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
            self.homes.session.set(INDEX, &session.id, &now.to_string(), LONG).await?;
        }
        Ok(())
    }

    async fn make_room(&self) -> Result<(), StoreError> {
        if self.homes.session.size(INDEX).await? < self.max {
            return Ok(());
        }
        let all = self.homes.session.fields(INDEX).await?;
        let mut all: Vec<(u64, String)> =
            all.into_iter().map(|(id, used)| (used.parse().unwrap_or_default(), id)).collect();
        all.sort();
        let surplus = (all.len() + 1).saturating_sub(self.max);
        for (_, id) in all.into_iter().take(surplus) {
            if !self.remove(&id).await? {
                self.homes.session.unset(INDEX, &id).await?;
            }
        }
        Ok(())
    }
}
