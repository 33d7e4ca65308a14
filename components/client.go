package components

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// ClientKind says how an app gets its tokens. "User-facing" below means confidential or
// public.
type ClientKind = smart.ClientKind

// The kinds of clients, as package smart describes them.
const (
	ServiceClient      = smart.ServiceClient
	ConfidentialClient = smart.ConfidentialClient
	PublicClient       = smart.PublicClient
)

// ClientArgs describes one app that may request tokens.
type ClientArgs struct {
	// Name of the client, unique among the clients: letters, digits, "-" and "_". A new name
	// replaces the client, with a new client id.
	Name string `pulumi:"name" json:"name"`
	// Kind of the client: service, confidential or public. A change to or from public is an
	// error, because a client keeps its secret, or that it has none: use another name.
	Kind ClientKind `pulumi:"kind" json:"kind"`
	// Scopes that the client may request: SMART resource scopes ("system/*.read",
	// "patient/Observation.rs"), "launch/patient", openid, profile, email and phone. A
	// service has only system/ scopes, and a user-facing client has none of them. At most 50
	// (a Cognito quota).
	Scopes []string `pulumi:"scopes" json:"scopes"`
	// FHIRUserTypes are the types of FHIR resource (the claim fhirUser) that users with the
	// client's user/ scopes may be: Practitioner, PractitionerRole, Patient, RelatedPerson
	// or Person. The token validator drops the user/ scopes of other users. By default
	// Practitioner, where the client has user/ scopes. The types have no effect on patient/
	// scopes, which reach the records of one patient for every type of user. Patient,
	// RelatedPerson and Person need FineGrainedAuthorization of the datastore, which limits
	// them to their own records. Refused for services.
	FHIRUserTypes []FHIRUserType `pulumi:"fhirUserTypes,optional" json:"fhirUserTypes,omitempty"`
	// Groups of the user pool; a user must be in one of them. The token validator drops all
	// scopes of other users. By default none: every user of the pool may use the client. The
	// component declares the groups with the pool; in an existing user pool they must exist.
	// Refused for services.
	Groups []string `pulumi:"groups,optional" json:"groups,omitempty"`
	// CallbackURLs to which Cognito may send a user back: https, or http on localhost,
	// 127.0.0.1 or [::1] with any port. Required for user-facing kinds, refused for
	// services.
	CallbackURLs pulumi.StringArrayInput `pulumi:"callbackUrls,optional" json:"callbackUrls,omitempty"`
	// LogoutURLs to which Cognito may send a user after sign-out, in the same form. By
	// default none.
	LogoutURLs pulumi.StringArrayInput `pulumi:"logoutUrls,optional" json:"logoutUrls,omitempty"`
	// AccessTokenMinutes is how long an access token is valid: 5 to 1440, by default 60. A
	// token cannot be revoked before it expires.
	AccessTokenMinutes int `pulumi:"accessTokenMinutes,optional" json:"accessTokenMinutes,omitempty"`
	// IDTokenMinutes is how long an ID token is valid, in the same range, by default 60.
	// Refused for services.
	IDTokenMinutes int `pulumi:"idTokenMinutes,optional" json:"idTokenMinutes,omitempty"`
	// RefreshTokenMinutes is how long a user stays signed in: 60 to 5256000 (ten
	// years), and no shorter than the other two; by default 60, or as long as the
	// longer of the other two. Refused for services.
	RefreshTokenMinutes int `pulumi:"refreshTokenMinutes,optional" json:"refreshTokenMinutes,omitempty"`
	// IdentityProviders at which users of the client may sign in: names of
	// [AuthorizationServerArgs.IdentityProviders], and COGNITO for the user pool itself. By
	// default only COGNITO. In an existing user pool, names of that pool's providers.
	// Refused for services.
	IdentityProviders []string `pulumi:"identityProviders,optional" json:"identityProviders,omitempty"`
	// ReadAttributes of its users that the client may read; by default all standard ones
	// that Cognito allows. Refused for services.
	ReadAttributes []string `pulumi:"readAttributes,optional" json:"readAttributes,omitempty"`
	// WriteAttributes of its users that the client may write; by default all standard ones
	// that Cognito allows, except profile if userPool.selfSignUp is on: older SMART apps
	// read profile as the FHIR resource of the user. No client may write custom attributes,
	// because launch context comes from them. Refused for services.
	WriteAttributes []string `pulumi:"writeAttributes,optional" json:"writeAttributes,omitempty"`
}

// tokenMinutes is a token's lifetime, by default an hour.
func tokenMinutes(given int) int {
	if given == 0 {
		return 60
	}
	return given
}

// refreshTokenMinutes is never shorter than the other lifetimes, which Cognito
// would refuse, also for a service that gets no refresh token.
func (c ClientArgs) refreshTokenMinutes() int {
	if c.RefreshTokenMinutes != 0 {
		return c.RefreshTokenMinutes
	}
	return max(tokenMinutes(0), c.AccessTokenMinutes, c.IDTokenMinutes)
}

func (c ClientArgs) userFacing() bool { return c.Kind == ConfidentialClient || c.Kind == PublicClient }

func (c ClientArgs) hasSecret() bool { return c.Kind == ServiceClient || c.Kind == ConfidentialClient }

// oidcScopes are the scopes that Cognito knows by itself and that need no
// resource server.
var oidcScopes = []string{"openid", "profile", "email", "phone"}

// launchScope is the one launch scope that HealthLake lists.
const launchScope = "launch/patient"

// client is a client whose scopes are parsed: what [parsed] makes of its arguments.
type client struct {
	ClientArgs
	parsed map[string]parsedScope // by text, but for those of OpenID Connect and of the launch
}

// parsedScope is a resource scope, or what is wrong with it.
type parsedScope struct {
	smart.Scope
	err error
}

// parsed parses the scopes of the clients.
func parsed(clients []ClientArgs) []client {
	list := make([]client, len(clients))
	for i, c := range clients {
		list[i] = client{c, map[string]parsedScope{}}
		for _, text := range c.Scopes {
			if text == launchScope || slices.Contains(oidcScopes, text) {
				continue
			}
			scope, err := smart.ParseScope(text)
			list[i].parsed[text] = parsedScope{scope, err}
		}
	}
	return list
}

// asksFor reports whether the client asks for a resource scope of a context.
func (c client) asksFor(context smart.Context) bool {
	for _, scope := range c.parsed {
		if scope.err == nil && scope.Context() == context {
			return true
		}
	}
	return false
}

// customScope is a scope in Cognito's terms, without the resource server in front of
// the slash.
type customScope struct{ name, description string }

// scopesByServer groups the custom scopes of all clients by the resource server
// that Cognito wants in front of the slash. They are sorted by name, each once.
func scopesByServer(clients []client) map[string][]customScope {
	servers := map[string][]customScope{}
	for _, client := range clients {
		for _, scope := range client.Scopes {
			if server, name, ok := strings.Cut(scope, "/"); ok {
				servers[server] = append(servers[server], customScope{name, client.describe(scope)})
			}
		}
	}
	for server, scopes := range servers {
		slices.SortFunc(scopes, func(a, b customScope) int { return strings.Compare(a.name, b.name) })
		servers[server] = slices.Compact(scopes)
	}
	return servers
}

// describe says what a scope of the client lets its holder do, for the people who read
// Cognito's console.
func (c client) describe(scope string) string {
	switch parsed, ok := c.parsed[scope]; {
	case scope == launchScope:
		return "Learn which patient the app was launched for"
	case !ok || parsed.err != nil:
		return scope
	default:
		return parsed.Describe()
	}
}

// allScopes lists every scope that some client may ask for, in no order.
func allScopes(clients []client) []string {
	var scopes []string
	for _, client := range clients {
		scopes = append(scopes, client.Scopes...)
	}
	return scopes
}
