package smart

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Configuration is the SMART discovery document, which a FHIR server publishes at
// <base>/.well-known/smart-configuration (SMART App Launch 2.2, "Conformance"). It has only
// fields that Cognito and HealthLake can fill. Cognito has no registration, introspection or
// management endpoint, so there is no field for them. The fields are in the order of their
// JSON names, which makes [Configuration.JSON] canonical.
type Configuration struct {
	AuthorizationEndpoint             string   `json:"authorization_endpoint"`
	Capabilities                      []string `json:"capabilities"`
	CodeChallengeMethodsSupported     []string `json:"code_challenge_methods_supported"`
	GrantTypesSupported               []string `json:"grant_types_supported"`
	Issuer                            string   `json:"issuer,omitempty"`
	JWKSURI                           string   `json:"jwks_uri"`
	ResponseTypesSupported            []string `json:"response_types_supported,omitempty"`
	RevocationEndpoint                string   `json:"revocation_endpoint,omitempty"`
	ScopesSupported                   []string `json:"scopes_supported,omitempty"`
	TokenEndpoint                     string   `json:"token_endpoint"`
	TokenEndpointAuthMethodsSupported []string `json:"token_endpoint_auth_methods_supported,omitempty"`
}

// Endpoints are the absolute https URLs of an authorization server.
type Endpoints struct {
	Issuer        string // the "iss" of its tokens
	JWKS          string
	Authorization string
	Token         string
	Revocation    string // empty where there is none
}

// Use describes the use of an authorization server, which decides what its discovery
// document may claim.
type Use struct {
	Strategy            AuthorizationStrategy // what the FHIR server behind it understands
	PublicClients       bool                  // apps without a secret, authorization code with PKCE
	ConfidentialClients bool                  // apps with a secret, authorization code with PKCE
	ServiceClients      bool                  // apps without a user, client credentials
	PatientContext      bool                  // users' access tokens carry a "patient" claim
	UserContext         bool                  // users' access tokens carry a "fhirUser" claim
	TokenResponse       TokenResponse         // what the token endpoint answers beyond OAuth
	AuthorizeByPost     bool                  // the authorization endpoint takes its parameters by POST too
	Scopes              []string              // all scopes that some client may ask for, in any order
}

// TokenResponse says what the token endpoint adds to OAuth 2.0's token response.
// Capabilities are promises about this response, and not about the content of an access
// token, which an app does not read. The zero value is Cognito's response, which adds
// nothing. A front door adds all three.
type TokenResponse struct {
	// Patient: an app with the scope "launch/patient" finds a member "patient".
	Patient bool
	// FHIRUser: an app may request "openid fhirUser", and finds a claim "fhirUser" in its ID
	// token.
	FHIRUser bool
	// Offline: an app may request "offline_access", and finds a refresh token that works
	// after the user has left.
	Offline bool
}

// NewConfiguration builds the discovery document of an authorization server. It claims only
// what follows from use. An error names every URL that is not absolute, is not https, or has
// a query or fragment.
func NewConfiguration(at Endpoints, use Use) (Configuration, error) {
	if err := at.check(); err != nil {
		return Configuration{}, err
	}
	scopes := slices.Compact(slices.Sorted(slices.Values(use.Scopes)))
	c := Configuration{
		AuthorizationEndpoint:         at.Authorization,
		Capabilities:                  use.capabilities(scopes),
		CodeChallengeMethodsSupported: []string{"S256"},
		JWKSURI:                       at.JWKS,
		RevocationEndpoint:            at.Revocation,
		TokenEndpoint:                 at.Token,
	}
	c.ScopesSupported = slices.Compact(slices.Sorted(slices.Values(append(scopes, c.scopesOfCapabilities()...))))
	if use.secrets() {
		c.TokenEndpointAuthMethodsSupported = []string{"client_secret_basic", "client_secret_post"}
	}
	if use.codeFlow() {
		c.GrantTypesSupported = append(c.GrantTypesSupported, "authorization_code")
		c.ResponseTypesSupported = []string{"code"}
	}
	if use.ServiceClients {
		c.GrantTypesSupported = append(c.GrantTypesSupported, "client_credentials")
	}
	if len(c.GrantTypesSupported) == 0 {
		return Configuration{}, errors.New("a discovery document needs at least one client: grant_types_supported would be empty")
	}
	if slices.Contains(c.Capabilities, "sso-openid-connect") {
		c.Issuer = at.Issuer
	}
	return c, nil
}

// scopesOfCapabilities are the scopes with which an app asks for what is claimed, and
// which no client declares (SMART App Launch 2.2, "Scopes for requesting identity data"
// and "Scopes for requesting a refresh token").
func (c Configuration) scopesOfCapabilities() []string {
	var scopes []string
	if c.claims("sso-openid-connect") {
		scopes = append(scopes, "fhirUser")
	}
	if c.claims("permission-offline") {
		scopes = append(scopes, "offline_access")
	}
	return scopes
}

// JSON returns the canonical form: members sorted by name, no white space, no
// escaping beyond what JSON needs. Equal configurations give equal bytes, on
// every machine.
func (c Configuration) JSON() (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(c); err != nil {
		return "", fmt.Errorf("discovery document: %w", err)
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}

func (u Use) codeFlow() bool { return u.PublicClients || u.ConfidentialClients }

// secrets: some client has a secret, and authenticates with it. Public clients do not
// authenticate, for which SMART has no method: without others the member is left out.
func (u Use) secrets() bool { return u.ConfidentialClients || u.ServiceClients }

// capabilities lists what an unmodified client can do at the server (SMART App Launch
// 2.2, "Capabilities"); permission-v2.2 is HealthLake's own name for filtered
// scopes. It is claimed before any client has one: the document of a live datastore
// stays as it is, and without this word in it HealthLake would ignore the filter of
// a scope that is added later, which would widen the grant.
func (u Use) capabilities(scopes []string) []string {
	asked := summarize(scopes)
	candidates := []struct {
		name string
		held bool
	}{
		{"authorize-post", u.codeFlow() && u.AuthorizeByPost},
		{"client-confidential-symmetric", u.secrets()},
		{"client-public", u.PublicClients},
		{"context-standalone-patient", u.codeFlow() && u.PatientContext && u.TokenResponse.Patient && slices.Contains(scopes, "launch/patient")},
		{"launch-standalone", u.codeFlow()},
		{"permission-offline", u.codeFlow() && u.TokenResponse.Offline},
		{"permission-patient", u.codeFlow() && u.PatientContext && asked.patient},
		{"permission-user", u.codeFlow() && u.UserContext && asked.user},
		{"permission-v1", true},
		{"permission-v2", u.Strategy == SMARTOnFHIR},
		{"permission-v2.2", u.Strategy == SMARTOnFHIR},
		{"sso-openid-connect", u.codeFlow() && u.TokenResponse.FHIRUser && slices.Contains(scopes, "openid")},
	}
	var held []string
	for _, candidate := range candidates {
		if candidate.held {
			held = append(held, candidate.name)
		}
	}
	return held
}

type summary struct{ patient, user bool }

func summarize(scopes []string) summary {
	var s summary
	for _, text := range scopes {
		scope, err := ParseScope(text)
		if err != nil {
			continue // openid, launch/patient and the like say nothing of resources
		}
		s.patient = s.patient || scope.context == Patient
		s.user = s.user || scope.context == User
	}
	return s
}

func (e Endpoints) check() error {
	var problems []error
	for _, endpoint := range []struct{ name, value string }{
		{"issuer", e.Issuer},
		{"jwks_uri", e.JWKS},
		{"authorization_endpoint", e.Authorization},
		{"token_endpoint", e.Token},
		{"revocation_endpoint", e.Revocation},
	} {
		if endpoint.name == "revocation_endpoint" && endpoint.value == "" {
			continue
		}
		if !isPlainURL(endpoint.value) {
			problems = append(problems, fmt.Errorf("%s: %q: %s", endpoint.name, endpoint.value, wantURL))
		}
	}
	return errors.Join(problems...)
}
