//! The skills that there are, and their files.

use base64::Engine as _;
use include_dir::{Dir, DirEntry, include_dir};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use super::SCHEME;
use crate::frontmatter;

/// Every file of every skill.
pub(super) static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/reference/skills/files");
/// A directory without files.
pub(super) const EMPTY: &str = "greeting/drafts";
/// `SKILL.md` of the skill that is in no listing.
pub(super) const HIDDEN: &str = "office/hidden/SKILL.md";
/// The file that makes a skill of its directory.
const MAIN: &str = "SKILL.md";

/// A skill.
#[derive(Clone, Copy, Debug)]
pub(super) struct Skill {
    /// The path of its directory.
    directory: &'static str,
    /// Whether the listing has it.
    listed: bool,
    /// Whether its files may differ each time, so that there are no digests.
    dynamic: bool,
}

const SKILLS: [Skill; 5] = [
    Skill { directory: "greeting", listed: true, dynamic: false },
    Skill { directory: "office/filing", listed: true, dynamic: false },
    Skill { directory: "office/filing/archive", listed: true, dynamic: false },
    Skill { directory: "office/daily", listed: true, dynamic: true },
    Skill { directory: "office/hidden", listed: false, dynamic: false },
];

impl Skill {
    /// Those that are listed.
    pub(super) fn listed() -> impl Iterator<Item = Self> {
        SKILLS.into_iter().filter(|skill| skill.listed)
    }

    /// The one whose `SKILL.md` this is.
    pub(super) fn at(uri: &str) -> Option<Self> {
        SKILLS.into_iter().find(|skill| skill.uri() == uri)
    }

    fn uri(&self) -> String {
        format!("{SCHEME}{}/{MAIN}", self.directory)
    }

    /// Its entry: what its frontmatter says, and all its files.
    pub(super) fn entry(&self) -> Value {
        let resources: Value = if self.dynamic {
            "dynamic".into()
        } else {
            FILES.get_dir(self.directory).map(listing).unwrap_or_default().into()
        };
        let frontmatter = members(&format!("{}/{MAIN}", self.directory));
        json!({ "uri": self.uri(), "frontmatter": frontmatter, "resources": resources })
    }
}

/// Every file below, with its digest and its size.
fn listing(directory: &Dir<'_>) -> Vec<Value> {
    let below = directory.entries().iter().flat_map(|entry| match entry {
        DirEntry::Dir(directory) => listing(directory),
        DirEntry::File(file) => {
            let digest: String = digest(&SHA256, file.contents()).as_ref().iter().map(hexadecimal).collect();
            let uri = format!("{SCHEME}{}", file.path().display());
            vec![json!({ "uri": uri, "digest": format!("sha256:{digest}"), "size": file.contents().len() })]
        }
    });
    below.collect()
}

fn hexadecimal(byte: &u8) -> String {
    format!("{byte:02x}")
}

/// What a resource is read as, if it is a file of a skill.
pub(in crate::reference) fn content(uri: &str) -> Option<Value> {
    let path = uri.strip_prefix(SCHEME)?;
    let file = FILES.get_file(path).filter(|file| file.path().to_str() == Some(path))?;
    let mime = mime(path);
    Some(match file.contents_utf8() {
        Some(text) => json!({ "uri": uri, "mimeType": mime, "text": text }),
        None => {
            let blob = base64::prelude::BASE64_STANDARD.encode(file.contents());
            json!({ "uri": uri, "mimeType": mime, "blob": blob })
        }
    })
}

/// What lists say of the file at a path: of a `SKILL.md` what its frontmatter says.
pub(super) fn resource(path: &str) -> Value {
    let name = path.rsplit('/').next().unwrap_or(path);
    let uri = format!("{SCHEME}{path}");
    if name != MAIN {
        return json!({ "uri": uri, "name": name, "mimeType": mime(path) });
    }
    let members = members(path);
    let mut shown = json!({
        "uri": uri,
        "name": members.get("name"),
        "description": members.get("description"),
        "mimeType": mime(path),
    });
    if let (Some(license), Some(shown)) = (members.get("license"), shown.as_object_mut()) {
        shown.insert("_meta".to_owned(), json!({ "io.modelcontextprotocol.skills/license": license }));
    }
    shown
}

/// The frontmatter of the file at a path.
fn members(path: &str) -> Map<String, Value> {
    let text = FILES.get_file(path).and_then(include_dir::File::contents_utf8);
    text.and_then(frontmatter::read).unwrap_or_default()
}

fn mime(path: &str) -> &'static str {
    if path.ends_with(".png") { "image/png" } else { "text/markdown" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_skill_is_named_like_its_directory() {
        for skill in SKILLS {
            let name = members(&format!("{}/{MAIN}", skill.directory)).get("name").cloned();
            assert_eq!(name.as_ref().and_then(Value::as_str), skill.directory.rsplit('/').next());
        }
    }

    #[test]
    fn a_path_has_one_spelling() {
        assert!(content("skill://greeting/SKILL.md").is_some());
        for other in
            ["skill://greeting/./SKILL.md", "skill://greeting//SKILL.md", "skill://greeting", "greeting/SKILL.md"]
        {
            assert!(content(other).is_none(), "{other}");
        }
    }
}
