//! The peers of a trial: a reference server of its own each time, with a mutator or a switch, or a null peer.

use std::sync::Arc;

use serde_saphyr::Spanned;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::null::{self, Null};
use super::several::start_several;
use crate::action::Action;
use crate::drive::{StdioTarget, Target};
use crate::mutate::Mutator;
use crate::oauth::{AuthSwitch, Careless, Dpop};
use crate::reference::{Options, Protection, SCOPE, Switch, serve_http};
use crate::scenario::{Mutation, Scenario, Transport};
use crate::token::Authority;
use crate::transport::{Bound, Collector, HttpTarget, Source, Spawn, TlsRoots, Wallet};

/// The nonce that proofs need at the reference server.
const NONCE: &str = "mcp-assay-self-check";

/// What stands opposite.
#[derive(Clone, Debug)]
pub enum Peer {
    /// The reference server as it is.
    Reference,
    /// The reference server behind a mutator with these rules.
    Mutated(Vec<Mutation>),
    /// The reference server with a switch.
    Switched(Switch),
    /// The reference client, careless in one thing.
    Careless(Careless),
    /// The reference client with other steps.
    Playing(Vec<Spanned<Action>>),
    /// Our authorization server with a switch.
    Defective(AuthSwitch),
    /// A peer that does nothing.
    Null(Null),
}

/// A peer that is up, and what keeps it so.
#[derive(Debug)]
pub struct Up {
    /// Where to find it.
    pub target: Target,
    /// The mutator before it, if any; knows what it changed.
    pub mutator: Option<Arc<Mutator>>,
    pub(super) serving: Vec<JoinHandle<()>>,
}

impl Drop for Up {
    fn drop(&mut self) {
        for task in &self.serving {
            task.abort();
        }
    }
}

/// What every peer is set up with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The command that runs this binary.
    pub program: String,
    /// For https.
    pub tls: TlsRoots,
    /// Whose tokens the reference server asks for over HTTP; none: it asks nobody.
    pub authority: Option<Arc<Authority>>,
    /// How many instances of the reference server there are over HTTP, sharing a store, that can be operated; 0: one that
    /// cannot.
    pub instances: usize,
    /// Where the reference server exports its traces, if it does.
    pub collector: Option<Arc<Collector>>,
}

impl Setup {
    /// The same, with a reference server as this scenario wants it: it asks for tokens unless that is ruled out.
    pub fn for_scenario(&self, scenario: &Scenario) -> Self {
        let open = scenario.applies.protected == Some(false);
        let instances = scenario.needs.instances;
        let awaits = |step: &Spanned<Action>| matches!(&step.value, Action::Await(wait) if wait.trace.is_some());
        let collector = self.collector.clone().filter(|_| scenario.steps.iter().any(awaits));
        Self { authority: self.authority.clone().filter(|_| !open), instances, collector, ..self.clone() }
    }
}

/// Start a peer over one transport.
///
/// # Errors
/// When the operating system refuses a port, or a rule of the mutator is wrong.
pub async fn start(peer: &Peer, transport: Transport, setup: &Setup) -> Result<Up, String> {
    let mutator = match peer {
        Peer::Mutated(rules) => Some(Arc::new(Mutator::new(rules.clone()).map_err(|e| e.to_string())?)),
        _ => None,
    };
    let mut up = match transport {
        Transport::Http if setup.instances > 0 => start_several(peer, mutator, setup).await,
        Transport::Http => {
            let (http, mutator, serving) = start_http(peer, mutator, setup, "/mcp").await?;
            Ok(Up { target: Target { http: vec![http], ..Target::default() }, mutator, serving })
        }
        Transport::Sse => {
            let (sse, mutator, serving) = start_http(peer, mutator, setup, "/sse").await?;
            Ok(Up { target: Target { sse: vec![sse], ..Target::default() }, mutator, serving })
        }
        Transport::Stdio => Ok(start_stdio(peer, mutator, setup)),
    }?;
    up.target.collector.clone_from(&setup.collector);
    Ok(up)
}

/// What is up over HTTP: where, the mutator before it, and what keeps it so.
type Served = (HttpTarget, Option<Arc<Mutator>>, Vec<JoinHandle<()>>);

async fn start_http(peer: &Peer, mutator: Option<Arc<Mutator>>, setup: &Setup, path: &str) -> Result<Served, String> {
    let mut serving = Vec::new();
    let listen = || async { TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("failed to listen: {e}")) };
    let listener = listen().await?;
    let address_of = |listener: &TcpListener| listener.local_addr().map_err(|e| e.to_string());
    let upstream = address_of(&listener)?;
    let front = if mutator.is_some() { Some(listen().await?) } else { None };
    let address = front.as_ref().map_or(Ok(upstream), address_of)?;
    let url = format!("http://{address}/mcp");
    if let Peer::Null(null) = peer {
        serving.push(tokio::spawn(null::serve_http(listener, *null)));
    } else {
        let options = options(peer, setup, &url);
        serving.push(tokio::spawn(async move {
            // Ends only when aborted; a failure shows as an unreachable peer.
            let _ = serve_http(listener, options).await;
        }));
    }
    if let (Some(mutator), Some(front)) = (&mutator, front) {
        let upstream = Url::parse(&format!("http://{upstream}{path}")).map_err(|e| e.to_string())?;
        let mutator = mutator.clone();
        serving.push(tokio::spawn(async move {
            let _ = crate::mutate::http::serve(front, upstream, mutator).await;
        }));
    }
    let target = HttpTarget::new(&format!("http://{address}{path}"), &[], setup.tls.clone());
    let target = target.map_err(|e| e.to_string())?;
    // The old transport is older than authorization.
    let authority = setup.authority.clone().filter(|_| path == "/mcp");
    let wallet =
        authority.map(|authority| Arc::new(Wallet::new(Source::Own(authority), &url, SCOPE).for_bound(Bound::Taken)));
    let target = match wallet {
        Some(wallet) => target.with_wallet(wallet),
        None => target,
    };
    Ok((target, mutator, serving))
}

/// The options of a reference server that clients know by this URL.
pub(super) fn options(peer: &Peer, setup: &Setup, url: &str) -> Options {
    let mut options = Options { page_size: crate::reference::SMALL_PAGE, ..Options::default() };
    if let Peer::Switched(switch) = peer {
        options.switches.insert(*switch);
    }
    options.url = Some(url.to_owned());
    options.traces = setup.collector.as_ref().and_then(|collector| Url::parse(collector.url()).ok());
    // A nonce that never changes is enough to see who asks for one.
    let bound = |protection| Protection { dpop: Dpop::Offered, nonce: Some(NONCE.to_owned()), ..protection };
    options.protection = setup.authority.as_ref().map(|authority| bound(Protection::by(authority, url)));
    options
}

fn start_stdio(peer: &Peer, mutator: Option<Arc<Mutator>>, setup: &Setup) -> Up {
    let program = &setup.program;
    let conforming = format!("{program} reference server --stdio --page-size {}", crate::reference::SMALL_PAGE);
    let command = match peer {
        // No switch of a client or an authorization server is found where servers are tried.
        Peer::Reference | Peer::Mutated(_) | Peer::Careless(_) | Peer::Playing(_) | Peer::Defective(_) => conforming,
        Peer::Switched(switch) => format!("{conforming} --switch {}", switch.name()),
        Peer::Null(null) => format!("{program} reference null --behaviour {null}"),
    };
    let env = setup.collector.as_ref().map(|collector| collector.environment()).unwrap_or_default();
    let spawn = Spawn { command, env, directory: None };
    let stdio = StdioTarget { spawn, within: None, mutator: mutator.clone() };
    Up { target: Target { stdio: Some(stdio), ..Target::default() }, mutator, serving: Vec::new() }
}
