//! The keys of issuers whose assertions are taken, where the settings do not say them.

use serde_json::Value;
use url::Url;

use super::AuthServer;
use super::client::is_loopback;
use super::fetching::{fetch, get_keys_in_clear};
use crate::oauth::AuthSwitch;

impl AuthServer {
    /// Ask an issuer about itself (OpenID Connect Discovery, section 4).
    ///
    /// # Errors
    /// In words.
    pub(super) async fn ask_issuer(&self, issuer: &str) -> Result<Value, String> {
        let url = Url::parse(&format!("{issuer}/.well-known/openid-configuration")).map_err(|e| e.to_string())?;
        fetch(&url, self.documents.get()).await.map(|(document, _)| document)
    }

    /// The keys of an issuer, from where its metadata say.
    ///
    /// # Errors
    /// In words.
    pub(super) async fn keys_of(&self, issuer: &str) -> Result<Value, String> {
        let metadata = self.ask_issuer(issuer).await?;
        if metadata.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err("the metadata of its issuer are those of another".to_owned());
        }
        let told = metadata.get("jwks_uri").and_then(Value::as_str);
        let told = told.ok_or("the metadata of its issuer have no `jwks_uri`")?;
        let url = Url::parse(told).map_err(|e| format!("`{told}` is no URL: {e}"))?;
        if url.scheme() == "http" && !is_loopback(&url) && self.settings.has(AuthSwitch::KeysInClear) {
            return get_keys_in_clear(&url).await;
        }
        fetch(&url, self.documents.get()).await.map(|(document, _)| document)
    }
}
