//! What a careless client does differently, where no other test shows it.

use serde_json::{Value, json};

use super::peer::{Asked, Peer, Said, call, metadata, resource};
use crate::oauth::Careless;
use crate::revision::Revision;

const NEWEST: Revision = Revision::V2026_07_28;
const PATH: &str = "/.well-known/oauth-protected-resource/mcp";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

type Change = fn(&mut Value, &str);

/// One call through a client; the metadata of its authorization server are changed.
async fn played(careless: &[Careless], context: Value, change: Change) -> Peer {
    let peer = Peer::start(move |origin, asked, _| {
        let mut metadata = metadata(origin);
        change(&mut metadata, origin);
        (asked.path == OAUTH).then(|| Said::json(&metadata))
    })
    .await;
    let client = peer.client(NEWEST, context, careless).await;
    call(&client, "a").await;
    peer
}

async fn authorization(careless: Careless, change: Change) -> Option<Asked> {
    played(&[careless], Value::Null, change).await.at("/as/authorize").first().cloned()
}

fn unchanged(_: &mut Value, _: &str) {}

#[tokio::test]
async fn a_flow_that_nobody_asked_for() {
    let open = || Peer::start(|_, asked, _| (asked.path == "/mcp").then(|| Said::json(&json!({}))));
    for (careless, first) in [(vec![], "/mcp"), (vec![Careless::AuthorizesUnasked], PATH)] {
        let peer = open().await;
        let client = peer.client(NEWEST, Value::Null, &careless).await;
        call(&client, "a").await;
        assert_eq!(peer.paths()[0], first);
    }
}

#[tokio::test]
async fn the_origin_of_the_server_in_place_of_its_metadata() {
    let peer = played(&[Careless::ResourceMetadataIgnored], Value::Null, unchanged).await;
    assert_eq!(peer.paths()[1], OAUTH);
    let peer = Peer::start(|origin, asked, _| {
        let mut resource = resource(origin);
        resource["resource"] = json!(format!("{}/mcp", origin.to_uppercase()));
        (asked.path == PATH).then(|| Said::json(&resource))
    })
    .await;
    let client = peer.client(NEWEST, Value::Null, &[Careless::ResourceSentAsGiven]).await;
    call(&client, "a").await;
    assert!(peer.at("/as/authorize")[0].query["resource"].starts_with("HTTP://"));
}

#[tokio::test]
async fn ids_that_no_server_asked_for() {
    let documents: Change = |metadata, _| metadata["client_id_metadata_document_supported"] = json!(true);
    let no_registration: Change = |metadata, _| metadata["registration_endpoint"] = Value::Null;
    let id = |asked: Option<Asked>| asked.map(|asked| asked.query["client_id"].clone());
    assert_eq!(id(authorization(Careless::DocumentUnsupported, documents).await).as_deref(), Some("client-0"));
    let http = id(authorization(Careless::DocumentOverHttp, documents).await);
    assert_eq!(http.as_deref(), Some("http://conformance-test.local/client-metadata.json"));
    let bare = id(authorization(Careless::DocumentWithoutPath, documents).await);
    assert_eq!(bare.as_deref(), Some("https://conformance-test.local"));
    assert_eq!(id(authorization(Careless::RegistrationUnsupported, unchanged).await), None);
    let peer = played(&[Careless::RegistersUnasked], Value::Null, no_registration).await;
    assert_eq!(peer.at("/register").len(), 1);
    let refusing = Peer::start(|_, asked, _| (asked.path == "/as/register").then(|| Said::status(400))).await;
    let client = refusing.client(NEWEST, Value::Null, &[Careless::RegistrationRepeated]).await;
    call(&client, "a").await;
    assert!(refusing.at("/as/register").len() > 10);
}

#[tokio::test]
async fn challenges_and_scopes_of_their_own() {
    let asked = authorization(Careless::PkceLeftOut, unchanged).await.unwrap();
    assert!(!asked.query.contains_key("code_challenge"));
    let peer = played(&[Careless::PkcePlain], Value::Null, unchanged).await;
    let asked = peer.at("/as/authorize")[0].query.clone();
    let sent = peer.at("/as/token")[0].form()["code_verifier"].clone();
    assert_eq!((asked["code_challenge_method"].as_str(), &asked["code_challenge"]), ("plain", &sent));
    let peer = played(&[Careless::VerifierShort], Value::Null, unchanged).await;
    assert!(peer.at("/as/token")[0].form()["code_verifier"].len() < 43);
    assert!(!authorization(Careless::ScopeListIgnored, unchanged).await.unwrap().query.contains_key("scope"));
    let asked = authorization(Careless::ScopeInvented, unchanged).await.unwrap();
    assert_eq!(asked.query["scope"], "a b mcp-assay:everything");
    let challenging = Peer::start(|_, asked, before| {
        (asked.path == "/mcp" && before == 0).then(|| Said::refusal(401, r#"Bearer scope="c""#.to_owned()))
    })
    .await;
    let client = challenging.client(NEWEST, Value::Null, &[Careless::ScopeOfChallengeIgnored]).await;
    call(&client, "a").await;
    assert_eq!(challenging.at("/as/authorize")[0].query["scope"], "a b");
    let offering: Change = |metadata, _| metadata["scopes_supported"] = json!(["offline_access"]);
    let asked = played(&[], Value::Null, offering).await.at("/as/authorize")[0].clone();
    assert_eq!(asked.query["scope"], "a b offline_access");
}

#[tokio::test]
async fn tokens_that_nobody_issued_and_assertions_in_the_open() {
    let refusing = || Peer::start(|_, asked, _| (asked.path == "/as/token").then(|| Said::status(400)));
    let peer = refusing().await;
    let client = peer.client(NEWEST, Value::Null, &[Careless::TokenInvented]).await;
    call(&client, "a").await;
    assert!(peer.at("/mcp").last().unwrap().header("authorization").starts_with("Bearer mcp-assay"));
    let context = json!({ "valid_jwt": "a.b.c" });
    let peer = played(&[Careless::AssertionInQuery], context, unchanged).await;
    assert_eq!(peer.at("/as/token")[0].query["assertion"], "a.b.c");
    let elsewhere: Change = |metadata, _| metadata["token_endpoint"] = json!("http://as.example:1/token");
    let peer = played(&[], Value::Null, elsewhere).await;
    assert_eq!((peer.at("/as/authorize").len(), peer.at("/mcp").len()), (1, 1));
}

#[tokio::test]
async fn every_carelessness_is_found_by_its_name() {
    for careless in Careless::ALL {
        assert_eq!(careless.name().parse(), Ok(*careless));
        assert!(careless.about().ends_with('.'), "{careless}");
    }
    assert!("none".parse::<Careless>().unwrap_err().to_string().contains("proof-reused"));
}
