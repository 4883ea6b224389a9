"""A client on the framework's public API: connects to the server in its last argument, a URL or a command, and uses what it offers."""

import shlex

import fastmcp
import fastmcp_tasks  # noqa: F401  with it every client takes tasks of the extension
import mcp_types as t
from authorized import authorization
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import SSETransport, StdioTransport
from mcp.client.subscriptions import listen
from shared.auth2 import extensions
from shared.client2 import answer, filters, progress, reference, sample, wire
from shared.user import Folders
from shared.walk import CALL_SECONDS, CONTEXT, MODERN, REQUEST_SECONDS, TRANSPORT, run, walk


folders = Folders()
tools = t.SamplingCapability(tools=None if CONTEXT.get("sampling") == "plain" else t.SamplingToolsCapability())


async def sampling(messages, params, context):
    return sample(params)


async def elicitation(message, response_type, params, context):
    return ElicitResult(**answer(params))


async def roots(context):
    listed = folders.listed(context.session.send_roots_list_changed)
    return [t.Root(**each) for each in listed]


class Client:
    def __init__(self, client: fastmcp.Client):
        self.client = client
        self.modern = client.protocol_version >= "2026-07-28"
        self.capabilities = wire(client.server_capabilities)
        self.set_level = client.set_logging_level
        self.ping = client.ping
        self.read = client.read_resource_mcp
        self.get = client.get_prompt_mcp
        self.subscribe = client.session.subscribe_resource
        self.unsubscribe = client.session.unsubscribe_resource

    async def list(self, kind, cursor):
        lists = {
            "tools": self.client.list_tools_mcp,
            "prompts": self.client.list_prompts_mcp,
            "resources": self.client.list_resources_mcp,
            "templates": self.client.list_resource_templates_mcp,
        }
        return wire(await lists[kind](cursor=cursor))

    async def call(self, name, arguments):
        await self.client.call_tool_mcp(name, arguments, progress, CALL_SECONDS)

    async def complete(self, kind, offered, argument):
        await self.client.complete_mcp(reference(kind, offered), {"name": argument, "value": "a"})

    def listening(self, uris):
        return listen(self.client.session, **filters(self.capabilities, uris))


def reach(server: str):
    if TRANSPORT == "stdio":
        command, *args = shlex.split(server)
        return StdioTransport(command, args, keep_alive=False)
    return SSETransport(server) if TRANSPORT == "sse" else server


async def connect(server: str) -> bool:
    async with fastmcp.Client(
        reach(server),
        auth=await authorization(server) if TRANSPORT == "http" else None,
        mode="auto" if MODERN else "legacy",
        sampling_handler=sampling,
        sampling_capabilities=tools,
        elicitation_handler=elicitation,
        roots=roots,
        extensions=extensions(),
        timeout=REQUEST_SECONDS,
    ) as client:
        return await walk(Client(client))


run(connect)
