//! What a client that is known beforehand has to know.

use serde_json::{Value, json};

use crate::oauth::{AuthMethod, PreregisteredClient};
use crate::token::{KeyError, SigningKey, random_name};

/// What the owner of a client would be told.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Its identifier.
    pub id: String,
    /// Its secret, where it has one.
    pub secret: Option<String>,
    /// Its key, where the server made one up.
    pub key: Option<SigningKey>,
}

impl Credentials {
    /// Those of a client of the settings; what its method needs and the settings do not say is made up.
    pub(super) fn of(client: &PreregisteredClient) -> Result<Self, KeyError> {
        let secret = match &client.secret {
            None if client.auth_method.is_secret() => Some(random_name()?),
            said => said.clone(),
        };
        let needs_key = client.auth_method == AuthMethod::PrivateKeyJwt && client.jwks.is_none();
        let key = if needs_key { Some(SigningKey::generate()?) } else { None };
        Ok(Self { id: client.id.clone(), secret, key })
    }

    /// Its private key in PKCS#8 as text; the algorithm is ES256.
    pub fn private_key_pem(&self) -> Option<String> {
        self.key.as_ref().map(SigningKey::pem)
    }

    /// The public part of its key.
    pub(super) fn jwks(&self) -> Option<Value> {
        self.key.as_ref().map(|key| json!({ "keys": [key.jwk()] }))
    }

    /// Everything of it that nobody else may see.
    pub(super) fn secrets(&self) -> Vec<String> {
        self.secret.iter().cloned().chain(self.private_key_pem()).collect()
    }
}
