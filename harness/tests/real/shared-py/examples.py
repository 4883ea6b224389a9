"""Values that a JSON Schema allows, as far as the schemas of tools and forms usually go."""

DEPTH = 5
FORMATS = {
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
}


def resolve(schema: dict, root: dict) -> dict:
    """What a `$ref` within the same schema stands for; one to elsewhere is not followed."""
    path = schema.get("$ref", "")
    if not path.startswith("#"):
        return schema
    found = root
    for part in path.removeprefix("#").strip("/").split("/"):
        found = found.get(part, {}) if part and isinstance(found, dict) else found
    return found if isinstance(found, dict) else {}


def text(schema: dict) -> str:
    words = FORMATS.get(schema.get("format"), "example")
    return words.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]


def number(schema: dict, usual: int | float) -> int | float:
    return min(max(usual, schema.get("minimum", usual)), schema.get("maximum", float("inf")))


def example(schema: dict, root: dict, depth: int = DEPTH):
    """A value for the schema: its default or its first choice if it has one."""
    if not isinstance(schema, dict) or not depth:
        return None
    schema = resolve(schema, root)
    for key in ("default", "const"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("oneOf", "anyOf", "allOf"):
        if schema.get(key) and "properties" not in schema:
            return example(schema[key][0], root, depth - 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    match kind[0] if isinstance(kind, list) else kind:
        case "integer":
            return int(number(schema, 2))
        case "number":
            return number(schema, 1.5)
        case "boolean":
            return True
        case "null":
            return None
        case "array":
            items = schema.get("prefixItems") or [schema.get("items", {})] * max(1, schema.get("minItems", 1))
            return [example(item, root, depth - 1) for item in items]
        case "object":
            return members(schema, root, depth - 1)
    return text(schema)


def members(schema: dict, root: dict | None = None, depth: int = DEPTH) -> dict:
    """A value for each property; one described elsewhere is left out unless it is required."""
    root = schema if root is None else root
    required = schema.get("required", [])
    return {
        name: example(field, root, depth)
        for name, field in schema.get("properties", {}).items()
        if name in required or not (isinstance(field, dict) and "$ref" in resolve(field, root))
    }
