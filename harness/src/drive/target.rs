//! What is driven: a deployment of the IUT over one or both transports.

use std::sync::Arc;

use tokio::sync::Mutex;
use url::Url;

use crate::deployment::Deployment;
use crate::mutate::Mutator;
use crate::scenario::Transport;
use crate::token::SigningKey;
use crate::transport::{Collector, HttpTarget, Publisher, Receivers, Spawn, Starter};

/// A server reached by starting a process.
#[derive(Clone, Debug)]
pub struct StdioTarget {
    /// How to start it.
    pub spawn: Spawn,
    /// What starts one within this program in place of that, if anything.
    pub within: Option<Starter>,
    /// What stands between it and the harness, if anything.
    pub mutator: Option<Arc<Mutator>>,
}

/// What a client of an authorization server has that nobody may see.
#[derive(Clone, Default)]
pub struct Access {
    /// How to sign in: a command that gets the URL where a browser would be sent as its last argument, and prints the URL
    /// where the browser is sent at the end.
    pub sign_in: Option<String>,
    /// The secret of the client that the server knows already.
    pub client_secret: Option<String>,
    /// Somebody whose assertions the server takes.
    pub issuer: Option<Issuer>,
    /// Somebody whose assertions the server takes, by keys that the harness publishes.
    pub played: Option<PlayedIssuer>,
    /// Where the documents of clients are that register nowhere.
    pub publisher: Option<Arc<Publisher>>,
}

/// Somebody whose assertions an authorization server takes, as far as the harness can play that.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Its identifier.
    pub id: String,
    /// Whom it may speak for.
    pub subject: String,
    /// Its key.
    pub key: SigningKey,
}

/// Somebody whose assertions an authorization server takes, and whose metadata and keys the harness publishes.
#[derive(Clone, Debug)]
pub struct PlayedIssuer {
    /// Its identifier, a URL below that of the publisher.
    pub id: String,
    /// The segment of its path that is its own.
    pub name: String,
    /// Whom it may speak for.
    pub subject: String,
    /// Whose turn it is: one case at a time says what it is like.
    pub turn: Arc<Mutex<()>>,
}

impl PlayedIssuer {
    /// The issuer at this URL.
    ///
    /// # Errors
    /// In words, where the path of the URL does not end with a segment of its own.
    pub fn new(id: &str, subject: &str) -> Result<Self, String> {
        let url = Url::parse(id).map_err(|e| format!("`{id}` is no URL: {e}"))?;
        let name = url.path_segments().and_then(|mut all| all.next_back()).unwrap_or_default().to_owned();
        if name.is_empty() || name.starts_with(".well-known") {
            return Err(format!(
                "the path of `{id}` has to end with a name, such as {}/issuer",
                id.trim_end_matches('/')
            ));
        }
        Ok(Self { id: id.to_owned(), name, subject: subject.to_owned(), turn: Arc::default() })
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Access(sign_in: {:?})", self.sign_in)
    }
}

/// The implementation under test, as one or more instances over one or more transports.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// Instances over HTTP.
    pub http: Vec<HttpTarget>,
    /// The same as [`Self::http`] through a gateway, where there is one.
    pub gateway: Option<HttpTarget>,
    /// The router keeps connections to the instances for later requests, as balancers do; else each request has its own, so that an
    /// instance sees what it would see without the router.
    pub pooled: bool,
    /// Instances over HTTP+SSE, by the URL of their event stream; where there are none, those over HTTP may turn out so.
    pub sse: Vec<HttpTarget>,
    /// Over stdio; every actor gets a process of its own.
    pub stdio: Option<StdioTarget>,
    /// The instances as what can be stopped and started again, where the harness started them.
    pub deployment: Option<Arc<Deployment>>,
    /// Where it exports its traces, if it was told to.
    pub collector: Option<Arc<Collector>>,
    /// Where receivers of webhooks are played; without any, each case has a port of this machine.
    pub webhooks: Option<Arc<Receivers>>,
    /// What is needed besides where it is an authorization server.
    pub access: Access,
    /// What reports call it, where URL and command would differ from run to run.
    pub label: Option<String>,
}

impl Target {
    /// The transports it can be reached over.
    pub fn transports(&self) -> Vec<Transport> {
        let mut all = Vec::new();
        if !self.http.is_empty() {
            all.push(Transport::Http);
        }
        if self.stdio.is_some() {
            all.push(Transport::Stdio);
        }
        if !self.sse.is_empty() {
            all.push(Transport::Sse);
        }
        all
    }

    /// For a person: URLs without secrets, or the command.
    pub fn shown(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        let urls = self.http.iter().chain(&self.sse).map(HttpTarget::shown);
        let commands = self.stdio.iter().map(|stdio| stdio.spawn.command.clone());
        urls.chain(commands).collect::<Vec<_>>().join(", ")
    }
}
