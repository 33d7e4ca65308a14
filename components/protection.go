package components

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// protected adds Pulumi's protection where it is wanted. Where it is not, nothing
// is said: a child's "false" would undo the protection that a caller gave the
// whole component.
func protected(wanted bool, options ...pulumi.ResourceOption) []pulumi.ResourceOption {
	if wanted {
		options = append(options, pulumi.Protect(true))
	}
	return options
}
