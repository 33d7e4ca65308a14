package components

import (
	"context"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// transformed is what a resource is declared with after the caller's transforms of the
// component that it is in: they change what the engine gets, behind the component's back.
type transformed struct {
	lock       sync.Mutex
	properties pulumi.Map // nil where nothing transforms the component
}

// observing returns the options with one more transform, which runs after the caller's
// and keeps what they made of the resource of a type and name. Without transforms of the
// caller's there is nothing to observe.
func (t *transformed) observing(typ, name string, options []pulumi.ResourceOption) ([]pulumi.ResourceOption, error) {
	given, err := pulumi.NewResourceOptions(options...)
	if err != nil || len(given.Transforms) == 0 {
		return options, err
	}
	keep := func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
		if args.Type == typ && args.Name == name {
			t.lock.Lock()
			defer t.lock.Unlock()
			t.properties = args.Props
		}
		return nil
	}
	return append(options[:len(options):len(options)], pulumi.Transforms([]pulumi.ResourceTransform{keep})), nil
}

// property is the property at a path as the transforms left it, or as it was declared
// where there are none. It waits for the resource's state, before which they have run.
func (t *transformed) property(state pulumi.Output, declared pulumi.Input, path ...string) pulumi.Output {
	return state.ApplyT(func(any) pulumi.AnyOutput {
		t.lock.Lock()
		defer t.lock.Unlock()
		if t.properties == nil {
			return value(declared, nil)
		}
		return value(t.properties, path)
	})
}

// value is an input's value, or the one at a path in it.
func value(input pulumi.Input, path []string) pulumi.AnyOutput {
	return pulumi.ToOutput(input).ApplyT(func(value any) any { return at(value, path) }).(pulumi.AnyOutput)
}

// at is the value at a path into groups of properties, or nil.
func at(value any, path []string) any {
	for _, name := range path {
		group, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = group[name]
	}
	return value
}
