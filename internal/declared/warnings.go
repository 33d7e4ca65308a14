package declared

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// heeded is the log of a program whose warnings are kept. The SDK's mocks drop them.
type heeded struct {
	pulumi.Log
	graph *Graph
}

// Warn implements pulumi.Log.
func (h heeded) Warn(message string, args *pulumi.LogArgs) error {
	h.graph.KeepWarning(message)
	return h.Log.Warn(message, args)
}

// KeepWarning keeps what the program warned of.
func (g *Graph) KeepWarning(message string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.warnings = append(g.warnings, strings.TrimSpace(message))
}

// Warnings are what the program warned of, sorted, because a program logs in any order.
func (g *Graph) Warnings() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(g.warnings)))
}
