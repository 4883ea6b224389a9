//! The HTTP+SSE transport of 2024-11-05 (basic/transports#http-with-sse): one event stream for all that the server
//! says, and an address, which that stream names first, for all that the client does.

use std::sync::{Mutex, PoisonError};

use url::Url;

use super::actor::Actor;
use super::outgoing::Outgoing;
use super::run::{Run, Stop};
use crate::transcript::SentKind;
use crate::transport::HttpTarget;

/// The two addresses.
#[derive(Debug)]
pub struct Channel {
    events: HttpTarget,
    messages: Mutex<Option<Url>>,
}

impl Channel {
    /// A channel whose event stream is there.
    pub fn new(events: HttpTarget) -> Self {
        Self { events, messages: Mutex::default() }
    }

    /// Where a request with that verb goes: messages to the address that was named.
    pub fn target_for(&self, verb: &str) -> HttpTarget {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut target = self.events.clone();
        if let Some(url) = messages.filter(|_| verb == "POST") {
            target.url = url;
        }
        target
    }

    /// Take the address that the event stream names. It is relative to that of the stream, or absolute; never are
    /// messages, and the user's headers with them, sent to another origin than the one that the user named.
    ///
    /// # Errors
    /// In words, where it is of no use.
    pub fn address(&self, named: &str) -> Result<(), String> {
        let url = self.events.url.join(named).map_err(|e| format!("`endpoint` names no address: {e} ({named:?})"))?;
        if url.origin() != self.events.url.origin() {
            return Err(format!("`endpoint` names an address of another origin, to which nothing is sent: {named:?}"));
        }
        *self.messages.lock().unwrap_or_else(PoisonError::into_inner) = Some(url);
        Ok(())
    }
}

impl Run<'_> {
    /// Open the event stream of an actor and wait for the address.
    pub(super) async fn open_channel(&mut self, actor: &Actor) -> Result<(), Stop> {
        let stream = format!("{}_events", actor.name);
        let get = Outgoing::message(Some(stream.clone()), SentKind::Channel, serde_json::Value::Null);
        actor.send(Outgoing { body: bytes::Bytes::new(), message: None, verb: "GET", ..get }).await;
        let waited_for = "an `endpoint` event".to_owned();
        let found = self.wait_until(&actor.name, Some(&stream), waited_for, None, |index| {
            let status = index.streams.get(&stream)?;
            (status.endpoint.is_some() || status.is_over()).then(|| (status.endpoint.clone(), status.failure.clone()))
        });
        match found.await? {
            (Some(endpoint), _) => actor.address(&endpoint).map_err(Stop::Iut),
            (None, Some(problem)) => Err(Stop::Iut(problem)),
            (None, None) => Err(Stop::Iut("the event stream ended before it named an `endpoint`".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::transport::TlsRoots;

    #[test]
    fn messages_go_to_the_named_address_of_the_same_origin() {
        let target = HttpTarget::new("http://localhost:1/a/sse?key=1", &[], TlsRoots::new(None).unwrap()).unwrap();
        let channel = Channel::new(target);
        for (named, expected) in [
            ("/messages?id=2", "/messages?id=2"),
            ("messages", "/a/messages"),
            ("?id=3", "/a/sse?id=3"),
            ("http://localhost:1/x", "/x"),
        ] {
            channel.address(named).unwrap();
            assert_eq!(channel.target_for("POST").request_target(), expected);
            assert_eq!(channel.target_for("GET").request_target(), "/a/sse?key=1");
        }
        for foreign in ["http://localhost:2/x", "//example.com/x", "https://localhost:1/x", "file:///x"] {
            assert!(channel.address(foreign).is_err(), "{foreign}");
        }
        assert_eq!(channel.target_for("POST").request_target(), "/x", "what was refused changes nothing");
    }
}
