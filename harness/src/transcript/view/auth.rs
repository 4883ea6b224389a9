//! What a client under test did to be let in: its exchanges with whom we play besides the MCP endpoint.

use serde_json::{Map, Value, json};

use super::super::shown::{fold, header, members};
use super::super::{HttpSent, Payload, SentKind, What};
use super::{Raw, View};

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

impl View<'_> {
    /// Every exchange that is not with the MCP endpoint: documents about the server, authorization servers, elsewhere.
    pub fn auth(&self) -> Vec<Value> {
        let outside =
            self.exchanges.iter().filter(|(_, raw)| raw.sent.is_some_and(|sent| sent.1 == SentKind::Metadata));
        outside
            .map(|(number, raw)| {
                let mut shown = self.show_exchange(*number, raw);
                if let (Some(shown), Some((_, _, http, body, _))) = (shown.as_object_mut(), raw.sent) {
                    shown.extend(show_question(http, body));
                    shown.extend(show_reply(raw));
                }
                shown
            })
            .collect()
    }

    /// What is known of each secret, by what stands in its place.
    pub fn secrets(&self) -> Value {
        let known = self.events.iter().filter_map(|event| match &event.what {
            What::Secret { label, about } => Some((label.clone(), about.clone())),
            _ => None,
        });
        Value::Object(known.collect())
    }

    /// Where those are that we play, by their names.
    pub fn urls(&self) -> Value {
        let opened = self.events.iter().filter_map(|event| match &event.what {
            What::Opened { target, .. } => Some((event.actor.clone(), json!(target))),
            _ => None,
        });
        Value::Object(opened.collect())
    }
}

/// With whom an exchange is, and the credentials that came with it.
pub(super) fn show_party(http: Option<&HttpSent>) -> Map<String, Value> {
    let field = http.and_then(|http| header(&http.headers, "authorization"));
    let (scheme, credential) = field.and_then(|field| field.split_once(' ')).unzip();
    members! {
        "party": http.and_then(|http| http.party.as_deref()),
        "scheme": scheme.map(str::to_ascii_lowercase),
        "credential": credential.map(str::trim),
    }
}

/// What was asked of an authorization server under test, and what it said; nothing of other exchanges.
pub(super) fn show_dealings(raw: &Raw<'_>) -> Map<String, Value> {
    match raw.sent {
        Some((_, SentKind::Metadata, http, body, _)) if http.party.is_some() => {
            let mut shown = show_question(http, body);
            shown.extend(show_reply(raw));
            shown
        }
        _ => Map::new(),
    }
}

fn show_question(http: &HttpSent, body: &Payload) -> Map<String, Value> {
    let (path, query) = http.target.split_once('?').unwrap_or((&http.target, ""));
    let kind = header(&http.headers, "content-type").unwrap_or_default();
    let is_form = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM));
    let form = if is_form { body.0.as_ref() } else { &[] };
    members! {
        "path": path,
        "endpoint": endpoint(path),
        "query": parameters(query.as_bytes()),
        "form": parameters(form),
        "sent": serde_json::from_slice::<Value>(&body.0).unwrap_or_default(),
        "text": String::from_utf8_lossy(&body.0),
    }
}

fn show_reply(raw: &Raw<'_>) -> Map<String, Value> {
    let headers = fold(raw.headers);
    let location = headers.get("location").map(|location| {
        let (url, query) = location.split_once('?').unwrap_or((location, ""));
        json!({ "url": url, "query": parameters(query.as_bytes()) })
    });
    let document = raw.body.and_then(|(body, _)| serde_json::from_slice::<Value>(&body.0).ok());
    members! { "location": location, "document": document.filter(Value::is_object) }
}

/// Parameters by name; one that comes more than once is the list of its values.
fn parameters(text: &[u8]) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in url::form_urlencoded::parse(text) {
        let value = json!(value);
        match all.get_mut(name.as_ref()) {
            None => {
                all.insert(name.into_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(all)
}

/// What is at a path, by the word that checks use.
fn endpoint(path: &str) -> &'static str {
    let known = [
        ("/.well-known/oauth-protected-resource", "resource_metadata"),
        ("/.well-known/oauth-authorization-server", "oauth_metadata"),
        ("/.well-known/openid-configuration", "openid_metadata"),
    ];
    if let Some((_, word)) = known.iter().find(|(place, _)| path.contains(place)) {
        return word;
    }
    ["register", "authorize", "token", "jwks"]
        .into_iter()
        .find(|end| path.rsplit('/').next() == Some(*end))
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_come_twice_are_all_seen() {
        assert_eq!(parameters(b"a=1&b=%20x&a=2&a=3"), json!({ "a": ["1", "2", "3"], "b": " x" }));
    }

    #[test]
    fn places_have_names() {
        for (path, word) in [
            ("/.well-known/oauth-protected-resource/mcp", "resource_metadata"),
            ("/tenant/.well-known/openid-configuration", "openid_metadata"),
            ("/tenant/token", "token"),
            ("/mcp", "other"),
        ] {
            assert_eq!(endpoint(path), word);
        }
    }
}
