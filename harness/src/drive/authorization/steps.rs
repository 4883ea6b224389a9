//! The steps themselves.

use std::iter;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use url::Url;

use super::super::CLIENT_NAME;
use super::super::run::{Run, Stop};
use super::party::Party;
use crate::action::{Ask, Chunks, DEFAULT_ACTOR, Until};
use crate::oauth::{AuthMethod, GrantType, Place, s256};
use crate::token::Jwt;
use crate::transcript::{SentKind, What};
use crate::transport::HttpRequest;

/// The stream of the metadata that a step needs and no earlier one fetched.
const DISCOVERED: &str = "discovered";
/// Whom the requests are for, in the transcript.
const PARTY: &str = "authorization";
/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// A request on its way.
pub(super) struct Plain<'a> {
    pub ask: &'a Ask,
    pub verb: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Run<'_> {
    /// Fetch the metadata.
    pub(in crate::drive) async fn discover(&mut self, ask: &Ask) -> Result<(), Stop> {
        let issuer = self.issuer()?;
        let known = self.spec.facts.pointer("/server/place").cloned();
        let known: Place = known.and_then(|place| serde_json::from_value(place).ok()).unwrap_or_default();
        let path = ask.at.unwrap_or(known).of(issuer.path().trim_end_matches('/'));
        self.plain(Plain { ask, verb: "GET", path, headers: Vec::new(), body: String::new() }).await?;
        if self.party.metadata.is_none() {
            let view = self.view_of(&ask.stream);
            let found = view.get("status").and_then(Value::as_u64) == Some(200);
            self.party.metadata = view.get("document").filter(|document| found && document.is_object()).cloned();
        }
        Ok(())
    }

    /// The metadata, fetched where no step did.
    pub(super) async fn metadata_document(&mut self) -> Result<Value, Stop> {
        if self.party.metadata.is_none() {
            self.discover(&Ask { stream: DISCOVERED.to_owned(), ..Ask::default() }).await?;
        }
        let found = self.party.metadata.clone();
        found.ok_or_else(|| Stop::Iut("it has no metadata where clients look first".to_owned()))
    }

    /// The URL of an endpoint, which has to be where the issuer is: nobody else is asked anything.
    async fn endpoint(&mut self, member: &str) -> Result<Url, Stop> {
        let metadata = self.metadata_document().await?;
        let told = metadata.get(member).and_then(Value::as_str);
        let told = told.ok_or_else(|| Stop::Iut(format!("its metadata have no `{member}`")))?.to_owned();
        self.near(&told)
    }

    fn near(&self, told: &str) -> Result<Url, Stop> {
        let url = Url::parse(told).map_err(|e| Stop::Iut(format!("`{told}` is no URL: {e}")))?;
        if url.origin() != self.issuer()?.origin() {
            return Err(Stop::Iut(format!("{told} is on another origin than the issuer, and is left alone")));
        }
        Ok(url)
    }

    fn issuer(&self) -> Result<Url, Stop> {
        let target = self.target.http.first();
        let target = target.ok_or_else(|| Stop::Harness("there is no authorization server".to_owned()))?;
        Ok(target.url.clone())
    }

    /// Register a client.
    pub(in crate::drive) async fn register(&mut self, ask: &Ask) -> Result<(), Stop> {
        let url = self.endpoint("registration_endpoint").await?;
        self.party.make_keys().map_err(|e| Stop::Harness(e.to_string()))?;
        let mut members = self.usual_registration().await?;
        self.change(&mut members, &ask.set)?;
        let members: Map<String, Value> = members.into_iter().collect();
        let body = self.stage.recorder.reveal(&Value::Object(members).to_string());
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        self.plain(Plain { ask, verb: "POST", path: target(&url), headers, body }).await?;
        self.keep_client(&ask.stream);
        Ok(())
    }

    /// Ask for a code.
    pub(in crate::drive) async fn authorize(&mut self, ask: &Ask) -> Result<(), Stop> {
        let client = self.client(ask).await?;
        let mut url = self.endpoint("authorization_endpoint").await?;
        let verifier = Party::verifier().map_err(|e| Stop::Harness(e.to_string()))?;
        self.keep(&verifier, "code verifier");
        let state = self.unguessable()?;
        let mut query = IndexMap::from([
            ("response_type".to_owned(), json!("code")),
            ("client_id".to_owned(), json!(client.id)),
            ("redirect_uri".to_owned(), json!(self.fact("redirect_uri"))),
            ("state".to_owned(), json!(state)),
            ("code_challenge".to_owned(), json!(s256(&verifier))),
            ("code_challenge_method".to_owned(), json!("S256")),
        ]);
        for name in ["scope", "resource"] {
            query.extend(self.fact(name).map(|value| (name.to_owned(), json!(value))));
        }
        self.change(&mut query, &ask.set)?;
        self.party.verifiers.insert(ask.stream.clone(), verifier);
        url.query_pairs_mut().extend_pairs(pairs(&query));
        let url = Url::parse(&self.stage.recorder.reveal(url.as_str())).unwrap_or(url);
        let command = self.target.access.sign_in.clone().filter(|_| ask.user.unwrap_or(!ask.wrong));
        let plain = Plain { ask, verb: "GET", path: target(&url), headers: Vec::new(), body: String::new() };
        match command {
            Some(command) => self.sign_in(plain, &command, &url).await,
            None => self.plain(plain).await,
        }
    }

    /// Ask for tokens.
    pub(in crate::drive) async fn redeem(&mut self, ask: &Ask) -> Result<(), Stop> {
        let mut client = self.client(ask).await?;
        let url = self.endpoint("token_endpoint").await?;
        let mut set = ask.set.clone();
        // Another secret goes where this client's secret goes.
        if client.method == AuthMethod::ClientSecretBasic && set.get("client_secret").is_some_and(Value::is_string) {
            client.secret = set.shift_remove("client_secret").and_then(|secret| secret.as_str().map(str::to_owned));
        }
        let mut form = IndexMap::new();
        if let Some(of) = &ask.of {
            let code = self.view_of(of).pointer("/location/query/code").cloned();
            let code = code.filter(Value::is_string);
            let code =
                code.ok_or_else(|| Stop::Iut(format!("no code came of `{of}`: {}", self.instead_of_code(of))))?;
            form.extend([
                ("grant_type".to_owned(), json!("authorization_code")),
                ("code".to_owned(), code),
                ("redirect_uri".to_owned(), json!(self.fact("redirect_uri"))),
                ("code_verifier".to_owned(), json!(self.party.verifiers.get(of))),
            ]);
        }
        form.extend(self.fact("resource").map(|resource| ("resource".to_owned(), json!(resource))));
        if let Some(signed) = &ask.grant {
            let text = self.grant(signed, url.as_str())?;
            form.insert("grant_type".to_owned(), json!(GrantType::JwtBearer.name()));
            form.insert("assertion".to_owned(), json!(text));
        }
        let (credentials, header) = self.credentials(&client, ask)?;
        form.extend(credentials);
        self.change(&mut form, &set)?;
        let mut headers = vec![("Content-Type".to_owned(), FORM.to_owned())];
        headers.extend(header.map(|value| ("Authorization".to_owned(), value)));
        if let Some(signed) = &ask.proof {
            let proof = self.proof(signed, url.as_str())?;
            headers.extend(iter::repeat_n(("DPoP".to_owned(), proof), if signed.twice { 2 } else { 1 }));
        }
        let revealed = pairs(&form).into_iter().map(|(name, value)| (name, self.stage.recorder.reveal(&value)));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(revealed).finish();
        self.plain(Plain { ask, verb: "POST", path: target(&url), headers, body }).await?;
        let nonce = self.view_of(&ask.stream).pointer("/headers/dpop-nonce").and_then(Value::as_str).map(str::to_owned);
        self.party.nonce = nonce.or(self.party.nonce.take());
        self.verify(&ask.stream);
        Ok(())
    }

    /// Fetch a document.
    pub(in crate::drive) async fn fetch(&mut self, ask: &Ask) -> Result<(), Stop> {
        self.metadata_document().await?;
        let url = self.resolve(ask.url.as_ref().unwrap_or(&Value::Null))?;
        let url = self.near(url.as_str().unwrap_or_default())?;
        let plain = Plain { ask, verb: "GET", path: target(&url), headers: Vec::new(), body: String::new() };
        self.plain(plain).await?;
        let document = self.view_of(&ask.stream).get("document").cloned();
        self.party.jwks = document.filter(|document| document.get("keys").is_some()).or(self.party.jwks.take());
        Ok(())
    }

    /// Note whether the server signed the token that it gave, where its keys are known.
    fn verify(&self, stream: &str) {
        let recorder = &self.stage.recorder;
        let view = self.view_of(stream);
        let label = view.pointer("/document/access_token").and_then(Value::as_str);
        let (Some(label), Some(keys)) = (label, &self.party.jwks) else { return };
        let token = recorder.reveal(label);
        if let Ok(read) = Jwt::read(&token) {
            let signed = Jwt::verified(&token, keys).is_ok();
            let about = json!({ "header": read.header, "claims": read.claims, "signed": signed });
            recorder.append(DEFAULT_ACTOR, None, What::Secret { label: label.to_owned(), about });
        }
    }

    /// What came of an authorization that gave no code, for a person.
    fn instead_of_code(&self, stream: &str) -> String {
        let view = self.view_of(stream);
        let part = |pointer: &str| view.pointer(pointer).and_then(Value::as_str);
        match (part("/location/query/error"), view.get("status").and_then(Value::as_u64)) {
            (Some(error), _) => format!("the redirect says `{error}`"),
            (None, Some(200)) => "a page came; if it wants a user to sign in, give --authorize-command".to_owned(),
            (None, Some(status)) if part("/location/url").is_some() => {
                format!(
                    "HTTP status {status}, a redirect without code; if it leads to a sign-in, give --authorize-command"
                )
            }
            (None, Some(status)) => format!("HTTP status {status}"),
            (None, None) => "nothing came".to_owned(),
        }
    }

    /// Carry out what a step changes; null takes away.
    pub(super) fn change(&self, all: &mut IndexMap<String, Value>, set: &IndexMap<String, Value>) -> Result<(), Stop> {
        for (name, value) in self.resolve_map(set)? {
            if value.is_null() {
                all.shift_remove(&name);
            } else {
                all.insert(name, value);
            }
        }
        Ok(())
    }

    /// Send a request, and wait for the whole answer.
    pub(super) async fn plain(&mut self, plain: Plain<'_>) -> Result<(), Stop> {
        self.stage.recorder.look_for_given_secrets();
        let actor = self.actor(crate::action::DEFAULT_ACTOR).await?;
        let request = self.request_of(&plain)?;
        actor.send_as_is(&plain.ask.stream, request).await;
        self.wait_stream(&plain.ask.stream, &Until::Ended, plain.ask.within).await
    }

    /// The whole request.
    pub(super) fn request_of(&self, plain: &Plain<'_>) -> Result<HttpRequest, Stop> {
        let target = self.target.http.first().ok_or_else(|| Stop::Harness("there is no target".to_owned()))?;
        let mut headers = vec![
            ("Host".to_owned(), target.authority()),
            ("User-Agent".to_owned(), format!("{CLIENT_NAME}/{}", env!("CARGO_PKG_VERSION"))),
            ("Accept".to_owned(), "application/json".to_owned()),
            ("Connection".to_owned(), "close".to_owned()),
        ];
        headers.extend(target.headers.iter().cloned());
        headers.extend(plain.headers.iter().cloned());
        if plain.verb == "POST" {
            headers.push(("Content-Length".to_owned(), plain.body.len().to_string()));
        }
        for (name, value) in self.resolve_map(&plain.ask.headers)? {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            if let Some(value) = value.as_str() {
                headers.push((name, self.stage.recorder.reveal(value)));
            }
        }
        Ok(HttpRequest {
            verb: plain.verb.to_owned(),
            target: plain.path.clone(),
            headers,
            token: None,
            party: Some(PARTY.to_owned()),
            private: target.headers.iter().map(|(name, _)| name.clone()).collect(),
            body: Bytes::from(plain.body.clone()),
            chunks: Chunks::default(),
            parts: Vec::new(),
            kind: SentKind::Metadata,
            wrong: plain.ask.wrong,
            cut: None,
            onward: None,
        })
    }
}

/// Path and query of a URL, as they stand in a request.
fn target(url: &Url) -> String {
    url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
}

/// Parameters as pairs of texts; a list is a parameter that comes several times.
fn pairs(all: &IndexMap<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let each = |(name, value): (&String, &Value)| match value {
        Value::Array(items) => items.iter().map(|item| (name.clone(), text(item))).collect(),
        Value::Null => Vec::new(),
        one => vec![(name.clone(), text(one))],
    };
    all.iter().flat_map(each).collect()
}
