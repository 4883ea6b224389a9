// A client application on either SDK: connects to the server in its last argument, a URL or over stdio the command that
// starts it, and uses what it offers; once more if a session is lost.

import { authorized } from './authorized.mjs';
import { walk } from './walk.mjs';

const transportName = process.env.MCP_ASSAY_TRANSPORT ?? 'http';

/** What starts the server, as the stdio transport of both SDKs wants it. */
const started = (command) => ({ command: '/bin/sh', args: ['-c', `exec ${command}`] });

function reach(sdk, authProvider) {
  const server = process.argv.at(-1);
  if (transportName === 'stdio') return new sdk.StdioClientTransport(started(server));
  if (transportName === 'sse') return new sdk.SSEClientTransport(new URL(server));
  return new sdk.StreamableHTTPClientTransport(new URL(server), { authProvider });
}

/** One session; whether it was there to the end. */
async function converse(sdk) {
  const authProvider = sdk.newProvider();
  let client, transport;
  const allowed = (action) => authorized(authProvider, (answer) => sdk.finish(transport, answer), action);
  await allowed(async () => {
    client = sdk.newClient();
    transport = reach(sdk, authProvider);
    await client.connect(transport);
  });
  try {
    const modern = sdk.isModern(client);
    const callTool = (params, options) => sdk.callTool(client, params, options);
    const { callAsTask, listTasks } = sdk.tasks?.(client) ?? {};
    const whole = await walk({ client, modern, callTool, callAsTask, listTasks, allowed });
    if (whole && !modern) await transport.terminateSession?.();
    return whole;
  } finally {
    await client.close();
  }
}

/**
 * Runs the application. `sdk` has the SDK's three transports by their names, `newClient()` and `newProvider()`, and what the
 * SDKs do differently: `isModern(client)`, `callTool(client, params, options)`, `finish(transport, answer)`, and of an SDK that has
 * tasks `tasks(client)`, what `walk` needs for them.
 */
export async function run(sdk) {
  try {
    (await converse(sdk)) || (await converse(sdk));
  } catch (error) {
    console.error('connect', error);
  }
  process.exit(0);
}
