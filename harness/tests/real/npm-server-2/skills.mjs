// Skills (SEP-2640) as the SDK serves those of a folder: `node skills.mjs stdio` or `node skills.mjs http PORT`.
import { readFileSync, readdirSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/server';
import { memorySkillFiles, SkillsExtension } from '@modelcontextprotocol/server/ext/skills';
import { serve } from './serve.mjs';

const folder = new URL('./skills/', import.meta.url);
const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .map(entry => `${entry.parentPath ?? entry.path}/${entry.name}`);
const files = Object.fromEntries(paths.map(path => [path.slice(folder.pathname.length).replace(/^\/+/, ''), readFileSync(path)]));
const catalog = await SkillsExtension.load(memorySkillFiles(files));

serve(() => {
  const server = new McpServer({ name: 'npm-server-2-skills', version: '1.0.0' });
  catalog.attach(server);
  return server;
});
