//! Messages of HTTP+SSE that reach another instance than the one that holds the client's event stream.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Switch;
use super::core::{Server, lock};
use super::http::reply::{Response, empty, json, plain};
use super::rpc::{self, Failure};
use super::signal::Signal;
use super::store::{LONG, Store};
use crate::revision::Revision;

/// The field with the instance that holds the event stream.
const HOLDER: &str = "holder";

/// What was forwarded and waits to be taken in, by its number.
pub(super) type Forwarded = Mutex<HashMap<u64, oneshot::Sender<(u16, Value)>>>;

fn place(client: &str) -> String {
    format!("client {client}")
}

impl Server {
    fn clients(&self) -> &Store {
        self.part(Switch::SessionOnOneInstance)
    }

    /// Tells the others that the event stream of a client is here.
    pub(super) async fn hold(&self, client: &str) -> Result<(), Failure> {
        Ok(self.clients().set(&place(client), HOLDER, &self.homes.member.to_string(), LONG).await?)
    }

    /// The event stream of a client has ended.
    pub(super) fn let_go(&self, client: &str) {
        let (store, key) = (self.clients().clone(), place(client));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Where it fails the client is found, and then not.
            runtime.spawn(async move { drop(store.remove(&key).await) });
        }
    }

    /// Lets the instance that holds the client's event stream take in its message; `None` if no instance does.
    pub(super) async fn forward(&self, client: &str, body: &[u8]) -> Result<Option<Response>, Failure> {
        let holder = self.clients().field(&place(client), HOLDER).await?;
        let Some(holder) = holder.and_then(|holder| holder.parse().ok()) else { return Ok(None) };
        if !self.clients().lives(holder).await? {
            return Ok(None);
        }
        let Ok(text) = std::str::from_utf8(body) else {
            let refused = rpc::read(body).err().map(|rejected| rejected.response(Revision::V2024_11_05));
            return Ok(Some(json(400, refused.unwrap_or_default().to_string())));
        };
        let (number, (sender, taken)) = (self.homes.next(), oneshot::channel());
        lock(&self.forwarded).insert(number, sender);
        let (from, client, body) = (self.homes.member, client.to_owned(), text.to_owned());
        self.tell(&Signal::Forward { to: holder, from, number, client, body }).await;
        let taken = timeout(self.options.read_deadline, taken).await;
        lock(&self.forwarded).remove(&number);
        Ok(Some(match taken {
            Ok(Ok((202, _))) => empty(202),
            Ok(Ok((status, refusal))) => json(status, refusal.to_string()),
            _ => plain(503, "the instance that holds the event stream of this client does not answer"),
        }))
    }

    /// Takes in a message that another instance forwards.
    pub(super) fn take_in(self: &Arc<Self>, from: u64, number: u64, client: &str, body: String) {
        let (server, connection) = (Arc::clone(self), self.legacy.get(client));
        tokio::spawn(async move {
            let (status, refusal) = match connection {
                Some(connection) => match connection.lock().await.receive(body.as_bytes()).await {
                    Ok(()) => (202, Value::Null),
                    Err(refusal) => (400, refusal),
                },
                None => (404, Value::Null),
            };
            server.tell(&Signal::Forwarded { to: from, number, status, refusal }).await;
        });
    }

    /// A message that was forwarded has been taken in.
    pub(super) fn taken_in(&self, number: u64, status: u16, refusal: Value) {
        if let Some(waiting) = lock(&self.forwarded).remove(&number) {
            // Whoever waited may have given up.
            let _ = waiting.send((status, refusal));
        }
    }
}
