//! Tools with parameters that HTTP headers repeat (2026-07-28).

use serde_json::{Value, json};

use super::content::text_result;
use super::tool::Tool;
use crate::reference::core::Revision;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::new("test_header_params", "Returns its arguments; some of them travel in headers too.")
            .read_only()
            .since(Revision::V2026_07_28)
            .takes(json!({
                "type": "object",
                "properties": {
                    "region": { "type": "string", "description": "Anything", "x-mcp-header": "Region" },
                    "priority": { "type": "integer", "x-mcp-header": "Priority" },
                    "verbose": { "type": "boolean", "x-mcp-header": "Verbose" },
                    "target": {
                        "type": "object",
                        "properties": { "zone": { "type": "string", "x-mcp-header": "Zone" } },
                        "additionalProperties": false,
                    },
                    "query": { "type": "string", "description": "In no header" },
                },
                "required": ["region"],
                "additionalProperties": false,
            }))
            .runs(|request| async move { Ok(text_result(&Value::Object(request.arguments).to_string())) }),
    ]
}
