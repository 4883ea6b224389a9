//! The event streams of a session: which there are, and which of them hears what belongs to no request.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::event_log::{EventLog, Place};
use super::session::Session;
use super::store::{Event, LONG, StoreError};

/// The map of sessions that have a stream for messages that belong to no request.
pub(super) const LISTENING: &str = "listening";
/// Streams kept in one session for resuming.
const MAX_STREAMS: usize = 64;

/// A stream in the list of a session.
struct Listed {
    since: u64,
    listens: bool,
    log: Arc<EventLog>,
}

impl Session {
    pub(super) fn streams_key(&self) -> String {
        format!("streams {}", self.id)
    }

    /// The log of a new stream; its name is unique among all instances. `always` makes it a stream even where the response
    /// is all there is to say.
    pub(super) fn new_stream(&self, always: bool) -> Arc<EventLog> {
        let name = format!("{}.{}", self.homes.member, self.homes.next());
        EventLog::new(self.place(name), always)
    }

    fn place(&self, name: String) -> Place {
        let key = format!("{} {name}", self.id);
        // It must outlive the session: its positions never begin again.
        Place { name, key, store: self.homes.events.clone(), life: self.homes.idle * 2, member: self.homes.member }
    }

    /// Keeps a stream so that it can be resumed. The oldest one that nobody reads makes room.
    pub(super) async fn keep(&self, log: &EventLog, listens: bool) -> Result<(), StoreError> {
        let (key, home) = (self.streams_key(), &self.homes.events);
        if home.size(&key).await? >= MAX_STREAMS {
            let all = self.listed().await?;
            let mut gone = all.first();
            for old in &all {
                if !self.is_read(&old.log).await? {
                    gone = Some(old);
                    break;
                }
            }
            if let Some(gone) = gone {
                home.unset(&key, &gone.log.place.name).await?;
                home.remove_log(&gone.log.place.key).await?;
            }
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let entry = format!("{now} {}", if listens { "listens" } else { "answers" });
        home.set(&key, &log.place.name, &entry, self.homes.idle).await
    }

    /// Opens a stream for messages that belong to no request.
    pub(super) async fn listen(&self) -> Result<Arc<EventLog>, StoreError> {
        let log = self.new_stream(true);
        self.keep(&log, true).await?;
        self.homes.events.set(LISTENING, &self.id, "", LONG).await?;
        Ok(log)
    }

    /// The kept stream of this name.
    pub(super) async fn stream(&self, name: &str) -> Result<Option<Arc<EventLog>>, StoreError> {
        let known = self.homes.events.field(&self.streams_key(), name).await?;
        Ok(known.map(|_| EventLog::new(self.place(name.to_owned()), true)))
    }

    /// All kept streams, oldest first.
    pub(super) async fn streams(&self) -> Result<Vec<Arc<EventLog>>, StoreError> {
        Ok(self.listed().await?.into_iter().map(|listed| listed.log).collect())
    }

    /// Sends a message that belongs to no request: on one listening stream, or on all (`everywhere`, a defect).
    pub(super) async fn notify(&self, message: &Value, everywhere: bool) {
        if let Some(line) = &self.line {
            // A closed pipe ends the connection elsewhere.
            let _ = line.send(message.to_string()).await;
            return;
        }
        // Nobody waits for it; where the store fails it is lost.
        let _ = self.try_notify(message, everywhere).await;
    }

    async fn try_notify(&self, message: &Value, everywhere: bool) -> Result<(), StoreError> {
        let listeners = self.listeners().await?;
        if everywhere {
            for log in &listeners {
                log.push(Event::Message(message.to_string())).await;
            }
            return Ok(());
        }
        let mut chosen = listeners.last();
        for log in listeners.iter().rev() {
            let here = !self.homes.deaf || log.reader_member().await? == Some(self.homes.member);
            if here && self.is_read(log).await? {
                chosen = Some(log);
                break;
            }
        }
        if self.homes.deaf
            && let Some(log) = chosen
            && log.reader_member().await? != Some(self.homes.member)
        {
            return Ok(());
        }
        if let Some(log) = chosen {
            log.push(Event::Message(message.to_string())).await;
        }
        Ok(())
    }

    /// Ends the connections, not the streams, on which the client listens; it should come back after so many milliseconds.
    pub(super) async fn hang_up(&self, retry: u64) -> Result<(), StoreError> {
        for log in self.listeners().await? {
            if self.is_read(&log).await? {
                log.push(Event::HangUp(retry)).await;
            }
        }
        Ok(())
    }

    /// Ends the streams on which the client listens, and forgets all of them. Whoever reads one sees its end.
    pub(super) async fn end_streams(&self) -> Result<(), StoreError> {
        for listed in self.listed().await? {
            if listed.listens {
                listed.log.finish(None).await;
            } else if !self.is_read(&listed.log).await? {
                self.homes.events.remove_log(&listed.log.place.key).await?;
            }
        }
        self.homes.events.remove(&self.streams_key()).await.map(drop)
    }

    async fn listeners(&self) -> Result<Vec<Arc<EventLog>>, StoreError> {
        Ok(self.listed().await?.into_iter().filter(|listed| listed.listens).map(|listed| listed.log).collect())
    }

    async fn listed(&self) -> Result<Vec<Listed>, StoreError> {
        let entries = self.homes.events.fields(&self.streams_key()).await?;
        let listed = |(name, entry): (String, String)| {
            let (since, kind) = entry.split_once(' ')?;
            let log = EventLog::new(self.place(name), true);
            Some(Listed { since: since.parse().ok()?, listens: kind == "listens", log })
        };
        let mut all: Vec<Listed> = entries.into_iter().filter_map(listed).collect();
        all.sort_by_key(|listed| listed.since);
        Ok(all)
    }

    /// Whether someone is reading it, through an instance that lives.
    async fn is_read(&self, log: &EventLog) -> Result<bool, StoreError> {
        match log.reader_member().await? {
            Some(member) => self.homes.lives(member).await,
            None => Ok(false),
        }
    }
}
