// A small client: connects, lists the tools, and calls those that need no arguments.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const version = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION ?? '2026-07-28';
const kinds = { boolean: true, integer: 1, number: 1.5 };

const client = new Client(
    { name: 'npm-client-2', version: '1.0.0' },
    {
        capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
        versionNegotiation: { mode: version < '2026-07-28' ? 'legacy' : 'auto' },
    },
);
client.setRequestHandler('elicitation/create', ({ params }) => {
    const fields = Object.entries(params.requestedSchema?.properties ?? {});
    return { action: 'accept', content: Object.fromEntries(fields.map(([name, field]) => [name, kinds[field.type] ?? 'Alice'])) };
});
client.setRequestHandler('sampling/createMessage', () => ({
    role: 'assistant', model: 'test-model', content: { type: 'text', text: 'Paris' },
}));
client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///test', name: 'test' }] }));

await client.connect(new StreamableHTTPClientTransport(new URL(process.argv.at(-1))));
for (const tool of (await client.listTools()).tools) {
    if (!tool.inputSchema.required?.length) {
        await client.callTool({ name: tool.name, arguments: {} }).catch(error => console.error(tool.name, error));
    }
}
await client.close();
