// Values that a JSON Schema allows, as far as the schemas of tools and forms usually go.

const DEPTH = 5;
const FORMATS = {
  email: 'someone@example.com',
  uri: 'https://example.com/',
  date: '2026-01-02',
  'date-time': '2026-01-02T03:04:05Z',
};

/** What a `$ref` within the same schema stands for; one to elsewhere is not followed. */
function resolve(schema, root) {
  if (!schema.$ref?.startsWith('#')) return schema;
  const path = schema.$ref.slice(1).split('/').filter(Boolean);
  return path.reduce((found, part) => found?.[part], root) ?? {};
}

const number = ({ minimum = -Infinity, maximum = Infinity }, usual) => Math.min(Math.max(usual, minimum), maximum);

function text({ format, minLength = 0, maxLength }) {
  return (FORMATS[format] ?? 'example').padEnd(minLength, 'x').slice(0, maxLength);
}

/** A value for the schema: its default or its first choice if it has one. */
export function example(given, root, depth = DEPTH) {
  if (!(given instanceof Object) || !depth) return null;
  const schema = resolve(given, root);
  for (const key of ['default', 'const']) if (key in schema) return schema[key];
  if (schema.enum?.length) return schema.enum[0];
  const choices = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (choices?.length && !schema.properties) return example(choices[0], root, depth - 1);
  const kind = [schema.type ?? (schema.properties ? 'object' : 'string')].flat()[0];
  if (kind === 'integer') return number(schema, 2);
  if (kind === 'number') return number(schema, 1.5);
  if (kind === 'boolean') return true;
  if (kind === 'null') return null;
  if (kind === 'array') {
    const items = schema.prefixItems ?? Array(Math.max(1, schema.minItems ?? 1)).fill(schema.items ?? {});
    return items.map((item) => example(item, root, depth - 1));
  }
  if (kind === 'object') return members(schema, root, depth - 1);
  return text(schema);
}

/** A value for each property; one described elsewhere is left out unless it is required. */
export function members(schema, root = schema, depth = DEPTH) {
  const fields = Object.entries(schema.properties ?? {});
  const wanted = ([name, field]) => schema.required?.includes(name) || !resolve(field, root).$ref;
  return Object.fromEntries(fields.filter(wanted).map(([name, field]) => [name, example(field, root, depth)]));
}
