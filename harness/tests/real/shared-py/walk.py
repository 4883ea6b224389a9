"""What a client does at a server: it uses all that is offered, and goes on when something fails.

How that is done comes from the `client` beside each SDK: `modern` (2026-07-28 is spoken), `capabilities` of the server, and
coroutines for each request, which take and give JSON. `list(kind, cursor)` is for tools, prompts, resources and templates.
One that can run tools as tasks (2025-11-25) has `call_as_task` and, for the tasks that there are, `list_tasks`.
"""

import asyncio
import json
import os
import sys

from shared.examples import members

USED = 12  # of each kind, at most
PAGES = 20
CALL_SECONDS = 4  # a call that takes longer is given up
REQUEST_SECONDS = 5
HEARD_SECONDS = 2  # to the acknowledgement of a subscription
RESULTS = {"templates": "resourceTemplates"}

TRANSPORT = os.environ.get("MCP_ASSAY_TRANSPORT", "http")
MODERN = os.environ.get("MCP_CONFORMANCE_PROTOCOL_VERSION", "2026-07-28") >= "2026-07-28"
CONTEXT = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}"))


class SessionLost(Exception):
    """The server has ended the session: the application begins a new one."""


def note(what: str, error: BaseException) -> None:
    print(f"{what}: {error!r}", file=sys.stderr)


class Walk:
    def __init__(self, client):
        self.client = client

    async def attempt(self, what: str, action):
        """The outcome of a step; None when it fails."""
        try:
            return await action
        except Exception as error:
            note(what, error)
            if "session" in str(error).lower():
                raise SessionLost(what) from error

    async def every(self, kind: str) -> list[dict]:
        found, cursor = [], None
        for _ in range(PAGES):
            page = await self.attempt(f"list {kind}", self.client.list(kind, cursor))
            found += (page or {}).get(RESULTS.get(kind, kind), [])
            cursor = (page or {}).get("nextCursor")
            if cursor is None:
                break
        return found

    def arguments(self, tool: dict, tools: list[dict]) -> dict:
        """From the tool's schema; an argument that is itself a schema gets that of the first tool."""
        made = members(tool["inputSchema"])
        if isinstance(made.get("schema"), dict):
            made["schema"] = tools[0]["inputSchema"]
        return made

    async def call(self, tool: dict, tools: list[dict]) -> None:
        """A tool that runs only as a task is run as one where server and SDK have tasks, and else not at all."""
        call = self.client.call
        if (tool.get("execution") or {}).get("taskSupport") == "required":
            declared = (self.client.capabilities.get("tasks") or {}).get("requests", {}).get("tools", {})
            call = getattr(self.client, "call_as_task", None) if "call" in declared else None
        if call:
            await call(tool["name"], self.arguments(tool, tools))

    async def complete(self, kind: str, reference: dict, argument: str) -> None:
        if "completions" in self.client.capabilities:
            await self.attempt(f"complete {kind}", self.client.complete(kind, reference, argument))

    async def use(self, tools, prompts, resources, templates) -> None:
        told = CONTEXT.get("toolCalls")
        for call in told or []:
            await self.attempt(f"call {call['name']}", self.client.call(call["name"], call["arguments"]))
        for tool in [] if told else tools[:USED]:
            await self.attempt(f"call {tool['name']}", self.call(tool, tools))
        for resource in resources[:USED]:
            await self.attempt(f"read {resource['uri']}", self.client.read(resource["uri"]))
        for template in templates[:USED]:
            path = template["uriTemplate"]
            names = [part.split("}")[0].lstrip("+#./;?&") for part in path.split("{")[1:]]
            if names:
                await self.complete("template", template, names[0])
            await self.attempt(f"read {path}", self.client.read(self.expand(path)))
        for prompt in prompts[:USED]:
            named = [argument["name"] for argument in prompt.get("arguments") or []]
            if named:
                await self.complete("prompt", prompt, named[0])
            await self.attempt(f"get {prompt['name']}", self.client.get(prompt["name"], dict.fromkeys(named, "1")))

    @staticmethod
    def expand(path: str) -> str:
        head, *rest = path.split("{")
        return head + "".join("1" + part.partition("}")[2] for part in rest)

    async def listen(self, uris: list[str], heard: asyncio.Event) -> None:
        async def events():
            async with self.client.listening(uris) as events:
                heard.set()
                async for _ in events:
                    pass

        await self.attempt("listen", events())
        heard.set()

    async def subscribed(self, uris: list[str], lists) -> None:
        """Uses everything with subscriptions to what may change, in the manner of the era."""
        offers = self.client.capabilities
        if self.client.modern:
            if not any(value for offer in offers.values() if isinstance(offer, dict) for value in offer.values()):
                return await self.use(*lists)
            heard = asyncio.Event()
            listening = asyncio.create_task(self.listen(uris, heard))
            try:
                await asyncio.wait([asyncio.create_task(heard.wait())], timeout=HEARD_SECONDS)
                await self.use(*lists)
            finally:
                listening.cancel()
                await asyncio.wait([listening])
            return
        uris = uris if (offers.get("resources") or {}).get("subscribe") else []
        for uri in uris:
            await self.attempt(f"subscribe {uri}", self.client.subscribe(uri))
        await self.use(*lists)
        for uri in uris:
            await self.attempt(f"unsubscribe {uri}", self.client.unsubscribe(uri))

    async def everything(self) -> None:
        offers = self.client.capabilities
        if "logging" in offers and not self.client.modern:
            await self.attempt("set level", self.client.set_level("debug"))
        tools = await self.every("tools") if "tools" in offers else []
        prompts = await self.every("prompts") if "prompts" in offers else []
        resources = await self.every("resources") if "resources" in offers else []
        templates = await self.every("templates") if "resources" in offers else []
        await self.subscribed([each["uri"] for each in resources[:USED]], (tools, prompts, resources, templates))
        if not self.client.modern:
            await self.attempt("ping", self.client.ping())
        if "tools" in offers:
            await self.every("tools")
        if "list" in (offers.get("tasks") or {}) and hasattr(self.client, "list_tasks"):
            await self.attempt("list tasks", self.client.list_tasks())


async def walk(client) -> bool:
    """Whether the session was there to the end."""
    try:
        await Walk(client).everything()
        return True
    except SessionLost:
        return False


def run(connect) -> None:
    """Connects to the server in the last argument, by a coroutine that returns what `walk` does; once more if a session is lost."""

    async def main() -> None:
        for _ in range(2):
            try:
                if await connect(sys.argv[-1]):
                    return
            except BaseException as error:
                return note("connect", error)

    asyncio.run(main())
