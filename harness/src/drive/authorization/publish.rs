//! Documents that the harness publishes: what clients that register nowhere say of themselves (Client ID Metadata
//! Documents), and issuers.

use std::sync::Arc;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::super::run::{Run, Stop};
use super::party::Client;
use crate::action::{Ask, DEFAULT_ACTOR};
use crate::oauth::AuthMethod;
use crate::transport::{Page, is_loopback};

impl Run<'_> {
    /// Publish the document of a client, for a server that says that it takes such; or of an issuer.
    pub(in crate::drive) async fn publish(&mut self, ask: &Ask) -> Result<(), Stop> {
        let metadata = self.metadata_document().await?;
        let taken = metadata.get("client_id_metadata_document_supported").and_then(Value::as_bool);
        if !ask.issuer && taken != Some(true) {
            return Err(Stop::Iut("its metadata do not say that it takes Client ID Metadata Documents".to_owned()));
        }
        let publisher = self.target.access.publisher.clone();
        let publisher = publisher.ok_or_else(|| Stop::Harness("there is no place for documents".to_owned()))?;
        let near = self.target.http.first().is_some_and(|target| is_loopback(&target.url));
        if is_loopback(publisher.base()) && !near {
            let mend = "say with --documents-url by which URL it reaches those at --documents-listen";
            return Err(Stop::Iut(format!("it is not on this machine, and the documents of the harness are: {mend}")));
        }
        let (name, url) = publisher.place(&self.unguessable()?);
        let id = url.to_string();
        let mut members = if ask.issuer { self.about_an_issuer(&id)? } else { self.about_a_client(&id) };
        self.change(&mut members, &ask.set)?;
        let members: Map<String, Value> = members.into_iter().collect();
        let body = ask.body.clone().unwrap_or_else(|| Value::Object(members).to_string());
        let headers = self.resolve_map(&ask.headers)?.into_iter();
        let headers = headers.filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
        let page = Page {
            recorder: Arc::downgrade(&self.stage.recorder),
            actor: DEFAULT_ACTOR.to_owned(),
            party: if ask.issuer { "issuer" } else { "client" },
            stream: ask.stream.clone(),
            headers,
            body: Bytes::from(body),
        };
        publisher.publish(&name, page);
        self.party.published.insert(ask.stream.clone(), id.clone());
        if !ask.issuer {
            self.party.clients.insert(ask.stream.clone(), Client { id, secret: None, method: AuthMethod::None });
        }
        Ok(())
    }

    fn about_a_client(&self, id: &str) -> IndexMap<String, Value> {
        IndexMap::from([
            ("client_id".to_owned(), json!(id)),
            ("client_name".to_owned(), json!("mcp-assay")),
            ("redirect_uris".to_owned(), json!([self.fact("redirect_uri")])),
            ("grant_types".to_owned(), json!(["authorization_code"])),
            ("response_types".to_owned(), json!(["code"])),
            ("token_endpoint_auth_method".to_owned(), json!(AuthMethod::None.name())),
        ])
    }

    /// Its metadata and its keys at once, whichever of them are asked for.
    fn about_an_issuer(&mut self, id: &str) -> Result<IndexMap<String, Value>, Stop> {
        self.party.make_keys().map_err(|e| Stop::Harness(e.to_string()))?;
        let keys = self.party.keys().pointer("/one/jwks/keys").cloned().unwrap_or_default();
        Ok(IndexMap::from([
            ("issuer".to_owned(), json!(id)),
            ("jwks_uri".to_owned(), json!(id)),
            ("keys".to_owned(), keys),
        ]))
    }
}
