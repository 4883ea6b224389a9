"""Authorization by the providers of `mcp`, which have the same names in 1.x and 2.x."""

from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions import client_credentials as machines
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata
from shared.auth import CALLBACK, METADATA, METADATA_URL, Browser, Memory, kind, preregistered
from shared.walk import CONTEXT


def signed():
    return machines.SignedJWTParameters(
        issuer=CONTEXT["client_id"],
        subject=CONTEXT["client_id"],
        signing_key=CONTEXT["private_key_pem"],
        signing_algorithm=CONTEXT.get("signing_algorithm", "ES256"),
    ).create_assertion_provider()


def workload(url: str):
    """Of 1.x alone: a client that is known to the server already, and shows the token that it was given."""
    shown = OAuthClientMetadata(**METADATA | {"grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"]})
    known = OAuthClientInformationFull(client_id=CONTEXT["client_id"], redirect_uris=[CALLBACK], token_endpoint_auth_method="none")
    parameters = machines.JWTParameters(assertion=CONTEXT["valid_jwt"])
    return machines.RFC7523OAuthClientProvider(url, shown, Memory(known), jwt_parameters=parameters)


def provider(url: str, returned):
    """`returned` makes of the parameters of the redirect that came back what this SDK wants to know of it."""
    storage = Memory(preregistered(OAuthClientInformationFull))
    match kind():
        case "jwt":
            return machines.PrivateKeyJWTOAuthProvider(url, storage, CONTEXT["client_id"], signed())
        case "secret":
            return machines.ClientCredentialsOAuthProvider(url, storage, CONTEXT["client_id"], CONTEXT["client_secret"])
        case "workload":
            return workload(url)
    browser = Browser()

    async def callback():
        return returned(browser.answer)

    metadata = OAuthClientMetadata(**METADATA)
    return OAuthClientProvider(url, metadata, storage, browser.open, callback, client_metadata_url=METADATA_URL)
