//! Valid requests that are safe to send, from which everything else is made.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::fuzz::case::Act;
use crate::fuzz::peer::{Offer, Session};
use crate::fuzz::safety::Permits;
use crate::generate::{Choices, Hints, Messages, MethodKind, SchemaValues};
use crate::revision::Era;
use crate::schema::Sender;

/// Tools, resources and prompts of each kind that are used.
const MAX_OF_A_KIND: usize = 24;
/// Texts that are put into all texts of valid arguments, where they are valid still: none, white space, a long one.
const TEXTS: [(&str, usize); 3] = [("", 0), (" ", 1), ("a", 300)];

/// A valid request.
#[derive(Clone, Debug)]
pub struct Base {
    /// It.
    pub act: Act,
    /// What its answers have in common, where that is everything.
    pub stable: Option<Value>,
    /// The code of the error that it is answered with as it is, if it is.
    pub code: Option<i64>,
    /// The schema of the arguments, of a tool, where it is one.
    pub arguments: Option<Arc<SchemaValues>>,
}

impl Base {
    fn new(session: &Session, subject: &str, method: &str, params: Option<Value>) -> Self {
        let act = Act { subject: subject.to_owned(), ..Act::plain(session.request(method, params)) };
        Self { act, stable: None, code: None, arguments: None }
    }

    /// Its message.
    pub fn message(&self) -> Value {
        match &self.act.body {
            crate::fuzz::Body::Message { value, .. } => value.clone(),
            crate::fuzz::Body::Bytes(_) => Value::Null,
        }
    }

    /// Another message of the kind.
    pub fn vary(&self, messages: &Messages, hints: &Hints, choices: &mut Choices) -> Value {
        let mut message = self.message();
        if let Some(values) = &self.arguments {
            if let Ok(arguments) = values.generate(hints, choices) {
                message["params"]["arguments"] = arguments;
            }
            return message;
        }
        // What stands for something that the server has stays.
        let named = ["/params/name", "/params/uri", "/params/ref"].iter().any(|at| message.pointer(at).is_some());
        let method = self.act.method().and_then(|name| messages.method(name, MethodKind::Request));
        match method.filter(|_| !named).and_then(|method| messages.generate(method, &json!(0), hints, choices).ok()) {
            Some(mut made) => {
                if let Value::Object(members) = &mut made {
                    members.shift_remove("id");
                }
                made
            }
            None => message,
        }
    }
}

/// Values that members of that name can have, as the server offers them.
pub fn hints(offer: &Offer, bases: &[Base]) -> Hints {
    let of = |list: &str, key: &str| -> Vec<Value> {
        offer.list(list).iter().filter_map(|item| item.get(key)).take(MAX_OF_A_KIND).cloned().collect()
    };
    let mut hints = Hints::new();
    hints.insert("uri".to_owned(), of("resources", "uri"));
    // Only what may be called.
    let names = bases.iter().filter_map(|base| base.message().pointer("/params/name").cloned());
    hints.insert("name".to_owned(), names.collect());
    hints
}

/// The requests that can be sent safely.
pub fn bases(session: &Session, offer: &Offer, permits: &Permits, choices: &mut Choices) -> Vec<Base> {
    let revision = session.revision;
    let messages = Messages::new(revision, Sender::Client);
    let has = |capability: &str| offer.capabilities.pointer(&format!("/{capability}")).is_some();
    let mut all = Vec::new();
    let mut add = |subject: &str, method: &str, params: Option<Value>| {
        if messages.method(method, MethodKind::Request).is_some() {
            all.push(Base::new(session, subject, method, params));
        }
    };
    match revision.era() {
        Era::Handshake => add("ping", "ping", None),
        Era::Stateless => add("server/discover", "server/discover", None),
    }
    for (capability, method) in [
        ("tools", "tools/list"),
        ("prompts", "prompts/list"),
        ("resources", "resources/list"),
        ("resources", "resources/templates/list"),
        ("tasks/list", "tasks/list"),
    ] {
        if has(capability) {
            add(method, method, None);
        }
    }
    if has("logging") {
        for level in ["debug", "emergency"] {
            add("logging/setLevel", "logging/setLevel", Some(json!({ "level": level })));
        }
    }
    for resource in offer.list("resources").iter().take(MAX_OF_A_KIND) {
        let Some(uri) = resource.get("uri").and_then(Value::as_str) else { continue };
        add(&format!("resources/read {uri}"), "resources/read", Some(json!({ "uri": uri })));
    }
    if has("resources/subscribe")
        && let Some(uri) = offer.list("resources").first().and_then(|resource| resource.get("uri"))
    {
        for method in ["resources/subscribe", "resources/unsubscribe"] {
            add(method, method, Some(json!({ "uri": uri })));
        }
    }
    for prompt in offer.list("prompts").iter().take(MAX_OF_A_KIND) {
        let Some(name) = prompt.get("name").and_then(Value::as_str) else { continue };
        let wanted = prompt.get("arguments").and_then(Value::as_array).into_iter().flatten();
        let names: Vec<&str> = wanted.filter_map(|argument| argument.get("name")?.as_str()).collect();
        let arguments: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), json!("tea"))).collect();
        let params = match arguments.is_empty() {
            true => json!({ "name": name }),
            false => json!({ "name": name, "arguments": arguments }),
        };
        add(&format!("prompts/get {name}"), "prompts/get", Some(params));
        if has("completions")
            && let Some(argument) = names.first()
        {
            let params = json!({
                "ref": { "type": "ref/prompt", "name": name }, "argument": { "name": argument, "value": "a" },
            });
            add(&format!("completion/complete {name}"), "completion/complete", Some(params));
        }
    }
    if has("tools") {
        all.extend(tools(session, offer, permits, choices));
    }
    // What is refused comes last: it may leave something behind.
    let mut add = |subject: &str, method: &str, params: Value| {
        if messages.method(method, MethodKind::Request).is_some() {
            all.push(Base::new(session, subject, method, Some(params)));
        }
    };
    for (capability, method) in [
        ("tools", "tools/list"),
        ("prompts", "prompts/list"),
        ("resources", "resources/list"),
        ("resources", "resources/templates/list"),
    ] {
        if has(capability) {
            add(&format!("{method} with cursor"), method, json!({ "cursor": "assay" }));
        }
    }
    if has("resources") {
        add("resources/read unknown", "resources/read", json!({ "uri": "assay://no/such/resource" }));
    }
    if has("prompts") {
        add("prompts/get unknown", "prompts/get", json!({ "name": "assay-no-such-prompt" }));
    }
    if has("tools") {
        add("tools/call unknown", "tools/call", json!({ "name": "assay-no-such-tool", "arguments": {} }));
    }
    all
}

/// Calls of the tools that may be called.
fn tools(session: &Session, offer: &Offer, permits: &Permits, choices: &mut Choices) -> Vec<Base> {
    let mut all = Vec::new();
    for tool in offer.list("tools").iter().filter(|tool| permits.call(tool)).take(MAX_OF_A_KIND) {
        let Some(name) = tool.get("name").and_then(Value::as_str) else { continue };
        // A tool that has to be called as a task is not answered by its result.
        if tool.pointer("/execution/taskSupport").and_then(Value::as_str) == Some("required") {
            continue;
        }
        let schema = tool.get("inputSchema").cloned().unwrap_or_else(|| json!({ "type": "object" }));
        let values = SchemaValues::new(&schema).ok().map(Arc::new);
        for text in std::iter::once(None).chain(TEXTS.map(|(text, times)| Some(text.repeat(times)))) {
            let made = values.as_ref().and_then(|values| values.generate(&Hints::new(), choices).ok());
            let mut made = made.unwrap_or_else(|| json!({}));
            if let Some(text) = text {
                with_text(&mut made, &text, &schema, values.as_deref());
            }
            let params = json!({ "name": name, "arguments": made });
            let base = Base::new(session, &format!("tools/call {name}"), "tools/call", Some(params));
            let base = Base { arguments: values.clone(), ..base };
            if all.last().is_none_or(|last: &Base| last.act != base.act) {
                all.push(base);
            }
        }
    }
    all
}

/// With this in its texts, those included that may be left out, where that is still valid.
fn with_text(arguments: &mut Value, text: &str, schema: &Value, values: Option<&SchemaValues>) {
    let mut changed = arguments.clone();
    let Some(members) = changed.as_object_mut() else { return };
    let declared = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (name, _) in declared.filter(|(_, member)| member.get("type").is_some_and(|kind| kind == "string")) {
        members.insert(name.clone(), json!(text));
    }
    for member in members.values_mut().filter(|member| member.is_string()) {
        *member = json!(text);
    }
    if values.is_some_and(|values| values.accepts(&changed)) {
        *arguments = changed;
    }
}

/// Whether the revision has streams that a request opens and that stay open.
pub fn stays_open(method: &str) -> bool {
    matches!(method, "subscriptions/listen" | "events/stream" | "tasks/result")
}
