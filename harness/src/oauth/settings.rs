//! What an authorization server of ours is like.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::AuthSwitch;
use super::words::{AuthMethod, ClientIdDocuments, Consent, Dpop, GrantType, Place, RefreshTokens};

/// Paths of the endpoints, after that of the issuer.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoints {
    /// Where the user's browser is sent.
    pub authorization: String,
    /// Where tokens are given.
    pub token: String,
    /// Where clients register.
    pub registration: String,
    /// Where the keys are.
    pub jwks: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            authorization: "/authorize".to_owned(),
            token: "/token".to_owned(),
            registration: "/register".to_owned(),
            jwks: "/jwks".to_owned(),
        }
    }
}

/// A client that the server knows beforehand.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PreregisteredClient {
    /// Its identifier.
    pub id: String,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// Its secret; made up where its method needs one and none is said.
    #[serde(default)]
    pub secret: Option<String>,
    /// Its public keys, a JWK Set; made up where its method needs one and none is said.
    #[serde(default)]
    pub jwks: Option<Value>,
    /// Where it may be redirected to; any URI on loopback where none is said.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// The grants it may use; all of the server's where none is said.
    #[serde(default)]
    pub grant_types: Vec<GrantType>,
    /// What the servers call it for which the identity provider gives it assertions; the same as here where not said.
    #[serde(default)]
    pub id_elsewhere: Option<String>,
    /// Whether it gets only tokens that are bound to a key (RFC 9449, section 5.2).
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
}

/// An issuer whose assertions are taken.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TrustedIssuer {
    /// Its identifier.
    pub issuer: String,
    /// Its public keys, a JWK Set; null where its metadata say where they are.
    #[serde(default)]
    pub jwks: Value,
    /// The subjects it may speak for; all where none is said.
    #[serde(default)]
    pub subjects: Vec<String>,
}

/// A server for which an identity provider gives identity assertions.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Its issuer identifier.
    pub issuer: String,
    /// The resources that are its own.
    pub resources: Vec<String>,
}

/// What an authorization server is like. The default is a modern one that keeps to every revision: metadata in all
/// places, PKCE, dynamic registration, Client ID Metadata Documents, `iss`, refresh tokens.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Path of its issuer: empty, or beginning with a slash.
    pub path: String,
    /// The places where its metadata are.
    pub metadata: Vec<Place>,
    /// Its endpoints.
    pub endpoints: Endpoints,
    /// Whether clients can register themselves (RFC 7591).
    pub registration: bool,
    /// How long a secret from registration works, in seconds; 0 is for ever.
    pub client_secret_lifetime: u64,
    /// Client ID Metadata Documents.
    pub client_id_documents: ClientIdDocuments,
    /// Clients that need not register.
    pub clients: Vec<PreregisteredClient>,
    /// How clients may authenticate. One that registers with another method gets the first of these.
    pub auth_methods: Vec<AuthMethod>,
    /// The grants it takes.
    pub grant_types: Vec<GrantType>,
    /// The scopes it lists; no list where not said. Every scope is granted all the same, unless `granted_scope` says
    /// otherwise.
    pub scopes: Option<Vec<String>>,
    /// The scope of a client that asks for none, by spaces.
    pub default_scope: String,
    /// The scope granted whatever is asked for, by spaces; where not said, what was asked for.
    pub granted_scope: Option<String>,
    /// The resource of a client that names none (RFC 8707); where not said, it is refused with `invalid_target`.
    pub default_resource: Option<String>,
    /// What the user says.
    pub consent: Consent,
    /// Whether `iss` is in authorization responses, and the metadata say so (RFC 9207).
    pub iss: bool,
    /// How long a code works, in seconds.
    pub code_lifetime: u64,
    /// How long an access token works, in seconds.
    pub access_token_lifetime: u64,
    /// Refresh tokens.
    pub refresh_tokens: RefreshTokens,
    /// Whether clients with credentials get a new refresh token at each refresh too.
    pub rotation: bool,
    /// Proofs of possession.
    pub dpop: Dpop,
    /// Whether a proof needs a nonce of the server's (RFC 9449, section 8).
    pub dpop_nonce: bool,
    /// Issuers whose assertions the JWT bearer grant takes.
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Whether that grant takes identity assertions alone, and no other.
    pub identity_assertions_only: bool,
    /// Servers for which nobody gets an identity assertion: the policy of an enterprise.
    pub denied_audiences: Vec<String>,
    /// The servers for which there are identity assertions; any where none is said.
    pub audiences: Vec<Audience>,
    /// The resources that identity assertions may name; any where none is said.
    pub resources: Vec<String>,
    /// Whether whoever asks gets tokens for client credentials, of any kind: for tests of servers alone.
    #[serde(skip)]
    pub anyone: bool,
    /// Defects.
    #[serde(skip)]
    pub switches: BTreeSet<AuthSwitch>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            path: String::new(),
            metadata: vec![Place::OauthInserted, Place::OpenidInserted, Place::OpenidAppended],
            endpoints: Endpoints::default(),
            registration: true,
            client_secret_lifetime: 0,
            client_id_documents: ClientIdDocuments::Trusted,
            clients: Vec::new(),
            auth_methods: vec![AuthMethod::None, AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scopes: None,
            default_scope: "mcp:use".to_owned(),
            granted_scope: None,
            default_resource: None,
            consent: Consent::Given,
            iss: true,
            code_lifetime: 60,
            access_token_lifetime: 3600,
            refresh_tokens: RefreshTokens::Always,
            rotation: true,
            dpop: Dpop::Off,
            dpop_nonce: false,
            trusted_issuers: Vec::new(),
            identity_assertions_only: false,
            denied_audiences: Vec::new(),
            audiences: Vec::new(),
            resources: Vec::new(),
            anyone: false,
            switches: BTreeSet::new(),
        }
    }
}

impl Settings {
    /// For tests of servers: whoever asks gets tokens, of any kind.
    pub fn for_anyone() -> Self {
        let (grant_types, auth_methods) = (vec![GrantType::ClientCredentials], vec![AuthMethod::None]);
        Self { anyone: true, grant_types, auth_methods, dpop: Dpop::Offered, ..Self::default() }
    }

    /// With everything that it can do: what scenarios for authorization servers are tried with.
    pub fn complete() -> Self {
        let listed = ["mcp:use", "mcp:more", "offline_access"].map(str::to_owned);
        Self {
            client_id_documents: ClientIdDocuments::Fetched,
            auth_methods: AuthMethod::ALL.to_vec(),
            grant_types: GrantType::ALL.to_vec(),
            scopes: Some(listed.to_vec()),
            default_resource: Some("https://resource.example/mcp".to_owned()),
            dpop: Dpop::Offered,
            ..Self::default()
        }
    }

    /// Whether it takes this grant.
    pub fn takes(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether this defect is switched on.
    pub fn has(&self, switch: AuthSwitch) -> bool {
        self.switches.contains(&switch)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn settings_are_read_from_a_scenario_file() {
        let text = "
            path: /tenant1
            metadata: [openid_appended]
            grant_types: [client_credentials, jwt_bearer]
            auth_methods: [private_key_jwt]
            clients: [{ id: a, auth_method: private_key_jwt }]
            dpop: required
        ";
        let read: Settings = serde_saphyr::from_str(text).unwrap();
        assert_eq!(read.metadata, [Place::OpenidAppended]);
        assert!(read.takes(GrantType::JwtBearer) && !read.takes(GrantType::AuthorizationCode));
        assert_eq!((read.dpop, read.iss), (Dpop::Required, true));
        assert!(serde_saphyr::from_str::<Settings>("issuer: x").is_err());
        assert_eq!(serde_saphyr::from_str::<Settings>("{}").unwrap(), Settings::default());
    }

    #[test]
    fn names_are_those_of_the_registry() {
        for method in AuthMethod::ALL {
            assert_eq!(AuthMethod::of(method.name()), Some(method));
        }
        for grant in GrantType::ALL {
            assert_eq!(GrantType::of(grant.name()), Some(grant));
        }
    }
}
