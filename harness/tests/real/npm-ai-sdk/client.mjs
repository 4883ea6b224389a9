// A client on the AI SDK's public API: connects to the server in its last argument, a URL or a command, and uses what it offers.

import { ElicitationRequestSchema, auth, createMCPClient } from '@ai-sdk/mcp';
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { run } from './shared/application.mjs';
import { Headless } from './shared/authorized.mjs';
import { elicited } from './shared/user.mjs';
import { context, modern } from './shared/walk.mjs';

/** Called as the clients of the official SDKs are; what this one does not do it is not asked for. */
class Client {
  #client;

  async connect(transport) {
    this.#client = await createMCPClient({
      transport,
      capabilities: { elicitation: {} },
      protocolVersionDiscovery: modern,
      onUncaughtError: (error) => console.error('uncaught', error),
    });
    this.#client.onElicitationRequest(ElicitationRequestSchema, elicited);
  }

  version = () => this.#client.initializeResult.protocolVersion;

  getServerCapabilities() {
    const { tools, prompts, resources, completions } = this.#client.initializeResult.capabilities;
    return { tools: tools && {}, prompts: prompts && {}, resources: resources && {}, completions };
  }

  listTools = (params, options) => this.#client.listTools({ params, options });
  listPrompts = (params, options) => this.#client.listPrompts({ params, options });
  listResources = (params, options) => this.#client.listResources({ params, options });
  listResourceTemplates = (params, options) => this.#client.listResourceTemplates({ options });
  callTool = ({ name, arguments: given }, { timeout }) => this.#client.callTool({ name, arguments: given, options: { timeout } });
  readResource = (params, options) => this.#client.readResource({ ...params, options });
  getPrompt = (params, options) => this.#client.getPrompt({ ...params, options });
  complete = (params, options) => this.#client.complete({ ...params, options });
  ping = async () => {};
  close = () => this.#client?.close();
}

/** Credentials that were registered before belong to one issuer, which whoever registered them knows. */
class Provider extends Headless {
  #server;

  async authorizationServerInformation() {
    if (context.client_secret) this.#server ??= await issuer(process.argv.at(-1));
    return this.#server;
  }

  saveAuthorizationServerInformation(server) {
    this.#server = server;
  }
}

/** The first one that the server names. */
async function issuer(server) {
  const { origin, pathname } = new URL(server);
  const json = async (url) => (await fetch(url)).json();
  const { authorization_servers: [authorizationServerUrl] } = await json(`${origin}/.well-known/oauth-protected-resource${pathname}`);
  const { issuer, token_endpoint: tokenEndpoint } = await json(`${authorizationServerUrl}/.well-known/oauth-authorization-server`);
  return { issuer, authorizationServerUrl, tokenEndpoint };
}

/** The two transports over HTTP are made from what is said of them. */
const described = (type) =>
  function describe(url, { authProvider } = {}) {
    return { type, url: url.href, authProvider };
  };

await run({
  StdioClientTransport: StdioMCPTransport,
  SSEClientTransport: described('sse'),
  StreamableHTTPClientTransport: described('http'),
  newClient: () => new Client(),
  newProvider: () => new Provider(),
  isModern: (client) => client.version() >= '2026-07-28',
  callTool: (client, params, options) => client.callTool(params, options),
  finish: ({ url, authProvider }, answer) =>
    auth(authProvider, {
      serverUrl: url,
      authorizationCode: answer.get('code'),
      callbackState: answer.get('state'),
      callbackIssuer: answer.get('iss') ?? undefined,
    }),
});
