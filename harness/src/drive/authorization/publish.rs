//! Documents that the harness publishes: what clients that register nowhere say of themselves (Client ID Metadata
//! Documents), and issuers.

use std::sync::Arc;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use tokio::time::timeout_at;

use super::super::run::{Run, Stop};
use super::party::Client;
use crate::action::{About, Ask, DEFAULT_ACTOR};
use crate::oauth::AuthMethod;
use crate::transport::{Page, Publisher, is_loopback};

impl Run<'_> {
    /// Publish the document of a client, for a server that says that it takes such; or what an issuer says.
    pub(in crate::drive) async fn publish(&mut self, ask: &Ask) -> Result<(), Stop> {
        let metadata = self.metadata_document().await?;
        let taken = metadata.get("client_id_metadata_document_supported").and_then(Value::as_bool);
        if ask.about.is_client() && taken != Some(true) {
            return Err(Stop::Iut("its metadata do not say that it takes Client ID Metadata Documents".to_owned()));
        }
        let publisher = self.target.access.publisher.clone();
        let publisher = publisher.ok_or_else(|| Stop::Harness("there is no place for documents".to_owned()))?;
        let near = self.target.http.first().is_some_and(|target| is_loopback(&target.url));
        if is_loopback(publisher.base()) && !near {
            let mend = "say with --documents-url by which URL it reaches those at --documents-listen";
            return Err(Stop::Iut(format!("it is not on this machine, and the documents of the harness are: {mend}")));
        }
        let (name, id) = self.place_of(ask.about, &publisher).await?;
        let mut members = match ask.about {
            About::Client => self.about_a_client(&id),
            About::Issuer | About::TrustedIssuer => self.about_an_issuer(&id)?,
            About::KeysInClear => IndexMap::from([("keys".to_owned(), self.own_keys("two")?)]),
        };
        self.change(&mut members, &ask.set)?;
        let members: Map<String, Value> = members.into_iter().collect();
        let body = ask.body.clone().unwrap_or_else(|| Value::Object(members).to_string());
        let headers = self.resolve_map(&ask.headers)?.into_iter();
        let headers = headers.filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
        let page = Page {
            recorder: Arc::downgrade(&self.stage.recorder),
            actor: DEFAULT_ACTOR.to_owned(),
            party: match ask.about {
                About::Client => "client",
                About::Issuer | About::TrustedIssuer => "issuer",
                About::KeysInClear => "keys",
            },
            stream: ask.stream.clone(),
            headers,
            body: Bytes::from(body),
        };
        publisher.publish(&name, page);
        self.party.published.insert(ask.stream.clone(), id.clone());
        if ask.about.is_client() {
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
        Ok(IndexMap::from([
            ("issuer".to_owned(), json!(id)),
            ("jwks_uri".to_owned(), json!(id)),
            ("keys".to_owned(), self.own_keys("one")?),
        ]))
    }

    fn own_keys(&mut self, name: &str) -> Result<Value, Stop> {
        self.party.make_keys().map_err(|e| Stop::Harness(e.to_string()))?;
        Ok(self.party.keys().pointer(&format!("/{name}/jwks/keys")).cloned().unwrap_or_default())
    }

    /// The name of a document, and its URL.
    async fn place_of(&mut self, about: About, publisher: &Publisher) -> Result<(String, String), Stop> {
        let unguessable = self.unguessable()?;
        let (name, url) = match about {
            About::Client | About::Issuer => publisher.place(&unguessable),
            About::KeysInClear => publisher.place_in_clear(&unguessable).await.map_err(Stop::Iut)?,
            About::TrustedIssuer => {
                let played = self.target.access.played.as_ref().ok_or_else(|| {
                    Stop::Iut(
                        "no issuer is known that it trusts and that can be played; give one with --played-issuer"
                            .into(),
                    )
                })?;
                if self.party.turn.is_none() {
                    let turn = timeout_at(self.patience.until(None), played.turn.clone().lock_owned()).await;
                    let late =
                        |_| Stop::Harness("the played issuer stayed with another case until the deadline".into());
                    self.party.turn = Some(turn.map_err(late)?);
                }
                return Ok((played.name.clone(), played.id.clone()));
            }
        };
        Ok((name, url.to_string()))
    }
}
