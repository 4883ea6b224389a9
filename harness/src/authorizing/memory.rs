//! What a client keeps of each authorization server.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::identity::Identity;

/// What a client is called at each authorization server, by issuer.
#[derive(Default)]
pub struct Memory {
    identities: Mutex<BTreeMap<String, Identity>>,
    /// The first token of a client that shows it to every server.
    shared: Mutex<Option<String>>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.all().iter()).finish()
    }
}

impl Memory {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Identity>> {
        self.identities.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who the client is at this issuer, where it is known already.
    pub(super) fn at(&self, issuer: &str) -> Option<Identity> {
        self.all().get(issuer).cloned()
    }

    /// Who the client is at any issuer.
    pub(super) fn anywhere(&self) -> Option<Identity> {
        self.all().values().next().cloned()
    }

    /// The issuer to which the configured credentials belong, where that is known by now.
    pub(super) fn configured_at(&self) -> Option<String> {
        self.all().iter().find(|(_, identity)| identity.is_configured).map(|(issuer, _)| issuer.clone())
    }

    pub(super) fn keep(&self, issuer: &str, identity: Identity) {
        self.all().insert(issuer.to_owned(), identity);
    }

    /// The token that is shown to every server.
    pub(super) fn shared(&self) -> Option<String> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn share(&self, token: &str) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| token.to_owned());
    }
}
