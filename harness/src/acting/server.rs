//! The whole of it for one case: the server, and whoever else the client may have to deal with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use super::front::Front;
use super::ledger::Ledger;
use super::places::Places;
use crate::mutate::{self, Mutator};
use crate::reference::{Options, serve_http};
use crate::revision::Revision;
use crate::scenario::{Mutation, Scenario};
use crate::transcript::{Recorder, What};
use crate::transport::{HttpTarget, TlsRoots};

/// Path of the endpoint, as in the official suite.
const PATH: &str = "/mcp";
/// The MCP server among those that we play.
pub(super) const SERVER: &str = "server";

/// Why there is no server for a client.
#[derive(Debug, thiserror::Error)]
pub enum ActingError {
    /// The operating system gives no port.
    #[error("failed to listen on the loopback interface: {0}")]
    Listen(#[from] std::io::Error),
    /// A rule of the scenario is wrong.
    #[error(transparent)]
    Rule(#[from] mutate::RuleError),
    /// A text of the scenario names somebody who does not play.
    #[error("{0}")]
    Place(String),
    /// An address is of no use.
    #[error("failed to set up the server for the client: {0}")]
    Address(String),
}

/// Those that play for one client, running. They end when dropped, and with them all connections.
#[derive(Debug)]
pub struct ActingServer {
    url: Url,
    /// Applies the rules of the scenario.
    pub mutator: Arc<Mutator>,
    /// What the client is told besides the URL.
    pub context: Map<String, Value>,
    _serving: JoinSet<()>,
}

impl ActingServer {
    /// Start what the scenario wants: all keeps to the specification but for its rules. What the client does is written
    /// into `recorder`.
    ///
    /// # Errors
    /// [`ActingError`] when a rule or the operating system is in the way.
    pub async fn start(scenario: &Scenario, revision: Revision, recorder: Arc<Recorder>) -> Result<Self, ActingError> {
        let mut fronts = BTreeMap::new();
        let mut places = Places::default();
        for party in [SERVER.to_owned()] {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let path = if party == SERVER { PATH } else { "" };
            let url = format!("http://{}{path}", listener.local_addr()?);
            places.add(&party, &url);
            recorder.append(&party, None, What::Opened { target: url, instance: 1 });
            fronts.insert(party, listener);
        }
        let rules = scenario.acting.iter().map(|rule| places.fill(rule)).collect::<Result<Vec<Mutation>, _>>();
        let mutator = Arc::new(Mutator::new(rules.map_err(ActingError::Place)?)?);
        let context = places.fill(&scenario.context).map_err(ActingError::Place)?;
        let ledger = Arc::new(Ledger::new(recorder.clone()));
        ledger.learn_context(&context);
        let mut stage = Stage { mutator, ledger, recorder, exchanges: Arc::default(), serving: JoinSet::new() };
        let server = places.get(SERVER).unwrap_or_default();
        let url = Url::parse(server).map_err(|e| ActingError::Address(format!("{server}: {e}")))?;
        for (party, outside) in fronts {
            let (inside, behind) = listen().await?;
            // Elsewhere there is a server that nobody sends the client to.
            let options = match party.as_str() {
                SERVER => Options { revisions: scenario.spoken_in(revision), converses: true, ..Options::default() },
                _ => Options::default(),
            };
            stage.serving.spawn(async move {
                // Ends only when aborted; a failure shows in what the client gets.
                let _ = serve_http(inside, options).await;
            });
            stage.stand_before(behind, party, outside).await?;
        }
        Ok(Self { url, mutator: stage.mutator, context, _serving: stage.serving })
    }

    /// Where the client is sent.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// What all that play share.
struct Stage {
    mutator: Arc<Mutator>,
    ledger: Arc<Ledger>,
    recorder: Arc<Recorder>,
    exchanges: Arc<AtomicU32>,
    serving: JoinSet<()>,
}

impl Stage {
    /// Before the one at `behind` put the rules, and before these what records.
    async fn stand_before(&mut self, behind: Url, party: String, outside: TcpListener) -> Result<(), ActingError> {
        let (ruled, middle) = listen().await?;
        let rules = self.mutator.clone();
        self.serving.spawn(async move {
            let _ = mutate::http::serve(ruled, behind, rules).await;
        });
        let tls = TlsRoots::new(None).map_err(ActingError::Address)?;
        let upstream = HttpTarget::new(middle.as_str(), &[], tls).map_err(|e| ActingError::Address(e.to_string()))?;
        let front = Front {
            recorder: self.recorder.clone(),
            ledger: self.ledger.clone(),
            party,
            upstream,
            exchanges: self.exchanges.clone(),
        };
        self.serving.spawn(front.serve(outside));
        Ok(())
    }
}

async fn listen() -> Result<(TcpListener, Url), ActingError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let url = Url::parse(&format!("http://{address}{PATH}")).map_err(|e| ActingError::Address(e.to_string()))?;
    Ok((listener, url))
}
