//! What a file is judged against.

use std::collections::{BTreeMap, BTreeSet};

use crate::profile::Contract;
use crate::requirement::{Catalogue, Role};
use crate::revision::Revision;
use crate::scenario::{Corpus, LoadError};
use crate::schema::Schemas;

/// Catalogue, contract and corpus.
pub(super) struct Context<'c> {
    pub catalogue: &'static Catalogue,
    pub contract: Contract,
    pub corpus: &'c Corpus,
    /// Requirements that the message schemas decide, by who is tested.
    pub by_schema: BTreeMap<Role, BTreeSet<String>>,
    /// Whether the file belongs to the corpus, where names follow folders.
    pub at_home: bool,
}

impl<'c> Context<'c> {
    /// With all that the program carries.
    ///
    /// # Errors
    /// Data of the program itself is broken.
    pub fn new(corpus: &'c Corpus, at_home: bool) -> Result<Self, LoadError> {
        let own = |file: &str, problem: String| LoadError { file: file.to_owned(), line: 0, problem };
        Ok(Self {
            catalogue: Catalogue::embedded().map_err(|e| own("scenarios/requirements", e.to_string()))?,
            contract: Contract::everything().map_err(|e| own("scenarios/contract.yaml", e.to_string()))?,
            corpus,
            by_schema: [Role::Server, Role::Client].map(|role| (role, by_schema(role))).into(),
            at_home,
        })
    }

    /// Whether a monitor or the message schemas decide a requirement in every scenario.
    pub fn always_decided(&self, id: &str, role: Role) -> bool {
        let mut monitors = self.corpus.monitors.values().filter(|monitor| monitor.item.role == role);
        self.by_schema.get(&role).is_some_and(|ids| ids.contains(id))
            || monitors.any(|m| m.item.requirement.iter().any(|r| r == id))
    }
}

fn by_schema(role: Role) -> BTreeSet<String> {
    let revisions = Revision::SUPPORTED.into_iter();
    revisions.flat_map(|revision| Schemas::embedded().annotated_of(revision, role.into())).collect()
}
