"""What the everything-server contract asks, as far as `MCPServer` offers it: `everything.py stdio|http PORT|stateless PORT`.

`stateless` serves every revision without sessions, for one of several instances.

`MCPServer` has no way to declare logging and list changes to clients of the handshake, to serve subscriptions to
resources there, to take a resource away or to end a subscription.
"""

import json
import os
import sys
from base64 import b64decode
from functools import partial
from itertools import count
from pathlib import Path
from typing import Annotated

import anyio
import uvicorn
from jsonschema import Draft202012Validator
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.resources import TextResource
from mcp.server.mcpserver.tools import Tool
from mcp.server.request_state import RequestStateSecurity
from mcp.server.streamable_http import EventMessage, EventStore
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    AudioContent,
    CallToolResult,
    Completion,
    EmbeddedResource,
    ImageContent,
    TextContent,
    TextResourceContents,
    ToolAnnotations,
)
from pydantic import BaseModel, Field
from shared import asking
from shared.changes import Changes
from shared.content import KEYWORDS, PNG, WAV

HERE = Path(__file__).resolve().parent
STOP_SECONDS = 3  # that a call may take to its end when the process is told to stop; streams may go on for ever


def json_schema_2020_12_tool(ctx: Context) -> str:
    """Has an input schema with keywords of JSON Schema 2020-12."""
    # `MCPServer` makes schemas from signatures; what comes in under another one is for the tool to check.
    for error in Draft202012Validator(KEYWORDS).iter_errors(ctx.request_context.params.get("arguments")):
        raise ToolError(error.message)
    return "The arguments are valid."


keywords = Tool.from_function(json_schema_2020_12_tool, structured_output=False)
listed = keywords.model_copy(update={"parameters": KEYWORDS})
bus = InMemorySubscriptionBus()
security = RequestStateSecurity(keys=[os.environ["STATE_KEY"]]) if "STATE_KEY" in os.environ else None  # of all instances
server = MCPServer("pypi-mcp-2-everything", version="1.0.0", tools=[listed], subscriptions=bus, request_state_security=security)
tool = partial(server.tool, structured_output=False)
look = partial(tool, annotations=ToolAnnotations(read_only_hint=True))
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
def test_error_handling() -> CallToolResult:
    """Always fails."""
    failed = TextContent(text="This tool intentionally returns an error for testing")
    return CallToolResult(content=[failed], is_error=True)


@look()
def test_tuple(pair: tuple[str, int]) -> str:
    """Takes a pair: a name and a count."""
    return "This is a pair."


class Weather(BaseModel):
    location: str
    temperature: float
    conditions: str


@look(structured_output=True)
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
        await ctx.log(level, f"A message of level {level}")
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


# Changes. Triggering one twice undoes it, where something can be taken away at all.

numbers, version = count(1), count(1)
watched = TextResource(uri="test://watched-resource", name="watched", mime_type="text/plain", text="Version 0")
server.add_resource(watched)


def test_extra_tool() -> str:
    """Comes and goes."""
    return "This tool is here for the moment."


def test_extra_prompt() -> str:
    """Comes and goes."""
    return "This prompt is here for the moment."


async def change_tool() -> None:
    if any(known.name == "test_extra_tool" for known in await server.list_tools()):
        server.remove_tool("test_extra_tool")
    else:
        server.add_tool(test_extra_tool)
    await bus.publish(ToolsListChanged())


async def change_prompt() -> None:
    if any(known.name == "test_extra_prompt" for known in await server.list_prompts()):
        server.remove_prompt("test_extra_prompt")
    else:
        server.add_prompt(Prompt.from_function(test_extra_prompt))
    await bus.publish(PromptsListChanged())


async def change_resource() -> None:
    number = next(numbers)
    server.add_resource(TextResource(uri=f"test://extra/{number}", name=f"extra-{number}", text="Here to stay."))
    await bus.publish(ResourcesListChanged())


async def update_resource() -> None:
    watched.text = f"Version {next(version)}"
    await bus.publish(ResourceUpdated(uri="test://watched-resource"))


async def apply(change: dict) -> None:
    made = {"tool": change_tool, "prompt": change_prompt, "resource": change_resource, "update": update_resource}
    await made[change["kind"]]()


told = Changes(apply)


@tool()
async def test_trigger_tool_change() -> str:
    """Adds an extra tool to the list, or takes it away again."""
    await told.tell({"kind": "tool"})
    return "The list of tools changed."


@tool()
async def test_trigger_prompt_change() -> str:
    """Adds an extra prompt to the list, or takes it away again."""
    await told.tell({"kind": "prompt"})
    return "The list of prompts changed."


@tool()
async def test_trigger_resource_change() -> str:
    """Adds an extra resource to the list."""
    await told.tell({"kind": "resource"})
    return "The list of resources changed."


@tool()
async def test_trigger_resource_update() -> str:
    """Changes the content of test://watched-resource."""
    await told.tell({"kind": "update"})
    return "The resource changed."


# Resources, prompts, completion


@server.resource("test://static-text", mime_type="text/plain")
def static_text() -> str:
    """A text that never changes."""
    return "This is the content of the static text resource."


@server.resource("test://static-binary", mime_type="image/png")
def static_binary() -> bytes:
    """An image that never changes."""
    return b64decode(PNG)


def activity_counts() -> str:
    """How many slow calls run, completed and were cancelled."""
    return json.dumps(activity)


if sys.argv[1] != "stateless":  # what one of several instances alone knows
    server.resource("test://activity", mime_type="application/json")(activity_counts)


@server.resource("test://broken", mime_type="text/plain")
def broken() -> str:
    """Can never be read: the server fails inside."""
    raise RuntimeError("the store of this resource cannot be read")


@server.resource(f"{HERE.as_uri()}/requirements.txt", mime_type="text/plain")
def requirements() -> str:
    """A file in the only folder that is served."""
    return (HERE / "requirements.txt").read_text()


@server.resource(f"{HERE.as_uri()}/{{+path}}", mime_type="text/plain")
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
    return [resource, "Please process the embedded resource above."]


@server.prompt()
def test_prompt_with_image() -> list:
    """Carries an image."""
    return [test_image_content(), "Please analyze the image above."]


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


class Events(EventStore):
    """Keeps every event of every stream, in order."""

    def __init__(self):
        self.events = []

    async def store_event(self, stream_id, message):
        self.events.append((stream_id, message))
        return str(len(self.events))

    async def replay_events_after(self, last_event_id, send_callback):
        if not last_event_id.isdecimal() or not 0 < int(last_event_id) <= len(self.events):
            return None
        stream = self.events[int(last_event_id) - 1][0]
        for number, (stream_id, message) in enumerate(self.events, 1):
            if number > int(last_event_id) and stream_id == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


async def stateless(port: int) -> None:
    app = server.streamable_http_app(stateless_http=True)
    async with anyio.create_task_group() as group:
        group.start_soon(told.follow)
        await uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, timeout_graceful_shutdown=STOP_SECONDS)).serve()
        group.cancel_scope.cancel()


if sys.argv[1] == "http":
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]), event_store=Events(), retry_interval=100)
elif sys.argv[1] == "stateless":
    anyio.run(stateless, int(sys.argv[2]))
else:
    server.run("stdio")
