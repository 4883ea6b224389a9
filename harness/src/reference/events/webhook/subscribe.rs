//! `events/subscribe` and `events/unsubscribe`.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use url::Url;

use super::hook::{GRACE, Hook, canonical, secret};
use super::post::{Outcome, is_near};
use super::{after, control, deliver_to, random_id};
use crate::reference::Switch;
use crate::reference::clock::rfc3339;
use crate::reference::core::Call;
use crate::reference::events::wanted::{Wanted, cursor};
use crate::reference::events::{CALLBACK, EXHAUSTED, Mode, forbidden, missing};
use crate::reference::rpc::{Answer, Failure, Object};

/// The lifetimes that are granted: where none is wanted, at least, and at most.
const LIFETIME: Duration = Duration::from_secs(300);
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(86_400);
/// Most subscriptions of the whole server.
const MOST: usize = 1024;
/// Most events from before that one subscription brings.
const MOST_MISSED: usize = 1024;

/// Who subscribes to what, and where it is posted: what tells one subscription from another.
struct Place {
    principal: String,
    url: Url,
}

impl Place {
    fn read(call: &Call) -> Result<Self, Failure> {
        let name = call.text("name")?;
        let principal = call.caller.as_ref().map(|caller| caller.subject.clone()).ok_or_else(|| forbidden(name))?;
        let delivery = call.params.get("delivery").and_then(Value::as_object);
        let delivery = delivery.ok_or_else(|| wrong(call, "`delivery` must be an object"))?;
        let url = delivery.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        let url = url.ok_or_else(|| wrong(call, "`delivery.url` must be a URL"))?;
        match url.scheme() {
            "https" => {}
            // For tests on one machine.
            "http" if is_near(&url) => {}
            _ if call.server.has(Switch::WebhookInClear) => {}
            _ => return Err(wrong(call, "`delivery.url` must be https")),
        }
        Ok(Self { principal, url })
    }

    fn key(&self, call: &Call, name: &str, arguments: &Object) -> String {
        let arguments = match Value::Object(arguments.clone()) {
            _ if call.server.has(Switch::WebhookAnyArguments) => String::new(),
            arguments if call.server.has(Switch::WebhookKeysAsWritten) => arguments.to_string(),
            arguments => canonical(&arguments),
        };
        let principal = if call.server.has(Switch::WebhookForAll) { "" } else { &self.principal };
        json!([principal, self.url.as_str(), name, arguments]).to_string()
    }
}

pub(in crate::reference::events) async fn subscribe(call: &Call) -> Answer {
    let place = Place::read(call)?;
    let (server, hooks) = (&call.server, &call.server.events.hooks);
    let delivery = call.params.get("delivery");
    let given = delivery.and_then(|delivery| delivery.get("secret")).and_then(Value::as_str);
    let given = given
        .and_then(secret)
        .ok_or_else(|| wrong(call, "`delivery.secret` must be whsec_ and the base64 of 24 to 64 bytes"))?;
    let wanted = Wanted::read(call, Mode::Webhook).await?;
    let ttl = match call.params.get("ttlMs") {
        None | Some(Value::Null) => LIFETIME,
        Some(ttl) => ttl.as_u64().map_or(LIFETIME, Duration::from_millis).clamp(SHORTEST, LONGEST),
    };
    let name = wanted.kind.name.to_owned();
    let mut key = place.key(call, &name, &wanted.arguments);
    if server.has(Switch::WebhookAdds) {
        key = format!("{key} {}", random_id()?);
    }
    let fresh = Hook::new(&key, place.url.to_string(), name.clone(), wanted.arguments.clone(), given.clone());
    verify(call, &place, &fresh).await?;
    let known = hooks.live(server, &key).await?;
    let status = known.as_ref().map(Hook::status);
    let now = server.events.now().await?;
    let replays = known.is_none() || server.has(Switch::WebhookReplaysAgain);
    let mut hook = known.unwrap_or(fresh);
    if hook.secret != given && !server.has(Switch::WebhookKeepsSecret) {
        hook.former = after(GRACE).map(|end| (std::mem::replace(&mut hook.secret, given), end));
    }
    if !(server.has(Switch::WebhookNotExtended) && status.is_some()) {
        hook.expires = after(ttl);
    }
    let left = hook.expires.map(|end| end.duration_since(SystemTime::now()).unwrap_or_default()).unwrap_or(ttl);
    let mark = hook.pending.first().copied();
    let id = hook.id.clone();
    let mut others = 0;
    for (old, hook) in hooks.all().await? {
        if hook.is_over() && !server.has(Switch::WebhookNeverExpires) {
            hooks.remove(&old).await?;
        } else {
            others += 1;
        }
    }
    if others >= MOST {
        let failure = Failure::new(EXHAUSTED, "ResourceExhausted: too many subscriptions");
        return Err(failure.with(json!({ "limit": "subscriptions" })));
    }
    hooks.put(&key, &hook).await?;
    let mut truncated = false;
    let mut mark = mark.unwrap_or(now);
    if let Some((from, passed)) = wanted.begin.filter(|_| replays && !server.has(Switch::WebhookNoReplay)) {
        truncated = passed;
        let (missed, ..) = server.events.read(&name, &wanted.arguments, from, MOST_MISSED).await?;
        mark = missed.first().map_or(mark, |first| first.position);
        deliver_to(server, &key, missed).await;
    }
    let mut result = json!({
        "id": id,
        "refreshBefore": rfc3339(SystemTime::now() + left),
        "cursor": cursor(mark),
        "truncated": truncated,
    });
    if let (Some(status), Some(result)) = (status, result.as_object_mut()) {
        result.insert("deliveryStatus".to_owned(), status);
    }
    Ok(result)
}

pub(in crate::reference::events) async fn unsubscribe(call: &Call) -> Answer {
    let place = Place::read(call)?;
    let name = call.text("name")?;
    let arguments = call.params.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
    let key = place.key(call, name, &arguments);
    let hooks = &call.server.events.hooks;
    if hooks.live(&call.server, &key).await?.is_none() {
        return Err(missing());
    }
    if !call.server.has(Switch::WebhookGoesOn) {
        hooks.remove(&key).await?;
    }
    Ok(json!({}))
}

/// Whoever is at the URL has to want it.
async fn verify(call: &Call, place: &Place, hook: &Hook) -> Result<(), Failure> {
    let server = &call.server;
    let principal = if server.has(Switch::WebhookVerifiesOnce) { "" } else { &place.principal };
    let pair = json!([principal, place.url.as_str()]).to_string();
    if server.events.hooks.is_verified(&pair).await? || server.has(Switch::WebhookUnverified) {
        return Ok(());
    }
    let challenge = random_id()?;
    let body = Object::from_iter([("challenge".to_owned(), json!(challenge))]);
    let reason = match control(server, hook, "verification", body).await {
        Outcome::Status(200..=299, body) => {
            let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            let echoed = answer.get("challenge").and_then(Value::as_str) == Some(&challenge);
            if echoed || server.has(Switch::WebhookAnyEcho) {
                server.events.hooks.verified(&pair).await?;
                return Ok(());
            }
            "challenge_failed"
        }
        Outcome::Status(..) => "challenge_failed",
        Outcome::Failed(reason) => reason,
    };
    let failure = Failure::new(CALLBACK, "CallbackEndpointError: nobody at the URL wants the events");
    Err(failure.with(json!({ "reason": reason })))
}

fn wrong(call: &Call, what: &str) -> Failure {
    Failure::params(format!("{}: {what}", call.method))
}
