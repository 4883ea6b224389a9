"""A client on the SDK's public API: connects to the URL in its last argument and calls each tool that needs no arguments."""

import asyncio
import os
import sys

import mcp_types as t
from mcp import Client

MODERN = "2026-07-28"


async def sampling(context, params):
    return t.CreateMessageResult(role="assistant", content=t.TextContent(type="text", text="hello"), model="fixture")


async def elicitation(context, params):
    return t.ElicitResult(action="decline")


async def roots(context):
    return t.ListRootsResult(roots=[t.Root(uri="file:///fixture")])


async def connect(url: str) -> None:
    modern = os.environ.get("MCP_CONFORMANCE_PROTOCOL_VERSION", MODERN) >= MODERN
    async with Client(
        url,
        mode="auto" if modern else "legacy",
        sampling_callback=sampling,
        elicitation_callback=elicitation,
        list_roots_callback=roots,
    ) as client:
        for tool in (await client.list_tools()).tools:
            if not tool.input_schema.get("required"):
                await client.call_tool(tool.name, {}, read_timeout_seconds=10)


async def main() -> None:
    try:
        await connect(sys.argv[-1])
    except Exception as lost:
        # An application that still has work to do tries once more.
        print(repr(lost), file=sys.stderr)
        await connect(sys.argv[-1])


asyncio.run(main())
