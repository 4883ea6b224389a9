//! Steps of a protected server: which token goes along, and the metadata that leads to tokens.

use serde_json::{Value, json};
use url::Url;

use super::outgoing::Outgoing;
use super::run::{Run, Stop};
use crate::action::{Chunks, Metadata, MetadataPlace, Send, Signed, TokenUse, Until, Verb};
use crate::card::{Leads, entries, listed_for, path_and_query, reserved};
use crate::transcript::SentKind;

/// Where metadata is, before the path of the end point (RFC 9728, section 3.1).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Where the metadata of an authorization server are (RFC 8414, section 3).
const ISSUER: &str = "/.well-known/oauth-authorization-server";

impl Run<'_> {
    /// The token that a step wants, references replaced.
    pub(super) fn token(&self, send: &Send) -> Result<Option<TokenUse>, Stop> {
        let Some(token) = &send.token else { return Ok(None) };
        let mut used = TokenUse::from(token);
        used.scope = used.scope.map(|scope| self.resolve(&scope)).transpose()?;
        Ok(Some(used))
    }

    /// What is to be signed, references replaced.
    pub(super) fn signed(&self, signed: &Signed) -> Result<Signed, Stop> {
        Ok(Signed { set: self.resolve_map(&signed.set)?, ..signed.clone() })
    }

    /// The proof that a step wants, references replaced.
    pub(super) fn proof_of(&self, send: &Send) -> Result<Option<Signed>, Stop> {
        send.proof.as_ref().map(|signed| self.signed(signed)).transpose()
    }

    /// Fetches a document about the server. Where there is no such place, or it is on another origin, that is
    /// noted, and nothing is asked.
    pub(super) async fn metadata(&mut self, metadata: &Metadata) -> Result<(), Stop> {
        let actor = self.actor(&metadata.by).await?;
        let Some(target) = actor.http() else {
            return Err(Stop::Harness("metadata exists over HTTP only".to_owned()));
        };
        let path = match &metadata.at {
            MetadataPlace::Path if target.url.path() == "/" => WELL_KNOWN.to_owned(),
            MetadataPlace::Path => format!("{WELL_KNOWN}{}", target.url.path()),
            MetadataPlace::Root => WELL_KNOWN.to_owned(),
            MetadataPlace::Issuer => ISSUER.to_owned(),
            MetadataPlace::IssuerBelow => format!("{ISSUER}{}", target.url.path().trim_end_matches('/')),
            MetadataPlace::Challenge(stream) => {
                let told = self.view_of(stream).pointer("/challenge/resource_metadata").cloned();
                let Some(Ok(url)) = told.as_ref().and_then(Value::as_str).map(Url::parse) else {
                    self.note(&format!("the challenge on {stream} has no URL of metadata"));
                    return Ok(());
                };
                if !target.is_at(&url) {
                    let text =
                        format!("the metadata of the challenge on {stream} is on another origin, and is left alone");
                    self.note(&text);
                    return Ok(());
                }
                path_and_query(&url)
            }
            MetadataPlace::WellKnown(name) => format!("/.well-known/{name}"),
            MetadataPlace::Listed(stream) | MetadataPlace::Card(stream) => {
                let catalogue = self.view_of(stream).get("document").cloned().unwrap_or_default();
                let reserved = reserved(&target.url);
                let listed = entries(&catalogue).filter_map(|entry| match entry.leads {
                    Leads::To(url) if target.is_at(&url) => Some(url),
                    _ => None,
                });
                let listed: Vec<Url> = listed.collect();
                match (listed_for(&target.url, &reserved, &listed), &metadata.at) {
                    (Some(path), _) => path,
                    (None, MetadataPlace::Card(_)) => reserved,
                    (None, _) => {
                        self.note(&format!("{stream} lists no card of this server on its origin"));
                        return Ok(());
                    }
                }
            }
        };
        let outgoing = Outgoing {
            kind: SentKind::Metadata,
            body: bytes::Bytes::new(),
            message: None,
            verb: metadata.verb.map_or("GET", Verb::as_str),
            path: Some(path),
            headers: self.resolve_map(&metadata.headers)?,
            chunks: Chunks::default(),
            ..Outgoing::message(Some(metadata.stream.clone()), SentKind::Metadata, json!(null))
        };
        self.dispatch(&actor, outgoing, None, &Until::Ended, metadata.within).await
    }
}
