// What stands behind the JavaScript clients: a user, a model, and folders, of which a second one is opened after a while.

import { members } from './examples.mjs';

/** The user consents to visit secure pages only, and fills in every form. */
export function elicited({ params }) {
  if (params.mode === 'url') return { action: params.url.startsWith('https:') ? 'accept' : 'decline' };
  return { action: 'accept', content: members(params.requestedSchema) };
}

/** The model uses the first tool if it may and has not yet, and else says hello. */
export function sampled({ params }) {
  const said = { role: 'assistant', model: 'fixture', stopReason: 'endTurn', content: { type: 'text', text: 'hello' } };
  const answered = params.messages.some(({ content }) => [content].flat().some(({ type }) => type === 'tool_result'));
  if (!params.tools?.length || answered || params.toolChoice?.mode === 'none') return said;
  const [{ name, inputSchema }] = params.tools;
  return { ...said, stopReason: 'toolUse', content: [{ type: 'tool_use', id: 'use-1', name, input: members(inputSchema) }] };
}

/** Lists the folders; afterwards another is opened, of which the server is told by `tell`, up to 2025-11-25. */
export function folders(tell) {
  const open = ['fixture'];
  return () => {
    const roots = open.map((name) => ({ uri: `file:///${name}`, name }));
    if (open.length === 1) {
      open.push('another');
      setTimeout(() => tell().catch((error) => console.error('roots changed', error)));
    }
    return { roots };
  };
}
