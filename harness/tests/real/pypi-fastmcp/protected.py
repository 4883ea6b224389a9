"""A protected MCP server on the `fastmcp` package: `protected.py PORT ISSUER`."""

import sys

from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier

PORT, ISSUER = int(sys.argv[1]), sys.argv[2]
ORIGIN = f"http://127.0.0.1:{PORT}"

verifier = JWTVerifier(
    jwks_uri=f"{ISSUER}/jwks", issuer=ISSUER, audience=f"{ORIGIN}/mcp", algorithm="ES256", required_scopes=["mcp:use"]
)
server = FastMCP(
    "protected", auth=RemoteAuthProvider(token_verifier=verifier, authorization_servers=[ISSUER], base_url=ORIGIN)
)


@server.tool(annotations={"readOnlyHint": True})
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


server.run("http", host="127.0.0.1", port=PORT)
