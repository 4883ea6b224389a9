//! `client URL`, or over stdio `client COMMAND`: connects and uses what the server offers. Of a session that is lost the SDK takes care itself.

#![expect(deprecated, reason = "sampling, roots and logging are still there for older revisions")]

mod authorized;
mod examples;
mod visit;

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rmcp::model::*;
use rmcp::service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt, RequestContext, RunningService};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ErrorData, RoleClient};
use serde_json::Value;

use crate::authorized::{Failure, Permission, Refusal};
use crate::visit::Visit;

const CONNECT: Duration = Duration::from_secs(20);

struct Application {
    version: ProtocolVersion,
    extensions: ExtensionCapabilities,
    listed: AtomicBool,
}

impl ClientHandler for Application {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::builder()
            .enable_sampling()
            .enable_elicitation()
            .enable_roots()
            .enable_roots_list_changed()
            .build();
        if !self.extensions.is_empty() {
            capabilities.extensions = Some(self.extensions.clone());
        }
        ClientConfig::new(capabilities, Implementation::new("fixture", "1.0.0"))
            .with_protocol_version(self.version.clone())
    }

    async fn create_message(
        &self,
        _: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let message = SamplingMessage::assistant_text("hello");
        Ok(CreateMessageResult::new(message, "fixture".to_owned())
            .with_stop_reason(CreateMessageResult::STOP_REASON_END_TURN))
    }

    /// Once they have been listed, another is opened.
    async fn list_roots(&self, context: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        let mut roots = vec![Root::new("file:///fixture")];
        if self.listed.swap(true, Ordering::Relaxed) {
            roots.push(Root::new("file:///another"));
        } else {
            tokio::spawn(async move { context.peer.notify_roots_list_changed().await });
        }
        Ok(ListRootsResult::new(roots))
    }

    /// Consents to visit secure pages only, and fills in every form.
    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        match request {
            ElicitRequestParams::FormElicitationParams { requested_schema, .. } => {
                let schema = serde_json::to_value(requested_schema).unwrap_or_default();
                let content = Value::Object(examples::filled(&schema));
                Ok(ElicitResult::new(ElicitationAction::Accept).with_content(content))
            }
            ElicitRequestParams::UrlElicitationParams { url, .. } if url.starts_with("https:") => {
                Ok(ElicitResult::new(ElicitationAction::Accept))
            }
            _ => Ok(ElicitResult::new(ElicitationAction::Decline)),
        }
    }
}

fn version() -> ProtocolVersion {
    let named = env::var("MCP_CONFORMANCE_PROTOCOL_VERSION").unwrap_or("2026-07-28".to_owned());
    serde_json::from_value(Value::String(named)).unwrap_or_default()
}

type Session = RunningService<RoleClient, Application>;

async fn connect(server: &str, permission: &Permission) -> Result<Session, Failure> {
    let version = version();
    let lifecycle = if version < ProtocolVersion::V_2026_07_28 {
        ClientLifecycleMode::Initialize
    } else {
        ClientLifecycleMode::Auto {
            preferred_versions: vec![version.clone()],
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        }
    };
    let application = Application { version, extensions: permission.extensions(), listed: AtomicBool::new(false) };
    if env::var("MCP_ASSAY_TRANSPORT").is_ok_and(|transport| transport == "stdio") {
        let mut command = tokio::process::Command::new("/bin/sh");
        command.args(["-c", &format!("exec {server}")]);
        return Ok(application.serve_with_lifecycle(TokioChildProcess::new(command)?, lifecycle).await?);
    }
    let Some(client) = permission.client.clone() else {
        return Ok(application
            .serve_with_lifecycle(StreamableHttpClientTransport::from_uri(server), lifecycle)
            .await?);
    };
    let config = StreamableHttpClientTransportConfig::with_uri(server);
    let transport = StreamableHttpClientTransport::with_client(client, config);
    Ok(application.serve_with_lifecycle(transport, lifecycle).await?)
}

/// What the server wanted to see, if that is why there was no connection.
fn challenge(failure: &Failure) -> Option<&str> {
    failure.downcast_ref().and_then(ClientInitializeError::auth_challenge)
}

async fn converse(server: &str, told: &Value) -> Result<(), Failure> {
    let mut permission = Permission::new(server, told);
    let mut connected = tokio::time::timeout(CONNECT, connect(server, &permission)).await?;
    if let Some(challenge) = connected.as_ref().err().and_then(challenge) {
        permission.get(&Refusal::first(challenge)).await?;
        connected = tokio::time::timeout(CONNECT, connect(server, &permission)).await?;
    }
    let mut session = connected?;
    Visit { session: &session, told, permission: &mut permission }.everything().await;
    session.close().await?;
    Ok(())
}

#[tokio::main]
async fn main() {
    let server = env::args().next_back().unwrap_or_default();
    let told = env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let told = serde_json::from_str(&told).unwrap_or(Value::Null);
    if let Err(error) = converse(&server, &told).await {
        eprintln!("{error}");
    }
}
