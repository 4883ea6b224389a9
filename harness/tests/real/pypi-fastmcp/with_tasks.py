"""`python with_tasks.py http PORT` or `python with_tasks.py stdio`: the fixtures for tasks of the extension."""

import asyncio
import sys
from datetime import timedelta

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.utilities.tasks import TaskConfig
from fastmcp_tasks import TasksExtension
from mcp import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult

server = FastMCP("pypi-fastmcp-tasks", version="1.0.0")
server.add_extension(TasksExtension())
OPTIONAL = TaskConfig(mode="optional", poll_interval=timedelta(milliseconds=100))
REQUIRED = TaskConfig(mode="required", poll_interval=timedelta(milliseconds=100))


@server.tool()
def greet(name: str = "World") -> str:
    """Greets, at once."""
    return f"Hello, {name}!"


@server.tool(task=OPTIONAL)
async def slow_compute(seconds: float = 1, label: str = "") -> str:
    """Takes its time."""
    await asyncio.sleep(seconds)
    return f"Computed {label}."


@server.tool(task=REQUIRED)
async def failing_job() -> str:
    """Fails as a tool does."""
    await asyncio.sleep(0.2)
    raise ToolError("this job always fails")


@server.tool(task=REQUIRED)
async def protocol_error_job() -> str:
    """Fails as a request does."""
    await asyncio.sleep(0.2)
    raise MCPError(code=1050, message="this job fails without a result")


@server.tool(task=OPTIONAL)
async def test_task_steady() -> str:
    """The same both ways."""
    await asyncio.sleep(0.1)
    return "The work is done."


@server.tool(task=OPTIONAL)
async def test_task_failure() -> str:
    """Fails as a request does, both ways."""
    raise MCPError(code=1050, message="it never works", data={"why": "it is made so"})


def question(message: str, kind: str) -> ElicitRequest:
    schema = {"type": "object", "properties": {"answer": {"type": kind}}, "required": ["answer"]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


@server.tool(task=REQUIRED)
async def confirm_delete(ctx: Context, filename: str = "assay.txt"):
    """Asks before it does nothing."""
    if not ctx.input_responses:
        return InputRequiredResult(input_requests={"confirm": question(f"Delete {filename}?", "boolean")}, request_state="1")
    return "It would be deleted now."


@server.tool(task=REQUIRED)
async def multi_input(ctx: Context):
    """Asks two questions at once."""
    if not ctx.input_responses:
        asked = {"name": question("What is your name?", "string"), "confirm": question("Is it?", "boolean")}
        return InputRequiredResult(input_requests=asked, request_state="1")
    return "Hello!"


@server.tool(task=REQUIRED)
async def test_task_rounds(ctx: Context):
    """Asks two questions one after the other."""
    if ctx.request_state is None:
        return InputRequiredResult(input_requests={"first": question("What is your first name?", "string")}, request_state="1")
    if ctx.request_state == "1":
        return InputRequiredResult(input_requests={"second": question("What is your second name?", "string")}, request_state="2")
    return "Hello!"


if sys.argv[1] == "http":
    server.run("http", host="127.0.0.1", port=int(sys.argv[2]), show_banner=False)
else:
    server.run("stdio", show_banner=False)
