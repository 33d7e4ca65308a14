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
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Resource is one declared resource. Properties holds its inputs and outputs.
type Resource struct {
	Type       string
	Name       string
	ID         string
	Properties resource.PropertyMap
	Protected  bool // by Pulumi, from deletion
}

// Graph is everything that a program declared, in the order of declaration.
type Graph struct {
	Region    string
	Account   string
	Partition string

	seed       string
	poolsExist bool

	mu        sync.Mutex
	resources []Resource
	lookups   []Resource
	invented  map[string]string // what stands for it, by value
	outputs   map[string]any
}

// Stack names a stack and holds its configuration: full keys such as
// "smartlake:clients", and JSON for what is no string.
type Stack struct {
	Project    string
	Name       string
	Dir        string // of Pulumi.yaml: what paths in the configuration start from
	Config     map[string]string
	SecretKeys []string
	Account    string // 12 digits; by default 123456789012

	// Seed that ids and the endings of names follow from, besides the names of their
	// resources. Graphs of one stack with two seeds differ in what is invented alone.
	Seed string
	// PoolsExist says that a user pool which the program looks up exists, with a domain
	// of its own. By default there is none.
	PoolsExist bool
	// Invented are texts of the configuration that were made up, such as those in the
	// place of encrypted values.
	Invented []string
}

// unknownAccount stands for an account that is not known. AWS gives no such number.
const unknownAccount = "000000000000"

// WithUnknownAccount is the stack in an account that nobody named: [Graph.Pattern]
// writes it as "<account>".
func (s Stack) WithUnknownAccount() Stack {
	s.Account = unknownAccount
	return s
}

// Set gives a key a value, or a member of one, as "pulumi config set --path" does:
// "domainPrefix", "function.architecture" or "clients[0].name". A list or an object is
// JSON.
func (s *Stack) Set(path, value string) error {
	if !strings.Contains(path, ":") {
		path = s.Project + ":" + path
	}
	key, err := config.ParseKey(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	name, _, _ := strings.Cut(strings.ReplaceAll(key.Name(), "[", "."), ".")
	root := config.MustMakeKey(key.Namespace(), name)
	values := config.Map{}
	if text := s.Config[root.String()]; text != "" {
		values[root] = config.NewObjectValue(text)
	}
	given := config.NewValue(value)
	if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
		given = config.NewObjectValue(value)
	}
	if err := values.Set(key, given, true); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text, err := values[root].Value(config.NopDecrypter)
	s.Config[root.String()] = text
	return err
}

// Run runs the program for a stack.
func Run(program pulumi.RunFunc, stack Stack) (*Graph, error) {
	g := &Graph{
		Region: stack.Config["aws:region"], Account: cmp.Or(stack.Account, "123456789012"), Partition: "aws",
		seed: stack.Seed, poolsExist: stack.PoolsExist, outputs: map[string]any{},
	}
	if g.Account == unknownAccount {
		g.invent(g.Account, "<account>")
	}
	for _, text := range stack.Invented {
		g.invent(text, "*")
	}
	for prefix, partition := range map[string]string{"us-gov-": "aws-us-gov", "cn-": "aws-cn"} {
		if strings.HasPrefix(g.Region, prefix) {
			g.Partition = partition
		}
	}
	if g.Region == "" {
		return nil, fmt.Errorf("aws:region: missing from the configuration of stack %q: want a region such as us-east-1", stack.Name)
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
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.SortedFunc(slices.Values(g.resources), func(a, b Resource) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
}

// All returns the resources of a type, such as "aws:iam/role:Role".
func (g *Graph) All(typ string) []Resource {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found []Resource
	for _, r := range g.resources {
		if r.Type == typ {
			found = append(found, r)
		}
	}
	return found
}

// NewResource implements pulumi.MockResourceMonitor.
func (g *Graph) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	id, properties := g.create(args)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.resources = append(g.resources, Resource{
		Type: args.TypeToken, Name: args.Name, ID: id, Properties: properties, Protected: args.RegisterRPC.GetProtect(),
	})
	return id, properties, nil
}

// Call implements pulumi.MockResourceMonitor for the invokes that ask where the
// program deploys to.
func (g *Graph) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	if args.Token == ExistingUserPool {
		return g.lookUpPool(args)
	}
	answers := map[string]map[string]any{
		"aws:index/getRegion:getRegion":                 {"name": g.Region, "id": g.Region},
		"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": g.Account, "id": g.Account},
		"aws:index/getPartition:getPartition":           {"partition": g.Partition, "id": g.Partition, "dnsSuffix": "amazonaws.com"},
	}
	answer, ok := answers[args.Token]
	if !ok {
		return nil, fmt.Errorf("the local cloud does not know the function %s", args.Token)
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

// Text returns a string property, empty where there is none. Secrets are opened:
// the local cloud is the cloud.
func (r Resource) Text(path ...string) string {
	v := r.value(path)
	if v.IsString() {
		return v.StringValue()
	}
	return ""
}

// Number returns a number property, 0 where there is none.
func (r Resource) Number(path ...string) int {
	if v := r.value(path); v.IsNumber() {
		return int(v.NumberValue())
	}
	return 0
}

// Flag returns a boolean property, false where there is none.
func (r Resource) Flag(path ...string) bool {
	v := r.value(path)
	return v.IsBool() && v.BoolValue()
}

// Texts returns a list of strings.
func (r Resource) Texts(path ...string) []string {
	v := r.value(path)
	if !v.IsArray() {
		return nil
	}
	var texts []string
	for _, element := range v.ArrayValue() {
		if element = open(element); element.IsString() {
			texts = append(texts, element.StringValue())
		}
	}
	return texts
}

// Map returns a map of strings.
func (r Resource) Map(path ...string) map[string]string { return mapOf(r.value(path)) }

// Maps returns a list of maps of strings.
func (r Resource) Maps(path ...string) []map[string]string {
	v := r.value(path)
	if !v.IsArray() {
		return nil
	}
	var maps []map[string]string
	for _, element := range v.ArrayValue() {
		maps = append(maps, mapOf(open(element)))
	}
	return maps
}

func mapOf(v resource.PropertyValue) map[string]string {
	if !v.IsObject() {
		return nil
	}
	texts := map[string]string{}
	for key, element := range v.ObjectValue() {
		if element = open(element); element.IsString() {
			texts[string(key)] = element.StringValue()
		}
	}
	return texts
}

// Archive returns the path of a file archive.
func (r Resource) Archive(path ...string) string {
	if v := r.value(path); v.IsArchive() {
		return v.ArchiveValue().Path
	}
	return ""
}

func (r Resource) value(path []string) resource.PropertyValue {
	v := resource.NewObjectProperty(r.Properties)
	for _, key := range path {
		if !v.IsObject() {
			return resource.PropertyValue{}
		}
		v = open(v.ObjectValue()[resource.PropertyKey(key)])
	}
	return v
}

func open(v resource.PropertyValue) resource.PropertyValue {
	if v.IsSecret() {
		return v.SecretValue().Element
	}
	return v
}
