//! Where the tokens come from that a protected server is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::ClientCredentials;
use crate::token::{Authority, Grant, KeyError, Keys, Kind, SigningKey, tampered};

/// Text that no authorization server issued.
const GARBAGE: &str = "mcp-assay-no-token-anyone-issued";
/// Who gives tokens.
#[derive(Clone, Debug)]
pub enum Source {
    /// Nobody.
    Nobody,
    /// The user gave one.
    Given(String),
    /// An authorization server in this process.
    Own(Arc<Authority>),
    /// An authorization server that gives them for client credentials (RFC 6749, section 4.4).
    Issuer(Box<ClientCredentials>),
}

/// The tokens for one server. Each is asked for once.
#[derive(Debug)]
pub struct Wallet {
    source: Source,
    /// The resource they are for.
    resource: String,
    /// Scopes that the server asks for at first.
    scope: String,
    /// Whether the server takes tokens that are bound to a key.
    bound: Bound,
    keys: Keys,
    held: Mutex<BTreeMap<(Kind, String), String>>,
}

/// Whether a server takes tokens that are bound to a key (DPoP, RFC 9449), as far as it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// It says nothing of them.
    #[default]
    Unheard,
    /// It takes them too.
    Taken,
    /// It takes no others.
    Required,
}

impl Wallet {
    /// An empty wallet.
    pub fn new(source: Source, resource: &str, scope: &str) -> Self {
        Self {
            source,
            resource: resource.to_owned(),
            scope: scope.to_owned(),
            bound: Bound::default(),
            keys: Keys::default(),
            held: Mutex::default(),
        }
    }

    /// The same for a server that takes bound tokens, or does not.
    #[must_use]
    pub fn for_bound(self, bound: Bound) -> Self {
        Self { bound, ..self }
    }

    /// Whether tokens of this kind are bound to a key, so that a proof goes with them: where the server takes no others, all are.
    pub fn binds(&self, kind: Kind) -> bool {
        let asked_for = matches!(self.source, Source::Own(_) | Source::Issuer(_)) && !kind.needs_nobody();
        kind.is_bound() || asked_for && self.bound == Bound::Required
    }

    /// The keys that bound tokens are bound to: the first. The second is anybody's.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn keys(&self) -> Result<&[SigningKey; 2], KeyError> {
        self.keys.get()
    }

    /// The kinds it can give.
    pub fn kinds(&self) -> Vec<Kind> {
        let issued: Vec<Kind> = match &self.source {
            Source::Nobody => Vec::new(),
            Source::Given(_) => vec![Kind::Valid],
            Source::Own(_) => Authority::kinds().collect(),
            Source::Issuer(credentials) => credentials.kinds.clone(),
        };
        let has = |kind: Kind| match kind {
            Kind::None | Kind::Garbage => true,
            Kind::Tampered => issued.contains(&Kind::Valid),
            // Any authorization server can be asked for more.
            Kind::Wider => matches!(self.source, Source::Own(_) | Source::Issuer(_)),
            kind if kind.is_bound() && self.bound == Bound::Unheard => false,
            kind => issued.contains(&kind),
        };
        Kind::ALL.into_iter().filter(|kind| has(*kind)).collect()
    }

    /// A token, with these scopes besides the usual; none for the kind `none`.
    ///
    /// # Errors
    /// In words, when the authorization server gives none.
    pub async fn token(&self, kind: Kind, more: &str) -> Result<Option<String>, String> {
        match kind {
            Kind::None => return Ok(None),
            Kind::Garbage => return Ok(Some(GARBAGE.to_owned())),
            _ => {}
        }
        // Held over the request, so that no token is asked for twice.
        let mut held = self.held.lock().await;
        let key = (if kind == Kind::Tampered { Kind::Valid } else { kind }, more.to_owned());
        let token = match held.get(&key) {
            Some(token) => token.clone(),
            None => {
                let token = self.issue(key.0, more).await?;
                held.insert(key, token.clone());
                token
            }
        };
        Ok(Some(if kind == Kind::Tampered { tampered(&token) } else { token }))
    }

    fn usual_key(&self) -> Result<&SigningKey, String> {
        let [usual, _] = self.keys().map_err(|e| e.to_string())?;
        Ok(usual)
    }

    async fn issue(&self, kind: Kind, more: &str) -> Result<String, String> {
        let scope = union(&self.scope, more);
        match &self.source {
            Source::Nobody => Err("there is no token for this server".to_owned()),
            Source::Given(token) => Ok(token.clone()),
            Source::Own(authority) => {
                let client = "mcp-assay".to_owned();
                let key = match self.binds(kind) {
                    true => Some(self.usual_key()?.id.clone()),
                    false => None,
                };
                let grant = Grant { resource: self.resource.clone(), scope, client, key, ..Grant::default() };
                authority.issue(kind, &grant).map_err(|e| e.to_string())
            }
            Source::Issuer(credentials) if self.binds(kind) => {
                credentials.ask_bound(kind, &self.resource, &scope, self.usual_key()?).await
            }
            Source::Issuer(credentials) => credentials.ask(kind, &self.resource, &scope).await,
        }
    }
}

impl Source {
    /// The bearer token among the headers that the user gave, if there is one.
    pub fn of(headers: &[(String, String)]) -> Self {
        let field = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let token = field.and_then(|(_, value)| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        });
        token.map_or(Self::Nobody, Self::Given)
    }
}

/// Scopes of both, each once, in order.
fn union(a: &str, b: &str) -> String {
    let mut all: Vec<&str> = Vec::new();
    for scope in a.split(' ').chain(b.split(' ')).filter(|scope| !scope.is_empty()) {
        if !all.contains(&scope) {
            all.push(scope);
        }
    }
    all.join(" ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::token::SigningKey;

    #[tokio::test]
    async fn a_wallet_gives_what_its_source_can_and_asks_once() {
        let given = Wallet::new(Source::Given("abc".to_owned()), "r", "");
        assert_eq!(given.kinds(), [Kind::None, Kind::Garbage, Kind::Tampered, Kind::Valid]);
        assert_eq!(given.token(Kind::Valid, "").await.unwrap().as_deref(), Some("abc"));
        assert_eq!(given.token(Kind::Tampered, "").await.unwrap().as_deref(), Some("aAc"));
        assert_eq!(given.token(Kind::None, "").await.unwrap(), None);
        let authority = Authority::new("http://127.0.0.1:1", SigningKey::generate().unwrap()).unwrap();
        let own = Wallet::new(Source::Own(Arc::new(authority)), "r", "a");
        assert!(!own.kinds().contains(&Kind::Bound), "nobody said that the server takes them");
        let own = own.for_bound(Bound::Taken);
        assert_eq!(own.kinds(), Kind::ALL);
        assert!(own.binds(Kind::Bound) && !own.binds(Kind::Valid));
        let first = own.token(Kind::Valid, "").await.unwrap();
        assert_eq!(own.token(Kind::Valid, "").await.unwrap(), first);
        assert_ne!(own.token(Kind::Valid, "b").await.unwrap(), first);
        assert_ne!(own.token(Kind::Tampered, "").await.unwrap(), first);
        assert!(own.token(Kind::Bound, "").await.unwrap().is_some());
        assert!(own.for_bound(Bound::Required).binds(Kind::Expired));
    }

    #[test]
    fn scopes_are_joined() {
        assert_eq!(union("a b", "b c"), "a b c");
        assert_eq!(union("", "c"), "c");
    }
}
