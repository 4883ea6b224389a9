//! `crates-rust-mcp-sdk stdio` or `crates-rust-mcp-sdk http PORT`: an everything-server, by the names of
//! scenarios/contract.yaml. This release of the SDK speaks 2026-07-28 and nothing older.

mod offered;
mod tools;

use std::result::Result; // not the SDK's
use std::sync::Arc;

use async_trait::async_trait;
use rust_mcp_axum::{AxumServerOptions, create_axum_server};
use rust_mcp_sdk::error::SdkResult;
use rust_mcp_sdk::mcp_server::{McpServerOptions, ServerHandler, server_runtime};
use rust_mcp_sdk::schema::*;
use rust_mcp_sdk::tool_param_headers::{ToolParamHeader, annotations_for_tool};
use rust_mcp_sdk::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use tools::Call;

/// One of the SDK's types, written as JSON.
fn typed<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).expect("what this file writes fits the SDK's schema")
}

/// A result with all the members that its type asks for.
fn complete<T: DeserializeOwned>(mut json: Value) -> T {
    json["resultType"] = json!("complete");
    typed(json)
}

/// A list, which may be cached.
fn list<T: DeserializeOwned>(name: &str, items: Value) -> T {
    complete(json!({ name: items, "ttlMs": 1000, "cacheScope": "public" }))
}

/// Every list fits on its first page, so no cursor was ever given.
fn first_page(params: &Option<PaginatedRequestParams>) -> Result<(), RpcError> {
    match params.as_ref().and_then(|params| params.cursor.as_ref()) {
        Some(_) => Err(RpcError::invalid_params().with_message("this cursor was not given here")),
        None => Ok(()),
    }
}

struct Server;

type Runtime = Arc<dyn McpServer>;
type Answer<T> = Result<T, RpcError>;

#[async_trait]
impl ServerHandler for Server {
    fn required_capabilities_for_tool_call(&self, tool: &str) -> Vec<RequiredClientCapability> {
        tools::required(tool)
    }

    fn tool_header_annotations(&self, tool: &str) -> Vec<ToolParamHeader> {
        let tools: Vec<Tool> = typed(tools::list());
        tools.iter().find(|each| each.name == tool).and_then(annotations_for_tool).unwrap_or_default()
    }

    async fn handle_list_tools_request(
        &self,
        params: Option<PaginatedRequestParams>,
        _: &RequestContext,
        _: Runtime,
    ) -> Answer<ListToolsResult> {
        first_page(&params)?;
        Ok(list("tools", tools::list()))
    }

    async fn handle_call_tool_request_mrtr(
        &self,
        params: CallToolRequestParams,
        context: &RequestContext,
        runtime: Runtime,
    ) -> Answer<ServerResult> {
        Call { params, context, runtime }.run().await
    }

    async fn handle_list_resources_request(
        &self,
        params: Option<PaginatedRequestParams>,
        _: &RequestContext,
        _: Runtime,
    ) -> Answer<ListResourcesResult> {
        first_page(&params)?;
        Ok(list("resources", offered::resources()))
    }

    async fn handle_list_resource_templates_request(
        &self,
        params: Option<PaginatedRequestParams>,
        _: &RequestContext,
        _: Runtime,
    ) -> Answer<ListResourceTemplatesResult> {
        first_page(&params)?;
        Ok(list("resourceTemplates", offered::templates()))
    }

    async fn handle_read_resource_request(
        &self,
        params: ReadResourceRequestParams,
        _: &RequestContext,
        _: Runtime,
    ) -> Answer<ServerResult> {
        let Some(content) = offered::read(&params.uri) else {
            let error = RpcError::invalid_params().with_message(format!("no resource {}", params.uri));
            return Err(error.with_data(Some(json!({ "uri": params.uri }))));
        };
        Ok(ServerResult::ReadResourceResult(list("contents", json!([content]))))
    }

    async fn handle_list_prompts_request(
        &self,
        params: Option<PaginatedRequestParams>,
        _: &RequestContext,
        _: Runtime,
    ) -> Answer<ListPromptsResult> {
        first_page(&params)?;
        Ok(list("prompts", offered::prompts()))
    }

    async fn handle_get_prompt_request(
        &self,
        params: GetPromptRequestParams,
        context: &RequestContext,
        _: Runtime,
    ) -> Answer<ServerResult> {
        offered::prompt(params, context)
    }

    async fn handle_complete_request(
        &self,
        params: CompleteRequestParams,
        _: &RequestContext,
        _: Runtime,
    ) -> Answer<CompleteResult> {
        let values = offered::completions(&params)?;
        Ok(complete(json!({ "completion": { "values": values } })))
    }
}

#[tokio::main]
async fn main() -> SdkResult<()> {
    let server_details = ServerDetails {
        server_info: typed(json!({ "name": "crates-rust-mcp-sdk", "version": "1.0.0" })),
        capabilities: typed(json!({ "tools": {}, "resources": {}, "prompts": {}, "completions": {}, "logging": {} })),
        instructions: None,
        meta: None,
    };
    let handler = Server.to_mcp_server_handler();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [http, port] if http == "http" => {
            let port = port.parse().expect("a port");
            let options = AxumServerOptions { host: "127.0.0.1".into(), port, ..Default::default() };
            create_axum_server(server_details, handler, options)
                .start()
                .await
                .map_err(|error| RpcError::internal_error().with_message(error.to_string()).into())
        }
        _ => {
            let transport = StdioTransport::new(TransportOptions::default())?;
            let options = McpServerOptions { server_details, transport, handler, message_observer: None };
            server_runtime::create_server(options).start().await
        }
    }
}
