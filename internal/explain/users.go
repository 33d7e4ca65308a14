package explain

import (
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// ofUsers says in whose tokens a user/ scope counts, and whether in any.
func ofUsers(rule validator.Client, known bool) (counts bool, because string) {
	switch {
	case !known:
		return true, "in tokens of users with a fhirUser"
	case len(rule.FHIRUserTypes) == 0:
		return false, "the client allows no type of user"
	default:
		return true, "in tokens of users whose fhirUser is a " + strings.Join(rule.FHIRUserTypes, " or a ")
	}
}

// users says in words who may use the client.
func (c Client) users() string {
	if c.Kind == service {
		return "the holder of its secret (no user)"
	}
	return smart.DescribeUsers(c.FHIRUserTypes, c.Groups)
}

// usersConcerns lists what is open about who may use the client.
func (c Client) usersConcerns(add func(format string, values ...any)) {
	if c.Kind == service {
		return
	}
	if len(c.Groups) == 0 {
		add("it has no groups, so it may be used by %s", c.users())
	}
	for _, typ := range c.FHIRUserTypes {
		if typ == "Patient" || typ == "RelatedPerson" || typ == "Person" {
			add("only fine-grained authorization limits the user/ scopes of a %s to their own records", typ)
		}
	}
}
