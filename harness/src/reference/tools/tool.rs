//! What a tool consists of.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::reference::core::{Call, Revision};
use crate::reference::mrtr::Inputs;
use crate::reference::rpc::{Answer, Object};
use crate::reference::tasks::Support;

/// One call of a tool.
pub(in crate::reference) struct Request {
    pub(in crate::reference) call: Arc<Call>,
    pub(in crate::reference) arguments: Object,
    pub(in crate::reference) inputs: Inputs,
}

impl Request {
    /// A text among the arguments; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.arguments.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Members of a definition that were not there from the beginning.
const LATER: [(&str, Revision); 3] =
    [("annotations", Revision::V2025_03_26), ("outputSchema", Revision::V2025_06_18), ("icons", Revision::V2025_11_25)];

type Run = Box<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// A parameter that an HTTP header repeats (2026-07-28, `x-mcp-header`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::reference) struct ParamHeader {
    /// The full header name.
    pub(in crate::reference) header: String,
    /// The names of the properties that lead to the value.
    pub(in crate::reference) path: Vec<String>,
}

/// A tool.
pub(super) struct Tool {
    pub(super) name: &'static str,
    definition: Value,
    since: Revision,
    until: Revision,
    /// It is there only while the extra tool is switched on.
    pub(super) extra: bool,
    pub(super) headers: Vec<ParamHeader>,
    pub(super) tasks: Support,
    validator: Option<jsonschema::Validator>,
    run: Run,
}

impl Tool {
    /// A tool without arguments that does nothing yet.
    pub(super) fn new(name: &'static str, description: &str) -> Self {
        let tool = Self {
            name,
            definition: json!({ "name": name, "description": description }),
            since: Revision::V2024_11_05,
            until: Revision::Draft,
            extra: false,
            headers: Vec::new(),
            tasks: Support::Forbidden,
            validator: None,
            run: Box::new(|_| Box::pin(async { Ok(super::content::text_result("")) })),
        };
        tool.takes(json!({ "type": "object", "additionalProperties": false }))
    }

    /// Sets the schema of the arguments.
    pub(super) fn takes(mut self, schema: Value) -> Self {
        self.validator = jsonschema::validator_for(&schema).ok();
        self.headers = annotated(&schema, &[]);
        self.with("inputSchema", schema)
    }

    /// Declares that the tool changes nothing.
    pub(super) fn read_only(self) -> Self {
        self.with("annotations", json!({ "readOnlyHint": true, "openWorldHint": false }))
    }

    /// Says whether the tool runs as a task.
    pub(super) fn task(mut self, support: Support) -> Self {
        self.tasks = support;
        self.with("execution", json!({ "taskSupport": support.name() }))
    }

    /// Sets one more member of the definition.
    pub(super) fn with(mut self, member: &str, value: Value) -> Self {
        if let Some(definition) = self.definition.as_object_mut() {
            definition.insert(member.to_owned(), value);
        }
        self
    }

    /// The first revision that has what the tool shows.
    pub(super) fn since(mut self, revision: Revision) -> Self {
        self.since = revision;
        self
    }

    /// The last one.
    pub(super) fn until(mut self, revision: Revision) -> Self {
        self.until = revision;
        self
    }

    pub(super) fn extra(mut self) -> Self {
        self.extra = true;
        self
    }

    pub(super) fn is_in(&self, revision: Revision) -> bool {
        self.since <= revision && revision <= self.until
    }

    /// The entry of the list, with the members that the revision has.
    pub(super) fn definition(&self, revision: Revision) -> Value {
        let mut definition = self.definition.clone();
        if let Some(definition) = definition.as_object_mut() {
            definition.retain(|member, _| LATER.iter().all(|(later, since)| member != later || revision >= *since));
        }
        definition
    }

    /// Sets what the tool does.
    pub(super) fn runs<F, T>(mut self, run: F) -> Self
    where
        F: Fn(Request) -> T + Send + Sync + 'static,
        T: Future<Output = Answer> + Send + 'static,
    {
        self.run = Box::new(move |request| Box::pin(run(request)));
        self
    }

    /// Checks arguments; `Err` says what is wrong with them.
    pub(super) fn validate(&self, arguments: &Object) -> Result<(), String> {
        let validator = self.validator.as_ref().ok_or("the schema of this tool is not usable")?;
        let arguments = Value::Object(arguments.clone());
        validator.validate(&arguments).map_err(|error| format!("invalid arguments: {error}"))
    }

    pub(super) async fn run(&self, request: Request) -> Answer {
        (self.run)(request).await
    }
}

fn annotated(schema: &Value, path: &[String]) -> Vec<ParamHeader> {
    let mut found = Vec::new();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path: Vec<String> = path.iter().chain([name]).cloned().collect();
        if let Some(header) = property.get("x-mcp-header").and_then(Value::as_str) {
            found
                .push(ParamHeader { header: format!("mcp-param-{}", header.to_ascii_lowercase()), path: path.clone() });
        }
        found.extend(annotated(property, &path));
    }
    found
}
