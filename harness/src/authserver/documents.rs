//! Client ID Metadata Documents: clients whose identifier is the URL of what they say about themselves.

use serde_json::Value;
use url::Url;

use super::AuthServer;
use super::client::{Client, Redirects};
use super::fetching::{Documents, fetch, is_plain};
use crate::oauth::{AuthMethod, AuthSwitch, ClientIdDocuments, Settings};
use crate::token::now;

impl AuthServer {
    /// Fetch documents in this way. The first stays.
    pub fn fetch_documents_by(&self, way: Documents) {
        let _ = self.documents.set(way);
    }

    /// The client of this identifier, whose document is read where it has one.
    ///
    /// # Errors
    /// In words for the user.
    pub(super) async fn find_client(&self, id: &str) -> Result<Client, String> {
        if let Some(client) = self.client(id) {
            return Ok(client);
        }
        let unknown = || "there is no such client".to_owned();
        let url = Url::parse(id).map_err(|_| unknown())?;
        let how = match self.settings.client_id_documents {
            ClientIdDocuments::Fetched if self.settings.has(AuthSwitch::DocumentNotFetched) => {
                ClientIdDocuments::Trusted
            }
            how => how,
        };
        match how {
            ClientIdDocuments::Off => Err(unknown()),
            ClientIdDocuments::Trusted => {
                let fits = matches!(url.scheme(), "https" | "http") && url.path() != "/" && is_plain(&url);
                let host = url.host_str().map(str::to_owned);
                let client = Client::public(id, Redirects::Near(host));
                Some(client).filter(|_| fits).ok_or_else(unknown)
            }
            ClientIdDocuments::Fetched => {
                let read_it = fetch(&url, self.documents.get()).await;
                let (document, lifetime) =
                    read_it.map_err(|why| format!("failed to read the document of the client: {why}"))?;
                let mut client = read(id, &document, &self.settings)?;
                client.stale = Some(now() + lifetime);
                if lifetime > 0 && !self.settings.has(AuthSwitch::DocumentNotKept) {
                    self.state().keep_client(client.clone());
                }
                Ok(client)
            }
        }
    }
}

/// The client of a document.
fn read(id: &str, document: &Value, settings: &Settings) -> Result<Client, String> {
    let careless = settings.has(AuthSwitch::DocumentIncomplete);
    if !document.is_object() && careless {
        return Ok(Client::public(id, Redirects::Near(None)));
    }
    let wrong = |why: &str| Err(format!("the document of the client is of no use: {why}"));
    if !document.is_object() {
        return wrong("it is no JSON object");
    }
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    if text("client_id") != Some(id) && !settings.has(AuthSwitch::DocumentOfAnother) {
        return wrong("its `client_id` is not its URL");
    }
    if text("client_name").is_none() && !careless {
        return wrong("it has no `client_name`");
    }
    let listed = document.get("redirect_uris").and_then(Value::as_array);
    let listed: Option<Vec<String>> =
        listed.and_then(|all| all.iter().map(|uri| uri.as_str().map(str::to_owned)).collect());
    let redirects = match listed.filter(|listed| !listed.is_empty()) {
        Some(listed) => Redirects::Listed(listed),
        None if careless => Redirects::Near(None),
        None => return wrong("it has no `redirect_uris`"),
    };
    // Nobody shares a secret with the server beforehand (section 4.1 of the draft).
    let method = match text("token_endpoint_auth_method").map(AuthMethod::of) {
        None => AuthMethod::None,
        Some(Some(method)) if !method.is_secret() && document.get("client_secret").is_none() => method,
        Some(_) => return wrong("its `token_endpoint_auth_method` is by a secret"),
    };
    let jwks = document.get("jwks").cloned();
    if method == AuthMethod::PrivateKeyJwt && jwks.is_none() {
        return wrong("it has no `jwks`");
    }
    Ok(Client { method, jwks, ..Client::public(id, redirects) })
}
