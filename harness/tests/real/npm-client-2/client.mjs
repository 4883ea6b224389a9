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
import { Headless, authorized, machine } from './shared/authorized.mjs';
import { elicited, folders, sampled } from './shared/user.mjs';
import { context, modern, run, started, transportName, walk } from './shared/walk.mjs';

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
      },
      versionNegotiation: { mode: modern ? 'auto' : 'legacy' },
    },
  );
  client.setRequestHandler('sampling/createMessage', sampled);
  client.setRequestHandler('elicitation/create', elicited);
  client.setRequestHandler('roots/list', folders(() => client.sendRootsListChanged()));
  return client;
}

function reach(server, authProvider) {
  if (transportName === 'stdio') return new StdioClientTransport(started(server));
  if (transportName === 'sse') return new SSEClientTransport(server);
  return new StreamableHTTPClientTransport(server, { authProvider });
}

await run(async (server) => {
  const authProvider = newProvider();
  let client, transport;
  const allowed = (action) => authorized(authProvider, (answer) => transport.finishAuth(answer), action);
  await allowed(async () => {
    client = newClient();
    transport = reach(server, authProvider);
    await client.connect(transport);
  });
  try {
    const spoken = client.getNegotiatedProtocolVersion() >= '2026-07-28';
    const callTool = (params, options) => client.callTool(params, options);
    const whole = await walk({ client, modern: spoken, callTool, allowed });
    if (whole && !spoken) await transport.terminateSession?.();
    return whole;
  } finally {
    await client.close();
  }
});
