//! Tools with parameters that HTTP headers repeat (2026-07-28).

use serde_json::{Value, json};

use super::content::text_result;
use super::tool::{Shown, Tool};
use crate::reference::core::Era;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::new("test_header_params", "Returns its arguments; some of them travel in headers too.")
            .read_only()
            .shown(Shown::In(Era::Stateless))
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
