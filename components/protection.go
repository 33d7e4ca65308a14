package components

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// orDefault returns what an optional argument holds.
func orDefault[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}

// copyOf returns a copy of an optional group of arguments, an empty one where the
// group is left out: what the caller gave is the caller's.
func copyOf[T any](group *T) *T {
	own := orDefault(group, *new(T))
	return &own
}

// protected adds Pulumi's protection where it is wanted. Where it is not, nothing
// is said: a child's "false" would undo the protection that a caller gave the
// whole component.
func protected(wanted bool, options ...pulumi.ResourceOption) []pulumi.ResourceOption {
	if wanted {
		options = append(options, pulumi.Protect(true))
	}
	return options
}
