//! The catalogue as data, and what its loader refuses.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Actor, Catalogue, CatalogueError, Level, Observable, Requirement, Subject};
use crate::revision::Revision;

const ROW: &str = "- id: ping.answered
  level: MUST
  actor: both
  transport: any
  text: A ping is answered.
  since: '2024-11-05'
  until: '2025-11-25'
  link: basic/utilities/ping#behavior-requirements
  observable: 'yes'
  how: Send one.
";

fn refused(file: &str, text: &str) -> String {
    Catalogue::from_files([(file, text)]).unwrap_err().to_string()
}

#[test]
fn the_embedded_catalogue_loads_in_a_fixed_order() {
    let catalogue = Catalogue::embedded().unwrap();
    let areas: Vec<&str> = catalogue.iter().map(|row| row.area()).collect();
    assert!(areas.is_sorted());
    let ids: BTreeSet<&str> = catalogue.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), catalogue.len());
    for row in catalogue {
        assert_eq!(catalogue.get(&row.id), Some(row));
    }
}

#[test]
fn the_files_are_in_order_and_what_the_program_was_built_with() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/requirements");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect();
    files.sort_by_key(|(name, _)| name.trim_end_matches(".yaml").to_owned());
    let read = Catalogue::from_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap();
    assert!(read.iter().eq(Catalogue::embedded().unwrap().iter()));
}

#[test]
fn every_area_has_rows_and_the_supported_revisions_have_them_for_both_roles() {
    let catalogue = Catalogue::embedded().unwrap();
    let areas: BTreeSet<&str> = catalogue.iter().map(|row| row.area()).collect();
    for area in [
        "auth",
        "base",
        "cache",
        "cancel",
        "completion",
        "discover",
        "elicitation",
        "http",
        "lifecycle",
        "logging",
        "mrtr",
        "pagination",
        "ping",
        "progress",
        "prompts",
        "resources",
        "roots",
        "sampling",
        "stdio",
        "subscriptions",
        "tasks",
        "tools",
    ] {
        assert!(areas.contains(area), "{area}");
    }
    for revision in Revision::SUPPORTED {
        for role in [Actor::Server, Actor::Client] {
            let musts = catalogue
                .binding(role, revision)
                .filter(|row| matches!(row.level, Level::Must | Level::MustNot))
                .filter(|row| row.observable != Observable::No)
                .count();
            assert!(musts > 75, "{role} {revision}: {musts}");
        }
    }
}

#[test]
fn the_published_schema_accepts_exactly_what_the_loader_does() {
    let schema: Value = serde_json::from_str(include_str!("../../../schemas/requirement.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut areas: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for row in Catalogue::embedded().unwrap() {
        let value = serde_json::to_value(row).unwrap();
        areas.entry(row.area()).or_default().push(value);
    }
    for (area, rows) in areas {
        let errors: Vec<String> = schema
            .iter_errors(&Value::Array(rows))
            .map(|error| format!("{area}{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    for wrong in ["level: OUGHT", "actor: nobody", "link: Basic/Index", "colour: red"] {
        let member = wrong.split(':').next().unwrap();
        let text: String =
            ROW.lines().filter(|line| !line.trim_start().starts_with(member)).map(|line| format!("{line}\n")).collect();
        let text = format!("{text}  {wrong}\n");
        assert!(Catalogue::from_files([("ping.yaml", text.as_str())]).is_err(), "{wrong}");
        let value: Value = serde_saphyr::from_str(&text).unwrap();
        assert!(!schema.is_valid(&value), "{wrong}");
    }
}

#[test]
fn spans_are_inclusive_and_a_narrowed_row_binds_fewer_later() {
    let open = ROW.replace("  until: '2025-11-25'\n", "");
    let open = format!("{open}  narrowed: {{ since: '2026-07-28', actor: client }}\n");
    let catalogue = Catalogue::from_files([("ping.yaml", ROW)]).unwrap();
    let row = catalogue.get("ping.answered").unwrap();
    assert!(row.holds_in(Revision::V2024_11_05) && row.holds_in(Revision::V2025_11_25));
    assert!(!row.holds_in(Revision::V2026_07_28) && !row.holds_in(Revision::Draft));
    assert!(row.binds(Actor::Server, Revision::V2025_06_18));
    assert!(!row.binds(Actor::Host, Revision::V2025_06_18));

    let catalogue = Catalogue::from_files([("ping.yaml", open.as_str())]).unwrap();
    let row = catalogue.get("ping.answered").unwrap();
    assert!(row.holds_in(Revision::Draft));
    assert!(row.binds(Actor::Server, Revision::V2025_11_25));
    assert!(!row.binds(Actor::Server, Revision::V2026_07_28));
    assert!(row.binds(Actor::Client, Revision::Draft));
}

#[test]
fn a_link_leads_to_the_place_in_the_revision_asked_for() {
    let moved = ROW.replace("  until: '2025-11-25'\n", "").replace(
        "  link: basic/utilities/ping#behavior-requirements\n",
        "  link: basic/patterns#ping
  earlier: [{ until: '2024-11-05', link: schema#ping }, { until: '2025-11-25', link: '#ping' }]\n",
    );
    let catalogue = Catalogue::from_files([("ping.yaml", moved.as_str())]).unwrap();
    let row = catalogue.get("ping.answered").unwrap();
    assert_eq!(
        row.url(Revision::V2026_07_28),
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns#ping"
    );
    assert_eq!(row.url(Revision::V2025_11_25), "https://modelcontextprotocol.io/specification/2025-11-25#ping");
    let schema = row.url(Revision::V2024_11_05);
    assert!(schema.ends_with("/schema/2024-11-05/schema.ts"), "the page came with 2025-06-18: {schema}");

    let turned = ROW.replace("since: '2024-11-05'", "since: '2025-06-18'");
    let turned = format!("{turned}  earlier: [{{ until: '2025-03-26', link: '#ping' }}]\n");
    assert!(refused("ping.yaml", &turned).contains("`earlier`"));
}

#[test]
fn a_dispute_holds_from_its_revision_on() {
    let late = format!("{ROW}  disputed: {{ since: '2025-06-18', text: two places }}\n");
    let always = format!("{ROW}  disputed: {{ text: two places }}\n");
    let catalogue = Catalogue::from_files([("ping.yaml", late.as_str())]).unwrap();
    let row = catalogue.get("ping.answered").unwrap();
    assert_eq!(row.disputed_in(Revision::V2025_03_26), None);
    assert_eq!(row.disputed_in(Revision::V2025_06_18), Some("two places"));
    let catalogue = Catalogue::from_files([("ping.yaml", always.as_str())]).unwrap();
    let row = catalogue.get("ping.answered").unwrap();
    assert_eq!(row.disputed_in(Revision::V2024_11_05), Some("two places"));
}

#[test]
fn a_reason_for_deciding_nothing_holds_in_its_span_and_where_one_may_be_given() {
    let partial = ROW.replace("'yes'", "partial");
    let some = format!("{partial}  undecided: {{ since: '2025-03-26', until: '2025-06-18', why: no way }}\n");
    let catalogue = Catalogue::from_files([("ping.yaml", some.as_str())]).unwrap();
    let row = catalogue.get("ping.answered").unwrap();
    let reasons = Revision::ALL.map(|revision| row.undecided_in(Actor::Server, revision));
    assert_eq!(reasons, [None, Some("no way"), Some("no way"), None, None, None]);

    let reason = "  undecided: { why: no way }\n";
    assert!(refused("ping.yaml", &format!("{ROW}{reason}")).contains("cannot stay undecided"));
    let unseen = ROW.replace("'yes'", "'no'");
    assert!(refused("ping.yaml", &format!("{unseen}{reason}")).contains("say why in `how`"));
}

#[test]
fn a_rule_for_both_may_show_less_of_a_server() {
    let side = format!("{ROW}  server_side: {{ observable: partial, how: Watch. }}\n");
    let catalogue = Catalogue::from_files([("ping.yaml", side.as_str())]).unwrap();
    let row = catalogue.get("ping.answered").unwrap();
    assert_eq!(row.observable_of(Actor::Server), Observable::Partial);
    assert_eq!(row.observable_of(Actor::Client), Observable::Yes);
    assert_eq!((row.how_of(Actor::Server), row.how_of(Actor::Client)), ("Watch.", "Send one."));
    let less = side.replace("observable: 'yes'", "observable: partial");
    assert!(refused("ping.yaml", &less).contains("`server_side`"));
    let reason = format!("{side}  undecided: {{ actor: server, why: no way }}\n");
    let catalogue = Catalogue::from_files([("ping.yaml", reason.as_str())]).unwrap();
    let row = catalogue.get("ping.answered").unwrap();
    assert_eq!(row.undecided_in(Actor::Server, Revision::V2025_11_25), Some("no way"), "of a server it is partial");
    assert_eq!(row.undecided_in(Actor::Client, Revision::V2025_11_25), None);
    let of_both = format!("{side}  undecided: {{ why: no way }}\n");
    assert!(refused("ping.yaml", &of_both).contains("of which `actor`"), "a client's is decided by an exchange");
}

#[test]
fn a_rule_for_both_may_be_seen_otherwise_of_a_client() {
    let side = format!("{ROW}  client_side: {{ observable: 'no', how: Hidden. }}\n");
    let catalogue = Catalogue::from_files([("ping.yaml", side.as_str())]).unwrap();
    let row = catalogue.get("ping.answered").unwrap();
    assert_eq!((row.observable_of(Actor::Server), row.how_of(Actor::Server)), (Observable::Yes, "Send one."));
    assert_eq!((row.observable_of(Actor::Client), row.how_of(Actor::Client)), (Observable::No, "Hidden."));
    let lone = side.replace("actor: both", "actor: client");
    assert!(refused("ping.yaml", &lone).contains("`client_side`"));
    let hidden = format!("{side}  undecided: {{ actor: client, why: no way }}\n");
    assert!(refused("ping.yaml", &hidden).contains("say why in `how`"));
}

#[test]
fn the_rows_of_an_extension_are_in_no_count_of_the_specification() {
    let own = ROW
        .replace("id: ping.answered", "id: ping.own")
        .replace("basic/utilities/ping#behavior-requirements", "https://example.com/ping");
    let text = format!("{ROW}{own}  extension: com.example/ping\n");
    let catalogue = Catalogue::from_files([("ping.yaml", text.as_str())]).unwrap();
    let core: Vec<&str> = catalogue.binding(Actor::Server, Revision::V2025_11_25).map(|row| row.id.as_str()).collect();
    assert_eq!(core, ["ping.answered"]);
    let row = catalogue.get("ping.own").unwrap();
    assert_eq!(row.url(Revision::V2025_11_25), "https://example.com/ping");
    assert!(refused("ping.yaml", &own).contains("is not a page"));
}

#[test]
fn the_rows_of_a_profile_are_in_no_count_of_the_specification() {
    let own = ROW.replace("id: ping.answered", "id: ping.everywhere");
    let text = format!("{ROW}{own}  profile: scale-out\n");
    let catalogue = Catalogue::from_files([("ping.yaml", text.as_str())]).unwrap();
    let core: Vec<&str> = catalogue.binding(Actor::Server, Revision::V2025_11_25).map(|row| row.id.as_str()).collect();
    assert_eq!(core, ["ping.answered"]);
    let of_two = format!("{own}  profile: scale-out\n  extension: com.example/ping\n");
    assert!(refused("ping.yaml", &of_two).contains("not to both"));
}

#[test]
fn a_subject_has_the_rows_it_lists_and_all_of_its_areas_and_profile() {
    let catalogue = Catalogue::embedded().unwrap();
    for name in Subject::names() {
        let subject = Subject::named(name).unwrap().unwrap();
        let listed: Vec<&str> = subject.ids().collect();
        assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len(), "{name} lists one twice");
        let whole = |row: &Requirement| {
            let of_area = subject.areas.iter().any(|area| area == row.area());
            of_area || subject.profile.is_some() && row.profile == subject.profile
        };
        for id in &listed {
            assert!(catalogue.get(id).is_some(), "{name} lists `{id}`, which is not there");
            let row = catalogue.get(id).unwrap();
            assert!(!whole(row) && row.profile.is_none() && subject.has(row), "{id} need not be listed");
        }
        for area in &subject.areas {
            assert!(catalogue.iter().any(|row| row.area() == area), "{name} has the area `{area}`, which is not there");
        }
        if subject.profile.is_some() {
            assert!(catalogue.iter().any(|row| row.profile == subject.profile), "{name}");
        }
        let all = catalogue.iter().filter(|row| subject.has(row)).count();
        assert_eq!(all, listed.len() + catalogue.iter().filter(|row| whole(row)).count());
    }
    assert!(Subject::named("no-such").is_none());
}

#[test]
fn a_refusal_names_file_line_and_remedy() {
    let unknown = refused("ping.yaml", &format!("# a comment\n\n{ROW}  colour: red\n"));
    assert!(unknown.starts_with("ping.yaml:13: ") && unknown.contains("colour"), "{unknown}");

    let twice = refused("ping.yaml", &format!("{ROW}{ROW}"));
    assert!(twice.starts_with("ping.yaml:11: requirement `ping.answered`"), "{twice}");

    assert!(refused("http.yaml", ROW).contains("call it `http."));
    assert!(refused("ping.yaml", &ROW.replace("Send one.", "''")).contains("`how` is empty"));
    let backwards = ROW.replace("since: '2024-11-05'", "since: '2026-07-28'");
    assert!(refused("ping.yaml", &backwards).contains("`until` 2025-11-25"));
    let beyond = format!("{ROW}  narrowed: {{ since: '2026-07-28', actor: client }}\n");
    assert!(refused("ping.yaml", &beyond).contains("`narrowed`"));
    let error = Catalogue::from_files([("ping.yaml", "- id: [")]).unwrap_err();
    assert!(matches!(error, CatalogueError::Malformed { .. }), "{error}");
}

#[test]
fn a_slip_in_an_id_is_answered_with_the_likely_one() {
    let catalogue = Catalogue::embedded().unwrap();
    assert_eq!(catalogue.ids_like("http.resume-same-stream-onyl").first(), Some(&"http.resume-same-stream-only"));
}

/// The text between two headings of docs/specification-findings.md.
fn findings(from: &str, to: &str) -> &'static str {
    let page = include_str!("../../../docs/specification-findings.md");
    page.split_once(from).unwrap().1.split_once(to).map_or("", |(part, _)| part)
}

/// The rows that the entries of a part name.
fn rows_named(part: &str) -> BTreeSet<&str> {
    let lines = part.split("- **Rows:**").skip(1).map(|rest| rest.split_once("\n\n").map_or(rest, |(list, _)| list));
    lines.flat_map(|list| list.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn the_questions_to_the_specification_are_those_of_the_catalogue() {
    let catalogue = Catalogue::embedded().unwrap();
    let disputed: BTreeSet<&str> =
        catalogue.iter().filter(|row| row.disputed.is_some()).map(|row| row.id.as_str()).collect();
    assert_eq!(rows_named(findings("\n## Part 1", "\n## Part 2")), disputed);
    let judged = rows_named(findings("\n## Part 2", "\n## Part 3"));
    assert!(judged.len() > 10);
    for id in judged {
        let row = catalogue.get(id);
        assert!(row.is_some(), "part 2 names {id}");
        let row = row.unwrap();
        let always = row.disputed.as_ref().is_some_and(|disputed| disputed.since.is_none());
        assert!(!always, "{id} gets no verdict: it belongs into part 1");
    }
    let page = include_str!("../../../docs/specification-findings.md");
    let differences = include_str!("../../../schemas/mcp/differences.yaml");
    for id in differences.lines().filter_map(|line| line.strip_prefix("- id: ")) {
        assert!(page.contains(&format!("**`{id}`**")), "part 3 lacks {id}");
    }
}
