// What a client does at a server: it uses all that is offered, and goes on when something fails.
//
// `client` is a connected client of either SDK; what they name differently comes with it: `modern` (2026-07-28 is spoken),
// `callTool(params, options)`, with an SDK that runs tools as tasks (2025-11-25) `callAsTask(params, options)` and
// `listTasks(cursor, options)`, and `allowed(action)`, which does it again once the user has agreed to it.

import { members } from './examples.mjs';

const USED = 12; // of each kind, at most
const PAGES = 20;
const CALL = { timeout: 4_000, onprogress: () => {} }; // a call that takes longer is given up
const REQUEST = { timeout: 5_000 };

export const modern = (process.env.MCP_CONFORMANCE_PROTOCOL_VERSION ?? '2026-07-28') >= '2026-07-28';
export const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');

/** The server has ended the session: the application begins a new one. */
class SessionLost extends Error {}

/** The outcome of a step; nothing when it fails. */
async function attempt(party, what, action) {
  try {
    return await party.allowed(action);
  } catch (error) {
    console.error(what, error);
    if (/session/i.test(error.message)) throw new SessionLost(what);
  }
}

async function every(party, what, list) {
  const found = [];
  let cursor;
  for (let page = 0; page < PAGES; page += 1) {
    const got = await attempt(party, `list ${what}`, () => list(cursor === undefined ? undefined : { cursor }, REQUEST));
    found.push(...(got?.[what] ?? []));
    cursor = got?.nextCursor;
    if (cursor === undefined) break;
  }
  return found;
}

/** From the tool's schema; an argument that is itself a schema gets that of the first tool. */
function toolArguments(tool, tools) {
  const made = members(tool.inputSchema);
  return made.schema instanceof Object ? { ...made, schema: tools[0].inputSchema } : made;
}

const expand = (path) => path.replaceAll(/\{[^}]*\}/g, '1');

async function use(party, { tools, prompts, resources, templates }) {
  const { client, callTool, callAsTask } = party;
  const complete = async (ref, name) => {
    if (!client.getServerCapabilities().completions) return;
    await attempt(party, `complete ${name}`, () => client.complete({ ref, argument: { name, value: 'a' } }, REQUEST));
  };
  for (const call of context.toolCalls ?? []) await attempt(party, `call ${call.name}`, () => callTool(call, CALL));
  const asTask = (tool) => tool.execution?.taskSupport === 'required';
  const tasks = callAsTask && client.getServerCapabilities().tasks?.requests?.tools?.call;
  const usable = tools.filter((tool) => tasks || !asTask(tool));
  for (const tool of context.toolCalls ? [] : usable.slice(0, USED)) {
    const call = () => (asTask(tool) ? callAsTask : callTool)({ name: tool.name, arguments: toolArguments(tool, tools) }, CALL);
    await attempt(party, `call ${tool.name}`, call);
  }
  for (const { uri } of resources.slice(0, USED)) await attempt(party, `read ${uri}`, () => client.readResource({ uri }, REQUEST));
  for (const { uriTemplate } of templates.slice(0, USED)) {
    const name = /\{[+#./;?&]?([^},]*)/.exec(uriTemplate)?.[1];
    if (name) await complete({ type: 'ref/resource', uri: uriTemplate }, name);
    await attempt(party, `read ${uriTemplate}`, () => client.readResource({ uri: expand(uriTemplate) }, REQUEST));
  }
  for (const prompt of prompts.slice(0, USED)) {
    const names = (prompt.arguments ?? []).map(({ name }) => name);
    if (names.length) await complete({ type: 'ref/prompt', name: prompt.name }, names[0]);
    const given = Object.fromEntries(names.map((name) => [name, '1']));
    await attempt(party, `get ${prompt.name}`, () => client.getPrompt({ name: prompt.name, arguments: given }, REQUEST));
  }
}

/** Uses everything with subscriptions to what may change, in the manner of the era. */
async function subscribed(party, lists) {
  const { client } = party;
  const offers = client.getServerCapabilities();
  const uris = offers.resources?.subscribe ? lists.resources.slice(0, USED).map(({ uri }) => uri) : [];
  if (party.modern) {
    const filter = {
      ...(offers.tools?.listChanged && { toolsListChanged: true }),
      ...(offers.prompts?.listChanged && { promptsListChanged: true }),
      ...(offers.resources?.listChanged && { resourcesListChanged: true }),
      ...(uris.length && { resourceSubscriptions: uris }),
    };
    const heard = Object.keys(filter).length ? await attempt(party, 'listen', () => client.listen(filter, { timeout: 2_000 })) : undefined;
    await use(party, lists);
    await attempt(party, 'stop listening', async () => heard?.close());
    return;
  }
  for (const uri of uris) await attempt(party, `subscribe ${uri}`, () => client.subscribeResource({ uri }, REQUEST));
  await use(party, lists);
  for (const uri of uris) await attempt(party, `unsubscribe ${uri}`, () => client.unsubscribeResource({ uri }, REQUEST));
}

async function everything(party) {
  const { client } = party;
  const offers = client.getServerCapabilities() ?? {};
  const listTools = () => every(party, 'tools', (params, options) => client.listTools(params, options));
  if (offers.logging && !party.modern) await attempt(party, 'set level', () => client.setLoggingLevel('debug', REQUEST));
  await subscribed(party, {
    tools: offers.tools ? await listTools() : [],
    prompts: offers.prompts ? await every(party, 'prompts', (params, options) => client.listPrompts(params, options)) : [],
    resources: offers.resources ? await every(party, 'resources', (params, options) => client.listResources(params, options)) : [],
    templates: offers.resources
      ? await every(party, 'resourceTemplates', (params, options) => client.listResourceTemplates(params, options))
      : [],
  });
  if (!party.modern) {
    await attempt(party, 'ping', () => client.ping(REQUEST));
  }
  if (offers.tools) await listTools();
  if (offers.tasks?.list && party.listTasks) await every(party, 'tasks', (params, options) => party.listTasks(params?.cursor, options));
}

/** Whether the session was there to the end. */
export async function walk(party) {
  try {
    await everything(party);
    return true;
  } catch (error) {
    if (error instanceof SessionLost) return false;
    throw error;
  }
}
