package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	png      = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mPQazsIAAJbAXYK9nzKAAAAAElFTkSuQmCC"
	wav      = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA=="
	watched  = "test://watched-resource"
	template = "test://template/{id}/data"
	nothing  = `{"type":"object","additionalProperties":false}`
	keywords = `{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
		"properties": {
			"name": {"type": "string"},
			"address": {"$ref": "#/$defs/address"},
			"contactMethod": {"type": "string", "enum": ["phone", "email"]},
			"phone": {"type": "string"},
			"email": {"type": "string"}
		},
		"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
		"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
		"then": {"required": ["phone"]},
		"else": {"required": ["email"]},
		"additionalProperties": false
	}`
)

// call is one call of a tool: its arguments and the state of an earlier round, if there was one.
type call struct {
	*mcp.CallToolRequest
	ctx   context.Context
	in    map[string]any
	state string
}

func (c call) text(name string) string {
	text, _ := c.in[name].(string)
	return text
}

func (c call) progress(done, total float64) {
	if token := c.Params.GetProgressToken(); token != nil {
		c.Session.NotifyProgress(c.ctx, &mcp.ProgressNotificationParams{ProgressToken: token, Progress: done, Total: total})
	}
}

func (c call) log(level mcp.LoggingLevel, message string) {
	c.Session.Log(c.ctx, &mcp.LoggingMessageParams{Level: level, Data: message})
}

type handler func(c call) (*mcp.CallToolResult, error)

// add offers a tool. What comes back as state has to be what this tool gave out.
func add(server *mcp.Server, name, description, schema string, reads bool, run handler) {
	tool := &mcp.Tool{Name: name, Description: description, InputSchema: json.RawMessage(schema)}
	tool.Annotations = &mcp.ToolAnnotations{ReadOnlyHint: reads}
	mcp.AddTool(server, tool, func(ctx context.Context, request *mcp.CallToolRequest, in map[string]any) (*mcp.CallToolResult, any, error) {
		state, err := unseal(name, request.Params.RequestState)
		if err != nil {
			return nil, nil, err
		}
		result, err := run(call{request, ctx, in, state})
		return result, nil, err
	})
}

func always(result *mcp.CallToolResult) handler {
	return func(call) (*mcp.CallToolResult, error) { return result, nil }
}

func content(items ...mcp.Content) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: items}
}

func decoded(data string) []byte {
	bytes, _ := base64.StdEncoding.DecodeString(data)
	return bytes
}

func embedded(uri, kind, body string) mcp.Content {
	return &mcp.EmbeddedResource{Resource: &mcp.ResourceContents{URI: uri, MIMEType: kind, Text: body}}
}

// everything builds a server with what the everything-server contract asks, as far as the SDK offers it: a server
// cannot end a subscription or a GET stream, and state is for the application to protect. Streams are resumed where
// there are sessions.
// everything is for all sessions, or for none. In a replica, which is one of several instances, nothing changes, since the others
// would not know.
func everything(sessions, replica bool) *mcp.Server {
	var server *mcp.Server
	server = mcp.NewServer(&mcp.Implementation{Name: "go-sdk-everything", Version: "1.0.0"}, &mcp.ServerOptions{
		CompletionHandler:       func(_ context.Context, r *mcp.CompleteRequest) (*mcp.CompleteResult, error) { return complete(r) },
		SubscribeHandler:        func(context.Context, *mcp.SubscribeRequest) error { return nil },
		UnsubscribeHandler:      func(context.Context, *mcp.UnsubscribeRequest) error { return nil },
		RootsListChangedHandler: func(context.Context, *mcp.RootsListChangedRequest) {},
		PageSize:                5,
	})
	addContent(server)
	addReports(server)
	if sessions {
		addReconnection(server)
	}
	if !replica {
		addChanges(server)
		server.AddResource(&mcp.Resource{Name: "activity", URI: "test://activity", MIMEType: "application/json"}, read)
	}
	addQuestions(server)
	addPages(server)
	addRounds(server)
	addResources(server)
	addPrompts(server)
	return server
}

func addContent(server *mcp.Server) {
	image := &mcp.ImageContent{Data: decoded(png), MIMEType: "image/png"}
	mixed := embedded("test://mixed-content-resource", "application/json", `{"test":"data","value":123}`)
	add(server, "test_simple_text", "Returns one text.", nothing, true, always(text("This is a simple text response for testing.")))
	add(server, "test_echo", "Returns the message it is given.",
		`{"type":"object","properties":{"message":{"type":"string","maxLength":65536}},"required":["message"],"additionalProperties":false}`,
		true, func(c call) (*mcp.CallToolResult, error) { return text(c.text("message")), nil })
	add(server, "test_image_content", "Returns an image.", nothing, true, always(content(image)))
	add(server, "test_audio_content", "Returns a sound.", nothing, true,
		always(content(&mcp.AudioContent{Data: decoded(wav), MIMEType: "audio/wav"})))
	add(server, "test_embedded_resource", "Returns a resource with its content.", nothing, true,
		always(content(embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."))))
	add(server, "test_multiple_content_types", "Returns a text, an image and a resource.", nothing, true,
		always(content(&mcp.TextContent{Text: "Multiple content types test:"}, image, mixed)))
	add(server, "test_error_handling", "Always fails.", nothing, true,
		func(call) (*mcp.CallToolResult, error) {
			return nil, errors.New("This tool intentionally returns an error for testing")
		})
	add(server, "json_schema_2020_12_tool", "Has an input schema with keywords of JSON Schema 2020-12.", keywords, true,
		always(text("The arguments are valid.")))
	add(server, "test_tuple", "Takes a pair: a name and a count.",
		`{"type":"object","properties":{"pair":{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":false,"minItems":2}},"required":["pair"]}`,
		true, always(text("This is a pair.")))
	add(server, "test_header_params", "Returns its arguments, which travel in headers too.",
		`{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"priority":{"type":"integer","x-mcp-header":"Priority"}},"required":["region"]}`,
		true, func(c call) (*mcp.CallToolResult, error) { return text(fmt.Sprint(c.in)), nil })
	type place struct {
		Location string `json:"location,omitempty"`
	}
	type weather struct {
		Location    string  `json:"location"`
		Temperature float64 `json:"temperature"`
		Conditions  string  `json:"conditions"`
	}
	tool := &mcp.Tool{Name: "test_structured_output", Description: "Returns made-up weather as structured content.", Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true}}
	mcp.AddTool(server, tool, func(_ context.Context, _ *mcp.CallToolRequest, in place) (*mcp.CallToolResult, weather, error) {
		return nil, weather{in.Location, 22.5, "Partly cloudy"}, nil
	})
}

var running, completed, cancelled atomic.Int64

func addReports(server *mcp.Server) {
	add(server, "test_tool_with_progress", "Reports progress three times.", nothing, true, func(c call) (*mcp.CallToolResult, error) {
		for _, done := range []float64{0, 50, 100} {
			c.progress(done, 100)
			time.Sleep(50 * time.Millisecond)
		}
		return text("Progress was reported three times."), nil
	})
	add(server, "test_tool_with_logging", "Sends three log messages.", nothing, true, func(c call) (*mcp.CallToolResult, error) {
		for _, message := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
			c.log("info", message)
			time.Sleep(50 * time.Millisecond)
		}
		return text("Three messages were logged."), nil
	})
	add(server, "test_logging_tool", "Sends one log message of every level, the least severe first.", nothing, true, func(c call) (*mcp.CallToolResult, error) {
		for _, level := range []mcp.LoggingLevel{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"} {
			c.log(level, "A message of level "+string(level))
		}
		return text("One message of every level was logged."), nil
	})
	add(server, "test_slow", "Takes the given time, in so many steps, with progress at each.",
		`{"type":"object","properties":{"seconds":{"type":"number","default":10},"steps":{"type":"integer","minimum":1,"default":10}}}`,
		true, slow)
}

func addReconnection(server *mcp.Server) {
	add(server, "test_reconnection", "Ends the connection before the result; resume the stream to get it.", nothing, true, func(c call) (*mcp.CallToolResult, error) {
		if c.Extra != nil && c.Extra.CloseSSEStream != nil {
			c.Extra.CloseSSEStream(mcp.CloseSSEStreamArgs{RetryAfter: 100 * time.Millisecond})
		}
		time.Sleep(50 * time.Millisecond)
		return text("The stream was resumed."), nil
	})
}

func slow(c call) (*mcp.CallToolResult, error) {
	seconds, steps := c.in["seconds"].(float64), c.in["steps"].(float64)
	running.Add(1)
	defer running.Add(-1)
	for step := 1.0; step <= steps; step++ {
		select {
		case <-c.ctx.Done():
			cancelled.Add(1)
			return nil, c.ctx.Err()
		case <-time.After(time.Duration(seconds / steps * float64(time.Second))):
			c.progress(step, steps)
		}
	}
	completed.Add(1)
	return text(fmt.Sprintf("Done after %v steps.", steps)), nil
}

// addChanges offers tools that change what there is; calling one twice undoes it.
func addChanges(server *mcp.Server) {
	toggle := func(name, what string, put, take func()) {
		var there atomic.Bool
		add(server, name, "Adds an extra "+what+" to the list, or takes it away again.", nothing, false, func(call) (*mcp.CallToolResult, error) {
			if there.CompareAndSwap(false, true) {
				put()
			} else {
				there.Store(false)
				take()
			}
			return text("The list of " + what + "s changed."), nil
		})
	}
	toggle("test_trigger_tool_change", "tool", func() {
		add(server, "test_extra_tool", "Comes and goes.", nothing, true, always(text("This tool is here for the moment.")))
	}, func() { server.RemoveTools("test_extra_tool") })
	toggle("test_trigger_prompt_change", "prompt", func() {
		server.AddPrompt(&mcp.Prompt{Name: "test_extra_prompt", Description: "Comes and goes."}, prompt("This prompt is here for the moment."))
	}, func() { server.RemovePrompts("test_extra_prompt") })
	toggle("test_trigger_resource_change", "resource", func() {
		server.AddResource(&mcp.Resource{Name: "extra", URI: "test://extra-resource", MIMEType: "text/plain"}, read)
	}, func() { server.RemoveResources("test://extra-resource") })
	add(server, "test_trigger_resource_update", "Changes the content of "+watched+".", nothing, false, func(c call) (*mcp.CallToolResult, error) {
		version.Add(1)
		return text("The resource changed."), server.ResourceUpdated(c.ctx, &mcp.ResourceUpdatedNotificationParams{URI: watched})
	})
}

var version atomic.Int64

// folder is the only one whose files are served.
func folder() string {
	program, _ := os.Executable()
	return filepath.Dir(program)
}

func addResources(server *mcp.Server) {
	for uri, kind := range map[string]string{
		"test://static-text": "text/plain", "test://static-binary": "image/png", watched: "text/plain",
		"test://broken": "text/plain", "file://" + folder() + "/go.mod": "text/plain",
	} {
		server.AddResource(&mcp.Resource{Name: filepath.Base(uri), URI: uri, MIMEType: kind}, read)
	}
	server.AddResourceTemplate(&mcp.ResourceTemplate{Name: "data", URITemplate: template, MIMEType: "application/json"}, read)
	server.AddResourceTemplate(&mcp.ResourceTemplate{Name: "file", URITemplate: "file://" + folder() + "/{+path}", MIMEType: "text/plain"}, read)
}

func read(_ context.Context, request *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	uri := request.Params.URI
	found := &mcp.ResourceContents{URI: uri, MIMEType: "text/plain"}
	switch path, file := strings.CutPrefix(uri, "file://"+folder()+"/"); {
	case file:
		root, err := os.OpenRoot(folder())
		if err != nil {
			return nil, err
		}
		defer root.Close()
		bytes, err := root.ReadFile(path)
		if err != nil {
			return nil, mcp.ResourceNotFoundError(uri)
		}
		found.Text = string(bytes)
	case uri == "test://static-text":
		found.Text = "This is the content of the static text resource."
	case uri == "test://static-binary":
		found.MIMEType, found.Blob = "image/png", decoded(png)
	case uri == watched:
		found.Text = fmt.Sprintf("Version %d", version.Load())
	case uri == "test://activity":
		found.MIMEType = "application/json"
		found.Text = fmt.Sprintf(`{"running":%d,"completed":%d,"cancelled":%d}`, running.Load(), completed.Load(), cancelled.Load())
	case uri == "test://broken":
		return nil, errors.New("the store of this resource cannot be read")
	case strings.HasPrefix(uri, "test://template/"):
		id := strings.TrimSuffix(strings.TrimPrefix(uri, "test://template/"), "/data")
		body, _ := json.Marshal(map[string]any{"id": id, "templateTest": true, "data": "Data for ID: " + id})
		found.MIMEType, found.Text = "application/json", string(body)
	default:
		found.Text = "Here for the moment."
	}
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{found}}, nil
}

func user(items ...mcp.Content) *mcp.GetPromptResult {
	result := &mcp.GetPromptResult{}
	for _, item := range items {
		result.Messages = append(result.Messages, &mcp.PromptMessage{Role: "user", Content: item})
	}
	return result
}

func prompt(body string) mcp.PromptHandler {
	return func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return user(&mcp.TextContent{Text: body}), nil
	}
}

// arguments of each prompt, all of them required.
var arguments = map[string][]string{
	"test_prompt_with_arguments":         {"arg1", "arg2"},
	"test_prompt_with_embedded_resource": {"resourceUri"},
	"test_broken_prompt":                 {"topic"},
}

func addPrompts(server *mcp.Server) {
	offer := func(name, description string, get mcp.PromptHandler) {
		prompt := &mcp.Prompt{Name: name, Description: description}
		for _, argument := range arguments[name] {
			prompt.Arguments = append(prompt.Arguments, &mcp.PromptArgument{Name: argument, Required: true})
		}
		server.AddPrompt(prompt, func(ctx context.Context, request *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			for _, argument := range arguments[name] {
				if _, given := request.Params.Arguments[argument]; !given {
					return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "argument " + argument + " is required"}
				}
			}
			return get(ctx, request)
		})
	}
	offer("test_simple_prompt", "One message without arguments.", prompt("This is a simple prompt for testing."))
	offer("test_prompt_with_arguments", "Puts two arguments into a text.", func(_ context.Context, r *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		filled := fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", r.Params.Arguments["arg1"], r.Params.Arguments["arg2"])
		return user(&mcp.TextContent{Text: filled}), nil
	})
	offer("test_prompt_with_embedded_resource", "Embeds a resource.", func(_ context.Context, r *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		resource := embedded(r.Params.Arguments["resourceUri"], "text/plain", "Embedded resource content for testing.")
		return user(resource, &mcp.TextContent{Text: "Please process the embedded resource above."}), nil
	})
	offer("test_prompt_with_image", "Carries an image.", func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return user(&mcp.ImageContent{Data: decoded(png), MIMEType: "image/png"}, &mcp.TextContent{Text: "Please analyze the image above."}), nil
	})
	offer("test_broken_prompt", "Can never be got: the server fails inside.", func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return nil, errors.New("the store of this prompt cannot be read")
	})
	offer("test_input_required_result_prompt", "Asks the user before it answers.", promptWithQuestion)
}

// complete knows more ids for the template than fit into one result.
func complete(request *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	ref, argument := request.Params.Ref, request.Params.Argument
	var known []string
	switch {
	case ref.Name == "test_broken_prompt":
		return nil, errors.New("the store of this prompt cannot be read")
	case slices.Contains(arguments[ref.Name], argument.Name):
		known = []string{"test", "testValue1", "testValue2"}
	case ref.URI == template && argument.Name == "id":
		for id := range 250 {
			known = append(known, fmt.Sprint(id))
		}
	default:
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "there is nothing of this name to complete"}
	}
	known = slices.DeleteFunc(known, func(value string) bool { return !strings.HasPrefix(value, argument.Value) })
	values := append([]string{}, known[:min(len(known), 100)]...)
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: values, Total: len(known), HasMore: len(known) > 100}}, nil
}
