"""A client on the SDK's public API: connects to the URL in its last argument and uses what the server offers."""

from datetime import timedelta

import mcp.types as t
from authorized import provider
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from pydantic import AnyUrl
from shared.walk import CALL_SECONDS, REQUEST_SECONDS, consent, form, run, walk


async def sampling(context, params):
    return t.CreateMessageResult(role="assistant", content=t.TextContent(type="text", text="hello"), model="fixture")


async def elicitation(context, params):
    if params.mode == "url":
        return t.ElicitResult(action=consent(params.url))
    return t.ElicitResult(action="accept", content=form(params.requestedSchema))


async def roots(context):
    return t.ListRootsResult(roots=[t.Root(uri="file:///fixture", name="fixture")])


async def progress(progress, total, message):
    pass


class Client:
    modern = False

    def __init__(self, session: ClientSession):
        self.session = session
        self.capabilities = session.get_server_capabilities().model_dump(by_alias=True, exclude_none=True)
        self.set_level = session.set_logging_level
        self.ping = session.send_ping
        self.roots_changed = session.send_roots_list_changed

    async def list(self, kind, cursor):
        lists = {
            "tools": self.session.list_tools,
            "prompts": self.session.list_prompts,
            "resources": self.session.list_resources,
            "templates": self.session.list_resource_templates,
        }
        page = await lists[kind](params=t.PaginatedRequestParams(cursor=cursor) if cursor else None)
        return page.model_dump(by_alias=True, mode="json", exclude_none=True)

    async def call(self, name, arguments):
        await self.session.call_tool(name, arguments, timedelta(seconds=CALL_SECONDS), progress)

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


async def connect(url: str) -> bool:
    async with streamablehttp_client(url, auth=provider(url)) as (read, write, _):
        async with ClientSession(
            read,
            write,
            timedelta(seconds=REQUEST_SECONDS),
            sampling_callback=sampling,
            elicitation_callback=elicitation,
            list_roots_callback=roots,
        ) as session:
            await session.initialize()
            return await walk(Client(session))


run(connect)
