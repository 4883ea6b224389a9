//! The schema files that come with the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use super::document::{Document, DocumentError};
use super::patch::{merge, retain_requirements};
use super::subject::{Sender, Subject};
use super::validity::Validity;
use crate::requirement::Catalogue;
use crate::revision::Revision;

/// A schema file.
struct File {
    revision: Revision,
    text: &'static str,
    /// The revision that the file is a patch of, if it is not complete by itself.
    patches: Option<Revision>,
}

const FILES: [File; 5] = [
    File {
        revision: Revision::V2024_11_05,
        text: include_str!("../../../schemas/mcp/2024-11-05.json"),
        patches: Some(Revision::V2025_03_26),
    },
    File {
        revision: Revision::V2025_03_26,
        text: include_str!("../../../schemas/mcp/2025-03-26.json"),
        patches: Some(Revision::V2025_06_18),
    },
    File {
        revision: Revision::V2025_06_18,
        text: include_str!("../../../schemas/mcp/2025-06-18.json"),
        patches: Some(Revision::V2025_11_25),
    },
    File { revision: Revision::V2025_11_25, text: include_str!("../../../schemas/mcp/2025-11-25.json"), patches: None },
    File { revision: Revision::V2026_07_28, text: include_str!("../../../schemas/mcp/2026-07-28.json"), patches: None },
];

/// The JSON Schemas of every message, for each revision.
#[derive(Debug)]
pub struct Schemas(BTreeMap<Revision, OnceLock<Document>>);

impl Schemas {
    /// The schemas built into the program. Each is read, and each of its definitions compiled, when first used.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Schemas> =
            LazyLock::new(|| Schemas(FILES.iter().map(|file| (file.revision, OnceLock::new())).collect()));
        &EMBEDDED
    }

    /// Validates one value as what it is meant to be in a revision (the draft counts as 2026-07-28, from which it does
    /// not differ yet). A method that the revision does not know, or does not know in this direction, gives a
    /// [`Validity`] with `known: false`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "built-in data, each definition compiled by a test")]
    pub fn check(&self, revision: Revision, subject: Subject<'_>, value: &Value) -> Validity {
        let document = self.document(revision);
        match document.definition_of(subject) {
            Some(definition) => document.check(definition, value).expect("every definition in schemas/mcp compiles"),
            None => Validity::unknown(),
        }
    }

    /// Whether [`Self::check`] would find it valid ([`Validity::is_valid`]), at a fraction of the cost.
    #[must_use]
    #[expect(clippy::expect_used, reason = "built-in data, each definition compiled by a test")]
    pub fn conforms(&self, revision: Revision, subject: Subject<'_>, value: &Value) -> bool {
        let document = self.document(revision);
        document.definition_of(subject).is_some_and(|definition| {
            document.conforms(definition, value).expect("every definition in schemas/mcp compiles")
        })
    }

    /// Ids of the requirements that the schema of a revision decides.
    #[must_use]
    pub fn annotated(&self, revision: Revision) -> BTreeSet<String> {
        self.document(revision).decided().map(str::to_owned).collect()
    }

    /// Of these, those about something that one side sends.
    #[must_use]
    pub fn annotated_of(&self, revision: Revision, sender: Sender) -> BTreeSet<String> {
        self.document(revision).decided_of(sender).map(str::to_owned).collect()
    }

    /// The whole schema of a revision: its file, after the file it is a patch of.
    #[must_use]
    pub fn whole(&self, revision: Revision) -> &Value {
        self.document(revision).schema()
    }

    #[expect(clippy::expect_used, reason = "built-in data, each file read by a test")]
    fn document(&self, revision: Revision) -> &Document {
        let revision = match revision {
            Revision::Draft => Revision::V2026_07_28,
            published => published,
        };
        let slot = self.0.get(&revision).expect("every published revision has a file in schemas/mcp");
        slot.get_or_init(|| {
            let schema = read(revision).expect("the files in schemas/mcp are JSON");
            Document::new(schema).expect("the files in schemas/mcp are schemas")
        })
    }
}

/// The whole schema of a revision.
fn read(revision: Revision) -> Result<Value, DocumentError> {
    let file = FILES.iter().find(|file| file.revision == revision).ok_or(DocumentError::Missing(revision))?;
    let own: Value = serde_json::from_str(file.text)?;
    let Some(newer) = file.patches else {
        return Ok(own);
    };
    let mut schema = read(newer)?;
    merge(&mut schema, &own);
    let catalogue = Catalogue::embedded()?;
    retain_requirements(&mut schema, |id| catalogue.get(id).is_some_and(|row| row.holds_in(revision)));
    Ok(schema)
}
