// Offers what the official suite's everything-server offers, by its names, and what scenarios/contract.yaml adds, as far
// as this framework has it: `everything.mjs stdio` or `everything.mjs http PORT`.
import { FastMCP, jsonSchemaAdapter } from 'fastmcp';
import { z } from 'zod';
import { audio, embedded, fixedText, image, mixed, moment, PNG, resource, result, text, user } from './shared/content.mjs';
import { EventLog } from './shared/event-log.mjs';
import { choices, defaults, form, keywords, tuple } from './shared/schemas.mjs';

const WATCHED = 'test://watched-resource';
const server = new FastMCP({ name: 'npm-fastmcp-everything', version: '1.0.0' });
const readOnly = { readOnlyHint: true };
const activity = { running: 0, completed: 0, cancelled: 0 };
let version = 1;

const tool = (name, description, parameters, execute, more) => server.addTool({ name, description, parameters, execute, ...more });
const fixed = (name, description, ...content) => tool(name, description, undefined, async () => result(...content), { annotations: readOnly });

/** Waits for a session: one is listed only some time after its handshake. */
async function connected() {
  for (let tries = 0; server.sessions.length === 0 && tries < 300; tries++) await moment(10);
}

function addPlainTools() {
  fixed('test_simple_text', 'Returns one text', text('This is a simple text response for testing.'));
  fixed('test_image_content', 'Returns an image', image);
  fixed('test_audio_content', 'Returns a sound', audio);
  fixed('test_embedded_resource', 'Returns a resource', embedded);
  fixed('test_multiple_content_types', 'Returns a text, an image and a resource', text('Multiple content types test:'), image, mixed);
  const fails = async () => {
    throw new Error('This tool intentionally returns an error for testing');
  };
  tool('test_error_handling', 'Always fails', undefined, fails, { annotations: readOnly });
  tool('test_echo', 'Returns its message', z.object({ message: z.string() }), async ({ message }) => message, { annotations: readOnly });
  const outputSchema = z.object({ location: z.string(), temperature: z.number(), conditions: z.string() });
  const weather = async ({ location }) => {
    const structuredContent = { location, temperature: 22.5, conditions: 'Partly cloudy' };
    return { ...result(text(JSON.stringify(structuredContent))), structuredContent };
  };
  const place = z.object({ location: z.string().default('Nowhere') });
  tool('test_structured_output', 'Returns made-up weather', place, weather, { outputSchema, annotations: readOnly });
  const checked = (name, description, schema) =>
    tool(name, description, jsonSchemaAdapter(schema), async args => JSON.stringify(args), { annotations: readOnly });
  checked('json_schema_2020_12_tool', 'Has an input schema of JSON Schema 2020-12', keywords);
  checked('test_tuple', 'Takes a pair', tuple);
}

function addStreamingTools() {
  const progress = async (_, { reportProgress }) => {
    for (const progress of [0, 50, 100]) {
      await reportProgress({ progress, total: 100 });
      await moment(50);
    }
    return 'Progress was reported.';
  };
  tool('test_tool_with_progress', 'Reports progress', undefined, progress, { annotations: readOnly });
  const logging = async (_, { log }) => {
    for (const message of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      log.info(message);
      await moment(50);
    }
    return 'Three messages were logged.';
  };
  tool('test_tool_with_logging', 'Logs', undefined, logging, { annotations: readOnly });
  const duration = z.object({ seconds: z.number().min(0).max(600).default(10), steps: z.int().min(1).max(1000).default(10) });
  const slow = async ({ seconds, steps }, { reportProgress, signal }) => {
    activity.running++;
    try {
      for (let step = 1; step <= steps; step++) {
        await moment((seconds * 1000) / steps, signal);
        await reportProgress({ progress: step, total: steps });
      }
      activity.completed++;
      return `Done after ${steps} steps.`;
    } catch (error) {
      activity.cancelled++;
      throw error;
    } finally {
      activity.running--;
    }
  };
  tool('test_slow', 'Takes its time', duration, slow, { annotations: readOnly });
}

function addAskingTools() {
  // A process of stdio has one session, which has no id.
  const sessionOf = async ({ sessionId }) => {
    await connected();
    return server.sessions.find(session => session.sessionId === sessionId) ?? server.sessions[0];
  };
  tool('test_sampling', 'Lets the model answer', z.object({ prompt: z.string() }), async ({ prompt }, context) => {
    const params = { messages: [user(text(prompt))], maxTokens: 100 };
    const session = await sessionOf(context);
    if (!session.clientCapabilities?.sampling) throw new Error('the client does not support sampling');
    const { content } = await session.requestSampling(params, { signal: context.signal, onprogress: () => {} });
    return `LLM response: ${[content].flat().map(({ text }) => text).join(' ')}`;
  });
  const elicits = (name, description, schema, parameters) =>
    tool(name, description, parameters, async (args, { elicit, signal }) => {
      const params = { mode: 'form', message: args.message ?? description, requestedSchema: schema };
      const { action, content } = await elicit(params, { signal });
      return `User response: action=${action}, content=${JSON.stringify(content)}`;
    });
  const person = form({ username: { type: 'string' }, email: { type: 'string' } }, true);
  elicits('test_elicitation', 'Asks the user', person, z.object({ message: z.string() }));
  elicits('test_elicitation_sep1034_defaults', 'Asks with defaults', form(defaults));
  elicits('test_elicitation_sep1330_enums', 'Asks for choices', form(choices));
  tool('test_list_roots', 'Tells the roots', undefined, async (_, context) =>
    `Roots: ${(await sessionOf(context)).roots.map(({ uri }) => uri).join(', ')}`);
}

function addResources() {
  const add = (name, uri, mimeType, load) => server.addResource({ name, uri, mimeType, description: name, load: async () => load() });
  add('Static text', 'test://static-text', 'text/plain', () => ({ text: fixedText }));
  add('Static binary', 'test://static-binary', 'image/png', () => ({ blob: PNG }));
  add('Watched', WATCHED, 'text/plain', () => ({ text: `Version ${version}` }));
  add('Activity', 'test://activity', 'application/json', () => ({ text: JSON.stringify(activity) }));
  add('Read me', 'file:///reference/readme.txt', 'text/plain', () => ({ text: 'Read me.' }));
  add('Broken', 'test://broken', 'text/plain', () => {
    throw new Error('the store of this resource cannot be read');
  });
  const ids = Array.from({ length: 250 }, (_, id) => String(id));
  const complete = async value => {
    const values = ids.filter(id => id.startsWith(value));
    return { values: values.slice(0, 100), total: values.length, hasMore: values.length > 100 };
  };
  server.addResourceTemplate({
    uriTemplate: 'test://template/{id}/data',
    name: 'Data by id',
    description: 'Data by id',
    mimeType: 'application/json',
    arguments: [{ name: 'id', required: true, complete }],
    load: async ({ id }) => ({ text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }),
  });
}

function addPrompts() {
  const add = (name, names, messages, complete) => {
    const all = names.map(name => ({ name, required: true, complete }));
    server.addPrompt({ name, description: name, arguments: all, load: async args => ({ messages: messages(args).map(user) }) });
  };
  add('test_simple_prompt', [], () => [text('This is a simple prompt for testing.')]);
  const completed = async value => ({ values: ['test', 'testValue1', 'testValue2', 'testing'].filter(each => each.startsWith(value)) });
  const values = ({ arg1, arg2 }) => [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)];
  add('test_prompt_with_arguments', ['arg1', 'arg2'], values, completed);
  add('test_prompt_with_embedded_resource', ['resourceUri'], ({ resourceUri }) =>
    [resource(resourceUri, 'text/plain', 'Embedded resource content for testing.'), text('Please process the embedded resource above.')]);
  add('test_prompt_with_image', [], () => [image, text('Please analyze the image above.')]);
  const broken = () => {
    throw new Error('the store of this prompt cannot be read');
  };
  add('test_broken_prompt', ['topic'], broken, async () => broken());
}

// What comes and goes.
function addTriggers() {
  const toggles = (kind, add, remove) => {
    let shown = false;
    tool(`test_trigger_${kind}_change`, `Adds an extra ${kind}, or takes it away again`, undefined, async () => {
      shown = !shown;
      await connected();
      shown ? add() : remove();
      return shown ? 'It is there now.' : 'It is gone again.';
    });
  };
  toggles('tool', () => fixed('test_extra_tool', 'Comes and goes', text('Here.')), () => server.removeTool('test_extra_tool'));
  const prompt = { name: 'test_extra_prompt', description: 'Comes and goes', load: async () => 'Here.' };
  toggles('prompt', () => server.addPrompt(prompt), () => server.removePrompt(prompt.name));
  const extra = { name: 'Extra', uri: 'test://extra-resource', load: async () => ({ text: 'Here.' }) };
  toggles('resource', () => server.addResource(extra), () => server.removeResource(extra.uri));
  tool('test_trigger_resource_update', `Changes ${WATCHED}`, undefined, async () => {
    version++;
    await connected();
    await server.sendResourceUpdated(WATCHED);
    return `The resource is at version ${version} now.`;
  });
}

addPlainTools();
addStreamingTools();
addAskingTools();
addResources();
addPrompts();
addTriggers();
const [transport, port] = process.argv.slice(2);
const httpStream = { endpoint: '/mcp', host: '127.0.0.1', port: Number(port), eventStore: new EventLog() };
await server.start(transport === 'http' ? { transportType: 'httpStream', httpStream } : { transportType: 'stdio' });
