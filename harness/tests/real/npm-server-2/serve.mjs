// `serve(build)` offers what `build` makes in both eras, as the command line says: `stdio`, `http PORT` or `stateless PORT`. With
// `http` each session of the revisions with a handshake has a server and a transport of its own, and its streams can be resumed;
// with `stateless` those revisions are served without sessions too.
// Returns what tells changes to those who listen over HTTP.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import * as sdk from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { EventLog } from './shared/event-log.mjs';
import { stopsGracefully } from './shared/stop.mjs';

const [transport, port] = process.argv.slice(2);
export const hasSessions = transport !== 'stateless';

export function serve(build) {
  if (transport === 'stdio') return serveStdio(build);
  return serveHttp(build, Number(port));
}

function serveHttp(build, port) {
  const modern = sdk.createMcpHandler(build, { legacy: hasSessions ? 'reject' : 'stateless' });
  const legacy = hasSessions ? withSessions(build) : modern.fetch;
  const isLegacy = async request => !(request.headers.get('mcp-protocol-version') >= '2026') && (await sdk.isLegacyRequest(request));
  const fetch = async request =>
    sdk.hostHeaderValidationResponse(request, sdk.localhostAllowedHostnames()) ??
    sdk.originValidationResponse(request, sdk.localhostAllowedOrigins()) ??
    ((await isLegacy(request)) ? legacy(request) : modern.fetch(request));
  const server = createServer(getRequestListener(fetch)).listen(port, '127.0.0.1');
  stopsGracefully(server, modern.close);
  return modern.notify;
}

function withSessions(build) {
  const sessions = new Map();
  return async request => {
    const id = request.headers.get('mcp-session-id');
    const known = sessions.get(id);
    if (known) return known.handleRequest(request);
    if (id !== null) {
      const error = { code: -32001, message: 'unknown session' };
      return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 404 });
    }
    const transport = new sdk.WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: created => sessions.set(created, transport),
      onsessionclosed: closed => sessions.delete(closed),
      eventStore: new EventLog(),
      retryInterval: 100,
    });
    await build({ era: 'legacy' }).connect(transport);
    return transport.handleRequest(request);
  };
}
