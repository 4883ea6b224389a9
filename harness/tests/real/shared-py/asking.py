"""Tools that ask the client: in requests of their own up to 2025-11-25, in results since 2026-07-28.

A client is asked only for what it declared. State is sealed by the SDK. What the SDKs on `mcp` 2.x name differently comes
from the `sdk` module beside the server.
"""

import json
from uuid import uuid4

import anyio
from mcp.shared.exceptions import MCPError, UrlElicitationRequiredError
from mcp.shared.message import ServerMessageMetadata
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    CreateMessageResultWithTools,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel
from sdk import Context, ToolError, capabilities, elicit_url, revision, session_of

tools = []


def tool(fn):
    tools.append(fn)
    return fn


def declares(ctx: Context, capability: str) -> bool:
    """Whether the client can do it; `form` and `url` are ways of elicitation, of which an empty one means forms."""
    declared = capabilities(ctx).model_dump(exclude_none=True) if capabilities(ctx) else {}
    if capability in ("form", "url"):
        ways = declared.get("elicitation")
        return ways is not None and (capability in ways or (capability == "form" and not ways))
    return capability in declared


def require(ctx: Context, *capabilities: str) -> None:
    missing = [capability for capability in capabilities if not declares(ctx, capability)]
    if not missing:
        return
    if revision(ctx) < "2026-07-28":
        raise ToolError(f"the client does not support {', '.join(missing)}")
    needed = {each: {} for each in missing if each not in ("form", "url")}
    if ways := {each: {} for each in missing if each in ("form", "url")}:
        needed["elicitation"] = ways
    raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "the client lacks a capability", {"requiredCapabilities": needed})


def schema(required: list[str], **properties: dict) -> dict:
    return {"type": "object", "properties": properties, "required": required}


def ask(message: str, field: str, kind: str = "string") -> ElicitRequest:
    form = schema([field], **{field: {"type": kind}})
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=form))


def sample(prompt: str, max_tokens: int) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(text=prompt))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=max_tokens))


def said(answer: CreateMessageResult | CreateMessageResultWithTools) -> str:
    items = answer.content if isinstance(answer.content, list) else [answer.content]
    return " ".join(item.text for item in items if isinstance(item, TextContent))


def answered(ctx: Context, key: str, kind: type):
    """The client's answer of that kind, if it gave one."""
    answer = (ctx.input_responses or {}).get(key)
    return answer if isinstance(answer, kind) else None


def entered(ctx: Context, key: str, field: str, kind: type = str):
    """What the user entered; nothing where the question is to be asked (again)."""
    answer = answered(ctx, key, ElicitResult)
    if answer and answer.action != "accept":
        raise ToolError("The user did not answer.")
    value = (answer.content or {}).get(field) if answer else None
    return value if isinstance(value, kind) else None


@tool
async def test_sampling(ctx: Context, prompt: str) -> str:
    """Lets the client's model answer a prompt."""
    require(ctx, "sampling")
    messages = [SamplingMessage(role="user", content=TextContent(text=prompt))]
    answer = await ctx.session.create_message(messages, max_tokens=100, related_request_id=ctx.request_id)
    return f"LLM response: {said(answer)}"


class Person(BaseModel):
    username: str
    email: str


@tool
async def test_elicitation(ctx: Context, message: str) -> str:
    """Asks the user for a name and an address."""
    require(ctx, "form")
    return f"User response: {await ctx.elicit(message, Person)}"


async def elicit(ctx: Context, message: str, **properties: dict) -> str:
    require(ctx, "form")
    answer = await ctx.session.elicit_form(message, schema([], **properties), related_request_id=ctx.request_id)
    return f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content)}"


@tool
async def test_elicitation_sep1034_defaults(ctx: Context) -> str:
    """Asks the user with a default for every type of field."""
    return await elicit(
        ctx,
        "Check these values",
        name={"type": "string", "default": "John Doe"},
        age={"type": "integer", "default": 30},
        score={"type": "number", "default": 95.5},
        status={"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        verified={"type": "boolean", "default": True},
    )


@tool
async def test_elicitation_sep1330_enums(ctx: Context) -> str:
    """Asks the user with every form of choice."""

    def titled(word: str) -> list:
        return [{"const": f"value{n}", "title": f"{nth} {word}"} for n, nth in enumerate(("First", "Second", "Third"), 1)]

    options = ["option1", "option2", "option3"]
    legacy = {"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]}
    return await elicit(
        ctx,
        "Choose",
        untitledSingle={"type": "string", "enum": options},
        titledSingle={"type": "string", "oneOf": titled("Option")},
        legacyEnum={"type": "string", **legacy},
        untitledMulti={"type": "array", "items": {"type": "string", "enum": options}},
        titledMulti={"type": "array", "items": {"anyOf": titled("Choice")}},
    )


@tool
async def test_list_roots(ctx: Context) -> str:
    """Asks the client for its roots."""
    require(ctx, "roots")
    # `list_roots` itself would send it on a stream of its own, to which nobody need listen.
    here = ServerMessageMetadata(related_request_id=ctx.request_id)
    answer = await ctx.session.send_request(ListRootsRequest(), ListRootsResult, metadata=here)
    return f"Roots: {', '.join(str(root.uri) for root in answer.roots)}"


# Questions that are answered at a URL

PAGE = "https://example.com/api-key?page="
pages: dict[str, dict] = {}


def open_page(ctx: Context, **more) -> str:
    """A new page for this client, which its session tells from others where there are several."""
    page = uuid4().hex
    pages[page] = {"owner": session_of(ctx), "done": anyio.Event(), **more}
    return page


@tool
async def test_url_elicitation(ctx: Context) -> str:
    """Lets the user enter an API key at a URL, and waits until that is done."""
    require(ctx, "url")
    page = open_page(ctx)
    answer = await elicit_url(ctx, "Enter your API key on this page.", PAGE + page, page)
    if answer.action != "accept":
        raise ToolError("The user does not want to open the URL.")
    with anyio.fail_after(10):
        await pages[page]["done"].wait()
    await ctx.session.send_elicit_complete(page, related_request_id=ctx.request_id)
    return "The key is stored."


@tool
async def test_url_elicitation_required(ctx: Context) -> str:
    """Works once the user has entered an API key at a URL."""
    owner = session_of(ctx)
    if any(page["done"].is_set() and "tell" in page and page["owner"] == owner for page in pages.values()):
        return "The key is there, so this works."
    require(ctx, "url")
    page = open_page(ctx, tell=ctx.session)
    visit = ElicitRequestURLParams(message="Enter your API key on this page.", url=PAGE + page, elicitation_id=page)
    raise UrlElicitationRequiredError([visit])


async def finish(page: str) -> str:
    if page not in pages or pages[page]["done"].is_set():
        raise ToolError("Nothing is open here.")
    pages[page]["done"].set()
    if "tell" in pages[page]:
        await pages[page]["tell"].send_elicit_complete(page)
    return "Thank you. You can close this page."


@tool
async def test_finish_url_elicitation(elicitationId: str, secret: str = "") -> str:
    """Stands for the page at such a URL: the user enters the key there."""
    return await finish(elicitationId)


@tool
async def test_finish_visit(url: str, secret: str = "") -> str:
    """The same, found by its URL."""
    return await finish(url.removeprefix(PAGE))


@tool
async def test_input_required_result_url(ctx: Context) -> str | InputRequiredResult:
    """Sends the user to a URL to enter an API key, and stores that."""
    page = ctx.request_state
    answer = answered(ctx, "visit", ElicitResult)
    if answer and answer.action != "accept":
        raise ToolError("The user does not want to open the URL.")
    if answer and page in pages and pages[page]["done"].is_set():
        return "The key is stored."
    require(ctx, "url")
    page = page or open_page(ctx)
    visit = ElicitRequest(params=ElicitRequestURLParams(message="Enter your API key on this page.", url=PAGE + page))
    return InputRequiredResult(input_requests={"visit": visit}, request_state=page)


# Several rounds (2026-07-28)


@tool
async def test_missing_capability(ctx: Context) -> str:
    """Works only for clients that declare sampling."""
    require(ctx, "sampling")
    return "The client declares sampling."


@tool
async def test_client_name(ctx: Context) -> str:
    """Returns the name that the client gives itself in this request."""
    client = ctx.session.client_params
    return client.client_info.name if client else "nobody"


async def ask_name(ctx: Context) -> str | InputRequiredResult:
    name = entered(ctx, "user_name", "name")
    if name:
        return f"Hello, {name}!"
    require(ctx, "form")
    return InputRequiredResult(input_requests={"user_name": ask("What is your name?", "name")})


@tool
async def test_input_required_result_elicitation(ctx: Context) -> str | InputRequiredResult:
    """Asks the user for a name."""
    return await ask_name(ctx)


@tool
async def test_streaming_elicitation(ctx: Context) -> str | InputRequiredResult:
    """Streams progress, then asks the user for a name in its result."""
    await ctx.report_progress(1, 2)
    return await ask_name(ctx)


@tool
async def test_input_required_result_sampling(ctx: Context) -> str | InputRequiredResult:
    """Asks the client's model for the capital of France."""
    answer = answered(ctx, "capital_question", CreateMessageResult | CreateMessageResultWithTools)
    if answer:
        return said(answer)
    require(ctx, "sampling")
    return InputRequiredResult(input_requests={"capital_question": sample("What is the capital of France?", 100)})


@tool
async def test_input_required_result_list_roots(ctx: Context) -> str | InputRequiredResult:
    """Asks for the client's roots."""
    answer = answered(ctx, "client_roots", ListRootsResult)
    if answer:
        return f"Roots: {', '.join(str(root.uri) for root in answer.roots)}"
    require(ctx, "roots")
    return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})


async def confirm(ctx: Context) -> str | InputRequiredResult:
    ok = entered(ctx, "confirm", "ok", bool)
    if ctx.request_state == "asked" and ok is not None:
        return f"state-ok: {'confirmed' if ok else 'not confirmed'}"
    require(ctx, "form")
    return InputRequiredResult(input_requests={"confirm": ask("Please confirm", "ok", "boolean")}, request_state="asked")


@tool
async def test_input_required_result_request_state(ctx: Context) -> str | InputRequiredResult:
    """Asks the user to confirm, and keeps state meanwhile."""
    return await confirm(ctx)


@tool
async def test_input_required_result_tampered_state(ctx: Context) -> str | InputRequiredResult:
    """Asks the user to confirm; the SDK refuses changed state."""
    return await confirm(ctx)


@tool
async def test_input_required_result_multiple_inputs(ctx: Context) -> str | InputRequiredResult:
    """Asks for a name, a greeting and the roots at once."""
    name = entered(ctx, "user_name", "name")
    greeting = answered(ctx, "greeting", CreateMessageResult | CreateMessageResultWithTools)
    roots = answered(ctx, "client_roots", ListRootsResult)
    if name and greeting and roots:
        return f"{said(greeting)} {name}; {len(roots.roots)} roots"
    require(ctx, "form", "sampling", "roots")
    requests = {
        "user_name": ask("What is your name?", "name"),
        "greeting": sample("Generate a greeting", 50),
        "client_roots": ListRootsRequest(),
    }
    return InputRequiredResult(input_requests=requests, request_state="asked for all")


@tool
async def test_input_required_result_multi_round(ctx: Context) -> str | InputRequiredResult:
    """Asks the user two questions, one after the other."""
    state = json.loads(ctx.request_state or "{}")
    name = state.get("name") or entered(ctx, "step1", "name")
    color = entered(ctx, "step2", "color") if "name" in state else None
    if name and color:
        return f"{name} likes {color}."
    require(ctx, "form")
    if name:
        question, state = {"step2": ask("Step 2: What is your favorite color?", "color")}, {"name": name}
    else:
        question, state = {"step1": ask("Step 1: What is your name?", "name")}, {"step": 1}
    return InputRequiredResult(input_requests=question, request_state=json.dumps(state))


@tool
async def test_input_required_result_capabilities(ctx: Context) -> str | InputRequiredResult:
    """Asks only for what the client declared."""
    answer = answered(ctx, "greeting", CreateMessageResult | CreateMessageResultWithTools)
    if answer:
        return said(answer)
    if declares(ctx, "sampling"):
        return InputRequiredResult(input_requests={"greeting": sample("Generate a greeting", 50)})
    return await ask_name(ctx)


async def test_input_required_result_prompt(ctx: Context) -> str | InputRequiredResult:
    """Asks the user before it answers."""
    context = entered(ctx, "user_context", "context")
    if context:
        return f"Use this context: {context}"
    require(ctx, "form")
    return InputRequiredResult(input_requests={"user_context": ask("What context should the prompt use?", "context")})
