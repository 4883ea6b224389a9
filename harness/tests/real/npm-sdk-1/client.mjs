// A client on the SDK's public API: connects to the URL in its last argument and uses what the server offers.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { answers, run, walk } from './shared/walk.mjs';

const capabilities = { sampling: {}, elicitation: { form: { applyDefaults: true }, url: {} }, roots: { listChanged: true } };

await run(async (url) => {
  const client = new Client({ name: 'fixture', version: '1.0.0' }, { capabilities });
  client.setRequestHandler(CreateMessageRequestSchema, answers.sampling);
  client.setRequestHandler(ElicitRequestSchema, answers.elicitation);
  client.setRequestHandler(ListRootsRequestSchema, answers.roots);
  const transport = new StreamableHTTPClientTransport(url);
  await client.connect(transport);
  try {
    const whole = await walk({ client, modern: false, callTool: (params, options) => client.callTool(params, undefined, options) });
    if (whole) await transport.terminateSession();
    return whole;
  } finally {
    await client.close();
  }
});
