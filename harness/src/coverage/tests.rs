//! Coverage of a small corpus of files of its own.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::check::{Judge, Scope};
use crate::requirement::{Actor, Catalogue, Observable, Role};
use crate::revision::Revision;
use crate::scenario::Corpus;

/// A requirement of every revision and transport, one of 2026-07-28 alone, and one that schema rules decide in part.
const SCENARIO: &str = "
scenario: own/one
title: An example
applies: { since: 2025-11-25 }
steps: [{ request: { as: asked, method: ping } }]
checks:
  - { requirement: tools.capability-declared, expect: asked.error == null }
  - { requirement: ping.empty-result, expect: asked.error == null }
defects:
  - id: late
    fails: [tools.capability-declared]
    only: { since: 2026-07-28, transport: http }
    mutate: [{ to: ping, error: { code: 1, message: x } }]
";

fn corpus(text: &str) -> Corpus {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.yaml");
    std::fs::write(&file, text).unwrap();
    let mut corpus = Corpus::default();
    corpus.add_file(&file).unwrap();
    corpus
}

fn deciders(text: &str) -> Deciders {
    let catalogue = Catalogue::embedded().unwrap();
    let corpus = corpus(text);
    Deciders::of(&corpus, &Judge::new(&corpus, catalogue, &Scope::default()).unwrap(), catalogue, Role::Server)
}

fn by_check(deciders: &Deciders, id: &str) -> Decider {
    deciders.get(id).iter().find(|decider| matches!(decider.by, By::Check { .. })).unwrap().clone()
}

#[test]
fn a_check_counts_only_where_a_defect_proves_it() {
    let deciders = deciders(SCENARIO);
    let declared = by_check(&deciders, "tools.capability-declared");
    assert!(declared.is_proven_in(Revision::V2026_07_28));
    assert!(!declared.is_proven_in(Revision::V2025_11_25), "the defect is only shown in 2026-07-28");
    assert_eq!(declared.places.len(), 4, "it decides in both revisions over both transports");
    assert_eq!(declared.proofs[0].places.len(), 1, "and is proven over HTTP alone");
}

#[test]
fn a_check_without_a_defect_does_not_count() {
    let deciders = deciders(SCENARIO);
    let ping = by_check(&deciders, "ping.empty-result");
    assert!(!ping.is_proven_in(Revision::V2025_11_25));
    assert!(ping.places.iter().all(|(revision, _)| *revision == Revision::V2025_11_25), "2026-07-28 has no ping");
}

#[test]
fn a_row_that_nothing_decides_gives_its_reason_and_no_other_does() {
    let catalogue = Catalogue::embedded().unwrap();
    let corpus = Corpus::embedded().unwrap();
    let judge = Judge::new(&corpus, catalogue, &Scope::default()).unwrap();
    let mut reasons = 0;
    for (role, actor) in [
        (Role::Server, Actor::Server),
        (Role::Client, Actor::Client),
        (Role::AuthorizationServer, Actor::AuthorizationServer),
    ] {
        let deciders = Deciders::of(&corpus, &judge, catalogue, role);
        for revision in Revision::SUPPORTED {
            for Missing { row, why, .. } in
                Coverage::new(catalogue, &deciders, actor, revision, Of::Specification).missing
            {
                assert!(why.is_some(), "{} in {revision} for a {actor:?}", row.id);
                reasons += 1;
            }
            let given = catalogue.binding(actor, revision).filter(|row| row.undecided_in(actor, revision).is_some());
            for row in given {
                let decided = deciders.prove_in(&row.id, revision);
                assert!(!decided, "{} is decided in {revision} for a {actor:?}: take `undecided` away", row.id);
            }
        }
    }
    assert!(reasons > 0);
}

#[test]
fn the_cells_and_the_disputed_make_the_whole() {
    let catalogue = Catalogue::embedded().unwrap();
    let deciders = deciders(SCENARIO);
    for revision in Revision::SUPPORTED {
        let coverage = Coverage::new(catalogue, &deciders, Actor::Server, revision, Of::Specification);
        let all = coverage.count(None, None);
        assert_eq!(all.rows + coverage.disputed.len(), catalogue.binding(Actor::Server, revision).count());
        assert_eq!(all.rows - all.decided, coverage.missing.len());
        let cells = Strength::ALL.iter().flat_map(|strength| {
            [Observable::Yes, Observable::Partial, Observable::No]
                .map(|observable| coverage.count(Some(*strength), Some(observable)))
        });
        assert_eq!(cells.map(|count| count.decided).sum::<usize>(), all.decided);
    }
}

#[test]
fn one_more_proven_check_is_one_more_decided() {
    let catalogue = Catalogue::embedded().unwrap();
    let decided = |text: &str| {
        Coverage::new(catalogue, &deciders(text), Actor::Server, Revision::V2026_07_28, Of::Specification)
            .count(None, None)
            .decided
    };
    let without = decided(&SCENARIO.replace("2026-07-28, transport", "2025-11-25, until: 2025-11-25, transport"));
    let schema_alone =
        deciders(SCENARIO).get("tools.capability-declared").iter().any(|decider| decider.by == By::Schema);
    assert!(!schema_alone, "else this test shows nothing");
    assert_eq!(decided(SCENARIO), without + 1);
}

#[test]
fn nothing_is_decided_about_clients() {
    let catalogue = Catalogue::embedded().unwrap();
    let coverage =
        Coverage::new(catalogue, &deciders(SCENARIO), Actor::Client, Revision::V2026_07_28, Of::Specification);
    assert_eq!(coverage.count(None, None).decided, 0);
    assert!(coverage.count(None, None).rows > 100);
}

#[test]
fn a_count_reads_as_a_share() {
    assert_eq!(Count { rows: 4, decided: 3 }.to_string(), "3 of 4  75%");
    assert_eq!(Count { rows: 1000, decided: 999 }.to_string(), "999 of 1000  99%");
    assert_eq!(Count::default().to_string(), "-");
}
