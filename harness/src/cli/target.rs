//! From target options to a target.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::Failure;
use super::args::{DeploymentArgs, TargetArgs};
use super::deployment::{deploy, repeat};
use super::variables::expand;
use crate::authserver::{self, AuthServer};
use crate::drive::{StdioTarget, Target};
use crate::oauth::{Dpop, Settings};
use crate::profile::Contract;
use crate::reference::{Options, Protection, SCOPE, SMALL_PAGE, serve_http};
use crate::token::{Authority, Kind, SigningKey};
use crate::transport::{
    Bound, ClientCredentials, Collector, HttpTarget, Receivers, Source, Spawn, TlsRoots, Wallet, look, quote,
};

/// Environment variable with the secret of the client at an authorization server.
pub const CLIENT_SECRET: &str = "MCP_ASSAY_CLIENT_SECRET";
/// Largest mcp.json or certificate file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// An `mcp.json`, as hosts write it: servers by name, under `mcpServers` or `servers`.
#[derive(Debug, Deserialize)]
struct ConfigFile {
    #[serde(default, alias = "servers", rename = "mcpServers")]
    servers: BTreeMap<String, ConfigServer>,
}

#[derive(Debug, Deserialize)]
struct ConfigServer {
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    cwd: Option<std::path::PathBuf>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// A target and how to name it again on a command line.
#[derive(Debug)]
pub struct Chosen {
    /// The target.
    pub target: Target,
    /// Options that choose it, secrets left out.
    pub options: String,
    /// It is the built-in reference server, since the options name no other.
    pub built_in: bool,
}

/// The target that the options and the mapping name; the built-in reference server over both transports when they name none.
/// Instances may take `startup` to start.
pub async fn choose(
    args: &TargetArgs,
    deployment: &DeploymentArgs,
    mapping: &Contract,
    startup: Duration,
) -> Result<Chosen, Failure> {
    let tls = tls(args.ca_file.as_deref())?;
    let mut options = Vec::new();
    let mut target = Target::default();
    let add_url = |target: &mut Target, url: &str, headers: &[String]| -> Result<(), Failure> {
        let http = HttpTarget::new(url, headers, tls.clone()).map_err(Failure::usage)?;
        target.http.push(http);
        Ok(())
    };
    for url in &args.url {
        add_url(&mut target, url, &args.header)?;
        options.push(format!("--url {}", quote(url)));
    }
    if let Some(url) = &args.gateway {
        target.gateway = Some(HttpTarget::new(url, &args.header, tls.clone()).map_err(Failure::usage)?);
        options.push(format!("--gateway {}", quote(url)));
    }
    for url in &args.sse {
        let sse = HttpTarget::new(url, &args.header, tls.clone()).map_err(Failure::usage)?;
        target.sse.push(sse);
        options.push(format!("--sse {}", quote(url)));
    }
    if let Some(command) = &args.stdio {
        options.push(format!("--stdio {}", quote(command)));
        target.stdio = Some(stdio(Spawn { command: command.clone(), env: Vec::new(), directory: None }));
    }
    if let (Some(file), Some(name)) = (&args.config, &args.name) {
        options.push(format!("--config {} --name {}", quote(&file.display().to_string()), quote(name)));
        let server = read_config(file, name)?;
        match (server.command, server.url) {
            (Some(command), _) => {
                let line =
                    std::iter::once(&command).chain(&server.args).map(|word| quote(word)).collect::<Vec<_>>().join(" ");
                target.stdio =
                    Some(stdio(Spawn { command: line, env: server.env.into_iter().collect(), directory: server.cwd }));
            }
            (None, Some(url)) => {
                let own = server.headers.iter().map(|(name, value)| format!("{name}: {value}"));
                let headers: Vec<String> = own.chain(args.header.iter().cloned()).collect();
                add_url(&mut target, &url, &headers)?;
            }
            (None, None) => {
                return Err(Failure::usage(format!("'{name}' in {} has neither `command` nor `url`", file.display())));
            }
        }
    }
    let collector = collector(args, &mut options).await?;
    if let (Some(collector), Some(stdio)) = (&collector, &mut target.stdio) {
        stdio.spawn.env.extend(collector.environment());
    }
    let named = !target.transports().is_empty();
    let of_file = mapping.deployment.as_ref();
    deploy(&mut target, named, deployment, of_file, startup, collector.as_deref(), |target, url| {
        add_url(target, url, &args.header)
    })
    .await?;
    options.extend(repeat(deployment));
    protect(&mut target, args, &tls, &mut options).await?;
    for header in &args.header {
        let name = header.split(':').next().unwrap_or_default();
        options.push(format!("--header '{name}: ...'"));
    }
    let built_in = target.transports().is_empty();
    if built_in {
        target = reference(tls, collector.as_deref()).await?;
    }
    target.collector = collector;
    target.webhooks = webhooks(args, &mut options).await?;
    Ok(Chosen { target, options: options.join(" "), built_in })
}

/// Where traces are collected, if they are to be.
async fn collector(args: &TargetArgs, options: &mut Vec<String>) -> Result<Option<Arc<Collector>>, Failure> {
    let Some(address) = &args.otlp_listen else { return Ok(None) };
    let failed = |e: std::io::Error| Failure::usage(format!("failed to collect traces at {address}: {e}"));
    let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
    options.push(format!("--otlp-listen {}", quote(address)));
    Collector::start(listener).map(Some).map_err(failed)
}

/// Where receivers of webhooks are played, if that is said.
async fn webhooks(args: &TargetArgs, options: &mut Vec<String>) -> Result<Option<Arc<Receivers>>, Failure> {
    let Some(address) = args.webhooks_listen else { return Ok(None) };
    let failed = |e: std::io::Error| Failure::usage(format!("failed to play receivers of webhooks at {address}: {e}"));
    let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
    options.push(format!("--webhooks-listen {address}"));
    options.extend(args.webhooks_url.iter().map(|url| format!("--webhooks-url {}", quote(url.as_str()))));
    Receivers::start(listener, args.webhooks_url.clone()).map(Some).map_err(failed)
}

/// See how the server is protected, and get tokens for it.
async fn protect(
    target: &mut Target,
    args: &TargetArgs,
    tls: &TlsRoots,
    options: &mut Vec<String>,
) -> Result<(), Failure> {
    let Some(first) = target.http.first() else { return Ok(()) };
    let given = Source::of(&first.headers);
    let source = match &args.issuer {
        Some(issuer) => {
            let url =
                Url::parse(issuer).map_err(|e| Failure::usage(format!("failed to use the issuer {issuer}: {e}")))?;
            let secret = std::env::var(CLIENT_SECRET).ok();
            let found = ClientCredentials::discover(&url, &args.client_id, secret, tls).await;
            let found = found.map_err(|why| {
                Failure::usage(format!("failed to read the metadata of the authorization server {issuer}: {why}"))
            })?;
            options.push(format!("--issuer {}", quote(issuer)));
            options.push(format!("--client-id {}", quote(&args.client_id)));
            Source::Issuer(Box::new(found))
        }
        None if matches!(given, Source::Nobody) => return Ok(()),
        None => given,
    };
    // A server that cannot be reached shows when it is tested.
    let Ok(guard) = look(first).await else { return Ok(()) };
    if !guard.protected {
        return Ok(());
    }
    options.extend(args.scope.iter().map(|scope| format!("--scope {}", quote(scope))));
    options.extend(args.resource.iter().map(|resource| format!("--resource {}", quote(resource))));
    let resource = args.resource.as_ref().unwrap_or(&guard.resource);
    let scope = args.scope.as_ref().unwrap_or(&guard.scope);
    let mut wallet = Wallet::new(source, resource, scope).for_bound(guard.bound);
    // Not every issuer that knows of proofs gives every client a bound token; a server that takes others can do without.
    if guard.bound == Bound::Taken && wallet.token(Kind::Bound, "").await.is_err() {
        wallet = wallet.for_bound(Bound::Unheard);
    }
    wallet.token(Kind::Valid, "").await.map_err(Failure::usage)?;
    let wallet = Arc::new(wallet);
    for http in target.http.iter_mut().chain(&mut target.gateway) {
        *http = http.clone().with_wallet(wallet.clone());
    }
    Ok(())
}

fn stdio(spawn: Spawn) -> StdioTarget {
    StdioTarget { spawn, within: None, mutator: None }
}

/// The built-in reference server: over HTTP in this process, over stdio as a process of its own.
async fn reference(tls: TlsRoots, collector: Option<&Collector>) -> Result<Target, Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(|e| Failure::harness(format!("failed to listen on 127.0.0.1: {e}")))?;
    let address = listener.local_addr().map_err(Failure::harness)?;
    let url = format!("http://{address}/mcp");
    let authority = Arc::new(own_authority().await?);
    let protection = Protection { dpop: Dpop::Offered, ..Protection::by(&authority, &url) };
    let traces = collector.and_then(|collector| Url::parse(collector.url()).ok());
    let options = Options { page_size: SMALL_PAGE, protection: Some(protection), traces, ..Options::default() };
    tokio::spawn(serve_http(listener, options));
    let wallet = Wallet::new(Source::Own(authority), &url, SCOPE).for_bound(Bound::Taken);
    let sse = HttpTarget::new(&format!("http://{address}/sse"), &[], tls.clone()).map_err(Failure::harness)?;
    let http = HttpTarget::new(&url, &[], tls).map_err(Failure::harness)?.with_wallet(Arc::new(wallet));
    let command = format!("{} reference server --stdio --page-size {SMALL_PAGE}", program()?);
    let label = Some("the built-in reference server".to_owned());
    let env = collector.map(Collector::environment).unwrap_or_default();
    let stdio = Some(stdio(Spawn { command, env, directory: None }));
    Ok(Target { http: vec![http], sse: vec![sse], stdio, label, ..Target::default() })
}

/// An authorization server of our own, in this process.
pub async fn own_authority() -> Result<Authority, Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(|e| Failure::harness(format!("failed to listen on 127.0.0.1: {e}")))?;
    let issuer = format!("http://{}", listener.local_addr().map_err(Failure::harness)?);
    let key = SigningKey::generate().map_err(Failure::harness)?;
    let server =
        AuthServer::new(&issuer, Settings::for_anyone(), key, Arc::new(|_, _| {})).map_err(Failure::harness)?;
    let authority = server.authority().clone();
    tokio::spawn(authserver::serve(listener, Arc::new(server)));
    Ok(authority)
}

/// The command that starts this program.
pub fn program() -> Result<String, Failure> {
    let program = std::env::current_exe().map_err(|e| Failure::harness(format!("failed to find this program: {e}")))?;
    Ok(quote(&program.display().to_string()))
}

/// The certificate authorities, the user's among them.
pub fn tls(ca_file: Option<&Path>) -> Result<TlsRoots, Failure> {
    let extra = ca_file.map(read_bounded).transpose()?;
    TlsRoots::new(extra.as_deref()).map_err(|e| {
        Failure::usage(format!(
            "failed to use --ca-file {}: {e}",
            ca_file.map(|f| f.display().to_string()).unwrap_or_default()
        ))
    })
}

fn read_config(file: &Path, name: &str) -> Result<ConfigServer, Failure> {
    let bytes = read_bounded(file)?;
    let failed =
        |problem: String| Failure::usage(format!("failed to read {} as an mcp.json: {problem}", file.display()));
    let mut read: ConfigFile = serde_json::from_slice(&bytes).map_err(|e| failed(e.to_string()))?;
    let Some(mut server) = read.servers.remove(name) else {
        let known: Vec<&String> = read.servers.keys().collect();
        return Err(Failure::usage(format!("{} has no server '{name}'; it has {known:?}", file.display())));
    };
    let texts = server.command.iter_mut().chain(&mut server.url).chain(&mut server.args);
    for text in texts.chain(server.env.values_mut()).chain(server.headers.values_mut()) {
        *text = expand(text, |name| std::env::var(name).ok()).map_err(&failed)?;
    }
    Ok(server)
}

/// A whole file, unless it is too large.
pub fn read_bounded(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |problem: String| Failure::usage(format!("failed to read {}: {problem}", file.display()));
    let size = std::fs::metadata(file).map_err(|e| failed(e.to_string()))?.len();
    if size > MAX_FILE_BYTES {
        return Err(failed(format!("{size} bytes are more than the {MAX_FILE_BYTES} that are read")));
    }
    std::fs::read(file).map_err(|e| failed(e.to_string()))
}
