//! Waiting for the spans that the IUT exports.

use serde_json::Value;

use super::run::{Run, Stop};
use crate::action::Within;
use crate::otlp::parent_of;
use crate::transcript::What;

impl Run<'_> {
    /// Waits for the span that follows from a request, by the `traceparent` that was sent with it, or else by the task that it
    /// is about; that there is none says a check.
    pub(super) async fn collect(&self, stream: &str, within: Option<Within>) -> Result<(), Stop> {
        let nobody =
            "nobody collects traces: give --otlp-listen, and point OTEL_EXPORTER_OTLP_ENDPOINT of the server at it";
        let collector = self.target.collector.as_ref().ok_or_else(|| Stop::Iut(nobody.to_owned()))?;
        let shown = self.view_of(stream);
        let sent = shown.pointer("/request/params/_meta/traceparent").and_then(Value::as_str);
        let task = shown.pointer("/request/params/taskId").and_then(Value::as_str);
        let deadline = self.patience.until(within.map(|within| within.0));
        let collected = match (sent.and_then(parent_of), task) {
            (Some((trace, parent)), _) => self.patience.wait(collector.of_trace(trace, parent, deadline)).await,
            (None, Some(task)) => self.patience.wait(collector.of_task(task, deadline)).await,
            (None, None) => {
                let without = "was sent with neither a `traceparent` nor a `taskId`";
                return Err(Stop::Harness(format!("the request on `{stream}` {without}")));
            }
        };
        let actor = shown.pointer("/actor").and_then(Value::as_str).unwrap_or_default();
        let what = What::Traced { exported: collected.exported, spans: collected.spans };
        self.stage.recorder.append(actor, Some(stream), what);
        Ok(())
    }
}
