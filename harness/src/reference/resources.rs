//! Resources (server/resources) and their subscriptions of the revisions up to 2025-11-25.

use serde_json::{Value, json};

use super::Switch;
use super::core::{Call, Change, Era, Revision, Server};
use super::mrtr::Inputs;
use super::offered::Extra;
use super::pages::page;
use super::rpc::{Answer, Failure, INTERNAL, Object, RESOURCE_NOT_FOUND};
use super::stateless::cacheable;
use super::tools::content::PNG;
use super::{files, skills};

/// The resource that `test_trigger_resource_update` changes.
pub(super) const WATCHED: &str = "test://watched-resource";
/// The template whose `id` can be completed.
pub(super) const TEMPLATE: &str = "test://template/{id}/data";
const GREETING_TEMPLATE: &str = "test://greeting/{name}";
const FAREWELL_TEMPLATE: &str = "test://farewell/{name}";
const PLACE_TEMPLATE: &str = "test://place/{name}/greeting";
const STATIC_TEXT: &str = "This is the content of the static text resource.";
/// The resource that fails inside the server.
const BROKEN: &str = "test://broken";
/// Before the name of the user whose resource it is.
const PRIVATE: &str = "test://private/";
const EXTRA: &str = "test://extra-resource";

/// `resources/list`.
pub(super) async fn list(call: &Call) -> Answer {
    let entry = |uri: &str, name: &str, description: &str, mime: &str| json!({ "uri": uri, "name": name, "description": description, "mimeType": mime });
    let mut all = vec![
        entry("test://static-text", "Static text", "A text that never changes.", "text/plain"),
        entry("test://static-binary", "Static binary", "An image that never changes.", "image/png"),
        entry(WATCHED, "Watched", "Changes when test_trigger_resource_update is called.", "text/plain"),
        entry("test://example-resource", "Example", "The resource that a prompt embeds.", "text/plain"),
        entry(
            "test://activity",
            "Activity",
            "How many slow calls run, completed and were cancelled.",
            "application/json",
        ),
        entry(files::README, "Read me", "A file in the only folder that is served.", "text/plain"),
        entry(BROKEN, "Broken", "Can never be read: the server fails inside.", "text/plain"),
    ];
    if let Some(first) = all.first_mut().and_then(Value::as_object_mut) {
        first.insert("size".into(), STATIC_TEXT.len().into());
        let mut annotations = json!({ "audience": ["user", "assistant"], "priority": 0.5 });
        if let Some(annotations) = annotations.as_object_mut().filter(|_| call.revision >= Revision::V2025_06_18) {
            annotations.insert("lastModified".into(), "2025-11-25T00:00:00Z".into());
        }
        first.insert("annotations".into(), annotations);
    }
    if call.era() == Era::Stateless {
        all.extend(skills::listed());
    }
    if call.server.offers(Extra::Resource).await? {
        all.push(entry(EXTRA, "Extra", "Comes and goes with test_trigger_resource_change.", "text/plain"));
    }
    let Some(caller) = owner(call) else { return page(call, "resources", all) };
    // First, where a client looks that knows nothing of this server.
    let uri = format!("{PRIVATE}{caller}");
    all.insert(0, entry(&uri, "Private", "A note that this user alone can read.", "text/plain"));
    let mut listed = page(call, "resources", all)?;
    if call.era() == Era::Stateless
        && let Some(listed) = listed.as_object_mut()
    {
        listed.insert("cacheScope".into(), "private".into());
    }
    Ok(listed)
}

/// Who asks, where the server is protected.
fn owner(call: &Call) -> Option<&str> {
    call.caller.as_ref().map(|caller| caller.subject.as_str()).filter(|subject| !subject.is_empty())
}

/// `resources/templates/list`.
pub(super) fn list_templates(call: &Call) -> Answer {
    page(
        call,
        "resourceTemplates",
        vec![
            json!({
                "uriTemplate": TEMPLATE,
                "name": "Data by id",
                "description": "Made-up data for any id.",
                "mimeType": "application/json",
            }),
            json!({
                "uriTemplate": GREETING_TEMPLATE,
                "name": "Greeting",
                "description": "A greeting for any name.",
                "mimeType": "text/plain",
            }),
            json!({
                "uriTemplate": FAREWELL_TEMPLATE,
                "name": "Farewell",
                "description": "A farewell for any name.",
                "mimeType": "text/plain",
            }),
            json!({
                "uriTemplate": PLACE_TEMPLATE,
                "name": "Greeting of a place",
                "description": "A greeting for everyone at a place.",
                "mimeType": "text/plain",
            }),
        ],
    )
}

/// `resources/read`.
pub(super) async fn read(call: &Call) -> Answer {
    let uri = call.text("uri")?;
    // No resource asks for input; state that comes along must be genuine all the same.
    Inputs::read(call, uri, &Object::new())?;
    if uri == BROKEN {
        return Err(Failure::new(INTERNAL, "the store of this resource cannot be read"));
    }
    let own = |uri: &str| {
        let whose = uri.strip_prefix(PRIVATE)?;
        let may = owner(call).is_some_and(|caller| caller == whose || call.server.has(Switch::ReadsForAnyone));
        may.then(|| json!({ "uri": uri, "mimeType": "text/plain", "text": format!("A note of {whose}.") }))
    };
    let contents = match own(uri) {
        Some(own) => own,
        None => contents(&call.server, uri).await?.ok_or_else(|| not_found(call, uri))?,
    };
    let mut result = json!({ "contents": [contents] });
    if call.era() == Era::Stateless {
        if ([WATCHED, "test://activity"].contains(&uri) || uri.starts_with(PRIVATE))
            && let Some(result) = result.as_object_mut()
        {
            result.insert("ttlMs".into(), 0.into());
            result.insert("cacheScope".into(), "private".into());
        }
        result = cacheable(&call.server, result);
    }
    Ok(result)
}

/// Whether there is such a resource.
pub(super) async fn exists(server: &Server, uri: &str) -> Result<bool, Failure> {
    Ok(contents(server, uri).await?.is_some())
}

/// Whether completion may refer to this resource or template.
pub(super) async fn is_reference(server: &Server, uri: &str) -> Result<bool, Failure> {
    let templates = [TEMPLATE, GREETING_TEMPLATE, FAREWELL_TEMPLATE, PLACE_TEMPLATE];
    Ok(templates.contains(&uri) || exists(server, uri).await?)
}

/// `resources/subscribe` (2025-11-25).
pub(super) async fn subscribe(call: &Call) -> Answer {
    let uri = call.text("uri")?;
    if !exists(&call.server, uri).await? {
        return Err(not_found(call, uri));
    }
    if let Some(session) = &call.session
        && !session.subscribe(uri).await?
    {
        return Err(Failure::new(INTERNAL, "this session has too many subscriptions; end some first"));
    }
    Ok(json!({}))
}

/// `resources/unsubscribe` (2025-11-25).
pub(super) async fn unsubscribe(call: &Call) -> Answer {
    let uri = call.text("uri")?;
    if !exists(&call.server, uri).await? {
        return Err(not_found(call, uri));
    }
    if let Some(session) = &call.session
        && !call.server.has(Switch::KeepsSubscription)
    {
        session.unsubscribe(uri).await?;
    }
    Ok(json!({}))
}

/// Changes the watched resource and tells its subscribers.
pub(super) async fn touch(server: &Server) -> Result<u64, Failure> {
    let version = server.change_version().await?;
    server.publish(Change::Updated(WATCHED.to_owned())).await?;
    Ok(version)
}

async fn contents(server: &Server, uri: &str) -> Result<Option<Value>, Failure> {
    let text = |mime: &str, text: String| json!({ "uri": uri, "mimeType": mime, "text": text });
    Ok(Some(match uri {
        "test://static-text" => text("text/plain", STATIC_TEXT.into()),
        "test://static-binary" => json!({ "uri": uri, "mimeType": "image/png", "blob": PNG }),
        WATCHED => text("text/plain", format!("Version {}", server.version().await?)),
        "test://example-resource" => text("text/plain", "Embedded resource content for testing.".into()),
        "test://activity" => text("application/json", server.activity.read().await?.to_string()),
        EXTRA if server.offers(Extra::Resource).await? => text("text/plain", "Here for the moment.".into()),
        _ => {
            if let Some(content) = files::read(server, uri) {
                return Ok(Some(text("text/plain", content.into())));
            }
            if let Some(content) = skills::content(uri) {
                return Ok(Some(content));
            }
            if let Some(id) = variable(TEMPLATE, uri) {
                let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
                return Ok(Some(text("application/json", data.to_string())));
            }
            let spoken = [
                (GREETING_TEMPLATE, "Hello, ", "!"),
                (FAREWELL_TEMPLATE, "Goodbye, ", "!"),
                (PLACE_TEMPLATE, "Hello, everyone at ", "!"),
            ];
            return Ok(spoken.iter().find_map(|(template, before, after)| {
                let name = variable(template, uri)?;
                Some(text("text/plain", format!("{before}{name}{after}")))
            }));
        }
    }))
}

/// The value of the only variable of a template (RFC 6570, simple expansion: unreserved characters and escapes).
fn variable<'a>(template: &str, uri: &'a str) -> Option<&'a str> {
    let (before, rest) = template.split_once('{')?;
    let (_, after) = rest.split_once('}')?;
    let value = uri.strip_prefix(before)?.strip_suffix(after)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
    (!value.is_empty() && value.chars().all(allowed)).then_some(value)
}

fn not_found(call: &Call, uri: &str) -> Failure {
    let failure = match call.era() {
        Era::Handshake => Failure::new(RESOURCE_NOT_FOUND, "resource not found"),
        Era::Stateless => Failure::params("resource not found"),
    };
    failure.with(json!({ "uri": uri }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_matches_one_segment() {
        assert_eq!(variable(TEMPLATE, "test://template/123/data"), Some("123"));
        assert_eq!(variable(TEMPLATE, "test://template//data"), None);
        assert_eq!(variable(TEMPLATE, "test://template/a/b/data"), None);
        assert_eq!(variable(GREETING_TEMPLATE, "test://greeting/Zo%C3%AB"), Some("Zo%C3%AB"));
    }
}
