package componentstest

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// Unknown stands for an input that is not yet known, as in a preview.
const Unknown = "<unknown>"

// Resource is one resource as the program declared it.
type Resource struct {
	// RegisterResourceRequest is what the engine would get. It has the type, the name and
	// the options: GetType, GetName, GetParent, GetProtect, GetIgnoreChanges,
	// GetDependencies, GetAliases, GetProvider and others.
	*pulumirpc.RegisterResourceRequest
	URN string
	ID  string // empty in a preview
	// Inputs are what encoding/json makes of the same data. A secret is
	// {"secret": value}, a file archive {"archive": path}, and what is not known yet is
	// [Unknown].
	Inputs map[string]any
	// Outputs are the inputs and what AWS computes, in the same form.
	Outputs map[string]any
}

// Output is an output of the stack.
type Output struct {
	Value  any // nil if it stayed unknown, or is optional and absent
	Secret bool
}

var outputType = reflect.TypeFor[pulumi.Output]()

// Export makes every output of a component an output of the stack, by the names that all
// languages give them, such as "tokenEndpoint". It is for tests that check these outputs.
func Export(ctx *pulumi.Context, component pulumi.ComponentResource) {
	fields := reflect.ValueOf(component).Elem()
	for i := range fields.NumField() {
		field := fields.Type().Field(i)
		if !field.IsExported() || !field.Type.Implements(outputType) { // the state beside them is the SDK's, and changes
			continue
		}
		if value, ok := fields.Field(i).Interface().(pulumi.Output); ok {
			ctx.Export(field.Tag.Get("pulumi"), value)
		}
	}
}

// Resources returns the resources of the types, such as "aws:iam/role:Role", sorted by
// type and name. Without types, it returns all of them, the components included.
func (c *Cloud) Resources(types ...string) []Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	var those []Resource
	for _, one := range c.resources {
		if len(types) == 0 || slices.Contains(types, one.GetType()) {
			those = append(those, one)
		}
	}
	slices.SortStableFunc(those, func(a, b Resource) int {
		return cmp.Or(strings.Compare(a.GetType(), b.GetType()), strings.Compare(a.GetName(), b.GetName()))
	})
	return those
}

// Resource returns the resource of a type and name. If it does not exist, the error lists
// the existing ones.
func (c *Cloud) Resource(typ, name string) (Resource, error) {
	all := c.Resources()
	lines := make([]string, 0, len(all))
	for _, one := range all {
		if one.GetType() == typ && one.GetName() == name {
			return one, nil
		}
		lines = append(lines, "\n  "+one.GetType()+" "+one.GetName())
	}
	return Resource{}, fmt.Errorf("no %s %q is declared; there are%s", typ, name, strings.Join(lines, ""))
}

// Outputs returns the outputs of the stack by name. Secrets are in plain text and marked.
func (c *Cloud) Outputs() map[string]Output {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.outputs)
}

// Calls returns the program's calls of functions, such as aws.getRegion, in their order.
func (c *Cloud) Calls() []pulumi.MockCallArgs {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Warnings returns the program's warnings, in their order.
func (c *Cloud) Warnings() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.warnings)
}

// registered is a resource as it was asked for.
func (c *Cloud) registered(args pulumi.MockResourceArgs) (Resource, error) {
	inputs, err := plugin.UnmarshalProperties(args.RegisterRPC.GetObject(), plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, KeepResources: true,
	})
	if err != nil {
		return Resource{}, err
	}
	return Resource{RegisterResourceRequest: args.RegisterRPC, URN: declared.URN(c.project, c.stack, args.RegisterRPC), Inputs: object(inputs)}, nil
}

func object(properties resource.PropertyMap) map[string]any {
	members := map[string]any{}
	for key, element := range properties {
		members[string(key)] = plain(element)
	}
	return members
}

// plain turns a property into what encoding/json makes of the same data.
func plain(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return map[string]any{"secret": plain(value.SecretValue().Element)}
	case value.IsComputed(), value.IsOutput():
		return Unknown
	case value.IsArchive():
		return map[string]any{"archive": value.ArchiveValue().Path}
	case value.IsArray():
		list := []any{}
		for _, element := range value.ArrayValue() {
			list = append(list, plain(element))
		}
		return list
	case value.IsObject():
		return object(value.ObjectValue())
	default:
		return value.V
	}
}
