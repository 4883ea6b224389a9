"""Authorization by the providers of `mcp`, which have the same names in 1.x and 2.x."""

from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions import client_credentials as machines
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata
from shared.auth import METADATA, METADATA_URL, Browser, Memory, kind, preregistered
from shared.walk import CONTEXT


def signed():
    return machines.SignedJWTParameters(
        issuer=CONTEXT["client_id"],
        subject=CONTEXT["client_id"],
        signing_key=CONTEXT["private_key_pem"],
        signing_algorithm=CONTEXT.get("signing_algorithm", "ES256"),
    ).create_assertion_provider()


def provider(url: str, returned):
    """`returned` makes of the parameters of the redirect that came back what this SDK wants to know of it."""
    storage = Memory(preregistered(OAuthClientInformationFull))
    match kind():
        case "jwt":
            return machines.PrivateKeyJWTOAuthProvider(url, storage, CONTEXT["client_id"], signed())
        case "secret":
            return machines.ClientCredentialsOAuthProvider(url, storage, CONTEXT["client_id"], CONTEXT["client_secret"])
    browser = Browser()

    async def callback():
        return returned(browser.answer)

    metadata = OAuthClientMetadata(**METADATA)
    return OAuthClientProvider(url, metadata, storage, browser.open, callback, client_metadata_url=METADATA_URL)
