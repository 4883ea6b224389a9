"""A client on the SDK's public API: connects to the URL in its last argument and calls each tool that needs no arguments."""

import asyncio
import sys
from datetime import timedelta

import mcp.types as t
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.exceptions import McpError


async def sampling(context, params):
    return t.CreateMessageResult(role="assistant", content=t.TextContent(type="text", text="hello"), model="fixture")


async def elicitation(context, params):
    return t.ElicitResult(action="decline")


async def roots(context):
    return t.ListRootsResult(roots=[t.Root(uri="file:///fixture")])


async def converse(session: ClientSession) -> None:
    await session.initialize()
    for tool in (await session.list_tools()).tools:
        if not tool.inputSchema.get("required"):
            await session.call_tool(tool.name, {}, read_timeout_seconds=timedelta(seconds=10))


async def connect(url: str) -> None:
    async with streamablehttp_client(url) as (read, write, _):
        async with ClientSession(
            read, write, sampling_callback=sampling, elicitation_callback=elicitation, list_roots_callback=roots
        ) as session:
            await converse(session)


async def main() -> None:
    try:
        await connect(sys.argv[-1])
    except* McpError as lost:
        # An application that still has work to do tries once more.
        print(lost.exceptions, file=sys.stderr)
        await connect(sys.argv[-1])


asyncio.run(main())
