//! The tools.

use std::sync::LazyLock;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::*;
use rmcp::service::ElicitationError;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::asking::{Contact, Form, NAME, defaults, enums, needs, roots, sample, sampling};
use crate::changes::{Change, Changes};
use crate::tasks;
use crate::{Context, Server, refused, typed};

pub const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
const STEP: Duration = Duration::from_millis(50);
/// How long the state lives that says so.
const SHORT: Duration = Duration::from_millis(150);

/// Signs the state that travels with the client.
static STATES: LazyLock<RequestStateCodec> = LazyLock::new(|| RequestStateCodec::new([7; 32]));

/// Whether a request is of the revisions without a handshake.
pub fn is_stateless(context: &Context) -> bool {
    context.protocol_version().is_some_and(|version| version.as_str() >= "2026-07-28")
}

pub fn list(stateless: bool, changes: &Changes) -> Vec<Tool> {
    let tool = |name: &str, schema: Value| {
        let about = format!("The tool {name}");
        Tool::new(name.to_owned(), about, typed::<JsonObject>(schema))
            .with_annotations(ToolAnnotations::new().read_only(true))
    };
    let takes = |name: &str, properties: Value, required: &[&str]| {
        tool(name, json!({ "type": "object", "properties": properties, "required": required }))
    };
    let string = json!({ "type": "string" });
    let headers = json!({
        "region": { "type": "string", "x-mcp-header": "Region" },
        "priority": { "type": "integer", "x-mcp-header": "Priority" },
        "verbose": { "type": "boolean", "x-mcp-header": "Verbose" },
        "query": string,
    });
    let weather = json!({
        "type": "object",
        "properties": { "temperature": { "type": "number" }, "conditions": string },
        "required": ["temperature", "conditions"],
    });
    let slow = json!({ "seconds": { "type": "number" }, "steps": { "type": "integer" } });
    let mut plain = vec![
        "test_simple_text",
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
        "test_error_handling",
        "test_tool_with_progress",
        "test_trigger_tool_change",
        "test_trigger_prompt_change",
        "test_trigger_resource_change",
        "test_trigger_resource_update",
    ];
    let mut all = vec![
        takes("test_echo", json!({ "message": string }), &["message"]),
        takes("test_slow", slow, &[]),
        tool("json_schema_2020_12_tool", keywords()),
        takes("test_structured_output", json!({}), &[]).with_raw_output_schema(typed(weather)),
    ];
    if stateless {
        all.push(takes("test_header_params", headers, &["region"]));
        plain.extend([
            "test_logging_tool",
            "test_client_name",
            "test_missing_capability",
            "test_streaming_elicitation",
            "test_close_subscriptions",
            "test_input_required_result_elicitation",
            "test_input_required_result_sampling",
            "test_input_required_result_list_roots",
            "test_input_required_result_request_state",
            "test_input_required_result_tampered_state",
            "test_input_required_result_short_state",
            "test_input_required_result_multiple_inputs",
            "test_input_required_result_multi_round",
            "test_input_required_result_capabilities",
        ]);
    } else {
        all.push(takes("test_sampling", json!({ "prompt": string }), &["prompt"]));
        all.push(takes("test_elicitation", json!({ "message": string }), &["message"]));
        plain.extend([
            "test_tool_with_logging",
            "test_elicitation_sep1034_defaults",
            "test_elicitation_sep1330_enums",
            "test_url_elicitation",
            "test_list_roots",
        ]);
    }
    if changes.tools.load(SeqCst) {
        plain.push("extra_tool");
    }
    // The SDK keeps tasks in the memory of the process.
    if stateless && !changes.replica {
        plain.extend(tasks::PLAIN);
        all.extend(tasks::with_arguments().map(|(name, arguments)| takes(name, arguments, &[])));
    }
    if changes.replica {
        plain.retain(|name| !name.starts_with("test_trigger_") && *name != "test_close_subscriptions");
    }
    all.extend(plain.into_iter().map(|name| takes(name, json!({}), &[])));
    all
}

fn keywords() -> Value {
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

pub type Answer = Result<CallToolResponse, ErrorData>;

fn result(content: Value) -> CallToolResponse {
    CallToolResult::success(typed(content)).into()
}

pub fn text(text: impl Into<String>) -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text(text)]).into()
}

fn failed(text: impl Into<String>) -> CallToolResponse {
    CallToolResult::error(vec![ContentBlock::text(text)]).into()
}

fn internal(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

pub fn input_required<const N: usize>(questions: [(&str, InputRequest); N], state: Option<String>) -> CallToolResponse {
    let questions = questions.into_iter().map(|(key, question)| (key.to_owned(), question)).collect();
    InputRequiredResult::new(Some(questions), state).into()
}

/// One `tools/call`.
pub struct Call<'a> {
    pub params: CallToolRequestParams,
    pub context: Context,
    pub server: &'a Server,
}

impl Call<'_> {
    pub async fn run(&self) -> Answer {
        let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
        let embedded = |uri: &str, mime: &str, text: &str| json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "text": text } });
        let stateless = is_stateless(&self.context);
        if !list(stateless, &self.server.changes).iter().any(|tool| tool.name == self.params.name) {
            return Err(refused(format!("no tool {}", self.params.name)));
        }
        Ok(match self.params.name.as_ref() {
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
                CallToolResult::structured(json!({ "temperature": 22.5, "conditions": "Partly cloudy" })).into()
            }
            "test_echo" => match self.argument("message").and_then(Value::as_str) {
                Some(message) => text(message),
                None => failed("the argument message is missing"),
            },
            "json_schema_2020_12_tool" if !self.contact_fits() => failed("these arguments do not fit the input schema"),
            "test_tool_with_progress" => self.slow(STEP * 3, 3).await?,
            "test_slow" => {
                let seconds = self.argument("seconds").and_then(Value::as_f64).unwrap_or(10.0);
                let steps = self.argument("steps").and_then(Value::as_u64).unwrap_or(10);
                self.slow(Duration::from_secs_f64(seconds.max(0.0)), u32::try_from(steps.max(1)).unwrap_or(1)).await?
            }
            "test_trigger_tool_change" => self.change(Change::Tools),
            "test_trigger_prompt_change" => self.change(Change::Prompts),
            "test_trigger_resource_change" => self.change(Change::Resources),
            "test_trigger_resource_update" => self.change(Change::Update),
            _ if stateless => return self.run_stateless().await,
            _ => return self.run_in_session().await,
        })
    }

    /// The tools of the revisions with a handshake.
    async fn run_in_session(&self) -> Answer {
        let peer = &self.context.peer;
        let argument = |name: &str| {
            let given = self.argument(name).and_then(Value::as_str);
            given.map(str::to_owned).ok_or_else(|| refused(format!("the argument {name} is missing")))
        };
        Ok(match self.params.name.as_ref() {
            "test_tool_with_logging" => {
                for message in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
                    self.log(LoggingLevel::Info, message).await?;
                    sleep(STEP).await;
                }
                text("Three messages were logged.")
            }
            "test_sampling" => {
                needs(&self.context, json!({ "sampling": {} }))?;
                let answer = peer.create_message(sampling(&argument("prompt")?, 100)).await.map_err(internal)?;
                text(format!("LLM response: {}", json!(answer.message.content)))
            }
            "test_elicitation" => match peer.elicit::<Contact>(argument("message")?).await {
                Ok(contact) => text(format!("User response: {}", json!(contact))),
                Err(ElicitationError::UserDeclined | ElicitationError::UserCancelled) => {
                    text("The user does not want to tell.")
                }
                Err(error) => failed(error.to_string()),
            },
            "test_elicitation_sep1034_defaults" => self.show("Please review the defaults", defaults()).await?,
            "test_elicitation_sep1330_enums" => self.show("Please choose", enums()).await?,
            "test_url_elicitation" => {
                needs(&self.context, json!({ "elicitation": { "url": {} } }))?;
                let id = format!("visit-{}", self.context.id);
                let params = json!({ "mode": "url", "message": "Please open this page",
                    "url": "https://example.com/page", "elicitationId": id });
                let answer = peer.create_elicitation(typed(params)).await.map_err(internal)?;
                text(format!("User response: {}", json!(answer)))
            }
            "test_list_roots" => {
                needs(&self.context, json!({ "roots": {} }))?;
                text(json!(peer.list_roots().await.map_err(internal)?).to_string())
            }
            _ => text(format!("{:?}", self.params.arguments)),
        })
    }

    /// The tools of 2026-07-28.
    async fn run_stateless(&self) -> Answer {
        let answers = &self.params.input_responses;
        Ok(match self.params.name.as_ref() {
            "test_client_name" => text(self.context.client_info().map_or("nobody".into(), |client| client.name)),
            "test_missing_capability" => {
                needs(&self.context, json!({ "sampling": {} }))?;
                text("The client declares sampling.")
            }
            "test_logging_tool" => {
                self.log(LoggingLevel::Debug, "A detail").await?;
                self.log(LoggingLevel::Info, "A message").await?;
                self.log(LoggingLevel::Error, "A problem").await?;
                text("Three messages were logged.")
            }
            "test_close_subscriptions" => {
                self.server.changes.close();
                text("Every subscription is closed.")
            }
            "test_streaming_elicitation" => {
                self.progress(1.0, 2.0).await?;
                sleep(STEP).await;
                self.ask(&NAME, None)?
            }
            "test_input_required_result_elicitation" => self.ask(&NAME, None)?,
            "test_input_required_result_sampling" => match self.answer("capital_question") {
                Some(answer) => text(answer["content"]["text"].to_string()),
                None => {
                    needs(&self.context, json!({ "sampling": {} }))?;
                    input_required([("capital_question", sample("What is the capital of France?", 100))], None)
                }
            },
            "test_input_required_result_list_roots" => match self.answer("client_roots") {
                Some(answer) => text(answer["roots"].to_string()),
                None => {
                    needs(&self.context, json!({ "roots": {} }))?;
                    input_required([("client_roots", roots())], None)
                }
            },
            "test_input_required_result_request_state"
            | "test_input_required_result_tampered_state"
            | "test_input_required_result_short_state" => {
                let form = Form { key: "confirm", message: "Please confirm", field: "ok", kind: "boolean" };
                match self.state()? {
                    Some(_) if form.entered(answers).is_some() => text("state-ok"),
                    _ => self.ask(&form, Some("asked"))?,
                }
            }
            "test_input_required_result_multiple_inputs" => {
                match (self.state()?, ["user_name", "greeting", "client_roots"].map(|key| self.answer(key))) {
                    (Some(_), [Some(_), Some(_), Some(_)]) => text("All three were answered."),
                    _ => {
                        needs(&self.context, json!({ "sampling": {}, "roots": {} }))?;
                        let name = NAME.question(&self.context)?;
                        let greeting = sample("Generate a greeting", 50);
                        let questions = [("user_name", name), ("greeting", greeting), ("client_roots", roots())];
                        input_required(questions, Some(self.seal("asked")))
                    }
                }
            }
            "test_input_required_result_multi_round" => {
                let first = Form { key: "step1", message: "Step 1: What is your name?", field: "name", kind: "string" };
                let message = "Step 2: What is your favorite color?";
                let second = Form { key: "step2", message, field: "color", kind: "string" };
                match self.state()?.as_deref() {
                    Some("step2") => self.ask(&second, Some("step2"))?,
                    Some("step1") if first.entered(answers).is_some() => self.ask(&second, Some("step2"))?,
                    _ => self.ask(&first, Some("step1"))?,
                }
            }
            "test_input_required_result_capabilities" => {
                let declared = self.context.client_capabilities().unwrap_or_default();
                if self.answer("greeting").is_some() {
                    text("Thank you.")
                } else if declared.sampling.is_some() {
                    input_required([("greeting", sample("Generate a greeting", 50))], None)
                } else if declared.elicitation.is_some() {
                    self.ask(&NAME, None)?
                } else {
                    text("Nothing can be asked.")
                }
            }
            name if tasks::has(name) => tasks::run(self).await?,
            _ => text(format!("{:?}", self.params.arguments)),
        })
    }

    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.params.arguments.as_ref()?.get(name)
    }

    /// What `if`, `then` and `else` of the schema say: the SDK leaves the check of arguments to such a tool.
    fn contact_fits(&self) -> bool {
        let phone = self.argument("contactMethod").is_some_and(|method| method == "phone");
        self.argument(if phone { "phone" } else { "email" }).is_some()
    }

    fn change(&self, change: Change) -> CallToolResponse {
        self.server.changes.make(change);
        text("It has changed.")
    }

    /// Shows the user a form, within the call.
    async fn show(&self, message: &str, schema: Value) -> Answer {
        needs(&self.context, json!({ "elicitation": { "form": {} } }))?;
        let params = json!({ "mode": "form", "message": message, "requestedSchema": schema });
        let answer = self.context.peer.create_elicitation(typed(params)).await.map_err(internal)?;
        Ok(text(format!("User response: {}", json!(answer))))
    }

    fn answer(&self, key: &str) -> Option<&Value> {
        self.params.input_responses.as_ref()?.get(key).filter(|answer| answer.is_object())
    }

    fn lives(&self) -> SealOptions<'_> {
        let options = SealOptions::new().associated_data(self.params.name.as_bytes());
        if self.params.name.ends_with("_short_state") { options.ttl(SHORT) } else { options }
    }

    /// A state for this tool alone.
    fn seal(&self, step: &str) -> String {
        STATES.seal_with(step.as_bytes(), &self.lives())
    }

    /// The step in the state that came back; an error when this tool did not give it.
    fn state(&self) -> Result<Option<String>, ErrorData> {
        let Some(given) = &self.params.request_state else { return Ok(None) };
        let step = STATES.open_with(given, self.params.name.as_bytes()).map_err(|error| refused(error.to_string()))?;
        Ok(Some(String::from_utf8_lossy(&step).into_owned()))
    }

    /// Says what the user entered, or asks for it.
    fn ask(&self, form: &Form<'_>, step: Option<&str>) -> Answer {
        if let Some(entered) = form.entered(&self.params.input_responses) {
            return Ok(text(format!("Hello, {entered}!")));
        }
        if self.answer(form.key).is_some_and(|answer| answer["action"] != "accept") {
            return Ok(text("The user does not want to tell."));
        }
        let questions = [(form.key.to_owned(), form.question(&self.context)?)].into();
        let mut result = InputRequiredResult::new(Some(questions), step.map(|step| self.seal(step)));
        if self.params.name.ends_with("_short_state") {
            result.meta = Some(typed(json!({ "assay/stateTtlMs": 150 })));
        }
        Ok(result.into())
    }

    /// Logs a message, if the client wants those of its level.
    async fn log(&self, level: LoggingLevel, message: &str) -> Result<(), ErrorData> {
        let stateless = is_stateless(&self.context);
        let least = if stateless { self.context.meta.log_level() } else { Some(self.server.session.level()) };
        if least.is_none_or(|least| (level as u8) < (least as u8)) {
            return Ok(());
        }
        let message = LoggingMessageNotificationParam::new(level, json!(message));
        self.context.peer.notify_logging_message(message).await.map_err(internal)
    }

    /// Takes so long, in so many steps; stops when it is cancelled.
    async fn slow(&self, time: Duration, steps: u32) -> Answer {
        for step in 1..=steps {
            tokio::select! {
                () = self.context.ct.cancelled() => {
                    self.server.changes.cancelled.fetch_add(1, SeqCst);
                    return Ok(failed("The call was cancelled."));
                }
                () = sleep(time / steps) => self.progress(step.into(), steps.into()).await?,
            }
        }
        Ok(text("The work is done."))
    }

    async fn progress(&self, done: f64, of: f64) -> Result<(), ErrorData> {
        let Some(token) = self.context.meta.get_progress_token() else { return Ok(()) };
        let progress = ProgressNotificationParam::new(token, done).with_total(of);
        self.context.peer.notify_progress(progress).await.map_err(internal)
    }
}
