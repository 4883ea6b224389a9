// A host of skills (SEP-2640) on the SDK's `SkillsClient`, which checks what it reads: it loads what the context names, and tells the
// tool of the context what it took up. Of a skill that no longer fits its entry it gets a fresh one, once. Its last argument is the URL
// of the server.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { SkillsClient, SkillVerificationError } from '@modelcontextprotocol/client/ext/skills';

const wanted = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}').skills ?? { load: [] };
const client = new Client({ name: 'fixture', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
const skills = new SkillsClient(client, { skipInvalid: true });

async function take(skill, ref) {
  const { uri, text, bytes } = await skills.read(skill, ref);
  if (!wanted.tool) return;
  const content = text === undefined ? { blob: Buffer.from(bytes).toString('base64') } : { text };
  await client.callTool({ name: wanted.tool, arguments: { uri, ...content } });
}

async function load(skill, { read = [], look_into = [] }) {
  await take(skill);
  for (const uri of read) await take(skill, uri).catch(refused);
  for (const uri of skills.directoryRead ? look_into : []) {
    const { resources } = await skills.readDirectory(uri);
    for (const child of resources) if (child.mimeType !== 'inode/directory') await take(skill, child.uri).catch(refused);
  }
}

/** That a file or a skill does not fit is what a host has to live with. */
function refused(error) {
  console.error(String(error));
  return error;
}

await client.connect(new StreamableHTTPClientTransport(new URL(process.argv.at(-1))));
if (skills.supported) {
  const { skills: listed } = await skills.list();
  for (const each of wanted.load) {
    try {
      const held = listed.find(({ uri }) => uri === each.uri) ?? (await skills.get(each.uri)).skill;
      const error = await load(held, each).catch(refused);
      if (error instanceof SkillVerificationError) await load((await skills.get(each.uri)).skill, each);
    } catch (error) {
      refused(error);
    }
  }
}
await client.close();
