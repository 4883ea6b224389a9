// A client on the SDK's public API: connects to the server in its last argument, a URL or a command, and uses what it offers.

import { ClientCredentialsProvider, PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks';
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { run } from './shared/application.mjs';
import { Headless, machine } from './shared/authorized.mjs';
import { elicited, folders, sampled } from './shared/user.mjs';
import { context } from './shared/walk.mjs';

const elicitation = context.elicitation === 'form' ? {} : { form: { applyDefaults: true }, url: {} };
const sampling = context.sampling === 'plain' ? {} : { tools: {} };
const roots = context.roots === 'none' ? undefined : { listChanged: true };
const tasks = context.tasks === 'none' ? undefined : { list: {}, cancel: {}, requests: { elicitation: { create: {} }, sampling: { createMessage: {} } } };
const capabilities = { sampling, elicitation, roots, tasks };
const TASK_MS = 300; // of work, for an answer that may take its time
const providers = { jwt: PrivateKeyJwtProvider, secret: ClientCredentialsProvider };

/** Answers at once, or as a task where the server wants one. */
const answering = (answer) => async (request, { taskStore, taskRequestedTtl }) => {
  if (!tasks || !request.params.task) return answer(request);
  const task = await taskStore.createTask({ ttl: taskRequestedTtl, pollInterval: 100 });
  const work = async () => taskStore.storeTaskResult(task.taskId, 'completed', await answer(request));
  setTimeout(() => work().catch((error) => console.error('task', error)), TASK_MS); // a task that was cancelled takes no result
  return { task };
};

function newClient() {
  const taskStore = tasks && new InMemoryTaskStore();
  const client = new Client({ name: 'fixture', version: '1.0.0' }, { capabilities, taskStore });
  client.setRequestHandler(CreateMessageRequestSchema, answering(sampled));
  client.setRequestHandler(ElicitRequestSchema, answering(elicited));
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
