"""What `shared/asking.py` needs of FastMCP."""

from fastmcp import Context
from fastmcp.exceptions import ToolError

__all__ = ["Context", "ToolError", "capabilities", "elicit_url", "revision", "session_of"]


def capabilities(ctx: Context):
    return ctx.session.client_capabilities


def revision(ctx: Context) -> str:
    return ctx.session.protocol_version


def session_of(ctx: Context) -> str | None:
    """Which of several sessions it is; there are none since 2026-07-28."""
    return ctx.session_id if revision(ctx) < "2026-07-28" else None


async def elicit_url(ctx: Context, message: str, url: str, elicitation_id: str):
    return await ctx.session.elicit_url(message, url, elicitation_id, related_request_id=ctx.request_id)
