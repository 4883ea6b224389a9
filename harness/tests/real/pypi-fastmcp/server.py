"""`python server.py stdio` or `python server.py http PORT`."""

import sys

from fastmcp import FastMCP

server = FastMCP("pypi-fastmcp", version="1.0.0")


@server.tool(annotations={"readOnlyHint": True})
def add(a: float, b: float) -> float:
    """Adds two numbers."""
    return a + b


@server.tool(annotations={"readOnlyHint": True})
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
    server.run("http", host="127.0.0.1", port=int(sys.argv[2]))
else:
    server.run("stdio", show_banner=False)
