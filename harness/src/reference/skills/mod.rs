//! The extension `io.modelcontextprotocol/skills` (SEP-2640): folders of instructions, whose files are resources.

mod catalog;
mod directory;

use serde_json::{Value, json};

use super::core::Call;
use super::pages::page;
use super::rpc::{Answer, Failure};
use super::stateless::cacheable;
use catalog::Skill;
pub(super) use catalog::content;
pub(super) use directory::read as read_directory;

/// The identifier of the extension.
pub(super) const EXTENSION: &str = "io.modelcontextprotocol/skills";
/// What stands before the path of every file.
const SCHEME: &str = "skill://";
/// The type of a directory.
const DIRECTORY: &str = "inode/directory";

/// The settings of the extension in `server/discover`.
pub(super) fn settings() -> Value {
    json!({ "directoryRead": true })
}

/// What `resources/list` says of skills: one that is in no listing of them, and the directory without files.
pub(super) fn listed() -> [Value; 2] {
    [
        catalog::resource(catalog::HIDDEN),
        json!({
            "uri": format!("{SCHEME}{}", catalog::EMPTY),
            "name": "drafts",
            "description": "A directory without files.",
            "mimeType": DIRECTORY,
        }),
    ]
}

/// `skills/list`.
pub(super) fn list(call: &Call) -> Answer {
    page(call, "skills", Skill::listed().map(|skill| skill.entry()).collect())
}

/// `skills/get`.
pub(super) fn get(call: &Call) -> Answer {
    let uri = call.text("uri")?;
    let skill = Skill::at(uri).ok_or_else(|| Failure::params("no such skill is served").with(json!({ "uri": uri })))?;
    Ok(cacheable(&call.server, json!({ "skill": skill.entry() })))
}
