//! What is fuzzed: a server that can be reached again and again.

use std::sync::Arc;
use std::time::Duration;

use super::connection::{Connection, Offer, Wire};
use super::contact::ConnectError;
use super::http::{Answers, Http};
use super::process::Process;
use super::session::Session;
use super::starts::Starts;
use super::streams::Streams;
use crate::action::Act as Operation;
use crate::drive;
use crate::fuzz::Case;
use crate::revision::Revision;
use crate::scenario::Transport;
use crate::token::Kind;
use crate::transport::{HttpTarget, is_loopback};

/// Clients that a case may have.
const CLIENTS: usize = 2;

/// A server in one revision over one transport.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it is.
    pub target: drive::Target,
    /// Over what.
    pub transport: Transport,
    /// In which revision.
    pub revision: Revision,
    /// How long a process may take to its first answer.
    pub startup: Duration,
    /// Longest wait for an answer.
    pub limit: Duration,
    /// Its instances are said to share what they know: any client may use any of them.
    pub shared: bool,
    /// Its clients can be asked what the revision knows (up to 2025-11-25).
    pub able: bool,
    /// No other can be had beside it.
    pub single: bool,
    /// Others of it that are being started.
    pub starts: Arc<Starts>,
}

impl Peer {
    /// Take up contact: a process of its own over stdio, a session of its own over HTTP. What the server offers is asked for,
    /// unless it is known.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(&self, known: Option<Arc<Offer>>) -> Result<Connection, ConnectError> {
        match self.transport {
            Transport::Stdio => self.starts.one(self.reach(known)).await,
            Transport::Http | Transport::Sse => self.reach(known).await,
        }
    }

    async fn reach(&self, known: Option<Arc<Offer>>) -> Result<Connection, ConnectError> {
        let unreachable = |why: String| ConnectError::Unreachable(why);
        let (sender, heard) = Connection::channel();
        let wire = match self.transport {
            Transport::Stdio => {
                let stdio = self.target.stdio.as_ref().ok_or_else(|| unreachable("no command starts it".to_owned()))?;
                Wire::Process(Process::start(&stdio.spawn, sender).map_err(|e| unreachable(e.to_string()))?)
            }
            Transport::Http | Transport::Sse => match (self.urls(), self.transport) {
                ([], _) => return Err(unreachable("it has no URL".to_owned())),
                ([first, ..], Transport::Sse) => Wire::Sse(Streams::new(first.clone(), sender, self.limit)),
                (all, _) => {
                    let one = |http: &HttpTarget| Http::new(http.clone(), Answers::Here, sender.clone(), self.limit);
                    Wire::Http(all.iter().map(one).collect())
                }
            },
        };
        let mut connection = Connection::new(wire, heard, self);
        if connection.is_http() {
            connection.deployment.clone_from(&self.target.deployment);
        }
        if self.able {
            connection.can_be_asked();
        }
        connection.open(0, self.startup).await?;
        match known {
            Some(offer) => connection.knows(offer)?,
            None => connection.look_around().await?,
        }
        Ok(connection)
    }

    /// The same, whose clients can be asked things where one of these cases wants that.
    pub fn for_cases<'c>(&self, cases: impl IntoIterator<Item = &'c Case>) -> Self {
        Self { able: cases.into_iter().any(|case| case.asked.is_some()), ..self.clone() }
    }

    /// The instances of it that are reached by a URL. One over Streamable HTTP may turn out to be of HTTP+SSE.
    pub fn urls(&self) -> &[HttpTarget] {
        let target = &self.target;
        if self.transport == Transport::Sse && !target.sse.is_empty() { &target.sse } else { &target.http }
    }

    /// As [`Self::connect`], with further clients beside the first, each with a session of its own, at the next instance, and as another
    /// user where we can be one. Over stdio there is but one.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect_all(&self, clients: usize, known: Option<Arc<Offer>>) -> Result<Connection, ConnectError> {
        let mut connection = self.connect(known).await?;
        if connection.is_http() {
            for client in 1..clients {
                let home = client % connection.instances();
                let session = Session::new(self.revision, home);
                connection.sessions.push(Session { stranger: self.has_stranger(), able: self.able, ..session });
                connection.open(client, self.startup).await?;
            }
        }
        Ok(connection)
    }

    /// Whether we can be another user.
    fn has_stranger(&self) -> bool {
        self.urls().first().is_some_and(|http| http.protected && http.wallet.kinds().contains(&Kind::OtherUser))
    }

    /// Whether an instance can be ended and started again, and whoever asks for it is known.
    pub fn has_control(&self) -> bool {
        // An event stream ends with its instance.
        self.transport == Transport::Http
            && self.target.deployment.as_ref().is_some_and(|deployment| !deployment.is_behind_a_balancer())
    }

    /// As [`Self::connect_all`], for everything that a case may ask for, as far as the server lets us.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect_for_cases(&self, known: Option<Arc<Offer>>) -> Result<Connection, ConnectError> {
        match self.connect_all(CLIENTS, known.clone()).await {
            Ok(connection) => Ok(connection),
            Err(_) => self.connect(known).await,
        }
    }

    /// Whether there can be others beside it that know nothing of it. Over stdio each connection has a process of its own anyway.
    pub fn has_others(&self) -> bool {
        let target = &self.target;
        let of_many = || target.deployment.as_ref().is_some_and(|deployment| deployment.is_one_of_many());
        // A token may be for the one URL alone.
        let is_free = || matches!(target.http.as_slice(), [http] if target.sse.is_empty() && !http.protected);
        self.transport == Transport::Stdio || !self.single && is_free() && of_many()
    }

    /// Another one beside it; itself where there is none, or needs none.
    ///
    /// # Errors
    /// [`ConnectError`], when it does not start.
    pub async fn another(&self) -> Result<Self, ConnectError> {
        let unreachable = |why: &dyn std::fmt::Display| ConnectError::Unreachable(why.to_string());
        let mut other = self.clone();
        if let (Some(deployment), [http]) = (&self.target.deployment, other.target.http.as_mut_slice())
            && self.transport != Transport::Stdio
            && self.has_others()
        {
            let started = self.starts.one(deployment.another()).await.map_err(|e| unreachable(&e))?;
            for url in started.urls() {
                http.url = url.parse().map_err(|e: url::ParseError| unreachable(&e))?;
            }
            other.target.deployment = Some(Arc::new(started));
        }
        Ok(other)
    }

    /// Start it anew where we have started it, so that nothing is left of what was. False where that cannot be done.
    pub async fn renew(&self) -> bool {
        match (&self.target.deployment, self.transport) {
            // Every connection has a process of its own.
            (_, Transport::Stdio) => true,
            (Some(deployment), _) => {
                for number in 1..=self.target.http.len() {
                    if deployment.operate(number, Operation::Kill).await.is_err() {
                        return false;
                    }
                }
                deployment.mend().await.is_ok()
            }
            (None, _) => false,
        }
    }

    /// The process group of the server over HTTP, where we have started it.
    pub async fn group(&self) -> Option<i32> {
        match &self.target.deployment {
            Some(deployment) => deployment.group(1).await,
            None => None,
        }
    }

    /// Whether it is on this machine.
    pub fn is_here(&self) -> bool {
        self.transport == Transport::Stdio || self.urls().iter().all(|http| is_loopback(&http.url))
    }

    /// Revision and transport, as `2025-11-25,stdio`.
    pub fn axis(&self) -> String {
        format!("{},{}", self.revision, self.transport.as_str())
    }
}
