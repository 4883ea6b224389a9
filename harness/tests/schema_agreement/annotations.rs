//! Each annotated rule of our schemas is met by some valid instance, and some small damage breaks exactly it.

use mcp_assay::requirement::Catalogue;
use mcp_assay::revision::Revision;
use mcp_assay::schema::{Schemas, Subject, Validity};
use serde_json::{Value, json};

use crate::choices::Choices;
use crate::corrupt::corrupt;
use crate::generate::Generator;
use crate::{REVISIONS, read_json, repository};

/// Instances tried per rule before it counts as impossible to break.
const ATTEMPTS: usize = 4_000;

/// One annotation of a schema file.
struct Annotation {
    definition: String,
    key: String,
    ids: Vec<String>,
    both_ways: bool,
}

fn annotations(document: &Value) -> Vec<Annotation> {
    let mut found = Vec::new();
    for (definition, schema) in document["$defs"].as_object().unwrap() {
        for (member, both_ways) in [("x-requirements", true), ("x-violates", false)] {
            for (key, ids) in schema.get(member).and_then(Value::as_object).into_iter().flatten() {
                let ids = match ids {
                    Value::String(id) => vec![id.clone()],
                    // What a patch takes away.
                    Value::Null => continue,
                    ids => serde_json::from_value(ids.clone()).unwrap(),
                };
                let (definition, key) = (definition.clone(), key.clone());
                found.push(Annotation { definition, key, ids, both_ways });
            }
        }
    }
    found
}

#[test]
fn every_annotation_names_a_requirement_of_its_revision() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut problems = Vec::new();
    for revision in REVISIONS {
        // As written: what a patch inherits and does not hold has fallen away in the whole schema.
        let document = read_json(&repository().join(format!("schemas/mcp/{revision}.json")));
        let annotations = annotations(&document);
        let fallback = Schemas::embedded().whole(revision)["x-requirement"].as_str().unwrap().to_owned();
        for id in annotations.iter().flat_map(|annotation| &annotation.ids).chain([&fallback]) {
            match catalogue.get(id) {
                None => problems.push(format!("{revision}: no requirement is called {id}")),
                Some(row) if !row.holds_in(revision) => problems.push(format!("{revision}: {id} is not of it")),
                Some(_) => {}
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_annotated_rule_can_be_kept_and_broken() {
    let mut problems = Vec::new();
    for revision in REVISIONS {
        let document = Schemas::embedded().whole(revision);
        let annotations = annotations(document);
        for annotation in &annotations {
            if let Err(problem) = prove(revision, document, annotation) {
                let Annotation { definition, key, .. } = annotation;
                problems.push(format!("{revision}, {definition}, {key}: {problem}"));
            }
        }
        println!("{revision}: {} annotations proven", annotations.len());
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

fn prove(revision: Revision, document: &Value, annotation: &Annotation) -> Result<(), &'static str> {
    let Annotation { definition, key, ids, both_ways } = annotation;
    let check = |value: &Value| Schemas::embedded().check(revision, Subject::Definition(definition), value);
    let path: Vec<&str> = key.split('/').collect();
    let rule = canonical(document, definition, &path);
    let generator = Generator { document, sparsity: 4 };
    let mut choices = Choices::new(7);
    let mut kept = false;
    for _ in 0..ATTEMPTS {
        let value = generator.definition(definition, &mut choices);
        let sound = check(&value);
        if !sound.is_valid() {
            continue;
        }
        kept |= holds_all(&sound.exercised, ids);
        let mut broken = value.clone();
        let mut places = Vec::new();
        reach(document, &document["$defs"][definition], &path, &value, String::new(), &mut places);
        if places.is_empty() {
            corrupt(&mut broken, &mut choices);
        } else {
            let place = choices.pick(&places);
            damage(broken.pointer_mut(place).unwrap(), &path, document.pointer(&rule), &mut choices);
        }
        let verdict = check(&broken);
        let hit = breaks(&verdict, &rule, ids);
        if hit && *both_ways && !holds_all(&verdict.exercised, ids) {
            return Err("broken but not counted as exercised");
        }
        if hit && (kept || !both_ways) {
            return Ok(());
        }
    }
    Err(if kept || !both_ways { "nothing breaks it" } else { "no valid instance exercises it" })
}

fn holds_all(found: &[String], ids: &[String]) -> bool {
    ids.iter().all(|id| found.contains(id))
}

/// Whether exactly the rule (for `*`: some rule below it) is broken, with its requirements.
fn breaks(verdict: &Validity, rule: &str, ids: &[String]) -> bool {
    verdict
        .violations
        .iter()
        .any(|violation| (rule.ends_with('*') || violation.rule == rule) && holds_all(&violation.requirement, ids))
}

/// The place of a rule in the schema file.
fn canonical(document: &Value, definition: &str, path: &[&str]) -> String {
    let mut place = format!("/$defs/{definition}");
    for segment in path {
        if *segment == "$ref" {
            let target = document.pointer(&place).and_then(|schema| schema["$ref"].as_str());
            place = target.expect("a $ref")[1..].to_owned();
        } else {
            place = format!("{place}/{segment}");
        }
    }
    place
}

/// Collects the places of an instance that the rule at the end of `path` is about.
fn reach(document: &Value, schema: &Value, path: &[&str], value: &Value, at: String, places: &mut Vec<String>) {
    match path {
        ["$ref", rest @ ..] => {
            let target = document.pointer(&schema["$ref"].as_str().unwrap()[1..]).unwrap();
            reach(document, target, rest, value, at, places);
        }
        ["allOf", part, rest @ ..] => {
            let part = &schema["allOf"][part.parse::<usize>().unwrap()];
            reach(document, part, rest, value, at, places);
        }
        ["properties", name, rest @ ..] => {
            let plain = name.replace("~1", "/");
            if let Some(member) = value.get(&plain) {
                let at = format!("{at}/{name}");
                reach(document, &schema["properties"][&plain], rest, member, at, places);
            }
        }
        ["additionalProperties", rest @ ..] => {
            for (name, member) in value.as_object().into_iter().flatten() {
                let at = format!("{at}/{name}");
                reach(document, &schema["additionalProperties"], rest, member, at, places);
            }
        }
        ["items", rest @ ..] => {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                let at = format!("{at}/{index}");
                reach(document, &schema["items"], rest, item, at, places);
            }
        }
        [branch @ ("then" | "else"), rest @ ..] => {
            let taken = if jsonschema::is_valid(&schema["if"], value) { "then" } else { "else" };
            if taken == *branch {
                reach(document, &schema[taken], rest, value, at, places);
            }
        }
        _ => places.push(at),
    }
}

/// Breaks the rule at the end of `path` at the place it is about.
fn damage(place: &mut Value, path: &[&str], keyword: Option<&Value>, choices: &mut Choices) {
    match path {
        [.., "required", name] if keyword.is_none() => {
            place.as_object_mut().unwrap().remove(&name.replace("~1", "/"));
        }
        [.., "type"] => {
            let kinds = [json!(null), json!("text"), json!(0.5), json!(true), json!([]), json!({})];
            let right = json!({"type": keyword.unwrap()});
            let wrong: Vec<&Value> = kinds.iter().filter(|kind| !jsonschema::is_valid(&right, kind)).collect();
            *place = (*choices.pick(&wrong)).clone();
        }
        [.., "const" | "enum"] => *place = json!("none of these"),
        [.., "minimum"] => *place = json!(keyword.unwrap().as_i64().unwrap() - 1),
        [.., "maximum"] => *place = json!(keyword.unwrap().as_i64().unwrap() + 1),
        [.., "maxItems"] => *place = json!(vec!["item"; keyword.unwrap().as_u64().unwrap() as usize + 1]),
        [.., "not"] => *place = keyword.unwrap()["const"].clone(),
        _ => corrupt(place, choices),
    }
}
