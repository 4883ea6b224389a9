//! `schemas/scenario.json` and `schemas/monitors.json`, by which editors complete and check: every file that is good
//! satisfies them, and they know the same members and words as the loader and the lint.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::{Retrieve, Uri, Validator};
use mcp_assay::action::{
    Action, Await, Cut, CutAfter, Follow, Made, Pause, Poll, Respond, Retry, Send, Signal, StateUse, Until, Verb, Who,
};
use mcp_assay::lint::lint_text;
use mcp_assay::scenario::{
    Actor, ActorAnswer, Answering, Applies, Check, Corpus, Defect, Monitor, MonitorDefect, MonitorFile, Mutation,
    Needs, Only, Open, RequestChange, Scenario, Transport, Watch,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::files::yaml_files;

const SCENARIO: &str = include_str!("../../../schemas/scenario.json");
const MONITORS: &str = include_str!("../../../schemas/monitors.json");
/// A name that is nowhere known.
const BOGUS: &str = "zzz";

fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Monitor files share definitions with scenario files.
struct Beside;

impl Retrieve for Beside {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + std::marker::Send + Sync>> {
        match uri.as_str().ends_with("/scenario.json") {
            true => Ok(schema(SCENARIO)),
            false => Err(format!("nothing at {uri}").into()),
        }
    }
}

fn validator(text: &str) -> Validator {
    jsonschema::draft202012::options().with_retriever(Beside).build(&schema(text)).unwrap()
}

#[test]
fn the_schemas_are_schemas() {
    for text in [SCENARIO, MONITORS] {
        assert!(jsonschema::meta::is_valid(&schema(text)));
    }
}

#[test]
fn good_files_and_the_corpus_satisfy_the_schemas() {
    let scenario = validator(SCENARIO);
    let monitors = validator(MONITORS);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let other = |path: &Path| {
        path.ends_with("contract.yaml")
            || path
                .components()
                .any(|part| ["requirements", "sets", "subjects"].iter().any(|other| part.as_os_str() == *other))
    };
    let corpus = yaml_files(&here.join("../scenarios"));
    for path in
        yaml_files(&here.join("tests/scenario_files/good")).into_iter().chain(corpus.into_iter().filter(|p| !other(p)))
    {
        let value: Value = serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let of_monitors = path.components().any(|part| part.as_os_str() == "monitors");
        let schema = if of_monitors { &monitors } else { &scenario };
        let problems: Vec<String> = schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
    }
}

/// Members that the loader knows.
fn members<T: DeserializeOwned>() -> BTreeSet<String> {
    known::<T>(&format!("{BOGUS}: 1"))
}

/// Words that the loader knows.
fn words<T: DeserializeOwned>() -> BTreeSet<String> {
    known::<T>(BOGUS)
}

fn known<T: DeserializeOwned>(text: &str) -> BTreeSet<String> {
    let error = serde_saphyr::from_str::<T>(text).map(|_| ()).unwrap_err();
    match error.without_snippet() {
        serde_saphyr::Error::SerdeUnknownField { expected, .. }
        | serde_saphyr::Error::SerdeUnknownVariant { expected, .. } => {
            expected.iter().map(ToString::to_string).collect()
        }
        other => panic!("{other}"),
    }
}

/// Members of the object at a place of the schema.
fn listed(schema: &Value, place: &str) -> BTreeSet<String> {
    let object = schema.pointer(place).unwrap();
    assert_eq!(object.get("additionalProperties"), Some(&Value::Bool(false)), "{place} is not closed");
    object["properties"].as_object().unwrap().keys().cloned().collect()
}

/// Words at a place of the schema: those of `enum`, `const`, and of objects with a single member.
fn spelled(schema: &Value, place: &str) -> BTreeSet<String> {
    let node = schema.pointer(place).unwrap();
    let choices = node.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_else(|| vec![node.clone()]);
    let words = choices.iter().flat_map(|choice| {
        let named = choice.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        let single = choice.get("const").cloned();
        let objects = choice
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|p| p.keys().map(|k| Value::from(k.clone())));
        named.into_iter().chain(single).chain(objects).collect::<Vec<_>>()
    });
    words.map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_schemas_know_the_members_that_the_loader_knows() {
    let scenario = schema(SCENARIO);
    for (place, loaded) in [
        ("", members::<Scenario>()),
        ("/properties/applies", members::<Applies>()),
        ("/properties/needs", members::<Needs>()),
        ("/$defs/actor", members::<Actor>()),
        ("/$defs/step", words::<Action>()),
        ("/$defs/open", members::<Who>()),
        ("/$defs/respond", members::<Respond>()),
        ("/$defs/retry", members::<Retry>()),
        ("/$defs/follow", members::<Follow>()),
        ("/$defs/poll", members::<Poll>()),
        ("/$defs/await", members::<Await>()),
        ("/$defs/cut", members::<Cut>()),
        ("/$defs/cut_after", members::<CutAfter>()),
        ("/$defs/close_stdin", members::<Who>()),
        ("/$defs/signal", members::<Signal>()),
        ("/$defs/pause", members::<Pause>()),
        ("/$defs/check", members::<Check>()),
        ("/$defs/defect", members::<Defect>()),
        ("/$defs/only", members::<Only>()),
        ("/$defs/mutation", members::<Mutation>()),
        ("/$defs/request_change", members::<RequestChange>()),
        ("/$defs/bytes/oneOf/1", words::<Made>()),
        ("/$defs/bytes/oneOf/1/properties/repeat", known::<Made>(&format!("repeat: {{ {BOGUS}: 1 }}"))),
    ] {
        assert_eq!(listed(&scenario, place), loaded, "{place}");
    }
    let monitors = schema(MONITORS);
    for (place, loaded) in [
        ("", members::<MonitorFile>()),
        ("/$defs/monitor", members::<Monitor>()),
        ("/$defs/defect", members::<MonitorDefect>()),
    ] {
        assert_eq!(listed(&monitors, place), loaded, "{place}");
    }
}

#[test]
fn the_schemas_know_the_words_that_the_loader_knows() {
    let scenario = schema(SCENARIO);
    for (place, loaded) in [
        ("/$defs/transport", words::<Transport>()),
        ("/$defs/actor/properties/open", words::<Open>()),
        ("/$defs/answer", words::<ActorAnswer>()),
        ("/$defs/until", words::<Until>()),
        ("/$defs/state", words::<StateUse>()),
        ("/$defs/http/properties/verb", words::<Verb>()),
        ("/$defs/request_change/properties/verb", words::<Verb>()),
        ("/$defs/signal/properties/signal", words::<mcp_assay::action::SignalName>()),
        ("/$defs/mutation/properties/answering", words::<Answering>()),
    ] {
        assert_eq!(spelled(&scenario, place), loaded, "{place}");
    }
    assert_eq!(spelled(&schema(MONITORS), "/$defs/monitor/properties/watch"), words::<Watch>());
    let revisions: BTreeSet<String> = mcp_assay::revision::Revision::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(spelled(&scenario, "/$defs/revision"), revisions);
}

/// The loader has one type for all verbs that send; which members each takes, the lint says.
#[test]
fn the_schema_gives_each_sending_verb_the_members_that_the_lint_gives_it() {
    let schema = schema(SCENARIO);
    let corpus = Corpus::embedded().unwrap();
    let values = |member: &str| match member {
        "as" | "by" | "method" | "tool" | "resource" | "prompt" | "path" | "body" => "x",
        "unset" => "[]",
        "until" => "sent",
        "wrong" => "true",
        "within" => "1s",
        "verb" => "GET",
        "fault" => "{ cut: {} }",
        _ => "{}",
    };
    for verb in ["request", "call", "read", "prompt", "notify", "raw", "http"] {
        let place = format!("/$defs/{verb}");
        let (takes, needs) = (listed(&schema, &place), schema.pointer(&format!("{place}/required")).unwrap());
        for member in members::<Send>() {
            let text = format!(
                "scenario: a\ntitle: a\napplies: {{}}\nsteps:\n  - {verb}: {{ {member}: {} }}\n",
                values(&member)
            );
            let told: Vec<String> = lint_text("a.yaml", &text, &corpus).iter().map(|p| p.problem.clone()).collect();
            let refused = told.iter().any(|problem| problem.starts_with(&format!("`{verb}` takes no `{member}`")));
            assert_eq!(takes.contains(&member), !refused, "{verb} {member}: {told:#?}");
            let other = if member == "by" { "wrong" } else { "by" };
            let without =
                text.replace(&format!("{member}: {}", values(&member)), &format!("{other}: {}", values(other)));
            let told: Vec<String> = lint_text("a.yaml", &without, &corpus).iter().map(|p| p.problem.clone()).collect();
            let needed = told.iter().any(|problem| problem.starts_with(&format!("`{verb}` needs `{member}`")));
            assert_eq!(needs.as_array().unwrap().iter().any(|n| n == &member), needed, "{verb} {member}: {told:#?}");
        }
    }
}
