//! `client URL`: connects and uses what the server offers. Of a session that is lost the SDK takes care itself.

#![expect(deprecated, reason = "sampling, roots and logging are still there for older revisions")]

mod examples;
mod visit;

use std::env;
use std::time::Duration;

use rmcp::model::*;
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RequestContext};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, ErrorData, RoleClient};
use serde_json::Value;

const CONNECT: Duration = Duration::from_secs(10);

struct Application {
    version: ProtocolVersion,
}

impl ClientHandler for Application {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder()
            .enable_sampling()
            .enable_elicitation()
            .enable_roots()
            .enable_roots_list_changed()
            .build();
        ClientConfig::new(capabilities, Implementation::new("fixture", "1.0.0"))
            .with_protocol_version(self.version.clone())
    }

    async fn create_message(
        &self,
        _: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let message = SamplingMessage::assistant_text("hello");
        Ok(CreateMessageResult::new(message, "fixture".to_owned()).with_stop_reason(CreateMessageResult::STOP_REASON_END_TURN))
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        Ok(ListRootsResult::new(vec![Root::new("file:///fixture")]))
    }

    /// Opens no page, fills in every form.
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
            _ => Ok(ElicitResult::new(ElicitationAction::Decline)),
        }
    }
}

fn version() -> ProtocolVersion {
    let named = env::var("MCP_CONFORMANCE_PROTOCOL_VERSION").unwrap_or("2026-07-28".to_owned());
    serde_json::from_value(Value::String(named)).unwrap_or_default()
}

async fn converse(url: &str, told: &Value) -> Result<(), Box<dyn std::error::Error>> {
    let version = version();
    let lifecycle = if version < ProtocolVersion::V_2026_07_28 {
        ClientLifecycleMode::Initialize
    } else {
        ClientLifecycleMode::Auto { preferred_versions: vec![version.clone()], legacy_version: None }
    };
    let transport = StreamableHttpClientTransport::from_uri(url);
    let connected = Application { version }.serve_with_lifecycle(transport, lifecycle);
    let mut session = tokio::time::timeout(CONNECT, connected).await??;
    visit::everything(&session, told).await;
    session.close().await?;
    Ok(())
}

#[tokio::main]
async fn main() {
    let url = env::args().next_back().unwrap_or_default();
    let told = env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let told = serde_json::from_str(&told).unwrap_or(Value::Null);
    if let Err(error) = converse(&url, &told).await {
        eprintln!("{error}");
    }
}
