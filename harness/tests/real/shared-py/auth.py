"""Authorization without a person: what the Python clients have in common around each SDK's own OAuth.

What kind it is shows in the scenario's context: a private key or the name of the grant for client credentials, an
identity token where an enterprise manages authorization, the token of a workload, credentials that were registered before;
else an authorization code.
"""

import asyncio
import os
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from shared.walk import CONTEXT

METADATA_URL = "https://conformance-test.local/client-metadata.json"
CALLBACK = "http://localhost:3000/callback"
BASIC = "client_secret_basic"
SECONDS = 5

machine = "client-credentials" in os.environ.get("MCP_CONFORMANCE_SCENARIO", "")


def kind() -> str:
    for sign, name in (("private_key_pem", "jwt"), ("idp_id_token", "enterprise"), ("valid_jwt", "workload")):
        if sign in CONTEXT:
            return name
    if "client_secret" in CONTEXT:
        return "secret" if machine else "registered"
    return "code"


class Memory:
    """Keeps tokens and the registration as long as the process lives."""

    def __init__(self, registered=None):
        self.tokens, self.registered = None, registered

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.registered

    async def set_client_info(self, client_info):
        self.registered = client_info


class Stay(HTTPRedirectHandler):
    """Makes an error, which is a response too, of a redirect."""

    def redirect_request(self, *_):
        return None


class Browser:
    """A user who agrees at once: the authorization endpoint answers with the redirect that comes back to the client."""

    def __init__(self):
        self.answer = {}

    def visit(self, url: str) -> None:
        try:
            location = build_opener(Stay).open(url, timeout=SECONDS).headers["Location"]
        except Exception as response:
            location = getattr(response, "headers", {}).get("Location")
        query = parse_qs(urlsplit(location or "").query)
        self.answer = {name: values[0] for name, values in query.items()}

    async def open(self, url: str) -> None:
        await asyncio.to_thread(self.visit, url)


METADATA = {
    "client_name": "fixture",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
}


def preregistered(info_type):
    """The credentials of the context as if the client had registered, in the SDK's type."""
    if kind() != "registered":
        return None
    # Where an SDK knows of issuers, it binds the credentials to the one that they are of.
    credentials = {name: CONTEXT[name] for name in ("client_id", "client_secret", "issuer") if name in CONTEXT}
    return info_type(**credentials, token_endpoint_auth_method=BASIC, redirect_uris=[CALLBACK])
