package declared

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// URNOf is the URN of a resource of the stack.
func (g *Graph) URNOf(in *pulumirpc.RegisterResourceRequest) string {
	return URN(g.stack.Project, g.stack.Name, in)
}

// URN is that of a resource of a stack, as the engine and the SDK's mock monitor make it.
func URN(project, stack string, in *pulumirpc.RegisterResourceRequest) string {
	var parentType tokens.Type
	if parent := in.GetParent(); parent != "" && !isStack(parent) {
		parentType = resource.URN(parent).QualifiedType()
	}
	return string(resource.NewURN(tokens.QName(stack), tokens.PackageName(project), parentType, tokens.Type(in.GetType()), in.GetName()))
}

// isStack reports whether a URN is that of a stack itself, which everything is below.
func isStack(urn string) bool { return resource.URN(urn).QualifiedType() == resource.RootStackType }

// NewResource implements pulumi.MockResourceMonitor: the one way on which anything gets
// into the graph, whichever monitor took the registration.
func (g *Graph) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.ReadRPC != nil {
		return "", nil, fmt.Errorf("%s %q: reads what exists already, %q: not supported, because nothing is asked of AWS or Pulumi here", args.TypeToken, args.Name, args.ID)
	}
	r := Resource{
		Type: args.TypeToken, Name: args.Name, URN: g.URNOf(args.RegisterRPC), Component: !args.Custom, Protected: args.RegisterRPC.GetProtect(),
	}
	if parent := args.RegisterRPC.GetParent(); parent != "" && !isStack(parent) {
		r.Parent = parent
	}
	aws, err := g.reached(args.TypeToken, args.Provider)
	if err != nil {
		return "", nil, fmt.Errorf("%s %q: %w", args.TypeToken, args.Name, err)
	}
	r.Region, r.Inputs, r.onRead = aws.Region, args.Inputs, g.stack.OnRead
	if r.ID, r.Properties, err = aws.NewResource(args); err != nil {
		return "", nil, err
	}
	return r.ID, r.Properties, g.keep(r)
}

// keep adds a resource to the graph.
func (g *Graph) keep(r Resource) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, twice := g.known[r.URN]; twice {
		return fmt.Errorf("%s %q: declared twice: two resources of one type and parent must have different names", r.Type, r.Name)
	}
	g.known[r.URN] = len(g.resources)
	g.resources = append(g.resources, r)
	return nil
}

// Call implements pulumi.MockResourceMonitor for the invokes that ask where the
// program deploys to, and for user pools that exist already.
func (g *Graph) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	aws, err := g.reached(args.Token, args.Provider)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", args.Token, err)
	}
	if args.Token == ExistingUserPool {
		return g.lookUpPool(aws, args)
	}
	return aws.Call(args)
}

// reached is AWS as the provider of a type or function reaches it: an explicit provider
// with a region of its own reaches that one, the default ones the stack's.
func (g *Graph) reached(token, provider string) (AWS, error) {
	aws := g.at(provider)
	pkg, _, _ := strings.Cut(token, ":")
	if pkg == "aws-native" && provider == "" && g.stack.Config["aws-native:region"] != "" {
		aws.Region = g.stack.Config["aws-native:region"]
	}
	if aws.Region == "" && (pkg == "aws" || pkg == "aws-native") {
		return AWS{}, fmt.Errorf("aws:region: missing from the configuration of stack %q, and the provider has no region; set one of them to a region such as us-east-1", g.stack.Name)
	}
	return aws, nil
}

// ByURN is the declared resource of a URN.
func (g *Graph) ByURN(urn string) (Resource, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i, ok := g.known[urn]
	if !ok {
		return Resource{}, false
	}
	return g.resources[i], true
}

// Above is the nearest resource of a type, such as [TokenValidator], that a resource is
// below. The zero value is none.
func (g *Graph) Above(r Resource, typ string) Resource {
	for r.Parent != "" {
		parent, ok := g.ByURN(r.Parent)
		if !ok || parent.Type == typ {
			return parent
		}
		r = parent
	}
	return Resource{}
}

// FunctionOf is the type of the component whose function a resource is: [TokenValidator],
// [LaunchContext] or [FrontDoor]. It is empty for any other resource.
func (g *Graph) FunctionOf(function Resource) string {
	parent, _ := g.ByURN(function.Parent)
	if function.Type == Function && slices.Contains([]string{TokenValidator, LaunchContext, FrontDoor}, parent.Type) {
		return parent.Type
	}
	return ""
}
