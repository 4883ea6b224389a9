// Tools that send requests to the client, in the revisions where a server may.
import { randomUUID } from 'node:crypto';
import { UrlElicitationRequiredError } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { result, text, user } from './shared/content.mjs';
import { choices, defaults, form } from './shared/schemas.mjs';

const visits = new Map(); // elicitation id -> what to do once the user is done there

export function addAskingTools(server) {
  const asks = (name, description, fields, ask) =>
    server.registerTool(name, { description, inputSchema: z.object(fields) }, async (args, { mcpReq: { id, signal } }) =>
      result(text(await ask(args, { relatedRequestId: id, signal }))));
  asks('test_sampling', 'Lets the model answer', { prompt: z.string() }, async ({ prompt }, options) => {
    const params = { messages: [user(text(prompt))], maxTokens: 100 };
    const { content } = await server.server.createMessage(params, { ...options, onprogress: () => {} });
    return `LLM response: ${[content].flat().map(({ text }) => text).join(' ')}`;
  });
  const elicit = async (message, requestedSchema, options) => {
    const { action, content } = await server.server.elicitInput({ mode: 'form', message, requestedSchema }, options);
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
  addVisitingTools(server);
}

// Tools that send the user to a URL, and the stand-in for the page there.
function addVisitingTools(server) {
  let finished = false;
  const invitation = done => {
    const elicitationId = randomUUID();
    visits.set(elicitationId, done);
    const url = `https://example.com/api-key?elicitation=${elicitationId}`;
    return { mode: 'url', message: 'Enter your API key on this page.', url, elicitationId };
  };
  server.registerTool('test_url_elicitation', { description: 'Asks for a key at a URL' }, async ({ mcpReq: { id, signal } }) => {
    let finish;
    const visited = new Promise(resolve => (finish = resolve));
    const options = { relatedRequestId: id, signal };
    const params = invitation(finish);
    const { action } = await server.server.elicitInput(params, options);
    if (action !== 'accept') throw new Error('The user does not want to open the URL.');
    await visited;
    await server.server.createElicitationCompletionNotifier(params.elicitationId, options)();
    return result(text('The key is stored.'));
  });
  server.registerTool('test_url_elicitation_required', { description: 'Needs a key entered at a URL' }, () => {
    if (finished) return result(text('The key is there, so this works.'));
    if (!server.server.getClientCapabilities()?.elicitation?.url) throw new Error('The client cannot open URLs.');
    const params = invitation(async () => {
      finished = true;
      await server.server.createElicitationCompletionNotifier(params.elicitationId)();
    });
    throw new UrlElicitationRequiredError([params]);
  });
  const inputSchema = z.object({ elicitationId: z.string(), secret: z.string().optional() });
  server.registerTool('test_finish_url_elicitation', { description: 'Stands for the page', inputSchema }, async ({ elicitationId }) => {
    const done = visits.get(elicitationId);
    if (!done) throw new Error('Nothing is open here.');
    visits.delete(elicitationId);
    await done();
    return result(text('Thank you. You can close this page.'));
  });
}
