//! Actions toward an authorization server: what a client of its would do, well or badly.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Within;
use crate::oauth::Place;

/// A request to an authorization server. What a conforming client would send is sent; `set` changes it. Which members make
/// sense depends on the verb; the lint says so.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Name of the stream that this opens: what comes back is found under it.
    #[serde(rename = "as")]
    pub stream: String,
    /// Where the metadata are looked for (`discover`); where the run found them unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    /// Whose request it is (`authorize`, `redeem`): the client that an earlier `register` or `publish` made. Unless said, the client that
    /// the user gave, or one that is registered for the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Stream of the authorization whose code is redeemed (`redeem`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What is fetched (`fetch`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Value>,
    /// What is published, word for word, in place of a document (`publish`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What the document is about (`publish`).
    #[serde(default, skip_serializing_if = "About::is_client")]
    pub about: About,
    /// Parameters, or members of what is registered or published, in place of the usual ones; null takes one away. May hold references.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, Value>,
    /// HTTP headers on top of the usual ones; null takes one away. Those of the response where the harness gives it (`publish`).
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, Value>,
    /// Whether someone is there to sign in (`authorize`); unless said, where nothing is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<bool>,
    /// A proof of possession goes with it (`redeem`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Signed>,
    /// The client authenticates by an assertion (`redeem`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion: Option<Signed>,
    /// An assertion of somebody whom the harness makes up is the grant (`redeem`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Signed>,
    /// True where this breaks a rule on purpose.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wrong: bool,
    /// Longest wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// What a document is about that the harness publishes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A client that registers nowhere.
    #[default]
    Client,
    /// An issuer that nobody has heard of: its metadata, and its keys.
    Issuer,
    /// The issuer that the server trusts and the harness plays: the same.
    TrustedIssuer,
    /// Keys alone, in the clear at an address beyond loopback, where nobody should take them from.
    KeysInClear,
}

impl About {
    /// Whether it is about a client.
    pub fn is_client(&self) -> bool {
        *self == Self::Client
    }
}

/// A JSON Web Token that we sign: a proof of possession or an assertion. Right, unless it says otherwise.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// With which key.
    #[serde(default)]
    pub key: KeyName,
    /// Claims in place of the usual ones; null takes one away, `{ now: SECONDS }` is a time from now. May hold references.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, Value>,
    /// Its type, in place of the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
    /// It says that it is of the issuer whose assertions the server takes, whoever signs it (`grant`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub issued: bool,
    /// By an algorithm that nobody may take, in place of ES256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<WrongAlgorithm>,
    /// Its signature was changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tampered: bool,
    /// The private key stands in its header beside the public one (`proof`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// It goes along twice, in two headers (`proof`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub twice: bool,
    /// The very one that went with the request on this stream, in place of a fresh one (`proof`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// An algorithm that proves nothing.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub enum WrongAlgorithm {
    /// There is no signature.
    #[serde(rename = "none")]
    None,
    /// A shared secret, for which the public key is taken.
    #[serde(rename = "HS256")]
    Symmetric,
}

impl WrongAlgorithm {
    /// Its name (RFC 7518, section 3.1).
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Symmetric => "HS256",
        }
    }
}

/// The keys that the harness has in a case; in references `keys.one.jwk`, `keys.one.jwks`, `keys.one.thumbprint`.
/// That of the issuer is the one that the user gave.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum KeyName {
    /// The usual one.
    #[default]
    One,
    /// Another.
    Two,
    /// That of an issuer whose assertions the server takes (`grant`).
    Issuer,
}
