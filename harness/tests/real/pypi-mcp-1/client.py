"""A client on the SDK's public API: connects to the server in its last argument, a URL or a command, and uses what it offers."""

import asyncio
import shlex
from datetime import timedelta

import mcp.types as t
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamablehttp_client
from pydantic import AnyUrl
from shared.providers import provider
from shared.user import Folders, elicited, sampled
from shared.walk import CALL_SECONDS, CONTEXT, REQUEST_SECONDS, TRANSPORT, run, walk


folders = Folders()
tools = None if CONTEXT.get("sampling") == "plain" else t.SamplingCapability(tools=t.SamplingToolsCapability())


def wire(model) -> dict:
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


async def sampling(context, params):
    said = sampled(wire(params))
    return (t.CreateMessageResultWithTools if isinstance(said["content"], list) else t.CreateMessageResult)(**said)


async def elicitation(context, params):
    return t.ElicitResult(**elicited(wire(params)))


async def roots(context):
    listed = folders.listed(context.session.send_roots_list_changed)
    return t.ListRootsResult(roots=[t.Root(**each) for each in listed])


async def progress(progress, total, message):
    pass


class Client:
    modern = False

    def __init__(self, session: ClientSession):
        self.session = session
        self.capabilities = wire(session.get_server_capabilities())
        self.set_level = session.set_logging_level
        self.ping = session.send_ping

    async def list(self, kind, cursor):
        lists = {
            "tools": self.session.list_tools,
            "prompts": self.session.list_prompts,
            "resources": self.session.list_resources,
            "templates": self.session.list_resource_templates,
        }
        return wire(await lists[kind](params=t.PaginatedRequestParams(cursor=cursor) if cursor else None))

    async def call(self, name, arguments):
        await self.session.call_tool(name, arguments, timedelta(seconds=CALL_SECONDS), progress)

    async def call_as_task(self, name, arguments):
        tasks = self.session.experimental
        task = (await tasks.call_tool_as_task(name, arguments)).task
        async with asyncio.timeout(CALL_SECONDS):
            async for status in tasks.poll_task(task.taskId):
                if status.status == "input_required":
                    break
            await tasks.get_task_result(task.taskId, t.CallToolResult)

    async def list_tasks(self):
        page = await self.session.experimental.list_tasks()
        while page.nextCursor:
            page = await self.session.experimental.list_tasks(page.nextCursor)

    async def read(self, uri):
        await self.session.read_resource(AnyUrl(uri))

    async def get(self, name, arguments):
        await self.session.get_prompt(name, arguments)

    async def complete(self, kind, offered, argument):
        if kind == "prompt":
            reference = t.PromptReference(type="ref/prompt", name=offered["name"])
        else:
            reference = t.ResourceTemplateReference(type="ref/resource", uri=offered["uriTemplate"])
        await self.session.complete(reference, {"name": argument, "value": "a"})

    async def subscribe(self, uri):
        await self.session.subscribe_resource(AnyUrl(uri))

    async def unsubscribe(self, uri):
        await self.session.unsubscribe_resource(AnyUrl(uri))


def returned(answer: dict) -> tuple[str, str | None]:
    return answer["code"], answer.get("state")


def reach(server: str):
    if TRANSPORT == "stdio":
        command, *args = shlex.split(server)
        return stdio_client(StdioServerParameters(command=command, args=args))
    return sse_client(server) if TRANSPORT == "sse" else streamablehttp_client(server, auth=provider(server, returned))


async def connect(server: str) -> bool:
    async with reach(server) as (read, write, *_):
        async with ClientSession(
            read,
            write,
            timedelta(seconds=REQUEST_SECONDS),
            sampling_callback=sampling,
            sampling_capabilities=tools,
            elicitation_callback=elicitation,
            list_roots_callback=roots,
        ) as session:
            await session.initialize()
            return await walk(Client(session))


run(connect)
