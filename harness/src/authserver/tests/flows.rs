//! Metadata, clients, codes and refresh tokens.

use super::*;

#[tokio::test]
async fn metadata_are_where_the_settings_put_them_and_say_what_the_settings_say() {
    let tried = server(Settings {
        path: "/t".to_owned(),
        metadata: vec![Place::OauthInserted, Place::OpenidAppended],
        ..Settings::default()
    });
    for (path, status) in [
        ("/.well-known/oauth-authorization-server/t", 200),
        ("/t/.well-known/openid-configuration", 200),
        ("/.well-known/openid-configuration/t", 404),
        ("/.well-known/oauth-authorization-server", 404),
        ("/t/jwks", 200),
    ] {
        assert_eq!(tried.ask(Method::GET, path, &[], "").await.0, status, "{path}");
    }
    let told = tried.server.metadata();
    assert_eq!(told["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(told["authorization_response_iss_parameter_supported"], true);
    assert!(told.get("scopes_supported").is_none() && told.get("dpop_signing_alg_values_supported").is_none());
    let plain = server(settings("{ iss: false, registration: false, client_id_documents: off, dpop: offered }"));
    let told = plain.server.metadata();
    for name in ["registration_endpoint", "client_id_metadata_document_supported"] {
        assert!(told.get(name).is_none(), "{name}");
    }
    assert!(told.get("authorization_response_iss_parameter_supported").is_none());
    assert!(told["dpop_signing_alg_values_supported"].as_array().unwrap().contains(&json!("ES256")));
    assert_eq!(plain.register(json!({ "redirect_uris": [CALLBACK] })).await.0, 404);
}

#[tokio::test]
async fn a_code_is_redeemed_once_and_what_came_of_it_ends_with_a_second_try() {
    let tried = server(Settings::default());
    let (id, code) = tried.with_code().await;
    for wrong in [form(&id, &code, &"x".repeat(43)), form(&id, &code, "")] {
        let (status, _, body) = tried.token(&[], &wrong).await;
        assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")));
    }
    let (status, headers, body) = tried.token(&[], &form(&id, &code, VERIFIER)).await;
    assert_eq!((status, headers["cache-control"].to_str().unwrap()), (200, "no-store"));
    assert!(tried.is_good(&body["access_token"]));
    let refresh = body["refresh_token"].as_str().unwrap();
    let refreshed = [("grant_type", "refresh_token"), ("client_id", id.as_str()), ("refresh_token", refresh)];
    assert_eq!(tried.token(&[], &form(&id, &code, VERIFIER)).await.0, 400);
    assert_eq!(tried.token(&[], &refreshed).await.0, 400, "revoked with the code");
    assert_eq!(tried.names(), ["authorization code 1", "access token 1", "refresh token 1"]);
}

#[tokio::test]
async fn refresh_tokens_of_public_clients_are_replaced() {
    let tried = server(Settings::default());
    let (id, code) = tried.with_code().await;
    let first = tried.token(&[], &form(&id, &code, VERIFIER)).await.2["refresh_token"].as_str().unwrap().to_owned();
    let ask = |text: String, scope: &'static str| {
        let id = id.clone();
        let tried = &tried;
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", id.as_str()),
                ("refresh_token", text.as_str()),
                ("scope", scope),
            ];
            tried.token(&[], &form).await
        }
    };
    assert_eq!(ask(first.clone(), "mcp:use more").await.2["error"], "invalid_scope");
    let (_, _, body) = ask(first.clone(), "").await;
    let second = body["refresh_token"].as_str().unwrap().to_owned();
    assert!(second != first && tried.is_good(&body["access_token"]));
    assert_eq!(ask(first, "").await.2["error"], "invalid_grant");
    assert_eq!(ask(second, "").await.2["error"], "invalid_grant", "the family is revoked");
}

#[tokio::test]
async fn nobody_is_redirected_who_is_not_known() {
    let tried = server(Settings { client_id_documents: ClientIdDocuments::Off, ..Settings::default() });
    let (id, _) = tried.with_code().await;
    let client = ("client_id", id.as_str());
    for wrong in [
        vec![("client_id", "nobody")],
        vec![("client_id", "https://c.example/id")],
        vec![client, ("redirect_uri", "http://127.0.0.1:3/other")],
        vec![client, ("redirect_uri", "https://evil.example/callback")],
    ] {
        assert_eq!(tried.authorize(&wrong).await, (400, BTreeMap::new()), "{wrong:?}");
    }
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("resource", "/mcp", "invalid_target"),
        ("resource", "http://a/#b", "invalid_target"),
    ] {
        let (status, answer) = tried.authorize(&[client, (name, value)]).await;
        assert_eq!((status, answer["error"].as_str()), (302, error), "{name}={value}");
        assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("a/b&c", ISSUER));
    }
    let no = server(Settings { consent: Consent::Denied, iss: false, ..Settings::default() });
    let (_, answer) = no.authorize(&[("client_id", "https://c.example/id")]).await;
    assert_eq!((answer["error"].as_str(), answer.get("iss")), ("access_denied", None));
}

#[tokio::test]
async fn clients_register_with_what_they_can_use() {
    let tried = server(settings("{ client_secret_lifetime: 60, auth_methods: [client_secret_post] }"));
    let (status, client) = tried.register(json!({ "redirect_uris": [CALLBACK], "client_name": "c" })).await;
    assert_eq!((status, client["token_endpoint_auth_method"].as_str()), (201, Some("client_secret_post")));
    assert!(client["client_secret_expires_at"].as_u64().unwrap() > now() && client["client_name"] == "c");
    assert_eq!(tried.names(), ["client secret 1"]);
    for (metadata, error) in [
        (json!([]), "invalid_client_metadata"),
        (json!({}), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://evil.example/"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [CALLBACK], "grant_types": ["password"] }), "invalid_client_metadata"),
    ] {
        let (status, body) = tried.register(metadata).await;
        assert_eq!((status, body["error"].as_str()), (400, Some(error)));
    }
}

#[tokio::test]
async fn clients_show_who_they_are() {
    let text = "
        grant_types: [client_credentials]
        auth_methods: [none, client_secret_basic, client_secret_post, private_key_jwt]
        clients:
          - { id: 'a:b', auth_method: client_secret_basic, secret: 'x+y' }
          - { id: key, auth_method: private_key_jwt }
          - { id: public, auth_method: none }
    ";
    let tried = server(settings(text));
    let own = ("grant_type", "client_credentials");
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    for (credentials, status) in [("a%3Ab:x%2By", 200), ("a%3Ab:z", 401), ("nobody:z", 401)] {
        let answer = tried.token(&[(AUTHORIZATION.as_str(), &basic(credentials))], &[own]).await;
        assert_eq!(answer.0, status, "{credentials}");
        assert_eq!(answer.1.contains_key("www-authenticate"), status == 401);
    }
    assert_eq!(tried.token(&[], &[own, ("client_id", "a:b"), ("client_secret", "x+y")]).await.0, 200);
    assert_eq!(tried.token(&[], &[own, ("client_id", "public")]).await.2["error"], "unauthorized_client");
    let key = tried.server.credentials("key").unwrap().key.clone().unwrap();
    let assertion = |changes: Value| {
        let mut claims = json!({ "iss": "key", "sub": "key", "aud": ISSUER, "exp": now() + 60, "jti": "1" });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        key.sign_as(None, &claims, None).unwrap()
    };
    let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    for (changes, status) in [
        (json!({}), 200),
        (json!({}), 401),
        (json!({ "jti": "2", "aud": [format!("{ISSUER}/token")] }), 200),
        (json!({ "jti": "3", "aud": "https://other.example" }), 401),
        (json!({ "jti": "4", "iss": "other" }), 401),
        (json!({ "jti": "5", "exp": now() - 60 }), 401),
    ] {
        let text = assertion(changes.clone());
        let (got, _, body) = tried.token(&[], &[own, kind, ("client_assertion", &text)]).await;
        assert_eq!(got, status, "{changes}: {body}");
    }
    let foreign = SigningKey::generate().unwrap().sign_as(None, &json!({ "sub": "key", "iss": "key" }), None).unwrap();
    assert_eq!(tried.token(&[], &[own, kind, ("client_assertion", &foreign)]).await.0, 401);
}

#[tokio::test]
async fn defects_are_switched_on_one_by_one() {
    let with = |switch| server(Settings { switches: [switch].into(), ..Settings::default() });
    let tried = with(AuthSwitch::VerifierUnchecked);
    let (id, code) = tried.with_code().await;
    assert_eq!(tried.token(&[], &form(&id, &code, &"x".repeat(43))).await.0, 200);
    let tried = with(AuthSwitch::CodeReusable);
    let (id, code) = tried.with_code().await;
    for _ in 0..2 {
        assert_eq!(tried.token(&[], &form(&id, &code, VERIFIER)).await.0, 200);
    }
    let tried = with(AuthSwitch::RedirectUnchecked);
    let (id, _) = tried.with_code().await;
    assert_eq!(tried.authorize(&[("client_id", &id), ("redirect_uri", "https://evil.example/")]).await.0, 302);
    let tried = with(AuthSwitch::ChallengeOptional);
    let (id, _) = tried.with_code().await;
    let (_, answer) = tried.authorize(&[("client_id", &id), ("code_challenge", "")]).await;
    assert!(answer.contains_key("code"));
}

#[tokio::test]
async fn refresh_tokens_come_to_those_who_ask_for_them() {
    let tried = server(Settings { refresh_tokens: RefreshTokens::OfflineAccess, ..Settings::default() });
    let (id, code) = tried.with_code().await;
    assert!(tried.token(&[], &form(&id, &code, VERIFIER)).await.2.get("refresh_token").is_none());
    let (_, answer) = tried.authorize(&[("client_id", &id), ("scope", "openid offline_access")]).await;
    let (_, _, body) = tried.token(&[], &form(&id, &answer["code"], VERIFIER)).await;
    assert!(body["refresh_token"].is_string());
    assert!(Jwt::read(body["id_token"].as_str().unwrap()).unwrap().is_for(&[&id]));
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    for text in ["path: t", "path: /t/", "auth_methods: []", "endpoints: { token: token }"] {
        let told = Arc::new(|_: &str, _: &str| {});
        let made = AuthServer::new(ISSUER, settings(text), SigningKey::generate().unwrap(), told);
        assert!(made.is_err(), "{text}");
    }
    assert_eq!(AuthMethod::of("tls_client_auth"), None);
}
