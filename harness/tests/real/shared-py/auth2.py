"""Authorization by the providers of `mcp` 2.x, and what a client declares for it."""

import httpx2
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from mcp.client.extension import advertise
from mcp.shared.auth import AuthorizationCodeResult
from shared import providers
from shared.auth import BASIC, Memory, kind
from shared.walk import CONTEXT


async def issuer_of(url: str) -> str:
    """The authorization server of the MCP server, by its metadata."""
    place = httpx2.URL(url)
    async with httpx2.AsyncClient() as client:
        answer = await client.get(place.copy_with(path=f"/.well-known/oauth-protected-resource{place.path}"))
    return answer.json()["authorization_servers"][0]


async def identity_grant(audience: str, resource: str) -> str:
    """Exchanges the user's identity token at the enterprise's identity provider."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requested_token_type": "urn:ietf:params:oauth:token-type:id-jag",
        "subject_token": CONTEXT["idp_id_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "client_id": CONTEXT["idp_client_id"],
        "audience": audience,
        "resource": resource,
    }
    if "idp_client_secret" in CONTEXT:
        form["client_secret"] = CONTEXT["idp_client_secret"]
    async with httpx2.AsyncClient() as client:
        answer = await client.post(CONTEXT["idp_token_endpoint"], data=form)
    return answer.raise_for_status().json()["access_token"]


def extensions() -> list:
    """The extension that a grant without a user is of."""
    grants = {"jwt": "oauth-client-credentials", "secret": "oauth-client-credentials", "enterprise": "enterprise-managed-authorization"}
    return [advertise(f"io.modelcontextprotocol/{grants[kind()]}")] if kind() in grants else []


async def provider(url: str):
    if kind() != "enterprise":
        return providers.provider(url, lambda answer: AuthorizationCodeResult(**answer))
    return IdentityAssertionOAuthProvider(
        server_url=url,
        storage=Memory(),
        client_id=CONTEXT["client_id"],
        client_secret=CONTEXT["client_secret"],
        issuer=await issuer_of(url),
        assertion_provider=identity_grant,
        token_endpoint_auth_method=BASIC,
    )
