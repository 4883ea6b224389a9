//! What the server remembers. All of it is bounded: the oldest is forgotten.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};

use super::client::Client;

/// Most clients, codes and refresh tokens.
const MOST: usize = 1000;
/// Most identifiers of assertions and proofs.
const MOST_IDS: usize = 10_000;

/// What was authorized.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Authorized {
    pub client: String,
    /// By spaces.
    pub scope: String,
    /// By spaces.
    pub resource: String,
    /// Whom the token is about, where it is no user of the server's.
    pub subject: Option<String>,
    /// Thumbprint of the key that the tokens are bound to.
    pub key: Option<String>,
    /// All that comes of one code.
    pub family: u64,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub authorized: Authorized,
    pub redirect_uri: String,
    pub challenge: Option<String>,
    pub nonce: Option<String>,
    /// When it ceases to work, in seconds.
    pub end: u64,
    pub redeemed: bool,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(super) struct Refresh {
    pub authorized: Authorized,
    pub replaced: bool,
}

/// What is remembered.
#[derive(Debug, Default)]
pub(super) struct State {
    pub clients: IndexMap<String, Client>,
    pub codes: IndexMap<String, Code>,
    pub refreshes: IndexMap<String, Refresh>,
    /// Families that were revoked.
    revoked: IndexSet<u64>,
    /// Identifiers that were seen.
    ids: IndexSet<String>,
    /// How many of each thing were made.
    made: BTreeMap<&'static str, u64>,
    families: u64,
}

impl State {
    pub fn keep_client(&mut self, client: Client) {
        keep(&mut self.clients, client.id.clone(), client);
    }

    pub fn keep_code(&mut self, text: String, code: Code) {
        keep(&mut self.codes, text, code);
    }

    pub fn keep_refresh(&mut self, text: String, refresh: Refresh) {
        keep(&mut self.refreshes, text, refresh);
    }

    /// A family of its own for what comes of one code.
    pub fn family(&mut self) -> u64 {
        self.families += 1;
        self.families
    }

    /// Let nothing of a family work any more.
    pub fn revoke(&mut self, family: u64) {
        self.revoked.insert(family);
        while self.revoked.len() > MOST {
            self.revoked.shift_remove_index(0);
        }
        self.refreshes.retain(|_, refresh| refresh.authorized.family != family);
    }

    pub fn is_revoked(&self, family: u64) -> bool {
        self.revoked.contains(&family)
    }

    /// Whether an identifier is seen for the first time.
    pub fn first(&mut self, id: String) -> bool {
        let fresh = self.ids.insert(id);
        while self.ids.len() > MOST_IDS {
            self.ids.shift_remove_index(0);
        }
        fresh
    }

    /// The number of the next thing of this kind.
    pub fn number(&mut self, what: &'static str) -> u64 {
        let number = self.made.entry(what).or_default();
        *number += 1;
        *number
    }
}

fn keep<T>(all: &mut IndexMap<String, T>, name: String, value: T) {
    all.insert(name, value);
    while all.len() > MOST {
        all.shift_remove_index(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut state = State::default();
        for number in 0..=MOST {
            state.keep_refresh(number.to_string(), Refresh { authorized: Authorized::default(), replaced: false });
        }
        assert_eq!(state.refreshes.len(), MOST);
        assert!(!state.refreshes.contains_key("0"));
        assert!(state.first("a".to_owned()) && !state.first("a".to_owned()));
        assert_eq!([state.number("x"), state.number("y"), state.number("x")], [1, 1, 2]);
    }
}
