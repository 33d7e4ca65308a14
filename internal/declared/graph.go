// Package declared runs a Pulumi program without an engine and keeps what it
// declares. Resources get the outputs that AWS would give them, in AWS's shapes;
// nothing is created anywhere.
//
// The program runs under the Pulumi SDK's mock monitor, so provider schemas are
// not checked and nothing is compared with a former state.
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
	poolsExist bool

	mu        sync.Mutex
	resources []Resource
	lookups   []Resource
	invented  map[string]string // what stands for it, by value
	outputs   map[string]any
}

// NewGraph is a graph of nothing. As a pulumi.MockResourceMonitor, it keeps what it is
// told to create, with the answers of aws.
func NewGraph(aws AWS) *Graph {
	g := &Graph{AWS: aws, outputs: map[string]any{}, invented: map[string]string{}}
	g.AWS.invented = g.keepInvented
	return g
}

// Run runs the program for a stack.
func Run(program pulumi.RunFunc, stack Stack) (*Graph, error) {
	g := NewGraph(AWS{Region: stack.Config["aws:region"], Account: cmp.Or(stack.Account, "123456789012"), Seed: stack.Seed})
	g.poolsExist = stack.PoolsExist
	if g.Account == unknownAccount {
		g.keepInvented(g.Account, "<account>")
	}
	for _, text := range stack.Invented {
		g.keepInvented(text, "*")
	}
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

// unwrapped is the program's own error, without the SDK's list of one around it.
func unwrapped(err error) error {
	var list interface{ WrappedErrors() []error }
	if errors.As(err, &list) {
		return errors.Join(list.WrappedErrors()...)
	}
	return err
}

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
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
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

// NewResource implements pulumi.MockResourceMonitor.
func (g *Graph) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	id, properties, err := g.AWS.NewResource(args)
	if err != nil {
		return "", nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.resources = append(g.resources, Resource{
		Type: args.TypeToken, Name: args.Name, ID: id, Properties: properties, Protected: args.RegisterRPC.GetProtect(),
	})
	return id, properties, nil
}

// Call implements pulumi.MockResourceMonitor for the invokes that ask where the
// program deploys to, and for user pools that exist already.
func (g *Graph) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	if args.Token == ExistingUserPool {
		return g.lookUpPool(args)
	}
	return g.AWS.Call(args)
}
