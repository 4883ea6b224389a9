//! Clients that act for nobody, and for an enterprise.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::peer::{Asked, Peer, Said, call, metadata};
use crate::oauth::Careless;
use crate::revision::Revision;
use crate::token::SigningKey;

const NEWEST: Revision = Revision::V2026_07_28;
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// A peer whose token endpoint takes these methods.
async fn taking(methods: &'static [&'static str]) -> Peer {
    Peer::start(move |origin, asked, _| {
        let mut metadata = metadata(origin);
        metadata["token_endpoint_auth_methods_supported"] = json!(methods);
        (asked.path == OAUTH).then(|| Said::json(&metadata))
    })
    .await
}

fn pem() -> String {
    SigningKey::generate().unwrap().pem()
}

fn claims(jwt: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

async fn first_token_request(
    methods: &'static [&'static str],
    context: &Value,
    careless: &[Careless],
) -> (Peer, Asked, BTreeMap<String, String>) {
    let peer = taking(methods).await;
    let client = peer.client(NEWEST, context.clone(), careless).await;
    call(&client, "a").await;
    let asked = peer.at("/as/token").first().cloned().unwrap();
    let form = asked.form();
    (peer, asked, form)
}

#[tokio::test]
async fn client_credentials_are_shown_in_a_way_that_the_server_lists() {
    let secret = json!({ "name": "auth/client-credentials-basic", "client_id": "i", "client_secret": "a:b" });
    let both: &[&str] = &["client_secret_basic", "client_secret_post"];
    let (peer, asked, form) = first_token_request(both, &secret, &[]).await;
    assert_eq!((form["grant_type"].as_str(), form["client_secret"].as_str()), ("client_credentials", "a:b"));
    assert_eq!((asked.header("authorization"), form["scope"].as_str()), ("", "a b"));
    assert_eq!(form["resource"], format!("{}/mcp", peer.origin));
    assert!(peer.at("/as/register").is_empty() && peer.at("/as/authorize").is_empty());
    let (_, asked, form) = first_token_request(&["client_secret_basic"], &secret, &[]).await;
    assert_eq!(asked.header("authorization"), format!("Basic {}", STANDARD.encode("i:a%3Ab")));
    assert!(!form.contains_key("client_secret"));
    let unlisted = [Careless::SecretByUnlistedMethod];
    let (_, asked, _) = first_token_request(&["client_secret_post"], &secret, &unlisted).await;
    assert!(asked.header("authorization").starts_with("Basic "));
    let wrong = [Careless::SecretInQuery, Careless::MachineRegisters];
    let (peer, asked, _) = first_token_request(both, &secret, &wrong).await;
    assert_eq!((asked.query["client_secret"].as_str(), peer.at("/as/register").len()), ("a:b", 1));
    let (peer, _, form) = first_token_request(both, &secret, &[Careless::UserVisited]).await;
    assert_eq!((form["grant_type"].as_str(), peer.at("/as/authorize").len()), ("authorization_code", 1));
    let (_, asked, _) = first_token_request(both, &secret, &[Careless::TokenRequestByGet]).await;
    assert_eq!((asked.verb.as_str(), asked.query["client_secret"].as_str()), ("GET", "a:b"));
}

#[tokio::test]
async fn an_assertion_is_preferred_and_says_what_it_has_to() {
    let context = json!({ "client_id": "i", "client_secret": "s", "private_key_pem": pem() });
    let all: &[&str] = &["private_key_jwt", "client_secret_post"];
    let (peer, _, form) = first_token_request(all, &context, &[]).await;
    let said = claims(&form["client_assertion"]);
    assert_eq!((said["iss"].as_str(), said["sub"].as_str()), (Some("i"), Some("i")));
    assert_eq!(said["aud"], peer.origin);
    assert!(said["exp"].as_u64() > said["iat"].as_u64() && !form.contains_key("client_secret"));
    for (careless, differs) in [
        (Careless::AssertionOfOtherSubject, "sub"),
        (Careless::AssertionForOtherAudience, "aud"),
        (Careless::AssertionExpired, "exp"),
    ] {
        let (peer, _, form) = first_token_request(all, &context, &[careless]).await;
        let said = claims(&form["client_assertion"]);
        let fine = [said["sub"] == "i", said["aud"] == json!(peer.origin), said["exp"].as_u64() > said["iat"].as_u64()];
        assert_eq!(fine, ["sub", "aud", "exp"].map(|name| name != differs), "{careless}");
    }
    let (_, _, form) = first_token_request(all, &context, &[Careless::SecretPreferred]).await;
    assert!(form.contains_key("client_secret") && !form.contains_key("client_assertion"));
    let (_, _, form) = first_token_request(all, &context, &[Careless::SecretBesideAssertion]).await;
    assert!(form.contains_key("client_secret") && form.contains_key("client_assertion"));
    let (_, _, form) = first_token_request(all, &context, &[Careless::AssertionAsGrant]).await;
    assert!(form["grant_type"].ends_with("jwt-bearer") && form.contains_key("assertion"));
}

#[tokio::test]
async fn only_who_is_told_to_acts_for_itself() {
    let (_, _, form) = first_token_request(&["none"], &Value::Null, &[]).await;
    assert_eq!(form["grant_type"], "authorization_code");
    let (_, _, form) = first_token_request(&["none"], &Value::Null, &[Careless::ClientCredentialsUnasked]).await;
    assert_eq!(form["grant_type"], "client_credentials");
}

#[tokio::test]
async fn a_workload_shows_its_jwt_once() {
    let refusing = || {
        Peer::start(|_, asked, _| {
            let error = json!({ "error": "invalid_grant" }).to_string();
            (asked.path == "/as/token").then(|| Said(400, Vec::new(), error))
        })
    };
    let context = || json!({ "valid_jwt": "a.b.c" });
    let (_, _, form) = first_token_request(&["none"], &context(), &[]).await;
    assert_eq!((form["assertion"].as_str(), form.contains_key("resource")), ("a.b.c", true));
    for (careless, requests) in
        [(vec![], 1), (vec![Careless::RefusedAssertionRepeated], 2), (vec![Careless::OtherGrantTried], 2)]
    {
        let peer = refusing().await;
        let client = peer.client(NEWEST, context(), &careless).await;
        for _ in 0..2 {
            call(&client, "a").await;
        }
        assert_eq!(peer.at("/as/token").len(), requests, "{careless:?}");
        assert!(client.problem().await.unwrap().contains("invalid_grant"));
    }
    let peer = Peer::start(|_, _, _| None).await;
    let client = peer.client(NEWEST, context(), &[Careless::AssertionPresented]).await;
    call(&client, "a").await;
    assert_eq!(peer.at("/mcp")[1].header("authorization"), "Bearer a.b.c");
}

#[tokio::test]
async fn an_enterprise_exchanges_its_id_token_for_a_grant() {
    let provider = |kind: &'static str| {
        Peer::start(move |_, asked, before| {
            let said = json!({
                "access_token": format!("grant-{before}"), "token_type": "N_A",
                "issued_token_type": format!("urn:ietf:params:oauth:token-type:{kind}"),
            });
            (asked.path == "/as/token").then(|| Said::json(&said))
        })
    };
    let context = |provider: &Peer| {
        json!({
            "client_id": "i", "client_secret": "s", "idp_client_id": "j", "idp_id_token": "id-token",
            "idp_token_endpoint": format!("{}/as/token", provider.origin),
        })
    };
    let idp = provider("id-jag").await;
    let (peer, asked, form) = first_token_request(&["client_secret_basic"], &context(&idp), &[]).await;
    let exchange = idp.at("/as/token")[0].form();
    assert_eq!((exchange["subject_token"].as_str(), exchange["client_id"].as_str()), ("id-token", "j"));
    assert_eq!((&exchange["audience"], &exchange["resource"]), (&peer.origin, &format!("{}/mcp", peer.origin)));
    assert_eq!((form["assertion"].as_str(), form["grant_type"].ends_with("jwt-bearer")), ("grant-0", true));
    assert!(asked.header("authorization").starts_with("Basic "));
    let other = provider("access_token").await;
    let peer = taking(&["client_secret_basic"]).await;
    let client = peer.client(NEWEST, context(&other), &[]).await;
    call(&client, "a").await;
    assert!(peer.at("/as/token").is_empty());
    for (careless, shown) in [(Careless::GrantPresented, "grant-0"), (Careless::AssertionPresented, "id-token")] {
        let (idp, peer) = (provider("id-jag").await, taking(&["client_secret_basic"]).await);
        let client = peer.client(NEWEST, context(&idp), &[careless]).await;
        call(&client, "a").await;
        assert_eq!(peer.at("/mcp")[1].header("authorization"), format!("Bearer {shown}"));
    }
}
