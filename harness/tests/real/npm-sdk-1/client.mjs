// A client on the SDK's public API: connects to the server in its last argument, a URL or a command, and uses what it offers.

import { ClientCredentialsProvider, PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Headless, authorized, machine } from './shared/authorized.mjs';
import { elicited, folders, sampled } from './shared/user.mjs';
import { context, run, started, transportName, walk } from './shared/walk.mjs';

const elicitation = context.elicitation === 'form' ? {} : { form: { applyDefaults: true }, url: {} };
const sampling = context.sampling === 'plain' ? {} : { tools: {} };
const roots = context.roots === 'none' ? undefined : { listChanged: true };
const capabilities = { sampling, elicitation, roots };
const providers = { jwt: PrivateKeyJwtProvider, secret: ClientCredentialsProvider };

function newClient() {
  const client = new Client({ name: 'fixture', version: '1.0.0' }, { capabilities });
  client.setRequestHandler(CreateMessageRequestSchema, sampled);
  client.setRequestHandler(ElicitRequestSchema, elicited);
  if (roots) client.setRequestHandler(ListRootsRequestSchema, folders(() => client.sendRootsListChanged()));
  return client;
}

function reach(server, authProvider) {
  if (transportName === 'stdio') return new StdioClientTransport(started(server));
  if (transportName === 'sse') return new SSEClientTransport(server);
  return new StreamableHTTPClientTransport(server, { authProvider });
}

await run(async (server) => {
  const way = machine();
  const authProvider = providers[way?.kind] ? new providers[way.kind](way) : new Headless();
  let client, transport;
  const finish = (answer) => transport.finishAuth(answer.get('code'));
  const allowed = (action) => authorized(authProvider, finish, action);
  await allowed(async () => {
    client = newClient();
    transport = reach(server, authProvider);
    await client.connect(transport);
  });
  try {
    const callTool = (params, options) => client.callTool(params, undefined, options);
    const whole = await walk({ client, modern: false, callTool, allowed });
    if (whole) await transport.terminateSession?.();
    return whole;
  } finally {
    await client.close();
  }
});
