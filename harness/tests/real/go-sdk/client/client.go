// Package client is a client on the SDK's public API: it connects and uses what the server offers, once more if the
// session is lost.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const connectTime = 20 * time.Second

// told is what a scenario tells its client.
type told struct {
	credentials
	// Elicitation is `form` where that alone is to be declared.
	Elicitation string `json:"elicitation"`
	ToolCalls   []struct {
		Name      string `json:"name"`
		Arguments object `json:"arguments"`
	} `json:"toolCalls"`
}

func sample(context.Context, *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
	return &mcp.CreateMessageResult{Role: "assistant", Model: "fixture", Content: &mcp.TextContent{Text: "hello"}}, nil
}

// elicit consents to visit secure pages only, and fills in every form.
func elicit(_ context.Context, request *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
	if request.Params.Mode == "url" && strings.HasPrefix(request.Params.URL, "https:") {
		return &mcp.ElicitResult{Action: "accept"}, nil
	} else if request.Params.Mode == "url" {
		return &mcp.ElicitResult{Action: "decline"}, nil
	}
	return &mcp.ElicitResult{Action: "accept", Content: filled(request.Params.RequestedSchema)}, nil
}

func newClient(scenario told) *mcp.Client {
	elicitation := &mcp.ElicitationCapabilities{Form: &mcp.FormElicitationCapabilities{}}
	if scenario.Elicitation != "form" {
		elicitation.URL = &mcp.URLElicitationCapabilities{}
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "fixture", Version: "1.0.0"}, &mcp.ClientOptions{
		CreateMessageHandler:        sample,
		ElicitationHandler:          elicit,
		ToolListChangedHandler:      func(context.Context, *mcp.ToolListChangedRequest) {},
		PromptListChangedHandler:    func(context.Context, *mcp.PromptListChangedRequest) {},
		ResourceListChangedHandler:  func(context.Context, *mcp.ResourceListChangedRequest) {},
		ResourceUpdatedHandler:      func(context.Context, *mcp.ResourceUpdatedNotificationRequest) {},
		LoggingMessageHandler:       func(context.Context, *mcp.LoggingMessageRequest) {},
		ProgressNotificationHandler: func(context.Context, *mcp.ProgressNotificationClientRequest) {},
		Capabilities: &mcp.ClientCapabilities{
			RootsV2:     &mcp.RootCapabilities{ListChanged: true},
			Elicitation: elicitation,
			Extensions:  scenario.extensions(),
		},
	})
	client.AddRoots(&mcp.Root{URI: "file:///fixture", Name: "fixture"})
	// Once they have been listed, another is opened.
	client.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, request mcp.Request) (mcp.Result, error) {
			result, err := next(ctx, method, request)
			if method == "roots/list" {
				go client.AddRoots(&mcp.Root{URI: "file:///another", Name: "another"})
			}
			return result, err
		}
	})
	return client
}

// reach is the way to a server at a URL, or to one that a command starts.
func reach(server string, handler auth.OAuthHandler) mcp.Transport {
	switch os.Getenv("MCP_ASSAY_TRANSPORT") {
	case "stdio":
		return &mcp.CommandTransport{Command: exec.Command("/bin/sh", "-c", "exec "+server)}
	case "sse":
		return &mcp.SSEClientTransport{Endpoint: server}
	}
	return &mcp.StreamableClientTransport{Endpoint: server, OAuthHandler: handler}
}

// converse is one session; whether it was there to the end.
func converse(server string, scenario told, handler auth.OAuthHandler) bool {
	client := newClient(scenario)
	ctx, cancel := context.WithTimeout(context.Background(), connectTime)
	defer cancel()
	version := &mcp.ClientSessionOptions{ProtocolVersion: os.Getenv("MCP_CONFORMANCE_PROTOCOL_VERSION")}
	session, err := client.Connect(ctx, reach(server, handler), version)
	if err != nil {
		log.Println("connect:", err)
		return true
	}
	defer session.Close()
	visit := &visit{session: session, told: scenario}
	visit.everything()
	return !visit.lost
}

// Run uses the server, which is given by its URL or by the command that starts it; the scenario is in the environment.
func Run(server string) {
	var scenario told
	if told := os.Getenv("MCP_CONFORMANCE_CONTEXT"); told != "" {
		if err := json.Unmarshal([]byte(told), &scenario); err != nil {
			log.Println("context:", err)
		}
	}
	// What the user has agreed to outlasts a session.
	handler, err := authorization(context.Background(), server, scenario.credentials)
	if err != nil {
		log.Println("authorization:", err)
		return
	}
	if !converse(server, scenario, handler) {
		converse(server, scenario, handler)
	}
}

// isLost also knows a 404 whose body says why, which the SDK reports as a refusal of that one request.
func isLost(err error) bool {
	refused := strings.Contains(strings.ToLower(err.Error()), "session not found")
	return refused || errors.Is(err, mcp.ErrSessionMissing) || errors.Is(err, mcp.ErrConnectionClosed)
}
