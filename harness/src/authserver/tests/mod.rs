//! Whole flows against the server, without a socket.
#![expect(clippy::unwrap_used, reason = "tests")]

mod flows;
mod shown;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, LOCATION};
use hyper::{HeaderMap, Method};
use serde_json::{Value, json};
use url::Url;

use super::{Asked, Assertion, AuthServer};
use crate::oauth::{
    AuthMethod, AuthSwitch, ClientIdDocuments, Consent, Dpop, GrantType, Place, RefreshTokens, Settings, TrustedIssuer,
    s256,
};
use crate::token::{Expected, Jwt, SigningKey, now, validate};

const ISSUER: &str = "http://127.0.0.1:1";
const MCP: &str = "http://127.0.0.1:2/mcp";
const CALLBACK: &str = "http://127.0.0.1:3/callback";
const VERIFIER: &str = "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789";

type Told = Arc<Mutex<Vec<(String, String)>>>;

struct Tried {
    server: AuthServer,
    told: Told,
}

fn server(settings: Settings) -> Tried {
    let told = Told::default();
    let ears = told.clone();
    let issued = move |secret: &str, name: &str| ears.lock().unwrap().push((name.to_owned(), secret.to_owned()));
    let settings = Settings { default_resource: Some(MCP.to_owned()), ..settings };
    let key = SigningKey::generate().unwrap();
    Tried { server: AuthServer::new(ISSUER, settings, key, Arc::new(issued)).unwrap(), told }
}

fn settings(text: &str) -> Settings {
    serde_saphyr::from_str(text).unwrap()
}

impl Tried {
    async fn ask(&self, method: Method, target: &str, headers: &[(&str, &str)], body: &str) -> (u16, HeaderMap, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut fields = HeaderMap::new();
        for (name, value) in headers {
            fields.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let (path, query, body) = (path.to_owned(), query.to_owned(), Bytes::from(body.to_owned()));
        let answer = self.server.respond(Asked { method, path, query, headers: fields, body }).await;
        let (parts, body) = answer.into_parts();
        (parts.status.as_u16(), parts.headers, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn authorize(&self, changes: &[(&str, &str)]) -> (u16, BTreeMap<String, String>) {
        let challenge = s256(VERIFIER);
        let mut query: BTreeMap<&str, &str> = BTreeMap::from([
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("state", "a/b&c"),
            ("resource", MCP),
            ("scope", "mcp:use"),
        ]);
        query.extend(changes.iter().copied());
        let target = Url::parse_with_params("http://x/authorize", query.iter()).unwrap();
        let (status, headers, _) = self.ask(Method::GET, &target[url::Position::BeforePath..], &[], "").await;
        let Some(location) = headers.get(LOCATION) else { return (status, BTreeMap::new()) };
        let location = Url::parse(location.to_str().unwrap()).unwrap();
        (status, location.query_pairs().into_owned().collect())
    }

    async fn token(&self, headers: &[(&str, &str)], form: &[(&str, &str)]) -> (u16, HeaderMap, Value) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut headers = headers.to_vec();
        headers.push((CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded"));
        self.ask(Method::POST, "/token", &headers, &body).await
    }

    async fn register(&self, metadata: Value) -> (u16, Value) {
        let (status, _, body) = self.ask(Method::POST, "/register", &[], &metadata.to_string()).await;
        (status, body)
    }

    /// A public client with a code, and that code.
    async fn with_code(&self) -> (String, String) {
        let metadata = json!({
            "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let (status, client) = self.register(metadata).await;
        assert_eq!((status, client.get("client_secret")), (201, None));
        let id = client["client_id"].as_str().unwrap().to_owned();
        let (status, answer) = self.authorize(&[("client_id", &id)]).await;
        assert_eq!((status, answer["state"].as_str(), answer["iss"].as_str()), (302, "a/b&c", ISSUER));
        (id, answer["code"].clone())
    }

    fn is_good(&self, token: &Value) -> bool {
        let expected = Expected { issuer: ISSUER.to_owned(), audience: Some(MCP.to_owned()), lifetime: true };
        validate(token.as_str().unwrap(), &self.server.keys(), &expected).unwrap().has(&["mcp:use"])
    }

    fn names(&self) -> Vec<String> {
        self.told.lock().unwrap().iter().map(|(name, _)| name.clone()).collect()
    }
}

fn form<'a>(id: &'a str, code: &'a str, verifier: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("client_id", id),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", CALLBACK),
    ]
}
