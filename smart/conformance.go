package smart

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
)

// Where the rules of a discovery document come from.
const (
	fromSMART      = "SMART App Launch 2.2, Conformance"
	fromHealthLake = "AWS HealthLake, identityProviderConfiguration.metadata"
)

// Capabilities are the names that a discovery document may claim: those of SMART App Launch
// 2.2 ("Capabilities"), and HealthLake's own permission-v2.2, without which it ignores the
// filter of a scope. [NewConfiguration] claims those that are true for a server. The list is
// sorted.
func Capabilities() []string { return slices.Clone(capabilities) }

var capabilities = []string{
	"authorize-post",
	"client-confidential-asymmetric", "client-confidential-symmetric", "client-public",
	"context-banner", "context-ehr-encounter", "context-ehr-patient",
	"context-standalone-encounter", "context-standalone-patient", "context-style",
	"launch-ehr", "launch-standalone",
	"permission-offline", "permission-online", "permission-patient", "permission-user",
	"permission-v1", "permission-v2", "permission-v2.2",
	"smart-app-state",
	"sso-openid-connect",
}

var (
	grantTypes  = []string{"authorization_code", "client_credentials"}
	authMethods = []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
)

// ParseConfiguration reads and checks a discovery document; see [Configuration.Check]. It is
// stricter than encoding/json: names of members are case-sensitive, no name may occur twice
// in one object, the text must be UTF-8, and nothing may follow the document. It allows
// members that [Configuration] does not have, as SMART does, but a member whose name is that
// of an endpoint must be a URL.
//
// The error joins all problems. The returned document has a zero value for each missing or
// malformed member, so a caller can still use the others.
func ParseConfiguration(data []byte) (Configuration, error) {
	members, err := strictjson.Members(data)
	if err != nil {
		return Configuration{}, fmt.Errorf("discovery document: %w", err)
	}
	var c Configuration
	var f findings
	for name, into := range c.members() {
		if value, given := members[name]; given && !read(value, into) {
			f.add(name, string(value.Raw()), "must be "+kindOf(into), fromSMART)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		_, ours := c.members()[name]
		if ours || !strings.HasSuffix(name, "_endpoint") && !strings.HasSuffix(name, "_uri") {
			continue
		}
		value, isText := members[name].Text()
		if !isText {
			value = string(members[name].Raw())
		}
		f.url(name, value)
	}
	if _, ok := members["smart_app_state_endpoint"]; !ok && slices.Contains(c.Capabilities, "smart-app-state") {
		f.missing("smart_app_state_endpoint", "required by the capability smart-app-state", fromSMART)
	}
	slices.SortStableFunc(f, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return c, errors.Join(append(f, c.Check())...)
}

// members are the fields of a configuration by their JSON names.
func (c *Configuration) members() map[string]any {
	return map[string]any{
		"authorization_endpoint":                &c.AuthorizationEndpoint,
		"capabilities":                          &c.Capabilities,
		"code_challenge_methods_supported":      &c.CodeChallengeMethodsSupported,
		"grant_types_supported":                 &c.GrantTypesSupported,
		"issuer":                                &c.Issuer,
		"jwks_uri":                              &c.JWKSURI,
		"response_types_supported":              &c.ResponseTypesSupported,
		"revocation_endpoint":                   &c.RevocationEndpoint,
		"scopes_supported":                      &c.ScopesSupported,
		"token_endpoint":                        &c.TokenEndpoint,
		"token_endpoint_auth_methods_supported": &c.TokenEndpointAuthMethodsSupported,
	}
}

// read sets a field of a configuration to a value of its type.
func read(value strictjson.Value, into any) (ok bool) {
	switch field := into.(type) {
	case *string:
		*field, ok = value.Text()
	case *[]string:
		*field, ok = value.Texts()
	}
	return ok
}

func kindOf(field any) string {
	if _, text := field.(*string); text {
		return "a string"
	}
	return "a list of strings"
}

// Check checks a document against the rules of SMART App Launch 2.2 ("Metadata") and against
// HealthLake's rules for the metadata of a datastore. The error joins all problems; each
// names the member, the value, what is accepted, and the source of the rule. Every result of
// [NewConfiguration] passes if its strategy understands the scopes.
func (c Configuration) Check() error {
	var f findings
	c.checkURLs(&f)
	c.checkFlows(&f)
	c.checkCapabilities(&f)
	c.checkScopes(&f)
	for _, list := range []struct {
		name   string
		values []string
	}{
		{"capabilities", c.Capabilities},
		{"code_challenge_methods_supported", c.CodeChallengeMethodsSupported},
		{"grant_types_supported", c.GrantTypesSupported},
		{"response_types_supported", c.ResponseTypesSupported},
		{"scopes_supported", c.ScopesSupported},
		{"token_endpoint_auth_methods_supported", c.TokenEndpointAuthMethodsSupported},
	} {
		for i, value := range list.values {
			if slices.Contains(list.values[:i], value) {
				f.add(list.name, value, "listed twice; list each value once", fromSMART)
			}
		}
	}
	return errors.Join(f...)
}

func (c Configuration) claims(capability string) bool {
	return slices.Contains(c.Capabilities, capability)
}

func (c Configuration) checkURLs(f *findings) {
	for _, member := range []struct{ name, value, reason, source string }{
		{"authorization_endpoint", c.AuthorizationEndpoint, "required", fromHealthLake},
		{"token_endpoint", c.TokenEndpoint, "required", fromSMART},
	} {
		if member.value == "" {
			f.missing(member.name, member.reason, member.source)
		}
	}
	if c.claims("sso-openid-connect") {
		for _, member := range []struct{ name, value string }{{"issuer", c.Issuer}, {"jwks_uri", c.JWKSURI}} {
			if member.value == "" {
				f.missing(member.name, "required by the capability sso-openid-connect", fromSMART)
			}
		}
	} else if c.Issuer != "" {
		f.add("issuer", c.Issuer, "requires the capability sso-openid-connect; add it, or remove issuer", fromSMART)
	}
	for _, member := range []struct{ name, value string }{
		{"authorization_endpoint", c.AuthorizationEndpoint},
		{"issuer", c.Issuer},
		{"jwks_uri", c.JWKSURI},
		{"revocation_endpoint", c.RevocationEndpoint},
		{"token_endpoint", c.TokenEndpoint},
	} {
		if member.value != "" {
			f.url(member.name, member.value)
		}
	}
}

func (c Configuration) checkFlows(f *findings) {
	f.oneOf("grant_types_supported", c.GrantTypesSupported, grantTypes, fromSMART)
	f.oneOf("token_endpoint_auth_methods_supported", c.TokenEndpointAuthMethodsSupported, authMethods, fromSMART)
	if len(c.GrantTypesSupported) == 0 {
		f.missing("grant_types_supported", "add at least one of "+strings.Join(grantTypes, ", "), fromSMART)
	}
	if !slices.Contains(c.CodeChallengeMethodsSupported, "S256") {
		f.addList("code_challenge_methods_supported", c.CodeChallengeMethodsSupported, "must include S256")
	}
	if slices.Contains(c.CodeChallengeMethodsSupported, "plain") {
		f.add("code_challenge_methods_supported", "plain", "not allowed; use S256", fromSMART)
	}
	code := slices.Contains(c.GrantTypesSupported, "authorization_code")
	for _, launch := range []string{"launch-ehr", "launch-standalone"} {
		if c.claims(launch) && !code {
			f.addList("grant_types_supported", c.GrantTypesSupported, "must include authorization_code with the capability "+launch)
		}
	}
	if code && len(c.ResponseTypesSupported) > 0 && !slices.Contains(c.ResponseTypesSupported, "code") {
		f.addList("response_types_supported", c.ResponseTypesSupported, "must include code with the grant type authorization_code")
	}
}

func (c Configuration) checkCapabilities(f *findings) {
	if len(c.Capabilities) == 0 {
		f.missing("capabilities", "required", fromSMART)
	}
	f.oneOf("capabilities", c.Capabilities, capabilities, fromSMART)
	methods := c.TokenEndpointAuthMethodsSupported
	secret := slices.Contains(methods, "client_secret_basic") || slices.Contains(methods, "client_secret_post")
	if c.claims("client-confidential-symmetric") && len(methods) > 0 && !secret {
		f.addList("token_endpoint_auth_methods_supported", methods,
			"must include client_secret_basic or client_secret_post with the capability client-confidential-symmetric")
	}
	if c.claims("permission-v2.2") && !c.claims("permission-v2") {
		f.add("capabilities", "permission-v2.2", "requires the capability permission-v2; add it", fromHealthLake)
	}
}

// checkScopes sees that the capabilities cover the scopes. HealthLake ignores a
// filter that they do not cover, which would widen the grant.
func (c Configuration) checkScopes(f *findings) {
	for _, text := range c.ScopesSupported {
		scope, err := ParseScope(text)
		if errors.Is(err, ErrQuery) {
			f.add("scopes_supported", text, "the filter must be a search parameter of the type in FHIR R4, without a modifier", fromHealthLake)
		}
		if err != nil {
			continue // openid, launch/patient and the like, or another server's own
		}
		needed := "permission-v1"
		switch {
		case scope.Filtered():
			needed = "permission-v2.2"
		case scope.version == V2:
			needed = "permission-v2"
		}
		if !c.claims(needed) {
			f.add("scopes_supported", text, "requires the capability "+needed+"; add it", fromHealthLake)
		}
	}
}

// findings collects what is wrong with a document.
type findings []error

func (f *findings) add(member, value, why, source string) {
	*f = append(*f, fmt.Errorf("%s: %q: %s (%s)", member, value, why, source))
}

// addList adds what is wrong with a list as a whole, by the rules of SMART.
func (f *findings) addList(member string, values []string, why string) {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = strconv.Quote(value)
	}
	*f = append(*f, fmt.Errorf("%s: [%s]: %s (%s)", member, strings.Join(quoted, ", "), why, fromSMART))
}

func (f *findings) missing(member, reason, source string) {
	*f = append(*f, fmt.Errorf("%s: missing; %s (%s)", member, reason, source))
}

func (f *findings) oneOf(member string, values, accepted []string, source string) {
	for _, value := range values {
		if !slices.Contains(accepted, value) {
			f.add(member, value, "must be one of "+strings.Join(accepted, ", "), source)
		}
	}
}

func (f *findings) url(member, value string) {
	if !isPlainURL(value) {
		f.add(member, value, wantURL, fromSMART)
	}
}

const wantURL = "must be an absolute https URL without query or fragment"

func isPlainURL(value string) bool {
	u, err := url.Parse(value)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && !strings.ContainsAny(value, "?#")
}
