//! The schema files that come with the program.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::document::{Document, DocumentError};
use super::subject::Subject;
use super::validity::Validity;
use crate::revision::Revision;

/// The JSON Schemas of every message, for each revision that has one.
#[derive(Debug)]
pub struct Schemas {
    v2025_11_25: Document,
    v2026_07_28: Document,
}

impl Schemas {
    /// The schemas built into the program. Read once; each definition is compiled when first used.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Schemas> = LazyLock::new(Schemas::read);
        &EMBEDDED
    }

    #[expect(clippy::expect_used, reason = "built-in data, each definition compiled by a test")]
    fn read() -> Self {
        let read = || -> Result<Self, DocumentError> {
            Ok(Self {
                v2025_11_25: Document::parse(include_str!("../../../schemas/mcp/2025-11-25.json"))?,
                v2026_07_28: Document::parse(include_str!("../../../schemas/mcp/2026-07-28.json"))?,
            })
        };
        read().expect("the schema files in schemas/mcp are well-formed")
    }

    /// Validates one value as what it is meant to be in a revision (the draft counts as 2026-07-28, from which it does
    /// not differ yet). A method that the revision does not know, or does not know in this direction, gives a
    /// [`Validity`] with `known: false`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "built-in data, each definition compiled by a test")]
    pub fn check(&self, revision: Revision, subject: Subject<'_>, value: &Value) -> Validity {
        let Some(document) = self.document(revision) else {
            return Validity::unknown();
        };
        match document.definition_of(subject) {
            Some(definition) => document.check(definition, value).expect("every definition in schemas/mcp compiles"),
            None => Validity::unknown(),
        }
    }

    /// Ids of the requirements that the schema of a revision decides.
    #[must_use]
    pub fn annotated(&self, revision: Revision) -> BTreeSet<String> {
        let document = self.document(revision).into_iter();
        document.flat_map(Document::decided).map(str::to_owned).collect()
    }

    /// The file of a revision, if there is one.
    pub(super) const fn document(&self, revision: Revision) -> Option<&Document> {
        match revision {
            Revision::V2025_11_25 => Some(&self.v2025_11_25),
            Revision::V2026_07_28 | Revision::Draft => Some(&self.v2026_07_28),
            Revision::V2024_11_05 | Revision::V2025_03_26 | Revision::V2025_06_18 => None,
        }
    }
}
