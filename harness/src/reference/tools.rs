//! Tools (server/tools).

mod asking;
mod changes;
pub(super) mod content;
mod converse;
mod deferred;
mod events;
mod ext_tasks;
mod input;
mod keeping;
mod mirrored;
mod plain;
mod streaming;
mod tool;
mod visiting;

use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::core::{Call, Revision, Server};
use super::mrtr::Inputs;
use super::offered::Extra;
use super::pages::page;
use super::protection::GUARDED_TOOL;
use super::rpc::{Answer, Failure, INTERNAL, METHOD_NOT_FOUND};
use super::tasks::Support;
use super::{Switch, arguments, stateless, tasks};
use content::{error, text_result};
pub(super) use keeping::LastClient;
use tool::Tool;
pub(super) use tool::{ParamHeader, Request};

/// Every tool, in the order of the list. The first needs no arguments and has no effect: harnesses call it as a probe.
static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    [
        plain::tools(),
        streaming::tools(),
        asking::tools(),
        visiting::tools(),
        input::tools(),
        keeping::tools(),
        mirrored::tools(),
        changes::tools(),
        converse::tools(),
        deferred::tools(),
        ext_tasks::tools(),
        events::tools(),
    ]
    .into_iter()
    .flatten()
    .chain([Tool::new(GUARDED_TOOL, "Needs a token with more scopes than the other tools.")
        .read_only()
        .runs(|_| async { Ok(text_result("The scopes suffice.")) })])
    .chain([Tool::new("test_extra_tool", "Comes and goes with test_trigger_tool_change.")
        .read_only()
        .extra()
        .runs(|_| async { Ok(text_result("This tool is here for the moment.")) })])
    .collect()
});

/// `tools/list`.
pub(super) async fn list(call: &Call) -> Answer {
    let revision = call.revision;
    let shown = available(&call.server, revision, call.server.offers(Extra::Tool).await?)
        .filter(|tool| tool.name != converse::NAME);
    let mut all: Vec<Value> = shown.map(|tool| tool.definition(revision)).collect();
    if call.server.has(Switch::ListsInAnyOrder) {
        let by = call.server.shuffle.fetch_add(1, Ordering::SeqCst);
        let middle = usize::try_from(by).unwrap_or(0) % all.len().max(1);
        all.rotate_left(middle);
    }
    if call.server.has(Switch::ListsDifferByInstance) {
        let middle = usize::try_from(call.server.homes.member).unwrap_or(0) % all.len().max(1);
        all.rotate_left(middle);
    }
    page(call, "tools", all)
}

/// `tools/call`.
pub(super) async fn call(call: &Arc<Call>) -> Answer {
    let name = call.text("name")?;
    let extra = call.server.offers(Extra::Tool).await?;
    let tool = find(&call.server, call.revision, extra, name);
    let tool = tool.ok_or_else(|| Failure::params(format!("unknown tool: {name}")))?;
    let arguments = arguments::read(&call.method, &call.params)?;
    if !call.server.calls.admits() {
        return Err(Failure::new(INTERNAL, "too many tool calls in this second; slow down"));
    }
    let inputs = Inputs::read(call, name, &arguments)?;
    let work = async move |call: Arc<Call>| {
        if !call.server.has(Switch::ArgumentsUnchecked)
            && let Err(complaint) = tool.validate(&arguments)
        {
            return Ok(error(&format!("{}: {complaint}", tool.name)));
        }
        tool.run(Request { call, arguments, inputs }).await
    };
    let wanted = if call.revision == tasks::REVISION { tasks::wanted(call)? } else { None };
    let refused = |why: &str| Err(Failure::new(METHOD_NOT_FOUND, format!("{name} {why}")));
    match (wanted, tool.tasks) {
        (Some(_), Support::Forbidden) => refused("does not run as a task; call it without `task`"),
        (None, Support::Required) => refused("runs only as a task; call it with `task`"),
        (Some(ttl), _) => tasks::create(call, ttl, work).await,
        (None, _) => work(Arc::clone(call)).await,
    }
}

/// The parameters of a tool that HTTP headers repeat.
pub(super) fn mirrored_parameters(server: &Server, name: &str) -> &'static [ParamHeader] {
    find(server, stateless::REVISION, false, name).map_or(&[], |tool| tool.headers.as_slice())
}

/// The tools that there are, with the extra one or without.
fn available(server: &Server, revision: Revision, extra: bool) -> impl Iterator<Item = &'static Tool> {
    let protected = server.options.protection.is_some();
    let converses = server.options.converses;
    TOOLS.iter().filter(move |tool| {
        tool.is_in(revision)
            && (!tool.extra || extra)
            && (tool.name != GUARDED_TOOL || protected)
            && (tool.name != converse::NAME || converses)
    })
}

fn find(server: &Server, revision: Revision, extra: bool, name: &str) -> Option<&'static Tool> {
    available(server, revision, extra).find(|tool| tool.name == name)
}
