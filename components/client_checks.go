package components

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
)

var (
	clientNamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	scopeNamePattern  = regexp.MustCompile(`^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$`)
)

// Cognito's quotas and patterns
// (https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html and
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html).
const (
	maxScopesPerClient = 50
	maxScopesPerServer = 100
	maxURLsPerClient   = 100
	maxURLLength       = 1024
	maxClients         = 100 // 31 bytes each of Lambda's 4 KB of environment
)

// checkClients checks the clients against SMART's grammar, the datastore's
// strategy and Cognito's quotas.
func checkClients(p *problems, clients []client, strategy smart.AuthorizationStrategy) {
	if len(clients) == 0 {
		p.missing("clients", "want at least one client; without one nobody can get a token")
	}
	if n := len(clients); n > maxClients {
		p.add("clients", fmt.Sprintf("%d clients", n), fmt.Sprintf("want at most %d: the function's environment lists them all", maxClients))
	}
	seen := map[string]bool{}
	for i, client := range clients {
		field := fmt.Sprintf("clients[%d]", i)
		p.pattern(field+".name", client.Name, clientNamePattern,
			"want 1 to 64 letters, digits, - and _, starting with a letter or digit")
		if name := strings.ToLower(client.Name); seen[name] {
			p.add(field+".name", client.Name, "want a name that no other client has")
		} else {
			seen[name] = true
		}
		oneOf(p, field+".kind", client.Kind, ServiceClient, ConfidentialClient, PublicClient)
		client.checkScopes(p, field+".scopes", strategy)
		client.checkTokenSize(p, field+".scopes")
		client.checkUsers(p, field)
		client.checkLifetimes(p, field)
	}
	declared := scopesByServer(clients)
	for _, server := range slices.Sorted(maps.Keys(declared)) {
		if n := len(declared[server]); n > maxScopesPerServer {
			p.add("clients[*].scopes", fmt.Sprintf("%d different scopes of %s/", n, server),
				fmt.Sprintf("want at most %d of a resource server (Cognito)", maxScopesPerServer))
		}
	}
}

// unissuable are SMART scopes that Cognito cannot issue: its custom scopes are
// always <resource server>/<name>.
var unissuable = map[string]string{
	"fhirUser":       "Cognito cannot issue it; the fhirUser claim comes from a user attribute instead",
	"launch":         "Cognito cannot issue it, and there is no EHR launch without it",
	"offline_access": "Cognito cannot issue it; refresh tokens always come with the authorization code grant",
	"online_access":  "Cognito cannot issue it; refresh tokens always come with the authorization code grant",
}

func (c client) checkScopes(p *problems, field string, strategy smart.AuthorizationStrategy) {
	if len(c.Scopes) == 0 {
		p.missing(field, "want at least one scope, such as system/*.read")
	}
	if n := len(c.Scopes); n > maxScopesPerClient {
		p.add(field, fmt.Sprintf("%d scopes", n), fmt.Sprintf("want at most %d (Cognito)", maxScopesPerClient))
	}
	for i, text := range c.Scopes {
		at := fmt.Sprintf("%s[%d]", field, i)
		if slices.Contains(c.Scopes[:i], text) {
			p.add(at, text, "want each scope once")
			continue
		}
		c.checkScope(p, at, text, strategy)
	}
}

func (c client) checkScope(p *problems, field, text string, strategy smart.AuthorizationStrategy) {
	if why, ok := unissuable[text]; ok {
		p.add(field, text, why)
		return
	}
	if slices.Contains(oidcScopes, text) {
		if c.Kind == ServiceClient {
			p.add(field, text, "a service has no user; want resource scopes such as system/*.read")
		}
		return
	}
	if text == launchScope {
		if c.Kind == ServiceClient {
			p.add(field, text, noUserOfService)
		}
		return
	}
	scope := c.parsed[text]
	if scope.err != nil {
		p.refuse(field, fmt.Sprintf("%v; or launch/patient, or for user-facing clients %s", scope.err, strings.Join(oidcScopes, ", ")))
		return
	}
	_, name, _ := strings.Cut(text, "/")
	if encoded := strings.ReplaceAll(name, "/", "%2F"); encoded != name && scopeNamePattern.MatchString(encoded) {
		p.add(field, text, fmt.Sprintf("Cognito takes no slash in a scope's name; percent-encode those of the filter: %s", strings.Replace(text, name, encoded, 1)))
	} else if !scopeNamePattern.MatchString(name) {
		p.add(field, text, `Cognito takes at most 256 printable characters behind the first slash, and no further slash, space, " or \`)
	}
	if strategy.Valid() && !strategy.Understands(scope.Scope) {
		p.add(field, text, "a SMART_ON_FHIR_V1 datastore takes v1 scopes only (read, write, *); want one, or authorizationStrategy SMART_ON_FHIR")
	}
	if c.userFacing() && !smart.UserHolder.MayHold(scope.Context()) {
		p.add(field, text, "a client with users never gets system/ scopes; want patient/ or user/ scopes, or a client of kind service")
	}
	if c.Kind == ServiceClient && !smart.ClientHolder.MayHold(scope.Context()) {
		p.add(field, text, noUserOfService)
	}
}

// noUserOfService is why a service declares no scope that takes a user or a patient: the
// token validator never counts it, and the discovery document would offer it.
const noUserOfService = "a service has no user and no patient; use system/ scopes, or a client of kind confidential or public"

func (c ClientArgs) checkLifetimes(p *problems, field string) {
	const day, tenYears = 24 * 60, 10 * 365 * 24 * 60
	if m := c.AccessTokenMinutes; m != 0 {
		p.inRange(field+".accessTokenMinutes", m, 5, day, "minutes")
	}
	if c.Kind == ServiceClient {
		if m := c.IDTokenMinutes; m != 0 {
			p.add(field+".idTokenMinutes", m, "a service gets no ID token; want none")
		}
		if m := c.RefreshTokenMinutes; m != 0 {
			p.add(field+".refreshTokenMinutes", m, "a service gets no refresh token; want none")
		}
		return
	}
	if m := c.IDTokenMinutes; m != 0 {
		p.inRange(field+".idTokenMinutes", m, 5, day, "minutes")
	}
	if m := c.RefreshTokenMinutes; m != 0 {
		p.inRange(field+".refreshTokenMinutes", m, 60, tenYears, "minutes")
		if longest := max(tokenMinutes(c.AccessTokenMinutes), tokenMinutes(c.IDTokenMinutes)); m >= 60 && m < longest {
			p.add(field+".refreshTokenMinutes", m, fmt.Sprintf("want no less than the client's other tokens have, %d minutes (Cognito)", longest))
		}
	}
}

func (p *problems) checkStrategy(field string, strategy smart.AuthorizationStrategy) {
	if !strategy.Valid() {
		p.add(field, string(strategy), "want SMART_ON_FHIR (scopes v1 and v2) or SMART_ON_FHIR_V1; a datastore of another strategy takes no tokens")
	}
}
