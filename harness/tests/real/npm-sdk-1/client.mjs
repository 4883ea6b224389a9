// A client on the SDK's public API: connects to the server in its last argument, a URL or a command, and uses what it offers.

import { ClientCredentialsProvider, PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { run } from './shared/application.mjs';
import { Headless, machine } from './shared/authorized.mjs';
import { elicited, folders, sampled } from './shared/user.mjs';
import { context } from './shared/walk.mjs';

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

await run({
  StdioClientTransport,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  newClient,
  newProvider() {
    const way = machine();
    return providers[way?.kind] ? new providers[way.kind](way) : new Headless();
  },
  isModern: () => false,
  callTool: (client, params, options) => client.callTool(params, undefined, options),
  tasks: ({ experimental: { tasks } }) => ({
    async callAsTask(params, options) {
      const run = tasks.callToolStream(params, undefined, { ...options, task: { ttl: 60_000 } });
      for await (const message of run) if (message.type === 'error') throw message.error;
    },
    listTasks: (cursor, options) => tasks.listTasks(cursor, options),
  }),
  finish: (transport, answer) => transport.finishAuth(answer.get('code')),
});
