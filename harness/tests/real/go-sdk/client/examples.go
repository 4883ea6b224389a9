package client

import (
	"slices"
	"strings"
)

// What follows makes values that a JSON Schema allows, as far as the schemas of tools and forms usually go.

const depth = 5

var formats = map[string]string{
	"email":     "someone@example.com",
	"uri":       "https://example.com/",
	"date":      "2026-01-02",
	"date-time": "2026-01-02T03:04:05Z",
}

type object = map[string]any

func objectOf(value any) object {
	found, _ := value.(object)
	return found
}

// resolve gives what a `$ref` within the same schema stands for; one to elsewhere is not followed.
func resolve(schema, root object) object {
	path, _ := schema["$ref"].(string)
	if !strings.HasPrefix(path, "#") {
		return schema
	}
	found := root
	for part := range strings.SplitSeq(path[1:], "/") {
		if part != "" {
			found = objectOf(found[part])
		}
	}
	return found
}

func words(schema object) string {
	format, _ := schema["format"].(string)
	made, known := formats[format]
	if !known {
		made = "example"
	}
	if least, _ := schema["minLength"].(float64); len(made) < int(least) {
		made += strings.Repeat("x", int(least)-len(made))
	}
	if most, limited := schema["maxLength"].(float64); limited && len(made) > int(most) {
		made = made[:int(most)]
	}
	return made
}

func number(schema object, usual float64) float64 {
	if least, limited := schema["minimum"].(float64); limited {
		usual = max(usual, least)
	}
	if most, limited := schema["maximum"].(float64); limited {
		usual = min(usual, most)
	}
	return usual
}

func kindOf(schema object) string {
	switch kind := schema["type"].(type) {
	case string:
		return kind
	case []any:
		if first, named := kind[0].(string); named {
			return first
		}
	}
	if schema["properties"] != nil {
		return "object"
	}
	return "string"
}

// example gives a value for the schema: its default or its first choice if it has one.
func example(given any, root object, left int) any {
	if objectOf(given) == nil || left == 0 {
		return nil
	}
	schema := resolve(objectOf(given), root)
	for _, key := range []string{"default", "const"} {
		if value, has := schema[key]; has {
			return value
		}
	}
	if values, _ := schema["enum"].([]any); len(values) > 0 {
		return values[0]
	}
	for _, key := range []string{"oneOf", "anyOf", "allOf"} {
		if choices, _ := schema[key].([]any); len(choices) > 0 && schema["properties"] == nil {
			return example(choices[0], root, left-1)
		}
	}
	switch kindOf(schema) {
	case "integer":
		return int(number(schema, 2))
	case "number":
		return number(schema, 1.5)
	case "boolean":
		return true
	case "null":
		return nil
	case "array":
		return list(schema, root, left)
	case "object":
		return members(schema, root, left-1)
	}
	return words(schema)
}

func list(schema, root object, left int) []any {
	items, listed := schema["prefixItems"].([]any)
	if !listed {
		item, has := schema["items"]
		if !has {
			item = object{}
		}
		least, _ := schema["minItems"].(float64)
		items = slices.Repeat([]any{item}, max(1, int(least)))
	}
	values := []any{}
	for _, item := range items {
		values = append(values, example(item, root, left-1))
	}
	return values
}

// members gives a value for each property; one described elsewhere is left out unless it is required.
func members(schema, root object, left int) object {
	required, _ := schema["required"].([]any)
	values := object{}
	for name, field := range objectOf(schema["properties"]) {
		_, elsewhere := resolve(objectOf(field), root)["$ref"]
		if slices.Contains(required, any(name)) || !elsewhere {
			values[name] = example(field, root, left)
		}
	}
	return values
}

// filled answers a form.
func filled(schema any) object {
	return members(objectOf(schema), objectOf(schema), depth)
}
