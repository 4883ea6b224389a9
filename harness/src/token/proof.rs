//! Proofs of possession (DPoP, RFC 9449): what one says, and reading one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use url::Url;

use super::key::PROOF;
use super::{ALGORITHMS, Jwt, KeyError, Unfit, now, random_name};

/// How far the clocks of the two sides may be apart, and how old a proof may be, in seconds.
const TOLERANCE: u64 = 300;
/// Members of a JWK that are secret (RFC 7518, section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The request that a proof is for (RFC 9449, section 4.2).
#[derive(Clone, Copy, Debug)]
pub struct Proven<'a> {
    /// Its verb.
    pub verb: &'a str,
    /// Its URL, without query and fragment.
    pub url: &'a str,
    /// The access token that goes with it.
    pub token: Option<&'a str>,
    /// The newest nonce of the server.
    pub nonce: Option<&'a str>,
}

impl Proven<'_> {
    /// What a good proof says.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn claims(&self) -> Result<Map<String, Value>, KeyError> {
        let mut claims = Map::from_iter([
            ("jti".to_owned(), json!(random_name()?)),
            ("htm".to_owned(), json!(self.verb)),
            ("htu".to_owned(), json!(self.url)),
            ("iat".to_owned(), json!(now())),
        ]);
        claims.extend(self.token.map(|token| ("ath".to_owned(), json!(hash(token)))));
        claims.extend(self.nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
        Ok(claims)
    }
}

/// What a proof proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Thumbprint of its key (RFC 7638).
    pub thumbprint: String,
    /// Its identifier, by which a replay is told.
    pub id: String,
    /// The nonce in it.
    pub nonce: Option<String>,
}

/// Check a proof by RFC 9449, section 4.3, for a request with this verb to this URL, and with this access token where
/// one came with it. Whether its nonce and its identifier are fresh is left to the caller.
///
/// # Errors
/// [`Unfit`] says what is wrong with it.
pub fn proof(text: &str, verb: &str, url: &str, token: Option<&str>, now: u64) -> Result<Proof, Unfit> {
    let unfit = |why: &str| Unfit::new(why);
    let unread = Jwt::read(text)?;
    if unread.typ() != PROOF {
        return Err(unfit("its `typ` is not `dpop+jwt`"));
    }
    let algorithm = unread.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if !ALGORITHMS.contains(&algorithm) {
        return Err(unfit("its algorithm is none of the asymmetric ones that are known"));
    }
    let key = unread.header.get("jwk").filter(|key| key.is_object());
    let key = key.ok_or_else(|| unfit("it has no `jwk` in its header"))?;
    if PRIVATE.iter().any(|name| key.get(name).is_some()) {
        return Err(unfit("the key in its header is a private one"));
    }
    let jwt = Jwt::verified_by(text, key)?;
    let thumbprint = thumbprint(key).ok_or_else(|| unfit("the key in its header cannot be used"))?;
    if jwt.claim("jti").is_empty() {
        return Err(unfit("it has no `jti`"));
    }
    if jwt.claim("htm") != verb {
        return Err(unfit("its `htm` is not the method of the request"));
    }
    if !same_place(jwt.claim("htu"), url) {
        return Err(unfit("its `htu` is not the URL of the request"));
    }
    match jwt.time("iat") {
        None => return Err(unfit("it has no `iat`")),
        Some(issued) if issued.abs_diff(now) > TOLERANCE => return Err(unfit("its `iat` is not about now")),
        Some(_) => {}
    }
    if let Some(token) = token
        && jwt.claim("ath") != hash(token)
    {
        return Err(unfit("its `ath` is not the hash of the access token"));
    }
    let nonce = jwt.claims.get("nonce").and_then(Value::as_str).map(str::to_owned);
    Ok(Proof { thumbprint, id: jwt.claim("jti").to_owned(), nonce })
}

/// What stands for an access token in a proof.
fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()))
}

/// Whether two URLs are the same without query and fragment, after normalization (RFC 9449, section 4.3).
fn same_place(one: &str, other: &str) -> bool {
    let bare = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    bare(one).is_some_and(|one| Some(one) == bare(other))
}

/// The thumbprint of a public key (RFC 7638, section 3; RFC 8037, section 2); none of a key of another family.
pub fn thumbprint(key: &Value) -> Option<String> {
    let names: &[&str] = match key.get("kty")?.as_str()? {
        "EC" => &["crv", "kty", "x", "y"],
        "RSA" => &["e", "kty", "n"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let members: Option<Vec<String>> =
        names.iter().map(|name| Some(format!("\"{name}\":{}", key.get(name).filter(|v| v.is_string())?))).collect();
    let canonical = format!("{{{}}}", members?.join(","));
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes())))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::super::SigningKey;
    use super::*;
    use serde_json::json;

    const URL: &str = "http://127.0.0.1:1/token";

    #[test]
    fn a_proof_is_for_one_request_by_one_key() {
        let key = SigningKey::generate().unwrap();
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, b"t"));
        let good = json!({ "jti": "j", "htm": "POST", "htu": URL, "iat": 1000, "ath": hash, "nonce": "n" });
        let text = key.prove(&good).unwrap();
        let read = proof(&text, "POST", &format!("{URL}?a=b"), Some("t"), 1010).unwrap();
        assert_eq!(read, Proof { thumbprint: key.id.clone(), id: "j".into(), nonce: Some("n".into()) });
        assert!(proof(&text, "GET", URL, Some("t"), 1000).is_err());
        assert!(proof(&text, "POST", "http://127.0.0.1:2/token", Some("t"), 1000).is_err());
        assert!(proof(&text, "POST", URL, Some("u"), 1000).is_err());
        assert!(proof(&text, "POST", URL, Some("t"), 2000).is_err());
        for (name, value) in [("jti", json!(null)), ("iat", json!(null)), ("htm", json!("post"))] {
            let mut claims = good.clone();
            claims[name] = value;
            assert!(proof(&key.prove(&claims).unwrap(), "POST", URL, None, 1000).is_err(), "{name}");
        }
        assert!(proof(&key.sign(&good, &key.id).unwrap(), "POST", URL, None, 1000).is_err(), "of another type");
    }

    /// The example of RFC 7638, section 3.1, and that of RFC 8037, appendix A.3.
    #[test]
    fn thumbprints_are_those_of_the_standards() {
        let ed = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        assert_eq!(thumbprint(&ed).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let key = SigningKey::generate().unwrap();
        assert_eq!(thumbprint(key.jwk()).unwrap(), key.id);
        assert_eq!(thumbprint(&json!({ "kty": "oct", "k": "a" })), None);
    }
}
