//! The server as a protected resource: bearer tokens (RFC 6750), their validation, and its metadata (RFC 9728).

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use tokio::task_local;

use super::http::reply::{Response, json as reply, plain};
use super::possession::{DPOP_NONCE, Shown, USE_NONCE};
use super::sessions::Sessions;
use super::{Options, Switch};

use crate::oauth::Dpop;
use crate::token::{ALGORITHMS, Authority, Expected, Identity, Scheme, validate, validate_unsigned};

/// The scope that every request needs.
pub const SCOPE: &str = "mcp:use";
/// The scopes that the guarded tool needs besides.
pub(super) const MORE_SCOPES: [&str; 2] = ["mcp:change", "mcp:share"];
/// The tool that needs more scopes.
pub(super) const GUARDED_TOOL: &str = "test_more_scope";
/// Where metadata is, before the path of the endpoint.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// How the server is protected.
#[derive(Clone, Debug)]
pub struct Protection {
    /// Who issues its tokens.
    pub issuer: String,
    /// The published keys of the issuer (RFC 7517).
    pub keys: Value,
    /// Further issuers that it trusts, with their keys; its metadata do not name them.
    pub others: Vec<(String, Value)>,
    /// Its own identifier (RFC 8707): the URL of the MCP endpoint.
    pub resource: String,
    /// Whether it takes tokens that are bound to a key (DPoP, RFC 9449), or no others.
    pub dpop: Dpop,
    /// What proofs have to repeat (RFC 9449, section 9); nothing where none.
    pub nonce: Option<String>,
}

/// Where the metadata of an authorization server are (RFC 8414, section 3).
const ISSUER: &str = "/.well-known/oauth-authorization-server";

task_local! {
    /// Who is asking, while one HTTP request is read.
    static CALLER: Identity;
}

/// Runs the reading of a request with the caller at hand.
pub(super) async fn as_caller<T>(identity: Identity, work: impl Future<Output = T>) -> T {
    CALLER.scope(identity, work).await
}

/// Who is asking; nobody where the server is open.
pub(super) fn caller() -> Option<Identity> {
    CALLER.try_with(Clone::clone).ok()
}

impl Protection {
    /// For a server with this URL that trusts the authority.
    pub fn by(authority: &Authority, url: &str) -> Self {
        let (issuer, keys) = (authority.issuer().to_owned(), authority.jwks());
        Self { issuer, keys, others: Vec::new(), resource: url.to_owned(), dpop: Dpop::Off, nonce: None }
    }

    /// The metadata document, where the path is one of its places: that of the endpoint, and the root.
    pub(super) fn metadata(&self, path: &str) -> Option<Response> {
        if path == ISSUER {
            // Clients of 2025-03-26 look here for the authorization server.
            let at = |end: &str| format!("{}{end}", self.issuer);
            let body = json!({
                "issuer": self.issuer, "token_endpoint": at("/token"), "registration_endpoint": at("/register"),
                "jwks_uri": at("/jwks"), "response_types_supported": [],
                "grant_types_supported": ["client_credentials"],
            });
            return Some(reply(200, body.to_string()));
        }
        let rest = path.strip_prefix(WELL_KNOWN)?;
        if !rest.is_empty() && rest != super::http::PATH {
            return None;
        }
        let mut body = json!({
            "resource": self.resource,
            "authorization_servers": [self.issuer],
            "scopes_supported": [SCOPE, MORE_SCOPES[0], MORE_SCOPES[1]],
            "bearer_methods_supported": ["header"],
            "resource_name": "mcp-assay reference server",
        });
        if let (true, Some(body)) = (self.dpop != Dpop::Off, body.as_object_mut()) {
            if self.dpop == Dpop::Required {
                body.insert("dpop_bound_access_tokens_required".to_owned(), json!(true));
            }
            body.insert("dpop_signing_alg_values_supported".to_owned(), json!(ALGORITHMS));
        }
        Some(reply(200, body.to_string()))
    }

    /// Who is asking; `Err` is the answer to those who may not.
    pub(super) async fn admit(
        &self,
        options: &Options,
        sessions: &Sessions,
        asked: Asked<'_>,
    ) -> Result<Identity, Box<Response>> {
        let Asked { verb, headers, query } = asked;
        let fields: Vec<&HeaderValue> = headers.get_all(AUTHORIZATION).iter().collect();
        let session = headers.get(super::listening::SESSION).and_then(|id| id.to_str().ok());
        let owner = match session {
            Some(session) => sessions.owner(session).await.map_err(|error| Box::new(plain(503, &error.to_string())))?,
            None => None,
        };
        let (scheme, token) = match fields.as_slice() {
            [] => {
                let in_query = query.and_then(|query| {
                    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
                    pairs.find(|(name, _)| name == "access_token").map(|(_, token)| token.into_owned())
                });
                match in_query {
                    Some(token) if options.has(Switch::TokenInQuery) => (Scheme::Bearer, token),
                    _ if options.has(Switch::AcceptsWithoutToken) => return Ok(Identity::default()),
                    _ if options.has(Switch::SessionAuthenticates) && owner.is_some() => {
                        return Ok(Identity { scope: SCOPE.to_owned(), ..Identity::default() });
                    }
                    _ => return Err(self.challenge(401, None, "")),
                }
            }
            [one] => match one.to_str().ok().and_then(credentials) {
                Some((scheme, token)) => (scheme, token.to_owned()),
                None => return Err(self.challenge(400, Some("invalid_request"), "")),
            },
            _ => return Err(self.challenge(400, Some("invalid_request"), "")),
        };
        let identity =
            self.validated(options, &token).map_err(|why| self.challenge(401, Some("invalid_token"), &why))?;
        let shown = Shown { identity: &identity, scheme, token: &token, verb, headers };
        self.possessed(options, &shown).map_err(|(error, why)| self.challenge(401, Some(error), &why))?;
        if !identity.has(&[SCOPE]) && !options.has(Switch::ScopeUnchecked) {
            return Err(self.challenge(403, Some("insufficient_scope"), ""));
        }
        let foreign = owner.is_some_and(|owner| owner != identity.subject);
        if foreign && !options.has(Switch::SessionOfAnyone) {
            return Err(Box::new(plain(404, "there is no such session, or it has ended; send `initialize` again")));
        }
        Ok(identity)
    }

    fn validated(&self, options: &Options, token: &str) -> Result<Identity, String> {
        if options.has(Switch::AnyToken) {
            return Ok(Identity { scope: SCOPE.to_owned(), ..Identity::default() });
        }
        let by = |issuer: &str, keys: &Value| {
            let expected = Expected {
                issuer: issuer.to_owned(),
                audience: (!options.has(Switch::AudienceUnchecked)).then(|| self.resource.clone()),
                lifetime: !options.has(Switch::LifetimeUnchecked),
            };
            let careless = || validate_unsigned(token, &expected).filter(|_| options.has(Switch::SignatureUnchecked));
            validate(token, keys, &expected).or_else(|why| careless().ok_or_else(|| why.to_string()))
        };
        let others = || self.others.iter().find_map(|(issuer, keys)| by(issuer, keys).ok());
        by(&self.issuer, &self.keys).or_else(|why| others().ok_or(why))
    }

    /// The refusal of a request that needs more scopes than its caller has; none where they suffice.
    pub(super) fn forbids(&self, options: &Options, method: &str, params: Option<&Value>) -> Option<Response> {
        let name = params.and_then(|params| params.get("name")).and_then(Value::as_str);
        if method != "tools/call" || name != Some(GUARDED_TOOL) || options.has(Switch::ScopeUnchecked) {
            return None;
        }
        let granted = caller()?;
        let missing: Vec<&str> = MORE_SCOPES.into_iter().filter(|scope| !granted.has(&[scope])).collect();
        let asked = match missing.as_slice() {
            [] => return None,
            [first, ..] if options.has(Switch::ScopesOneByOne) => (*first).to_owned(),
            _ => format!("{SCOPE} {}", MORE_SCOPES.join(" ")),
        };
        Some(*self.challenge_for(403, Some("insufficient_scope"), "", &asked))
    }

    fn challenge(&self, status: u16, error: Option<&str>, description: &str) -> Box<Response> {
        self.challenge_for(status, error, description, SCOPE)
    }

    /// A refusal with its challenge (RFC 6750, section 3; RFC 9728, section 5.1).
    fn challenge_for(&self, status: u16, error: Option<&str>, description: &str, scope: &str) -> Box<Response> {
        let origin = self.resource.strip_suffix(super::http::PATH).unwrap_or(&self.resource);
        let mut parameters = vec![format!("resource_metadata=\"{origin}{WELL_KNOWN}{}\"", super::http::PATH)];
        parameters.push(format!("scope=\"{scope}\""));
        parameters.extend(error.map(|error| format!("error=\"{error}\"")));
        let mut response = reply(status, json!({ "error": error, "error_description": description }).to_string());
        let bearer = (self.dpop != Dpop::Required).then(|| format!("Bearer {}", parameters.join(", ")));
        parameters.push(format!("algs=\"{}\"", ALGORITHMS.join(" ")));
        let dpop = (self.dpop != Dpop::Off).then(|| format!("DPoP {}", parameters.join(", ")));
        let headers = response.headers_mut();
        for challenge in bearer.into_iter().chain(dpop) {
            headers.extend(HeaderValue::from_str(&challenge).ok().map(|value| (WWW_AUTHENTICATE, value)));
        }
        if let Some(nonce) = self.nonce.as_deref().filter(|_| error == Some(USE_NONCE)) {
            headers.extend(HeaderValue::from_str(nonce).ok().map(|value| (DPOP_NONCE, value)));
        }
        Box::new(response)
    }
}

/// What is looked at of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub verb: &'a str,
    pub headers: &'a HeaderMap,
    pub query: Option<&'a str>,
}

/// Scheme and token of an `Authorization` field: one word after the scheme (RFC 6750, section 2.1; RFC 9449, section 7.1).
fn credentials(field: &str) -> Option<(Scheme, &str)> {
    let (scheme, token) = field.split_once(' ')?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Scheme::Bearer,
        "dpop" => Scheme::Dpop,
        _ => return None,
    };
    let token = token.trim_matches(' ');
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    (!token.is_empty() && token.chars().all(fits)).then_some((scheme, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_one_word() {
        assert_eq!(credentials("bearer  abc.d-e_f~+/=="), Some((Scheme::Bearer, "abc.d-e_f~+/==")));
        assert_eq!(credentials("DPoP abc"), Some((Scheme::Dpop, "abc")));
        for broken in ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Basic abc", "abc"] {
            assert_eq!(credentials(broken), None, "{broken}");
        }
    }
}
