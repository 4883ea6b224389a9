//! Taking up contact: what is said first, and what the server says of itself.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::connection::{Connection, Offer, Wire};
use super::heard::Heard;
use crate::fuzz::Act;
use crate::revision::{Era, Revision};
use crate::wire::message::read_shared;
use crate::wire::{Limits, Message};

/// Pages of a list that are turned over.
const MAX_PAGES: usize = 20;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing is there, or it ended.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// It calls itself by another name than before.
    #[error("the server calls itself {now:?} now, no longer {before:?}: it is another")]
    Another {
        /// Its name now.
        now: String,
        /// The name that it had.
        before: String,
    },
    /// It cannot be followed which places of its code it reaches.
    #[error("--coverage: {0}")]
    Unfollowed(String),
    /// It answers, but not as a server of the revision.
    #[error("it does not speak {0}: {1}")]
    Refused(Revision, String),
}

/// The lists: capability, method, member.
const LISTS: [(&str, &str, &str); 4] = [
    ("tools", "tools/list", "tools"),
    ("resources", "resources/list", "resources"),
    ("resources", "resources/templates/list", "resourceTemplates"),
    ("prompts", "prompts/list", "prompts"),
];

impl Connection {
    /// Take up contact as a client of the revision.
    pub(super) async fn open(&mut self, client: usize, startup: Duration) -> Result<(), ConnectError> {
        let Some(mut session) = self.sessions.get(client).cloned() else { return Ok(()) };
        self.open_stream(client, startup).await?;
        let revision = session.revision;
        let (answer, headers) = self.ask(client, &session.first(), startup).await?;
        let Some(result) = answer.result() else {
            let why = answer.error().map_or_else(|| "no answer that is one".to_owned(), Value::to_string);
            return Err(ConnectError::Refused(revision, why));
        };
        let version = match revision.era() {
            Era::Handshake => result.get("protocolVersion").and_then(Value::as_str) == Some(revision.as_str()),
            Era::Stateless => result
                .get("supportedVersions")
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().any(|one| one == revision.as_str())),
        };
        if !version {
            let named = result.get("protocolVersion").or_else(|| result.get("supportedVersions"));
            return Err(ConnectError::Refused(revision, format!("it offers {}", named.unwrap_or(&Value::Null))));
        }
        let info = match revision.era() {
            Era::Handshake => result.get("serverInfo"),
            Era::Stateless => result.get("_meta").and_then(|meta| meta.get("io.modelcontextprotocol/serverInfo")),
        };
        let of = |key: &str| info.and_then(|info| info.get(key)).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{} {}", of("name"), of("version")).trim().to_owned();
        let capabilities = result.get("capabilities").cloned().unwrap_or_default();
        let mut offer = Offer { name, capabilities, version: revision.to_string(), ..(*self.offer).clone() };
        if client > 0 {
            offer = (*self.offer).clone();
        }
        self.offer = Arc::new(offer);
        session.id =
            headers.into_iter().find(|(n, _)| n.eq_ignore_ascii_case("mcp-session-id")).map(|(_, value)| value);
        if let Some(place) = self.sessions.get_mut(client) {
            *place = session.clone();
        }
        if revision.era() == Era::Handshake {
            let ready = session.request("notifications/initialized", None);
            self.tell(client, &ready).await;
        }
        Ok(())
    }

    /// Ask for everything that the server lists.
    pub(super) async fn look_around(&mut self) -> Result<(), ConnectError> {
        let mut offer = (*self.offer).clone();
        for (capability, method, member) in LISTS {
            if offer.capabilities.get(capability).is_none() {
                continue;
            }
            let mut items = Vec::new();
            let mut cursor: Option<Value> = None;
            for _ in 0..MAX_PAGES {
                let params = cursor.take().map(|cursor| serde_json::json!({ "cursor": cursor }));
                let message = self.request(0, method, params);
                let (answer, _) = self.ask(0, &message, self.limit).await?;
                let Some(result) = answer.result() else { break };
                items.extend(result.get(member).and_then(Value::as_array).into_iter().flatten().cloned());
                cursor = result.get("nextCursor").filter(|cursor| cursor.is_string()).cloned();
                if cursor.is_none() {
                    break;
                }
            }
            offer.lists.insert(member, items);
        }
        self.tools = Arc::new(offer.list("tools").to_vec());
        self.offer = Arc::new(offer);
        Ok(())
    }

    /// What another connection has learnt already.
    pub(super) fn knows(&mut self, offer: Arc<Offer>) -> Result<(), ConnectError> {
        if self.offer.name != offer.name {
            return Err(ConnectError::Another { now: self.offer.name.clone(), before: offer.name.clone() });
        }
        self.tools = Arc::new(offer.list("tools").to_vec());
        self.offer = offer;
        Ok(())
    }

    /// Open the event stream of a client and wait for where its messages go, over HTTP+SSE.
    async fn open_stream(&mut self, client: usize, startup: Duration) -> Result<(), ConnectError> {
        let Some(target) = self.streams().map(|streams| streams.target().clone()) else { return Ok(()) };
        let headers = Map::from_iter([
            ("Accept".to_owned(), Value::from("text/event-stream")),
            ("Content-Type".to_owned(), Value::Null),
        ]);
        let act = Act { headers, ..Act::plain(Value::Null) };
        let headers = self.headers(&target, client, &act, &[]).await;
        self.exchanges += 1;
        let exchange = self.exchanges;
        let Wire::Sse(streams) = &mut self.wire else { return Ok(()) };
        streams.open(exchange, headers);
        let until = Instant::now() + startup;
        let unreachable = |why: String| Err(ConnectError::Unreachable(why));
        let mut status = None;
        loop {
            let Ok(Some(batch)) = self.listen(until).await else {
                return unreachable(format!("its event stream names no `endpoint` within {startup:?}"));
            };
            for heard in batch {
                match heard {
                    Heard::Endpoint { exchange: of, address } if of == exchange => {
                        let Wire::Sse(streams) = &mut self.wire else { return Ok(()) };
                        return streams.named(exchange, &address).map_err(ConnectError::Unreachable);
                    }
                    Heard::Head { exchange: of, status: came, .. } if of == exchange => status = Some(came),
                    Heard::Over { exchange: of, failure, .. } if of == exchange => {
                        let status = status.map(|status| format!(" (HTTP status {status})")).unwrap_or_default();
                        let why = failure.unwrap_or_else(|| format!("there is no event stream{status}"));
                        return unreachable(why);
                    }
                    _ => {}
                }
            }
        }
    }

    /// One request, and its answer with the headers that came with it.
    async fn ask(
        &mut self,
        client: usize,
        message: &Value,
        limit: Duration,
    ) -> Result<(Message, Vec<(String, String)>), ConnectError> {
        let number = self.number();
        let id = number.to_string();
        let act = Act::plain(message.clone());
        let exchange = self.send(client, &act, act.bytes(number, &[])).await;
        let until = Instant::now() + limit;
        let (mut headers, mut refused) = (Vec::new(), false);
        let unreachable = |why: String| Err(ConnectError::Unreachable(why));
        loop {
            let batch = match self.listen(until).await {
                Ok(Some(batch)) => batch,
                Ok(None) => return unreachable("the connection is gone".to_owned()),
                Err(_) => return unreachable(format!("no answer to its first requests within {limit:?}")),
            };
            for heard in batch {
                match heard {
                    Heard::Message { exchange: on, bytes } => {
                        let message = read_shared(bytes, &Limits::DEFAULT);
                        if message.shape().is_response() && message.id().is_none_or(|found| found.as_str() == id) {
                            return Ok((message, headers));
                        }
                        let heard = on.and_then(|exchange| self.streams()?.client(exchange));
                        self.answer(heard.unwrap_or(client), &message).await;
                    }
                    Heard::Head { exchange: of, headers: came, status } if Some(of) == exchange => {
                        (headers, refused) = (came, status >= 400);
                        if status == 401 || status == 403 {
                            return unreachable(format!("HTTP status {status}; give a token with --header"));
                        }
                    }
                    // Its answer may still come on an event stream; nothing can when that is over.
                    Heard::Over { exchange: of, failure: None, .. }
                        if Some(of) == exchange && self.streams().is_some() && !refused => {}
                    Heard::Over { exchange: of, failure, .. }
                        if self.streams().is_some_and(|all| all.client(of).is_some()) =>
                    {
                        return unreachable(failure.unwrap_or_else(|| "the event stream ended".to_owned()));
                    }
                    Heard::Over { exchange: of, text, failure } if Some(of) == exchange => {
                        // Over HTTP nothing more can come.
                        let why = failure.unwrap_or_else(|| format!("no message in the response {text:?}"));
                        return unreachable(why);
                    }
                    Heard::Exited(how) => {
                        let words = self.last_words();
                        return unreachable(format!("the process ended ({how}) {}", words.trim()));
                    }
                    Heard::Head { .. } | Heard::Over { .. } | Heard::Endpoint { .. } | Heard::EventId { .. } => {}
                }
            }
        }
    }

    /// Something that is not answered.
    async fn tell(&mut self, client: usize, message: &Value) {
        let act = Act::plain(message.clone());
        let sent = message.to_string().into_bytes();
        let Some(exchange) = self.send(client, &act, sent).await else { return };
        // Over HTTP it must have come before anything else is sent.
        let until = Instant::now() + self.limit;
        while let Ok(Some(batch)) = self.listen(until).await {
            if batch.iter().any(|heard| matches!(heard, Heard::Over { exchange: of, .. } if *of == exchange)) {
                return;
            }
        }
    }
}
