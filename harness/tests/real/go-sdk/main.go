// `go-sdk [everything] stdio`, `go-sdk [everything] http PORT` or `go-sdk [everything] stateless PORT`: over HTTP one
// server serves everyone, either in sessions (up to 2025-11-25) or, as the SDK needs it for 2026-07-28, without.
// `go-sdk everything replica PORT` is such a server without sessions, and one of several instances.
// `go-sdk client URL` is a client; over stdio it gets a command in place of the URL.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"gosdk/client"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const stopTime = 3 * time.Second

type terms struct {
	A float64 `json:"a"`
	B float64 `json:"b"`
}

func text(content string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: content}}}
}

func build() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "go-sdk", Version: "1.0.0"}, nil)
	reads := &mcp.ToolAnnotations{ReadOnlyHint: true}
	mcp.AddTool(server, &mcp.Tool{Name: "add", Description: "Adds two numbers", Annotations: reads},
		func(_ context.Context, _ *mcp.CallToolRequest, in terms) (*mcp.CallToolResult, any, error) {
			return text(fmt.Sprint(in.A + in.B)), nil, nil
		})
	mcp.AddTool(server, &mcp.Tool{Name: "fail", Description: "Always fails", Annotations: reads},
		func(_ context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			return nil, nil, errors.New("this tool always fails")
		})
	read := func(_ context.Context, request *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		uri := request.Params.URI
		content := "item " + strings.TrimPrefix(uri, "test://item/")
		if uri == "test://note" {
			content = "a note"
		}
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: uri, MIMEType: "text/plain", Text: content}}}, nil
	}
	server.AddResource(&mcp.Resource{Name: "note", URI: "test://note", MIMEType: "text/plain"}, read)
	server.AddResourceTemplate(&mcp.ResourceTemplate{Name: "item", URITemplate: "test://item/{id}"}, read)
	name := &mcp.PromptArgument{Name: "name", Required: true}
	server.AddPrompt(&mcp.Prompt{Name: "greet", Description: "Greets someone", Arguments: []*mcp.PromptArgument{name}},
		func(_ context.Context, request *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			greeting := &mcp.TextContent{Text: fmt.Sprintf("Greet %s.", request.Params.Arguments["name"])}
			return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: greeting}}}, nil
		})
	return server
}

// serve answers what runs when the process is told to stop; then streams that would go on for ever are cut.
func serve(address string) {
	listening := &http.Server{Addr: address}
	done := make(chan struct{})
	told, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		defer close(done)
		<-told.Done()
		last, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		if listening.Shutdown(last) != nil {
			listening.Close()
		}
	}()
	if err := listening.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-done
}

func main() {
	arguments := os.Args[1:]
	if arguments[0] == "client" {
		client.Run(arguments[1])
		return
	}
	whole := arguments[0] == "everything"
	if whole {
		arguments = arguments[1:]
	}
	replica := arguments[0] == "replica"
	options := &mcp.StreamableHTTPOptions{Stateless: arguments[0] == "stateless" || replica, PropagateRequestCancellation: whole}
	server := build()
	if whole {
		server = everything(!options.Stateless, replica)
		if !options.Stateless {
			options.EventStore = mcp.NewMemoryEventStore(nil)
		}
	}
	if len(arguments) == 2 {
		http.Handle("/mcp", mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, options))
		serve("127.0.0.1:" + arguments[1])
		return
	}
	if err := server.Run(context.Background(), &mcp.StdioTransport{}); err != nil {
		log.Fatal(err)
	}
}
