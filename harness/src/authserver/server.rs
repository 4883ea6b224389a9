//! The server as a whole.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use serde_json::Value;

use super::client::Client;
use super::credentials::Credentials;
use super::fetching::Documents;
use super::state::State;
use crate::oauth::{AuthMethod, Settings, TrustedIssuer};
use crate::token::{Authority, KeyError, SigningKey, now, random_name};

/// Is told every secret before it is sent, and what it is called: `authorization code 1`, `access token 2`.
pub type Issued = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum AuthServerError {
    /// Keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The settings contradict themselves.
    #[error("the settings of the authorization server are of no use: {0}")]
    Settings(String),
}

/// An authorization server.
pub struct AuthServer {
    pub(super) authority: Authority,
    pub(super) settings: Settings,
    /// Clients of the settings, with what they need to know.
    pub(super) known: Vec<Credentials>,
    /// The nonce that proofs need.
    pub(super) nonce: String,
    issued: Issued,
    /// How documents of clients are fetched, where not in the server's own way.
    pub(super) documents: OnceLock<Documents>,
    state: Mutex<State>,
    trusted: RwLock<Vec<TrustedIssuer>>,
    default_resource: RwLock<Option<String>>,
}

impl fmt::Debug for AuthServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthServer({})", self.issuer())
    }
}

impl AuthServer {
    /// A server with this issuer identifier, under which clients reach it, and this key.
    ///
    /// # Errors
    /// [`AuthServerError`] when the settings are of no use, or the system gives no random bytes.
    pub fn new(issuer: &str, settings: Settings, key: SigningKey, issued: Issued) -> Result<Self, AuthServerError> {
        check(&settings).map_err(AuthServerError::Settings)?;
        let server = Self {
            authority: Authority::new(issuer, key)?,
            known: settings.clients.iter().map(Credentials::of).collect::<Result<_, _>>()?,
            nonce: random_name()?,
            issued,
            documents: OnceLock::new(),
            state: Mutex::default(),
            trusted: RwLock::new(settings.trusted_issuers.clone()),
            default_resource: RwLock::new(settings.default_resource.clone()),
            settings,
        };
        for (client, credentials) in server.settings.clients.iter().zip(&server.known) {
            let jwks = client.jwks.clone().or_else(|| credentials.jwks());
            server.state().keep_client(Client::preregistered(client, credentials.secret.clone(), jwks));
            for secret in credentials.secrets() {
                server.told("client secret", &secret);
            }
        }
        Ok(server)
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        self.authority.issuer()
    }

    /// Who signs its tokens: what a resource server trusts.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What it is like.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What a client of the settings needs to know.
    pub fn credentials(&self, client: &str) -> Option<&Credentials> {
        self.known.iter().find(|known| known.id == client)
    }

    /// Trust another issuer's assertions, besides those of the settings.
    pub fn trust(&self, issuer: TrustedIssuer) {
        self.trusted.write().unwrap_or_else(PoisonError::into_inner).push(issuer);
    }

    /// The resource of clients that name none, in place of the settings'.
    pub fn set_default_resource(&self, resource: &str) {
        *self.default_resource.write().unwrap_or_else(PoisonError::into_inner) = Some(resource.to_owned());
    }

    pub(super) fn default_resource(&self) -> Option<String> {
        self.default_resource.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn trusted(&self, issuer: &str) -> Option<TrustedIssuer> {
        let all = self.trusted.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|trusted| trusted.issuer == issuer).cloned()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The URL of an endpoint.
    pub(super) fn at(&self, endpoint: &str) -> String {
        format!("{}{endpoint}", self.issuer().trim_end_matches('/'))
    }

    pub(super) fn token_url(&self) -> String {
        self.at(&self.settings.endpoints.token)
    }

    /// A secret that nobody can guess, and that has been told.
    pub(super) fn secret(&self, what: &'static str) -> Result<String, KeyError> {
        let secret = random_name()?;
        self.told(what, &secret);
        Ok(secret)
    }

    /// Tell a secret.
    pub(super) fn told(&self, what: &'static str, secret: &str) {
        let number = self.state().number(what);
        (self.issued)(secret, &format!("{what} {number}"));
    }

    /// A client that is known, by registration or by the settings; one whose document has to be read again is not.
    pub(super) fn client(&self, id: &str) -> Option<Client> {
        let state = self.state();
        state.clients.get(id).filter(|client| client.stale.is_none_or(|end| end > now())).cloned()
    }

    /// The published keys.
    pub(super) fn keys(&self) -> Value {
        self.authority.jwks()
    }
}

fn check(settings: &Settings) -> Result<(), String> {
    if !settings.path.is_empty() && (!settings.path.starts_with('/') || settings.path.ends_with('/')) {
        return Err(format!("path `{}` has to begin with a slash and not to end with one", settings.path));
    }
    let endpoints = &settings.endpoints;
    for endpoint in [&endpoints.authorization, &endpoints.token, &endpoints.registration, &endpoints.jwks] {
        if !endpoint.starts_with('/') {
            return Err(format!("endpoint `{endpoint}` has to begin with a slash"));
        }
    }
    if settings.auth_methods.is_empty() || settings.grant_types.is_empty() {
        return Err("auth_methods and grant_types have to name one at least".to_owned());
    }
    let unlisted = settings.clients.iter().find(|client| !settings.auth_methods.contains(&client.auth_method));
    match unlisted {
        Some(client) => Err(format!(
            "client `{}` authenticates by {}, which auth_methods lacks",
            client.id,
            AuthMethod::name(client.auth_method)
        )),
        None => Ok(()),
    }
}
