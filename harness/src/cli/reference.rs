//! `mcp-assay reference`: the conforming peers.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use super::Failure;
use super::args::{ReferenceArgs, ReferenceCommand};
use crate::authserver::{self, AuthServer};
use crate::drive::{Breaks, ClientFault};
use crate::fuzz;
use crate::oauth::Careless;
use crate::oauth::{AuthSwitch, Settings, TrustedIssuer};
use crate::reference::{Fault, Options, Protection, Store, Switch, serve_http, serve_stdio};
use crate::report::console::say;
use crate::requirement::Role;
use crate::run::{CONTEXT, OWN_SCENARIO, SentTo, TRANSPORT, VERSION, play_broken_client};
use crate::self_check::serve_lines;
use crate::token::SigningKey;
use crate::transport::{ENDPOINT, TlsRoots, document, is_loopback};
use crate::verdict::Exit;

/// How long answers may take after the reference server was told to end.
const DRAIN: Duration = Duration::from_secs(5);

/// Run it until it ends or is ended.
pub async fn main(args: ReferenceArgs) -> Result<Exit, Failure> {
    let (listen, stdio, switch, fault, page_size, protected, resource, dpop, store) = match args.command {
        ReferenceCommand::Server { listen, stdio, switch, fault, page_size, protected, resource, dpop, store } => {
            (listen, stdio, switch, fault, page_size, protected, resource, dpop, store)
        }
        ReferenceCommand::Client { server, scenario_file, careless, fault } => {
            if fault.iter().any(|name| name == "help") {
                for fault in ClientFault::ALL {
                    say(format_args!("{:<36} {}\n", fault.name(), fault.about()));
                }
                return Ok(Exit::Conforms);
            }
            if careless.iter().any(|name| name == "help") {
                for careless in Careless::ALL {
                    say(format_args!("{:<36} {}\n", careless.name(), careless.about()));
                }
                return Ok(Exit::Conforms);
            }
            let needed = "the reference client needs the URL of a server, or the command that starts it";
            let server = server.ok_or_else(|| Failure::usage(needed))?;
            return client(&server, &scenario_file, &careless, &fault).await;
        }
        ReferenceCommand::AuthorizationServer { listen, key_file, conforming, trusted_issuer, switch } => {
            if switch.iter().any(|name| name == "help") {
                for switch in AuthSwitch::ALL {
                    say(format_args!("{:<36} {}\n", switch.name(), switch.about()));
                }
                return Ok(Exit::Conforms);
            }
            let mut settings = if conforming { Settings::complete() } else { Settings::for_anyone() };
            for name in &switch {
                settings.switches.insert(name.parse().map_err(Failure::usage)?);
            }
            let trusted = |issuer| TrustedIssuer { issuer, jwks: Value::Null, subjects: Vec::new() };
            settings.trusted_issuers.extend(trusted_issuer.into_iter().map(trusted));
            return authorization_server(&listen, key_file.as_deref(), settings).await;
        }
        ReferenceCommand::Null { behaviour } => {
            let ended = serve_lines(tokio::io::stdin(), tokio::io::stdout(), behaviour).await;
            return ended.map(|()| Exit::Conforms).map_err(|e| Failure::harness(format!("the null peer failed: {e}")));
        }
    };
    if switch.iter().any(|name| name == "help") {
        for switch in Switch::ALL {
            say(format_args!("{:<36} {}\n", switch.name(), switch.about()));
        }
        return Ok(Exit::Conforms);
    }
    if fault.iter().any(|name| name == "help") {
        for fault in Fault::ALL {
            say(format_args!("{:<36} {}\n", fault.name(), fault.about()));
        }
        return Ok(Exit::Conforms);
    }
    let mut options = Options::default();
    for name in &fault {
        options.faults.insert(name.parse().map_err(Failure::usage)?);
    }
    for name in &switch {
        options.switches.insert(name.parse().map_err(Failure::usage)?);
    }
    options.traces = collector()?;
    options.page_size = page_size.unwrap_or(options.page_size).max(1);
    if stdio {
        let ended = serve_stdio(tokio::io::stdin(), tokio::io::stdout(), tokio::io::stderr(), options).await;
        return ended
            .map(|()| Exit::Conforms)
            .map_err(|e| Failure::harness(format!("the reference server failed: {e}")));
    }
    if let Some(url) = store {
        options.store = Store::redis(&url).await.map_err(Failure::usage)?;
    }
    let failed = |e: std::io::Error| Failure::usage(format!("failed to listen on {listen}: {e}"));
    let listener = tokio::net::TcpListener::bind(&listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    if let Some(issuer) = protected {
        let keys = published_keys(&issuer).await?;
        options.protection = Some(Protection {
            issuer,
            keys,
            others: Vec::new(),
            resource: resource.unwrap_or_else(|| format!("http://{address}/mcp")),
            dpop,
            nonce: None,
        });
    }
    say(format_args!("http://{address}/mcp\n"));
    options.drain = DRAIN;
    drain_on_terminate(&options)?;
    serve_http(listener, options).await.map_err(|e| Failure::harness(format!("the reference server failed: {e}")))?;
    Ok(Exit::Conforms)
}

/// The collector that the environment names, if that is on this machine: nothing is sent elsewhere.
fn collector() -> Result<Option<Url>, Failure> {
    let Ok(named) = std::env::var(ENDPOINT) else { return Ok(None) };
    let url = Url::parse(&named).map_err(|e| Failure::usage(format!("failed to use {ENDPOINT} {named}: {e}")))?;
    Ok(Some(url).filter(|url| url.scheme() == "http" && is_loopback(url)))
}

/// On SIGTERM the server finishes what it is answering and ends.
fn drain_on_terminate(options: &Options) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::harness(format!("failed to listen for SIGTERM: {e}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let shutdown = options.shutdown.clone();
    tokio::spawn(async move {
        terminate.recv().await;
        shutdown.cancel();
    });
    Ok(())
}

/// The reference client, for the scenario and revision that the environment names.
async fn client(
    server: &str,
    files: &[std::path::PathBuf],
    careless: &[String],
    faults: &[String],
) -> Result<Exit, Failure> {
    let breaks = faults.iter().map(|name| name.parse()).collect::<Result<_, _>>().map_err(Failure::usage)?;
    let told = |name: &str| {
        std::env::var(name).map_err(|_| Failure::usage(format!("{name} is not set; `mcp-assay client` sets it")))
    };
    let (name, revision) = (told(OWN_SCENARIO)?, told(VERSION)?.parse().map_err(Failure::usage)?);
    let scenario = if name == fuzz::client::NAME {
        Arc::new(fuzz::client::scenario(&[]).map_err(Failure::harness)?)
    } else {
        let (corpus, _) = super::server::load_corpus(files)?;
        let known = corpus.scenarios.get(&name).filter(|loaded| loaded.item.applies.role == Role::Client);
        let loaded = known.ok_or_else(|| Failure::usage(format!("no scenario for clients is called '{name}'")))?;
        loaded.item.clone()
    };
    let context = std::env::var(CONTEXT).unwrap_or_else(|_| "{}".to_owned());
    let context =
        serde_json::from_str(&context).map_err(|e| Failure::usage(format!("{CONTEXT} is no JSON object: {e}")))?;
    let mut how = crate::run::told(&scenario, revision, &context);
    for name in careless {
        how.careless.insert(name.parse().map_err(Failure::usage)?);
    }
    let to = match (Url::parse(server), std::env::var(TRANSPORT).as_deref()) {
        (Ok(url), Ok("sse")) => SentTo::Sse(url),
        (Ok(url), _) if matches!(url.scheme(), "http" | "https") => SentTo::Http(url),
        _ => SentTo::command(server.to_owned()),
    };
    play_broken_client(&scenario, revision, &to, None, how, &Arc::new(Breaks::new(breaks)))
        .await
        .map_err(Failure::harness)?;
    Ok(Exit::Conforms)
}

/// The keys of an issuer, by its metadata (RFC 8414).
async fn published_keys(issuer: &str) -> Result<Value, Failure> {
    let failed = |why: String| Failure::usage(format!("failed to read the keys of the issuer {issuer}: {why}"));
    let tls = TlsRoots::new(None).map_err(Failure::harness)?;
    let url = |text: &str| Url::parse(text).map_err(|e| failed(e.to_string()));
    let place = url(&format!("{}/.well-known/oauth-authorization-server", issuer.trim_end_matches('/')))?;
    let metadata = document(&place, &tls).await.map_err(failed)?;
    let keys = metadata.get("jwks_uri").and_then(Value::as_str).unwrap_or_default();
    document(&url(keys)?, &tls).await.map_err(failed)
}

/// Our authorization server, until it is ended.
async fn authorization_server(listen: &str, key_file: Option<&Path>, settings: Settings) -> Result<Exit, Failure> {
    let failed = |e: std::io::Error| Failure::usage(format!("failed to listen on {listen}: {e}"));
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(failed)?;
    let issuer = format!("http://{}", listener.local_addr().map_err(failed)?);
    let server = AuthServer::new(&issuer, settings, key(key_file)?, Arc::new(|_, _| {})).map_err(Failure::harness)?;
    say(format_args!("{issuer}\n"));
    authserver::serve(listener, Arc::new(server))
        .await
        .map_err(|e| Failure::harness(format!("the authorization server failed: {e}")))?;
    Ok(Exit::Conforms)
}

/// The key in the file, or a fresh one, which the file then keeps.
fn key(file: Option<&Path>) -> Result<SigningKey, Failure> {
    let Some(file) = file else { return SigningKey::generate().map_err(Failure::harness) };
    let shown = file.display();
    match super::target::read_bounded(file) {
        Ok(document) => {
            SigningKey::from_pkcs8(&document).map_err(|e| Failure::usage(format!("{shown} holds no key: {e}")))
        }
        Err(unread) if file.exists() => Err(unread),
        Err(_) => {
            let key = SigningKey::generate().map_err(Failure::harness)?;
            let failed = |e: std::io::Error| Failure::usage(format!("failed to write the key to {shown}: {e}"));
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            options.open(file).and_then(|mut file| file.write_all(key.pkcs8())).map_err(failed)?;
            Ok(key)
        }
    }
}
