"""`python server.py stdio` or `python server.py http PORT`."""

import sys

from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

server = FastMCP("pypi-mcp-1")


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def add(a: float, b: float) -> float:
    """Adds two numbers."""
    return a + b


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
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
    server.settings.port = int(sys.argv[2])
    server.run("streamable-http")
else:
    server.run("stdio")
