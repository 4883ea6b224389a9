"""Tools of everything.py that ask the client, for no more than it declared."""

import json
from uuid import uuid4

import anyio
import mcp.types as t
from jsonschema import validate
from mcp.shared.exceptions import UrlElicitationRequiredError
from mcp.shared.message import ServerMessageMetadata
from tools import Tools, text


def require(ctx, capability: str) -> None:
    """`form` and `url` are ways of elicitation, of which an empty one means forms."""
    declared = ctx.session.client_params.capabilities.model_dump(exclude_none=True)
    if capability in ("form", "url"):
        ways = declared.get("elicitation")
        able = ways is not None and (capability in ways or (capability == "form" and not ways))
    else:
        able = capability in declared
    if not able:
        raise ValueError(f"the client does not support {capability}")


def string(name: str) -> dict:
    return {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}


async def test_sampling(ctx, prompt):
    """Lets the client's model answer a prompt."""
    require(ctx, "sampling")
    question = t.SamplingMessage(role="user", content=t.TextContent(type="text", text=prompt))
    answer = await ctx.session.create_message([question], max_tokens=100, related_request_id=ctx.request_id)
    return text(f"LLM response: {answer.content.text}")


async def elicit(ctx, message: str, required: list[str], **properties: dict):
    require(ctx, "form")
    form = {"type": "object", "properties": properties, "required": required}
    answer = await ctx.session.elicit_form(message, form, related_request_id=ctx.request_id)
    if answer.action == "accept":
        validate(answer.content, form)
    return text(f"User response: action={answer.action}, content={json.dumps(answer.content)}")


async def test_elicitation(ctx, message):
    """Asks the user for a name and an address."""
    fields = {"username": {"type": "string"}, "email": {"type": "string"}}
    return await elicit(ctx, message, list(fields), **fields)


async def test_elicitation_sep1034_defaults(ctx):
    """Asks the user with a default for every type of field."""
    return await elicit(
        ctx,
        "Check these values",
        [],
        name={"type": "string", "default": "John Doe"},
        age={"type": "integer", "default": 30},
        score={"type": "number", "default": 95.5},
        status={"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        verified={"type": "boolean", "default": True},
    )


async def test_elicitation_sep1330_enums(ctx):
    """Asks the user with every form of choice."""

    def titled(word: str) -> list:
        return [{"const": f"value{n}", "title": f"{nth} {word}"} for n, nth in enumerate(("First", "Second", "Third"), 1)]

    options = ["option1", "option2", "option3"]
    legacy = {"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]}
    return await elicit(
        ctx,
        "Choose",
        [],
        untitledSingle={"type": "string", "enum": options},
        titledSingle={"type": "string", "oneOf": titled("Option")},
        legacyEnum={"type": "string", **legacy},
        untitledMulti={"type": "array", "items": {"type": "string", "enum": options}},
        titledMulti={"type": "array", "items": {"anyOf": titled("Choice")}},
    )


async def test_list_roots(ctx):
    """Asks the client for its roots."""
    require(ctx, "roots")
    # `list_roots` itself would send it on a stream of its own, to which nobody need listen.
    here = ServerMessageMetadata(related_request_id=ctx.request_id)
    answer = await ctx.session.send_request(t.ServerRequest(t.ListRootsRequest()), t.ListRootsResult, metadata=here)
    return text(f"Roots: {', '.join(str(root.uri) for root in answer.roots)}")


PAGE = "https://example.com/api-key?page="
pages: dict[str, dict] = {}


def open_page(session, tell: bool) -> str:
    page = uuid4().hex
    pages[page] = {"session": session, "tell": tell, "done": anyio.Event()}
    return page


async def test_url_elicitation(ctx):
    """Lets the user enter an API key at a URL, and waits until that is done."""
    require(ctx, "url")
    page = open_page(ctx.session, tell=False)
    message = "Enter your API key on this page."
    answer = await ctx.session.elicit_url(message, PAGE + page, page, related_request_id=ctx.request_id)
    if answer.action != "accept":
        raise ValueError("The user does not want to open the URL.")
    with anyio.fail_after(10):
        await pages[page]["done"].wait()
    await ctx.session.send_elicit_complete(page, related_request_id=ctx.request_id)
    return text("The key is stored.")


async def test_url_elicitation_required(ctx):
    """Works once the user has entered an API key at a URL."""
    if any(page["done"].is_set() and page["tell"] and page["session"] is ctx.session for page in pages.values()):
        return text("The key is there, so this works.")
    require(ctx, "url")
    page = open_page(ctx.session, tell=True)
    message = "Enter your API key on this page."
    visit = t.ElicitRequestURLParams(mode="url", message=message, url=PAGE + page, elicitationId=page)
    raise UrlElicitationRequiredError([visit])


async def test_finish_url_elicitation(ctx, elicitationId, secret=""):
    """Stands for the page at such a URL: the user enters the key there."""
    page = pages.get(elicitationId)
    if not page or page["done"].is_set():
        raise ValueError("Nothing is open here.")
    page["done"].set()
    if page["tell"]:
        await page["session"].send_elicit_complete(elicitationId)
    return text("Thank you. You can close this page.")


def offer(tools: Tools) -> None:
    tools.add(test_sampling, schema=string("prompt"))
    tools.add(test_elicitation, schema=string("message"))
    tools.add(test_finish_url_elicitation, schema=string("elicitationId"))
    tools.add(test_list_roots, reads=True)
    for run in (test_elicitation_sep1034_defaults, test_elicitation_sep1330_enums, test_url_elicitation, test_url_elicitation_required):
        tools.add(run)
