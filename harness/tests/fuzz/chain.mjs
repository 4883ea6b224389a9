// A server over stdio, of Node alone, that ends when one tool is given three things at a time: as chain.py.
import { createInterface } from "node:readline";

const units = ["metre", "foot", "yard", "mile", "furlong", "league", "fathom", "chain"];
const count = { type: "integer", minimum: 0, maximum: 1000 };
const note = { type: "string", maxLength: 200 };
const properties = { unit: { enum: units }, count, note };
const inputSchema = { type: "object", properties, required: ["unit", "count", "note"] };
const tool = { name: "convert", inputSchema, annotations: { readOnlyHint: true } };
const [parse, request, unknown, invalid] = [-32700, -32600, -32601, -32602];

class Refused extends Error {}
const refuse = (code) => {
  throw new Refused(code);
};
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function convert({ unit, count, note }) {
  if (!units.includes(unit) || !Number.isInteger(count) || count < 0 || count > 1000) refuse(invalid);
  if (typeof note !== "string" || [...note].length > 200) refuse(invalid);
  if (unit === "fathom") {
    if (count % 16 === 11) {
      if (note.length > 40) process.exit(3);
    }
  }
  return "yes";
}

function answer(method, params) {
  const serverInfo = { name: "chain", version: "1.0.0" };
  switch (method) {
    case "initialize":
      return { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo };
    case "ping":
      return {};
    case "tools/list":
      return "cursor" in params ? refuse(invalid) : { tools: [tool] };
    case "tools/call":
      if (params.name !== "convert" || !isObject(params.arguments)) refuse(invalid);
      return { content: [{ type: "text", text: convert(params.arguments) }] };
    default:
      return refuse(unknown);
  }
}

function serve(line) {
  let id;
  try {
    const message = JSON.parse(line);
    if (!isObject(message) || message.jsonrpc !== "2.0" || typeof message.method !== "string") refuse(request);
    if (!("id" in message)) return;
    if (typeof message.id !== "string" && !Number.isInteger(message.id)) refuse(request);
    id = message.id;
    const params = message.params ?? {};
    if (!isObject(params) || message.params === null) refuse(invalid);
    return { jsonrpc: "2.0", id, result: answer(message.method, params) };
  } catch (failure) {
    const code = failure instanceof Refused ? Number(failure.message) : parse;
    return { jsonrpc: "2.0", id, error: { code, message: "refused" } };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const told = line.trim() === "" ? undefined : serve(line);
  if (told !== undefined) process.stdout.write(JSON.stringify(told) + "\n");
}
