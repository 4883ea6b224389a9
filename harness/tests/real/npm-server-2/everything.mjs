// Offers what the official suite's everything-server offers, by its names, and what scenarios/contract.yaml adds, as far
// as this SDK has it, in both eras: `everything.mjs stdio`, `everything.mjs http PORT` or `everything.mjs stateless PORT`.
import { CLIENT_INFO_META_KEY, completable, fromJsonSchema, McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { addAskingTools } from './asking.mjs';
import { addInputPrompt, addInputTools, codec } from './input.mjs';
import { hasSessions, serve } from './serve.mjs';
import { changes } from './shared/changes.mjs';
import { audio, embedded, fixedText, image, listedWith, mixed, moment, PNG, resource, result, text, user } from './shared/content.mjs';
import { headerParams, keywords, tuple } from './shared/schemas.mjs';

const WATCHED = 'test://watched-resource';
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
const readOnly = { readOnlyHint: true };

// What all requests and sessions share.
const connections = new Set(); // of { server, era, subscriptions, extras }: those that last longer than a request
const extrasShown = { tool: false, prompt: false, resource: false };
const activity = { running: 0, completed: 0, cancelled: 0 };
let version = 1;

function build({ era }) {
  const capabilities = { logging: {}, resources: { subscribe: true, listChanged: true } };
  const options = { capabilities, requestState: { verify: codec.verify }, enforceStrictCapabilities: true };
  const server = new McpServer({ name: 'npm-server-2-everything', version: '1.0.0' }, options);
  const connection = { server, era, subscriptions: new Set() };
  addPlainTools(server);
  addStreamingTools(server);
  addResources(server);
  addPrompts(server);
  if (era === 'legacy' && hasSessions) {
    addAskingTools(server);
    addSubscriptions(server, connection);
  } else if (era !== 'legacy') {
    addModernTools(server);
    addInputTools(server);
    addInputPrompt(server);
  }
  connection.extras = addExtras(server);
  if ((era === 'legacy' && hasSessions) || !notify) {
    connections.add(connection);
    server.server.onclose = () => connections.delete(connection);
  }
  return server;
}

function addPlainTools(server) {
  const fixed = (name, description, ...content) =>
    server.registerTool(name, { description, annotations: readOnly }, () => result(...content));
  server.registerTool(
    'test_simple_text',
    { description: 'Returns one text', annotations: readOnly, icons: listedWith.icons, _meta: { 'com.example/kind': 'fixed' } },
    () => result(text('This is a simple text response for testing.')),
  );
  fixed('test_image_content', 'Returns an image', image);
  fixed('test_audio_content', 'Returns a sound', audio);
  fixed('test_embedded_resource', 'Returns a resource', embedded);
  fixed('test_multiple_content_types', 'Returns a text, an image and a resource', text('Multiple content types test:'), image, mixed);
  server.registerTool('test_error_handling', { description: 'Always fails', annotations: readOnly }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool(
    'test_echo',
    { description: 'Returns its message', inputSchema: z.object({ message: z.string() }), annotations: readOnly },
    ({ message }) => result(text(message)),
  );
  const inputSchema = z.object({ location: z.string().default('Nowhere') });
  const outputSchema = z.object({ location: z.string(), temperature: z.number(), conditions: z.string() });
  server.registerTool(
    'test_structured_output',
    { description: 'Returns made-up weather', inputSchema, outputSchema, annotations: readOnly },
    ({ location }) => {
      const structuredContent = { location, temperature: 22.5, conditions: 'Partly cloudy' };
      return { ...result(text(JSON.stringify(structuredContent))), structuredContent };
    },
  );
  const checked = (name, description, schema) =>
    server.registerTool(name, { description, inputSchema: fromJsonSchema(schema), annotations: readOnly }, args => result(text(JSON.stringify(args))));
  checked('json_schema_2020_12_tool', 'Has an input schema of JSON Schema 2020-12', keywords);
  checked('test_tuple', 'Takes a pair', tuple);
  checked('test_header_params', 'Has parameters that headers repeat', headerParams);
}

function addStreamingTools(server) {
  const progress = ({ mcpReq: { _meta, notify } }) => async (progress, total) => {
    const progressToken = _meta?.progressToken;
    if (progressToken !== undefined) await notify({ method: 'notifications/progress', params: { progressToken, progress, total } });
  };
  server.registerTool('test_tool_with_progress', { description: 'Reports progress', annotations: readOnly }, async ctx => {
    for (const done of [0, 50, 100]) {
      await progress(ctx)(done, 100);
      await moment(50);
    }
    return result(text('Progress was reported.'));
  });
  server.registerTool('test_tool_with_logging', { description: 'Logs', annotations: readOnly }, async ({ mcpReq }) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.log('info', data);
      await moment(50);
    }
    return result(text('Three messages were logged.'));
  });
  server.registerTool('test_logging_tool', { description: 'Logs at every level', annotations: readOnly }, async ({ mcpReq }) => {
    for (const level of LEVELS) await mcpReq.log(level, `A message of level ${level}`);
    return result(text('One message of every level was logged.'));
  });
  const inputSchema = z.object({ seconds: z.number().min(0).max(600).default(10), steps: z.int().min(1).max(1000).default(10) });
  server.registerTool('test_slow', { description: 'Takes its time', inputSchema, annotations: readOnly }, async ({ seconds, steps }, ctx) => {
    activity.running++;
    try {
      for (let step = 1; step <= steps; step++) {
        await moment((seconds * 1000) / steps, ctx.mcpReq.signal);
        await progress(ctx)(step, steps);
      }
      activity.completed++;
      return result(text(`Done after ${steps} steps.`));
    } catch (error) {
      activity.cancelled++;
      throw error;
    } finally {
      activity.running--;
    }
  });
  const later = { description: 'Ends the connection before the result', annotations: readOnly };
  server.registerTool('test_reconnection', later, async ({ http }) => {
    http?.closeSSE?.();
    await moment(50);
    return result(text('The stream was resumed.'));
  });
  const ends = { description: 'Ends the connection that listens to this session', annotations: readOnly };
  server.registerTool('test_end_connections', ends, ({ http }) => {
    http?.closeStandaloneSSE?.();
    return result(text('Whoever listened has to come back.'));
  });
}

function addModernTools(server) {
  server.registerTool('test_client_name', { description: 'Returns the name of the client', annotations: readOnly }, ({ mcpReq }) =>
    result(text(mcpReq.envelope?.[CLIENT_INFO_META_KEY]?.name ?? 'nobody')));
}

function addResources(server) {
  const add = (name, uri, mimeType, content, more) =>
    server.registerResource(name, uri, { description: name, mimeType, ...more }, () => ({ contents: [{ uri, mimeType, ...content() }] }));
  add('Static text', 'test://static-text', 'text/plain', () => ({ text: fixedText }), listedWith);
  add('Static binary', 'test://static-binary', 'image/png', () => ({ blob: PNG }));
  add('Watched', WATCHED, 'text/plain', () => ({ text: `Version ${version}` }));
  if (hasSessions) add('Activity', 'test://activity', 'application/json', () => ({ text: JSON.stringify(activity) }));
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
}

function addSubscriptions(server, { subscriptions }) {
  server.server.setRequestHandler('resources/subscribe', ({ params }) => (subscriptions.add(params.uri), {}));
  server.server.setRequestHandler('resources/unsubscribe', ({ params }) => (subscriptions.delete(params.uri), {}));
}

function addPrompts(server) {
  const add = (name, args, messages) =>
    server.registerPrompt(name, { description: name, argsSchema: args && z.object(args) }, args => ({ messages: messages(args).map(user) }));
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

// What comes and goes, for everyone at once.
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
    for (const { extras } of connections) extrasShown[kind] ? extras[kind].enable() : extras[kind].disable();
    notify?.[`${kind}sChanged`]();
  } else {
    version++;
    for (const { server, era, subscriptions } of connections) {
      // In the new era the SDK itself knows who listens.
      if (era === 'modern' || subscriptions.has(uri)) await server.server.sendResourceUpdated({ uri });
    }
    notify?.resourceUpdated(uri);
  }
}

let notify; // where changes are told to those who listen over HTTP
const tell = await changes(apply);
notify = await serve(build);
