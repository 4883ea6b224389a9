"""Tools of everything.py that run as tasks."""

import mcp.types as t
from mcp.shared.exceptions import McpError
from tools import PACE, Tools, text


async def test_task(ctx, task=None):
    """Works for a moment, as a task or not."""
    return text("The work is done.")


async def test_task_required(ctx, task):
    """Works for a moment, only as a task."""
    return text("The work is done.")


async def test_task_error(ctx, task=None):
    """Fails as a tool does."""
    return t.CallToolResult(content=text("This tool always fails."), isError=True)


async def test_task_protocol_error(ctx, task=None):
    """Fails as a request does."""
    raise McpError(t.ErrorData(code=-32050, message="This request always fails.", data={"why": "it is made so"}))


async def test_task_elicitation(ctx, task=None):
    """Asks the user for a name."""
    form = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    if task:
        answer = await task.elicit("What is your name?", form)
    else:
        answer = await ctx.session.elicit_form("What is your name?", form, related_request_id=ctx.request_id)
    return text(f"Hello, {(answer.content or {}).get('name', 'nobody')}!")


def offer(tools: Tools) -> None:
    for run in (test_task, test_task_error, test_task_protocol_error):
        tools.add(run, reads=True, task="optional")
    tools.add(test_task_required, reads=True, task="required")
    tools.add(test_task_elicitation, task="optional")
    tools.add(tools.slow, "test_task_slow", "Takes the given time.", PACE, reads=True, task="optional")
