package main

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// key is that of a deployment, if this is one of its instances.
var key = []byte(cmp.Or(os.Getenv("STATE_KEY"), rand.Text()))

func mac(tool, payload string) []byte {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(tool + "\x00" + payload))
	return hash.Sum(nil)
}

// seal protects state, so that only the same tool takes it back.
func seal(tool, payload string) string {
	return base64.RawURLEncoding.EncodeToString(append(mac(tool, payload), payload...))
}

func unseal(tool, state string) (string, error) {
	if state == "" {
		return "", nil
	}
	bytes, err := base64.RawURLEncoding.DecodeString(state)
	if err != nil || len(bytes) < sha256.Size || !hmac.Equal(bytes[:sha256.Size], mac(tool, string(bytes[sha256.Size:]))) {
		return "", &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "this requestState was not given out for this tool"}
	}
	return string(bytes[sha256.Size:]), nil
}

// entered is what the user filled in; nil where the question is to be asked (again).
func entered(responses mcp.InputResponseMap, key, field string) (any, error) {
	answer, ok := responses[key].(*mcp.ElicitResult)
	if !ok {
		return nil, nil
	}
	if answer.Action != "accept" {
		return nil, errors.New("the user did not answer")
	}
	return answer.Content[field], nil
}

func sampled(responses mcp.InputResponseMap, key string) (string, bool) {
	switch answer := responses[key].(type) {
	case *mcp.CreateMessageResult:
		return said([]mcp.Content{answer.Content}), true
	case *mcp.CreateMessageWithToolsResult:
		return said(answer.Content), true
	}
	return "", false
}

func sample(prompt string, tokens int64) *mcp.CreateMessageParams {
	return &mcp.CreateMessageParams{MaxTokens: tokens, Messages: []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: prompt}}}}
}

// inputs asks for what the client has to declare these capabilities for.
func (c call) inputs(requests mcp.InputRequestMap, state string, capabilities ...string) (*mcp.CallToolResult, error) {
	if err := c.require(capabilities...); err != nil {
		return nil, err
	}
	if state != "" {
		state = seal(c.Params.Name, state)
	}
	return &mcp.CallToolResult{InputRequests: requests, RequestState: state}, nil
}

func askName(c call) (*mcp.CallToolResult, error) {
	name, err := entered(c.Params.InputResponses, "user_name", "name")
	if err != nil {
		return nil, err
	}
	if name, ok := name.(string); ok {
		return text("Hello, " + name + "!"), nil
	}
	return c.inputs(mcp.InputRequestMap{"user_name": ask("What is your name?", "name")}, "", "form")
}

func confirm(c call) (*mcp.CallToolResult, error) {
	ok, err := entered(c.Params.InputResponses, "confirm", "ok")
	if err != nil {
		return nil, err
	}
	if ok, given := ok.(bool); given && c.state == "asked" {
		return text(fmt.Sprintf("state-ok: %v", ok)), nil
	}
	question := form("Please confirm", `{"ok":{"type":"boolean"}}`, "ok")
	return c.inputs(mcp.InputRequestMap{"confirm": question}, "asked", "form")
}

// addRounds offers tools that ask in their results (2026-07-28).
func addRounds(server *mcp.Server) {
	offer := func(name, description string, run handler) { add(server, name, description, nothing, false, run) }
	add(server, "test_missing_capability", "Works only for clients that declare sampling.", nothing, true, func(c call) (*mcp.CallToolResult, error) {
		return text("The client declares sampling."), c.require("sampling")
	})
	add(server, "test_client_name", "Returns the name that the client gives itself in this request.", nothing, true, func(c call) (*mcp.CallToolResult, error) {
		if client := c.ClientInfo(); client != nil {
			return text(client.Name), nil
		}
		return text("nobody"), nil
	})
	offer("test_input_required_result_elicitation", "Asks the user for a name.", askName)
	offer("test_streaming_elicitation", "Streams progress, then asks the user for a name in its result.", func(c call) (*mcp.CallToolResult, error) {
		c.progress(1, 2)
		return askName(c)
	})
	offer("test_input_required_result_sampling", "Asks the client's model for the capital of France.", func(c call) (*mcp.CallToolResult, error) {
		if answer, ok := sampled(c.Params.InputResponses, "capital_question"); ok {
			return text(answer), nil
		}
		return c.inputs(mcp.InputRequestMap{"capital_question": sample("What is the capital of France?", 100)}, "", "sampling")
	})
	offer("test_input_required_result_list_roots", "Asks for the client's roots.", func(c call) (*mcp.CallToolResult, error) {
		if answer, ok := c.Params.InputResponses["client_roots"].(*mcp.ListRootsResult); ok {
			return listed(answer.Roots), nil
		}
		return c.inputs(mcp.InputRequestMap{"client_roots": &mcp.ListRootsParams{}}, "", "roots")
	})
	offer("test_input_required_result_request_state", "Asks the user to confirm, and keeps state meanwhile.", confirm)
	offer("test_input_required_result_tampered_state", "Asks the user to confirm; refuses changed state.", confirm)
	offer("test_input_required_result_multiple_inputs", "Asks for a name, a greeting and the roots at once.", func(c call) (*mcp.CallToolResult, error) {
		responses := c.Params.InputResponses
		name, err := entered(responses, "user_name", "name")
		if err != nil {
			return nil, err
		}
		greeting, greeted := sampled(responses, "greeting")
		if roots, ok := responses["client_roots"].(*mcp.ListRootsResult); ok && greeted && name != nil {
			return text(fmt.Sprintf("%s %v; %d roots", greeting, name, len(roots.Roots))), nil
		}
		return c.inputs(mcp.InputRequestMap{
			"user_name":    ask("What is your name?", "name"),
			"greeting":     sample("Generate a greeting", 50),
			"client_roots": &mcp.ListRootsParams{},
		}, "all", "form", "sampling", "roots")
	})
	offer("test_input_required_result_multi_round", "Asks the user two questions, one after the other.", func(c call) (*mcp.CallToolResult, error) {
		name, known := strings.CutPrefix(c.state, "name ")
		if known {
			color, err := entered(c.Params.InputResponses, "step2", "color")
			if color, ok := color.(string); ok || err != nil {
				return text(name + " likes " + color + "."), err
			}
		} else {
			answer, err := entered(c.Params.InputResponses, "step1", "name")
			if err != nil {
				return nil, err
			}
			name, known = answer.(string)
		}
		if known {
			return c.inputs(mcp.InputRequestMap{"step2": ask("Step 2: What is your favorite color?", "color")}, "name "+name, "form")
		}
		return c.inputs(mcp.InputRequestMap{"step1": ask("Step 1: What is your name?", "name")}, "first", "form")
	})
	offer("test_input_required_result_capabilities", "Asks only for what the client declared.", func(c call) (*mcp.CallToolResult, error) {
		if answer, ok := sampled(c.Params.InputResponses, "greeting"); ok {
			return text(answer), nil
		}
		if declares(c.ClientCapabilities(), "sampling") {
			return c.inputs(mcp.InputRequestMap{"greeting": sample("Generate a greeting", 50)}, "", "sampling")
		}
		return askName(c)
	})
	offer("test_input_required_result_url", "Sends the user to a URL to enter an API key, and stores that.", func(c call) (*mcp.CallToolResult, error) {
		if answer, ok := c.Params.InputResponses["visit"].(*mcp.ElicitResult); ok && answer.Action != "accept" {
			return nil, errors.New("the user does not want to open the URL")
		}
		id := c.state
		if page := find(id); page != nil && page.isDone() {
			return text("The key is stored."), nil
		}
		if id == "" {
			id = openPage(c, nil)
		}
		question := visit(id)
		question.ElicitationID = ""
		return c.inputs(mcp.InputRequestMap{"visit": question}, id, "url")
	})
}

func promptWithQuestion(_ context.Context, request *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	answer, err := entered(request.Params.InputResponses, "user_context", "context")
	if err != nil {
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: err.Error()}
	}
	if answer, ok := answer.(string); ok {
		return user(&mcp.TextContent{Text: "Use this context: " + answer}), nil
	}
	if err := require(request.ClientCapabilities(), request.ProtocolVersion(), "form"); err != nil {
		return nil, err
	}
	return &mcp.GetPromptResult{InputRequests: mcp.InputRequestMap{"user_context": ask("What context should the prompt use?", "context")}}, nil
}
