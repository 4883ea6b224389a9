//! A server and its authorization server in one, that a test can change request by request.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::super::{Authorizing, ClientSettings};
use crate::oauth::Careless;
use crate::revision::Revision;
use crate::transport::{Fetched, TlsRoots, fetch};

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub verb: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    pub fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A response: status, one header or none, body.
pub struct Said(pub u16, pub Vec<(&'static str, String)>, pub String);

impl Said {
    pub fn json(body: &Value) -> Self {
        Self(200, vec![("content-type", "application/json".to_owned())], body.to_string())
    }

    pub fn status(status: u16) -> Self {
        Self(status, Vec::new(), String::new())
    }

    pub fn refusal(status: u16, challenge: String) -> Self {
        Self(status, vec![("www-authenticate", challenge)], String::new())
    }
}

/// The peers of a client.
pub struct Peer {
    pub origin: String,
    log: Arc<Mutex<Vec<Asked>>>,
    _serving: AbortOnDropHandle<()>,
}

impl Peer {
    /// Conforming peers, but for what `instead` says first. It is told the origin and how many requests came before to
    /// the same path.
    pub async fn start(instead: impl Fn(&str, &Asked, usize) -> Option<Said> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let log: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let shared = Arc::new((origin.clone(), log.clone(), instead));
        let serving = AbortOnDropHandle::new(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let shared = shared.clone();
                    async move {
                        let asked = read(request).await;
                        let before = {
                            let mut log = shared.1.lock().unwrap();
                            let before = log.iter().filter(|other| other.path == asked.path).count();
                            log.push(asked.clone());
                            before
                        };
                        let said = (shared.2)(&shared.0, &asked, before);
                        let said = said.unwrap_or_else(|| conforming(&shared.0, &asked, before));
                        let mut response = Response::builder().status(said.0);
                        for (name, value) in said.1 {
                            response = response.header(name, value);
                        }
                        Ok::<_, Infallible>(response.body(Full::new(Bytes::from(said.2))).unwrap())
                    }
                });
                tokio::spawn(async move {
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        }));
        Self { origin, log, _serving: serving }
    }

    /// Paths that were asked for, in order.
    pub fn paths(&self) -> Vec<String> {
        self.log.lock().unwrap().iter().map(|asked| asked.path.clone()).collect()
    }

    /// Requests to a path.
    pub fn at(&self, path: &str) -> Vec<Asked> {
        self.log.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// A client of that revision.
    pub async fn client(&self, revision: Revision, context: Value, careless: &[Careless]) -> Authorizing {
        let mut how = ClientSettings::new(revision, &context);
        how.careless = careless.iter().copied().collect();
        Authorizing::start(&Url::parse(&format!("{}/mcp", self.origin)).unwrap(), how).await.unwrap()
    }
}

/// One request of the user of the proxy: the call of a tool.
pub async fn call(client: &Authorizing, tool: &str) -> Fetched {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool } }).to_string();
    fetch(client.url(), &TlsRoots::new(None).unwrap(), "POST", &[], body.as_bytes()).await.unwrap()
}

async fn read(request: Request<Incoming>) -> Asked {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let query = parts.uri.query().unwrap_or_default();
    let headers = parts.headers.iter();
    Asked {
        verb: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// Metadata of an authorization server at an origin.
pub fn metadata(origin: &str) -> Value {
    json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/as/authorize?tenant=1"),
        "token_endpoint": format!("{origin}/as/token"),
        "registration_endpoint": format!("{origin}/as/register"),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "mcp_assay_unknown": { "a": [1] },
    })
}

pub fn resource(origin: &str) -> Value {
    json!({ "resource": format!("{origin}/mcp"), "authorization_servers": [origin], "scopes_supported": ["a", "b"] })
}

/// What peers do that follow all rules: the nth token is good from when it was issued.
fn conforming(origin: &str, asked: &Asked, before: usize) -> Said {
    match asked.path.as_str() {
        "/mcp" if asked.header("authorization").contains("token-") => Said::json(&json!({ "result": {} })),
        "/mcp" => Said::refusal(401, "Bearer".to_owned()),
        "/.well-known/oauth-protected-resource/mcp" => Said::json(&resource(origin)),
        "/.well-known/oauth-authorization-server" => Said::json(&metadata(origin)),
        "/as/register" => {
            let mut client: Value = serde_json::from_str(&asked.body).unwrap();
            client["client_id"] = json!(format!("client-{before}"));
            Said(201, Vec::new(), client.to_string())
        }
        "/as/authorize" => {
            let mut back = Url::parse(&asked.query["redirect_uri"]).unwrap();
            back.query_pairs_mut().append_pair("code", "code-1").append_pair("state", &asked.query["state"]);
            Said(302, vec![("location", back.to_string())], String::new())
        }
        "/as/token" => Said::json(&json!({ "access_token": format!("token-{before}"), "token_type": "bearer" })),
        _ => Said::status(404),
    }
}
