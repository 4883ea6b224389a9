//! What a host of skills does: the extension `io.modelcontextprotocol/skills` from the client's side.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::default_actor;

/// Load the skills that `skills` in the scenario's context names, and take up their files, as a host has to.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Actor that asks.
    #[serde(default = "default_actor")]
    pub by: String,
    /// What it does wrong.
    #[serde(default)]
    pub careless: Vec<CarelessHost>,
}

/// What a host of skills can do wrong.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum CarelessHost {
    /// It asks a server for skills that declares none.
    AsksUndeclared,
    /// It reads directories of a server that does not say that they can be read.
    DirectoryFlagIgnored,
    /// It compares no digest.
    DigestUnchecked,
    /// It compares no size.
    SizeUnchecked,
    /// It does not compare the frontmatter of a skill with that of its entry.
    FrontmatterUnchecked,
    /// It reads files that the entry does not list.
    ReadsUnlisted,
    /// It loads a skill whatever the entry says of its files.
    ResourcesUnchecked,
    /// It reads all files of all listed skills at once.
    Eager,
    /// It goes on with the entry that it has after content that does not fit.
    GoesOnStale,
    /// It fetches a file each time that it needs it.
    KeepsNothing,
    /// It loads no skill that is not listed.
    ListedOnly,
    /// It takes for a skill what the server says is none.
    SchemeTrusted,
    /// It takes the files of a directory for files of the skill.
    DirectoryTrusted,
    /// It loads no skill of more than a megabyte.
    SmallOnly,
}

/// What a host is told in `skills` of its context.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedSkills {
    /// The tool that it calls for each file that it took up, with `uri`, and `text` or `blob`.
    pub tool: Option<String>,
    /// The skills, one after the other.
    pub load: Vec<WantedSkill>,
}

impl WantedSkills {
    /// As it stands in the context.
    ///
    /// # Errors
    /// In words, where it is not of that form.
    pub fn read(told: Option<&Value>) -> Result<Self, String> {
        let told = told.ok_or("there is no `skills` in the `context`")?;
        serde_json::from_value(told.clone()).map_err(|e| format!("`skills` in the `context`: {e}"))
    }
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedSkill {
    /// URI of its `SKILL.md`.
    pub uri: String,
    /// URIs of the files to take up once it is loaded.
    #[serde(default)]
    pub read: Vec<String>,
    /// URIs of directories whose files to take up.
    #[serde(default)]
    pub look_into: Vec<String>,
}
