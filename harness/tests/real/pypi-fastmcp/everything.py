"""What the everything-server contract asks, as far as FastMCP offers it: `everything.py stdio|http PORT`.

FastMCP knows no subscriptions, in either era, and turns the error that asks for a visit to a URL into a failure of the tool.
"""

import json
import sys
from base64 import b64decode
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
import uvicorn
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.prompts import Message
from fastmcp.resources import TextResource
from fastmcp.server.event_store import EventStore
from fastmcp.tools import Tool, ToolResult
from jsonschema import Draft202012Validator
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    AudioContent,
    Completion,
    EmbeddedResource,
    ImageContent,
    PromptListChangedNotification,
    ResourceListChangedNotification,
    TextResourceContents,
    ToolListChangedNotification,
)
from pydantic import BaseModel, Field
from shared import asking
from shared.content import KEYWORDS, PNG, WAV

HERE = Path(__file__).resolve().parent


class Keywords(Tool):
    """FastMCP makes schemas from signatures; what comes in under another one is for the tool to check."""

    async def run(self, arguments: dict) -> ToolResult:
        for error in Draft202012Validator(KEYWORDS).iter_errors(arguments):
            raise ToolError(error.message)
        return ToolResult("The arguments are valid.")


server = FastMCP("pypi-fastmcp-everything", version="1.0.0", list_page_size=5)
what = "Has an input schema with keywords of JSON Schema 2020-12."
server.add_tool(Keywords(name="json_schema_2020_12_tool", description=what, parameters=KEYWORDS))
tool = partial(server.tool, output_schema=None)
look = partial(tool, annotations={"readOnlyHint": True})
for fn in asking.tools:
    tool()(fn)
server.prompt()(asking.test_input_required_result_prompt)


# Content


def embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


@look()
def test_simple_text() -> str:
    """Returns one text."""
    return "This is a simple text response for testing."


@look()
def test_echo(message: Annotated[str, Field(max_length=65536)]) -> str:
    """Returns the message it is given."""
    return message


@look()
def test_image_content() -> ImageContent:
    """Returns an image."""
    return ImageContent(data=PNG, mime_type="image/png")


@look()
def test_audio_content() -> AudioContent:
    """Returns a sound."""
    return AudioContent(data=WAV, mime_type="audio/wav")


@look()
def test_embedded_resource() -> EmbeddedResource:
    """Returns a resource with its content."""
    return embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")


@look()
def test_multiple_content_types() -> list:
    """Returns a text, an image and a resource."""
    data = embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
    return ["Multiple content types test:", test_image_content(), data]


@look()
def test_error_handling() -> str:
    """Always fails."""
    raise ToolError("This tool intentionally returns an error for testing")


@look()
def test_tuple(pair: tuple[str, int]) -> str:
    """Takes a pair: a name and a count."""
    return "This is a pair."


class Weather(BaseModel):
    location: str
    temperature: float
    conditions: str


@server.tool(annotations={"readOnlyHint": True})
def test_structured_output(location: str = "Nowhere") -> Weather:
    """Returns made-up weather as structured content."""
    return Weather(location=location, temperature=22.5, conditions="Partly cloudy")


@look()
def test_header_params(
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
    priority: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Priority"})] = 0,
) -> str:
    """Returns its arguments, which travel in headers too."""
    return f"{region} {priority}"


# Progress, logging, cancellation, reconnection

activity = {"running": 0, "completed": 0, "cancelled": 0}


@look()
async def test_tool_with_progress(ctx: Context) -> str:
    """Reports progress three times."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
        await anyio.sleep(0.05)
    return "Progress was reported three times."


@look()
async def test_tool_with_logging(ctx: Context) -> str:
    """Sends three log messages."""
    for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(message)
        await anyio.sleep(0.05)
    return "Three messages were logged."


@look()
async def test_logging_tool(ctx: Context) -> str:
    """Sends one log message of every level, the least severe first."""
    for level in ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"):
        await ctx.log(f"A message of level {level}", level=level)
    return "One message of every level was logged."


@look()
async def test_slow(ctx: Context, seconds: float = 10, steps: int = 10) -> str:
    """Takes the given time, in so many steps, with progress at each."""
    activity["running"] += 1
    end = "cancelled"
    try:
        for step in range(1, steps + 1):
            await anyio.sleep(seconds / steps)
            await ctx.report_progress(step, steps)
        end = "completed"
    finally:
        activity["running"] -= 1
        activity[end] += 1
    return f"Done after {steps} steps."


@look()
async def test_reconnection(ctx: Context) -> str:
    """Ends the connection before the result; resume the stream to get it."""
    await ctx.close_sse_stream()
    await anyio.sleep(0.05)
    return "The stream was resumed."


# Changes. Triggering one twice undoes it.


def test_extra_tool() -> str:
    """Comes and goes."""
    return "This tool is here for the moment."


def test_extra_prompt() -> str:
    """Comes and goes."""
    return "This prompt is here for the moment."


async def changed(ctx: Context, notification) -> str:
    if ctx.session.protocol_version < "2026-07-28":
        await ctx.session.send_notification(notification)
    return "The list changed."


@tool()
async def test_trigger_tool_change(ctx: Context) -> str:
    """Adds an extra tool to the list, or takes it away again."""
    if any(known.name == "test_extra_tool" for known in await server.list_tools()):
        server.local_provider.remove_tool("test_extra_tool")
    else:
        server.add_tool(test_extra_tool)
    return await changed(ctx, ToolListChangedNotification())


@tool()
async def test_trigger_prompt_change(ctx: Context) -> str:
    """Adds an extra prompt to the list, or takes it away again."""
    if any(known.name == "test_extra_prompt" for known in await server.list_prompts()):
        server.local_provider.remove_prompt("test_extra_prompt")
    else:
        server.prompt()(test_extra_prompt)
    return await changed(ctx, PromptListChangedNotification())


@tool()
async def test_trigger_resource_change(ctx: Context) -> str:
    """Adds an extra resource to the list, or takes it away again."""
    if any(str(known.uri) == "test://extra" for known in await server.list_resources()):
        server.local_provider.remove_resource("test://extra")
    else:
        server.add_resource(TextResource(uri="test://extra", name="extra", text="Here for the moment."))
    return await changed(ctx, ResourceListChangedNotification())


# Resources, prompts, completion


@server.resource("test://watched-resource", mime_type="text/plain")
def watched() -> str:
    """Would change, if it could say so."""
    return "Version 0"


@server.resource("test://static-text", mime_type="text/plain")
def static_text() -> str:
    """A text that never changes."""
    return "This is the content of the static text resource."


@server.resource("test://static-binary", mime_type="image/png")
def static_binary() -> bytes:
    """An image that never changes."""
    return b64decode(PNG)


@server.resource("test://activity", mime_type="application/json")
def activity_counts() -> str:
    """How many slow calls run, completed and were cancelled."""
    return json.dumps(activity)


@server.resource("test://broken", mime_type="text/plain")
def broken() -> str:
    """Can never be read: the server fails inside."""
    raise RuntimeError("the store of this resource cannot be read")


@server.resource(f"{HERE.as_uri()}/requirements.txt", mime_type="text/plain")
def requirements() -> str:
    """A file in the only folder that is served."""
    return (HERE / "requirements.txt").read_text()


@server.resource(f"{HERE.as_uri()}/{{path*}}", mime_type="text/plain")
def file(path: str) -> str:
    """Any file in the only folder that is served."""
    return (HERE / path).read_text()


@server.resource("test://template/{id}/data", mime_type="application/json")
def template(id: str) -> str:
    """Made-up data for any id."""
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


@server.prompt()
def test_simple_prompt() -> str:
    """One message without arguments."""
    return "This is a simple prompt for testing."


@server.prompt()
def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """Puts two arguments into a text."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


@server.prompt()
def test_prompt_with_embedded_resource(resourceUri: str) -> list:
    """Embeds a resource."""
    resource = embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
    return [Message(resource), Message("Please process the embedded resource above.")]


@server.prompt()
def test_prompt_with_image() -> list:
    """Carries an image."""
    return [Message(test_image_content()), Message("Please analyze the image above.")]


@server.prompt()
def test_broken_prompt(topic: str) -> str:
    """Can never be got: the server fails inside."""
    raise RuntimeError("the store of this prompt cannot be read")


@server.completion()
async def complete(ref, argument, context) -> Completion:
    """The ids of the template are more than fit into one result."""
    known = {"test://template/{id}/data": {"id": [str(id) for id in range(250)]}}
    for prompt in await server.list_prompts():
        known[prompt.name] = {each.name: ["test", "testValue1", "testValue2"] for each in prompt.arguments}
    name = ref.name if ref.type == "ref/prompt" else ref.uri
    if argument.name not in known.get(name, {}):
        raise MCPError(INVALID_PARAMS, f"there is no {argument.name} of {name}")
    if name == "test_broken_prompt":
        raise RuntimeError("the store of this prompt cannot be read")
    values = [value for value in known[name][argument.name] if value.startswith(argument.value)]
    return Completion(values=values[:100], total=len(values), has_more=len(values) > 100)


if sys.argv[1] == "http":
    app = server.http_app(event_store=EventStore(), retry_interval=100)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]))
else:
    server.run("stdio", show_banner=False)
