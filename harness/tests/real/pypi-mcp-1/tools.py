"""The tools of everything.py, and those that report while they work."""

from weakref import WeakKeyDictionary

import anyio
import mcp.types as t

NOTHING = {"type": "object", "additionalProperties": False}
LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
PACE = {
    "type": "object",
    "properties": {"seconds": {"type": "number"}, "steps": {"type": "integer", "minimum": 1}},
}


def text(content: str) -> list[t.TextContent]:
    return [t.TextContent(type="text", text=content)]


class Tools:
    """What a tool does takes the context of the request, `task` where it runs as one, and its arguments."""

    def __init__(self, server):
        self.offered = {}
        self.activity = {"running": 0, "completed": 0, "cancelled": 0}
        self.levels = WeakKeyDictionary()
        self.server = server
        server.list_tools()(self.listed)
        server.call_tool()(self.call)
        self.add(self.progress, "test_tool_with_progress", "Reports progress three times.", reads=True)
        self.add(self.logging, "test_tool_with_logging", "Sends three log messages.", reads=True)
        self.add(self.slow, "test_slow", "Takes the given time, in so many steps.", PACE, reads=True)

    def add(self, run, name=None, description=None, schema=NOTHING, reads=False, shown=lambda: True, task=None, **more):
        """Offers a tool; also as a decorator."""
        definition = t.Tool(
            name=name or run.__name__,
            description=description or run.__doc__,
            inputSchema=schema,
            annotations=t.ToolAnnotations(readOnlyHint=reads),
            execution=t.ToolExecution(taskSupport=task) if task else None,
            **more,
        )
        self.offered[definition.name] = definition, run, shown
        return run

    def taking(self, schema, **more):
        return lambda run: self.add(run, schema=schema, **more)

    async def listed(self) -> list[t.Tool]:
        return [definition for definition, _, shown in self.offered.values() if shown()]

    async def call(self, name: str, arguments: dict):
        if name not in self.offered:
            raise ValueError(f"there is no tool {name}")
        definition, run, _ = self.offered[name]
        ctx = self.server.request_context
        ctx.experimental.validate_for_tool(definition)
        if not ctx.experimental.is_task:
            return await run(ctx, **arguments)

        async def work(task) -> t.CallToolResult:
            await anyio.sleep(0.06)
            found = await run(ctx, task=task, **arguments)
            return found if isinstance(found, t.CallToolResult) else t.CallToolResult(content=found)

        return await ctx.experimental.run_task(work)

    async def report(self, ctx, done: float, total: float, task=None) -> None:
        token = ctx.meta.progressToken if ctx.meta else None
        if token is None:
            return
        # What belongs to a task names it, and goes its own way: the stream of the call is over.
        meta = {"io.modelcontextprotocol/related-task": {"taskId": task.task_id}} if task else None
        params = t.ProgressNotificationParams(progressToken=token, progress=done, total=total, _meta=meta)
        notification = t.ServerNotification(t.ProgressNotification(params=params))
        await ctx.session.send_notification(notification, related_request_id=None if task else ctx.request_id)

    async def progress(self, ctx):
        for done in (0, 50, 100):
            await self.report(ctx, done, 100)
            await anyio.sleep(0.05)
        return text("Progress was reported three times.")

    async def logging(self, ctx):
        for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            if self.levels.get(ctx.session, 0) <= LEVELS.index("info"):
                await ctx.session.send_log_message("info", message, related_request_id=ctx.request_id)
            await anyio.sleep(0.05)
        return text("Three messages were logged.")

    async def slow(self, ctx, task=None, seconds=10, steps=10):
        self.activity["running"] += 1
        end = "cancelled"
        try:
            for step in range(1, steps + 1):
                await anyio.sleep(seconds / steps)
                if task and task.is_cancelled:
                    return text("It was cancelled.")
                await self.report(ctx, step, steps, task)
            end = "completed"
        finally:
            self.activity["running"] -= 1
            self.activity[end] += 1
        return text(f"Done after {steps} steps.")
