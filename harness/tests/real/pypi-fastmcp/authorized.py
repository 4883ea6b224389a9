"""Authorization by the framework's providers, and by that of the SDK below for what it has none."""

from fastmcp.client.auth import OAuth
from fastmcp.client.auth import client_credentials as machines
from mcp.shared.auth import AuthorizationCodeResult
from shared.auth import METADATA_URL, Browser, kind
from shared.auth2 import provider
from shared.providers import signed
from shared.walk import CONTEXT


class Headless(OAuth):
    """With a user who agrees at once in place of a browser."""

    browser = Browser()

    async def redirect_handler(self, authorization_url: str) -> None:
        await self.browser.open(authorization_url)

    async def callback_handler(self) -> AuthorizationCodeResult:
        return AuthorizationCodeResult(**self.browser.answer)


async def authorization(url: str):
    match kind():
        case "jwt":
            return machines.PrivateKeyJWTOAuthProvider(client_id=CONTEXT["client_id"], assertion_provider=signed())
        case "secret":
            return machines.ClientCredentialsOAuthProvider(client_id=CONTEXT["client_id"], client_secret=CONTEXT["client_secret"])
        case "enterprise":
            return await provider(url)
        case "registered":
            return Headless(client_id=CONTEXT["client_id"], client_secret=CONTEXT["client_secret"])
    return Headless(client_metadata_url=METADATA_URL)
