// A client on the SDK's public API: connects to the URL in its last argument and calls each tool that needs no arguments.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const url = new URL(process.argv.at(-1));

async function connect() {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const client = new Client({ name: 'fixture', version: '1.0.0' }, { capabilities });
  const content = { type: 'text', text: 'hello' };
  client.setRequestHandler(CreateMessageRequestSchema, () => ({ role: 'assistant', content, model: 'fixture' }));
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///fixture' }] }));
  const transport = new StreamableHTTPClientTransport(url);
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    for (const tool of tools.filter((tool) => !tool.inputSchema.required?.length)) {
      await client.callTool({ name: tool.name, arguments: {} }, undefined, { timeout: 10_000 });
    }
    await transport.terminateSession();
  } finally {
    await client.close();
  }
}

try {
  await connect();
} catch (lost) {
  // An application that still has work to do tries once more.
  console.error(lost);
  await connect();
}
