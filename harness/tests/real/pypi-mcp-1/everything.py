"""What the everything-server contract asks, on the low-level `Server`: `everything.py stdio|http PORT|redis PORT`.

`FastMCP`, which server.py stands on, offers no log level, no subscriptions, no list changes and no tasks.
"""

import json
import sys
from base64 import b64decode
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import asking
import mcp.types as t
import tasks
import uvicorn
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http import EventMessage, EventStore
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import McpError
from pydantic import AnyUrl
from shared.changes import Changes
from shared.content import KEYWORDS, PNG, WAV
from starlette.applications import Starlette
from starlette.routing import Mount
from tools import LEVELS, NOTHING, Tools, text

HERE = Path(__file__).resolve().parent
STOP_SECONDS = 3  # that a call may take to its end when the process is told to stop; streams may go on for ever


class Everything(Server):
    """A server that announces changes, and says so over HTTP too."""

    def get_capabilities(self, notification_options, experimental_capabilities):
        capabilities = super().get_capabilities(NotificationOptions(True, True, True), experimental_capabilities)
        capabilities.resources.subscribe = True
        return capabilities


server = Everything("pypi-mcp-1-everything", version="1.0.0")
tools = Tools(server)
asking.offer(tools)
if sys.argv[1] != "redis":  # the SDK's store of tasks is that of one process
    server.experimental.enable_tasks()
    tasks.offer(tools)


# Content


def embedded(uri: str, mime_type: str, body: str) -> t.EmbeddedResource:
    return t.EmbeddedResource(type="resource", resource=t.TextResourceContents(uri=uri, mimeType=mime_type, text=body))


IMAGE = t.ImageContent(type="image", data=PNG, mimeType="image/png")
SOUND = t.AudioContent(type="audio", data=WAV, mimeType="audio/wav")
RESOURCE = embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
DATA = embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
MESSAGE = {"type": "object", "properties": {"message": {"type": "string", "maxLength": 65536}}, "required": ["message"]}
PAIR = {
    "type": "array",
    "prefixItems": [{"type": "string"}, {"type": "integer"}],
    "items": False,
    "minItems": 2,
}
WEATHER = {
    "type": "object",
    "properties": {"location": {"type": "string"}, "temperature": {"type": "number"}, "conditions": {"type": "string"}},
    "required": ["location", "temperature", "conditions"],
}


def always(name: str, description: str, result, schema: dict = NOTHING) -> None:
    async def run(ctx, **arguments):
        return result

    tools.add(run, name, description, schema, reads=True)


always("test_simple_text", "Returns one text.", text("This is a simple text response for testing."))
always("test_image_content", "Returns an image.", [IMAGE])
always("test_audio_content", "Returns a sound.", [SOUND])
always("test_embedded_resource", "Returns a resource with its content.", [RESOURCE])
mixed = [*text("Multiple content types test:"), IMAGE, DATA]
always("test_multiple_content_types", "Returns a text, an image and a resource.", mixed)
always("json_schema_2020_12_tool", "Has keywords of JSON Schema 2020-12.", text("The arguments are valid."), KEYWORDS)
pair = {"type": "object", "properties": {"pair": PAIR}, "required": ["pair"]}
always("test_tuple", "Takes a pair: a name and a count.", text("This is a pair."), pair)


@tools.add
async def test_error_handling(ctx):
    """Always fails."""
    raise ValueError("This tool intentionally returns an error for testing")


@tools.taking(MESSAGE)
async def test_echo(ctx, message):
    """Returns the message it is given."""
    return text(message)


@tools.taking({"type": "object", "properties": {"location": {"type": "string"}}}, outputSchema=WEATHER)
async def test_structured_output(ctx, location="Nowhere"):
    """Returns made-up weather as structured content."""
    return {"location": location, "temperature": 22.5, "conditions": "Partly cloudy"}


@tools.add
async def test_reconnection(ctx):
    """Ends the connection before the result; resume the stream to get it."""
    if ctx.close_sse_stream:
        await ctx.close_sse_stream()
    await anyio.sleep(0.05)
    return text("The stream was resumed.")


@tools.add
async def test_end_connections(ctx):
    """Ends the connection that listens to this session; resume its stream."""
    if ctx.close_standalone_sse_stream:
        await ctx.close_standalone_sse_stream()
    return text("Whoever listened has to come back.")


@server.set_logging_level()
async def set_level(level: str) -> None:
    tools.levels[ctx_session()] = LEVELS.index(level)


def ctx_session():
    return server.request_context.session


# Changes. Triggering one twice undoes it.

extra = {"tool": False, "prompt": False, "resource": False}
version = 0
subscribers: dict[str, list] = {}


def changes(what: str, announce: str) -> None:
    async def run(ctx):
        await told.tell({"kind": what})
        await getattr(ctx.session, announce)()
        return text(f"The list of {what}s changed.")

    tools.add(run, f"test_trigger_{what}_change", f"Adds an extra {what} to the list, or takes it away again.")


async def apply(change: dict) -> None:
    global version
    if "kind" in change:
        extra[change["kind"]] = not extra[change["kind"]]
    else:
        version += 1


told = Changes(apply)
for what in extra:
    changes(what, f"send_{what}_list_changed")


async def test_extra_tool(ctx):
    """Comes and goes."""
    return text("This tool is here for the moment.")


tools.add(test_extra_tool, shown=lambda: extra["tool"])


@tools.add
async def test_trigger_resource_update(ctx):
    """Changes the content of test://watched-resource."""
    await told.tell({"updated": "test://watched-resource"})
    for session in subscribers.get("test://watched-resource", []):
        await session.send_resource_updated(AnyUrl("test://watched-resource"))
    return text("The resource changed.")


@server.subscribe_resource()
async def subscribe(uri: AnyUrl) -> None:
    if ctx_session() not in subscribers.setdefault(str(uri), []):
        subscribers[str(uri)].append(ctx_session())


@server.unsubscribe_resource()
async def unsubscribe(uri: AnyUrl) -> None:
    if ctx_session() in subscribers.get(str(uri), []):
        subscribers[str(uri)].remove(ctx_session())


# Resources, prompts, completion

TEMPLATE = "test://template/{id}/data"
README = f"{HERE.as_uri()}/requirements.txt"
STATIC = {
    "test://static-text": ("text/plain", lambda: "This is the content of the static text resource."),
    "test://static-binary": ("image/png", lambda: b64decode(PNG)),
    "test://watched-resource": ("text/plain", lambda: f"Version {version}"),
    "test://broken": ("text/plain", lambda: 1 // 0),
    README: ("text/plain", lambda: (HERE / "requirements.txt").read_text()),
}
if sys.argv[1] != "redis":  # what one of several instances alone knows
    STATIC["test://activity"] = ("application/json", lambda: json.dumps(tools.activity))


@server.list_resources()
async def list_resources() -> list[t.Resource]:
    uris = [*STATIC, *(["test://extra-resource"] if extra["resource"] else [])]
    return [t.Resource(uri=uri, name=uri, mimeType=STATIC.get(uri, ["text/plain"])[0]) for uri in uris]


@server.list_resource_templates()
async def list_templates() -> list[t.ResourceTemplate]:
    return [t.ResourceTemplate(uriTemplate=TEMPLATE, name="data", mimeType="application/json")]


@server.read_resource()
async def read(uri: AnyUrl) -> list[ReadResourceContents]:
    if str(uri) in STATIC:
        mime_type, content = STATIC[str(uri)]
        return [ReadResourceContents(content(), mime_type)]
    before, after = TEMPLATE.split("{id}")
    if str(uri).startswith(before) and str(uri).endswith(after):
        id = str(uri)[len(before) : -len(after)]
        data = {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}
        return [ReadResourceContents(json.dumps(data), "application/json")]
    raise McpError(t.ErrorData(code=-32002, message="resource not found", data={"uri": str(uri)}))


PROMPTS = {
    "test_simple_prompt": ("One message without arguments.", []),
    "test_prompt_with_arguments": ("Puts two arguments into a text.", ["arg1", "arg2"]),
    "test_prompt_with_embedded_resource": ("Embeds a resource.", ["resourceUri"]),
    "test_prompt_with_image": ("Carries an image.", []),
    "test_broken_prompt": ("Can never be got: the server fails inside.", ["topic"]),
}


@server.list_prompts()
async def list_prompts() -> list[t.Prompt]:
    listed = PROMPTS | ({"test_extra_prompt": ("Comes and goes.", [])} if extra["prompt"] else {})
    return [
        t.Prompt(name=name, description=what, arguments=[t.PromptArgument(name=each, required=True) for each in needed])
        for name, (what, needed) in listed.items()
    ]


@server.get_prompt()
async def get_prompt(name: str, arguments: dict | None) -> t.GetPromptResult:
    given = arguments or {}
    if name not in PROMPTS or any(needed not in given for needed in PROMPTS[name][1]):
        raise McpError(t.ErrorData(code=t.INVALID_PARAMS, message=f"no prompt {name} with these arguments"))
    if name == "test_simple_prompt":
        items = text("This is a simple prompt for testing.")
    elif name == "test_prompt_with_arguments":
        items = text(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")
    elif name == "test_prompt_with_embedded_resource":
        resource = embedded(given["resourceUri"], "text/plain", "Embedded resource content for testing.")
        items = [resource, *text("Please process the embedded resource above.")]
    elif name == "test_prompt_with_image":
        items = [IMAGE, *text("Please analyze the image above.")]
    else:
        raise RuntimeError("the store of this prompt cannot be read")
    return t.GetPromptResult(messages=[t.PromptMessage(role="user", content=item) for item in items])


@server.completion()
async def complete(ref, argument, context) -> t.Completion:
    """The ids of the template are more than fit into one result."""
    known = {TEMPLATE: {"id": [str(id) for id in range(250)]}}
    for name, (_, needed) in PROMPTS.items():
        known[name] = {each: ["test", "testValue1", "testValue2"] for each in needed}
    name = ref.name if ref.type == "ref/prompt" else ref.uri
    if argument.name not in known.get(name, {}):
        raise McpError(t.ErrorData(code=t.INVALID_PARAMS, message=f"there is no {argument.name} of {name}"))
    if name == "test_broken_prompt":
        raise RuntimeError("the store of this prompt cannot be read")
    values = [value for value in known[name][argument.name] if value.startswith(argument.value)]
    return t.Completion(values=values[:100], total=len(values), hasMore=len(values) > 100)


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


async def stdio() -> None:
    async with stdio_server() as (reads, writes):
        await server.run(reads, writes, server.create_initialization_options())


def http(port: int, on_redis: bool) -> None:
    here = [f"{host}:{port}" for host in ("127.0.0.1", "localhost")]
    security = TransportSecuritySettings(allowed_hosts=here, allowed_origins=[f"http://{each}" for each in here])
    if on_redis:
        from on_redis import Sessions

        sessions = Sessions(server, security)
        return run(sessions, beside(sessions.follow, told.follow), port)
    manager = StreamableHTTPSessionManager(server, Events(), security_settings=security, retry_interval=100)
    run(manager.handle_request, manager.run, port)


def beside(*tasks):
    @asynccontextmanager
    async def running():
        async with anyio.create_task_group() as group:
            for task in tasks:
                group.start_soon(task)
            yield
            group.cancel_scope.cancel()

    return running


def run(handle, running, port: int) -> None:
    @asynccontextmanager
    async def lifespan(app):
        async with running():
            yield

    app = Starlette(routes=[Mount("/", app=handle)], lifespan=lifespan)
    uvicorn.run(app, host="127.0.0.1", port=port, timeout_graceful_shutdown=STOP_SECONDS)


if sys.argv[1] in ("http", "redis"):
    http(int(sys.argv[2]), on_redis=sys.argv[1] == "redis")
else:
    anyio.run(stdio)
