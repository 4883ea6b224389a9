//! The whole of it for one case: the server, and whoever else the client may have to deal with.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::authorization::{self, AUTHORIZATION};
use super::delivering::Deliverer;
use super::documents::documents;
use super::doors::{Beyond, Door, doors};
use super::front::{Beside, Front};
use super::ledger::Ledger;
use super::places::Places;
use crate::authserver::{self, AuthServer};
use crate::mutate::{self, Mutator};
use crate::oauth::{Endpoints, Settings};
use crate::reference::{Options, serve_http};
use crate::revision::Revision;
use crate::scenario::{Mutation, Scenario};
use crate::transcript::{Recorder, What};
use crate::transport::{HttpTarget, TlsRoots};

/// Path of the endpoint, as in the official suite.
pub(super) const PATH: &str = "/mcp";
/// The MCP server among those that we play.
pub(super) const SERVER: &str = "server";
/// Of whoever plays: the URL with capital letters, which is the same URL.
const CAPITALS: &str = "capitals";
/// Of whoever plays: the URL without its path.
const ORIGIN: &str = "origin";
/// Where its metadata as a resource are.
const RESOURCE_METADATA: &str = "server.resource_metadata";
/// A server that nobody has a reason to send anything to; it is there wherever there are secrets.
const ELSEWHERE: &str = "elsewhere";
/// The same by another host name than that of the others.
const ELSEWHERE_BY_NAME: &str = "elsewhere.by_name";

/// Why there is no server for a client.
#[derive(Debug, thiserror::Error)]
pub enum ActingError {
    /// The operating system gives no port.
    #[error("failed to listen on the loopback interface: {0}")]
    Listen(#[from] std::io::Error),
    /// A rule of the scenario is wrong.
    #[error(transparent)]
    Rule(#[from] mutate::RuleError),
    /// The settings of an authorization server.
    #[error("failed to set up the authorization server: {0}")]
    Authorization(String),
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
    origins: Vec<Url>,
    stand_ins: BTreeMap<String, SocketAddr>,
    _serving: JoinSet<()>,
}

impl ActingServer {
    /// Start what the scenario wants: all keeps to the specification but for its rules. What the client does is written
    /// into `recorder`. Where it says what it is in a document of its own, that is fetched from this machine, or from
    /// one of `hosts`. What others reach is at an address of the kind `beyond`.
    ///
    /// # Errors
    /// [`ActingError`] when a rule or the operating system is in the way.
    pub async fn start(
        scenario: &Scenario,
        revision: Revision,
        recorder: Arc<Recorder>,
        hosts: &[String],
        beyond: Beyond,
    ) -> Result<Self, ActingError> {
        let mut places = Places::default();
        let mut listeners = BTreeMap::new();
        for party in parties(scenario) {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            places.add(&party, &format!("http://{}", listener.local_addr()?));
            listeners.insert(party, listener);
        }
        let origins = places.all().filter_map(|(_, origin)| Url::parse(origin).ok()).collect();
        let origin = places.get(SERVER).unwrap_or_default().to_owned();
        let resource = format!("{origin}{PATH}");
        let url = Url::parse(&resource).map_err(|e| ActingError::Address(format!("{resource}: {e}")))?;
        if let Some(by_name) = places.get(ELSEWHERE).map(|origin| origin.replace("127.0.0.1", "localhost")) {
            places.add(ELSEWHERE_BY_NAME, &by_name);
        }
        let doors = doors(scenario, beyond, &mut places).await?;
        places.add(SERVER, &resource);
        places.add(RESOURCE_METADATA, &format!("{origin}/.well-known/oauth-protected-resource{PATH}"));
        let ledger = Arc::new(Ledger::new(recorder.clone()));
        // In 2025-03-26 the authorization server is at the origin of the MCP server.
        let beside = (revision == Revision::V2025_03_26).then_some(&origin);
        let issuers: Vec<String> = scenario
            .authorization
            .iter()
            .enumerate()
            .map(|(at, settings)| {
                let own = places.get(&authorization::name(at)).unwrap_or_default();
                let origin = beside.filter(|_| at == 0).map_or(own, String::as_str);
                format!("{origin}{}", settings.path)
            })
            .collect();
        let servers = authorization::servers(&scenario.authorization, &issuers, &resource, &ledger);
        let servers = servers.map_err(ActingError::Authorization)?;
        servers.iter().enumerate().for_each(|(at, server)| places.add(&authorization::name(at), server.issuer()));
        for (party, place) in places.all().filter(|(name, _)| !name.contains('.')) {
            recorder.append(party, None, What::Opened { target: place.to_owned(), instance: 1 });
        }
        name_forms(&mut places);
        authorization::credentials(&servers, &mut places).map_err(ActingError::Authorization)?;
        let rules = scenario.acting.iter().map(|rule| places.fill(rule)).collect::<Result<Vec<Mutation>, _>>();
        let mutator = Arc::new(Mutator::new(rules.map_err(ActingError::Place)?)?);
        let context = places.fill(&scenario.context).map_err(ActingError::Place)?;
        ledger.learn_context(&context);

        let mut stage = Stage { mutator, ledger, recorder, exchanges: Arc::default(), serving: JoinSet::new() };
        let mut routes = BTreeMap::new();
        for (at, server) in servers.iter().enumerate() {
            let documents = documents(stage.recorder.clone(), stage.exchanges.clone(), hosts);
            server.fetch_documents_by(documents.map_err(ActingError::Authorization)?);
            routes.insert(authorization::name(at), stage.serve(authserver(server.clone())).await?);
        }
        let options = Options {
            revisions: scenario.spoken_in(revision),
            converses: true,
            overlooks_version: true,
            protection: authorization::protection(&servers, &resource),
            url: Some(resource.clone()),
            ..Options::default()
        };
        routes.insert(SERVER.to_owned(), stage.serve(reference(options)).await?);
        if listeners.contains_key(ELSEWHERE) {
            let upstream = stage.serve(reference(Options::default())).await?;
            for Door { listener, tls } in doors.all {
                stage.stand_before(ELSEWHERE.to_owned(), upstream.clone(), None, None, listener, tls);
            }
            routes.insert(ELSEWHERE.to_owned(), upstream);
        }
        let paths = scenario.authorization.first().map(endpoints).unwrap_or_default();
        let deliverer = scenario.delivers.clone();
        let deliverer =
            deliverer.map(|plan| Arc::new(Deliverer::new(plan, stage.recorder.clone(), stage.exchanges.clone())));
        for (party, listener) in listeners {
            let deliverer = deliverer.clone().filter(|_| party == SERVER);
            let Some(upstream) = routes.get(&party).cloned() else { continue };
            let beside = beside.filter(|_| party == SERVER).and_then(|_| routes.get(AUTHORIZATION).cloned());
            let beside = beside.map(|target| Beside { target, paths: paths.clone() });
            stage.stand_before(party, upstream, beside, deliverer, listener, None);
        }
        let stand_ins = doors.stand_ins;
        Ok(Self { url, mutator: stage.mutator, context, origins, stand_ins, _serving: stage.serving })
    }

    /// Where all are that play.
    pub fn origins(&self) -> &[Url] {
        &self.origins
    }

    /// Where a client connects in place of addresses that nobody has, by `host:port`.
    pub fn stand_ins(&self) -> &BTreeMap<String, SocketAddr> {
        &self.stand_ins
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
    /// Start one that serves, with the rules before it; where these are.
    async fn serve<F>(&mut self, serving: impl FnOnce(TcpListener) -> F) -> Result<HttpTarget, ActingError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (inside, behind) = listen().await?;
        self.serving.spawn(serving(inside));
        let (ruled, middle) = listen().await?;
        let rules = self.mutator.clone();
        self.serving.spawn(async move {
            // Ends only when aborted; a failure shows in what the client gets.
            let _ = mutate::http::serve(ruled, behind, rules).await;
        });
        let tls = TlsRoots::new(None).map_err(ActingError::Address)?;
        HttpTarget::new(middle.as_str(), &[], tls).map_err(|e| ActingError::Address(e.to_string()))
    }

    /// Before them put what records.
    fn stand_before(
        &mut self,
        party: String,
        upstream: HttpTarget,
        beside: Option<Beside>,
        deliverer: Option<Arc<Deliverer>>,
        outside: TcpListener,
        tls: Option<TlsAcceptor>,
    ) {
        let front = Front {
            recorder: self.recorder.clone(),
            ledger: self.ledger.clone(),
            party,
            upstream,
            beside,
            deliverer,
            exchanges: self.exchanges.clone(),
        };
        self.serving.spawn(front.serve(outside, tls));
    }
}

/// Name the URLs of those that play in further forms.
fn name_forms(places: &mut Places) {
    let all = places.all().filter(|(name, _)| !name.contains('.'));
    let all: Vec<_> = all.map(|(name, url)| (name.to_owned(), url.to_owned())).collect();
    for (name, url) in all {
        let origin = Url::parse(&url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        places.add(&format!("{name}.{ORIGIN}"), &origin);
        places.add(&format!("{name}.{CAPITALS}"), &url.replacen("http:", "HTTP:", 1));
    }
}

/// Paths of the endpoints of an authorization server.
fn endpoints(settings: &Settings) -> Vec<String> {
    let Endpoints { authorization, token, registration, jwks } = &settings.endpoints;
    [authorization, token, registration, jwks].map(|end| format!("{}{end}", settings.path)).to_vec()
}

/// Who plays in a scenario.
fn parties(scenario: &Scenario) -> Vec<String> {
    let authorization = (0..scenario.authorization.len()).map(authorization::name);
    let mut all: Vec<String> = std::iter::once(SERVER.to_owned()).chain(authorization).collect();
    if !scenario.authorization.is_empty() {
        all.push(ELSEWHERE.to_owned());
    }
    all
}

fn reference(options: Options) -> impl FnOnce(TcpListener) -> BoxFuture<'static, ()> {
    move |listener| Box::pin(async move { drop(serve_http(listener, options).await) })
}

fn authserver(server: Arc<AuthServer>) -> impl FnOnce(TcpListener) -> BoxFuture<'static, ()> {
    move |listener| Box::pin(async move { drop(authserver::serve(listener, server).await) })
}

async fn listen() -> Result<(TcpListener, Url), ActingError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let url = Url::parse(&format!("http://{address}{PATH}")).map_err(|e| ActingError::Address(e.to_string()))?;
    Ok((listener, url))
}
