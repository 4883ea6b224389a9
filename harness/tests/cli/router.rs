//! `router` before the reference server.

use std::path::Path;

use crate::command::{Serving, argument, assay, own_scenario};

fn tested(url: &str, out: &Path) -> (Option<i32>, String) {
    let own = own_scenario();
    let ran = assay(&["server", "--url", url, "--scenario-file", argument(&own), "--out", argument(out)]);
    (ran.exit, format!("{ran:?}"))
}

#[test]
fn a_server_conforms_through_it_and_does_not_when_answers_are_lost() {
    let out = tempfile::tempdir().unwrap();
    let (one, two) = (Serving::start(&["reference", "server"]), Serving::start(&["reference", "server"]));
    let router = Serving::start(&["router", "--url", &one.url, "--url", &two.url, "--route", "sticky"]);
    let (exit, told) = tested(&router.url, out.path());
    assert_eq!(exit, Some(0), "{told}");
    let router = Serving::start(&["router", "--url", &one.url, "--fault", "truncate:after_bytes=1"]);
    let (exit, told) = tested(&router.url, out.path());
    assert_ne!(exit, Some(0), "{told}");
}
