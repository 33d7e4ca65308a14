package languagehost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// engine is what of Pulumi's engine a program speaks with: its log. Which version of
// Pulumi's command line the program requires does not matter, because none runs.
type engine struct {
	pulumirpc.UnimplementedEngineServer
	messages io.Writer
	graph    *declared.Graph

	mu     sync.Mutex
	root   string
	errors []error
}

// before is what the SDK writes before the error that a program ends with, and its list of
// errors before the only one.
var before = regexp.MustCompile(`^(an unhandled error occurred: program failed:\s*)?(1 error occurred:\s*\* )?`)

// Log shows what the program says, but for its debugging. The graph keeps warnings. An error
// fails the run.
func (e *engine) Log(_ context.Context, in *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	text := strings.TrimSpace(in.GetMessage())
	if in.GetUrn() != "" {
		text = fmt.Sprintf("%s %s: %s", resource.URN(in.GetUrn()).Type(), resource.URN(in.GetUrn()).Name(), text)
	}
	switch in.GetSeverity() {
	case pulumirpc.LogSeverity_ERROR:
		e.mu.Lock()
		defer e.mu.Unlock()
		e.errors = append(e.errors, errors.New(before.ReplaceAllString(text, "")))
	case pulumirpc.LogSeverity_WARNING:
		e.graph.KeepWarning(text)
	case pulumirpc.LogSeverity_INFO:
		fmt.Fprintln(e.messages, "info:", text)
	default:
	}
	return &emptypb.Empty{}, nil
}

// failure is all that the program logged as errors, nil for none.
func (e *engine) failure() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return errors.Join(e.errors...)
}

// SetRootResource keeps the URN below which resources without a parent are.
func (e *engine) SetRootResource(_ context.Context, in *pulumirpc.SetRootResourceRequest) (*pulumirpc.SetRootResourceResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.root = in.GetUrn()
	return &pulumirpc.SetRootResourceResponse{}, nil
}

// GetRootResource tells what SetRootResource was told.
func (e *engine) GetRootResource(context.Context, *pulumirpc.GetRootResourceRequest) (*pulumirpc.GetRootResourceResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return &pulumirpc.GetRootResourceResponse{Urn: e.root}, nil
}

// RequirePulumiVersion takes every version.
func (e *engine) RequirePulumiVersion(context.Context, *pulumirpc.RequirePulumiVersionRequest) (*pulumirpc.RequirePulumiVersionResponse, error) {
	return &pulumirpc.RequirePulumiVersionResponse{}, nil
}
