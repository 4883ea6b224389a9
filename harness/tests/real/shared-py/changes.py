"""Changes that all instances of a deployment hear of, in the same order, also one that is started later: through Redis where
REDIS_URL names one, else within this process."""

import asyncio
import json
import os

STREAM = "changes"


def key(id: bytes) -> tuple[int, ...]:
    """Ids are `milliseconds-number`."""
    return tuple(int(part) for part in id.split(b"-"))


class Changes:
    """`apply`, a coroutine function, is called with every change, which is JSON."""

    def __init__(self, apply):
        self.apply, self.redis, self.last, self.heard = apply, None, b"0", asyncio.Condition()

    async def read(self, block: int | None = None) -> None:
        streams = await self.redis.xread({STREAM: self.last}, block=block)
        for id, fields in (entry for _, entries in streams or [] for entry in entries):
            await self.apply(json.loads(fields[b"change"]))
            async with self.heard:
                self.last = id
                self.heard.notify_all()

    async def follow(self) -> None:
        """Hears of what other instances change, for ever."""
        if "REDIS_URL" not in os.environ:
            return
        import redis.asyncio

        self.redis = redis.asyncio.from_url(os.environ["REDIS_URL"], socket_timeout=None)
        await self.read()
        while True:
            await self.read(block=0)

    async def tell(self, change: dict) -> None:
        """Tells everyone, and is done when `apply` has been called with it here."""
        if self.redis is None:
            return await self.apply(change)
        id = await self.redis.xadd(STREAM, {"change": json.dumps(change)})
        async with self.heard:
            await self.heard.wait_for(lambda: key(self.last) >= key(id))
