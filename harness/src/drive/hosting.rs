//! The host of skills that the reference client plays: it loads what it was told to, and takes up only what fits its entry.

use std::collections::BTreeMap;

use base64::Engine as _;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use super::run::{Run, Stop};
use crate::action::{Action, CarelessHost, Host, Send, WantedSkill, WantedSkills};
use crate::frontmatter;
use crate::otlp::digits;

/// The extension.
const EXTENSION: &str = "/result/capabilities/extensions/io.modelcontextprotocol~1skills";
/// Most pages of a listing that are asked for.
const MAX_PAGES: usize = 20;
/// Bytes that are not too many for a host that takes up small skills alone.
const SMALL: u64 = 1 << 20;

/// A host at work.
struct Hosting<'h, 'c> {
    run: &'h mut Run<'c>,
    host: &'h Host,
    tool: Option<String>,
    /// The server says that directories can be read.
    directories: bool,
    /// The entries of the listing, by URI.
    entries: BTreeMap<String, Value>,
    /// What was fetched, by URI, with the digest that it has.
    kept: BTreeMap<String, (String, Value)>,
    asked: usize,
}

impl Run<'_> {
    /// Load the skills that the context names.
    pub(super) async fn host(&mut self, host: &Host) -> Result<(), Stop> {
        let wanted = WantedSkills::read(self.spec.scenario.context.get("skills")).map_err(Stop::Harness)?;
        let mut hosting = Hosting {
            run: self,
            host,
            tool: wanted.tool,
            directories: false,
            entries: BTreeMap::new(),
            kept: BTreeMap::new(),
            asked: 0,
        };
        let discovered = hosting.ask("server/discover", json!({})).await?;
        let declared = discovered.pointer(EXTENSION).is_some_and(Value::is_object);
        if !declared && !hosting.careless(CarelessHost::AsksUndeclared) {
            return Ok(());
        }
        let flag = discovered.pointer(&format!("{EXTENSION}/directoryRead")) == Some(&Value::Bool(true));
        hosting.directories = flag || hosting.careless(CarelessHost::DirectoryFlagIgnored);
        if hosting.tool.is_some() {
            hosting.ask("tools/list", json!({})).await?;
        }
        hosting.list().await?;
        for skill in &wanted.load {
            hosting.load(skill).await?;
        }
        Ok(())
    }
}

impl Hosting<'_, '_> {
    fn careless(&self, what: CarelessHost) -> bool {
        self.host.careless.contains(&what)
    }

    /// The stream of a request of its own, once it is answered.
    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Stop> {
        self.asked += 1;
        let stream = format!("host_{}", self.asked);
        let send = Send {
            stream: Some(stream.clone()),
            by: self.host.by.clone(),
            method: Some(method.to_owned()),
            params: Some(params),
            ..Send::default()
        };
        self.run.request(&Action::Request(send.clone()), &send).await?;
        Ok(self.run.view_of(&stream))
    }

    /// All that is listed.
    async fn list(&mut self) -> Result<(), Stop> {
        let mut params = Map::new();
        for _ in 0..MAX_PAGES {
            let page = self.ask("skills/list", Value::Object(params.clone())).await?;
            let skills = page.pointer("/result/skills").and_then(Value::as_array).cloned().unwrap_or_default();
            for entry in skills {
                if let Some(uri) = entry.get("uri").and_then(Value::as_str) {
                    self.entries.insert(uri.to_owned(), entry);
                }
            }
            match page.pointer("/result/nextCursor").filter(|cursor| !cursor.is_null()) {
                Some(cursor) => params.insert("cursor".to_owned(), cursor.clone()),
                None => break,
            };
        }
        if self.careless(CarelessHost::Eager) {
            for entry in self.entries.clone().values() {
                for file in files(entry).filter_map(|file| file.get("uri")?.as_str()) {
                    self.fetch(entry, file).await?;
                }
            }
        }
        Ok(())
    }

    /// The entry of a skill that the listing lacks, or as it is by now; none where the server says that it is no skill.
    async fn entry(&mut self, uri: &str) -> Result<Option<Value>, Stop> {
        let got = self.ask("skills/get", json!({ "uri": uri })).await?;
        let entry = got.pointer("/result/skill").filter(|entry| entry.get("uri").and_then(Value::as_str) == Some(uri));
        if entry.is_none() && self.careless(CarelessHost::SchemeTrusted) {
            return Ok(Some(json!({ "uri": uri, "resources": "dynamic" })));
        }
        Ok(entry.cloned())
    }

    async fn load(&mut self, wanted: &WantedSkill) -> Result<(), Stop> {
        let held = match self.entries.get(&wanted.uri) {
            Some(entry) => Some(entry.clone()),
            None if self.careless(CarelessHost::ListedOnly) => None,
            None => self.entry(&wanted.uri).await?,
        };
        let Some(mut held) = held else { return Ok(()) };
        if !self.open(&mut held).await? {
            return Ok(());
        }
        for file in &wanted.read {
            if !lists(&held, file) && !self.careless(CarelessHost::ReadsUnlisted) {
                continue;
            }
            if self.take(&held, file).await? {
                continue;
            }
            if !self.careless(CarelessHost::GoesOnStale) {
                // What was loaded is of another state than this file: all of it anew.
                if !self.renew(&mut held).await? || !self.open(&mut held).await? {
                    return Ok(());
                }
                self.take(&held, file).await?;
            }
        }
        let readable = self.directories;
        for directory in wanted.look_into.iter().filter(|_| readable) {
            let read = self.ask("resources/directory/read", json!({ "uri": directory })).await?;
            let children = read.pointer("/result/resources").and_then(Value::as_array).cloned().unwrap_or_default();
            for child in children.iter().filter(|child| child.get("mimeType") != Some(&json!("inode/directory"))) {
                let Some(uri) = child.get("uri").and_then(Value::as_str) else { continue };
                if lists(&held, uri) || self.careless(CarelessHost::DirectoryTrusted) {
                    self.take(&held, uri).await?;
                }
            }
        }
        Ok(())
    }

    /// Take up `SKILL.md`, from a fresh entry if it does not fit this one; false where it fits neither.
    async fn open(&mut self, held: &mut Value) -> Result<bool, Stop> {
        let Some(uri) = held.get("uri").and_then(Value::as_str).map(str::to_owned) else { return Ok(false) };
        for again in [false, true] {
            if again && !self.renew(held).await? {
                return Ok(false);
            }
            let small = !self.careless(CarelessHost::SmallOnly) || size(held) <= SMALL;
            if !small || !is_valid(held) && !self.careless(CarelessHost::ResourcesUnchecked) {
                return Ok(false);
            }
            if let Some(item) = self.fetch(held, &uri).await?
                && self.is_described(held, &item)
            {
                self.tell(&uri, &item).await?;
                return Ok(true);
            }
            if self.careless(CarelessHost::GoesOnStale) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The entry as it is by now; false where it is gone or no other.
    async fn renew(&mut self, held: &mut Value) -> Result<bool, Stop> {
        let Some(uri) = held.get("uri").and_then(Value::as_str).map(str::to_owned) else { return Ok(false) };
        let fresh = self.entry(&uri).await?.filter(|fresh| fresh != held);
        let renewed = fresh.is_some();
        if let Some(fresh) = fresh {
            *held = fresh;
        }
        Ok(renewed)
    }

    /// Whether the frontmatter is that of the entry.
    fn is_described(&self, held: &Value, item: &Value) -> bool {
        let unchecked = self.careless(CarelessHost::FrontmatterUnchecked) || self.careless(CarelessHost::SchemeTrusted);
        let said = item.get("text").and_then(Value::as_str).and_then(frontmatter::read).map(Value::Object);
        unchecked || said.is_some() && said.as_ref() == held.get("frontmatter")
    }

    /// Fetch a file and tell of it; false where it does not fit the entry.
    async fn take(&mut self, held: &Value, uri: &str) -> Result<bool, Stop> {
        let item = self.fetch(held, uri).await?;
        if let Some(item) = &item {
            self.tell(uri, item).await?;
        }
        Ok(item.is_some())
    }

    /// A file that fits the entry, where it does; without a new request if it was fetched before.
    async fn fetch(&mut self, held: &Value, uri: &str) -> Result<Option<Value>, Stop> {
        let listed = files(held).find(|file| file.get("uri").and_then(Value::as_str) == Some(uri));
        let expected = listed.and_then(|file| file.get("digest")?.as_str()).unwrap_or_default().to_owned();
        if let Some((digest, item)) = self.kept.get(uri)
            && !self.careless(CarelessHost::KeepsNothing)
            && *digest == expected
        {
            return Ok(Some(item.clone()));
        }
        let read = self.ask("resources/read", json!({ "uri": uri })).await?;
        let Some(item) = read.pointer("/result/contents/0") else { return Ok(None) };
        let Some(bytes) = bytes(item) else { return Ok(None) };
        if let Some(file) = listed {
            let size = file.get("size").and_then(Value::as_u64);
            let fits = size.is_some_and(|size| usize::try_from(size) == Ok(bytes.len()));
            let same = format!("sha256:{}", digits(digest(&SHA256, &bytes).as_ref())) == expected;
            if !fits && !self.careless(CarelessHost::SizeUnchecked)
                || !same && !self.careless(CarelessHost::DigestUnchecked)
            {
                return Ok(None);
            }
            self.kept.insert(uri.to_owned(), (expected, item.clone()));
        }
        Ok(Some(item.clone()))
    }

    /// Call the tool that wants to know what was taken up.
    async fn tell(&mut self, uri: &str, item: &Value) -> Result<(), Stop> {
        let Some(tool) = self.tool.clone() else { return Ok(()) };
        let mut arguments = json!({ "uri": uri });
        for kind in ["text", "blob"] {
            if let (Some(content), Some(arguments)) = (item.get(kind), arguments.as_object_mut()) {
                arguments.insert(kind.to_owned(), content.clone());
            }
        }
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments })).await.map(|_| ())
    }
}

/// What the entry says of each file.
fn files(entry: &Value) -> impl Iterator<Item = &Value> {
    entry.get("resources").and_then(Value::as_array).into_iter().flatten()
}

/// How many bytes the files have by the entry.
fn size(entry: &Value) -> u64 {
    files(entry).filter_map(|file| file.get("size")?.as_u64()).fold(0, u64::saturating_add)
}

/// Whether the file is one of the skill's.
fn lists(entry: &Value, uri: &str) -> bool {
    let dynamic = entry.get("resources").and_then(Value::as_str) == Some("dynamic");
    dynamic || files(entry).any(|file| file.get("uri").and_then(Value::as_str) == Some(uri))
}

/// Whether the entry says of its files what it has to.
fn is_valid(entry: &Value) -> bool {
    entry.get("resources").is_some_and(|files| files.is_array() || files.as_str() == Some("dynamic"))
}

fn bytes(item: &Value) -> Option<Vec<u8>> {
    match (item.get("text").and_then(Value::as_str), item.get("blob").and_then(Value::as_str)) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (None, Some(blob)) => base64::prelude::BASE64_STANDARD.decode(blob).ok(),
        (None, None) => None,
    }
}
