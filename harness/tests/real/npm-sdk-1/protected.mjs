// A protected MCP server on `@modelcontextprotocol/sdk` 1.x: `protected.mjs PORT ISSUER`.

import { randomUUID } from 'node:crypto';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';

const [port, issuer] = process.argv.slice(2);
const resource = new URL(`http://127.0.0.1:${port}/mcp`);
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));

const verifier = {
  async verifyAccessToken(token) {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience: resource.href, algorithms: ['ES256'] });
      const scopes = payload.scope.split(' ');
      return { token, clientId: payload.client_id, scopes, expiresAt: payload.exp, resource };
    } catch (error) {
      throw new InvalidTokenError(error.message);
    }
  },
};

function build() {
  const server = new McpServer({ name: 'protected', version: '1.0.0' });
  const inputSchema = { a: z.number(), b: z.number() };
  server.registerTool(
    'add',
    { description: 'Adds two numbers', inputSchema, annotations: { readOnlyHint: true } },
    ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }] })
  );
  return server;
}

const oauthMetadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
// The SDK wants end points that an issuer of client credentials does not have.
oauthMetadata.authorization_endpoint = `${issuer}/authorize`;
const sessions = new Map();
const app = createMcpExpressApp();
app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: resource, scopesSupported: ['mcp:use'] }));
const guard = requireBearerAuth({
  verifier,
  requiredScopes: ['mcp:use'],
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
});
app.all('/mcp', guard, async (request, response) => {
  const id = request.headers['mcp-session-id'];
  let transport = sessions.get(id);
  if (!transport && id === undefined && isInitializeRequest(request.body)) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: created => sessions.set(created, transport),
      onsessionclosed: closed => sessions.delete(closed),
    });
    await build().connect(transport);
  }
  if (transport) return transport.handleRequest(request, response, request.body);
  const message = id === undefined ? 'no session: initialize first' : 'unknown session';
  response.status(id === undefined ? 400 : 404).json({ jsonrpc: '2.0', id: null, error: { code: -32000, message } });
});
app.listen(Number(port), '127.0.0.1');
