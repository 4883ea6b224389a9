"""`python sdk.py stdio` or `python sdk.py http PORT`: the spans of `mcp` itself, exported."""

import sys

from exporting import export
from mcp.server import MCPServer
from mcp_types import ToolAnnotations

export()
server = MCPServer("pypi-otel-sdk", version="1.0.0")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def add(a: float, b: float) -> float:
    """Adds two numbers."""
    return a + b


if sys.argv[1] == "http":
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
else:
    server.run("stdio")
