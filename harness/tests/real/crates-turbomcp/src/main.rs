//! `crates-turbomcp stdio` or `crates-turbomcp http PORT`: an everything-server, by the names of scenarios/contract.yaml.

#![allow(non_snake_case, reason = "the name of an argument is given")]

mod forms;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde_json::{Value, json};
use tokio::time::sleep;
use turbomcp::prelude::*;
use turbomcp_protocol::RichContextExt;
use turbomcp_types::{CreateMessageRequest, ElicitAction, ElicitResult, SamplingMessage};

const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
const STEP: Duration = Duration::from_millis(50);

#[derive(Clone, Default)]
struct Server {
    /// The sessions that want to know of changes to the watched resource.
    watching: Arc<Mutex<BTreeSet<String>>>,
    changes: Arc<AtomicU32>,
    cancelled: Arc<AtomicU32>,
}

#[derive(Serialize, JsonSchema)]
struct Weather {
    temperature: f64,
    conditions: String,
}

fn embedded(uri: &str, mime: &str, text: &str) -> Content {
    let (uri, mime_type, text) = (uri.into(), Some(mime.into()), text.into());
    let resource = ResourceContents::Text(TextResourceContents { uri, mime_type, text, meta: None });
    Content::Resource(EmbeddedResource { resource, annotations: None, meta: None })
}

fn said(result: McpResult<ElicitResult>) -> McpResult<String> {
    let result = result?;
    let content = result.content.filter(|_| result.action == ElicitAction::Accept);
    Ok(format!("User response: {} {}", result.action, content.unwrap_or_default()))
}

impl Server {
    fn watch(&self, ctx: &RequestContext, on: bool) {
        let mut watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        let session = ctx.session_id().unwrap_or_default();
        if on {
            watching.insert(session.to_owned())
        } else {
            watching.remove(session)
        };
    }

    fn watches(&self, ctx: &RequestContext) -> bool {
        let watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        watching.contains(ctx.session_id().unwrap_or_default())
    }
}

#[server(name = "crates-turbomcp", version = "1.0.0")]
impl Server {
    #[tool(description = "Returns one text", read_only = true)]
    async fn test_simple_text(&self) -> String {
        "This is a simple text response for testing.".into()
    }

    #[tool(description = "Returns the message it is given", read_only = true)]
    async fn test_echo(&self, message: String) -> String {
        message
    }

    #[tool(description = "Returns an image", read_only = true)]
    async fn test_image_content(&self) -> ToolResult {
        ToolResult::empty().with_image(PNG, "image/png")
    }

    #[tool(description = "Returns a sound", read_only = true)]
    async fn test_audio_content(&self) -> ToolResult {
        ToolResult::empty().with_content(Content::audio(WAV, "audio/wav"))
    }

    #[tool(description = "Returns a resource with its content", read_only = true)]
    async fn test_embedded_resource(&self) -> ToolResult {
        let text = "This is an embedded resource content.";
        ToolResult::empty().with_content(embedded("test://embedded-resource", "text/plain", text))
    }

    #[tool(description = "Returns a text, an image and a resource", read_only = true)]
    async fn test_multiple_content_types(&self) -> ToolResult {
        let data = json!({ "test": "data", "value": 123 }).to_string();
        let resource = embedded("test://mixed-content-resource", "application/json", &data);
        ToolResult::text("Multiple content types test:").with_image(PNG, "image/png").with_content(resource)
    }

    #[tool(description = "Always fails", read_only = true)]
    async fn test_error_handling(&self) -> ToolResult {
        ToolResult::error("This tool intentionally returns an error for testing")
    }

    #[tool(description = "Returns made-up weather", read_only = true)]
    async fn test_structured_output(&self, location: Option<String>) -> Json<Weather> {
        Json(Weather { temperature: 22.5, conditions: format!("Partly cloudy {}", location.unwrap_or_default()) })
    }

    #[tool(description = "Reports progress three times", read_only = true)]
    async fn test_tool_with_progress(&self, ctx: &RequestContext) -> McpResult<String> {
        for done in [0.0, 50.0, 100.0] {
            ctx.report_progress(done, Some(100.0), None).await?;
            sleep(STEP).await;
        }
        Ok("Progress was reported three times.".into())
    }

    #[tool(description = "Sends three log messages", read_only = true)]
    async fn test_tool_with_logging(&self, ctx: &RequestContext) -> McpResult<String> {
        for message in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
            ctx.info(message).await?;
            sleep(STEP).await;
        }
        Ok("Three messages were logged.".into())
    }

    #[tool(description = "Takes so long, in so many steps", read_only = true)]
    async fn test_slow(&self, seconds: Option<f64>, steps: Option<u32>, ctx: &RequestContext) -> McpResult<String> {
        let (seconds, steps) = (seconds.unwrap_or(10.0).clamp(0.0, 600.0), steps.unwrap_or(10).max(1));
        for step in 1..=steps {
            sleep(Duration::from_secs_f64(seconds / f64::from(steps))).await;
            if ctx.is_cancelled() {
                self.cancelled.fetch_add(1, SeqCst);
                return Err(McpError::cancelled("the call was cancelled"));
            }
            ctx.report_progress(step.into(), Some(steps.into()), None).await?;
        }
        Ok("The work is done.".into())
    }

    #[tool(description = "Asks the client's model", read_only = true)]
    async fn test_sampling(&self, prompt: String, ctx: &RequestContext) -> McpResult<String> {
        let messages = vec![SamplingMessage::user(prompt)];
        let request = CreateMessageRequest { messages, max_tokens: 100, ..Default::default() };
        let answer = ctx.sample(request).await?;
        Ok(format!("LLM response: {}", answer.content.as_text().unwrap_or("no text")))
    }

    #[tool(description = "Asks the user for a contact", read_only = true)]
    async fn test_elicitation(&self, message: String, ctx: &RequestContext) -> McpResult<String> {
        said(ctx.elicit_form(message, forms::contact()).await)
    }

    #[tool(description = "Shows the user a form with defaults", read_only = true)]
    async fn test_elicitation_sep1034_defaults(&self, ctx: &RequestContext) -> McpResult<String> {
        said(ctx.elicit_form("Please review the defaults", forms::defaults()).await)
    }

    #[tool(description = "Shows the user a form of choices", read_only = true)]
    async fn test_elicitation_sep1330_enums(&self, ctx: &RequestContext) -> McpResult<String> {
        said(ctx.elicit_form("Please choose", forms::enums()).await)
    }

    #[tool(description = "Sends the user to a page", read_only = true)]
    async fn test_url_elicitation(&self, ctx: &RequestContext) -> McpResult<String> {
        let id = format!("{}-visit", ctx.request_id());
        said(ctx.elicit_url("Please open this page", "https://example.com/page", id).await)
    }

    #[tool(description = "Lists the client's roots", read_only = true)]
    async fn test_list_roots(&self, ctx: &RequestContext) -> McpResult<String> {
        let roots = ctx.list_roots().await?;
        Ok(roots.into_iter().map(|root| root.uri.to_string()).collect::<Vec<_>>().join(" "))
    }

    #[tool(description = "Changes the watched resource", read_only = true)]
    async fn test_trigger_resource_update(&self, ctx: &RequestContext) -> McpResult<String> {
        self.changes.fetch_add(1, SeqCst);
        if self.watches(ctx) {
            ctx.notify_resource_updated("test://watched-resource").await?;
        }
        Ok("The resource has changed.".into())
    }

    #[tool(description = "Says that the list of tools changed", read_only = true)]
    async fn test_trigger_tool_change(&self, ctx: &RequestContext) -> McpResult<String> {
        ctx.notify_tools_list_changed().await?;
        Ok("It was said.".into())
    }

    #[tool(description = "Says that the list of prompts changed", read_only = true)]
    async fn test_trigger_prompt_change(&self, ctx: &RequestContext) -> McpResult<String> {
        ctx.notify_prompts_list_changed().await?;
        Ok("It was said.".into())
    }

    #[tool(description = "Says that the list of resources changed", read_only = true)]
    async fn test_trigger_resource_change(&self, ctx: &RequestContext) -> McpResult<String> {
        ctx.notify_resources_list_changed().await?;
        Ok("It was said.".into())
    }

    #[resource("test://static-text", mime_type = "text/plain")]
    async fn text(&self, _uri: String, _ctx: &RequestContext) -> McpResult<String> {
        Ok("This is the content of the static text resource.".into())
    }

    #[resource("test://static-binary", mime_type = "image/png")]
    async fn binary(&self, uri: String, _ctx: &RequestContext) -> McpResult<ResourceResult> {
        Ok(ResourceResult::binary(uri, PNG, "image/png"))
    }

    #[resource("test://watched-resource", mime_type = "text/plain")]
    async fn watched(&self, _uri: String, _ctx: &RequestContext) -> McpResult<String> {
        Ok(format!("Changed {} times.", self.changes.load(SeqCst)))
    }

    #[resource("test://activity", mime_type = "application/json")]
    async fn activity(&self, _uri: String, _ctx: &RequestContext) -> McpResult<String> {
        Ok(json!({ "cancelled": self.cancelled.load(SeqCst) }).to_string())
    }

    #[resource("test://template/{id}/data", mime_type = "application/json")]
    async fn template(&self, uri: String, _ctx: &RequestContext) -> McpResult<String> {
        let id = uri.trim_start_matches("test://template/").trim_end_matches("/data");
        Ok(json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") }).to_string())
    }

    #[subscribe]
    async fn subscribed(&self, uri: String, ctx: &RequestContext) -> McpResult<()> {
        if uri == "test://watched-resource" {
            self.watch(ctx, true);
        }
        Ok(())
    }

    #[unsubscribe]
    async fn unsubscribed(&self, uri: String, ctx: &RequestContext) -> McpResult<()> {
        if uri == "test://watched-resource" {
            self.watch(ctx, false);
        }
        Ok(())
    }

    #[prompt("Says one thing")]
    async fn test_simple_prompt(&self, _ctx: &RequestContext) -> McpResult<String> {
        Ok("This is a simple prompt for testing.".into())
    }

    #[prompt("Says what it is given")]
    async fn test_prompt_with_arguments(&self, arg1: String, arg2: String, _ctx: &RequestContext) -> McpResult<String> {
        Ok(format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))
    }

    #[prompt("Shows a resource")]
    async fn test_prompt_with_embedded_resource(
        &self,
        resourceUri: String,
        _ctx: &RequestContext,
    ) -> McpResult<PromptResult> {
        let resource = embedded(&resourceUri, "text/plain", "Embedded resource content for testing.");
        let shown = Message::new(Role::User, resource);
        Ok(PromptResult::new(vec![shown, Message::user("Please process the embedded resource above.")]))
    }

    #[prompt("Shows an image")]
    async fn test_prompt_with_image(&self, _ctx: &RequestContext) -> McpResult<PromptResult> {
        let shown = Message::new(Role::User, Content::image(PNG, "image/png"));
        Ok(PromptResult::new(vec![shown, Message::user("Please analyze the image above.")]))
    }

    #[completion]
    async fn complete(&self, params: Value) -> McpResult<Value> {
        let known = ["test_prompt_with_arguments", "test_prompt_with_embedded_resource"];
        let prompt = params["ref"]["name"].as_str().is_none_or(|name| known.contains(&name));
        if !prompt || params["ref"]["uri"].as_str().is_some_and(|uri| uri != "test://template/{id}/data") {
            return Err(McpError::invalid_params("there is nothing of that name to complete for"));
        }
        let begun = params["argument"]["value"].as_str().unwrap_or_default();
        let values: Vec<&str> = ["testValue1", "testValue2"].into_iter().filter(|v| v.starts_with(begun)).collect();
        Ok(json!({ "completion": { "values": values } }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [http, port] if http == "http" => Server::default().run_http(&format!("127.0.0.1:{port}")).await?,
        _ => Server::default().run_stdio().await?,
    }
    Ok(())
}
