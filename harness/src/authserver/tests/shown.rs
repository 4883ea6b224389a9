//! Keys, assertions and documents that say who somebody is.

use super::*;

#[tokio::test]
async fn tokens_are_bound_to_the_key_that_was_proven() {
    let tried = server(Settings { dpop: Dpop::Offered, dpop_nonce: true, ..Settings::default() });
    let (id, code) = tried.with_code().await;
    let key = SigningKey::generate().unwrap();
    let prove = |id: &str, nonce: &str| {
        let claims =
            json!({ "jti": id, "htm": "POST", "htu": format!("{ISSUER}/token"), "iat": now(), "nonce": nonce });
        key.prove(&claims).unwrap()
    };
    let (status, headers, body) = tried.token(&[("dpop", &prove("1", ""))], &form(&id, &code, VERIFIER)).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("use_dpop_nonce")));
    let nonce = headers["dpop-nonce"].to_str().unwrap().to_owned();
    let (status, _, body) = tried.token(&[("dpop", &prove("2", &nonce))], &form(&id, &code, VERIFIER)).await;
    assert_eq!((status, body["token_type"].as_str()), (200, Some("DPoP")));
    let jwt = Jwt::read(body["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(jwt.claims["cnf"]["jkt"], key.id);
    let refresh = body["refresh_token"].as_str().unwrap();
    let again = [("grant_type", "refresh_token"), ("client_id", id.as_str()), ("refresh_token", refresh)];
    assert_eq!(tried.token(&[], &again).await.2["error"], "invalid_grant");
    assert_eq!(tried.token(&[("dpop", &prove("2", &nonce))], &again).await.2["error"], "invalid_dpop_proof");
    assert_eq!(tried.token(&[("dpop", &prove("3", &nonce))], &again).await.0, 200);
}

#[tokio::test]
async fn an_identity_provider_and_a_server_work_together() {
    let provider = server(settings(
        "{ grant_types: [token_exchange], clients: [{ id: at-idp, auth_method: none, id_elsewhere: at-as }] }",
    ));
    let subject = provider.server.assert(&Assertion::id_token("at-idp")).unwrap();
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:id-jag"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("client_id", "at-idp"),
        ("subject_token", &subject),
        ("audience", ISSUER),
        ("resource", MCP),
        ("scope", "mcp:use"),
    ];
    let (status, _, body) = provider.token(&[], &exchange).await;
    assert_eq!((status, body["token_type"].as_str()), (200, Some("N_A")), "{body}");
    let grant = body["access_token"].as_str().unwrap();
    let text = "
        grant_types: [jwt_bearer]
        clients:
          - { id: at-as, auth_method: client_secret_post, secret: s }
          - { id: other, auth_method: client_secret_post, secret: s }
    ";
    let tried = server(settings(text));
    let redeem = |client: &'static str| {
        let tried = &tried;
        async move {
            let form = [
                ("grant_type", GrantType::JwtBearer.name()),
                ("assertion", grant),
                ("client_id", client),
                ("client_secret", "s"),
            ];
            tried.token(&[], &form).await
        }
    };
    assert_eq!(redeem("at-as").await.2["error"], "invalid_grant", "not trusted yet");
    let (issuer, jwks) = (ISSUER.to_owned(), provider.server.keys());
    tried.server.trust(TrustedIssuer { issuer, jwks, subjects: Vec::new() });
    assert_eq!(redeem("other").await.2["error"], "invalid_grant");
    let (status, _, body) = redeem("at-as").await;
    assert!(status == 200 && tried.is_good(&body["access_token"]) && body.get("refresh_token").is_none(), "{body}");
}

#[tokio::test]
async fn workloads_show_the_tokens_of_their_platform() {
    let platform = server(Settings::default());
    let tried = server(Settings {
        grant_types: vec![GrantType::JwtBearer],
        trusted_issuers: vec![TrustedIssuer {
            issuer: ISSUER.to_owned(),
            jwks: platform.server.keys(),
            subjects: vec!["job".to_owned()],
        }],
        ..Settings::default()
    });
    let good = Assertion::workload("job", &format!("{ISSUER}/token"));
    for (assertion, status) in [
        (good.clone(), 200),
        (Assertion { subject: "other".to_owned(), ..good.clone() }, 400),
        (Assertion { audience: "https://other.example".to_owned(), ..good.clone() }, 400),
        (Assertion { lifetime: -60, ..good }, 400),
    ] {
        let text = platform.server.assert(&assertion).unwrap();
        let form = [("grant_type", GrantType::JwtBearer.name()), ("assertion", &text), ("resource", MCP)];
        let (got, _, body) = tried.token(&[], &form).await;
        assert_eq!(got, status, "{assertion:?}: {body}");
    }
}

#[tokio::test]
async fn documents_of_clients_are_read_from_loopback() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let (good, bad) = (format!("{at}/good"), format!("{at}/bad"));
    let (one, other) = (good.clone(), bad.clone());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = [0; 1024];
            let size = stream.read(&mut read).await.unwrap();
            let is_good = String::from_utf8_lossy(&read[..size]).starts_with("GET /good ");
            let id = if is_good { &one } else { "https://other.example/id" };
            let body = json!({ "client_id": id, "client_name": "c", "redirect_uris": [CALLBACK] }).to_string();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let text = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(text.as_bytes()).await.unwrap();
        }
    });
    let tried = server(Settings { client_id_documents: ClientIdDocuments::Fetched, ..Settings::default() });
    assert!(tried.authorize(&[("client_id", &good)]).await.1.contains_key("code"));
    assert_eq!(tried.authorize(&[("client_id", &good), ("redirect_uri", "http://127.0.0.1:3/other")]).await.0, 400);
    assert_eq!(tried.authorize(&[("client_id", &other)]).await.0, 400);
    assert_eq!(tried.authorize(&[("client_id", "https://c.example/id")]).await.0, 400);
    let _ = bad;
}
