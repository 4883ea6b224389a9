"""A client on the SDK's public API: connects to the server in its last argument, a URL or a command, and uses what it offers."""

import contextlib
import shlex

import mcp
import mcp_types as t
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from shared.auth2 import extensions, provider
from shared.client2 import answer, filters, progress, reference, sample, wire
from shared.user import Folders
from shared.walk import CALL_SECONDS, CONTEXT, MODERN, REQUEST_SECONDS, TRANSPORT, run, walk


folders = Folders()
tools = None if CONTEXT.get("sampling") == "plain" else t.SamplingCapability(tools=t.SamplingToolsCapability())


async def sampling(context, params):
    return sample(params)


async def elicitation(context, params):
    return t.ElicitResult(**answer(params))


async def roots(context):
    listed = folders.listed(context.session.send_roots_list_changed)
    return t.ListRootsResult(roots=[t.Root(**each) for each in listed])


class Client:
    def __init__(self, client: mcp.Client):
        self.client = client
        self.modern = client.protocol_version >= "2026-07-28"
        self.capabilities = wire(client.server_capabilities)
        self.set_level = client.set_logging_level
        self.ping = client.send_ping
        self.read = client.read_resource
        self.get = client.get_prompt
        self.subscribe = client.subscribe_resource
        self.unsubscribe = client.unsubscribe_resource

    async def list(self, kind, cursor):
        lists = {
            "tools": self.client.list_tools,
            "prompts": self.client.list_prompts,
            "resources": self.client.list_resources,
            "templates": self.client.list_resource_templates,
        }
        return wire(await lists[kind](cursor=cursor))

    async def call(self, name, arguments):
        await self.client.call_tool(name, arguments, CALL_SECONDS, progress)

    async def complete(self, kind, offered, argument):
        await self.client.complete(reference(kind, offered), {"name": argument, "value": "a"})

    def listening(self, uris):
        return self.client.listen(**filters(self.capabilities, uris))


@contextlib.asynccontextmanager
async def reach(server: str):
    if TRANSPORT == "stdio":
        command, *args = shlex.split(server)
        yield stdio_client(StdioServerParameters(command=command, args=args))
    elif TRANSPORT == "sse":
        yield sse_client(server)
    else:
        async with create_mcp_http_client(auth=await provider(server)) as http:
            yield streamable_http_client(server, http_client=http)


async def connect(server: str) -> bool:
    async with reach(server) as transport, mcp.Client(
        transport,
        mode="auto" if MODERN else "legacy",
        read_timeout_seconds=REQUEST_SECONDS,
        sampling_callback=sampling,
        sampling_capabilities=tools,
        elicitation_callback=elicitation,
        list_roots_callback=roots,
        extensions=extensions(),
    ) as client:
        return await walk(Client(client))


run(connect)
