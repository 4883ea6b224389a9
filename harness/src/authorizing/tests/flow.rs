//! From the first token on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{Authorizing, ClientSettings};
use super::peer::{Peer, Said, call, metadata, resource};
use crate::oauth::Careless;
use crate::revision::Revision;

const NEWEST: Revision = Revision::V2026_07_28;
const PATH: &str = "/.well-known/oauth-protected-resource/mcp";

/// Tokens that run out by the word of the server, each with a refresh token of its own.
async fn renewing() -> Peer {
    Peer::start(|_, asked, before| match asked.path.as_str() {
        "/mcp" if matches!(before, 2 | 4) => Some(Said::refusal(401, r#"Bearer scope="c""#.to_owned())),
        "/as/token" => Some(Said::json(&json!({
            "access_token": format!("token-{before}"), "token_type": "Bearer", "refresh_token": format!("refresh-{before}"),
        }))),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_token_that_ran_out_is_renewed_and_refresh_tokens_rotate() {
    for careless in [None, Some(Careless::RefreshWidens), Some(Careless::RefreshNotRotated)] {
        let peer = renewing().await;
        let client = peer.client(NEWEST, Value::Null, &careless.into_iter().collect::<Vec<_>>()).await;
        for _ in 0..3 {
            assert_eq!(call(&client, "a").await.head.status, 200);
        }
        assert_eq!(peer.at("/as/authorize").len(), 1);
        assert_eq!(peer.at(PATH).len(), 3, "metadata are read anew");
        let forms: Vec<_> = peer.at("/as/token").iter().skip(1).map(super::peer::Asked::form).collect();
        let rotates = careless != Some(Careless::RefreshNotRotated);
        assert_eq!(forms[0]["refresh_token"], "refresh-0");
        assert_eq!(forms[1]["refresh_token"], if rotates { "refresh-1" } else { "refresh-0" });
        assert_eq!(forms[0].contains_key("scope"), careless == Some(Careless::RefreshWidens));
        assert_eq!(forms[0]["resource"], format!("{}/mcp", peer.origin));
    }
}

#[tokio::test]
async fn without_a_refresh_token_the_user_is_asked_again_for_everything() {
    let start = || {
        Peer::start(|_, asked, before| {
            (asked.path == "/mcp" && before == 2).then(|| Said::refusal(401, r#"Bearer scope="c""#.to_owned()))
        })
    };
    for (careless, scope) in [(vec![], "a b c"), (vec![Careless::ReauthorizationForgetsScopes], "c")] {
        let peer = start().await;
        let client = peer.client(NEWEST, Value::Null, &careless).await;
        for _ in 0..2 {
            assert_eq!(call(&client, "a").await.head.status, 200);
        }
        let asked = peer.at("/as/authorize");
        assert_eq!((asked.len(), asked[1].query["scope"].as_str()), (2, scope));
        assert_ne!(asked[0].query["code_challenge"], asked[1].query["code_challenge"]);
        assert_eq!(peer.at("/as/register").len(), 1);
    }
    let peer = start().await;
    let client = peer.client(NEWEST, Value::Null, &[Careless::VerifierReused, Careless::RefreshInvented]).await;
    for _ in 0..2 {
        call(&client, "a").await;
    }
    let asked = peer.at("/as/authorize");
    assert_eq!(
        asked.first().map(|asked| &asked.query["code_challenge"]),
        asked.last().map(|asked| &asked.query["code_challenge"])
    );
    assert_eq!(peer.at("/as/token")[1].form()["grant_type"], "refresh_token");
}

#[tokio::test]
async fn more_scopes_are_asked_for_a_few_times() {
    let start = || {
        Peer::start(|_, asked, _| {
            let challenge = r#"Bearer error="insufficient_scope", scope="c""#;
            (asked.body.contains("guarded") && asked.header("authorization").contains("token-"))
                .then(|| Said::refusal(403, challenge.to_owned()))
        })
    };
    for (careless, flows, scope) in [
        (vec![], 3, "a b c"),
        (vec![Careless::StepUpForgetsScopes], 3, "c"),
        (vec![Careless::StepUpLeftOut], 1, "a b"),
        (vec![Careless::StepUpRepeatsToken], 1, "a b"),
        (vec![Careless::StepUpEndless], 13, "a b c"),
        (vec![Careless::StepUpUntracked], 5, "a b c"),
    ] {
        let peer = start().await;
        let client = peer.client(NEWEST, Value::Null, &careless).await;
        assert_eq!(call(&client, "open").await.head.status, 200);
        for _ in 0..2 {
            assert_eq!(call(&client, "guarded").await.head.status, 403);
        }
        assert_eq!(call(&client, "open").await.head.status, 200);
        let asked = peer.at("/as/authorize");
        assert_eq!(asked.len(), flows, "{careless:?}");
        assert_eq!(asked.last().unwrap().query["scope"], scope, "{careless:?}");
    }
}

/// A server that names another authorization server after the first answer.
async fn migrating(careless: &[Careless], context: Value) -> (Peer, Peer, Authorizing) {
    let second = Peer::start(|_, asked, before| match asked.path.as_str() {
        "/as/register" => Some(Said(201, Vec::new(), json!({ "client_id": "second" }).to_string())),
        "/as/token" if asked.form()["grant_type"] == "refresh_token" => Some(Said::status(400)),
        "/as/token" => {
            Some(Said::json(&json!({ "access_token": format!("token-second-{before}"), "token_type": "Bearer" })))
        }
        _ => None,
    })
    .await;
    let other = second.origin.clone();
    let first = Peer::start(move |origin, asked, before| match asked.path.as_str() {
        "/mcp" if before == 2 => Some(Said::refusal(401, "Bearer".to_owned())),
        PATH if before > 0 => {
            let mut resource = resource(origin);
            resource["authorization_servers"] = json!([other]);
            Some(Said::json(&resource))
        }
        "/as/token" => Some(Said::json(&json!({
            "access_token": format!("token-{before}"), "token_type": "Bearer", "refresh_token": "refresh-first",
        }))),
        _ => None,
    })
    .await;
    let client = first.client(NEWEST, context, careless).await;
    for _ in 0..2 {
        call(&client, "a").await;
    }
    (first, second, client)
}

#[tokio::test]
async fn at_another_authorization_server_everything_begins_anew() {
    let (first, second, client) = migrating(&[], Value::Null).await;
    assert_eq!(client.problem().await, None);
    assert_eq!(second.at("/as/authorize")[0].query["client_id"], "second");
    assert!(second.at("/as/token").iter().all(|asked| asked.form()["grant_type"] == "authorization_code"));
    assert_eq!(first.at("/mcp")[3].header("authorization"), "Bearer token-second-0");
    let (_, second, _) = migrating(&[Careless::ClientIdReused], Value::Null).await;
    assert_eq!(second.at("/as/authorize")[0].query["client_id"], "client-0");
    let (_, second, _) = migrating(&[Careless::TokensReused], Value::Null).await;
    assert_eq!(second.at("/as/token")[0].form()["refresh_token"], "refresh-first");
    let (_, second, _) = migrating(&[Careless::MetadataKept], Value::Null).await;
    assert!(second.paths().is_empty());
    let own = || json!({ "client_id": "own" });
    let (_, second, _) = migrating(&[], own()).await;
    assert_eq!(second.at("/as/authorize")[0].query["client_id"], "second");
    let (_, second, _) = migrating(&[Careless::PreregistrationUnbound], own()).await;
    assert_eq!(second.at("/as/authorize")[0].query["client_id"], "own");
}

#[tokio::test]
async fn a_client_that_finds_no_way_comes_to_rest() {
    let start = || Peer::start(|_, asked, _| (asked.path == "/mcp").then(|| Said::refusal(401, "Bearer".to_owned())));
    let peer = start().await;
    let client = peer.client(NEWEST, Value::Null, &[]).await;
    assert_eq!(call(&client, "a").await.head.status, 401);
    assert_eq!(call(&client, "a").await.head.status, 502);
    assert_eq!((peer.at("/mcp").len(), peer.at("/as/authorize").len()), (2, 1));
    assert!(client.problem().await.is_some());
    let peer = start().await;
    let client = peer.client(NEWEST, Value::Null, &[Careless::RefusedTokenRepeated]).await;
    call(&client, "a").await;
    assert!(peer.at("/mcp").len() > 10);
    let peer = Peer::start(|_, asked, _| (asked.path == "/as/register").then(|| Said::status(400))).await;
    let client = peer.client(NEWEST, Value::Null, &[]).await;
    call(&client, "a").await;
    assert_eq!((peer.at("/as/register").len(), peer.at("/as/authorize").len()), (1, 0));
}

#[tokio::test]
async fn the_token_goes_to_its_server_and_nowhere_else() {
    let elsewhere = Peer::start(|_, _, _| None).await;
    let there = format!("{}/mcp", elsewhere.origin);
    let peer = |there: String| {
        Peer::start(move |_, asked, _| {
            asked.body.contains("moved").then(|| Said(307, vec![("location", there.clone())], String::new()))
        })
    };
    let first = peer(there.clone()).await;
    let client = first.client(NEWEST, Value::Null, &[]).await;
    call(&client, "a").await;
    assert_eq!(call(&client, "moved").await.head.status, 307);
    assert!(elsewhere.paths().is_empty());
    assert!(first.at("/as/token").iter().all(|asked| asked.header("authorization").is_empty()));
    let all = [Careless::TokenFollowsRedirects, Careless::TokenInQuery, Careless::TokenSentToIssuer];
    let second = peer(there).await;
    let client = second.client(NEWEST, Value::Null, &all).await;
    call(&client, "a").await;
    call(&client, "moved").await;
    assert_eq!(elsewhere.at("/mcp")[0].header("authorization"), "Bearer token-0");
    assert_eq!(second.at("/mcp")[1].query["access_token"], "token-0");
    assert_eq!(second.at("/as/token")[1].header("authorization"), "Bearer token-0");
    let third = peer(String::new()).await;
    let client = third.client(NEWEST, Value::Null, &[Careless::TokenOnce]).await;
    for _ in 0..2 {
        assert_eq!(call(&client, "a").await.head.status, 200);
    }
    let shown: Vec<bool> = third.at("/mcp").iter().map(|asked| !asked.header("authorization").is_empty()).collect();
    assert_eq!(shown, [false, true, false, true]);
}

#[tokio::test]
async fn servers_of_one_client_have_tokens_of_their_own() {
    let (first, second) = (Peer::start(|_, _, _| None).await, Peer::start(|_, _, _| None).await);
    for careless in [None, Some(Careless::TokenShared)] {
        let mut how = ClientSettings::new(NEWEST, &Value::Null);
        how.careless = careless.into_iter().collect::<BTreeSet<_>>();
        let before = second.at("/mcp").len();
        for peer in [&first, &second] {
            let server = format!("{}/mcp", peer.origin).parse().unwrap();
            let client = Authorizing::start(&server, how.clone()).await.unwrap();
            call(&client, "a").await;
        }
        assert_eq!(second.at("/mcp")[before].header("authorization").is_empty(), careless.is_none());
    }
}

#[tokio::test]
async fn the_issuer_is_recorded_before_the_browser_is_opened() {
    for (careless, tokens) in [(vec![], 0), (vec![Careless::IssuerRecordedLate], 1)] {
        let peer = Peer::start(|origin, asked, before| match asked.path.as_str() {
            PATH if before > 0 => {
                let mut resource = resource(origin);
                resource["authorization_servers"] = json!([format!("{origin}/other")]);
                Some(Said::json(&resource))
            }
            "/.well-known/oauth-authorization-server/other" => {
                let mut metadata = metadata(origin);
                metadata["issuer"] = json!(format!("{origin}/other"));
                Some(Said::json(&metadata))
            }
            "/as/authorize" => {
                let (to, state) = (&asked.query["redirect_uri"], &asked.query["state"]);
                let back = format!("{to}?code=c&state={state}&iss={origin}/other");
                Some(Said(302, vec![("location", back)], String::new()))
            }
            _ => None,
        })
        .await;
        let client = peer.client(NEWEST, Value::Null, &careless).await;
        call(&client, "a").await;
        assert_eq!(peer.at("/as/token").len(), tokens, "{careless:?}");
    }
}
