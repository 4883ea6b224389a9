//! What is worth knowing about what was found. The scenarios `server-card/*` judge; this only says what stands out.

use serde_json::Value;

use super::found::{Card, Discovery, Document, Outcome};
use crate::card::{CARD_TYPE, CATALOGUE, CATALOGUE_TYPE};

/// What every card has.
const MEMBERS: [&str; 4] = ["$schema", "name", "version", "description"];

/// Add all of them.
pub(super) fn add(found: &mut Discovery) {
    let mut remarks: Vec<(String, String)> = Vec::new();
    let mut remark = |about: &str, text: String| remarks.push((about.to_owned(), text));
    if let Some(catalogue) = &found.catalogue {
        served_as(catalogue, CATALOGUE_TYPE, &mut remark);
        if catalogue.value().is_some_and(|value| !value.get("entries").is_some_and(Value::is_array)) {
            remark(&catalogue.url, "it has no list of `entries`, so it is no AI Catalog".to_owned());
        }
    }
    for card in &found.cards {
        about_card(card, &mut remark);
    }
    for document in found.superseded.iter().filter(|document| document.is_found()) {
        let text = format!("superseded: earlier texts had cards here; list the card in {CATALOGUE} instead");
        remark(&document.url, text);
    }
    for issuer in &found.authorization_servers {
        for document in &issuer.metadata {
            let own = document.value().and_then(|value| value.get("issuer")).and_then(Value::as_str);
            if let Some(own) = own.filter(|own| *own != issuer.issuer) {
                let text = format!("`issuer` is {own}, so clients must not use it for {}", issuer.issuer);
                remark(&document.url, text);
            }
        }
    }
    for document in &found.resources {
        let resource = document.value().map(|value| value.get("resource").and_then(Value::as_str));
        if resource == Some(None) {
            remark(&document.url, "`resource` is missing, so clients cannot tell what it is about".to_owned());
        }
    }
    for (about, text) in remarks {
        found.remark(about, text);
    }
}

fn about_card(card: &Card, remark: &mut dyn FnMut(&str, String)) {
    let about = &card.document.url;
    if let (Some(_), Outcome::Absent { status }) = (&card.identifier, &card.document.outcome) {
        remark(about, format!("the catalogue lists a card here, and there is none (HTTP status {status})"));
    }
    let Some(value) = card.document.value() else { return };
    if !card.inline {
        served_as(&card.document, CARD_TYPE, remark);
        if let Outcome::Found { headers, .. } = &card.document.outcome
            && !headers.contains_key("access-control-allow-origin")
        {
            remark(about, "scripts of other origins cannot read it: Access-Control-Allow-Origin is missing".to_owned());
        }
    }
    let missing: Vec<&str> =
        MEMBERS.into_iter().filter(|name| !value.get(name).is_some_and(Value::is_string)).collect();
    if !missing.is_empty() {
        remark(about, format!("the card lacks {}", missing.join(", ")));
    }
}

fn served_as(document: &Document, wanted: &str, remark: &mut dyn FnMut(&str, String)) {
    if let Outcome::Found { media_type, .. } = &document.outcome
        && media_type.as_deref() != Some(wanted)
    {
        let is = media_type.as_deref().unwrap_or("nothing in particular");
        remark(&document.url, format!("it is served as {is} in place of {wanted}"));
    }
}
