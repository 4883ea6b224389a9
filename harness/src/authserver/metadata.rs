//! Metadata (RFC 8414, section 2; OpenID Connect Discovery, section 3).

use serde_json::{Map, Value, json};

use super::AuthServer;
use crate::oauth::{AuthMethod, ClientIdDocuments, Dpop, GrantType};
use crate::token::{ALGORITHMS, Authority, KINDS_MEMBER, Kind};

/// The profile of identity assertions in metadata.
const ID_JAG_PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

impl AuthServer {
    /// Whether the metadata are at this path.
    pub(super) fn is_metadata(&self, path: &str) -> bool {
        let own = &self.settings.path;
        self.settings.metadata.iter().any(|place| path == place.of(own))
    }

    /// The metadata.
    pub(super) fn metadata(&self) -> Value {
        let settings = &self.settings;
        let mut all = Map::new();
        let mut say = |name: &str, value: Value| {
            all.insert(name.to_owned(), value);
        };
        say("issuer", json!(self.issuer()));
        if settings.takes(GrantType::AuthorizationCode) {
            say("authorization_endpoint", json!(self.at(&settings.endpoints.authorization)));
        }
        say("token_endpoint", json!(self.token_url()));
        say("jwks_uri", json!(self.at(&settings.endpoints.jwks)));
        if settings.registration {
            say("registration_endpoint", json!(self.at(&settings.endpoints.registration)));
        }
        if let Some(scopes) = settings.scopes.as_ref().filter(|scopes| !scopes.is_empty()) {
            say("scopes_supported", json!(scopes));
        }
        // Required of every server, with or without an authorization endpoint (RFC 8414, section 2).
        say("response_types_supported", json!(["code"]));
        say("response_modes_supported", json!(["query"]));
        say("grant_types_supported", settings.grant_types.iter().map(|grant| grant.name()).collect());
        say(
            "token_endpoint_auth_methods_supported",
            settings.auth_methods.iter().map(|method| method.name()).collect(),
        );
        if settings.auth_methods.contains(&AuthMethod::PrivateKeyJwt) {
            say("token_endpoint_auth_signing_alg_values_supported", json!(ALGORITHMS));
        }
        say("code_challenge_methods_supported", json!(["S256"]));
        // Wanted by OpenID Connect Discovery.
        say("subject_types_supported", json!(["public"]));
        say("id_token_signing_alg_values_supported", json!(["ES256"]));
        if settings.iss {
            say("authorization_response_iss_parameter_supported", json!(true));
        }
        if settings.client_id_documents != ClientIdDocuments::Off {
            say("client_id_metadata_document_supported", json!(true));
        }
        if settings.dpop != Dpop::Off {
            say("dpop_signing_alg_values_supported", json!(ALGORITHMS));
        }
        if settings.takes(GrantType::JwtBearer) {
            say("authorization_grant_profiles_supported", json!([ID_JAG_PROFILE]));
        }
        if settings.anyone {
            let kinds: Vec<&str> = Authority::kinds().map(Kind::word).collect();
            say(KINDS_MEMBER, json!(kinds));
        }
        Value::Object(all)
    }
}
