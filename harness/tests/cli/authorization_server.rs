//! `authorization-server` against our own, as it is and with a defect, and against nothing.

use crate::command::{Serving, argument, assay};
use crate::protected::written;

#[test]
fn a_conforming_one_conforms_and_no_secret_is_told() {
    let server = Serving::start(&["reference", "authorization-server", "--conforming"]);
    let out = tempfile::tempdir().unwrap();
    let ran = assay(&[
        "authorization-server",
        "--issuer",
        &server.url,
        "--resource",
        "https://resource.example/mcp",
        "--scope",
        "mcp:use",
        "--revision",
        "2026-07-28",
        "--out",
        argument(out.path()),
        "--verbose",
        "--drafts",
    ]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let written = written(out.path());
    for secret in ["authorization code 1", "access token 1", "refresh token 1", "code verifier 1", "DPoP proof 1"] {
        assert!(written.contains(&format!("[redacted: {secret}]")), "{secret}");
    }
    // Each token, assertion and proof of either side is a JSON Web Token.
    for told in [&written, &ran.stdout, &ran.stderr] {
        assert!(!told.contains("eyJ0eXAiOi"), "{told}");
    }
}

#[test]
fn a_careless_one_does_not_and_one_that_is_not_there_is_told_apart() {
    let server =
        Serving::start(&["reference", "authorization-server", "--conforming", "--switch", "verifier-unchecked"]);
    let run = |issuer: &str| {
        let out = tempfile::tempdir().unwrap();
        let scenario = ["--scenario", "authorization-server/pkce", "--revision", "2026-07-28"];
        let target = ["authorization-server", "--issuer", issuer, "--out", argument(out.path())];
        assay(&[&target[..], &scenario].concat())
    };
    let ran = run(&server.url);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("auth.as-pkce-verifier-checked"), "{ran:?}");
    let ran = run("http://127.0.0.1:1");
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("http://127.0.0.1:1"), "{ran:?}");
}
