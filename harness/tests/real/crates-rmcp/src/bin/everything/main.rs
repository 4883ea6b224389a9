//! `everything stdio`, `everything http PORT` or `everything replica PORT`: an everything-server, by the names of
//! scenarios/contract.yaml; a replica is one of several instances, which serve every revision without sessions.

#![allow(deprecated, reason = "what 2026-07-28 deprecates is tested too")]

mod asking;
mod changes;
mod offered;
mod tasks;
mod tools;

use std::sync::Arc;

use rmcp::model::*;
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use changes::{Changes, Session};
use tasks::TASKS;
use tools::Call;

/// One of the SDK's types, written as JSON.
fn typed<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).expect("what this program writes fits the SDK's types")
}

fn refused(message: impl Into<String>) -> ErrorData {
    ErrorData::invalid_params(message.into(), None)
}

/// Every list fits on its first page, so no cursor was ever given.
fn first_page(request: &Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.as_ref().and_then(|request| request.cursor.as_ref()) {
        Some(_) => Err(refused("this cursor was not given here")),
        None => Ok(()),
    }
}

/// The server of one session, or of one request without a session.
#[derive(Clone)]
struct Server {
    changes: Arc<Changes>,
    session: Arc<Session>,
}

impl Server {
    fn new(changes: Arc<Changes>) -> Self {
        Self { changes, session: Arc::default() }
    }
}

type Context = RequestContext<RoleServer>;

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = json!({
            "tools": { "listChanged": true },
            "resources": { "listChanged": true, "subscribe": true },
            "prompts": { "listChanged": true },
            "completions": {},
            "logging": {},
        });
        if !self.changes.replica {
            capabilities["extensions"] = json!({ TASKS_EXTENSION_ID: {} });
        }
        ServerConfig::new(typed(capabilities)).with_server_info(Implementation::new("crates-rmcp-everything", "1.0.0"))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::list(true, &self.changes).into_iter().find(|tool| tool.name == name)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        first_page(&request)?;
        Ok(ListToolsResult::with_all_items(tools::list(tools::is_stateless(&context), &self.changes)))
    }

    async fn call_tool(&self, params: CallToolRequestParams, context: Context) -> Result<CallToolResponse, ErrorData> {
        Call { params, context, server: self }.run().await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        first_page(&request)?;
        Ok(ListResourcesResult::with_all_items(offered::resources(&self.changes)))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        first_page(&request)?;
        Ok(ListResourceTemplatesResult::with_all_items(vec![offered::template()]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let missing =
            || ErrorData::resource_not_found("there is no such resource", Some(json!({ "uri": request.uri })));
        let content = offered::read(&request.uri, &self.changes).ok_or_else(missing)?;
        Ok(ReadResourceResult::new(vec![typed(content)]).into())
    }

    async fn subscribe(&self, request: SubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        self.session.watch(&request.uri, true);
        Ok(())
    }

    async fn unsubscribe(&self, request: UnsubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        self.session.watch(&request.uri, false);
        Ok(())
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.changes.opened(context.peer, self.session.clone());
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.changes.listen(context).await;
        Ok(())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        first_page(&request)?;
        Ok(ListPromptsResult::with_all_items(offered::prompts(&self.changes)))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        offered::prompt(&request, &context)
    }

    async fn complete(&self, request: CompleteRequestParams, _: Context) -> Result<CompleteResult, ErrorData> {
        offered::complete(&request)
    }

    async fn get_task(&self, request: GetTaskParams, _: Context) -> Result<GetTaskResult, ErrorData> {
        Ok(GetTaskResult::new(TASKS.get_task(&request.task_id)?))
    }

    async fn update_task(&self, request: UpdateTaskParams, _: Context) -> Result<(), ErrorData> {
        TASKS.update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(&self, request: CancelTaskParams, _: Context) -> Result<(), ErrorData> {
        TASKS.cancel_task(&request.task_id)
    }

    async fn set_level(&self, request: SetLevelRequestParams, _: Context) -> Result<(), ErrorData> {
        self.session.set_level(request.level);
        Ok(())
    }
}

/// Waits until the process is told to stop, and ends the subscriptions then; what else runs is answered first.
async fn stopped(changes: Arc<Changes>) {
    if let Ok(mut told) = signal(SignalKind::terminate()) {
        told.recv().await;
        changes.close();
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let replica = arguments.first().is_some_and(|way| way == "replica");
    let changes = Arc::new(Changes::of(replica));
    match arguments.as_slice() {
        [_, port] => {
            let stopped = stopped(changes.clone());
            let build = move || Ok(Server::new(changes.clone()));
            let config = StreamableHttpServerConfig::default().with_legacy_session_mode(!replica);
            let service = StreamableHttpService::new(build, LocalSessionManager::default().into(), config);
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
            let router = axum::Router::new().nest_service("/mcp", service);
            axum::serve(listener, router).with_graceful_shutdown(stopped).await?;
        }
        _ => {
            Server::new(changes).serve(rmcp::transport::stdio()).await?.waiting().await?;
        }
    }
    Ok(())
}
