"""Authorization by the providers of `mcp` 2.x."""

import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions import client_credentials as machines
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata
from shared.auth import BASIC, METADATA, METADATA_URL, Browser, Memory, kind, preregistered
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


def signed():
    return machines.SignedJWTParameters(
        issuer=CONTEXT["client_id"],
        subject=CONTEXT["client_id"],
        signing_key=CONTEXT["private_key_pem"],
        signing_algorithm=CONTEXT.get("signing_algorithm", "ES256"),
    ).create_assertion_provider()


async def provider(url: str):
    storage = Memory(preregistered(OAuthClientInformationFull))
    match kind():
        case "jwt":
            return machines.PrivateKeyJWTOAuthProvider(url, storage, CONTEXT["client_id"], signed())
        case "secret":
            return machines.ClientCredentialsOAuthProvider(url, storage, CONTEXT["client_id"], CONTEXT["client_secret"])
        case "enterprise":
            return IdentityAssertionOAuthProvider(
                server_url=url,
                storage=storage,
                client_id=CONTEXT["client_id"],
                client_secret=CONTEXT["client_secret"],
                issuer=await issuer_of(url),
                assertion_provider=identity_grant,
                token_endpoint_auth_method=BASIC,
            )
    browser = Browser()

    async def callback():
        return AuthorizationCodeResult(**browser.answer)

    metadata = OAuthClientMetadata(**METADATA)
    return OAuthClientProvider(url, metadata, storage, browser.open, callback, client_metadata_url=METADATA_URL)
