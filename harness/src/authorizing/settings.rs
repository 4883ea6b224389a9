//! What the reference client is told before it starts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;

use super::{Careless, Memory};
use crate::revision::Revision;

/// The client's own metadata document where the context names none: the name by which the fixtures of the official suite
/// go. Nobody fetches it.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

/// How the client comes to an access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// For a user, who consents in a browser (OAuth 2.1, section 4.1).
    #[default]
    Code,
    /// On its own behalf (OAuth 2.1, section 4.2; extension for client credentials).
    ClientCredentials,
    /// With a JWT that says which workload it is (RFC 7523; extension for workload identity).
    WorkloadIdentity,
    /// With an ID token of the enterprise, exchanged for a grant (RFC 8693; extension for enterprise-managed
    /// authorization).
    Enterprise,
}

/// A client.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Whose rules it keeps.
    pub revision: Revision,
    /// How it comes to a token.
    pub flow: Flow,
    /// What it does wrong.
    pub careless: BTreeSet<Careless>,
    /// Addresses that stand for origins, by `host:port`.
    pub connect_to: BTreeMap<String, SocketAddr>,
    /// What it keeps of authorization servers. Clients of several servers that are one and the same share it.
    pub memory: Arc<Memory>,
    context: Value,
}

impl ClientSettings {
    /// A client of that revision with what `MCP_CONFORMANCE_CONTEXT` says: `client_id`, `client_secret`,
    /// `private_key_pem`, `valid_jwt`, `idp_id_token`, `idp_client_id`, `idp_client_secret`, `idp_issuer`,
    /// `idp_token_endpoint`, besides `client_metadata_url` for its metadata document and `issuer` for the authorization
    /// server that the credentials are of. Without `idp_id_token` the user signs on at `idp_issuer`. The flow follows from what there is, and for a lone client secret from the
    /// `name` of the scenario.
    pub fn new(revision: Revision, context: &Value) -> Self {
        let has = |name: &str| context.get(name).is_some_and(Value::is_string);
        let named = context.get("name").and_then(Value::as_str).unwrap_or_default();
        let flow = match () {
            () if has("idp_id_token") || has("idp_client_id") => Flow::Enterprise,
            () if has("valid_jwt") => Flow::WorkloadIdentity,
            () if has("private_key_pem") || named.contains("client-credentials") => Flow::ClientCredentials,
            () => Flow::Code,
        };
        Self {
            revision,
            flow,
            careless: BTreeSet::new(),
            connect_to: BTreeMap::new(),
            memory: Arc::default(),
            context: context.clone(),
        }
    }

    /// A text of the context.
    pub(super) fn told(&self, name: &str) -> Option<&str> {
        self.context.get(name).and_then(Value::as_str)
    }

    /// Whether it does this wrong.
    pub(super) fn is(&self, careless: Careless) -> bool {
        self.careless.contains(&careless)
    }

    /// Where its own metadata document is, which nobody fetches unless it serves it itself.
    pub(super) fn document(&self) -> &str {
        self.told("client_metadata_url").unwrap_or(DOCUMENT)
    }

    /// Whether it serves that document itself, as the context wants.
    pub(super) fn serves_document(&self) -> bool {
        self.told("document") == Some("served")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_flow_follows_from_the_context() {
        let of = |context: Value| ClientSettings::new(Revision::V2026_07_28, &context).flow;
        assert_eq!(of(Value::Null), Flow::Code);
        assert_eq!(of(json!({ "client_id": "a", "client_secret": "b" })), Flow::Code);
        let named = json!({ "name": "auth/client-credentials-basic", "client_id": "a", "client_secret": "b" });
        assert_eq!(of(named), Flow::ClientCredentials);
        assert_eq!(of(json!({ "client_id": "a", "private_key_pem": "b" })), Flow::ClientCredentials);
        assert_eq!(of(json!({ "client_id": "a", "valid_jwt": "b" })), Flow::WorkloadIdentity);
        assert_eq!(of(json!({ "client_id": "a", "idp_id_token": "b" })), Flow::Enterprise);
        assert_eq!(of(json!({ "client_id": "a", "idp_client_id": "b" })), Flow::Enterprise);
    }
}
