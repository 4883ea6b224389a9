package client

import (
	"context"
	"log"
	"regexp"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	used        = 12 // of each kind, at most
	pages       = 20
	callTime    = 4 * time.Second // a call that takes longer is given up
	requestTime = 5 * time.Second
)

var variable = regexp.MustCompile(`\{[+#./;?&]?([^},]*)[^}]*\}`)

// visit is what a client does at a server: it uses all that is offered, and goes on when something fails.
type visit struct {
	session *mcp.ClientSession
	told    told
	lost    bool
}

// attempt is one step; after the session is lost there are no more.
func (v *visit) attempt(what string, limit time.Duration, action func(context.Context) error) {
	if v.lost {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := action(ctx); err != nil {
		log.Printf("%s: %v", what, err)
		v.lost = isLost(err)
	}
}

// every is all that is listed, but for the nil that the SDK makes of null.
func every[T any](v *visit, what string, list func(ctx context.Context, cursor string) ([]*T, string, error)) []*T {
	var found []*T
	cursor := ""
	for range pages {
		next := ""
		v.attempt("list "+what, requestTime, func(ctx context.Context) error {
			page, more, err := list(ctx, cursor)
			for _, item := range page {
				if item != nil {
					found = append(found, item)
				}
			}
			next = more
			return err
		})
		if cursor = next; cursor == "" {
			break
		}
	}
	return found[:min(len(found), used)]
}

func (v *visit) tools() []*mcp.Tool {
	return every(v, "tools", func(ctx context.Context, cursor string) ([]*mcp.Tool, string, error) {
		page, err := v.session.ListTools(ctx, &mcp.ListToolsParams{Cursor: cursor})
		if err != nil {
			return nil, "", err
		}
		return page.Tools, page.NextCursor, nil
	})
}

func (v *visit) prompts() []*mcp.Prompt {
	return every(v, "prompts", func(ctx context.Context, cursor string) ([]*mcp.Prompt, string, error) {
		page, err := v.session.ListPrompts(ctx, &mcp.ListPromptsParams{Cursor: cursor})
		if err != nil {
			return nil, "", err
		}
		return page.Prompts, page.NextCursor, nil
	})
}

func (v *visit) resources() []*mcp.Resource {
	return every(v, "resources", func(ctx context.Context, cursor string) ([]*mcp.Resource, string, error) {
		page, err := v.session.ListResources(ctx, &mcp.ListResourcesParams{Cursor: cursor})
		if err != nil {
			return nil, "", err
		}
		return page.Resources, page.NextCursor, nil
	})
}

func (v *visit) templates() []*mcp.ResourceTemplate {
	return every(v, "templates", func(ctx context.Context, cursor string) ([]*mcp.ResourceTemplate, string, error) {
		page, err := v.session.ListResourceTemplates(ctx, &mcp.ListResourceTemplatesParams{Cursor: cursor})
		if err != nil {
			return nil, "", err
		}
		return page.ResourceTemplates, page.NextCursor, nil
	})
}

func (v *visit) call(name string, arguments object) {
	v.attempt("call "+name, callTime, func(ctx context.Context) error {
		params := &mcp.CallToolParams{Name: name, Arguments: arguments}
		params.SetProgressToken("progress of " + name)
		_, err := v.session.CallTool(ctx, params)
		return err
	})
}

// callAll calls what the scenario says, or each tool once. An argument that is itself a schema gets that of the first tool.
func (v *visit) callAll(tools []*mcp.Tool) {
	for _, call := range v.told.ToolCalls {
		v.call(call.Name, call.Arguments)
	}
	if v.told.ToolCalls != nil {
		return
	}
	for _, tool := range tools {
		arguments := filled(tool.InputSchema)
		if _, wanted := arguments["schema"].(object); wanted {
			arguments["schema"] = tools[0].InputSchema
		}
		v.call(tool.Name, arguments)
	}
}

func (v *visit) complete(reference *mcp.CompleteReference, argument string) {
	if v.session.InitializeResult().Capabilities.Completions == nil {
		return
	}
	v.attempt("complete "+argument, requestTime, func(ctx context.Context) error {
		_, err := v.session.Complete(ctx, &mcp.CompleteParams{
			Ref: reference, Argument: mcp.CompleteParamsArgument{Name: argument, Value: "a"},
		})
		return err
	})
}

func (v *visit) read(uri string) {
	v.attempt("read "+uri, requestTime, func(ctx context.Context) error {
		_, err := v.session.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
		return err
	})
}

func (v *visit) readAll(resources []*mcp.Resource, templates []*mcp.ResourceTemplate) {
	for _, resource := range resources {
		v.read(resource.URI)
	}
	for _, template := range templates {
		if name := variable.FindStringSubmatch(template.URITemplate); name != nil {
			v.complete(&mcp.CompleteReference{Type: "ref/resource", URI: template.URITemplate}, name[1])
		}
		v.read(variable.ReplaceAllString(template.URITemplate, "1"))
	}
}

func (v *visit) getAll(prompts []*mcp.Prompt) {
	for _, prompt := range prompts {
		arguments := map[string]string{}
		for _, argument := range prompt.Arguments {
			arguments[argument.Name] = "1"
		}
		if len(prompt.Arguments) > 0 {
			v.complete(&mcp.CompleteReference{Type: "ref/prompt", Name: prompt.Name}, prompt.Arguments[0].Name)
		}
		v.attempt("get "+prompt.Name, requestTime, func(ctx context.Context) error {
			_, err := v.session.GetPrompt(ctx, &mcp.GetPromptParams{Name: prompt.Name, Arguments: arguments})
			return err
		})
	}
}

// everything is the whole visit. Changes of lists are heard of from the start, by the client's handlers.
func (v *visit) everything() {
	greeting := v.session.InitializeResult()
	offers, modern := greeting.Capabilities, greeting.ProtocolVersion >= "2026-07-28"
	if offers == nil {
		offers = &mcp.ServerCapabilities{}
	}
	if offers.Logging != nil && !modern {
		v.attempt("set level", requestTime, func(ctx context.Context) error {
			return v.session.SetLoggingLevel(ctx, &mcp.SetLoggingLevelParams{Level: "debug"})
		})
	}
	var tools []*mcp.Tool
	if offers.Tools != nil {
		tools = v.tools()
	}
	var prompts []*mcp.Prompt
	if offers.Prompts != nil {
		prompts = v.prompts()
	}
	var resources []*mcp.Resource
	var templates []*mcp.ResourceTemplate
	if offers.Resources != nil {
		resources, templates = v.resources(), v.templates()
	}
	subscribes := offers.Resources != nil && offers.Resources.Subscribe
	for _, resource := range resources {
		if subscribes {
			v.attempt("subscribe "+resource.URI, requestTime, func(ctx context.Context) error {
				return v.session.Subscribe(ctx, &mcp.SubscribeParams{URI: resource.URI})
			})
		}
	}
	v.callAll(tools)
	v.readAll(resources, templates)
	v.getAll(prompts)
	for _, resource := range resources {
		if subscribes {
			v.attempt("unsubscribe "+resource.URI, requestTime, func(ctx context.Context) error {
				return v.session.Unsubscribe(ctx, &mcp.UnsubscribeParams{URI: resource.URI})
			})
		}
	}
	if !modern {
		v.attempt("ping", requestTime, func(ctx context.Context) error { return v.session.Ping(ctx, nil) })
	}
	if offers.Tools != nil {
		v.tools()
	}
}
