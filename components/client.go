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

// ClientArgs describes one app that may ask for tokens.
type ClientArgs struct {
	// Name of the client, unique among the clients: letters, digits, "-" and
	// "_". Renaming a client replaces it, with a new client id.
	Name string `pulumi:"name" json:"name"`
	// Kind of the client: service, confidential or public.
	Kind ClientKind `pulumi:"kind" json:"kind"`
	// Scopes that the client may ask for: SMART resource scopes ("system/*.read",
	// "patient/Observation.rs"), "launch/patient", openid, profile, email and phone. A
	// service declares system/ scopes only, a user-facing client none of them. At most 50
	// (a Cognito quota).
	Scopes []string `pulumi:"scopes" json:"scopes"`
	// FHIRUserTypes are the types of FHIR resource (the claim fhirUser) that users with
	// the client's user/ scopes may be: Practitioner, PractitionerRole, Patient,
	// RelatedPerson or Person. The token validator drops the user/ scopes of other users.
	// By default Practitioner, where the client has user/ scopes. The types decide about
	// those alone: a patient/ scope reaches one patient's records, whoever reads them.
	// Patient, RelatedPerson and Person need FineGrainedAuthorization of the datastore,
	// which holds them to records of their own. Refused for services.
	FHIRUserTypes []FHIRUserType `pulumi:"fhirUserTypes,optional" json:"fhirUserTypes,omitempty"`
	// Groups of the user pool, of which a user must be in one; the token validator drops
	// all scopes of other users. By default none: every user of the pool may use the
	// client. The groups are declared with the pool; in an existing user pool they must
	// be there. Refused for services.
	Groups []string `pulumi:"groups,optional" json:"groups,omitempty"`
	// CallbackURLs that Cognito may send a user back to: https, or http on
	// localhost, 127.0.0.1 or [::1] with any port. Required for user-facing kinds, refused for services.
	CallbackURLs pulumi.StringArrayInput `pulumi:"callbackUrls,optional" json:"callbackUrls,omitempty"`
	// LogoutURLs likewise, after sign-out. By default none.
	LogoutURLs pulumi.StringArrayInput `pulumi:"logoutUrls,optional" json:"logoutUrls,omitempty"`
	// AccessTokenMinutes is how long an access token is valid: 5 to 1440, by
	// default 60. A token cannot be taken back before that.
	AccessTokenMinutes int `pulumi:"accessTokenMinutes,optional" json:"accessTokenMinutes,omitempty"`
	// IDTokenMinutes likewise for ID tokens, by default 60. Refused for services.
	IDTokenMinutes int `pulumi:"idTokenMinutes,optional" json:"idTokenMinutes,omitempty"`
	// RefreshTokenMinutes is how long a user stays signed in: 60 to 5256000 (ten
	// years), and no shorter than the other two; by default 60, or as long as the
	// longer of the other two. Refused for services.
	RefreshTokenMinutes int `pulumi:"refreshTokenMinutes,optional" json:"refreshTokenMinutes,omitempty"`
	// IdentityProviders at which users of the client may sign in: names of
	// [AuthorizationServerArgs.IdentityProviders], and COGNITO for the user pool
	// itself. By default COGNITO alone. In an existing user pool, names of what that pool
	// has. Refused for services.
	IdentityProviders []string `pulumi:"identityProviders,optional" json:"identityProviders,omitempty"`
	// ReadAttributes that the client may read of its users; by default all standard ones
	// that Cognito lets it. Refused for services.
	ReadAttributes []string `pulumi:"readAttributes,optional" json:"readAttributes,omitempty"`
	// WriteAttributes that the client may write of its users; by default all standard ones
	// that Cognito lets it, except that where userPool.selfSignUp is on no client writes
	// profile: SMART apps from before the claim fhirUser take it for the FHIR resource
	// that the user is. No client may write custom attributes, which launch context is
	// taken from. Refused for services.
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
