//! From the first refusal to the first token.

use serde_json::{Value, json};

use super::peer::{Peer, Said, call, metadata, resource};
use crate::oauth::{Careless, s256};
use crate::revision::Revision;

const NEWEST: Revision = Revision::V2026_07_28;
const PATH: &str = "/.well-known/oauth-protected-resource/mcp";
const ROOT: &str = "/.well-known/oauth-protected-resource";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// Paths that a client asks for until it is served, or has given up.
async fn paths(revision: Revision, careless: &[Careless], peer: &Peer) -> Vec<String> {
    let client = peer.client(revision, Value::Null, careless).await;
    call(&client, "a").await;
    peer.paths()
}

#[tokio::test]
async fn a_client_finds_its_way_to_a_token_and_keeps_the_rules() {
    let peer = Peer::start(|_, _, _| None).await;
    let client = peer.client(NEWEST, Value::Null, &[]).await;
    assert_eq!(call(&client, "a").await.head.status, 200);
    assert_eq!(call(&client, "a").await.head.status, 200);
    assert_eq!(peer.paths(), ["/mcp", PATH, OAUTH, "/as/register", "/as/authorize", "/as/token", "/mcp", "/mcp"]);
    let registration: Value = serde_json::from_str(&peer.at("/as/register")[0].body).unwrap();
    assert_eq!(registration["application_type"], "native");
    let asked = &peer.at("/as/authorize")[0].query;
    assert_eq!((asked["scope"].as_str(), asked["tenant"].as_str()), ("a b", "1"));
    assert_eq!((asked["code_challenge_method"].as_str(), asked["client_id"].as_str()), ("S256", "client-0"));
    assert_eq!(asked["resource"], format!("{}/mcp", peer.origin));
    assert_eq!(registration["redirect_uris"], json!([asked["redirect_uri"]]));
    let form = peer.at("/as/token")[0].form();
    assert_eq!(s256(&form["code_verifier"]), asked["code_challenge"]);
    assert_eq!((form["code"].as_str(), form["resource"].as_str()), ("code-1", asked["resource"].as_str()));
    assert_eq!(peer.at("/mcp")[2].header("authorization"), "Bearer token-0");
    assert_eq!(peer.at("/mcp")[2].header("host"), peer.origin.trim_start_matches("http://"));
    assert_eq!(client.problem().await, None);
}

#[tokio::test]
async fn metadata_are_looked_for_in_the_places_of_the_specification() {
    let start = || Peer::start(|_, asked, _| asked.path.contains("/.well-known/").then(|| Said::status(404)));
    assert_eq!(paths(NEWEST, &[], &start().await).await, ["/mcp", PATH, ROOT]);
    assert_eq!(paths(NEWEST, &[Careless::RootWellKnownFirst], &start().await).await, ["/mcp", ROOT, PATH]);
    assert_eq!(paths(NEWEST, &[Careless::WellKnownNotTried], &start().await).await, ["/mcp"]);
    let start = || {
        Peer::start(|origin, asked, _| match asked.path.as_str() {
            PATH => {
                let mut resource = resource(origin);
                resource["authorization_servers"] = json!([format!("{origin}/tenant")]);
                Some(Said::json(&resource))
            }
            path => path.contains("/.well-known/").then(|| Said::status(404)),
        })
    };
    let inserted = format!("{OAUTH}/tenant");
    let openid = "/.well-known/openid-configuration/tenant";
    let appended = "/tenant/.well-known/openid-configuration";
    for (careless, places) in [
        (vec![], vec![inserted.as_str(), openid, appended]),
        (vec![Careless::OpenidFirst], vec![openid, &inserted, appended]),
        (vec![Careless::OpenidAppendedSecond], vec![&inserted, appended, openid]),
        (vec![Careless::OpenidNotAppended], vec![&inserted, openid]),
        (vec![Careless::FirstPlaceOnly], vec![&inserted]),
        (vec![Careless::OpenidOnly], vec![openid, appended]),
        (vec![Careless::IssuerPathIgnored], vec![OAUTH, "/.well-known/openid-configuration"]),
    ] {
        assert_eq!(paths(NEWEST, &careless, &start().await).await[2..], places, "{careless:?}");
    }
    assert_eq!(paths(Revision::V2025_06_18, &[], &start().await).await[2..], [inserted]);
}

#[tokio::test]
async fn the_challenge_says_where_the_metadata_are() {
    let start = || {
        Peer::start(|origin, asked, before| match asked.path.as_str() {
            "/mcp" if before == 0 => {
                let challenge =
                    format!(r#"Basic realm="a, b", bearer scope="x,y z", RESOURCE_METADATA="{origin}/there""#);
                Some(Said::refusal(401, challenge))
            }
            "/there" => Some(Said::json(&resource(origin))),
            PATH => Some(Said::json(&json!({ "resource": "http://127.0.0.1:1/mcp" }))),
            _ => None,
        })
    };
    let peer = start().await;
    assert_eq!(paths(NEWEST, &[], &peer).await[1], "/there");
    assert_eq!(peer.at("/as/authorize")[0].query["scope"], "x,y z");
    for careless in [Careless::MetadataUrlIgnored, Careless::ChallengeReadNaively] {
        assert_eq!(paths(NEWEST, &[careless], &start().await).await, ["/mcp", PATH], "{careless}");
    }
    let peer = start().await;
    paths(NEWEST, &[Careless::ScopeCutToSupported], &peer).await;
    assert_eq!(peer.at("/as/authorize")[0].query.get("scope"), None);
}

/// What is changed in the metadata of the authorization server at an origin.
type Change = fn(&mut Value, &str);

/// Whether a client goes as far as the authorization endpoint, with documents changed.
async fn goes_on(careless: &[Careless], resource_is: &'static str, change: Change) -> bool {
    let peer = Peer::start(move |origin, asked, before| match asked.path.as_str() {
        "/mcp" if before == 0 => Some(Said::refusal(401, format!(r#"Bearer resource_metadata="{origin}{PATH}""#))),
        PATH => {
            let mut resource = resource(origin);
            if !resource_is.is_empty() {
                let name = resource_is.replace("ORIGIN", origin).replace("CAPITALS", &origin.to_uppercase());
                resource["resource"] = json!(name);
            }
            Some(Said::json(&resource))
        }
        OAUTH => {
            let mut metadata = metadata(origin);
            change(&mut metadata, origin);
            Some(Said::json(&metadata))
        }
        _ => None,
    })
    .await;
    paths(NEWEST, careless, &peer).await.iter().any(|path| path == "/as/authorize")
}

#[tokio::test]
async fn documents_of_others_and_servers_without_pkce_are_not_used() {
    let as_it_is = |_: &mut Value, _: &str| {};
    assert!(goes_on(&[], "", as_it_is).await);
    assert!(goes_on(&[], "CAPITALS/mcp", as_it_is).await);
    assert!(!goes_on(&[Careless::ResourceComparedAsText], "CAPITALS/mcp", as_it_is).await);
    for (named, careless) in [
        ("https://evil.example/mcp", Careless::ResourceUnchecked),
        ("ORIGIN/other", Careless::ResourceUnchecked),
        ("ORIGIN", Careless::ResourcePrefixAccepted),
    ] {
        assert!(!goes_on(&[], named, as_it_is).await, "{named}");
        assert!(goes_on(&[careless], named, as_it_is).await, "{named}");
    }
    let changes: [(Change, Careless); 5] = [
        (|metadata, _| metadata["issuer"] = json!("https://evil.example"), Careless::IssuerUnchecked),
        (|metadata, _| metadata["issuer"] = Value::Null, Careless::IssuerUnchecked),
        (|metadata, origin| metadata["issuer"] = json!(format!("{origin}/")), Careless::IssuerSlashIgnored),
        (|metadata, _| metadata["code_challenge_methods_supported"] = Value::Null, Careless::PkceUnchecked),
        (|metadata, _| metadata["code_challenge_methods_supported"] = json!(["plain"]), Careless::PkceUnchecked),
    ];
    for (change, careless) in changes {
        assert!(!goes_on(&[], "", change).await, "{careless}");
        assert!(goes_on(&[careless], "", change).await, "{careless}");
    }
    assert!(!goes_on(&[Careless::UnknownMembersRefused], "", as_it_is).await);
    // A way that others can overhear, whatever the documents say.
    assert!(
        !goes_on(&[], "", |metadata, _| metadata["authorization_endpoint"] = json!("http://as.example/authorize"))
            .await
    );
}

#[tokio::test]
async fn in_2025_03_26_the_server_is_its_own_authorization_server() {
    let old = Revision::V2025_03_26;
    let peer = Peer::start(|_, _, _| None).await;
    assert_eq!(paths(old, &[], &peer).await, ["/mcp", OAUTH, "/as/register", "/as/authorize", "/as/token", "/mcp"]);
    assert_eq!(peer.at(OAUTH)[0].header("mcp-protocol-version"), "2025-03-26");
    let start = || Peer::start(|_, asked, _| asked.path.contains("/.well-known/").then(|| Said::status(404)));
    assert_eq!(paths(old, &[], &start().await).await, ["/mcp", OAUTH, "/register"]);
    assert_eq!(paths(old, &[Careless::DefaultEndpointsFirst], &start().await).await, ["/mcp", "/register"]);
    assert_eq!(paths(old, &[Careless::DefaultEndpointsUnknown], &start().await).await, ["/mcp", OAUTH]);
    let below = format!("/mcp{OAUTH}");
    assert_eq!(paths(old, &[Careless::BaseUrlKeepsPath], &start().await).await[1], below);
    let other = Peer::start(|_, asked, _| {
        let mut metadata = metadata("http://127.0.0.1:1");
        metadata["issuer"] = json!("http://127.0.0.1:1");
        (asked.path == OAUTH).then(|| Said::json(&metadata))
    })
    .await;
    assert_eq!(paths(old, &[], &other).await, ["/mcp", OAUTH]);
}

/// The client id that reaches the authorization endpoint, and whether there was a registration.
async fn client_id(context: Value, careless: &[Careless], change: fn(&mut Value)) -> (Option<String>, bool) {
    let peer = Peer::start(move |origin, asked, _| {
        let mut metadata = metadata(origin);
        change(&mut metadata);
        (asked.path == OAUTH).then(|| Said::json(&metadata))
    })
    .await;
    let client = peer.client(NEWEST, context, careless).await;
    call(&client, "a").await;
    let asked = peer.at("/as/authorize");
    (asked.first().map(|asked| asked.query["client_id"].clone()), !peer.at("/as/register").is_empty())
}

#[tokio::test]
async fn a_client_id_comes_from_the_best_source_there_is() {
    let everything = |metadata: &mut Value| metadata["client_id_metadata_document_supported"] = json!(true);
    let nothing = |metadata: &mut Value| metadata["registration_endpoint"] = Value::Null;
    let as_it_is = |_: &mut Value| {};
    let own = || json!({ "client_id": "own" });
    let document = "https://conformance-test.local/client-metadata.json";
    let some = |id: &str, registers| (Some(id.to_owned()), registers);
    assert_eq!(client_id(own(), &[], everything).await, some("own", false));
    assert_eq!(client_id(own(), &[Careless::PreregistrationIgnored], everything).await, some(document, false));
    assert_eq!(client_id(Value::Null, &[], everything).await, some(document, false));
    assert_eq!(client_id(Value::Null, &[Careless::RegistersBeforeDocument], everything).await, some("client-0", true));
    assert_eq!(client_id(Value::Null, &[], as_it_is).await, some("client-0", true));
    assert_eq!(client_id(Value::Null, &[Careless::DocumentUnasked], as_it_is).await, some(document, false));
    assert_eq!(client_id(Value::Null, &[], nothing).await, (None, false));
    assert_eq!(client_id(Value::Null, &[Careless::ClientIdInvented], nothing).await, some("mcp-assay", false));
    // Credentials of another authorization server.
    let other = || json!({ "client_id": "own", "issuer": "https://as.example" });
    assert_eq!(client_id(other(), &[], nothing).await, (None, false));
    assert_eq!(client_id(other(), &[Careless::PreregistrationUnbound], nothing).await, some("own", false));
}
