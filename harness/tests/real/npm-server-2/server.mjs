// The SDK's own defaults for both eras: `node server.mjs stdio` or `node server.mjs http PORT`.
import { createServer } from 'node:http';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

function build() {
  const server = new McpServer({ name: 'npm-server-2', version: '1.0.0' });
  server.registerTool(
    'add',
    { description: 'Adds two numbers', inputSchema: z.object({ a: z.number(), b: z.number() }), annotations: { readOnlyHint: true } },
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
  server.registerPrompt('greet', { description: 'Greets someone', argsSchema: z.object({ name: z.string() }) }, ({ name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}.` } }],
  }));
  return server;
}

const [transport, port] = process.argv.slice(2);
if (transport === 'http') {
  const handle = toNodeHandler(createMcpHandler(build));
  const [hostAllowed, originAllowed] = [localhostHostValidation(), localhostOriginValidation()];
  createServer((request, response) => {
    if (hostAllowed(request, response) && originAllowed(request, response)) handle(request, response);
  }).listen(Number(port), '127.0.0.1');
} else {
  serveStdio(build);
}
