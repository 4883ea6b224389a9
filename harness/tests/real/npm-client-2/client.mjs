// A client on the SDK's public API: connects to the server in its last argument, a URL or a command, and uses what it offers.

import {
  Client,
  ClientCredentialsProvider,
  CrossAppAccessProvider,
  DpopSession,
  PrivateKeyJwtProvider,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  requestJwtAuthorizationGrant,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { run } from './shared/application.mjs';
import { Headless, extensions, machine } from './shared/authorized.mjs';
import { elicited, folders, sampled } from './shared/user.mjs';
import { context, modern } from './shared/walk.mjs';

/** Exchanges the user's identity token at the enterprise's identity provider. */
async function assertion({ authorizationServerUrl: audience, resourceUrl: resource, scope, fetchFn }) {
  const { idp_token_endpoint: tokenEndpoint, idp_id_token: idToken, idp_client_id: clientId, idp_client_secret: clientSecret } = context;
  const asked = { tokenEndpoint, audience, resource, idToken, clientId, clientSecret, scope, fetchFn };
  return (await requestJwtAuthorizationGrant(asked)).jwtAuthGrant;
}

/** Proves possession of a key to servers that want it. */
class Proving extends Headless {
  #session = DpopSession.create();

  dpop() {
    return this.#session;
  }
}

function newProvider() {
  const way = machine();
  if (way?.kind === 'jwt') return new PrivateKeyJwtProvider(way);
  if (way?.kind === 'secret') return new ClientCredentialsProvider(way);
  if (way?.kind === 'enterprise') return new CrossAppAccessProvider({ ...way, assertion });
  return process.env.MCP_CONFORMANCE_SCENARIO?.includes('dpop') ? new Proving() : new Headless();
}

function newClient() {
  const client = new Client(
    { name: 'fixture', version: '1.0.0' },
    {
      capabilities: {
        sampling: context.sampling === 'plain' ? {} : { tools: {} },
        elicitation: context.elicitation === 'form' ? { form: {} } : { form: {}, url: {} },
        roots: { listChanged: true },
        extensions: extensions(),
      },
      versionNegotiation: { mode: modern ? 'auto' : 'legacy' },
    },
  );
  client.setRequestHandler('sampling/createMessage', sampled);
  client.setRequestHandler('elicitation/create', elicited);
  client.setRequestHandler('roots/list', folders(() => client.sendRootsListChanged()));
  return client;
}

await run({
  StdioClientTransport,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  newClient,
  newProvider,
  isModern: (client) => client.getNegotiatedProtocolVersion() >= '2026-07-28',
  callTool: (client, params, options) => client.callTool(params, options),
  finish: (transport, answer) => transport.finishAuth(answer),
});
