//! What a refusal of the server says (RFC 6750, section 3; RFC 9728, section 5.1; RFC 9449, section 7.1).

use super::scopes::Scopes;
use crate::wire::challenge::{self, Challenge};
use crate::wire::http::ResponseHead;

/// A refusal for want of a token, or of a better one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The status: 401 or 403.
    pub status: u16,
    /// Where it says the metadata of the resource are.
    pub metadata: Option<String>,
    /// Scopes that it asks for.
    pub scopes: Scopes,
    /// What is wrong.
    pub error: Option<String>,
    /// Algorithms for proofs of possession, where it takes those: empty when it does not say which.
    pub proofs: Option<Vec<String>>,
}

impl Refusal {
    /// What a response refuses; none where it refuses nothing that a token could change.
    pub fn of(head: &ResponseHead, naively: bool) -> Option<Self> {
        let fields = head.headers("www-authenticate").collect::<Vec<_>>();
        let all = if naively { naive(&fields) } else { challenge::read(&fields.join(", ")).unwrap_or_default() };
        let bound = all.iter().find(|challenge| challenge.scheme == "dpop");
        let bearer = all.iter().find(|challenge| challenge.scheme == "bearer");
        let told = |name: &str| {
            let mut known = [bound, bearer].into_iter().flatten();
            known.find_map(|challenge| challenge.get(name)).map(str::to_owned)
        };
        let refusal = Self {
            status: head.status,
            metadata: told("resource_metadata"),
            scopes: Scopes::of(&told("scope").unwrap_or_default()),
            error: told("error"),
            proofs: bound.map(|challenge| words(challenge.get("algs"))),
        };
        let counts = match head.status {
            401 => true,
            403 => refusal.error.as_deref() == Some("insufficient_scope"),
            _ => false,
        };
        counts.then_some(refusal)
    }

    /// Whether nothing is wrong but that the server wants to see its nonce (RFC 9449, section 9).
    pub fn wants_nonce(&self) -> bool {
        self.status == 401 && self.proofs.is_some() && self.error.as_deref() == Some("use_dpop_nonce")
    }
}

fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect()
}

/// How it must not be read: the first field alone, its parameters cut at every comma.
fn naive(fields: &[&str]) -> Vec<Challenge> {
    let Some(rest) = fields.first().and_then(|field| field.strip_prefix("Bearer ")) else { return Vec::new() };
    let parameters = rest.split(',').filter_map(|part| {
        let (name, value) = part.trim().split_once("=\"")?;
        Some((name.to_owned(), value.trim_end_matches('"').to_owned()))
    });
    vec![Challenge { scheme: "bearer".to_owned(), parameters: parameters.collect(), token68: None }]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn head(status: u16, fields: &[&str]) -> ResponseHead {
        let headers = fields.iter().map(|field| ("WWW-Authenticate".to_owned(), (*field).to_owned())).collect();
        ResponseHead { version: 1, status, reason: String::new(), headers }
    }

    #[test]
    fn a_refusal_is_read_from_all_challenges() {
        let odd = [
            r#"Basic realm="a, resource_metadata=\"x\"""#,
            r#"x="1", bearer  SCOPE="b a", Resource_Metadata="http://h/""#,
        ];
        let odd = [odd[0], &odd[1][7..]];
        let read = Refusal::of(&head(401, &odd), false).unwrap();
        assert_eq!((read.metadata.as_deref(), read.scopes.text().as_str()), (Some("http://h/"), "b a"));
        assert_eq!(Refusal::of(&head(401, &odd), true).unwrap().metadata, None);
        assert_eq!(Refusal::of(&head(401, &[]), false).unwrap(), Refusal { status: 401, ..Refusal::default() });
        let nonce = Refusal::of(&head(401, &[r#"DPoP error="use_dpop_nonce", algs="ES256 RS256""#]), false).unwrap();
        assert!(nonce.wants_nonce());
        assert_eq!(nonce.proofs.unwrap(), ["ES256", "RS256"]);
    }

    #[test]
    fn only_what_a_token_could_change_is_a_refusal() {
        assert!(Refusal::of(&head(403, &[r#"Bearer error="insufficient_scope", scope="a""#]), false).is_some());
        for (status, field) in [(403, "Bearer"), (200, "Bearer"), (404, "Bearer"), (403, r#"Bearer error="x""#)] {
            assert!(Refusal::of(&head(status, &[field]), false).is_none(), "{status} {field}");
        }
    }
}
