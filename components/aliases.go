package components

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// formerlyOutside is the alias of a child of a component that was declared beside that
// component before, as a child of the component's own parent: an update moves it, and
// replaces nothing.
func formerlyOutside(component pulumi.Resource, typ, name string) pulumi.ResourceOption {
	former := component.URN().ToURNOutput().ApplyT(func(urn pulumi.URN) pulumi.URN {
		return besides(urn, typ, name)
	}).(pulumi.URNOutput)
	return pulumi.Aliases([]pulumi.Alias{{URN: former}})
}

// besides is the URN of a resource with the parent of the given one. A URN is
// urn:pulumi:<stack>::<project>::<types of the parents and its own, with $ between>::<name>.
func besides(urn pulumi.URN, typ, name string) pulumi.URN {
	parts := strings.SplitN(string(urn), "::", 4)
	types := strings.Split(parts[2], "$")
	types[len(types)-1] = typ
	return pulumi.URN(strings.Join([]string{parts[0], parts[1], strings.Join(types, "$"), name}, "::"))
}
