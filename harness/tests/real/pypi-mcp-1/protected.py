"""A protected MCP server on the `mcp` package 1.x: `protected.py PORT ISSUER`."""

import sys

import jwt
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

PORT, ISSUER = int(sys.argv[1]), sys.argv[2]
RESOURCE = f"http://127.0.0.1:{PORT}/mcp"


class IssuerKeys(TokenVerifier):
    """Checks tokens by the published keys of the issuer."""

    def __init__(self):
        self.keys = jwt.PyJWKClient(f"{ISSUER}/jwks")

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            key = self.keys.get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token, key, algorithms=["ES256"], audience=RESOURCE, issuer=ISSUER, options={"require": ["aud", "exp", "iss"]}
            )
        except (jwt.InvalidTokenError, jwt.PyJWKClientError):
            return None
        return AccessToken(
            token=token, client_id=claims["client_id"], scopes=claims["scope"].split(), expires_at=claims["exp"], resource=RESOURCE
        )


server = FastMCP(
    "protected",
    port=PORT,
    token_verifier=IssuerKeys(),
    auth=AuthSettings(issuer_url=ISSUER, resource_server_url=RESOURCE, required_scopes=["mcp:use"]),
)


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


server.run("streamable-http")
