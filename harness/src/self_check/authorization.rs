//! Trials of what judges authorization servers: our own as it is, behind a mutator, or with a switch, and null peers.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::null;
use super::peers::{Peer, Setup, Up};
use crate::authserver::{self, AuthServer};
use crate::drive::{Access, Issuer, PlayedIssuer, Target};
use crate::mutate::{self, Mutator};
use crate::oauth::{Settings, TrustedIssuer};
use crate::plan::{Axis, Case, case_id};
use crate::requirement::Role;
use crate::revision::Revision;
use crate::run::{REDIRECT_URI, authorization_facts};
use crate::scenario::{Corpus, Scenario, Transport};
use crate::token::SigningKey;
use crate::transport::{HttpTarget, Publisher};

/// The resource that tokens are asked for: nobody's, by RFC 2606.
const RESOURCE: &str = "https://resource.example/mcp";
/// Whose assertions the reference takes, and about whom.
const ASSERTION_ISSUER: &str = "https://identity.example";
/// What the one is called that it takes by keys that its metadata lead to.
const PLAYED_ISSUER: &str = "trusted";
const SUBJECT: &str = "somebody";
/// The scopes that are asked for.
const SCOPE: &str = "mcp:use";

/// The cases of these scenarios for authorization servers.
pub(super) fn cases(corpus: &Corpus, names: &[String]) -> Vec<Case> {
    let loaded = names.iter().filter_map(|name| corpus.scenarios.get(name));
    let mine = loaded.filter(|loaded| loaded.item.applies.role == Role::AuthorizationServer);
    mine.flat_map(|loaded| {
        let applies = |revision: &Revision| loaded.item.applies.includes(*revision, Transport::Http);
        Revision::SUPPORTED.into_iter().filter(applies).map(|revision| {
            let axis = Axis { revision, transport: Transport::Http, routing: "direct".to_owned() };
            Case { id: case_id(&loaded.item.scenario, &axis), scenario: loaded.clone(), axis, facts: Arc::default() }
        })
    })
    .collect()
}

/// Start a peer; and what is known of it.
pub(super) async fn start(peer: &Peer, scenario: &Scenario, setup: &Setup) -> Result<(Up, Arc<Value>), String> {
    let mutator = match peer {
        Peer::Mutated(rules) => Some(Arc::new(Mutator::new(rules.clone()).map_err(|e| e.to_string())?)),
        _ => None,
    };
    let listen = || async { TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("failed to listen: {e}")) };
    let (front, behind) = (listen().await?, listen().await?);
    let at = |listener: &TcpListener| listener.local_addr().map(|at| format!("http://{at}")).map_err(|e| e.to_string());
    let (origin, upstream) = (at(&front)?, at(&behind)?);
    let mut settings = scenario.authorization.first().cloned().unwrap_or_else(Settings::complete);
    let key = SigningKey::generate().map_err(|e| e.to_string())?;
    settings.trusted_issuers.push(TrustedIssuer {
        issuer: ASSERTION_ISSUER.to_owned(),
        jwks: json!({ "keys": [key.jwk()] }),
        subjects: vec![SUBJECT.to_owned()],
    });
    let publisher = Publisher::start(listen().await?, None).map_err(|e| format!("failed to publish: {e}"))?;
    let played = format!("{}/{PLAYED_ISSUER}", publisher.base().as_str().trim_end_matches('/'));
    let (issuer, subjects) = (played.clone(), vec![SUBJECT.to_owned()]);
    settings.trusted_issuers.push(TrustedIssuer { issuer, jwks: Value::Null, subjects });
    let played = PlayedIssuer::new(&played, SUBJECT)?;
    let asserting = Issuer { id: ASSERTION_ISSUER.to_owned(), subject: SUBJECT.to_owned(), key };
    let client = settings.clients.first().map(|client| (client.id.clone(), client.id_elsewhere.clone()));
    let denied = settings.denied_audiences.first().cloned();
    let issuer = format!("{origin}{}", settings.path);
    let mut serving = Vec::new();
    let rules = match (&mutator, peer) {
        (Some(mutator), _) => mutator.clone(),
        (None, _) => Arc::new(Mutator::new(Vec::new()).map_err(|e| e.to_string())?),
    };
    if let Peer::Null(null) = peer {
        serving.push(tokio::spawn(null::serve_http(behind, *null)));
    } else {
        if let Peer::Defective(switch) = peer {
            settings.switches.insert(*switch);
        }
        let key = SigningKey::generate().map_err(|e| e.to_string())?;
        let server = AuthServer::new(&issuer, settings, key, Arc::new(|_, _| {})).map_err(|e| e.to_string())?;
        serving.push(tokio::spawn(async move {
            // Ends only when aborted; a failure shows as an unreachable peer.
            let _ = authserver::serve(behind, Arc::new(server)).await;
        }));
    }
    let upstream = Url::parse(&upstream).map_err(|e| e.to_string())?;
    serving.push(tokio::spawn(async move {
        let _ = mutate::http::serve(front, upstream, rules).await;
    }));
    let http = HttpTarget::new(&issuer, &[], setup.tls.clone()).map_err(|e| e.to_string())?;
    let access =
        Access { issuer: Some(asserting), played: Some(played), publisher: Some(publisher), ..Access::default() };
    let target = Target { http: vec![http], access, ..Target::default() };
    let mut facts = authorization_facts(&issuer, REDIRECT_URI);
    facts["server"]["resource"] = json!(RESOURCE);
    facts["server"]["scope"] = json!(SCOPE);
    facts["server"]["denied_audience"] = json!(denied);
    if let Some((id, elsewhere)) = client {
        facts["server"]["client_id"] = json!(id);
        facts["server"]["client_id_elsewhere"] = json!(elsewhere);
    }
    Ok((Up { target, mutator, serving }, Arc::new(facts)))
}
