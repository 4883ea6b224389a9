//! What the harness knows and has as a client of an authorization server.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tokio::sync::OwnedMutexGuard;

use crate::action::KeyName;
use crate::oauth::AuthMethod;
use crate::token::{KeyError, Keys, SigningKey, random_name};

/// A client, as far as its requests need it. The secret is what stands for it in the transcript.
#[derive(Clone, Debug)]
pub(in crate::drive) struct Client {
    pub id: String,
    pub secret: Option<String>,
    pub method: AuthMethod,
}

/// What belongs to a case.
#[derive(Debug, Default)]
pub(in crate::drive) struct Party {
    /// The metadata, once they were found.
    pub metadata: Option<Value>,
    /// Clients, by the stream of their registration.
    pub clients: BTreeMap<String, Client>,
    /// The URLs of the documents that were published, by their streams.
    pub published: BTreeMap<String, String>,
    /// The verifier of each authorization, by its stream, as it stands in the transcript.
    pub verifiers: BTreeMap<String, String>,
    /// The published keys of the server, once a step fetched them.
    pub jwks: Option<Value>,
    /// The nonce that the server wants in proofs.
    pub nonce: Option<String>,
    /// The issuer that the server trusts is this case's, until it is over.
    pub turn: Option<OwnedMutexGuard<()>>,
    keys: Keys,
}

impl Party {
    /// Make the keys, if there are none.
    pub fn make_keys(&self) -> Result<(), KeyError> {
        self.keys.get().map(|_| ())
    }

    /// A key of ours, once they are made.
    pub fn key(&self, name: KeyName) -> Option<&SigningKey> {
        let [one, two] = self.keys.made()?;
        match name {
            KeyName::One => Some(one),
            KeyName::Two => Some(two),
            KeyName::Issuer => None,
        }
    }

    /// The keys, as references see them.
    pub fn keys(&self) -> Value {
        let shown =
            |key: &SigningKey| json!({ "jwk": key.jwk(), "jwks": { "keys": [key.jwk()] }, "thumbprint": key.id });
        let all = self
            .keys
            .made()
            .map(|[one, two]| Map::from_iter([("one".to_owned(), shown(one)), ("two".to_owned(), shown(two))]));
        Value::Object(all.unwrap_or_default())
    }

    /// A verifier, which nobody can guess (RFC 7636, section 7.1).
    pub fn verifier() -> Result<String, KeyError> {
        Ok(format!("{}{}", random_name()?, random_name()?))
    }
}
