package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// declares says whether a client can do something; `form` and `url` are ways of elicitation, of which none means forms.
func declares(client *mcp.ClientCapabilities, capability string) bool {
	if client == nil {
		return false
	}
	switch asked := client.Elicitation; capability {
	case "sampling":
		return client.Sampling != nil
	case "roots":
		return client.RootsV2 != nil
	case "form":
		return asked != nil && (asked.Form != nil || asked.URL == nil)
	default:
		return asked != nil && asked.URL != nil
	}
}

// require refuses a client that lacks one of these.
func require(client *mcp.ClientCapabilities, version string, capabilities ...string) error {
	missing := map[string]any{}
	for _, capability := range capabilities {
		if declares(client, capability) {
			continue
		}
		if capability == "form" || capability == "url" {
			missing["elicitation"] = map[string]any{capability: map[string]any{}}
		} else {
			missing[capability] = map[string]any{}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if version < "2026-07-28" {
		return errors.New("the client lacks a capability")
	}
	data, _ := json.Marshal(map[string]any{"requiredCapabilities": missing})
	return &jsonrpc.Error{Code: mcp.CodeMissingRequiredClientCapabilities, Message: "the client lacks a capability", Data: data}
}

func (c call) require(capabilities ...string) error {
	return require(c.ClientCapabilities(), c.ProtocolVersion(), capabilities...)
}

func form(message, properties string, required ...string) *mcp.ElicitParams {
	schema := map[string]any{"type": "object", "properties": json.RawMessage(properties)}
	if len(required) > 0 {
		schema["required"] = required
	}
	return &mcp.ElicitParams{Mode: "form", Message: message, RequestedSchema: schema}
}

func ask(message, field string) *mcp.ElicitParams {
	return form(message, fmt.Sprintf(`{%q:{"type":"string"}}`, field), field)
}

// addQuestions offers tools that send requests of their own (up to 2025-11-25).
func addQuestions(server *mcp.Server) {
	add(server, "test_sampling", "Lets the client's model answer a prompt.",
		`{"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]}`, false,
		func(c call) (*mcp.CallToolResult, error) {
			if err := c.require("sampling"); err != nil {
				return nil, err
			}
			question := []mcp.Content{&mcp.TextContent{Text: c.text("prompt")}}
			answer, err := c.Session.CreateMessageWithTools(c.ctx, &mcp.CreateMessageWithToolsParams{
				MaxTokens: 100, Messages: []*mcp.SamplingMessageV2{{Role: "user", Content: question}},
			})
			if err != nil {
				return nil, err
			}
			return text("LLM response: " + said(answer.Content)), nil
		})
	elicit := func(name, description, schema string, question func(c call) *mcp.ElicitParams) {
		add(server, name, description, schema, false, func(c call) (*mcp.CallToolResult, error) {
			answer, err := c.Session.Elicit(c.ctx, question(c))
			if err != nil {
				return nil, err
			}
			content, _ := json.Marshal(answer.Content)
			return text(fmt.Sprintf("User response: action=%s, content=%s", answer.Action, content)), nil
		})
	}
	elicit("test_elicitation", "Asks the user for a name and an address.",
		`{"type":"object","properties":{"message":{"type":"string"}},"required":["message"]}`,
		func(c call) *mcp.ElicitParams {
			return form(c.text("message"), `{"username":{"type":"string"},"email":{"type":"string"}}`, "username", "email")
		})
	elicit("test_elicitation_sep1034_defaults", "Asks the user with a default for every type of field.", nothing, func(call) *mcp.ElicitParams {
		return form("Check these values", `{
			"name": {"type": "string", "default": "John Doe"},
			"age": {"type": "integer", "default": 30},
			"score": {"type": "number", "default": 95.5},
			"status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
			"verified": {"type": "boolean", "default": true}
		}`)
	})
	elicit("test_elicitation_sep1330_enums", "Asks the user with every form of choice.", nothing, func(call) *mcp.ElicitParams {
		return form("Choose", `{
			"untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
			"titledSingle": {"type": "string", "oneOf": [{"const": "value1", "title": "First Option"}, {"const": "value2", "title": "Second Option"}, {"const": "value3", "title": "Third Option"}]},
			"legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
			"untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
			"titledMulti": {"type": "array", "items": {"anyOf": [{"const": "value1", "title": "First Choice"}, {"const": "value2", "title": "Second Choice"}, {"const": "value3", "title": "Third Choice"}]}}
		}`)
	})
	add(server, "test_list_roots", "Asks the client for its roots.", nothing, true, func(c call) (*mcp.CallToolResult, error) {
		if err := c.require("roots"); err != nil {
			return nil, err
		}
		answer, err := c.Session.ListRoots(c.ctx, nil)
		if err != nil {
			return nil, err
		}
		return listed(answer.Roots), nil
	})
}

func said(items []mcp.Content) string {
	var words []string
	for _, item := range items {
		if text, ok := item.(*mcp.TextContent); ok {
			words = append(words, text.Text)
		}
	}
	return strings.Join(words, " ")
}

func listed(roots []*mcp.Root) *mcp.CallToolResult {
	var uris []string
	for _, root := range roots {
		uris = append(uris, root.URI)
	}
	return text("Roots: " + strings.Join(uris, ", "))
}

const address = "https://example.com/api-key?page="

// page is one that a user was sent to: by which session, whom to tell that they are done there, and whether they are.
type page struct {
	session string
	tell    *mcp.ServerSession
	done    chan struct{}
}

var (
	lock  sync.Mutex
	pages = map[string]*page{}
)

func openPage(c call, tell *mcp.ServerSession) string {
	lock.Lock()
	defer lock.Unlock()
	id := rand.Text()
	pages[id] = &page{c.Session.ID(), tell, make(chan struct{})}
	return id
}

func find(id string) *page {
	lock.Lock()
	defer lock.Unlock()
	return pages[id]
}

func (p *page) isDone() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func visit(id string) *mcp.ElicitParams {
	return &mcp.ElicitParams{Mode: "url", Message: "Enter your API key on this page.", URL: address + id, ElicitationID: id}
}

// addPages offers tools that send the user to a URL.
func addPages(server *mcp.Server) {
	add(server, "test_url_elicitation", "Lets the user enter an API key at a URL, and waits until that is done.", nothing, false,
		func(c call) (*mcp.CallToolResult, error) {
			id := openPage(c, nil)
			answer, err := c.Session.Elicit(c.ctx, visit(id))
			if err != nil || answer.Action != "accept" {
				return nil, errors.Join(err, errors.New("the user does not want to open the URL"))
			}
			select {
			case <-find(id).done:
			case <-time.After(10 * time.Second):
				return nil, errors.New("the user did not enter a key")
			}
			return text("The key is stored."), c.Session.NotifyElicitationComplete(c.ctx, &mcp.ElicitationCompleteParams{ElicitationID: id})
		})
	add(server, "test_url_elicitation_required", "Works once the user has entered an API key at a URL.", nothing, false,
		func(c call) (*mcp.CallToolResult, error) {
			lock.Lock()
			for _, page := range pages {
				if page.tell != nil && page.session == c.Session.ID() && page.isDone() {
					lock.Unlock()
					return text("The key is there, so this works."), nil
				}
			}
			lock.Unlock()
			if err := c.require("url"); err != nil {
				return nil, err
			}
			return nil, mcp.URLElicitationRequiredError([]*mcp.ElicitParams{visit(openPage(c, c.Session))})
		})
	finish := func(name, description, key, before string) {
		schema := fmt.Sprintf(`{"type":"object","properties":{%q:{"type":"string"},"secret":{"type":"string"}},"required":[%q]}`, key, key)
		add(server, name, description, schema, false, func(c call) (*mcp.CallToolResult, error) {
			id := strings.TrimPrefix(c.text(key), before)
			page := find(id)
			if page == nil || page.isDone() {
				return nil, errors.New("nothing is open here")
			}
			close(page.done)
			if page.tell != nil {
				page.tell.NotifyElicitationComplete(context.Background(), &mcp.ElicitationCompleteParams{ElicitationID: id})
			}
			return text("Thank you. You can close this page."), nil
		})
	}
	finish("test_finish_url_elicitation", "Stands for the page at such a URL: the user enters the key there.", "elicitationId", "")
	finish("test_finish_visit", "The same, found by its URL.", "url", address)
}
