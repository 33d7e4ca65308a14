package page

import "github.com/smartlake/pulumi-smartlake/smart"

// Client is an app client of the stack.
type Client struct {
	Name, ID     string
	Secret       string // empty for a public client; never shown
	SignsUsersIn bool   // whether it has the code grant
	Scopes       []string

	FHIRUserTypes, Groups []string // of its users; see package validator
}

// Users says who may use the client.
func (c Client) Users() string { return smart.DescribeUsers(c.FHIRUserTypes, c.Groups) }

// Kind says what the client is, as the stack's configuration does.
func (c Client) Kind() string {
	switch {
	case !c.SignsUsersIn:
		return "service"
	case c.Secret != "":
		return "confidential"
	default:
		return "public"
	}
}

// Grant is a scope and what it means.
type Grant struct{ Scope, Means string }

// signInScopes are those that Cognito knows by itself, and the launch scope.
var signInScopes = map[string]string{
	"openid":         "To have the user signed in",
	"profile":        "To read the user's profile",
	"email":          "To read the user's email address",
	"phone":          "To read the user's phone number",
	"launch/patient": "To learn which patient the app was launched for",
}

// Grants are the client's scopes in plain words.
func (c Client) Grants() []Grant {
	var grants []Grant
	for _, scope := range c.Scopes {
		means, ok := signInScopes[scope]
		if parsed, err := smart.ParseScope(scope); !ok && err == nil {
			means = parsed.Describe()
		}
		grants = append(grants, Grant{scope, means})
	}
	return grants
}
