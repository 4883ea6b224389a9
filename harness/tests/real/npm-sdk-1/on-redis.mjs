// Sessions that any instance of a deployment serves: what is needed of them lies on Redis, at REDIS_URL.
//
// The SDK keeps a session in the transport that opened it. An instance that does not know a session therefore repeats its
// handshake to a transport of its own. Requests that the server sends stay with the instance that they come from.
import { randomUUID } from 'node:crypto';
import { getRequestListener } from '@hono/node-server';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { createClient } from 'redis';

const LIFETIME = 3600; // seconds that Redis keeps a session

/** The events of one session's streams, in the order they were sent: an EventStore of the SDK. */
class EventsOnRedis {
  constructor(redis, session) {
    this.redis = redis;
    this.key = `events:${session}`;
  }

  async storeEvent(streamId, message) {
    const number = await this.redis.rPush(this.key, JSON.stringify({ streamId, message }));
    await this.redis.expire(this.key, LIFETIME);
    return `${number}_${streamId}`;
  }

  async getStreamIdForEventId(eventId) {
    const [number, streamId] = [Number.parseInt(eventId, 10), eventId.slice(eventId.indexOf('_') + 1)];
    const stored = number > 0 ? await this.redis.lIndex(this.key, number - 1) : null;
    return stored && JSON.parse(stored).streamId === streamId ? streamId : undefined;
  }

  async replayEventsAfter(lastEventId, { send }) {
    const [streamId, seen] = [await this.getStreamIdForEventId(lastEventId), Number.parseInt(lastEventId, 10)];
    const after = await this.redis.lRange(this.key, seen, -1);
    for (const [index, stored] of after.entries()) {
      const event = JSON.parse(stored);
      if (event.streamId === streamId) await send(`${seen + index + 1}_${streamId}`, event.message);
    }
    return streamId;
  }
}

/** A message of the handshake, as it came from the client. */
const posted = (message, headers = {}) =>
  new Request('http://localhost/mcp', {
    method: 'POST',
    headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers },
    body: JSON.stringify(message),
  });

/** Returns what closes the sessions of this instance, which go on at others. */
export async function serveOnRedis(app, build) {
  const redis = await createClient({ url: process.env.REDIS_URL }).connect();
  const here = new Map(); // session id -> its transport on this instance, or the promise of it

  async function open(id, opening) {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessioninitialized: () => opening && redis.set(`session:${id}`, JSON.stringify(opening), { EX: LIFETIME }),
      onsessionclosed: () => redis.del([`session:${id}`, `events:${id}`]),
      eventStore: new EventsOnRedis(redis, id),
      retryInterval: 100,
    });
    await build().connect(transport);
    return transport;
  }

  async function takeOver(id, opening) {
    const transport = await open(id);
    await (await transport.handleRequest(posted(opening))).text();
    const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
    await transport.handleRequest(posted(initialized, { 'mcp-session-id': id }));
    return transport;
  }

  /** The session's transport on this instance; nothing where the session is over, or never was. */
  async function known(id) {
    const opening = await redis.get(`session:${id}`);
    if (opening === null) {
      await (await here.get(id))?.close();
      here.delete(id);
      return undefined;
    }
    if (!here.has(id)) here.set(id, takeOver(id, JSON.parse(opening)));
    return here.get(id);
  }

  app.all('/mcp', async (request, response) => {
    const given = request.headers['mcp-session-id'];
    const opens = given === undefined && isInitializeRequest(request.body);
    const id = opens ? randomUUID() : given;
    if (opens) here.set(id, open(id, request.body));
    const transport = opens ? await here.get(id) : id && (await known(id));
    if (!transport) {
      const message = id === undefined ? 'no session: initialize first' : 'unknown session';
      response.status(id === undefined ? 400 : 404).json({ jsonrpc: '2.0', id: null, error: { code: -32000, message } });
      return;
    }
    const handle = (web) => transport.handleRequest(web, { parsedBody: request.body });
    await getRequestListener(handle, { overrideGlobalObjects: false })(request, response);
  });
  return async () => Promise.all([...here.values()].map(async (transport) => (await transport).close()));
}
