//! `resources/directory/read`: what is in a directory.

use include_dir::DirEntry;
use serde_json::{Value, json};

use super::catalog::{EMPTY, FILES, resource};
use super::{DIRECTORY, SCHEME};
use crate::reference::core::Call;
use crate::reference::pages::page;
use crate::reference::rpc::{Answer, Failure};

pub(in crate::reference) fn read(call: &Call) -> Answer {
    let uri = call.text("uri")?;
    let failure = || Failure::params("that is no directory").with(json!({ "uri": uri }));
    let children = uri.strip_prefix(SCHEME).and_then(children).ok_or_else(failure)?;
    page(call, "resources", children)
}

/// The direct children of the directory at a path, if it is one.
fn children(path: &str) -> Option<Vec<Value>> {
    if path == EMPTY {
        return Some(Vec::new());
    }
    let directory = FILES.get_dir(path).filter(|directory| directory.path().to_str() == Some(path))?;
    let mut all: Vec<Value> = directory.entries().iter().filter_map(shown).collect();
    if let Some((parent, name)) = EMPTY.rsplit_once('/')
        && parent == path
    {
        all.push(subdirectory(EMPTY, name));
    }
    Some(all)
}

fn shown(entry: &DirEntry<'_>) -> Option<Value> {
    let path = entry.path().to_str()?;
    Some(match entry {
        DirEntry::Dir(directory) => subdirectory(path, directory.path().file_name()?.to_str()?),
        DirEntry::File(_) => resource(path),
    })
}

fn subdirectory(path: &str, name: &str) -> Value {
    json!({ "uri": format!("{SCHEME}{path}"), "name": name, "mimeType": DIRECTORY })
}
