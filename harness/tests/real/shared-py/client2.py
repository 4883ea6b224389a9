"""What the clients on `mcp` 2.x have in common: what they answer, and the forms in which the SDK wants things."""

import mcp_types as t
from shared.walk import consent, form


def sample():
    return t.CreateMessageResult(role="assistant", content=t.TextContent(type="text", text="hello"), model="fixture")


def answer(params) -> dict:
    """What the user does about an elicitation: consents to secure pages only, fills in every form."""
    if params.mode == "url":
        return {"action": consent(params.url)}
    return {"action": "accept", "content": form(params.requested_schema)}


def wire(model) -> dict:
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def reference(kind: str, offered: dict):
    if kind == "prompt":
        return t.PromptReference(type="ref/prompt", name=offered["name"])
    return t.ResourceTemplateReference(type="ref/resource", uri=offered["uriTemplate"])


async def progress(progress, total, message):
    pass


def filters(capabilities: dict, uris: list[str]) -> dict:
    """Everything that the server says it tells."""

    def tells(kind: str, what: str) -> bool:
        return bool((capabilities.get(kind) or {}).get(what))

    return {
        "tools_list_changed": tells("tools", "listChanged"),
        "prompts_list_changed": tells("prompts", "listChanged"),
        "resources_list_changed": tells("resources", "listChanged"),
        "resource_subscriptions": uris if tells("resources", "subscribe") else (),
    }
