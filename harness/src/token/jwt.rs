//! Reading JSON Web Tokens of others (RFC 7519): assertions, grants, ID tokens, proofs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use super::{Unfit, crypto};

/// The algorithms of signatures that can be verified, by their names in RFC 7518 and RFC 8037.
pub const ALGORITHMS: [&str; 9] = ["ES256", "ES384", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

/// A token whose signature was verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Jwt {
    /// Its header.
    pub header: Value,
    /// What it says.
    pub claims: Value,
}

impl Jwt {
    /// Read a token without looking at its signature.
    ///
    /// # Errors
    /// [`Unfit`] when it has not the form of a signed token.
    pub fn read(token: &str) -> Result<Self, Unfit> {
        let unfit = || Unfit::new("it is no signed JWT");
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(unfit());
        };
        let object = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| unfit())?;
            serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object).ok_or_else(unfit)
        };
        Ok(Self { header: object(header)?, claims: object(claims)? })
    }

    /// A token that one of these published keys signed (RFC 7517, section 5): the one it names, or any where it names
    /// none.
    ///
    /// # Errors
    /// [`Unfit`] when no key fits, or the signature is none of it.
    pub fn verified(token: &str, keys: &Value) -> Result<Self, Unfit> {
        let jwt = Self::read(token)?;
        let named = jwt.header.get("kid").and_then(Value::as_str);
        let keys = keys.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let fits =
            |key: &&Value| named.is_none() || key.get("kid").and_then(Value::as_str).is_none_or(|id| Some(id) == named);
        let signed = keys.iter().filter(fits).any(|key| jwt.signed(token, key).is_ok());
        if signed { Ok(jwt) } else { Err(Unfit::new("none of the known keys signed it")) }
    }

    /// A token that this key (RFC 7517) signed.
    ///
    /// # Errors
    /// [`Unfit`] when it did not.
    pub fn verified_by(token: &str, key: &Value) -> Result<Self, Unfit> {
        let jwt = Self::read(token)?;
        jwt.signed(token, key)?;
        Ok(jwt)
    }

    fn signed(&self, token: &str, key: &Value) -> Result<(), Unfit> {
        crypto::install();
        let unfit = || Unfit::new("its signature is not by the key");
        let algorithm: Algorithm = self.text("alg", true).parse().map_err(|_| unfit())?;
        if key.get("alg").and_then(Value::as_str).is_some_and(|only| only != self.text("alg", true)) {
            return Err(unfit());
        }
        let key: Jwk = serde_json::from_value(key.clone()).map_err(|_| unfit())?;
        let key = DecodingKey::from_jwk(&key).map_err(|_| unfit())?;
        // Shared secrets are no keys of this kind, whatever the set of keys says.
        if key.family() == jsonwebtoken::AlgorithmFamily::Hmac {
            return Err(unfit());
        }
        let mut rules = Validation::new(algorithm);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_required_spec_claims::<&str>(&[]);
        jsonwebtoken::decode::<Value>(token, &key, &rules).map(|_| ()).map_err(|_| unfit())
    }

    /// A text member of the header or of the claims, empty where there is none.
    fn text(&self, name: &str, header: bool) -> &str {
        let part = if header { &self.header } else { &self.claims };
        part.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its `typ`, without the prefix that may be left out (RFC 7515, section 4.1.9).
    pub fn typ(&self) -> &str {
        let typ = self.text("typ", true);
        typ.strip_prefix("application/").unwrap_or(typ)
    }

    /// A claim that is a text, empty where there is none.
    pub fn claim(&self, name: &str) -> &str {
        self.text(name, false)
    }

    /// A claim that is a time, in seconds.
    pub fn time(&self, name: &str) -> Option<u64> {
        let value = self.claims.get(name)?;
        // A NumericDate may have a fraction (RFC 7519, section 2).
        value.as_u64().or_else(|| value.as_f64().filter(|time| *time >= 0.0).map(|time| time as u64))
    }

    /// Whether one of these is among its audiences.
    pub fn is_for(&self, audiences: &[&str]) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(one)) => audiences.contains(&one.as_str()),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).any(|one| audiences.contains(&one)),
            _ => false,
        }
    }

    /// That it is in its lifetime at `now`, a time in seconds, give or take `leeway` seconds.
    ///
    /// # Errors
    /// [`Unfit`] says which bound it breaks; a token without `exp` has no end, and breaks that.
    pub fn timely(&self, now: u64, leeway: u64) -> Result<(), Unfit> {
        match self.time("exp") {
            None => return Err(Unfit::new("it has no `exp`")),
            Some(end) if end.saturating_add(leeway) <= now => return Err(Unfit::new("it has expired")),
            Some(_) => {}
        }
        if self.time("nbf").is_some_and(|start| start > now.saturating_add(leeway)) {
            return Err(Unfit::new("it is not valid yet"));
        }
        if self.time("iat").is_some_and(|issued| issued > now.saturating_add(leeway)) {
            return Err(Unfit::new("it was issued in the future"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::super::SigningKey;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_read_by_the_key_that_signed_it() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let claims = json!({ "iss": "a", "aud": ["b", "c"], "exp": 100, "iat": 50 });
        let token = key.sign_as(Some("application/x+jwt"), &claims, Some(&key.id)).unwrap();
        let jwt = Jwt::verified(&token, &json!({ "keys": [other.jwk(), key.jwk()] })).unwrap();
        assert_eq!((jwt.typ(), jwt.claim("iss"), jwt.claim("sub")), ("x+jwt", "a", ""));
        assert!(jwt.is_for(&["c"]) && !jwt.is_for(&["a"]));
        assert!(Jwt::verified(&token, &json!({ "keys": [other.jwk()] })).is_err());
        assert!(Jwt::verified_by(&token, other.jwk()).is_err());
        let nameless = key.sign_as(None, &claims, None).unwrap();
        assert!(Jwt::verified(&nameless, &json!({ "keys": [other.jwk(), key.jwk()] })).is_ok());
    }

    #[test]
    fn a_lifetime_has_a_beginning_and_an_end() {
        let jwt = |claims: Value| Jwt { header: json!({}), claims };
        assert!(jwt(json!({ "exp": 10.5, "nbf": 5, "iat": 5 })).timely(5, 0).is_ok());
        assert!(jwt(json!({ "exp": 10 })).timely(10, 0).is_err());
        assert!(jwt(json!({ "exp": 10 })).timely(12, 5).is_ok());
        assert!(jwt(json!({})).timely(0, 0).is_err());
        assert!(jwt(json!({ "exp": 10, "nbf": 6 })).timely(5, 0).is_err());
        assert!(jwt(json!({ "exp": 10, "iat": 6 })).timely(5, 0).is_err());
    }

    #[test]
    fn unsigned_and_symmetric_tokens_are_refused() {
        let key = SigningKey::generate().unwrap();
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let keys = json!({ "keys": [key.jwk(), { "kty": "oct", "k": "c2VjcmV0" }] });
        for algorithm in ["none", "HS256"] {
            let token = format!("{}.{}.{}", part(json!({ "alg": algorithm })), part(json!({})), "AAAA");
            assert!(Jwt::verified(&token, &keys).is_err(), "{algorithm}");
        }
        for broken in ["", "a.b", "a.b.c", "e30.e30.e30.e30", "e30.W10.x"] {
            assert!(Jwt::read(broken).is_err(), "{broken}");
        }
    }

    /// The examples of RFC 7515 (appendix A.2 and A.3) and RFC 8037 (appendix A.4).
    #[test]
    fn signatures_of_other_families_are_verified() {
        let ed = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
                     hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let (message, signature) = token.rsplit_once('.').unwrap();
        let check = |key: &Value, message: &str, signature: &str, algorithm: Algorithm| {
            crypto::install();
            let key = DecodingKey::from_jwk(&serde_json::from_value::<Jwk>(key.clone()).unwrap()).unwrap();
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm).unwrap()
        };
        assert!(check(&ed, message, signature, Algorithm::EdDSA));
        assert!(!check(&ed, "other", signature, Algorithm::EdDSA));
        let rsa = json!({
            "kty": "RSA", "e": "AQAB",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-\
                  yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9\
                  e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NA\
                  co9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        });
        let message = "eyJhbGciOiJSUzI1NiJ9.\
                       eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5ju\
                         jGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L0\
                         7Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUi\
                         pUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        assert!(check(&rsa, message, signature, Algorithm::RS256));
        assert!(!check(&rsa, message, signature, Algorithm::PS256));
    }
}
