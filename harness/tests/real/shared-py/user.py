"""What stands behind the Python clients: a user, a model, and folders, of which a second one is opened after a while."""

import asyncio
import sys

from shared.examples import members


def elicited(asked: dict) -> dict:
    """The user consents to visit secure pages only, and fills in every form."""
    if asked.get("mode") == "url":
        return {"action": "accept" if asked["url"].startswith("https:") else "decline"}
    return {"action": "accept", "content": members(asked["requestedSchema"])}


def sampled(asked: dict) -> dict:
    """The model uses the first tool if it may and has not yet, and else says hello."""
    said = {"role": "assistant", "model": "fixture", "stopReason": "endTurn", "content": {"type": "text", "text": "hello"}}
    answered = any("tool_result" in str(message["content"]) for message in asked["messages"])
    if not asked.get("tools") or answered or (asked.get("toolChoice") or {}).get("mode") == "none":
        return said
    tool = asked["tools"][0]
    use = {"type": "tool_use", "id": "use-1", "name": tool["name"], "input": members(tool["inputSchema"])}
    return said | {"stopReason": "toolUse", "content": [use]}


class Folders:
    def __init__(self):
        self.open = ["file:///fixture"]

    def listed(self, tell) -> list[dict]:
        """The folders now; afterwards another is opened, of which the server is told by the coroutine function `tell`."""
        now = [{"uri": uri, "name": uri.rpartition("/")[2]} for uri in self.open]
        if len(self.open) == 1:
            self.open.append("file:///another")
            self.telling = asyncio.create_task(self.told(tell))
        return now

    @staticmethod
    async def told(tell) -> None:
        try:
            await tell()
        except Exception as error:
            print(f"roots changed: {error!r}", file=sys.stderr)
