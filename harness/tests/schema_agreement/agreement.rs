//! Our schemas against the official ones: the same verdict on the official examples and on generated messages, except for
//! the listed differences.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use mcp_assay::revision::Revision;
use mcp_assay::schema::{Schemas, Subject};
use serde_json::{Value, json};

use crate::choices::Choices;
use crate::corrupt::corrupt;
use crate::differences::{Difference, load};
use crate::generate::Generator;
use crate::{REVISIONS, definitions, read_json};

/// Names the folder with `<revision>/schema.json` and `<revision>/examples/<Type>/*.json` of the specification.
const FOLDER: &str = "ASSAY_OFFICIAL_SPEC";
/// Generated messages per revision: more than 100,000 in all.
const MESSAGES: usize = 21_000;
/// As many times more are made of a definition that we deliberately change.
const MORE: usize = 8;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(FOLDER).map(PathBuf::from);
    if folder.is_none() {
        // Written past the test runner's capture: a skipped proof must not look like a passed one.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: set {FOLDER} to a folder with <revision>/schema.json of the specification to run this test"
        );
    }
    folder
}

/// The official schema of a revision, as it is or with our differences applied, each definition compiled when needed.
struct Official {
    document: Value,
    compiled: BTreeMap<String, Validator>,
}

impl Official {
    fn new<'a>(folder: &Path, revision: &str, differences: impl Iterator<Item = &'a Difference>) -> Self {
        let mut document = read_json(&folder.join(revision).join("schema.json"));
        for difference in differences {
            difference.apply(&mut document);
        }
        Self { document, compiled: BTreeMap::new() }
    }

    fn accepts(&mut self, definition: &str, value: &Value) -> bool {
        if !self.compiled.contains_key(definition) {
            let validator = self.compile(definition).expect("the official schema compiles");
            self.compiled.insert(definition.to_owned(), validator);
        }
        self.compiled[definition].is_valid(value)
    }

    /// Compiles a definition in the dialect of its file. Formats stay remarks, as in the newer dialect.
    fn compile(&self, definition: &str) -> Result<Validator, jsonschema::ValidationError<'static>> {
        let all = definitions(&self.document);
        match self.document.get("$defs").is_some() {
            true => jsonschema::draft202012::new(&json!({"$ref": format!("#/$defs/{definition}"), "$defs": all})),
            false => {
                let root = json!({"allOf": [{"$ref": format!("#/definitions/{definition}")}], "definitions": all});
                jsonschema::draft7::options().should_validate_formats(false).build(&root)
            }
        }
    }
}

#[test]
fn official_examples_get_the_same_verdict() {
    let Some(folder) = folder() else { return };
    let differences = load();
    let mut refused: Vec<&String> = differences.iter().flat_map(|entry| &entry.examples).collect();
    let mut examples = 0;
    for revision in REVISIONS {
        let mut official = Official::new(&folder, revision.as_str(), [].into_iter());
        let Ok(types) = std::fs::read_dir(folder.join(revision.as_str()).join("examples")) else {
            continue;
        };
        for of_type in types {
            let of_type = of_type.unwrap();
            let definition = of_type.file_name().into_string().unwrap();
            for file in std::fs::read_dir(of_type.path()).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_none_or(|extension| extension != "json") {
                    continue;
                }
                let value = read_json(&path);
                let ours = Schemas::embedded().check(revision, Subject::Definition(&definition), &value);
                assert!(official.accepts(&definition, &value), "{}: officially invalid", path.display());
                let listed = refused.iter().position(|listed| path.ends_with(listed));
                assert_eq!(listed.is_none(), ours.is_valid(), "{}: {ours:#?}", path.display());
                if let Some(listed) = listed {
                    refused.remove(listed);
                }
                examples += 1;
            }
        }
    }
    assert!(refused.is_empty(), "stale examples in differences.yaml: {refused:?}");
    println!("same verdict on {examples} official examples, but for the listed differences");
    assert!(examples > 100, "only {examples} examples found below {}", folder.display());
}

#[test]
fn messages_of_2024_11_05_get_the_same_verdict() {
    agree(Revision::V2024_11_05);
}

#[test]
fn messages_of_2025_03_26_get_the_same_verdict() {
    agree(Revision::V2025_03_26);
}

#[test]
fn messages_of_2025_06_18_get_the_same_verdict() {
    agree(Revision::V2025_06_18);
}

#[test]
fn messages_of_2025_11_25_get_the_same_verdict() {
    agree(Revision::V2025_11_25);
}

#[test]
fn messages_of_2026_07_28_get_the_same_verdict() {
    agree(Revision::V2026_07_28);
}

#[test]
fn the_draft_does_not_differ_yet() {
    let Some(folder) = folder() else { return };
    let schema = |revision: Revision| read_json(&folder.join(revision.as_str()).join("schema.json"));
    let same = schema(Revision::Draft) == schema(Revision::V2026_07_28);
    assert!(same, "the draft has changed: give it a file in schemas/mcp and a place in schema::Schemas");
}

fn agree(revision: Revision) {
    let Some(folder) = folder() else { return };
    let name = revision.as_str();
    let differences = load();
    let own: Vec<&Difference> = differences.iter().filter(|entry| entry.concerns(name)).collect();
    let mut plain = Official::new(&folder, name, [].into_iter());
    let mut patched = Official::new(&folder, name, own.iter().copied());
    // All differences applied but one: where this disagrees with us, the one is needed.
    let mut without: Vec<(Official, usize)> = own
        .iter()
        .map(|left_out| {
            let rest = own.iter().copied().filter(|entry| entry.id != left_out.id);
            (Official::new(&folder, name, rest), 0)
        })
        .collect();

    // Half of the messages are made as the official schema has them, half as it is with our differences.
    let documents = [plain.document.clone(), patched.document.clone()];
    let definitions = definitions(&documents[0]);
    let each = MESSAGES.div_ceil(definitions.len());
    let mut choices = Choices::new(20_261_121);
    let (mut accepted, mut refused) = (0_usize, 0_usize);
    for definition in definitions.keys() {
        let changed = own.iter().any(|difference| difference.changes(definition));
        for round in 0..if changed { MORE * each } else { each } {
            let generator = Generator { document: &documents[round / 4 % 2], sparsity: 2 + round % 3 };
            let mut value = generator.definition(definition, &mut choices);
            for _ in 0..[0, 1, 1, 2][round % 4] {
                corrupt(&mut value, &mut choices);
            }
            let verdict = Schemas::embedded().check(revision, Subject::Definition(definition), &value);
            assert!(verdict.known, "{name}: we lack the definition {definition}");
            let ours = verdict.is_valid();
            assert_eq!(
                patched.accepts(definition, &value),
                ours,
                "{name}, {definition}: the official schema (left) and ours (right) disagree on {value:#}\n{:#?}",
                verdict.violations
            );
            *(if ours { &mut accepted } else { &mut refused }) += 1;
            if plain.accepts(definition, &value) != ours {
                for (others, met) in &mut without {
                    *met += usize::from(others.accepts(definition, &value) != ours);
                }
            }
        }
    }
    println!("{name}: same verdict on {accepted} valid and {refused} invalid messages");
    assert!(accepted + refused >= MESSAGES);
    assert!(accepted * 4 >= refused && refused * 4 >= accepted, "lopsided");
    for (difference, (_, met)) in own.iter().zip(&without) {
        println!("{name}: difference {} met {met} times", difference.id);
        assert!(*met > 0, "{name}: the difference {} is stale: no message meets it", difference.id);
    }
}
