"""Sessions that any instance of a deployment serves: what is needed of them lies on Redis, at REDIS_URL.

The SDK keeps a session in the transport that opened it. An instance that does not know a session therefore repeats its
handshake to a transport of its own. Requests that the server sends stay with the instance that they come from.
"""

import json
import os
from uuid import uuid4

import anyio
import mcp.types as t
import redis.asyncio
from mcp.server.streamable_http import EventMessage, EventStore, StreamableHTTPServerTransport
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

LIFETIME = 3600  # seconds that Redis keeps a session
INITIALIZED = b'{"jsonrpc": "2.0", "method": "notifications/initialized"}'


class EventsOnRedis(EventStore):
    """The events of one session's streams, in the order they were sent."""

    def __init__(self, store, session: str):
        self.store, self.key = store, f"events:{session}"

    async def store_event(self, stream_id, message):
        body = message and message.model_dump(by_alias=True, mode="json", exclude_none=True)
        number = await self.store.rpush(self.key, json.dumps([stream_id, body]))
        await self.store.expire(self.key, LIFETIME)
        return str(number)

    async def replay_events_after(self, last_event_id, send_callback):
        if not last_event_id.isdecimal() or int(last_event_id) == 0:
            return None
        events = [json.loads(each) for each in await self.store.lrange(self.key, int(last_event_id) - 1, -1)]
        stream = events[0][0] if events else None
        for number, (stream_id, body) in enumerate(events[1:], int(last_event_id) + 1):
            if stream_id == stream and body is not None:
                await send_callback(EventMessage(t.JSONRPCMessage.model_validate(body), str(number)))
        return stream


async def whole(receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def again(body: bytes, receive):
    """Gives a body that was read already, and then what comes."""
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_part():
        return parts.pop() if parts else await receive()

    return next_part


async def nowhere(message) -> None:
    pass


class Sessions:
    """An ASGI application; `follow` runs beside it."""

    def __init__(self, server, security):
        self.server, self.security = server, security
        self.store = redis.asyncio.from_url(os.environ["REDIS_URL"])
        self.here, self.taking, self.group = {}, anyio.Lock(), None

    async def follow(self) -> None:
        async with anyio.create_task_group() as self.group:
            await anyio.sleep_forever()

    async def run(self, transport, *, task_status) -> None:
        async with transport.connect() as (reads, writes):
            task_status.started()
            await self.server.run(reads, writes, self.server.create_initialization_options())

    async def open(self, session: str) -> StreamableHTTPServerTransport:
        transport = StreamableHTTPServerTransport(
            session, event_store=EventsOnRedis(self.store, session), security_settings=self.security, retry_interval=100
        )
        await self.group.start(self.run, transport)
        self.here[session] = transport
        return transport

    async def take_over(self, session: str, opening: bytes, scope) -> None:
        transport = await self.open(session)
        host = Headers(scope=scope).get("host", "localhost").encode()
        headers = [(b"host", host), (b"accept", b"application/json, text/event-stream"), (b"content-type", b"application/json")]
        for body, more in ((opening, []), (INITIALIZED, [(b"mcp-session-id", session.encode())])):
            asked = scope | {"method": "POST", "headers": headers + more}
            await transport.handle_request(asked, again(body, anyio.sleep_forever), nowhere)

    async def known(self, session: str, scope) -> StreamableHTTPServerTransport | None:
        """The session's transport on this instance; None where the session is over, or never was."""
        opening = await self.store.get(f"session:{session}")
        if opening is None:
            if gone := self.here.pop(session, None):
                await gone.terminate()
            return None
        async with self.taking:
            if session not in self.here:
                await self.take_over(session, opening, scope)
        return self.here[session]

    async def begin(self, scope, receive, send) -> None:
        """Answers a request without a session; `initialize` begins one."""
        session, body, statuses = uuid4().hex, await whole(receive), []

        async def watched(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        transport = await self.open(session)
        if b'"initialize"' in body:
            await self.store.set(f"session:{session}", body, ex=LIFETIME)
        await transport.handle_request(scope, again(body, receive), watched)
        if b'"initialize"' not in body or statuses != [200]:
            await self.end(session)

    async def end(self, session: str) -> None:
        await self.store.delete(f"session:{session}", f"events:{session}")
        await self.here.pop(session).terminate()

    async def __call__(self, scope, receive, send) -> None:
        session = Headers(scope=scope).get("mcp-session-id")
        if session is None:
            return await self.begin(scope, receive, send)
        transport = await self.known(session, scope)
        if transport is None:
            error = {"code": -32600, "message": "Session not found"}
            body = {"jsonrpc": "2.0", "id": None, "error": error}
            return await JSONResponse(body, status_code=404)(scope, receive, send)
        await transport.handle_request(scope, receive, send)
        if transport.is_terminated and self.here.get(session) is transport:
            await self.end(session)
