//! What a client does at a server: it uses all that is offered, and goes on when something fails.

use std::fmt::Display;
use std::time::Duration;

use rmcp::model::*;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Session;
use crate::authorized::{Permission, Refusal};
use crate::examples::filled;

/// Of each kind, at most.
const USED: usize = 12;
const PAGES: usize = 20;
/// A call that takes longer is given up.
const CALL: Duration = Duration::from_secs(4);
const REQUEST: Duration = Duration::from_secs(5);

/// The outcome of a step, as JSON; null when it fails.
async fn attempt<T: Serialize, E: Display>(
    what: &str,
    limit: Duration,
    action: impl Future<Output = Result<T, E>>,
) -> Value {
    match tokio::time::timeout(limit, action).await {
        Ok(Ok(done)) => return serde_json::to_value(done).unwrap_or_default(),
        Ok(Err(error)) => eprintln!("{what}: {error}"),
        Err(late) => eprintln!("{what}: {late}"),
    }
    Value::Null
}

async fn page(session: &Session, what: &str, cursor: Option<String>) -> Value {
    let params = Some(PaginatedRequestParams::default().with_cursor(cursor));
    match what {
        "tools" => attempt(what, REQUEST, session.list_tools(params)).await,
        "prompts" => attempt(what, REQUEST, session.list_prompts(params)).await,
        "resources" => attempt(what, REQUEST, session.list_resources(params)).await,
        _ => attempt(what, REQUEST, session.list_resource_templates(params)).await,
    }
}

async fn every(session: &Session, what: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES {
        let got = page(session, what, cursor).await;
        found.extend(got[what].as_array().into_iter().flatten().cloned());
        cursor = got["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    found.truncate(USED);
    found
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Calls a tool; once more with the permission that was missing.
async fn call(session: &Session, name: String, arguments: Map<String, Value>, permission: &mut Permission) {
    let params = CallToolRequestParams::new(name.clone()).with_arguments(arguments);
    let allowed = async {
        let called = session.call_tool(params.clone()).await;
        let Some(refusal) = called.as_ref().err().and_then(Refusal::of) else {
            return called;
        };
        match permission.get(&refusal).await {
            Ok(()) => session.call_tool(params).await,
            Err(error) => {
                eprintln!("authorize: {error}");
                called
            }
        }
    };
    attempt(&format!("call {name}"), CALL, allowed).await;
}

/// Calls what the scenario says, or each tool once. An argument that is itself a schema gets that of the first tool.
async fn call_all(session: &Session, tools: &[Value], told: &Value, permission: &mut Permission) {
    if let Some(calls) = told["toolCalls"].as_array() {
        for each in calls {
            call(session, text(&each["name"]), each["arguments"].as_object().cloned().unwrap_or_default(), permission)
                .await;
        }
        return;
    }
    for tool in tools {
        let mut arguments = filled(&tool["inputSchema"]);
        if let Some(schema) = arguments.get_mut("schema").filter(|schema| schema.is_object()) {
            *schema = tools[0]["inputSchema"].clone();
        }
        call(session, text(&tool["name"]), arguments, permission).await;
    }
}

async fn read(session: &Session, uri: String) {
    let params = ReadResourceRequestParams::new(uri.clone());
    attempt(&format!("read {uri}"), REQUEST, session.read_resource(params)).await;
}

/// The names of a template's variables, and the template with `1` for each.
fn expand(template: &str) -> (Vec<String>, String) {
    let mut parts = template.split('{');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    let mut names = Vec::new();
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap_or((part, ""));
        let listed = variable.trim_start_matches(['+', '#', '.', '/', ';', '?', '&']).split(',');
        names.extend(listed.map(str::to_owned));
        whole = format!("{whole}1{rest}");
    }
    (names, whole)
}

async fn read_all(session: &Session, resources: &[Value], templates: &[Value], completes: bool) {
    for resource in resources {
        read(session, text(&resource["uri"])).await;
    }
    for template in templates {
        let path = text(&template["uriTemplate"]);
        let (names, uri) = expand(&path);
        if let Some(name) = names.first().filter(|_| completes) {
            let completed = session.complete_resource_argument(path.clone(), name.clone(), "a", None);
            attempt(&format!("complete {name}"), REQUEST, completed).await;
        }
        read(session, uri).await;
    }
}

async fn get_all(session: &Session, prompts: &[Value], completes: bool) {
    for prompt in prompts {
        let name = text(&prompt["name"]);
        let names: Vec<String> =
            prompt["arguments"].as_array().into_iter().flatten().map(|each| text(&each["name"])).collect();
        if let Some(argument) = names.first().filter(|_| completes) {
            let completed = session.complete_prompt_argument(name.clone(), argument.clone(), "a", None);
            attempt(&format!("complete {argument}"), REQUEST, completed).await;
        }
        let arguments: Map<String, Value> = names.into_iter().map(|name| (name, "1".into())).collect();
        let params = GetPromptRequestParams::new(name.clone()).with_arguments(arguments);
        attempt(&format!("get {name}"), REQUEST, session.get_prompt(params)).await;
    }
}

/// Asks to hear of everything that the server says it tells.
fn filter(offers: &Value, uris: Vec<String>) -> SubscriptionFilter {
    let tells = |path: &str| offers.pointer(path).and_then(Value::as_bool).filter(|tells| *tells);
    let mut filter = SubscriptionFilter::new();
    filter.tools_list_changed = tells("/tools/listChanged");
    filter.prompts_list_changed = tells("/prompts/listChanged");
    filter.resources_list_changed = tells("/resources/listChanged");
    filter.resource_subscriptions = tells("/resources/subscribe").map(|_| uris);
    filter
}

/// The whole visit.
pub async fn everything(session: &Session, told: &Value, permission: &mut Permission) {
    let greeting = session.peer_info();
    let greeting = greeting.as_deref();
    let offers =
        greeting.map(|greeting| serde_json::to_value(&greeting.capabilities).unwrap_or_default()).unwrap_or_default();
    let modern = greeting.is_some_and(|greeting| greeting.protocol_version >= ProtocolVersion::V_2026_07_28);
    let offered = |what: &str| offers.get(what).is_some();
    if offered("logging") && !modern {
        attempt("set level", REQUEST, session.set_level(SetLevelRequestParams::new(LoggingLevel::Debug))).await;
    }
    let tools = if offered("tools") { every(session, "tools").await } else { Vec::new() };
    let prompts = if offered("prompts") { every(session, "prompts").await } else { Vec::new() };
    let resources = if offered("resources") { every(session, "resources").await } else { Vec::new() };
    let templates = if offered("resources") { every(session, "resourceTemplates").await } else { Vec::new() };
    let uris: Vec<String> = resources.iter().map(|resource| text(&resource["uri"])).collect();
    let watched = if offers["resources"]["subscribe"] == true && !modern { uris.clone() } else { Vec::new() };
    for uri in &watched {
        attempt("subscribe", REQUEST, session.subscribe(SubscribeRequestParams::new(uri.clone()))).await;
    }
    let filter = filter(&offers, uris);
    let mut heard = None;
    if modern && filter != SubscriptionFilter::new() {
        match tokio::time::timeout(REQUEST, session.listen(filter)).await {
            Ok(Ok(subscription)) => heard = Some(subscription),
            Ok(Err(error)) => eprintln!("listen: {error}"),
            Err(late) => eprintln!("listen: {late}"),
        }
    }
    call_all(session, &tools, told, permission).await;
    read_all(session, &resources, &templates, offered("completions")).await;
    get_all(session, &prompts, offered("completions")).await;
    if let Some(mut subscription) = heard {
        attempt("stop listening", REQUEST, subscription.cancel()).await;
    }
    for uri in watched {
        attempt("unsubscribe", REQUEST, session.unsubscribe(UnsubscribeRequestParams::new(uri))).await;
    }
    if !modern {
        attempt("ping", REQUEST, session.send_request(ClientRequest::PingRequest(PingRequest::default()))).await;
        attempt("roots changed", REQUEST, session.notify_roots_list_changed()).await;
    }
    if offered("tools") {
        every(session, "tools").await;
    }
}
