package page

import (
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// Client is an app client of the stack.
type Client struct {
	Name, ID     string
	Secret       string // empty for a public client; never shown
	SignsUsersIn bool   // whether it has the code grant
	Scopes       []string

	CallbackURLs []string // where users are sent back to, as the stack declares them

	FHIRUserTypes, Groups []string // of its users; see package validator
}

// Users says who may use the client.
func (c Client) Users() string { return smart.DescribeUsers(c.FHIRUserTypes, c.Groups) }

// Kind says what the client is, as the stack's configuration does.
func (c Client) Kind() string {
	switch {
	case !c.SignsUsersIn:
		return string(smart.ServiceClient)
	case c.Secret != "":
		return string(smart.ConfidentialClient)
	default:
		return string(smart.PublicClient)
	}
}

// Scope is the scope parameter with everything that the client may ask for.
func (c Client) Scope() string { return strings.Join(c.Scopes, " ") }

// Grant is a scope and what it means.
type Grant struct{ Scope, Means string }

// Grants are the client's scopes in plain words.
func (c Client) Grants() []Grant {
	var grants []Grant
	for _, scope := range c.Scopes {
		means, ok := smart.DescribeSignInScope(scope)
		if parsed, err := smart.ParseScope(scope); !ok && err == nil {
			means = parsed.Describe()
		}
		grants = append(grants, Grant{scope, means})
	}
	return grants
}
