//! Who the client is at an authorization server (basic/authorization, client registration).

use serde_json::{Value, json};

use super::client::Client;
use super::discovery::Found;
use super::documents::object;
use super::issuer::Issuer;
use super::stop::{Stop, stop};
use super::{Careless, Flow};
use crate::oauth::AuthMethod;
use crate::revision::Revision;

/// How often a client that never learns repeats a refused registration.
const OBSTINATE: usize = 12;

/// What the client is called at one authorization server, and how it shows that.
#[derive(Clone)]
pub(super) struct Identity {
    pub id: String,
    pub secret: Option<String>,
    pub method: AuthMethod,
    /// Whether the user gave it.
    pub is_configured: bool,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({}, {})", self.id, self.method.name())
    }
}

impl Client {
    /// Who the client is at this authorization server: as it was before, else as configured, else by its metadata
    /// document, else newly registered.
    pub async fn identity(&self, found: &Found) -> Result<Identity, Stop> {
        let how = &self.how;
        let issuer = &found.issuer;
        if let Some(known) = how.memory.at(&issuer.id) {
            return Ok(known);
        }
        if let Some(known) = how.memory.anywhere().filter(|_| how.is(Careless::ClientIdReused)) {
            return Ok(known);
        }
        let identity = if let Some(configured) = self.configured(issuer)? {
            configured
        } else if let Some(document) = self.by_document(issuer) {
            document
        } else if (issuer.has("registration_endpoint") || how.is(Careless::RegistersUnasked))
            && !how.is(Careless::RegistrationUnsupported)
        {
            self.register(found).await?
        } else if how.is(Careless::ClientIdInvented) {
            Identity { id: "mcp-assay".to_owned(), secret: None, method: AuthMethod::None, is_configured: false }
        } else if how.told("client_id").is_some() {
            return stop(format!("the configured client id is not one of {}, which offers no other", issuer.id));
        } else {
            return stop(format!("there is no way to a client id at {}: configure one", issuer.id));
        };
        how.memory.keep(&issuer.id, identity.clone());
        Ok(identity)
    }

    /// The credentials that the user gave, if they are of this authorization server.
    fn configured(&self, issuer: &Issuer) -> Result<Option<Identity>, Stop> {
        let how = &self.how;
        let Some(id) = how.told("client_id").filter(|_| !how.is(Careless::PreregistrationIgnored)) else {
            return Ok(None);
        };
        let bound = how.told("issuer").map(str::to_owned).or_else(|| how.memory.configured_at());
        if bound.is_some_and(|bound| bound != issuer.id) && !how.is(Careless::PreregistrationUnbound) {
            return Ok(None);
        }
        let secret = how.told("client_secret").map(str::to_owned);
        let method = self.configured_method(issuer, secret.is_some())?;
        Ok(Some(Identity { id: id.to_owned(), secret, method, is_configured: true }))
    }

    /// How configured credentials are shown: in a way that the server lists, by the key rather than by the secret.
    fn configured_method(&self, issuer: &Issuer, has_secret: bool) -> Result<AuthMethod, Stop> {
        let methods = issuer.methods();
        let has_key = self.how.told("private_key_pem").is_some();
        // The extension for client credentials wants the secret in the body where both ways are open.
        let secrets = match self.how.flow {
            Flow::ClientCredentials => [AuthMethod::ClientSecretPost, AuthMethod::ClientSecretBasic],
            _ => [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
        };
        let signs = issuer.list("token_endpoint_auth_signing_alg_values_supported");
        let signs =
            signs.is_none_or(|list| list.contains(&"ES256")) || self.how.is(Careless::AssertionAlgorithmUnlisted);
        let by_key = has_key && signs && methods.contains(&AuthMethod::PrivateKeyJwt.name());
        let by_secret = secrets.into_iter().find(|method| has_secret && methods.contains(&method.name()));
        match by_secret {
            Some(method) if self.how.is(Careless::SecretByUnlistedMethod) => {
                Ok(if method == AuthMethod::ClientSecretPost {
                    AuthMethod::ClientSecretBasic
                } else {
                    AuthMethod::ClientSecretPost
                })
            }
            Some(method) if !by_key || self.how.is(Careless::SecretPreferred) => Ok(method),
            _ if by_key => Ok(AuthMethod::PrivateKeyJwt),
            _ if has_key || has_secret => {
                stop(format!("{} takes the configured credentials in none of the ways it lists", issuer.id))
            }
            _ => Ok(AuthMethod::None),
        }
    }

    /// The URL of the client's own metadata document, where the server fetches such.
    fn by_document(&self, issuer: &Issuer) -> Option<Identity> {
        let how = &self.how;
        let known = how.revision >= Revision::V2025_11_25 && !how.is(Careless::DocumentUnsupported);
        let wanted = issuer.says("client_id_metadata_document_supported") || how.is(Careless::DocumentUnasked);
        let late = how.is(Careless::RegistersBeforeDocument) && issuer.has("registration_endpoint");
        let id = match () {
            () if how.is(Careless::DocumentOverHttp) => how.document().replacen("https:", "http:", 1),
            () if how.is(Careless::DocumentWithoutPath) => {
                how.document().split('/').take(3).collect::<Vec<_>>().join("/")
            }
            () if how.serves_document() => self.own_document(),
            () => how.document().to_owned(),
        };
        (known && wanted && !late).then_some(Identity {
            id,
            secret: None,
            method: AuthMethod::None,
            is_configured: false,
        })
    }

    /// Register (RFC 7591, section 3).
    pub async fn register(&self, found: &Found) -> Result<Identity, Stop> {
        let issuer = &found.issuer;
        let endpoint = match issuer.endpoint("registration_endpoint") {
            Ok(endpoint) => endpoint,
            // Where a client that asks nobody whether there is one believes it to be.
            Err(problem) => url::Url::parse(&issuer.id).and_then(|id| id.join("/register")).map_err(|_| problem)?,
        };
        let methods = issuer.methods();
        let ways = [AuthMethod::None, AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost];
        let Some(method) = ways.into_iter().find(|method| methods.contains(&method.name())) else {
            return stop(format!("{} takes clients that register in no way that this one knows", issuer.id));
        };
        let mut wanted = json!({
            "client_name": "mcp-assay reference client",
            "redirect_uris": [self.redirect],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": method.name(),
            "application_type": "native",
        });
        if self.wants_bound(found)
            && let Some(wanted) = wanted.as_object_mut()
        {
            wanted.insert("dpop_bound_access_tokens".to_owned(), true.into());
        }
        let headers = [
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Accept".to_owned(), "application/json".to_owned()),
        ];
        let mut came = self.ask(&endpoint, "POST", &headers, wanted.to_string().as_bytes()).await?;
        if self.how.is(Careless::RegistrationRepeated) {
            for _ in 0..OBSTINATE {
                if came.head.status < 400 {
                    break;
                }
                came = self.ask(&endpoint, "POST", &headers, wanted.to_string().as_bytes()).await?;
            }
        }
        let said = object(&came.body).unwrap_or_default();
        let text = |name: &str| said.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(id) = text("client_id").filter(|_| matches!(came.head.status, 200 | 201)) else {
            let error = text("error").unwrap_or("no client_id");
            return stop(format!("{} refused the registration: HTTP status {}, {error}", issuer.id, came.head.status));
        };
        let secret = text("client_secret").map(str::to_owned);
        let given = text("token_endpoint_auth_method").map(AuthMethod::of);
        let method = match (given, &secret) {
            (Some(Some(AuthMethod::None)), _) | (None, None) => AuthMethod::None,
            (Some(Some(method @ (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost))), Some(_)) => method,
            (None, Some(_)) => AuthMethod::ClientSecretBasic,
            _ => return stop(format!("{} registered the client for a method that it does not know", issuer.id)),
        };
        Ok(Identity { id: id.to_owned(), secret, method, is_configured: false })
    }
}
