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
		p.missing("clients", "add at least one client; only clients can get tokens")
	}
	if n := len(clients); n > maxClients {
		p.addCount("clients", n, "clients", fmt.Sprintf("must be at most %d, because the function's environment lists them all", maxClients))
	}
	seen := map[string]bool{}
	for i, client := range clients {
		field := fmt.Sprintf("clients[%d]", i)
		p.pattern(field+".name", client.Name, clientNamePattern,
			"must be 1 to 64 letters, digits, - and _, starting with a letter or digit")
		if name := strings.ToLower(client.Name); seen[name] {
			p.add(field+".name", client.Name, "another client has this name, ignoring case; choose a different one")
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
			p.addCount("clients[*].scopes", n, fmt.Sprintf("different scopes of %s/", server),
				fmt.Sprintf("must be at most %d per resource server (Cognito)", maxScopesPerServer))
		}
	}
}

// noRefreshScope is about the scopes for refresh tokens.
const noRefreshScope = "Cognito has no such scope; remove it: every sign-in returns a refresh token, and a front door also accepts the scope"

// unissuable are SMART scopes that Cognito cannot issue: its custom scopes are
// always <resource server>/<name>.
var unissuable = map[string]string{
	"fhirUser":       "Cognito has no such scope; use openid instead: tokens then have the claim fhirUser, and a front door also accepts the scope fhirUser",
	"launch":         "Cognito has no such scope, so EHR launch is not possible; remove it, or use launch/patient for standalone launch",
	"offline_access": noRefreshScope,
	"online_access":  noRefreshScope,
}

func (c client) checkScopes(p *problems, field string, strategy smart.AuthorizationStrategy) {
	if len(c.Scopes) == 0 {
		p.missing(field, "add at least one scope, such as system/*.read")
	}
	if n := len(c.Scopes); n > maxScopesPerClient {
		p.addCount(field, n, "scopes", fmt.Sprintf("must be at most %d (Cognito)", maxScopesPerClient))
	}
	for i, text := range c.Scopes {
		at := fmt.Sprintf("%s[%d]", field, i)
		if slices.Contains(c.Scopes[:i], text) {
			p.add(at, text, "listed twice; list each scope once")
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
			p.add(field, text, "a service has no user; use resource scopes such as system/*.read")
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
		p.refuse(field, fmt.Sprintf("%v; also accepted: launch/patient, and for clients with users %s", scope.err, strings.Join(oidcScopes, ", ")))
		return
	}
	_, name, _ := strings.Cut(text, "/")
	if encoded := strings.ReplaceAll(name, "/", "%2F"); encoded != name && scopeNamePattern.MatchString(encoded) {
		p.add(field, text, fmt.Sprintf("Cognito accepts no slash in a scope's name; percent-encode the slashes of the filter: %s", strings.Replace(text, name, encoded, 1)))
	} else if !scopeNamePattern.MatchString(name) {
		p.add(field, text, `must have at most 256 printable characters after the first slash, without another slash, a space, " or \ (Cognito)`)
	}
	if strategy.Valid() && !strategy.Understands(scope.Scope) {
		p.add(field, text, "a SMART_ON_FHIR_V1 datastore accepts only v1 scopes (read, write, *); use one, or set authorizationStrategy to SMART_ON_FHIR")
	}
	if c.userFacing() && !smart.UserHolder.MayHold(scope.Context()) {
		p.add(field, text, "a client with users cannot have system/ scopes; use patient/ or user/ scopes, or a client of kind service")
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
			p.add(field+".idTokenMinutes", m, "a service gets no ID token; remove it")
		}
		if m := c.RefreshTokenMinutes; m != 0 {
			p.add(field+".refreshTokenMinutes", m, "a service gets no refresh token; remove it")
		}
		return
	}
	if m := c.IDTokenMinutes; m != 0 {
		p.inRange(field+".idTokenMinutes", m, 5, day, "minutes")
	}
	if m := c.RefreshTokenMinutes; m != 0 {
		p.inRange(field+".refreshTokenMinutes", m, 60, tenYears, "minutes")
		if longest := max(tokenMinutes(c.AccessTokenMinutes), tokenMinutes(c.IDTokenMinutes)); m >= 60 && m < longest {
			p.add(field+".refreshTokenMinutes", m, fmt.Sprintf("must be at least as long as the client's other tokens, %d minutes (Cognito)", longest))
		}
	}
}

func (p *problems) checkStrategy(field string, strategy smart.AuthorizationStrategy) {
	if !strategy.Valid() {
		p.add(field, string(strategy), "must be SMART_ON_FHIR (v1 and v2 scopes) or SMART_ON_FHIR_V1; other datastores accept no tokens")
	}
}
