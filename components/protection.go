package components

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// orDefault returns what an optional argument holds.
func orDefault[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
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
