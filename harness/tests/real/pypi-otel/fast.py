"""`python fast.py stdio` or `python fast.py http PORT`: the spans of `fastmcp`, exported, those of tasks too."""

import asyncio
import sys
from datetime import timedelta

from exporting import export
from fastmcp import FastMCP
from fastmcp.utilities.tasks import TaskConfig
from fastmcp_tasks import TasksExtension

export()
server = FastMCP("pypi-otel-fastmcp", version="1.0.0")
server.add_extension(TasksExtension())


@server.tool(annotations={"readOnlyHint": True})
def add(a: float, b: float) -> float:
    """Adds two numbers."""
    return a + b


@server.tool(task=TaskConfig(mode="optional", poll_interval=timedelta(milliseconds=100)), annotations={"readOnlyHint": True})
async def slow_compute(seconds: float = 1, label: str = "") -> str:
    """Takes its time."""
    await asyncio.sleep(seconds)
    return f"Computed {label}."


if sys.argv[1] == "http":
    server.run("http", host="127.0.0.1", port=int(sys.argv[2]), show_banner=False)
else:
    server.run("stdio", show_banner=False)
