//! The store that processes share: Redis, 7.0 or later.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, Cmd, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError, cmd, pipe};
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::hub::Hub;
use super::{Done, MAX_SIGNALS, Member, StoreError};

/// The beginning of every key and channel.
const PREFIX: &str = "mcp-assay:";
/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// The longest wait for the answer to a command.
const ANSWER: Duration = Duration::from_secs(5);
/// Attempts to connect anew before a command fails.
const RETRIES: usize = 2;
/// An instance that has not said for so long that it lives has died.
const LEASE: Duration = Duration::from_secs(4);
/// How often it says so.
const BEAT: Duration = Duration::from_secs(1);
/// The pause before listening to others begins anew.
const PAUSE: Duration = Duration::from_millis(200);
/// Sets a field only where it has the value that it should have.
const SWAP: &str = "if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end \
                    redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) return 1";

/// A connection to the server, which is renewed when it breaks.
pub(super) struct Redis {
    client: Client,
    connection: ConnectionManager,
    pub(super) hub: Hub,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redis({})", self.client.get_connection_info().addr())
    }
}

/// Takes an instance away.
struct Leave {
    redis: Arc<Redis>,
    number: u64,
    left: CancellationToken,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.left.cancel();
        let (redis, key) = (Arc::clone(&self.redis), alive(self.number));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // If it fails the lease ends it.
            runtime.spawn(async move { drop(redis.ask::<()>("forget an instance", cmd("DEL").arg(key)).await) });
        }
    }
}

/// The full key of a map.
fn map(key: &str) -> String {
    format!("{PREFIX}map:{key}")
}

fn alive(member: u64) -> String {
    format!("{PREFIX}alive:{member}")
}

/// The channel that every instance hears.
fn everyone() -> String {
    format!("{PREFIX}all")
}

/// The channel that one instance hears.
pub(super) fn channel(member: impl std::fmt::Display) -> String {
    format!("{PREFIX}to:{member}")
}

/// A time in milliseconds, at least one: Redis has no shorter life.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::from(u32::MAX))
}

impl Redis {
    pub(super) async fn connect(url: &str) -> Result<Arc<Self>, StoreError> {
        let wrong = |error: RedisError| StoreError::Url { url: url.to_owned(), why: error.to_string() };
        let client = Client::open(url.into_connection_info().map_err(wrong)?).map_err(wrong)?;
        let address = client.get_connection_info().addr().to_string();
        let unreachable = |why: String| StoreError::Unreachable { address: address.clone(), why };
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            .set_number_of_retries(RETRIES);
        let connecting = ConnectionManager::new_with_config(client.clone(), config);
        let connection = match timeout(CONNECT * 2, connecting).await {
            Ok(connection) => connection.map_err(|error| unreachable(error.to_string()))?,
            Err(_) => return Err(unreachable("no answer in time".to_owned())),
        };
        let redis = Arc::new(Self { client, connection, hub: Hub::default() });
        let answered: String =
            redis.ask("answer", &cmd("PING")).await.map_err(|error| unreachable(error.to_string()))?;
        drop(answered);
        Ok(redis)
    }

    /// One command.
    pub(super) async fn ask<T: FromRedisValue>(&self, what: &'static str, command: &Cmd) -> Done<T> {
        let mut connection = self.connection.clone();
        bounded(what, command.query_async(&mut connection)).await
    }

    /// Several commands at once, as one.
    pub(super) async fn all<T: FromRedisValue>(&self, what: &'static str, commands: &Pipeline) -> Done<T> {
        let mut connection = self.connection.clone();
        bounded(what, commands.query_async(&mut connection)).await
    }

    pub(super) async fn join(redis: &Arc<Self>) -> Done<Member> {
        let number: u64 = redis.ask("number an instance", cmd("INCR").arg(format!("{PREFIX}members"))).await?;
        redis.beat(number).await?;
        let (sender, heard) = mpsc::channel(MAX_SIGNALS);
        let left = CancellationToken::new();
        let (ready, listening) = oneshot::channel();
        let (listener, gone) = (Arc::clone(redis), left.clone());
        tokio::spawn(async move { gone.run_until_cancelled(listener.listen(number, sender, ready)).await });
        let (beating, gone) = (Arc::clone(redis), left.clone());
        tokio::spawn(async move {
            let mut beats = interval(BEAT);
            while gone.run_until_cancelled(beats.tick()).await.is_some() {
                // The next one may do.
                let _ = beating.beat(number).await;
            }
        });
        // Nothing that the others say from now on may be missed.
        let unheard = |why: String| StoreError::Failed { what: "let an instance listen", why };
        match timeout(ANSWER, listening).await {
            Ok(Ok(())) => {}
            _ => return Err(unheard("no confirmation in time".to_owned())),
        }
        Ok(Member { number, heard, _leaves: Box::new(Leave { redis: Arc::clone(redis), number, left }) })
    }

    async fn beat(&self, number: u64) -> Done<()> {
        self.ask("keep an instance", cmd("SET").arg(alive(number)).arg(1).arg("PX").arg(millis(LEASE))).await
    }

    /// Passes on what others say, until nobody wants to hear it. A broken connection is made anew.
    async fn listen(&self, number: u64, heard: mpsc::Sender<String>, ready: oneshot::Sender<()>) {
        let mut ready = Some(ready);
        while !heard.is_closed() {
            if let Ok(Ok(mut channels)) = timeout(CONNECT, self.client.get_async_pubsub()).await
                && channels.subscribe(&[everyone(), channel(number)]).await.is_ok()
            {
                if let Some(ready) = ready.take() {
                    // Whoever waited may have given up.
                    let _ = ready.send(());
                }
                let mut messages = channels.into_on_message();
                while let Some(message) = messages.next().await {
                    let Ok(text) = message.get_payload::<String>() else { continue };
                    match text.split_once(' ') {
                        Some(("wake", key)) => self.hub.wake(key),
                        Some((from, text)) if from != number.to_string() => {
                            // Whoever lags so far behind looks again after a while.
                            let _ = heard.try_send(text.to_owned());
                        }
                        _ => {}
                    }
                }
            }
            sleep(PAUSE).await;
        }
    }

    pub(super) async fn lives(&self, member: u64) -> Done<bool> {
        self.ask("find an instance", cmd("EXISTS").arg(alive(member))).await
    }

    pub(super) async fn signal(&self, from: u64, text: &str) -> Done<()> {
        self.ask("send a signal", cmd("PUBLISH").arg(everyone()).arg(format!("{from} {text}"))).await
    }

    pub(super) async fn fields(&self, key: &str) -> Done<BTreeMap<String, String>> {
        self.ask("read a map", cmd("HGETALL").arg(map(key))).await
    }

    pub(super) async fn field(&self, key: &str, field: &str) -> Done<Option<String>> {
        self.ask("read a field", cmd("HGET").arg(map(key)).arg(field)).await
    }

    pub(super) async fn size(&self, key: &str) -> Done<usize> {
        self.ask("measure a map", cmd("HLEN").arg(map(key))).await
    }

    pub(super) async fn set(&self, key: &str, field: &str, value: &str, life: Duration) -> Done<()> {
        let mut commands = pipe();
        commands.atomic().cmd("HSET").arg(map(key)).arg(field).arg(value).ignore();
        self.all("set a field", expiring(&mut commands, key, life)).await
    }

    pub(super) async fn add(&self, key: &str, field: &str, value: &str, life: Duration) -> Done<bool> {
        let mut commands = pipe();
        commands.atomic().cmd("HSETNX").arg(map(key)).arg(field).arg(value);
        let (added,) = self.all("add a field", expiring(&mut commands, key, life)).await?;
        Ok(added)
    }

    pub(super) async fn swap(&self, key: &str, field: &str, old: &str, new: &str) -> Done<bool> {
        let mut command = cmd("EVAL");
        command.arg(SWAP).arg(1).arg(map(key)).arg(field).arg(old).arg(new);
        self.ask("change a field", &command).await
    }

    pub(super) async fn count(&self, key: &str, field: &str, by: u64, life: Duration) -> Done<u64> {
        let mut commands = pipe();
        commands.atomic().cmd("HINCRBY").arg(map(key)).arg(field).arg(by);
        let (sum,) = self.all("count", expiring(&mut commands, key, life)).await?;
        Ok(sum)
    }

    pub(super) async fn unset(&self, key: &str, field: &str) -> Done<bool> {
        self.ask("remove a field", cmd("HDEL").arg(map(key)).arg(field)).await
    }

    pub(super) async fn remove(&self, key: &str) -> Done<bool> {
        self.ask("remove a map", cmd("DEL").arg(map(key))).await
    }

    pub(super) async fn touch(&self, key: &str, life: Duration) -> Done<()> {
        self.ask("keep a map", cmd("PEXPIRE").arg(map(key)).arg(millis(life))).await
    }

    pub(super) async fn remove_log(&self, key: &str) -> Done<()> {
        let [events, readers] = super::redis_log::keys(key);
        self.ask("remove a log", cmd("DEL").arg(events).arg(readers)).await
    }

    pub(super) async fn wake(&self, key: &str) -> Done<()> {
        self.ask("wake others", cmd("PUBLISH").arg(everyone()).arg(format!("wake {key}"))).await
    }
}

fn expiring<'p>(commands: &'p mut Pipeline, key: &str, life: Duration) -> &'p Pipeline {
    commands.cmd("PEXPIRE").arg(map(key)).arg(millis(life)).ignore()
}

/// The beginning of every key of a log.
pub(super) fn log_key(part: &str, key: &str) -> String {
    format!("{PREFIX}{part}:{key}")
}

async fn bounded<T>(what: &'static str, asked: impl Future<Output = Result<T, RedisError>>) -> Done<T> {
    match timeout(ANSWER, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(StoreError::Failed { what, why: error.to_string() }),
        Err(_) => Err(StoreError::Failed { what, why: format!("no answer within {ANSWER:?}") }),
    }
}
