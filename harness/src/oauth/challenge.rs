//! Proof key for code exchange (PKCE, RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

/// Fewest and most characters of a verifier (RFC 7636, section 4.1).
const LENGTH: std::ops::RangeInclusive<usize> = 43..=128;

/// The challenge of a verifier by the method S256.
pub fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// Whether a text has the form of a verifier, or of a challenge.
pub fn is_verifier(text: &str) -> bool {
    LENGTH.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

/// Whether the verifier is the one of the challenge.
pub fn fits_challenge(verifier: &str, challenge: &str) -> bool {
    is_verifier(verifier) && s256(verifier) == challenge
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_met_by_its_verifier() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(s256(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(fits_challenge(verifier, &s256(verifier)));
        assert!(!fits_challenge(verifier, &s256("other")));
        assert!(!fits_challenge("short", &s256("short")));
    }
}
