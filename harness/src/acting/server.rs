//! The whole of it for one case.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use super::front::Front;
use crate::mutate::{self, Mutator};
use crate::reference::{Options, serve_http};
use crate::scenario::Mutation;
use crate::transcript::Recorder;
use crate::transport::{HttpTarget, TlsRoots};

/// Path of the endpoint, as in the official suite.
const PATH: &str = "/mcp";

/// Why there is no server for a client.
#[derive(Debug, thiserror::Error)]
pub enum ActingError {
    /// The operating system gives no port.
    #[error("failed to listen on the loopback interface: {0}")]
    Listen(#[from] std::io::Error),
    /// A rule of the scenario is wrong.
    #[error(transparent)]
    Rule(#[from] mutate::RuleError),
    /// An address is of no use.
    #[error("failed to set up the server for the client: {0}")]
    Address(String),
}

/// A running server. It ends when dropped, and with it all connections.
#[derive(Debug)]
pub struct ActingServer {
    url: Url,
    /// Applies the rules of the scenario.
    pub mutator: Arc<Mutator>,
    _serving: JoinSet<()>,
}

impl ActingServer {
    /// Start one that keeps to the specification but for `rules`, and writes into `recorder` what a client does.
    ///
    /// # Errors
    /// [`ActingError`] when a rule or the operating system is in the way.
    pub async fn start(rules: Vec<Mutation>, options: Options, recorder: Arc<Recorder>) -> Result<Self, ActingError> {
        let mutator = Arc::new(Mutator::new(rules)?);
        let mut serving = JoinSet::new();
        let options = Options { converses: true, ..options };
        let (conforming, behind) = listen().await?;
        serving.spawn(async move {
            // Ends only when aborted; a failure shows in what the client gets.
            let _ = serve_http(conforming, options).await;
        });
        let (ruled, middle) = listen().await?;
        let rules = mutator.clone();
        serving.spawn(async move {
            let _ = mutate::http::serve(ruled, behind, rules).await;
        });
        let (outside, url) = listen().await?;
        let tls = TlsRoots::new(None).map_err(ActingError::Address)?;
        let upstream = HttpTarget::new(middle.as_str(), &[], tls).map_err(|e| ActingError::Address(e.to_string()))?;
        serving.spawn(Front::new(recorder, upstream).serve(outside));
        Ok(Self { url, mutator, _serving: serving })
    }

    /// Where the client is sent.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

async fn listen() -> Result<(TcpListener, Url), ActingError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let url = Url::parse(&format!("http://{address}{PATH}")).map_err(|e| ActingError::Address(e.to_string()))?;
    Ok((listener, url))
}
