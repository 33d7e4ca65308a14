// Package declared runs a Pulumi program without an engine and keeps what it
// declares. Resources get the outputs that AWS would give them, in AWS's shapes;
// nothing is created anywhere.
//
// The program of this repository runs in process, under the Pulumi SDK's mock monitor.
// Any other Go program runs as a process of its own, against the resource monitor of
// package languagehost. Both monitors only carry: what is registered and asked goes to
// one [Graph], so the same program declares the same either way. The mocks stay because a
// test runs a program in milliseconds with them, without a socket, and because
// componentstest promises them to the tests of other programs.
//
// Provider schemas are not checked, and nothing is compared with a former state.
package declared

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Graph is everything that a program declared, in the order of declaration.
type Graph struct {
	AWS
	stack Stack

	mu        sync.Mutex
	resources []Resource
	known     map[string]int // of the resources, by URN
	lookups   []Resource
	invented  map[string]string // what stands for it, by value
	outputs   map[string]any
	warnings  []string

	componentOutputs map[string]map[string]any // by URN
}

// GraphOf is a graph of nothing for a stack. As a pulumi.MockResourceMonitor, it keeps what
// it is told to create, with the answers of AWS in the stack's region and account.
func GraphOf(stack Stack) *Graph {
	g := &Graph{
		AWS:   AWS{Region: stack.Config["aws:region"], Account: cmp.Or(stack.Account, "123456789012"), Seed: stack.Seed, Secret: stack.Secret},
		stack: stack, known: map[string]int{}, outputs: map[string]any{}, componentOutputs: map[string]map[string]any{}, invented: map[string]string{},
	}
	g.AWS.invented = g.keepInvented
	if g.Account == unknownAccount {
		g.keepInvented(g.Account, "<account>")
	}
	for _, text := range stack.Invented {
		g.keepInvented(text, "*")
	}
	return g
}

// Run runs the program for a stack, in process.
func Run(program pulumi.RunFunc, stack Stack) (*Graph, error) {
	g := GraphOf(stack)
	if g.Region == "" {
		return nil, fmt.Errorf("aws:region: missing from the configuration of stack %q; set it to a region such as us-east-1", stack.Name)
	}
	configure := func(info *pulumi.RunInfo) {
		info.Config, info.ConfigSecretKeys = stack.Config, stack.SecretKeys
	}
	if err := pulumi.RunErr(g.watched(program), pulumi.WithMocks(stack.Project, stack.Name, g), configure); err != nil {
		return nil, unwrapped(err)
	}
	return g, nil
}

// watched is the program, with its outputs kept.
func (g *Graph) watched(program pulumi.RunFunc) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		ctx.Log = heeded{ctx.Log, g}
		if err := program(ctx); err != nil {
			return err
		}
		for name, value := range ctx.GetCurrentExportMap() {
			ctx.Export(name, pulumi.ToOutput(value).ApplyT(func(known any) any {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.outputs[name] = known
				return known
			}))
		}
		return nil
	}
}

// Outputs returns the program's outputs by name, as JSON would hold them. Secrets are
// opened: the local cloud is the cloud.
func (g *Graph) Outputs() map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.outputs)
}

// KeepOutputs keeps the program's outputs as the resource monitor gets them.
func (g *Graph) KeepOutputs(outputs resource.PropertyMap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.outputs = present(outputs)
}

// KeepOutputsOf keeps the outputs of a component, by its URN. The SDK's mock monitor
// passes none on.
func (g *Graph) KeepOutputsOf(urn string, outputs resource.PropertyMap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.componentOutputs[urn] = present(outputs)
}

// OutputsOf returns the outputs of a component as [Graph.Outputs] does those of the
// program; nil where none are known.
func (g *Graph) OutputsOf(component Resource) map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.componentOutputs[component.URN])
}

// present are the outputs that have a value.
func present(outputs resource.PropertyMap) map[string]any {
	values := map[string]any{}
	for name, value := range outputs {
		if value := opened(value); value != nil {
			values[string(name)] = value
		}
	}
	return values
}

// opened is a property as JSON would hold it, with secrets opened.
func opened(value resource.PropertyValue) any {
	switch value = open(value); {
	case value.IsArray():
		list := []any{}
		for _, element := range value.ArrayValue() {
			list = append(list, opened(element))
		}
		return list
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			object[string(key)] = opened(element)
		}
		return object
	case value.IsResourceReference():
		return string(value.ResourceReferenceValue().URN)
	default:
		return value.V
	}
}

// unwrapped is the program's own error, without the SDK's list of one around it.
func unwrapped(err error) error {
	var list interface{ WrappedErrors() []error }
	if errors.As(err, &list) {
		return errors.Join(list.WrappedErrors()...)
	}
	return err
}

// StackName is the name of the stack, empty where none was given.
func (g *Graph) StackName() string { return g.stack.Name }

// Resources returns everything declared, sorted by type and name.
func (g *Graph) Resources() []Resource {
	return g.those(func(Resource) bool { return true })
}

// All returns the resources of some types, such as [Role], sorted by type and name.
func (g *Graph) All(types ...string) []Resource {
	return g.those(func(r Resource) bool { return slices.Contains(types, r.Type) })
}

func (g *Graph) those(wanted func(Resource) bool) []Resource {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found []Resource
	for _, r := range g.resources {
		if wanted(r) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b Resource) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name), strings.Compare(a.URN, b.URN))
	})
	return found
}

// UnboundedRoles are the names of the roles without a permissions boundary.
func (g *Graph) UnboundedRoles() []string {
	var names []string
	for _, role := range g.All(Role) {
		if role.Text("permissionsBoundary") == "" {
			names = append(names, role.Name)
		}
	}
	return names
}
