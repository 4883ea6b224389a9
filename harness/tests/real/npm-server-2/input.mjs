// Tools that ask for input in their result (2026-07-28).
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { acceptedContent, CLIENT_CAPABILITIES_META_KEY, createRequestStateCodec, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { result, text, user } from './shared/content.mjs';

const { STATE_KEY } = process.env; // of a deployment, whose instances take each other's state
const key = STATE_KEY ? createHash('sha256').update(STATE_KEY).digest() : randomBytes(32);
/** Seals request state. */
export const codec = createRequestStateCodec({ key });
const shortLived = createRequestStateCodec({ key, ttlSeconds: 1 });
const pages = new Map(); // URL -> whether the user is done there

const field = (name, type) => z.object({ [name]: type });
const elicit = (message, requestedSchema) => inputRequired.elicit({ message, requestedSchema });
const sample = (prompt, maxTokens) => inputRequired.createMessage({ messages: [user(text(prompt))], maxTokens });

/** What came for an input request: the accepted content, the text of the model, or the roots; undefined if nothing did. */
function given({ inputResponses }, key, schema) {
  const response = inputResponse(inputResponses, key);
  if (response.kind === 'sampling') return [response.result.content].flat().map(({ text }) => text).join(' ');
  if (response.kind === 'roots') return response.roots.map(({ uri }) => uri).join(', ');
  return response.kind === 'elicit' && response.action !== 'accept' ? { declined: true } : acceptedContent(inputResponses, key, schema);
}

/** What the state says that came with this call; that of another tool is none. */
function stateOf({ requestState }, tool) {
  const state = requestState();
  return state?.tool === tool ? state : undefined;
}

export function addInputTools(server) {
  const add = (name, description, run) => server.registerTool(name, { description }, ({ mcpReq }) => run(mcpReq, name));
  const name = field('name', z.string());
  const ok = field('ok', z.boolean());
  const says = value => result(text(String(value)));

  add('test_input_required_result_elicitation', 'Asks for a name', mcpReq => {
    const answer = given(mcpReq, 'user_name', name);
    if (answer) return says(`Hello, ${answer.name ?? 'stranger'}!`);
    return inputRequired({ inputRequests: { user_name: elicit('What is your name?', name) } });
  });
  add('test_streaming_elicitation', 'Streams, then asks for a name', async mcpReq => {
    const answer = given(mcpReq, 'user_name', name);
    if (answer) return says(`Hello, ${answer.name ?? 'stranger'}!`);
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken !== undefined) await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } });
    return inputRequired({ inputRequests: { user_name: elicit('What is your name?', name) } });
  });
  add('test_missing_capability', 'Needs the model', mcpReq => {
    const answer = given(mcpReq, 'answer');
    return answer ? says(answer) : inputRequired({ inputRequests: { answer: sample('Say anything', 50) } });
  });
  add('test_input_required_result_sampling', 'Asks the model', mcpReq => {
    const answer = given(mcpReq, 'capital_question');
    if (answer) return says(answer);
    return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
  });
  add('test_input_required_result_list_roots', 'Asks for the roots', mcpReq => {
    const answer = given(mcpReq, 'client_roots');
    if (answer !== undefined) return says(`Roots: ${answer}`);
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  const confirm = (seal, more) => async (mcpReq, tool) => {
    const state = stateOf(mcpReq, tool);
    const answer = given(mcpReq, 'confirm', ok);
    if (state && answer) return says(answer.ok ? 'state-ok: confirmed' : 'state-ok: not confirmed');
    return { ...inputRequired({ inputRequests: { confirm: elicit('Please confirm', ok) }, requestState: await seal.mint({ tool }) }), ...more };
  };
  add('test_input_required_result_request_state', 'Asks to confirm, and keeps state', confirm(codec));
  add('test_input_required_result_tampered_state', 'Asks to confirm; refuses changed state', confirm(codec));
  add('test_input_required_result_short_state', 'Asks to confirm; its state soon expires', confirm(shortLived, { _meta: { 'assay/stateTtlMs': 2000 } }));
  add('test_input_required_result_multiple_inputs', 'Asks for a name, a greeting and the roots', async (mcpReq, tool) => {
    const state = stateOf(mcpReq, tool);
    const answers = [given(mcpReq, 'user_name', name), given(mcpReq, 'greeting'), given(mcpReq, 'client_roots')];
    if (state && answers.every(answer => answer !== undefined)) return says(JSON.stringify(answers));
    const inputRequests = {
      user_name: elicit('What is your name?', name),
      greeting: sample('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    };
    return inputRequired({ inputRequests, requestState: await codec.mint({ tool }) });
  });
  add('test_input_required_result_multi_round', 'Asks two questions, one after the other', async (mcpReq, tool) => {
    const state = stateOf(mcpReq, tool);
    const color = field('color', z.string());
    const ask = async (step, question, schema, more) =>
      inputRequired({ inputRequests: { [`step${step}`]: elicit(`Step ${step}: ${question}`, schema) }, requestState: await codec.mint({ tool, step, ...more }) });
    const [first, second] = [given(mcpReq, 'step1', name), given(mcpReq, 'step2', color)];
    if (first?.declined || second?.declined) return says('The user did not answer.');
    if (state?.step === 2 && second) return says(`${state.name} likes ${second.color}.`);
    if (state?.step === 2 || (state && first)) return ask(2, 'What is your favorite color?', color, { name: first?.name ?? state.name });
    return ask(1, 'What is your name?', name);
  });
  add('test_input_required_result_capabilities', 'Asks only for what the client declared', mcpReq => {
    const answer = given(mcpReq, 'greeting') ?? given(mcpReq, 'user_name', name)?.name;
    if (answer) return says(answer);
    const able = mcpReq.envelope[CLIENT_CAPABILITIES_META_KEY];
    return inputRequired({ inputRequests: able.sampling ? { greeting: sample('Generate a greeting', 50) } : { user_name: elicit('What is your name?', name) } });
  });
  add('test_input_required_result_url', 'Sends the user to a URL', async (mcpReq, tool) => {
    const state = stateOf(mcpReq, tool);
    const { action } = inputResponse(mcpReq.inputResponses, 'visit');
    if (action && action !== 'accept') return says('The user does not want to open the URL.');
    if (action && pages.get(state?.url)) return says('The key is stored.');
    const url = state?.url ?? `https://example.com/api-key?page=${randomUUID()}`;
    if (!pages.has(url)) pages.set(url, false);
    return inputRequired({
      inputRequests: { visit: inputRequired.elicitUrl({ message: 'Enter your API key on this page.', url }) },
      requestState: await codec.mint({ tool, url }),
    });
  });
  const inputSchema = z.object({ url: z.string(), secret: z.string().optional() });
  server.registerTool('test_finish_visit', { description: 'Stands for the page', inputSchema }, ({ url }) => {
    if (pages.get(url) !== false) throw new Error('Nothing is open here.');
    pages.set(url, true);
    return says('Thank you. You can close this page.');
  });
}

export function addInputPrompt(server) {
  const context = field('context', z.string());
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks before it answers' }, ({ mcpReq }) => {
    const answer = given(mcpReq, 'user_context', context);
    if (answer) return { messages: [user(text(`Use this context: ${answer.context ?? 'none'}`))] };
    return inputRequired({ inputRequests: { user_context: elicit('What context should the prompt use?', context) } });
  });
}
