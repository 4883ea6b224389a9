//! What a client does at a server: it uses all that is offered, and goes on when something fails.

use std::time::Duration;

use rmcp::model::*;
use rmcp::service::{ServiceError, Subscription};
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

/// A visit under way.
pub struct Visit<'a> {
    pub session: &'a Session,
    pub told: &'a Value,
    pub permission: &'a mut Permission,
}

impl Visit<'_> {
    /// The outcome of a step, as JSON, made again with the permission that it lacked; null when it fails.
    async fn attempt<T: Serialize>(
        &mut self,
        what: &str,
        limit: Duration,
        action: impl AsyncFn(&Session) -> Result<T, ServiceError>,
    ) -> Value {
        let allowed = async {
            let done = action(self.session).await;
            let Some(refusal) = done.as_ref().err().and_then(Refusal::of) else {
                return done;
            };
            match self.permission.get(&refusal).await {
                Ok(()) => action(self.session).await,
                Err(error) => {
                    eprintln!("authorize: {error}");
                    done
                }
            }
        };
        match tokio::time::timeout(limit, allowed).await {
            Ok(Ok(done)) => return serde_json::to_value(done).unwrap_or_default(),
            Ok(Err(error)) => eprintln!("{what}: {error}"),
            Err(late) => eprintln!("{what}: {late}"),
        }
        Value::Null
    }

    async fn page(&mut self, what: &str, cursor: Option<String>) -> Value {
        let params = || Some(PaginatedRequestParams::default().with_cursor(cursor.clone()));
        match what {
            "tools" => self.attempt(what, REQUEST, async |session| session.list_tools(params()).await).await,
            "prompts" => self.attempt(what, REQUEST, async |session| session.list_prompts(params()).await).await,
            "resources" => self.attempt(what, REQUEST, async |session| session.list_resources(params()).await).await,
            _ => self.attempt(what, REQUEST, async |session| session.list_resource_templates(params()).await).await,
        }
    }

    async fn every(&mut self, what: &str) -> Vec<Value> {
        let mut found = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES {
            let got = self.page(what, cursor).await;
            found.extend(got[what].as_array().into_iter().flatten().cloned());
            cursor = got["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        found.truncate(USED);
        found
    }

    async fn call(&mut self, name: String, arguments: Map<String, Value>) {
        let params = CallToolRequestParams::new(name.clone()).with_arguments(arguments);
        self.attempt(&format!("call {name}"), CALL, async |session| session.call_tool(params.clone()).await).await;
    }

    /// Calls what the scenario says, or each tool once. An argument that is itself a schema gets that of the first tool.
    async fn call_all(&mut self, tools: &[Value]) {
        if let Some(calls) = self.told["toolCalls"].as_array() {
            for each in calls {
                self.call(text(&each["name"]), each["arguments"].as_object().cloned().unwrap_or_default()).await;
            }
            return;
        }
        // This client runs no tasks.
        for tool in tools.iter().filter(|tool| tool["execution"]["taskSupport"] != "required") {
            let mut arguments = filled(&tool["inputSchema"]);
            if let Some(schema) = arguments.get_mut("schema").filter(|schema| schema.is_object()) {
                *schema = tools[0]["inputSchema"].clone();
            }
            self.call(text(&tool["name"]), arguments).await;
        }
    }

    async fn read(&mut self, uri: String) {
        let params = ReadResourceRequestParams::new(uri.clone());
        self.attempt(&format!("read {uri}"), REQUEST, async |session| session.read_resource(params.clone()).await)
            .await;
    }

    async fn read_all(&mut self, resources: &[Value], templates: &[Value], completes: bool) {
        for resource in resources {
            self.read(text(&resource["uri"])).await;
        }
        for template in templates {
            let path = text(&template["uriTemplate"]);
            let (names, uri) = expand(&path);
            if let Some(name) = names.first().filter(|_| completes) {
                let completed = async |session: &Session| {
                    session.complete_resource_argument(path.clone(), name.clone(), "a", None).await
                };
                self.attempt(&format!("complete {name}"), REQUEST, completed).await;
            }
            self.read(uri).await;
        }
    }

    async fn get_all(&mut self, prompts: &[Value], completes: bool) {
        for prompt in prompts {
            let name = text(&prompt["name"]);
            let listed = prompt["arguments"].as_array().into_iter().flatten();
            let names: Vec<String> = listed.map(|each| text(&each["name"])).collect();
            if let Some(argument) = names.first().filter(|_| completes) {
                let completed = async |session: &Session| {
                    session.complete_prompt_argument(name.clone(), argument.clone(), "a", None).await
                };
                self.attempt(&format!("complete {argument}"), REQUEST, completed).await;
            }
            let arguments: Map<String, Value> = names.into_iter().map(|name| (name, "1".into())).collect();
            let params = GetPromptRequestParams::new(name.clone()).with_arguments(arguments);
            self.attempt(&format!("get {name}"), REQUEST, async |session| session.get_prompt(params.clone()).await)
                .await;
        }
    }

    /// Of what changes, where the server says that it tells.
    async fn listen(&self, filter: SubscriptionFilter) -> Option<Subscription> {
        if filter == SubscriptionFilter::new() {
            return None;
        }
        match tokio::time::timeout(REQUEST, self.session.listen(filter)).await {
            Ok(Ok(subscription)) => return Some(subscription),
            Ok(Err(error)) => eprintln!("listen: {error}"),
            Err(late) => eprintln!("listen: {late}"),
        }
        None
    }

    /// The whole visit.
    pub async fn everything(mut self) {
        let greeting = self.session.peer_info();
        let greeting = greeting.as_deref();
        let offers = greeting
            .map(|greeting| serde_json::to_value(&greeting.capabilities).unwrap_or_default())
            .unwrap_or_default();
        let modern = greeting.is_some_and(|greeting| greeting.protocol_version >= ProtocolVersion::V_2026_07_28);
        let offered = |what: &str| offers.get(what).is_some();
        if offered("logging") && !modern {
            let level = SetLevelRequestParams::new(LoggingLevel::Debug);
            self.attempt("set level", REQUEST, async |session| session.set_level(level.clone()).await).await;
        }
        let tools = if offered("tools") { self.every("tools").await } else { Vec::new() };
        let prompts = if offered("prompts") { self.every("prompts").await } else { Vec::new() };
        let resources = if offered("resources") { self.every("resources").await } else { Vec::new() };
        let templates = if offered("resources") { self.every("resourceTemplates").await } else { Vec::new() };
        let uris: Vec<String> = resources.iter().map(|resource| text(&resource["uri"])).collect();
        let watched = if offers["resources"]["subscribe"] == true && !modern { uris.clone() } else { Vec::new() };
        for uri in &watched {
            let params = SubscribeRequestParams::new(uri.clone());
            self.attempt("subscribe", REQUEST, async |session| session.subscribe(params.clone()).await).await;
        }
        let heard = if modern { self.listen(filter(&offers, uris)).await } else { None };
        self.call_all(&tools).await;
        self.read_all(&resources, &templates, offered("completions")).await;
        self.get_all(&prompts, offered("completions")).await;
        if let Some(mut subscription) = heard
            && let Ok(Err(error)) = tokio::time::timeout(REQUEST, subscription.cancel()).await
        {
            eprintln!("stop listening: {error}");
        }
        for uri in watched {
            let params = UnsubscribeRequestParams::new(uri);
            self.attempt("unsubscribe", REQUEST, async |session| session.unsubscribe(params.clone()).await).await;
        }
        if !modern {
            let ping = async |session: &Session| {
                session.send_request(ClientRequest::PingRequest(PingRequest::default())).await
            };
            self.attempt("ping", REQUEST, ping).await;
        }
        if offered("tools") {
            self.every("tools").await;
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
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
