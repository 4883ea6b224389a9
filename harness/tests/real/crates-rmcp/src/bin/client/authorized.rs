//! Authorization without a person, by the SDK's own OAuth.
//!
//! What kind it is shows in the scenario's context: a private key or the name of the grant for client credentials,
//! credentials that were registered before; else any authorization code.

use std::env;
use std::error::Error;

use reqwest::header::LOCATION;
use rmcp::model::ExtensionCapabilities;
use rmcp::service::ServiceError;
use rmcp::transport::auth::{
    AuthClient, AuthorizationCallback, AuthorizationManager, AuthorizationRequest, ClientCredentialsConfig,
    JwtSigningAlgorithm, OAuthState,
};
use rmcp::transport::streamable_http_client::{AuthRequiredError, InsufficientScopeError};
use serde_json::{Map, Value};

const METADATA_URL: &str = "https://conformance-test.local/client-metadata.json";
const CALLBACK: &str = "http://localhost:3000/callback";

/// Why the client cannot go on.
pub type Failure = Box<dyn Error + Send + Sync>;

/// What the client may do at one server.
pub struct Permission {
    url: String,
    told: Value,
    pub client: Option<AuthClient<reqwest::Client>>,
}

/// A client that follows no redirects, as is the SDK's own.
fn http() -> Result<reqwest::Client, Failure> {
    Ok(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?)
}

/// The user agrees at once: the authorization endpoint answers with the redirect that comes back to the client.
async fn agree(url: &str) -> Result<String, Failure> {
    let response = http()?.get(url).send().await?;
    let location = response.headers().get(LOCATION).ok_or("the user was not sent back")?;
    Ok(location.to_str()?.to_owned())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Permission {
    /// None yet.
    pub fn new(url: &str, told: &Value) -> Self {
        Self { url: url.to_owned(), told: told.clone(), client: None }
    }

    /// The extensions that the authorization makes use of.
    pub fn extensions(&self) -> ExtensionCapabilities {
        let used = self.credentials().map(|_| "io.modelcontextprotocol/oauth-client-credentials".to_owned());
        used.into_iter().map(|name| (name, Map::new())).collect()
    }

    /// The grant that needs no user, where the scenario is about that.
    fn credentials(&self) -> Option<ClientCredentialsConfig> {
        let (client_id, resource) = (text(&self.told["client_id"]), Some(self.url.clone()));
        if let Some(key) = self.told["private_key_pem"].as_str() {
            return Some(ClientCredentialsConfig::PrivateKeyJwt {
                client_id,
                signing_key: key.as_bytes().to_vec(),
                signing_algorithm: match self.told["signing_algorithm"].as_str() {
                    Some("RS256") => JwtSigningAlgorithm::RS256,
                    _ => JwtSigningAlgorithm::ES256,
                },
                token_endpoint_audience: None,
                scopes: Vec::new(),
                resource,
            });
        }
        let named = env::var("MCP_CONFORMANCE_SCENARIO").is_ok_and(|name| name.contains("client-credentials"));
        let client_secret = self.told["client_secret"].as_str().filter(|_| named)?.to_owned();
        Some(ClientCredentialsConfig::ClientSecret { client_id, client_secret, scopes: Vec::new(), resource })
    }

    async fn authorize(&self, challenge: &str) -> Result<AuthorizationManager, Failure> {
        let mut state = OAuthState::new(&self.url, None).await?;
        if let Some(credentials) = self.credentials() {
            state.authenticate_client_credentials(credentials).await?;
        } else {
            let mut request = AuthorizationRequest::new(CALLBACK)
                .with_client_name("fixture")
                .with_application_type("native")
                .with_initial_scope_selection()
                .with_challenge(challenge);
            request = match self.told["client_secret"].as_str() {
                Some(secret) => {
                    request.with_preregistered_client(text(&self.told["client_id"])).with_client_secret(secret)
                }
                None => request.with_client_metadata_url(METADATA_URL),
            };
            state.start_authorization(request).await?;
            let answer = agree(&state.get_authorization_url().await?).await?;
            state.handle_callback_url(&answer).await?;
        }
        state.into_authorization_manager().ok_or_else(|| "no authorization came about".into())
    }

    async fn widen(manager: &AuthorizationManager, scope: &str) -> Result<(), Failure> {
        let url = manager.request_scope_upgrade(scope).await?;
        let AuthorizationCallback { code, csrf_token, issuer, .. } =
            AuthorizationCallback::from_redirect_url(&agree(&url).await?)?;
        manager.exchange_code_for_token_with_issuer(&code, &csrf_token, issuer.as_deref()).await?;
        Ok(())
    }

    /// Gets what a refusal asks for.
    pub async fn get(&mut self, refusal: &Refusal) -> Result<(), Failure> {
        match (&self.client, &refusal.scope) {
            (Some(client), Some(scope)) => Self::widen(&*client.auth_manager.lock().await, scope).await?,
            (Some(client), None) => {
                let manager = self.authorize(&refusal.challenge).await?;
                *client.auth_manager.lock().await = manager;
            }
            (None, _) => {
                let manager = self.authorize(&refusal.challenge).await?;
                self.client = Some(AuthClient::new(http()?, manager));
            }
        }
        Ok(())
    }
}

/// A 401, or a 403 with the scope that is missing.
pub struct Refusal {
    pub challenge: String,
    scope: Option<String>,
}

impl Refusal {
    /// Of the first request.
    pub fn first(challenge: &str) -> Self {
        Self { challenge: challenge.to_owned(), scope: None }
    }

    /// What the server refused, if that is why a request failed.
    pub fn of(error: &ServiceError) -> Option<Self> {
        let ServiceError::TransportSend(error) = error else {
            return None;
        };
        let mut source: Option<&(dyn Error + 'static)> = Some(error.error.as_ref());
        while let Some(current) = source {
            if let Some(refused) = current.downcast_ref::<AuthRequiredError>() {
                return Some(Self::first(&refused.www_authenticate_header));
            }
            if let Some(refused) = current.downcast_ref::<InsufficientScopeError>() {
                let (challenge, scope) = (refused.www_authenticate_header.clone(), refused.required_scope.clone());
                return Some(Self { challenge, scope: Some(scope.unwrap_or_default()) });
            }
            source = current.source();
        }
        None
    }
}
