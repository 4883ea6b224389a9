//! `mcp-assay authorization-server`: test an authorization server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;

use super::Failure;
use super::args::AuthorizationServerArgs;
use super::outcome::tell;
use super::server::{chosen, failure, make_folder, newest_or};
use super::target::{CLIENT_SECRET, read_bounded, tls};
use crate::drive::{Access, Issuer, PlayedIssuer, Target};
use crate::report::Progress;
use crate::requirement::{Actor, Role};
use crate::run::{AuthorizationOptions, run_authorization};
use crate::token::SigningKey;
use crate::transport::{HttpTarget, Publisher, quote};
use crate::verdict::Exit;

/// Run it.
pub async fn main(args: AuthorizationServerArgs) -> Result<Exit, Failure> {
    let baseline = args.run.outcome.baseline()?;
    let (corpus, selection) = chosen(&args.run.choice, Role::AuthorizationServer)?;
    make_folder(&args.run.outcome.out)?;
    let http = HttpTarget::new(&args.issuer, &args.header, tls(args.ca_file.as_deref())?).map_err(Failure::usage)?;
    let access = Access {
        sign_in: args.authorize_command.clone(),
        client_secret: std::env::var(CLIENT_SECRET).ok(),
        issuer: issuer(&args)?,
        played: played(&args)?,
        publisher: Some(publisher(&args).await?),
    };
    let target = Target { http: vec![http], access, ..Target::default() };
    let options = AuthorizationOptions {
        issuer: args.issuer.clone(),
        client_id: args.client_id.clone(),
        client_id_elsewhere: args.client_id_elsewhere.clone(),
        denied_audience: args.denied_audience.clone(),
        redirect_uri: args.redirect_uri.clone(),
        scope: args.scope.clone(),
        resource: args.resource.clone(),
        revisions: newest_or(&args.run.revision)?,
        selection,
        jobs: args.run.jobs,
        deadline: args.run.deadline.0,
        out: Some(args.run.outcome.out.clone()),
        repeat: repeat(&args),
    };
    let result = run_authorization(&corpus, &target, &options, &Progress::stderr()).await.map_err(failure)?;
    tell(result, Actor::AuthorizationServer, baseline, !options.selection.is_whole(), &args.run.outcome)
}

/// Where documents of clients are published.
async fn publisher(args: &AuthorizationServerArgs) -> Result<Arc<Publisher>, Failure> {
    let at = args.documents_listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let failed = |e| Failure::usage(format!("failed to listen on {at} for who fetches documents of clients: {e}"));
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    Publisher::start(listener, args.documents_url.clone()).map_err(failed)
}

/// Somebody whose assertions the server takes.
fn issuer(args: &AuthorizationServerArgs) -> Result<Option<Issuer>, Failure> {
    let (Some(id), Some(file)) = (&args.assertion_issuer, &args.assertion_key) else { return Ok(None) };
    let shown = file.display();
    let document = read_bounded(file)?;
    let text = String::from_utf8_lossy(&document);
    let key = SigningKey::from_pem(&text).or_else(|_| SigningKey::from_pkcs8(&document));
    let key = key.map_err(|e| Failure::usage(format!("failed to use the key in {shown}: {e}")))?;
    Ok(Some(Issuer { id: id.clone(), subject: args.assertion_subject.clone(), key }))
}

/// An issuer that the server trusts and the harness plays.
fn played(args: &AuthorizationServerArgs) -> Result<Option<PlayedIssuer>, Failure> {
    let named = args.played_issuer.as_ref().map(|id| PlayedIssuer::new(id, &args.assertion_subject));
    named.transpose().map_err(|e| Failure::usage(format!("--played-issuer: {e}")))
}

/// The command that repeats the run, without selection and without secrets.
fn repeat(args: &AuthorizationServerArgs) -> String {
    let mut parts = vec![format!("mcp-assay authorization-server --issuer {}", quote(&args.issuer))];
    let mut add = |name: &str, value: &Option<String>| {
        parts.extend(value.iter().map(|value| format!("--{name} {}", quote(value))));
    };
    add("authorize-command", &args.authorize_command);
    add("client-id", &args.client_id);
    add("documents-url", &args.documents_url.as_ref().map(ToString::to_string));
    add("documents-listen", &args.documents_listen.map(|at| at.to_string()));
    add("denied-audience", &args.denied_audience);
    add("scope", &args.scope);
    add("resource", &args.resource);
    add("assertion-issuer", &args.assertion_issuer);
    add("played-issuer", &args.played_issuer);
    add("assertion-key", &args.assertion_key.as_ref().map(|file| file.display().to_string()));
    parts.extend(args.run.choice.repeat());
    parts.join(" ")
}
