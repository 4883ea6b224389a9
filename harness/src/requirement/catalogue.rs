//! Loading the catalogue and looking requirements up.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_saphyr::Spanned;

use super::suggest::nearest;
use super::{Actor, CatalogueError, Level, Observable, Requirement, Subject, Undecided};
use crate::revision::Revision;

/// The rows of all files, as `build.rs` prepared them.
static PREPARED: &str = include_str!(concat!(env!("OUT_DIR"), "/requirements.json"));

/// All requirements, in the order of their files' names and then of the rows.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    rows: Vec<Requirement>,
    places: BTreeMap<String, usize>,
}

impl Catalogue {
    /// The catalogue this program was built with. It is read once per process.
    ///
    /// # Errors
    /// A file of the catalogue is wrong. The tests of this crate make sure that none is.
    pub fn embedded() -> Result<&'static Self, CatalogueError> {
        static CATALOGUE: OnceLock<Result<Catalogue, CatalogueError>> = OnceLock::new();
        CATALOGUE
            .get_or_init(|| {
                let rows = serde_json::from_str(PREPARED).map_err(|error| CatalogueError::Malformed {
                    file: "requirements.json".to_owned(),
                    line: error.line() as u64,
                    problem: error.to_string(),
                })?;
                Ok(Self::of(rows))
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    fn of(rows: Vec<Requirement>) -> Self {
        let places = rows.iter().enumerate().map(|(place, row)| (row.id.clone(), place)).collect();
        Self { rows, places }
    }

    /// A catalogue of files given as name (`http.yaml`) and content, in that order.
    ///
    /// # Errors
    /// A file is not of the catalogue's shape, or a row contradicts itself, its file or an earlier row.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::default();
        for (name, text) in files {
            for row in rows(name, text)? {
                let line = row.referenced.line();
                let wrong = problem(name, &row.value).or_else(|| {
                    let there = catalogue.places.contains_key(&row.value.id);
                    there.then(|| "the id is taken by an earlier row; give this one another".to_owned())
                });
                if let Some(problem) = wrong {
                    return Err(CatalogueError::Inconsistent {
                        file: name.to_owned(),
                        line,
                        id: row.value.id,
                        problem,
                    });
                }
                catalogue.places.insert(row.value.id.clone(), catalogue.rows.len());
                catalogue.rows.push(row.value);
            }
        }
        Ok(catalogue)
    }

    /// The requirement with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.rows.get(*self.places.get(id)?)
    }

    /// Every requirement, in a fixed order.
    pub fn iter(&self) -> std::slice::Iter<'_, Requirement> {
        self.rows.iter()
    }

    /// Those of the specification itself, extensions and profiles apart, that hold in `revision` and bind one that plays
    /// `role`.
    pub fn binding(&self, role: Actor, revision: Revision) -> impl Iterator<Item = &Requirement> {
        let own = |row: &&Requirement| row.extension.is_none() && row.profile.is_none();
        self.rows.iter().filter(own).filter(move |row| row.binds(role, revision))
    }

    /// Those of an extension that hold in `revision` and bind one that plays `role`.
    pub fn of_extension(&self, extension: &str, role: Actor, revision: Revision) -> impl Iterator<Item = &Requirement> {
        let of = move |row: &&Requirement| row.extension.as_deref() == Some(extension) && row.binds(role, revision);
        self.rows.iter().filter(of)
    }

    /// Those of a subject that hold in `revision` and bind one that plays `role`.
    pub fn of_subject(&self, subject: &Subject, role: Actor, revision: Revision) -> impl Iterator<Item = &Requirement> {
        self.rows.iter().filter(move |row| subject.has(row) && row.binds(role, revision))
    }

    /// Up to three known ids that someone who wrote `id` may have meant, the nearest first.
    #[must_use]
    pub fn ids_like(&self, id: &str) -> Vec<&str> {
        nearest(id, self.rows.iter().map(|row| row.id.as_str()))
    }

    /// How many requirements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<'a> IntoIterator for &'a Catalogue {
    type Item = &'a Requirement;
    type IntoIter = std::slice::Iter<'a, Requirement>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The rows of a file.
fn rows(file: &str, text: &str) -> Result<Vec<Spanned<Requirement>>, CatalogueError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| CatalogueError::Malformed {
        file: file.to_owned(),
        line: error.location().map_or(0, |at| at.line()),
        problem: error.to_string(),
    })
}

/// What is wrong with a row of `file`, if anything is.
fn problem(file: &str, row: &Requirement) -> Option<String> {
    let area = file.strip_suffix(".yaml").unwrap_or(file);
    if !is_id(&row.id) {
        return Some("an id is `area.rule-in-words`, in lower case letters, digits and hyphens".to_owned());
    }
    if row.area() != area {
        return Some(format!("the area is not the file's name; call it `{area}.…` or move it"));
    }
    if let Some(until) = row.until
        && (until < row.since || until == Revision::Draft)
    {
        return Some(format!(
            "`until` {until} is not a published revision from {since} on; it is the last revision with the rule",
            since = row.since
        ));
    }
    if let Some(narrowed) = row.narrowed {
        let later = row.since < narrowed.since && row.holds_in(narrowed.since);
        if row.actor != Actor::Both || !matches!(narrowed.actor, Actor::Server | Actor::Client) || !later {
            return Some(
                "`narrowed` takes a row for both to server or client, in a revision after `since` and up to `until`"
                    .to_owned(),
            );
        }
    }
    links(row).or_else(|| reasons(row))
}

/// What is wrong with the places a row names.
fn links(row: &Requirement) -> Option<String> {
    for link in std::iter::once(&row.link).chain(row.earlier.iter().map(|earlier| &earlier.link)) {
        let abroad = row.extension.is_some() && link.starts_with("https://");
        if !abroad && !is_link(link) {
            return Some(format!("link {link:?} is not a page and anchor, as `basic/lifecycle#initialization`"));
        }
    }
    let ends: Vec<Revision> = row.earlier.iter().map(|earlier| earlier.until).collect();
    if ends.iter().any(|until| *until < row.since || !row.holds_in(*until)) {
        return Some("`earlier` ends outside the row's span".to_owned());
    }
    let ascending = ends.iter().zip(ends.iter().skip(1)).all(|(one, next)| one < next);
    (!ascending).then(|| "`earlier` goes from the oldest place to the newest".to_owned())
}

/// What is wrong with the texts of a row, and with what it says about being decided.
fn reasons(row: &Requirement) -> Option<String> {
    if row.profile.is_some() && row.extension.is_some() {
        return Some("it belongs to an extension or to a profile, not to both".to_owned());
    }
    let empty = [
        ("text", Some(&row.text)),
        ("how", Some(&row.how)),
        ("disputed", row.disputed.as_ref().map(|disputed| &disputed.text)),
        ("server_side", row.server_side.as_ref().map(|side| &side.how)),
        ("client_side", row.client_side.as_ref().map(|side| &side.how)),
    ]
    .into_iter()
    .chain(row.undecided.iter().map(|undecided| ("undecided", Some(&undecided.why))))
    .find(|(_, value)| value.is_some_and(|value| value.trim().is_empty()));
    if let Some((member, _)) = empty {
        return Some(format!("`{member}` is empty"));
    }
    if let Some(side) = &row.server_side
        && (row.actor != Actor::Both || side.observable <= row.observable)
    {
        return Some("`server_side` is for a rule for both that shows less of a server than of a client".to_owned());
    }
    if row.client_side.is_some() && (row.actor != Actor::Both || row.server_side.is_some()) {
        return Some(
            "`client_side` is for a rule for both; beside `server_side` the row itself speaks of clients".to_owned(),
        );
    }
    row.undecided.iter().find_map(|undecided| nothing_decides(row, undecided))
}

/// What is wrong with saying that nothing decides a row.
fn nothing_decides(row: &Requirement, undecided: &Undecided) -> Option<String> {
    if undecided.actor.is_some_and(|actor| row.actor != Actor::Both || !matches!(actor, Actor::Server | Actor::Client))
    {
        return Some("`actor` of `undecided` is server or client, in a rule for both".to_owned());
    }
    let of = match (undecided.actor, row.actor) {
        (Some(actor), _) => vec![actor],
        (None, Actor::Both) => vec![Actor::Server, Actor::Client],
        (None, actor) => vec![actor],
    };
    let must = matches!(row.level, Level::Must | Level::MustNot);
    let seen: Vec<Observable> = of.into_iter().map(|actor| row.observable_of(actor)).collect();
    if seen.iter().all(|observable| *observable == Observable::No) {
        return Some("`undecided` says no more than `observable: no`; say why in `how`".to_owned());
    }
    (must && seen.contains(&Observable::Yes)).then(|| {
        "a MUST that an exchange decides cannot stay undecided; check it, or call it `partial`, or say of which `actor` none does"
            .to_owned()
    })
}

/// `area.rule-in-words`.
fn is_id(id: &str) -> bool {
    let is_words = |part: &str| {
        part.split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
    };
    id.split_once('.').is_some_and(|(area, rule)| is_words(area) && is_words(rule))
}

/// `page/below/the/revision#anchor`; page or anchor may be missing.
fn is_link(link: &str) -> bool {
    let (page, anchor) = link.split_once('#').map_or((link, None), |(page, anchor)| (page, Some(anchor)));
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    let page_ok = page.is_empty() || page.split('/').all(is_name);
    page_ok && anchor.map_or(!page.is_empty(), is_name)
}
