//! The reference client before the reference server, with our authorization server between them.

use std::sync::Arc;

use mcp_assay::authorizing::{Authorizing, ClientSettings};
use mcp_assay::authserver::{self, Assertion, AuthServer};
use mcp_assay::oauth::{Settings, TrustedIssuer};
use mcp_assay::reference::{Options, Protection};
use mcp_assay::revision::Revision;
use mcp_assay::token::SigningKey;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::client::{Events, Server, reply};

/// A protected server and its authorization server.
struct Deployment {
    server: Server,
    auth: Arc<AuthServer>,
    serving: JoinSet<()>,
}

async fn authorization_server(settings: &str, serving: &mut JoinSet<()>) -> Arc<AuthServer> {
    let settings: Settings = serde_saphyr::from_str(settings).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}{}", listener.local_addr().unwrap(), settings.path);
    let nobody = Arc::new(|_: &str, _: &str| {});
    let auth = Arc::new(AuthServer::new(&issuer, settings, SigningKey::generate().unwrap(), nobody).unwrap());
    let served = auth.clone();
    serving.spawn(async move { drop(authserver::serve(listener, served).await) });
    auth
}

impl Deployment {
    async fn start(settings: &str) -> Self {
        let mut serving = JoinSet::new();
        let auth = authorization_server(settings, &mut serving).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let protection = Some(Protection::by(auth.authority(), &url));
        let server = Server::start_on(listener, Options { protection, ..Options::default() });
        Self { server, auth, serving }
    }

    /// From now on everything goes by way of a client with this context.
    async fn by_client(&mut self, revision: Revision, context: &Value) -> Authorizing {
        let url = self.server.url.parse().unwrap();
        let client = Authorizing::start(&url, ClientSettings::new(revision, context)).await.unwrap();
        self.server.url = client.url().to_string();
        client
    }
}

#[tokio::test]
async fn a_session_and_its_streams_go_through() {
    let mut all = Deployment::start("{ path: /tenant, metadata: [openid_appended] }").await;
    let client = all.by_client(Revision::V2025_11_25, &Value::Null).await;
    let session = all.server.session().await;
    let listed = reply(session.call(1, "tools/list", json!({}))).await;
    assert!(listed["result"]["tools"].is_array(), "{listed}");
    let progress = json!({ "name": "test_tool_with_progress", "arguments": {}, "_meta": { "progressToken": 1 } });
    let all = Events::open(session.call(2, "tools/call", progress)).await.rest().await;
    assert!(all.len() > 3, "{all:?}");
    assert_eq!(client.problem().await, None);
}

#[tokio::test]
async fn a_tool_that_needs_more_scopes_gets_them() {
    let mut all = Deployment::start("{}").await;
    let client = all.by_client(Revision::V2026_07_28, &Value::Null).await;
    let done = all.server.tool("test_more_scope", json!({})).await;
    assert!(done["content"].is_array(), "{done}");
    assert_eq!(client.problem().await, None);
}

#[tokio::test]
async fn every_way_to_authenticate_leads_to_a_token() {
    for (method, grant) in [
        ("client_secret_basic", "authorization_code"),
        ("client_secret_post", "authorization_code"),
        ("none", "authorization_code"),
        ("client_secret_basic", "client_credentials"),
        ("client_secret_post", "client_credentials"),
        ("private_key_jwt", "client_credentials"),
    ] {
        let settings = format!(
            "{{ auth_methods: [{method}], grant_types: [{grant}], registration: false, client_id_documents: off, \
             clients: [{{ id: known, auth_method: {method} }}] }}"
        );
        let mut all = Deployment::start(&settings).await;
        let known = all.auth.credentials("known").unwrap();
        let mut context = json!({ "client_id": "known", "name": grant.replace('_', "-") });
        if let Some(secret) = &known.secret {
            context["client_secret"] = json!(secret);
        }
        if let Some(pem) = known.private_key_pem() {
            context["private_key_pem"] = json!(pem);
        }
        let client = all.by_client(Revision::V2026_07_28, &context).await;
        let listed = all.server.ask("tools/list", json!({})).await;
        assert!(listed["tools"].is_array(), "{method}, {grant}: {listed}");
        assert_eq!(client.problem().await, None, "{method}, {grant}");
    }
    // Registered, with a secret.
    for method in ["client_secret_basic", "client_secret_post"] {
        let mut all = Deployment::start(&format!("{{ auth_methods: [{method}], client_id_documents: off }}")).await;
        let _client = all.by_client(Revision::V2026_07_28, &Value::Null).await;
        assert!(all.server.ask("tools/list", json!({})).await["tools"].is_array(), "{method}");
    }
}

#[tokio::test]
async fn bound_tokens_are_asked_for_where_the_server_speaks_of_them() {
    // The server does not, so the client leaves proofs out although the authorization server offers them.
    let mut all = Deployment::start("{ dpop: offered }").await;
    let _client = all.by_client(Revision::V2026_07_28, &Value::Null).await;
    assert!(all.server.ask("tools/list", json!({})).await["tools"].is_array());
}

#[tokio::test]
async fn workloads_and_enterprises_come_with_assertions() {
    let grants = "{ grant_types: [jwt_bearer, token_exchange], auth_methods: [none, client_secret_basic], \
                   clients: [{ id: known, auth_method: client_secret_basic }] }";
    let mut all = Deployment::start(grants).await;
    let provider = authorization_server(grants, &mut all.serving).await;
    let jwks = provider.authority().jwks();
    all.auth.trust(TrustedIssuer { issuer: provider.issuer().to_owned(), jwks, subjects: Vec::new() });
    let jwt = provider.assert(&Assertion::workload("known", all.auth.issuer())).unwrap();
    let url = all.server.url.clone();
    let client = all.by_client(Revision::V2026_07_28, &json!({ "valid_jwt": jwt })).await;
    let listed = all.server.stateless(1, "tools/list", json!({})).send().await.unwrap().status();
    assert_eq!((client.problem().await, listed.as_u16()), (None, 200));
    all.server.url = url;
    let context = json!({
        "client_id": "known",
        "client_secret": all.auth.credentials("known").unwrap().secret,
        "idp_client_id": "known",
        "idp_client_secret": provider.credentials("known").unwrap().secret,
        "idp_id_token": provider.assert(&Assertion::id_token("known")).unwrap(),
        "idp_issuer": provider.issuer(),
    });
    let client = all.by_client(Revision::V2026_07_28, &context).await;
    let listed = all.server.stateless(1, "tools/list", json!({})).send().await.unwrap().status();
    assert_eq!((client.problem().await, listed.as_u16()), (None, 200));
}
