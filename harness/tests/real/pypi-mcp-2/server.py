"""`python server.py stdio` or `python server.py http PORT`."""

import sys

from mcp.server import MCPServer
from mcp_types import ToolAnnotations

server = MCPServer("pypi-mcp-2", version="1.0.0")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def add(a: float, b: float) -> float:
    """Adds two numbers."""
    return a + b


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def fail() -> str:
    """Always fails."""
    raise ValueError("this tool always fails")


@server.resource("test://note", mime_type="text/plain")
def note() -> str:
    """A note."""
    return "a note"


@server.resource("test://item/{id}")
def item(id: str) -> str:
    """An item by its id."""
    return f"item {id}"


@server.prompt()
def greet(name: str) -> str:
    """Greets someone."""
    return f"Greet {name}."


if sys.argv[1] == "http":
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
else:
    server.run("stdio")
