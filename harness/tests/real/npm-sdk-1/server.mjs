// `node server.mjs stdio`, `node server.mjs http PORT`, or for HTTP+SSE `node server.mjs sse PORT`; over HTTP each session
// has its own server and transport.
import { randomUUID } from 'node:crypto';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { InMemoryTaskMessageQueue, InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ElicitResultSchema, isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

const text = text => ({ content: [{ type: 'text', text }] });
const moment = millis => new Promise(resolve => setTimeout(resolve, millis));
const question = {
  method: 'elicitation/create',
  params: {
    message: 'What is your name?',
    requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  },
};

// Tools that run as tasks, by the names of scenarios/contract.yaml.
function addTaskTool(server, name, work, taskSupport = 'optional') {
  const config = { description: `Runs as a task: ${name}`, annotations: { readOnlyHint: true }, execution: { taskSupport } };
  server.experimental.tasks.registerToolTask(name, config, {
    async createTask({ taskStore, taskRequestedTtl, sendRequest }) {
      const task = await taskStore.createTask({ ttl: taskRequestedTtl, pollInterval: 50 });
      const { taskId } = task;
      const ask = async () => {
        await taskStore.updateTaskStatus(taskId, 'input_required');
        const answer = await sendRequest(question, ElicitResultSchema, { relatedTask: { taskId } });
        await taskStore.updateTaskStatus(taskId, 'working');
        return answer;
      };
      // A task that was cancelled or has expired meanwhile takes no result.
      work(ask).then(result => taskStore.storeTaskResult(taskId, result.isError ? 'failed' : 'completed', result)).catch(() => {});
      return { task };
    },
    getTask: ({ taskId, taskStore }) => taskStore.getTask(taskId),
    getTaskResult: ({ taskId, taskStore }) => taskStore.getTaskResult(taskId),
  });
}

const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };

function build() {
  const server = new McpServer(
    { name: 'npm-sdk-1', version: '1.0.0' },
    { capabilities: { tasks }, taskStore: new InMemoryTaskStore(), taskMessageQueue: new InMemoryTaskMessageQueue() },
  );
  server.registerTool(
    'add',
    { description: 'Adds two numbers', inputSchema: { a: z.number(), b: z.number() }, annotations: { readOnlyHint: true } },
    ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }] }),
  );
  server.registerTool('fail', { description: 'Always fails', annotations: { readOnlyHint: true } }, () => {
    throw new Error('this tool always fails');
  });
  server.registerResource('note', 'test://note', { mimeType: 'text/plain' }, uri => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'a note' }],
  }));
  server.registerResource('item', new ResourceTemplate('test://item/{id}', { list: undefined }), {}, (uri, { id }) => ({
    contents: [{ uri: uri.href, text: `item ${id}` }],
  }));
  server.registerPrompt('greet', { description: 'Greets someone', argsSchema: { name: z.string() } }, ({ name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}.` } }],
  }));
  const quick = () => moment(60).then(() => text('The work is done.'));
  addTaskTool(server, 'test_task', quick);
  addTaskTool(server, 'test_task_required', quick, 'required');
  addTaskTool(server, 'test_task_slow', () => moment(600).then(() => text('The work is done.')));
  addTaskTool(server, 'test_task_error', () => moment(60).then(() => ({ ...text('It failed.'), isError: true })));
  addTaskTool(server, 'test_task_elicitation', ask => moment(60).then(ask).then(({ action }) => text(action)));
  return server;
}

function serveHttp(port) {
  const sessions = new Map();
  const app = createMcpExpressApp();
  app.all('/mcp', async (request, response) => {
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
  app.listen(port, '127.0.0.1');
}

function serveSse(port) {
  const clients = new Map();
  const app = createMcpExpressApp();
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
  app.listen(port, '127.0.0.1');
}

const [transport, port] = process.argv.slice(2);
if (transport === 'http') serveHttp(Number(port));
else if (transport === 'sse') serveSse(Number(port));
else await build().connect(new StdioServerTransport());
