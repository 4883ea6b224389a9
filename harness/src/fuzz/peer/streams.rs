//! Clients of a server over HTTP+SSE: each has an event stream on which everything comes, which names where its messages go.

use bytes::Bytes;
use std::time::Duration;
use tokio::sync::mpsc;

use super::heard::Heard;
use super::http::{Answers, Http, Request};
use crate::action::Chunks;
use crate::drive::Channel;
use crate::transport::HttpTarget;

/// All clients of one server.
#[derive(Debug)]
pub struct Streams {
    target: HttpTarget,
    heard: mpsc::Sender<Vec<Heard>>,
    limit: Duration,
    clients: Vec<Client>,
}

#[derive(Debug)]
struct Client {
    /// The exchange that is its event stream, which ends when this is dropped.
    exchange: u64,
    _events: Http,
    messages: Option<Http>,
}

impl Streams {
    /// None yet, of the server whose event stream is there. An exchange with a message that is not over after `limit` is given up.
    pub fn new(target: HttpTarget, heard: mpsc::Sender<Vec<Heard>>, limit: Duration) -> Self {
        Self { target, heard, limit, clients: Vec::new() }
    }

    /// Where the event stream is.
    pub fn target(&self) -> &HttpTarget {
        &self.target
    }

    /// One client more, whose event stream is this exchange.
    pub fn open(&mut self, exchange: u64, headers: Vec<(String, String)>) {
        let events = Http::new(self.target.clone(), Answers::Stream, self.heard.clone(), self.limit);
        events.send(Request {
            exchange,
            verb: "GET".to_owned(),
            headers,
            body: Bytes::new(),
            chunks: Chunks::default(),
        });
        self.clients.push(Client { exchange, _events: events, messages: None });
    }

    /// The event stream of this exchange says where messages go.
    ///
    /// # Errors
    /// In words, where that is of no use.
    pub fn named(&mut self, exchange: u64, address: &str) -> Result<(), String> {
        let channel = Channel::new(self.target.clone());
        channel.address(address)?;
        let http = Http::new(channel.target_for("POST"), Answers::Elsewhere, self.heard.clone(), self.limit);
        if let Some(client) = self.clients.iter_mut().find(|client| client.exchange == exchange) {
            client.messages = Some(http);
        }
        Ok(())
    }

    /// What the messages of a client go to: where it has no event stream, to what those of the first do.
    pub fn of(&self, client: usize) -> Option<&Http> {
        self.clients.get(client).or_else(|| self.clients.first())?.messages.as_ref()
    }

    /// The client whose event stream this exchange is.
    pub fn client(&self, exchange: u64) -> Option<usize> {
        self.clients.iter().position(|client| client.exchange == exchange)
    }

    /// Whether this exchange is the event stream of another client than this one.
    pub fn is_of_another(&self, exchange: u64, client: usize) -> bool {
        let own = if client < self.clients.len() { client } else { 0 };
        self.client(exchange).is_some_and(|heard| heard != own)
    }
}
