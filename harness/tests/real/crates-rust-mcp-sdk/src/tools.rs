//! The tools.

use std::result::Result; // not the SDK's
use std::sync::LazyLock;
use std::time::Duration;

use rust_mcp_sdk::mcp_server::RequestStateCodec;
use rust_mcp_sdk::schema::*;
use rust_mcp_sdk::{RequestContext, RequiredClientCapability};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{Runtime, complete, typed};

pub const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
const STEP: Duration = Duration::from_millis(50);

/// Signs the state that travels with the client.
static STATES: LazyLock<RequestStateCodec> = LazyLock::new(|| RequestStateCodec::with_key([7; 32]));

pub fn list() -> Value {
    let string = json!({ "type": "string" });
    let tool = |name: &str| {
        json!({ "name": name, "description": format!("The tool {name}"), "inputSchema": object(json!({}), &[]),
        "annotations": { "readOnlyHint": true } })
    };
    let takes = |name: &str, properties: Value, required: &[&str]| {
        let mut tool = tool(name);
        tool["inputSchema"] = object(properties, required);
        tool
    };
    let mut keywords = tool("json_schema_2020_12_tool");
    keywords["inputSchema"] = json_schema();
    let mut weather = tool("test_structured_output");
    weather["outputSchema"] =
        object(json!({ "temperature": { "type": "number" }, "conditions": string }), &["temperature", "conditions"]);
    let plain = [
        "test_simple_text",
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
        "test_error_handling",
        "test_tool_with_progress",
        "test_logging_tool",
        "test_client_name",
        "test_missing_capability",
        "test_streaming_elicitation",
        "test_input_required_result_elicitation",
        "test_input_required_result_sampling",
        "test_input_required_result_list_roots",
        "test_input_required_result_request_state",
        "test_input_required_result_tampered_state",
        "test_input_required_result_multiple_inputs",
        "test_input_required_result_multi_round",
        "test_input_required_result_capabilities",
    ];
    let headers = json!({
        "region": { "type": "string", "x-mcp-header": "Region" },
        "priority": { "type": "integer", "x-mcp-header": "Priority" },
        "verbose": { "type": "boolean", "x-mcp-header": "Verbose" },
        "query": string,
    });
    let slow = json!({ "seconds": { "type": "number" }, "steps": { "type": "integer" } });
    let mut all: Vec<Value> = plain.into_iter().map(tool).collect();
    all.extend([
        takes("test_echo", json!({ "message": string }), &["message"]),
        takes("test_header_params", headers, &["region"]),
        takes("test_slow", slow, &[]),
        keywords,
        weather,
    ]);
    Value::Array(all)
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

/// What a client has to declare before a tool may ask for it.
pub fn required(tool: &str) -> Vec<RequiredClientCapability> {
    use RequiredClientCapability::{Roots, Sampling};
    match tool {
        "test_missing_capability" | "test_input_required_result_sampling" => vec![Sampling],
        "test_input_required_result_list_roots" => vec![Roots],
        "test_input_required_result_multiple_inputs" => vec![Sampling, Roots],
        _ => vec![],
    }
}

/// The client's answer of this name; `None` when there is none.
fn answer(responses: &Option<InputResponses>, name: &str) -> Option<Value> {
    serde_json::to_value(responses.as_ref()?.0.get(name)?).ok()
}

/// A form of one field, and where to find its answer.
pub struct Form<'a> {
    pub key: &'a str,
    pub message: &'a str,
    pub field: &'a str,
    pub kind: &'a str,
}

impl Form<'_> {
    /// The question; an error for a client that shows no forms.
    pub fn question(&self, context: &RequestContext) -> Result<Value, RpcError> {
        let declared = json!(context.client_capabilities.elicitation);
        if declared["form"].is_null() && declared != json!({}) {
            let error = "this needs a client that can show forms";
            let data = json!({ "requiredCapabilities": { "elicitation": { "form": {} } } });
            return Err(RpcError::new(RpcErrorCodes::MISSING_REQUIRED_CLIENT_CAPABILITY, error.into(), Some(data)));
        }
        let schema = object(json!({ self.field: { "type": self.kind } }), &[self.field]);
        let params = json!({ "mode": "form", "message": self.message, "requestedSchema": schema });
        Ok(json!({ "method": "elicitation/create", "params": params }))
    }

    /// What the user entered, if that is of the right kind.
    pub fn entered(&self, responses: &Option<InputResponses>) -> Option<Value> {
        let answer = answer(responses, self.key)?;
        let entered = &answer["content"][self.field];
        let fits = if self.kind == "boolean" { entered.is_boolean() } else { entered.is_string() };
        (answer["action"] == "accept" && fits).then(|| entered.clone())
    }
}

const NAME: Form = Form { key: "user_name", message: "What is your name?", field: "name", kind: "string" };

fn sample(prompt: &str, most: u32) -> Value {
    let message = json!({ "role": "user", "content": { "type": "text", "text": prompt } });
    json!({ "method": "sampling/createMessage", "params": { "messages": [message], "maxTokens": most } })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

pub fn input_required(requests: Value, state: Option<String>) -> ServerResult {
    let mut result = json!({ "resultType": "input_required", "inputRequests": requests });
    if let Some(state) = state {
        result["requestState"] = json!(state);
    }
    ServerResult::InputRequiredResult(typed(result))
}

fn result(content: Value) -> ServerResult {
    ServerResult::CallToolResult(complete(json!({ "content": content })))
}

fn text(text: impl Into<String>) -> ServerResult {
    result(json!([{ "type": "text", "text": text.into() }]))
}

/// One `tools/call`.
pub struct Call<'a> {
    pub params: CallToolRequestParams,
    pub context: &'a RequestContext,
    pub runtime: Runtime,
}

impl Call<'_> {
    pub async fn run(&self) -> Result<ServerResult, RpcError> {
        let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
        let embedded = |uri: &str, mime: &str, text: &str| json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "text": text } });
        Ok(match self.params.name.as_str() {
            "test_simple_text" => text("This is a simple text response for testing."),
            "test_image_content" => result(json!([image])),
            "test_audio_content" => result(json!([{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }])),
            "test_embedded_resource" => {
                let content = "This is an embedded resource content.";
                result(json!([embedded("test://embedded-resource", "text/plain", content)]))
            }
            "test_multiple_content_types" => {
                let data = json!({ "test": "data", "value": 123 }).to_string();
                let resource = embedded("test://mixed-content-resource", "application/json", &data);
                result(json!([{ "type": "text", "text": "Multiple content types test:" }, image, resource]))
            }
            "test_error_handling" => failed("This tool intentionally returns an error for testing"),
            "test_structured_output" => {
                let weather = json!({ "temperature": 22.5, "conditions": "Partly cloudy" });
                let content = [json!({ "type": "text", "text": weather.to_string() })];
                let result = json!({ "content": content, "structuredContent": weather });
                ServerResult::CallToolResult(complete(result))
            }
            "json_schema_2020_12_tool" if !self.contact_fits() => failed("these arguments do not fit the input schema"),
            "json_schema_2020_12_tool" | "test_header_params" => text(format!("{:?}", self.params.arguments)),
            "test_echo" => match self.argument("message").and_then(Value::as_str) {
                Some(message) => text(message),
                None => failed("the argument message is missing"),
            },
            "test_client_name" => match &self.context.client_info {
                Some(info) => text(&info.name),
                None => text("nobody"),
            },
            "test_missing_capability" => text("The client declares sampling."),
            "test_tool_with_progress" => self.slow(Duration::from_millis(150), 3).await?,
            "test_slow" => {
                let seconds = self.argument("seconds").and_then(Value::as_f64).unwrap_or(10.0);
                let steps = self.argument("steps").and_then(Value::as_u64).unwrap_or(10);
                self.slow(Duration::from_secs_f64(seconds), u32::try_from(steps).unwrap_or(1)).await?
            }
            "test_logging_tool" => {
                let failed = |error: rust_mcp_sdk::error::McpSdkError| {
                    RpcError::internal_error().with_message(error.to_string())
                };
                self.runtime.log_debug("A detail".into()).await.map_err(failed)?;
                self.runtime.log_info("A message".into()).await.map_err(failed)?;
                self.runtime.log_error("A problem".into()).await.map_err(failed)?;
                text("Three messages were logged.")
            }
            "test_streaming_elicitation" => {
                self.progress(1.0, 2.0).await?;
                sleep(STEP).await;
                self.ask(&NAME, None)?
            }
            "test_input_required_result_elicitation" => self.ask(&NAME, None)?,
            "test_input_required_result_sampling" => match self.answer("capital_question") {
                Some(answer) => text(answer["content"]["text"].as_str().unwrap_or("No text.")),
                None => {
                    input_required(json!({ "capital_question": sample("What is the capital of France?", 100) }), None)
                }
            },
            "test_input_required_result_list_roots" => match self.answer("client_roots") {
                Some(answer) => text(answer["roots"].to_string()),
                None => input_required(json!({ "client_roots": roots() }), None),
            },
            "test_input_required_result_request_state" | "test_input_required_result_tampered_state" => {
                let form = Form { key: "confirm", message: "Please confirm", field: "ok", kind: "boolean" };
                match self.state()? {
                    Some(_) if form.entered(&self.params.input_responses).is_some() => text("state-ok"),
                    _ => self.ask(&form, Some("asked"))?,
                }
            }
            "test_input_required_result_multiple_inputs" => {
                let answers = ["user_name", "greeting", "client_roots"].map(|key| self.answer(key));
                match (self.state()?, answers) {
                    (Some(_), [Some(_), Some(_), Some(_)]) => text("All three were answered."),
                    _ => {
                        let (name, greeting) = (NAME.question(self.context)?, sample("Generate a greeting", 50));
                        let requests = json!({ "user_name": name, "greeting": greeting, "client_roots": roots() });
                        input_required(requests, Some(self.seal("asked")))
                    }
                }
            }
            "test_input_required_result_multi_round" => {
                let first = Form { key: "step1", message: "Step 1: What is your name?", field: "name", kind: "string" };
                let message = "Step 2: What is your favorite color?";
                let second = Form { key: "step2", message, field: "color", kind: "string" };
                let answers = &self.params.input_responses;
                match self.state()?.as_deref() {
                    Some("step2") => self.ask(&second, Some("step2"))?,
                    Some("step1") if first.entered(answers).is_some() => self.ask(&second, Some("step2"))?,
                    _ => self.ask(&first, Some("step1"))?,
                }
            }
            "test_input_required_result_capabilities" => self.whatever_is_declared()?,
            other => return Err(RpcError::invalid_params().with_message(format!("no tool {other}"))),
        })
    }

    fn argument(&self, name: &str) -> Option<&Value> {
        self.params.arguments.as_ref()?.get(name)
    }

    /// What `if`, `then` and `else` of the schema say: the SDK leaves the check of arguments to the tool.
    fn contact_fits(&self) -> bool {
        let phone = self.argument("contactMethod").is_some_and(|method| method == "phone");
        self.argument(if phone { "phone" } else { "email" }).is_some()
    }

    fn answer(&self, name: &str) -> Option<Value> {
        answer(&self.params.input_responses, name)
    }

    /// A state for this tool alone.
    fn seal(&self, step: &str) -> String {
        STATES.encode_str(&format!("{} {step}", self.params.name))
    }

    /// The step in the state that came back; an error when this tool did not give it.
    fn state(&self) -> Result<Option<String>, RpcError> {
        let Some(given) = &self.params.request_state else { return Ok(None) };
        let step = STATES
            .decode_str(given)
            .and_then(|state| state.strip_prefix(&self.params.name).map(|step| step.trim_start().to_owned()));
        step.map(Some).ok_or_else(|| RpcError::invalid_params().with_message("this requestState was not given here"))
    }

    /// Says what the user entered, or asks for it.
    fn ask(&self, form: &Form<'_>, step: Option<&str>) -> Result<ServerResult, RpcError> {
        if let Some(entered) = form.entered(&self.params.input_responses) {
            return Ok(text(format!("Hello, {entered}!")));
        }
        if self.answer(form.key).is_some_and(|answer| answer["action"] != "accept") {
            return Ok(text("The user does not want to tell."));
        }
        Ok(input_required(json!({ form.key: form.question(self.context)? }), step.map(|step| self.seal(step))))
    }

    /// Asks only for what the client declares.
    fn whatever_is_declared(&self) -> Result<ServerResult, RpcError> {
        let declared = &self.context.client_capabilities;
        Ok(if self.answer("greeting").is_some() {
            text("Thank you.")
        } else if declared.sampling.is_some() {
            input_required(json!({ "greeting": sample("Generate a greeting", 50) }), None)
        } else if declared.elicitation.is_some() {
            self.ask(&NAME, None)?
        } else {
            text("Nothing can be asked.")
        })
    }

    /// Takes so long, in so many steps.
    async fn slow(&self, time: Duration, steps: u32) -> Result<ServerResult, RpcError> {
        for step in 1..=steps {
            self.progress(step.into(), steps.into()).await?;
            sleep(time / steps).await;
        }
        Ok(text("The work is done."))
    }

    async fn progress(&self, done: f64, of: f64) -> Result<(), RpcError> {
        let token = self.context.progress_token.clone();
        let reported = self.runtime.report_progress(token, done, Some(of), None).await;
        reported.map_err(|error| RpcError::internal_error().with_message(error.to_string()))
    }
}

fn failed(message: &str) -> ServerResult {
    let content = [json!({ "type": "text", "text": message })];
    ServerResult::CallToolResult(complete(json!({ "content": content, "isError": true })))
}
