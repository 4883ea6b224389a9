//! `server` against a protected server, with an authorization server, with a token alone, and with neither.

use std::path::Path;

use crate::command::{Ran, Serving, argument, assay};

/// How every token of our authorization server begins: the member `typ` of its header.
const BEGINNING: &str = "eyJ0eXAiOiJhdCtqd3Qi";

/// The same of a proof of possession.
const BEGINNING_OF_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCI";

/// An authorization server, and the reference server that trusts it.
fn protected() -> (Serving, Serving) {
    let issuer = Serving::start(&["reference", "authorization-server"]);
    let server = Serving::start(&["reference", "server", "--protected", &issuer.url]);
    (issuer, server)
}

fn run(server: &Serving, out: &Path, more: &[&str]) -> Ran {
    let usual = ["server", "--url", &server.url, "--revision", "2026-07-28", "--scenario", "auth/*", "--verbose"];
    assay(&[&usual[..], &["--out", argument(out)], more].concat())
}

/// Everything that a run wrote.
pub fn written(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&written(&path));
        } else {
            all.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    all
}

#[test]
fn every_kind_of_token_is_tried_and_none_is_told() {
    let (issuer, server) = protected();
    let out = tempfile::tempdir().unwrap();
    let ran = run(&server, out.path(), &["--issuer", &issuer.url]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let written = written(out.path());
    for kind in ["valid", "expired", "other_audience", "other_issuer", "other_key", "unsigned", "wider", "garbage"] {
        assert!(written.contains(&format!("[redacted: {kind}]")), "{kind}");
    }
    for told in [&written, &ran.stdout, &ran.stderr] {
        assert!(!told.contains(BEGINNING));
    }
    assert!(!ran.stdout.contains("needs an access token"), "{ran:?}");
}

#[test]
fn a_server_of_bound_tokens_alone_is_shown_proofs_and_none_is_told() {
    let issuer = Serving::start(&["reference", "authorization-server"]);
    let server = Serving::start(&["reference", "server", "--protected", &issuer.url, "--dpop", "required"]);
    let out = tempfile::tempdir().unwrap();
    let ran = run(&server, out.path(), &["--issuer", &issuer.url, "--drafts"]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(!ran.stdout.contains("needs an access token"), "{ran:?}");
    let written = written(out.path());
    assert!(written.contains("dpop.server-checks-proof") && written.contains("[redacted: DPoP proof 1]"));
    for told in [&written, &ran.stdout, &ran.stderr] {
        assert!(!told.contains(BEGINNING) && !told.contains(BEGINNING_OF_PROOF));
    }
}

#[test]
fn a_token_of_the_users_own_serves_for_what_it_can() {
    let (issuer, server) = protected();
    let out = tempfile::tempdir().unwrap();
    let form = format!("grant_type=client_credentials&client_id=test&scope=mcp:use&resource={}", server.url);
    let said = post(&format!("{}/token", issuer.url), &form);
    let token = serde_json::from_str::<serde_json::Value>(&said).unwrap()["access_token"].as_str().unwrap().to_owned();
    assert!(token.starts_with(BEGINNING));
    let ran = run(&server, out.path(), &["--header", &format!("Authorization: Bearer {token}")]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("needs an access token of the kind `expired`"), "{ran:?}");
    let written = written(out.path());
    assert!(written.contains("[redacted: tampered]"));
    for told in [&written, &ran.stdout, &ran.stderr] {
        assert!(!told.contains(&token));
    }
}

#[test]
fn without_a_token_a_stranger_still_learns_much() {
    let (_issuer, server) = protected();
    let out = tempfile::tempdir().unwrap();
    let ran = run(&server, out.path(), &[]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("the server is protected"), "{ran:?}");
    let written = written(out.path());
    assert!(written.contains("auth.prm-required") && written.contains("auth.401-unauthorized"));
}

#[test]
fn an_issuer_that_is_none_is_named() {
    let (_issuer, server) = protected();
    let out = tempfile::tempdir().unwrap();
    let ran = run(&server, out.path(), &["--issuer", &server.url]);
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("authorization server"), "{ran:?}");
}

/// The body of the answer to a form.
fn post(url: &str, form: &str) -> String {
    use std::io::{Read as _, Write as _};
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut socket = std::net::TcpStream::connect(authority).unwrap();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        form.len()
    );
    socket.write_all((head + form).as_bytes()).unwrap();
    let mut said = String::new();
    socket.read_to_string(&mut said).unwrap();
    said.split_once("\r\n\r\n").unwrap().1.to_owned()
}
