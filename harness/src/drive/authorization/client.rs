//! Which client asks, and how it shows who it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::super::run::{Run, Stop};
use super::party::Client;
use crate::action::Ask;
use crate::oauth::AuthMethod;

/// The stream of the client that is registered where the user gave none and no step makes one.
const OWN: &str = "client";

impl Run<'_> {
    /// The client of a step: one that was registered, the user's, or one that is registered now.
    pub(super) async fn client(&mut self, ask: &Ask) -> Result<Client, Stop> {
        let named = ask.client.as_deref();
        if let Some(client) = self.party.clients.get(named.unwrap_or(OWN)) {
            return Ok(client.clone());
        }
        if let Some(named) = named {
            return Err(Stop::Iut(format!("`{named}` registered no client")));
        }
        if let Some(id) = self.fact("client_id") {
            let secret = self.target.access.client_secret.clone();
            if let Some(secret) = &secret {
                self.keep(secret, "client secret of the user");
            }
            let method = match &secret {
                None => AuthMethod::None,
                Some(_) if self.takes(AuthMethod::ClientSecretBasic).await? => AuthMethod::ClientSecretBasic,
                Some(_) => AuthMethod::ClientSecretPost,
            };
            let client = Client { id, secret, method };
            self.party.clients.insert(OWN.to_owned(), client.clone());
            return Ok(client);
        }
        let ask = Ask { stream: OWN.to_owned(), ..Ask::default() };
        self.register(&ask).await?;
        let made = self.party.clients.get(OWN).cloned();
        made.ok_or_else(|| Stop::Iut("it registered no client; give one with --client-id".to_owned()))
    }

    /// Whether the metadata list a way to authenticate, or leave it at what is the default (RFC 8414, section 2).
    pub(super) async fn takes(&mut self, method: AuthMethod) -> Result<bool, Stop> {
        let metadata = self.metadata_document().await?;
        let listed = metadata.get("token_endpoint_auth_methods_supported").and_then(Value::as_array);
        Ok(match listed {
            Some(listed) => listed.iter().any(|name| name.as_str() == Some(method.name())),
            None => method == AuthMethod::ClientSecretBasic,
        })
    }

    /// What a client registers (RFC 7591, section 2): a public one where the server takes that.
    pub(super) async fn usual_registration(&mut self) -> Result<IndexMap<String, Value>, Stop> {
        let mut method = AuthMethod::None;
        for better in [AuthMethod::None, AuthMethod::ClientSecretPost, AuthMethod::ClientSecretBasic] {
            if self.takes(better).await? {
                method = better;
                break;
            }
        }
        let metadata = self.metadata_document().await?;
        let lists_refresh = metadata.get("grant_types_supported").and_then(Value::as_array);
        let refresh = lists_refresh.is_some_and(|all| all.iter().any(|grant| grant == "refresh_token"));
        let mut grants = vec!["authorization_code"];
        if refresh {
            grants.push("refresh_token");
        }
        Ok(IndexMap::from([
            ("client_name".to_owned(), json!("mcp-assay")),
            ("redirect_uris".to_owned(), json!([self.fact("redirect_uri")])),
            ("grant_types".to_owned(), json!(grants)),
            ("response_types".to_owned(), json!(["code"])),
            ("token_endpoint_auth_method".to_owned(), json!(method.name())),
            ("application_type".to_owned(), json!("native")),
        ]))
    }

    /// Keep the client that was registered on a stream.
    pub(super) fn keep_client(&mut self, stream: &str) {
        let view = self.view_of(stream);
        let text = |name: &str| view.pointer(&format!("/document/{name}")).and_then(Value::as_str);
        let Some(id) = text("client_id").map(str::to_owned) else { return };
        let secret = text("client_secret").map(|label| self.stage.recorder.reveal(label));
        let asked = view.pointer("/sent/token_endpoint_auth_method").and_then(Value::as_str);
        let method = text("token_endpoint_auth_method").or(asked).and_then(AuthMethod::of);
        let by_default = if secret.is_some() { AuthMethod::ClientSecretBasic } else { AuthMethod::None };
        self.party.clients.insert(stream.to_owned(), Client { id, secret, method: method.unwrap_or(by_default) });
    }

    /// The parameters and the header by which a client authenticates.
    pub(super) fn credentials(
        &mut self,
        client: &Client,
        ask: &Ask,
    ) -> Result<(IndexMap<String, Value>, Option<String>), Stop> {
        let mut form = IndexMap::new();
        if let Some(signed) = &ask.assertion {
            let text = self.assertion(signed, &client.id)?;
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            form.insert("client_assertion_type".to_owned(), json!(kind));
            form.insert("client_assertion".to_owned(), json!(text));
            return Ok((form, None));
        }
        match (&client.secret, client.method) {
            (Some(secret), AuthMethod::ClientSecretBasic) => {
                let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let credentials = STANDARD.encode(format!("{}:{}", encoded(&client.id), encoded(secret)));
                self.keep(&credentials, "basic credentials");
                return Ok((form, Some(format!("Basic {credentials}"))));
            }
            (Some(secret), AuthMethod::ClientSecretPost) => {
                form.insert("client_secret".to_owned(), json!(secret));
            }
            _ => {}
        }
        form.insert("client_id".to_owned(), json!(client.id));
        Ok((form, None))
    }

    /// A secret of ours: it is not recorded, and neither is what becomes of it in a form.
    pub(super) fn keep(&self, secret: &str, what: &str) {
        let name = self.stage.recorder.keep_numbered(secret, what);
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        self.stage.recorder.keep_secret(&encoded, &name);
    }

    /// What is known of the server beforehand.
    pub(super) fn fact(&self, name: &str) -> Option<String> {
        self.spec.facts.pointer(&format!("/server/{name}")).and_then(Value::as_str).map(str::to_owned)
    }
}
