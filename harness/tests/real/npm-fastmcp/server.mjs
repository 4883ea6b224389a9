// `node server.mjs stdio` or `node server.mjs http PORT`
import { FastMCP } from 'fastmcp';
import { z } from 'zod';

const server = new FastMCP({ name: 'npm-fastmcp', version: '1.0.0' });
server.addTool({
  name: 'add',
  description: 'Adds two numbers',
  parameters: z.object({ a: z.number(), b: z.number() }),
  annotations: { readOnlyHint: true },
  execute: async ({ a, b }) => String(a + b),
});
server.addTool({
  name: 'fail',
  description: 'Always fails',
  annotations: { readOnlyHint: true },
  execute: async () => {
    throw new Error('this tool always fails');
  },
});
server.addResource({
  uri: 'test://note',
  name: 'note',
  mimeType: 'text/plain',
  load: async () => ({ text: 'a note' }),
});
server.addResourceTemplate({
  uriTemplate: 'test://item/{id}',
  name: 'item',
  arguments: [{ name: 'id', required: true }],
  load: async ({ id }) => ({ text: `item ${id}` }),
});
server.addPrompt({
  name: 'greet',
  description: 'Greets someone',
  arguments: [{ name: 'name', required: true }],
  load: async ({ name }) => `Greet ${name}.`,
});

const [transport, port] = process.argv.slice(2);
if (transport === 'http') {
  await server.start({ transportType: 'httpStream', httpStream: { endpoint: '/mcp', host: '127.0.0.1', port: Number(port) } });
} else {
  await server.start({ transportType: 'stdio' });
}
