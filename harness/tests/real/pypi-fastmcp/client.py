"""A client on the framework's public API: connects to the URL in its last argument and calls each tool that needs no arguments."""

import asyncio
import os
import sys

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from mcp.types import CreateMessageResult, TextContent

MODERN = "2026-07-28"


async def sampling(messages, params, context):
    return CreateMessageResult(role="assistant", content=TextContent(type="text", text="hello"), model="fixture")


async def elicitation(message, response_type, params, context):
    return ElicitResult(action="decline")


async def connect(url: str) -> None:
    modern = os.environ.get("MCP_CONFORMANCE_PROTOCOL_VERSION", MODERN) >= MODERN
    async with Client(
        url,
        mode="auto" if modern else "legacy",
        sampling_handler=sampling,
        elicitation_handler=elicitation,
        roots=["file:///fixture"],
        timeout=10,
    ) as client:
        for tool in await client.list_tools():
            if not tool.inputSchema.get("required"):
                await client.call_tool(tool.name, {}, raise_on_error=False)


async def main() -> None:
    try:
        await connect(sys.argv[-1])
    except Exception as lost:
        # An application that still has work to do tries once more.
        print(repr(lost), file=sys.stderr)
        await connect(sys.argv[-1])


asyncio.run(main())
