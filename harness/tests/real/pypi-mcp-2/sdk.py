"""What `shared/asking.py` needs of `MCPServer`."""

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

__all__ = ["Context", "ToolError", "capabilities", "elicit_url", "revision", "session_of"]


def capabilities(ctx: Context):
    return ctx.client_capabilities


def revision(ctx: Context) -> str:
    return ctx.protocol_version


def session_of(ctx: Context) -> str | None:
    """Which of several sessions it is, where there are any."""
    return (ctx.headers or {}).get("mcp-session-id")


async def elicit_url(ctx: Context, message: str, url: str, elicitation_id: str):
    return await ctx.elicit_url(message, url, elicitation_id)
