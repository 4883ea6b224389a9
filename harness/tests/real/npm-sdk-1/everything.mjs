// Offers what the official suite's everything-server offers, by its names, and what scenarios/contract.yaml adds, as far
// as this SDK has it: `everything.mjs stdio`, and with `http PORT`, `sse PORT` or `redis PORT` (serve.mjs).
import { randomUUID } from 'node:crypto';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SubscribeRequestSchema, UnsubscribeRequestSchema, UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { keywords } from './keywords.mjs';
import { isReplica, serve } from './serve.mjs';
import { changes } from './shared/changes.mjs';
import { audio, embedded, fixedText, image, listedWith, mixed, moment, PNG, resource, result, text, user } from './shared/content.mjs';
import { EventLog } from './shared/event-log.mjs';
import { choices, defaults, form } from './shared/schemas.mjs';
import { addTaskTools, taskCapability, taskOptions } from './tasks.mjs';

const WATCHED = 'test://watched-resource';

// What all sessions share.
const sessions = new Set(); // of { server, subscriptions, extras }
const extrasShown = { tool: false, prompt: false, resource: false };
const activity = { running: 0, completed: 0, cancelled: 0 };
const visits = new Map(); // elicitation id -> what to do once the user is done there
let version = 1;

const readOnly = { readOnlyHint: true };

function build() {
  const capabilities = { logging: {}, resources: { subscribe: true, listChanged: true } };
  // The SDK's store of tasks is that of one process.
  const tasks = isReplica ? {} : { capabilities: { ...capabilities, tasks: taskCapability }, ...taskOptions() };
  const options = { capabilities, enforceStrictCapabilities: true, ...tasks };
  const server = new McpServer({ name: 'npm-sdk-1-everything', version: '1.0.0' }, options);
  const session = { server, subscriptions: new Set(), finished: false };
  addPlainTools(server);
  addStreamingTools(server);
  addAskingTools(server);
  addVisitingTools(server, session);
  if (!isReplica) addTaskTools(server, activity);
  addResources(server, session);
  addPrompts(server);
  session.extras = addExtras(server);
  sessions.add(session);
  server.server.onclose = () => sessions.delete(session);
  return server;
}

function addPlainTools(server) {
  const fixed = (name, description, ...content) =>
    server.registerTool(name, { description, annotations: readOnly }, () => result(...content));
  const first = { description: 'Returns one text', annotations: readOnly, _meta: { 'com.example/kind': 'fixed' } };
  server.registerTool('test_simple_text', first, () => result(text('This is a simple text response for testing.')));
  fixed('test_image_content', 'Returns an image', image);
  fixed('test_audio_content', 'Returns a sound', audio);
  fixed('test_embedded_resource', 'Returns a resource', embedded);
  fixed('test_multiple_content_types', 'Returns a text, an image and a resource', text('Multiple content types test:'), image, mixed);
  server.registerTool('test_error_handling', { description: 'Always fails', annotations: readOnly }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool(
    'test_echo',
    { description: 'Returns its message', inputSchema: { message: z.string() }, annotations: readOnly },
    ({ message }) => result(text(message)),
  );
  const weather = { location: z.string(), temperature: z.number(), conditions: z.string() };
  server.registerTool(
    'test_structured_output',
    { description: 'Returns made-up weather', inputSchema: { location: z.string().default('Nowhere') }, outputSchema: weather, annotations: readOnly },
    ({ location }) => {
      const structuredContent = { location, temperature: 22.5, conditions: 'Partly cloudy' };
      return { ...result(text(JSON.stringify(structuredContent))), structuredContent };
    },
  );
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has an input schema of JSON Schema 2020-12', inputSchema: keywords, annotations: readOnly },
    () => result(text('The arguments are valid.')),
  );
}

function addStreamingTools(server) {
  const progress = ({ _meta, sendNotification }) => async (progress, total) => {
    const progressToken = _meta?.progressToken;
    if (progressToken !== undefined) await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total } });
  };
  server.registerTool('test_tool_with_progress', { description: 'Reports progress', annotations: readOnly }, async extra => {
    for (const done of [0, 50, 100]) {
      await progress(extra)(done, 100);
      await moment(50);
    }
    return result(text('Progress was reported.'));
  });
  server.registerTool('test_tool_with_logging', { description: 'Logs', annotations: readOnly }, async ({ sessionId }) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await server.sendLoggingMessage({ level: 'info', data }, sessionId);
      await moment(50);
    }
    return result(text('Three messages were logged.'));
  });
  const duration = { seconds: z.number().min(0).max(600).default(10), steps: z.int().min(1).max(1000).default(10) };
  server.registerTool(
    'test_slow',
    { description: 'Takes its time', inputSchema: duration, annotations: readOnly },
    async ({ seconds, steps }, extra) => {
      activity.running++;
      try {
        for (let step = 1; step <= steps; step++) {
          await moment((seconds * 1000) / steps, extra.signal);
          await progress(extra)(step, steps);
        }
        activity.completed++;
        return result(text(`Done after ${steps} steps.`));
      } catch (error) {
        activity.cancelled++;
        throw error;
      } finally {
        activity.running--;
      }
    },
  );
  const later = { description: 'Ends the connection before the result', annotations: readOnly };
  server.registerTool('test_reconnection', later, async ({ closeSSEStream }) => {
    closeSSEStream?.();
    await moment(50);
    return result(text('The stream was resumed.'));
  });
  const ends = { description: 'Ends the connection that listens to this session', annotations: readOnly };
  server.registerTool('test_end_connections', ends, ({ closeStandaloneSSEStream }) => {
    closeStandaloneSSEStream?.();
    return result(text('Whoever listened has to come back.'));
  });
}

function addAskingTools(server) {
  const asks = (name, description, inputSchema, ask) =>
    server.registerTool(name, { description, inputSchema }, async (args, { requestId, signal }) =>
      result(text(await ask(args, { relatedRequestId: requestId, signal }))));
  asks('test_sampling', 'Lets the model answer', { prompt: z.string() }, async ({ prompt }, options) => {
    const params = { messages: [user(text(prompt))], maxTokens: 100 };
    const { content } = await server.server.createMessage(params, { ...options, onprogress: () => {} });
    return `LLM response: ${[content].flat().map(({ text }) => text).join(' ')}`;
  });
  const elicit = async (message, requestedSchema, options) => {
    const { action, content } = await server.server.elicitInput({ message, requestedSchema }, options);
    return `action=${action}, content=${JSON.stringify(content)}`;
  };
  asks('test_elicitation', 'Asks the user', { message: z.string() }, async ({ message }, options) =>
    `User response: ${await elicit(message, form({ username: { type: 'string' }, email: { type: 'string' } }, true), options)}`);
  asks('test_elicitation_sep1034_defaults', 'Asks with defaults', {}, async (_, options) =>
    `Elicitation completed: ${await elicit('Check these values', form(defaults), options)}`);
  asks('test_elicitation_sep1330_enums', 'Asks for choices', {}, async (_, options) =>
    `Elicitation completed: ${await elicit('Choose', form(choices), options)}`);
  asks('test_list_roots', 'Asks for the roots', {}, async (_, options) => {
    const { roots } = await server.server.listRoots(undefined, options);
    return `Roots: ${roots.map(({ uri }) => uri).join(', ')}`;
  });
}

// Tools that send the user to a URL, and the stand-in for the page there.
function addVisitingTools(server, session) {
  const invitation = done => {
    const elicitationId = randomUUID();
    visits.set(elicitationId, done);
    const url = `https://example.com/api-key?elicitation=${elicitationId}`;
    return { mode: 'url', message: 'Enter your API key on this page.', url, elicitationId };
  };
  server.registerTool('test_url_elicitation', { description: 'Asks for a key at a URL' }, async ({ requestId, signal }) => {
    let finish;
    const finished = new Promise(resolve => (finish = resolve));
    const options = { relatedRequestId: requestId, signal };
    const params = invitation(finish);
    const { action } = await server.server.elicitInput(params, options);
    if (action !== 'accept') throw new Error('The user does not want to open the URL.');
    await finished;
    await server.server.createElicitationCompletionNotifier(params.elicitationId, options)();
    return result(text('The key is stored.'));
  });
  server.registerTool('test_url_elicitation_required', { description: 'Needs a key entered at a URL' }, () => {
    if (session.finished) return result(text('The key is there, so this works.'));
    if (!server.server.getClientCapabilities()?.elicitation?.url) throw new Error('The client cannot open URLs.');
    const params = invitation(async () => {
      session.finished = true;
      await server.server.createElicitationCompletionNotifier(params.elicitationId)();
    });
    throw new UrlElicitationRequiredError([params]);
  });
  const page = { elicitationId: z.string(), secret: z.string().optional() };
  server.registerTool('test_finish_url_elicitation', { description: 'Stands for the page', inputSchema: page }, async ({ elicitationId }) => {
    const done = visits.get(elicitationId);
    if (!done) throw new Error('Nothing is open here.');
    visits.delete(elicitationId);
    await done();
    return result(text('Thank you. You can close this page.'));
  });
}

function addResources(server, { subscriptions }) {
  const add = (name, uri, mimeType, content, more) =>
    server.registerResource(name, uri, { description: name, mimeType, ...more }, () => ({ contents: [{ uri, mimeType, ...content() }] }));
  add('Static text', 'test://static-text', 'text/plain', () => ({ text: fixedText }), listedWith);
  add('Static binary', 'test://static-binary', 'image/png', () => ({ blob: PNG }));
  add('Watched', WATCHED, 'text/plain', () => ({ text: `Version ${version}` }));
  if (!isReplica) add('Activity', 'test://activity', 'application/json', () => ({ text: JSON.stringify(activity) }));
  add('Read me', 'file:///reference/readme.txt', 'text/plain', () => ({ text: 'Read me.' }));
  add('Broken', 'test://broken', 'text/plain', () => {
    throw new Error('the store of this resource cannot be read');
  });
  const ids = Array.from({ length: 250 }, (_, id) => String(id));
  const complete = { id: value => ids.filter(id => id.startsWith(value)) };
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined, complete });
  const mimeType = 'application/json';
  server.registerResource('Data by id', template, { description: 'Data by id', mimeType }, ({ href: uri }, { id }) => {
    const data = { id, templateTest: true, data: `Data for ID: ${id}` };
    return { contents: [{ uri, mimeType, text: JSON.stringify(data) }] };
  });
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => (subscriptions.add(params.uri), {}));
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => (subscriptions.delete(params.uri), {}));
}

function addPrompts(server) {
  const add = (name, argsSchema, messages) =>
    server.registerPrompt(name, { description: name, argsSchema }, args => ({ messages: messages(args).map(user) }));
  add('test_simple_prompt', undefined, () => [text('This is a simple prompt for testing.')]);
  const values = ['test', 'testValue1', 'testValue2', 'testing'];
  const completed = () => completable(z.string(), value => values.filter(each => each.startsWith(value)));
  add('test_prompt_with_arguments', { arg1: completed(), arg2: completed() }, ({ arg1, arg2 }) =>
    [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)]);
  add('test_prompt_with_embedded_resource', { resourceUri: z.string() }, ({ resourceUri }) =>
    [resource(resourceUri, 'text/plain', 'Embedded resource content for testing.'), text('Please process the embedded resource above.')]);
  add('test_prompt_with_image', undefined, () => [image, text('Please analyze the image above.')]);
  const broken = () => {
    throw new Error('the store of this prompt cannot be read');
  };
  add('test_broken_prompt', { topic: completable(z.string(), broken) }, broken);
}

// What comes and goes, in all sessions at once.
function addExtras(server) {
  const extras = {
    tool: server.registerTool('test_extra_tool', { description: 'Comes and goes' }, () => result(text('Here for the moment.'))),
    prompt: server.registerPrompt('test_extra_prompt', { description: 'Comes and goes' }, () => ({ messages: [user(text('Here.'))] })),
    resource: server.registerResource('Extra', 'test://extra-resource', {}, ({ href: uri }) => ({ contents: [{ uri, text: 'Here.' }] })),
  };
  for (const kind of Object.keys(extras)) {
    if (!extrasShown[kind]) extras[kind].disable();
    server.registerTool(`test_trigger_${kind}_change`, { description: `Adds an extra ${kind}, or takes it away again` }, async () => {
      await tell({ kind });
      return result(text(extrasShown[kind] ? 'It is there now.' : 'It is gone again.'));
    });
  }
  server.registerTool('test_trigger_resource_update', { description: `Changes ${WATCHED}` }, async () => {
    await tell({ updated: WATCHED });
    return result(text(`The resource is at version ${version} now.`));
  });
  return extras;
}

/** Makes a change, and tells the clients of this instance. */
async function apply({ kind, updated: uri }) {
  if (kind) {
    extrasShown[kind] = !extrasShown[kind];
    for (const { extras } of sessions) extrasShown[kind] ? extras[kind].enable() : extras[kind].disable();
  } else {
    version++;
    const told = [...sessions].filter(({ subscriptions }) => subscriptions.has(uri));
    await Promise.all(told.map(({ server }) => server.server.sendResourceUpdated({ uri })));
  }
}

const tell = await changes(apply);
await serve(build, () => ({ eventStore: new EventLog(), retryInterval: 100 }));
