// What the fixtures share: `serve(build, options)` offers the McpServer that `build` makes, as the command line says:
// `stdio`, `http PORT`, for HTTP+SSE `sse PORT`, or `redis PORT` for sessions that any instance serves. Over HTTP each session
// has a server and a transport of its own; `options` are further options of the transport of `http`, made anew for each session.
import { randomUUID } from 'node:crypto';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { stopsGracefully } from './shared/stop.mjs';

/** Whether this is one of several instances; then what it alone knows is not offered. */
export const isReplica = process.argv[2] === 'redis';

export async function serve(build, options = () => ({})) {
  const [transport, port] = process.argv.slice(2);
  if (transport === 'stdio') return build().connect(new StdioServerTransport());
  const { createMcpExpressApp } = await import('@modelcontextprotocol/sdk/server/express.js'); // a process of stdio starts faster
  const app = createMcpExpressApp();
  let close = () => {};
  if (transport === 'http') serveHttp(app, build, options);
  else if (transport === 'redis') close = await (await import('./on-redis.mjs')).serveOnRedis(app, build);
  else serveSse(app, build);
  stopsGracefully(app.listen(Number(port), '127.0.0.1'), close);
}

function serveHttp(app, build, options) {
  const sessions = new Map();
  app.all('/mcp', async (request, response) => {
    const id = request.headers['mcp-session-id'];
    let transport = sessions.get(id);
    if (!transport && id === undefined && isInitializeRequest(request.body)) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: created => sessions.set(created, transport),
        onsessionclosed: closed => sessions.delete(closed),
        ...options(),
      });
      await build().connect(transport);
    }
    if (transport) return transport.handleRequest(request, response, request.body);
    const message = id === undefined ? 'no session: initialize first' : 'unknown session';
    response.status(id === undefined ? 400 : 404).json({ jsonrpc: '2.0', id: null, error: { code: -32000, message } });
  });
}

function serveSse(app, build) {
  const clients = new Map();
  app.get('/sse', async (request, response) => {
    const transport = new SSEServerTransport('/messages', response);
    clients.set(transport.sessionId, transport);
    response.on('close', () => clients.delete(transport.sessionId));
    await build().connect(transport);
  });
  app.post('/messages', async (request, response) => {
    const transport = clients.get(request.query.sessionId);
    if (!transport) return response.status(404).send('unknown session');
    await transport.handlePostMessage(request, response, request.body);
  });
}
