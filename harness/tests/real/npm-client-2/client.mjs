// A client on the SDK's public API: connects to the URL in its last argument and uses what the server offers.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { answers, modern, run, walk } from './shared/walk.mjs';

await run(async (url) => {
  const client = new Client(
    { name: 'fixture', version: '1.0.0' },
    {
      capabilities: { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } },
      versionNegotiation: { mode: modern ? 'auto' : 'legacy' },
    },
  );
  client.setRequestHandler('sampling/createMessage', answers.sampling);
  client.setRequestHandler('elicitation/create', answers.elicitation);
  client.setRequestHandler('roots/list', answers.roots);
  const transport = new StreamableHTTPClientTransport(url);
  await client.connect(transport);
  try {
    const spoken = client.getNegotiatedProtocolVersion() >= '2026-07-28';
    const whole = await walk({ client, modern: spoken, callTool: (params, options) => client.callTool(params, options) });
    if (whole && !spoken) await transport.terminateSession();
    return whole;
  } finally {
    await client.close();
  }
});
