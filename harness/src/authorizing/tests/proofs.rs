//! Proofs of possession.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::peer::{Peer, Said, call, metadata};
use crate::oauth::{Careless, s256};
use crate::revision::Revision;

const NEWEST: Revision = Revision::V2026_07_28;

/// Header and claims of a proof, by its own key verified or not.
fn read(proof: &str) -> (Value, Value, bool) {
    let part = |at: usize| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(proof.split('.').nth(at).unwrap()).unwrap()).unwrap()
    };
    let (header, claims) = (part(0), part(1));
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_required_spec_claims::<&str>(&[]);
    rules.validate_exp = false;
    let key: Jwk = serde_json::from_value(header["jwk"].clone()).unwrap();
    let verified = jsonwebtoken::decode::<Value>(proof, &DecodingKey::from_jwk(&key).unwrap(), &rules).is_ok();
    (header, claims, verified)
}

/// Peers that want proofs, with nonces that change with each answer where `nonces` says so.
async fn start(algorithm: &'static str, kind: &'static str, nonces: bool) -> Peer {
    Peer::start(move |origin, asked, before| {
        let nonce = |proof: &str| if proof.is_empty() { Value::Null } else { read(proof).1["nonce"].clone() };
        match asked.path.as_str() {
            "/mcp" if !asked.header("authorization").contains("token-") => {
                Some(Said::refusal(401, r#"DPoP algs="ES256""#.to_owned()))
            }
            "/mcp" | "/as/token" => {
                let is_server = asked.path == "/mcp";
                let name = format!("{}-{before}", if is_server { "rs" } else { "as" });
                let last = format!("{}-{}", if is_server { "rs" } else { "as" }, before.wrapping_sub(1));
                let good = !nonces || nonce(asked.header("dpop")) == json!(last);
                let header = ("dpop-nonce", name);
                Some(match (good, is_server) {
                    (true, true) => Said(200, vec![header], json!({ "result": {} }).to_string()),
                    (true, false) => {
                        let token = json!({ "access_token": format!("token-{before}"), "token_type": kind });
                        Said(200, vec![header], token.to_string())
                    }
                    (false, true) => {
                        let challenge = r#"DPoP error="use_dpop_nonce", algs="ES256""#.to_owned();
                        Said(401, vec![("www-authenticate", challenge), header], String::new())
                    }
                    (false, false) => Said(400, vec![header], json!({ "error": "use_dpop_nonce" }).to_string()),
                })
            }
            "/.well-known/oauth-authorization-server" => {
                let mut metadata = metadata(origin);
                metadata["dpop_signing_alg_values_supported"] = json!([algorithm]);
                Some(Said::json(&metadata))
            }
            _ => None,
        }
    })
    .await
}

#[tokio::test]
async fn every_request_with_a_bound_token_has_a_proof_of_its_own() {
    let peer = start("ES256", "DPoP", false).await;
    let client = peer.client(NEWEST, Value::Null, &[]).await;
    for _ in 0..2 {
        assert_eq!(call(&client, "a").await.head.status, 200);
    }
    let registered: Value = serde_json::from_str(&peer.at("/as/register")[0].body).unwrap();
    assert_eq!(registered["dpop_bound_access_tokens"], true);
    let token = peer.at("/as/token");
    let shown = peer.at("/mcp");
    assert_eq!(shown[1].header("authorization"), "DPoP token-0");
    let (header, at_issuer, verified) = read(token[0].header("dpop"));
    assert!(verified && header["typ"] == "dpop+jwt" && header["jwk"].get("d").is_none());
    assert_eq!((&at_issuer["htm"], &at_issuer["htu"]), (&json!("POST"), &json!(format!("{}/as/token", peer.origin))));
    let proofs: Vec<Value> = shown[1..].iter().map(|asked| read(asked.header("dpop")).1).collect();
    assert_eq!(proofs[0]["ath"], s256("token-0"));
    assert_eq!(proofs[0]["htu"], format!("{}/mcp", peer.origin));
    assert_ne!(proofs[0]["jti"], proofs[1]["jti"]);
    assert_eq!(read(shown[1].header("dpop")).0["jwk"], header["jwk"]);
}

#[tokio::test]
async fn nonces_are_taken_up_and_stay_with_their_server() {
    let peer = start("ES256", "DPoP", true).await;
    let client = peer.client(NEWEST, Value::Null, &[]).await;
    for _ in 0..3 {
        assert_eq!(call(&client, "a").await.head.status, 200);
    }
    // One without token, one without nonce, then all with the newest.
    assert_eq!((peer.at("/mcp").len(), peer.at("/as/token").len()), (5, 2));
    for (careless, served) in [(Careless::NonceIgnored, false), (Careless::NonceKept, false)] {
        let peer = start("ES256", "DPoP", true).await;
        let client = peer.client(NEWEST, Value::Null, &[careless]).await;
        call(&client, "a").await;
        assert_eq!(call(&client, "a").await.head.status == 200, served, "{careless}");
    }
}

#[tokio::test]
async fn endless_demands_for_a_nonce_are_given_up() {
    let endless = || {
        Peer::start(|origin, asked, before| {
            let mut metadata = metadata(origin);
            metadata["dpop_signing_alg_values_supported"] = json!(["ES256"]);
            match asked.path.as_str() {
                "/mcp" => Some(Said(
                    401,
                    vec![
                        ("www-authenticate", r#"DPoP error="use_dpop_nonce""#.to_owned()),
                        ("dpop-nonce", before.to_string()),
                    ],
                    String::new(),
                )),
                "/as/token" => Some(Said::json(&json!({ "access_token": "token-0", "token_type": "DPoP" }))),
                "/.well-known/oauth-authorization-server" => Some(Said::json(&metadata)),
                _ => None,
            }
        })
    };
    for (careless, most) in [(vec![], 4), (vec![Careless::NonceEndless], 14)] {
        let peer = endless().await;
        let client = peer.client(NEWEST, Value::Null, &careless).await;
        assert_eq!(call(&client, "a").await.head.status, 401);
        assert_eq!(peer.at("/mcp").len(), most, "{careless:?}");
    }
}

#[tokio::test]
async fn a_type_is_taken_as_it_was_issued_and_unknown_algorithms_are_left_alone() {
    let peer = start("ES256", "Bearer", false).await;
    let client = peer.client(NEWEST, Value::Null, &[]).await;
    call(&client, "a").await;
    assert_eq!(peer.at("/mcp")[1].header("authorization"), "Bearer token-0");
    let peer = start("ES256", "Bearer", false).await;
    let client = peer.client(NEWEST, Value::Null, &[Careless::BearerTakenAsBound]).await;
    call(&client, "a").await;
    assert_eq!(peer.at("/mcp")[1].header("authorization"), "DPoP token-0");
    for (careless, requests) in [(vec![], 0), (vec![Careless::ProofAlgorithmUnlisted], 1)] {
        let peer = start("RS256", "DPoP", false).await;
        let client = peer.client(NEWEST, Value::Null, &careless).await;
        call(&client, "a").await;
        assert_eq!(peer.at("/as/token").len(), requests);
    }
}

#[tokio::test]
async fn each_wrong_proof_is_wrong_in_its_own_way() {
    for careless in [
        Careless::ProofByOtherKey,
        Careless::ProofWithPrivateKey,
        Careless::ProofSymmetric,
        Careless::ProofOfOtherType,
        Careless::ProofWithoutJti,
        Careless::ProofForOtherMethod,
        Careless::ProofOld,
        Careless::ProofWithoutAth,
        Careless::KeyChangedAtServer,
        Careless::ProofReused,
        Careless::BoundTokenAsBearer,
    ] {
        let peer = start("ES256", "DPoP", false).await;
        let client = peer.client(NEWEST, Value::Null, &[careless]).await;
        call(&client, "a").await;
        let token = read(peer.at("/as/token")[0].header("dpop"));
        let shown = peer.at("/mcp")[1].clone();
        let (header, claims, verified) = read(shown.header("dpop"));
        let now = jsonwebtoken::get_current_timestamp();
        let fine = [
            (Careless::ProofByOtherKey, verified),
            (Careless::ProofWithPrivateKey, header["jwk"].get("d").is_none()),
            (Careless::ProofSymmetric, header["alg"] == "ES256"),
            (Careless::ProofOfOtherType, header["typ"] == "dpop+jwt"),
            (Careless::ProofWithoutJti, claims.get("jti").is_some()),
            (Careless::ProofForOtherMethod, claims["htm"] == "POST"),
            (Careless::ProofOld, claims["iat"].as_u64().unwrap() + 60 > now),
            (Careless::ProofWithoutAth, claims["ath"] == s256("token-0")),
            (Careless::KeyChangedAtServer, header["jwk"]["x"] == token.0["jwk"]["x"]),
            (Careless::BoundTokenAsBearer, shown.header("authorization").starts_with("DPoP ")),
        ];
        for (kind, is_fine) in fine {
            // Nothing verifies under a header that names another algorithm, and a proof used again is wrong all over.
            let beside = careless == Careless::ProofReused
                || (kind == Careless::ProofByOtherKey && careless == Careless::ProofSymmetric);
            assert!(is_fine == (kind != careless) || beside, "{careless}: {kind}");
        }
        let reused = shown.header("dpop") == peer.at("/as/token")[0].header("dpop");
        assert_eq!(reused, careless == Careless::ProofReused);
    }
}
