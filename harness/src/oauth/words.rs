//! The words that settings of an authorization server may take, each with where it is defined.

use serde::{Deserialize, Serialize};

/// Where metadata are served; `<path>` is the path of the issuer.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// `/.well-known/oauth-authorization-server<path>` (RFC 8414, section 3.1).
    #[default]
    OauthInserted,
    /// `/.well-known/openid-configuration<path>` (RFC 8414, section 5).
    OpenidInserted,
    /// `<path>/.well-known/openid-configuration` (OpenID Connect Discovery, section 4).
    OpenidAppended,
}

impl Place {
    /// Every place, in the order in which clients look.
    pub const ALL: [Self; 3] = [Self::OauthInserted, Self::OpenidInserted, Self::OpenidAppended];

    /// The path there, for an issuer with this path; empty or beginning with a slash.
    pub fn of(self, issuer_path: &str) -> String {
        match self {
            Self::OauthInserted => format!("/.well-known/oauth-authorization-server{issuer_path}"),
            Self::OpenidInserted => format!("/.well-known/openid-configuration{issuer_path}"),
            Self::OpenidAppended => format!("{issuer_path}/.well-known/openid-configuration"),
        }
    }
}

/// How a client authenticates at the token endpoint.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Not at all: a public client.
    None,
    /// A secret, in the header (RFC 6749, section 2.3.1).
    ClientSecretBasic,
    /// A secret, in the body.
    ClientSecretPost,
    /// An assertion that its key signed (RFC 7523, section 2.2).
    PrivateKeyJwt,
}

impl AuthMethod {
    /// Every method, the best for us to give first.
    pub const ALL: [Self; 4] = [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt];

    /// Its name in the registry of OAuth.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// The method of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Whether it is by a secret.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// What the token endpoint takes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A code that the authorization endpoint gave.
    AuthorizationCode,
    /// A refresh token.
    RefreshToken,
    /// The client's own credentials.
    ClientCredentials,
    /// An assertion of a trusted issuer (RFC 7523, section 2.1): of a workload, or an identity assertion.
    JwtBearer,
    /// An ID token for an identity assertion (RFC 8693): the part of an enterprise's identity provider.
    TokenExchange,
}

impl GrantType {
    /// Every grant.
    pub const ALL: [Self; 5] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::JwtBearer, Self::TokenExchange];

    /// Its name in the registry of OAuth.
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }

    /// The grant of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.name() == name)
    }
}

/// What is done with a client id that is a URL.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ClientIdDocuments {
    /// It is a client id like any other, and nobody's.
    Off,
    /// It is taken as it is, with any redirect URI on loopback or on its own host.
    Trusted,
    /// Its document is fetched, from loopback only, and kept to.
    Fetched,
}

/// Which refresh tokens there are. Public clients get a new one at each refresh, whatever is said here, for that is what
/// the specification asks for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RefreshTokens {
    /// None.
    Never,
    /// One with each code that is redeemed.
    Always,
    /// One where the scope `offline_access` was asked for.
    OfflineAccess,
}

/// What is done about proofs of possession (DPoP, RFC 9449).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Dpop {
    /// Nobody looks at them.
    Off,
    /// With a proof, tokens are bound to its key; there are others too.
    Offered,
    /// Every request needs a proof.
    Required,
}

/// What the user says.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Yes, to everything and at once.
    Given,
    /// No: the client is told `access_denied`.
    Denied,
}
