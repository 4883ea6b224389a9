//! What a resource server does with a token (RFC 9068, section 4; RFC 8707).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::crypto;

/// What a token has to be.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Identifier of its issuer.
    pub issuer: String,
    /// The resource it has to be for; any where none.
    pub audience: Option<String>,
    /// Whether its lifetime is looked at.
    pub lifetime: bool,
}

/// Why a token is not accepted, in words that may be told to its bearer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(String);

impl Unfit {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// What an accepted token says.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Identity {
    /// Who it is about.
    #[serde(rename = "sub", default)]
    pub subject: String,
    /// Scopes, by spaces.
    #[serde(default)]
    pub scope: String,
    /// The key that the token is bound to.
    #[serde(rename = "cnf", default)]
    pub confirmation: Confirmation,
}

/// The key that a token is bound to (RFC 7800, section 3).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Confirmation {
    /// Its thumbprint, where possession is proved by DPoP (RFC 9449, section 6.1).
    #[serde(rename = "jkt", default)]
    pub thumbprint: Option<String>,
}

impl Identity {
    /// Whether all of these scopes were granted.
    pub fn has(&self, scopes: &[&str]) -> bool {
        scopes.iter().all(|wanted| self.scope.split(' ').any(|scope| scope == *wanted))
    }
}

/// Check signature, issuer, audience and lifetime by the published keys of the issuer.
///
/// # Errors
/// [`Unfit`] says what is wrong with the token.
pub fn validate(token: &str, keys: &Value, expected: &Expected) -> Result<Identity, Unfit> {
    crypto::install();
    let unfit = |why: String| Unfit(why);
    let header = jsonwebtoken::decode_header(token).map_err(|_| unfit("the token is no signed JWT".to_owned()))?;
    let keys: JwkSet =
        serde_json::from_value(keys.clone()).map_err(|_| unfit("the issuer publishes no usable keys".to_owned()))?;
    let key = header.kid.as_deref().and_then(|id| keys.find(id));
    let key = key.ok_or_else(|| unfit("the token is signed with a key that its issuer does not publish".to_owned()))?;
    let key = DecodingKey::from_jwk(key).map_err(|_| unfit("the key of the token cannot be used".to_owned()))?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.leeway = 0;
    rules.set_issuer(&[&expected.issuer]);
    let mut required = vec!["iss"];
    match &expected.audience {
        Some(audience) => {
            rules.set_audience(&[audience]);
            required.push("aud");
        }
        None => rules.validate_aud = false,
    }
    if expected.lifetime {
        rules.validate_nbf = true;
        required.push("exp");
    } else {
        rules.validate_exp = false;
    }
    rules.set_required_spec_claims(&required);
    let read = jsonwebtoken::decode::<Identity>(token, &key, &rules);
    read.map(|token| token.claims).map_err(|e| unfit(format!("the token is not accepted: {e}")))
}

/// What a token says, if all but its signature is in order: what a careless server would do.
pub fn validate_unsigned(token: &str, expected: &Expected) -> Option<Identity> {
    let claims = claims(token)?;
    let now = jsonwebtoken::get_current_timestamp();
    let time = |name: &str| claims.get(name).and_then(Value::as_u64);
    let issued = claims.get("iss").and_then(Value::as_str) == Some(expected.issuer.as_str());
    let audience = claims.get("aud").and_then(Value::as_str);
    let intended = expected.audience.as_deref().is_none_or(|wanted| audience == Some(wanted));
    let timely = time("exp").is_some_and(|exp| exp > now) && time("nbf").is_none_or(|nbf| nbf <= now);
    let fits = issued && intended && (timely || !expected.lifetime);
    serde_json::from_value(claims).ok().filter(|_| fits)
}

/// The claims of a token, whoever signed it.
fn claims(token: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::super::{Authority, Grant, Kind, SigningKey};
    use super::*;

    const ISSUER: &str = "http://127.0.0.1:1";
    const RESOURCE: &str = "http://127.0.0.1:2/mcp";

    fn authority() -> Authority {
        Authority::new(ISSUER, SigningKey::generate().unwrap()).unwrap()
    }

    fn grant() -> Grant {
        let key = Some("k".to_owned());
        Grant {
            resource: RESOURCE.to_owned(),
            scope: "a b".to_owned(),
            client: "c".to_owned(),
            key,
            ..Grant::default()
        }
    }

    fn expected() -> Expected {
        Expected { issuer: ISSUER.to_owned(), audience: Some(RESOURCE.to_owned()), lifetime: true }
    }

    #[test]
    fn exactly_the_tokens_that_are_in_order_are_accepted() {
        let authority = authority();
        for kind in Authority::kinds() {
            let token = authority.issue(kind, &grant()).unwrap();
            let good = matches!(
                kind,
                Kind::Valid | Kind::Wider | Kind::OtherUser | Kind::TooLittleScope | Kind::Bound | Kind::Workload
            );
            let read = validate(&token, &authority.jwks(), &expected());
            assert_eq!(read.is_ok(), good, "{kind:?}: {read:?}");
        }
        for kind in Authority::kinds() {
            let token = authority.issue(kind, &grant()).unwrap();
            let signature_alone = matches!(kind, Kind::OtherKey | Kind::WorkloadOtherKey | Kind::Unsigned);
            let good = validate(&token, &authority.jwks(), &expected()).is_ok();
            assert_eq!(validate_unsigned(&token, &expected()).is_some(), good || signature_alone, "{kind:?}");
        }
        assert!(validate("no-token", &authority.jwks(), &expected()).is_err());
        assert!(authority.issue(Kind::Garbage, &grant()).is_err());
    }

    #[test]
    fn a_token_says_who_it_is_about_and_what_it_is_good_for() {
        let authority = authority();
        let token = authority.issue(Kind::Valid, &grant()).unwrap();
        let identity = validate(&token, &authority.jwks(), &expected()).unwrap();
        assert!(identity.has(&["a", "b"]) && !identity.has(&["a", "c"]));
        assert_eq!(validate_unsigned(&token, &expected()), Some(identity.clone()));
        let other = authority.issue(Kind::OtherUser, &grant()).unwrap();
        assert_ne!(claims(&other).unwrap()["sub"], identity.subject);
    }

    #[test]
    fn a_key_that_was_kept_is_the_same_key() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_pkcs8(key.pkcs8()).unwrap();
        assert_eq!(key.jwk(), again.jwk());
        assert_eq!(SigningKey::from_pem(&key.pem()).unwrap().jwk(), key.jwk());
        let token = Authority::new(ISSUER, again).unwrap().issue(Kind::Valid, &grant()).unwrap();
        let keys = serde_json::json!({ "keys": [key.jwk()] });
        assert!(validate(&token, &keys, &expected()).is_ok());
        assert!(SigningKey::from_pkcs8(b"no key").is_err());
    }
}
