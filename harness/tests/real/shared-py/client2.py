"""What the clients on `mcp` 2.x have in common: the forms in which the SDK has and wants things."""

import mcp_types as t
from shared.user import elicited, sampled


def wire(model) -> dict:
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def answer(params) -> dict:
    return elicited(wire(params))


def sample(params):
    said = sampled(wire(params))
    return (t.CreateMessageResultWithTools if isinstance(said["content"], list) else t.CreateMessageResult)(**said)


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
