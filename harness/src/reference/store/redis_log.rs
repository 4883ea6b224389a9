//! A log on Redis: a stream whose entries are numbered from 1, and beside it a map of who reads it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::{cmd, pipe};
use tokio::sync::{oneshot, watch};

use super::Done;
use super::log::{Event, MAX_EVENTS, Page};
use super::redis::{Redis, channel, log_key, millis};
use crate::reference::core::lock;

/// The field with the turn of the reader. The instance through which it reads is in the field of that number.
const TURN: &str = "turn";
/// Adds an entry and wakes the reader on another instance.
const APPEND: &str = "redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], '0-*', 'e', ARGV[1]) \
                      redis.call('PEXPIRE', KEYS[1], ARGV[3]) redis.call('PEXPIRE', KEYS[2], ARGV[3]) \
                      local turn = redis.call('HGET', KEYS[2], 'turn') \
                      local reader = turn and redis.call('HGET', KEYS[2], turn) \
                      if reader then redis.call('PUBLISH', ARGV[4] .. reader, ARGV[5]) end";

/// The keys of a log: its entries, and its readers.
pub(super) fn keys(key: &str) -> [String; 2] {
    [log_key("log", key), log_key("readers", key)]
}

/// A log under a key.
#[derive(Debug)]
pub(in crate::reference) struct RedisLog {
    redis: Arc<Redis>,
    key: String,
    life: Duration,
    /// Done when the latest entry is there.
    latest: Mutex<Option<oneshot::Receiver<()>>>,
}

/// What `XRANGE` gives: the id of each entry and its fields.
type Entries = Vec<(String, Vec<String>)>;

impl RedisLog {
    pub(super) fn new(redis: &Arc<Redis>, key: &str, life: Duration) -> Arc<Self> {
        Arc::new(Self { redis: Arc::clone(redis), key: key.to_owned(), life, latest: Mutex::default() })
    }

    /// Adds an entry after those of earlier calls, whether or not anyone waits for that; gives when it is there.
    pub(super) fn offer(self: &Arc<Self>, event: Event) -> oneshot::Receiver<()> {
        let (done, finished) = oneshot::channel();
        let (there, after) = oneshot::channel();
        let before = lock(&self.latest).replace(after);
        let log = Arc::clone(self);
        tokio::spawn(async move {
            if let Some(before) = before {
                // It ends without a word where the runtime ends.
                let _ = before.await;
            }
            log.append(&event).await;
            let _ = there.send(());
            let _ = done.send(());
        });
        finished
    }

    async fn append(&self, event: &Event) {
        let [events, readers] = keys(&self.key);
        let mut command = cmd("EVAL");
        command.arg(APPEND).arg(2).arg(events).arg(readers).arg(event.write()).arg(MAX_EVENTS).arg(millis(self.life));
        command.arg(channel("")).arg(format!("wake {}", self.key));
        // What cannot be kept is lost, as the reader will see: there is nobody to tell.
        let _ = self.redis.ask::<()>("append to a log", &command).await;
        self.redis.hub.wake(&self.key);
    }

    pub(super) async fn end(&self) -> Done<u64> {
        let [events, _] = keys(&self.key);
        let last: Entries =
            self.redis.ask("measure a log", cmd("XREVRANGE").arg(events).arg("+").arg("-").arg("COUNT").arg(1)).await?;
        let Some((id, fields)) = last.into_iter().next() else { return Ok(0) };
        let over = fields.into_iter().nth(1).map(Event::read) == Some(Event::End);
        Ok(position(&id).saturating_sub(u64::from(over)))
    }

    pub(super) async fn read(&self, after: u64, turn: Option<u64>) -> Done<Page> {
        let [events, readers] = keys(&self.key);
        let mut commands = pipe();
        commands.atomic().cmd("HGET").arg(readers).arg(TURN);
        commands.cmd("XRANGE").arg(events).arg(format!("(0-{after}")).arg("+").arg("COUNT").arg(1);
        let (now, entries): (Option<u64>, Entries) = self.redis.all("read a log", &commands).await?;
        let event = |(id, fields): (String, Vec<String>)| {
            let text = fields.into_iter().nth(1).unwrap_or_default();
            (position(&id), Event::read(text))
        };
        Ok(Page { current: turn.is_none() || turn == now, event: entries.into_iter().next().map(event) })
    }

    pub(super) async fn attach(&self, member: u64) -> Done<u64> {
        let [_, readers] = keys(&self.key);
        let turn: u64 = self.redis.ask("read a log", cmd("HINCRBY").arg(&readers).arg(TURN).arg(1)).await?;
        let mut commands = pipe();
        commands.atomic().cmd("HSET").arg(&readers).arg(turn).arg(member).ignore();
        commands.cmd("HDEL").arg(&readers).arg(turn.saturating_sub(1)).ignore();
        commands.cmd("PEXPIRE").arg(&readers).arg(millis(self.life)).ignore();
        // Whoever read it until now looks up.
        let () = self.redis.all("read a log", &commands).await?;
        self.redis.wake(&self.key).await?;
        Ok(turn)
    }

    pub(super) fn detach(&self, turn: u64) {
        let [_, readers] = keys(&self.key);
        let redis = Arc::clone(&self.redis);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // If it fails it looks as if somebody read on, for as long as this instance lives.
            runtime.spawn(async move {
                drop(redis.ask::<()>("leave a log", cmd("HDEL").arg(readers).arg(turn)).await);
            });
        }
    }

    pub(super) async fn reader(&self) -> Done<Option<u64>> {
        let [_, readers] = keys(&self.key);
        let all: BTreeMap<String, u64> = self.redis.ask("find a reader", cmd("HGETALL").arg(readers)).await?;
        Ok(all.get(TURN).and_then(|turn| all.get(&turn.to_string())).copied())
    }

    pub(super) async fn touch(&self) {
        let mut commands = pipe();
        for key in keys(&self.key) {
            commands.cmd("PEXPIRE").arg(key).arg(millis(self.life)).ignore();
        }
        // The next one may do.
        let _ = self.redis.all::<()>("keep a log", &commands).await;
    }

    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.redis.hub.watch(&self.key)
    }
}

/// The number in an id: they are `0-1`, `0-2` and so on.
fn position(id: &str) -> u64 {
    id.split_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
}
