package conformance_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	discoveryPath = "/.well-known/smart-configuration"
	anotherOrigin = "https://another.example" // of no app that is registered
)

// document is the discovery document.
type document struct {
	answer
	members map[string]any
}

func (d document) text(name string) string {
	text, _ := d.members[name].(string)
	return text
}

// texts are the strings of a member; an error where it is no array of strings.
func (d document) texts(name string) ([]string, error) {
	list, ok := d.members[name].([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("%s: got %v: want an array of strings, not empty", name, d.members[name])
	}
	var texts []string
	for _, one := range list {
		text, ok := one.(string)
		if !ok || text == "" {
			return nil, fmt.Errorf("%s: got %v among them: want strings", name, one)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func (c *session) readDiscovery(header ...string) (answer, error) {
	return c.send(http.MethodGet, strings.TrimSuffix(c.base, "/")+discoveryPath, nil, header...)
}

func (c *session) discover() (document, error) {
	got, err := c.readDiscovery("Accept", "application/json")
	if err == nil {
		err = got.wants(http.StatusOK)
	}
	if err != nil {
		return document{}, err
	}
	members, err := got.object()
	return document{got, members}, err
}

// inTheDocument makes a check of one about the discovery document.
func inTheDocument(check func(document) error) func(*session) error {
	return func(c *session) error {
		d, err := need("the discovery document", c.document)
		if err != nil {
			return err
		}
		return check(d)
	}
}

// listed wants a member to be an array of strings with all of these.
func listed(name string, wanted ...string) func(*session) error {
	return inTheDocument(func(d document) error {
		got, err := d.texts(name)
		if err != nil {
			return err
		}
		for _, one := range wanted {
			if !slices.Contains(got, one) {
				return fmt.Errorf("%s: got %q: want %q among them", name, got, one)
			}
		}
		return nil
	})
}

// listedOnly wants a member to be an array of some of these strings and no others.
func listedOnly(name string, allowed ...string) func(*session) error {
	return inTheDocument(func(d document) error {
		got, err := d.texts(name)
		if err != nil {
			return err
		}
		for _, one := range got {
			if !slices.Contains(allowed, one) {
				return fmt.Errorf("%s: got %q: want none but %q", name, got, allowed)
			}
		}
		return nil
	})
}

// isEndpoint wants a member to be an absolute https URL.
func isEndpoint(name string) func(*session) error {
	return inTheDocument(func(d document) error { return absolute(name, d.members[name]) })
}

func absolute(name string, value any) error {
	text, _ := value.(string)
	if u, err := url.Parse(text); err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%s: got %v: want an absolute https URL", name, value)
	}
	return nil
}

// all wants every check to hold, and tells of the first that does not.
func all(checks ...func(*session) error) func(*session) error {
	return func(c *session) error {
		for _, check := range checks {
			if err := check(c); err != nil {
				return err
			}
		}
		return nil
	}
}

// readsDiscovery makes a check of one about the answer to a request with a header.
func readsDiscovery(check func(answer) error, header ...string) func(*session) error {
	return func(c *session) error {
		got, err := c.readDiscovery(header...)
		if err == nil {
			err = got.wants(http.StatusOK)
		}
		if err != nil {
			return err
		}
		return check(got)
	}
}

func endpointsAreAbsolute(d document) error {
	var problems []error
	for name, value := range d.members {
		if strings.HasSuffix(name, "_endpoint") || strings.HasSuffix(name, "_uri") || name == "issuer" {
			problems = append(problems, absolute(name, value))
		}
	}
	return errors.Join(problems...)
}

func issuerGoesWithOpenID(d document) error {
	capabilities, err := d.texts("capabilities")
	if err != nil {
		return err
	}
	if !slices.Contains(capabilities, "sso-openid-connect") {
		if d.members["issuer"] != nil {
			return errors.New("issuer: got one without the capability sso-openid-connect: want it left out")
		}
		return nil
	}
	return errors.Join(absolute("issuer", d.members["issuer"]), absolute("jwks_uri", d.members["jwks_uri"]))
}

func readsCapabilities(c *session) error {
	got, err := c.fhir("metadata", "", "Origin", anotherOrigin)
	if err == nil {
		err = got.wants(http.StatusOK)
	}
	if err != nil {
		return err
	}
	statement, err := got.object()
	if err == nil && statement["resourceType"] != "CapabilityStatement" {
		err = fmt.Errorf("got a %v: want a CapabilityStatement", statement["resourceType"])
	}
	return err
}

func capabilitiesAreReadableAcrossOrigins(c *session) error {
	got, err := c.fhir("metadata", "", "Origin", anotherOrigin)
	if err == nil {
		err = got.wants(http.StatusOK)
	}
	if err != nil {
		return err
	}
	return got.allows(anotherOrigin)
}

var (
	wellKnown    = smart("conformance", "using-well-known", "Using well-known")
	metadata     = smart("conformance", "metadata", "Metadata")
	capabilities = smart("conformance", "capabilities", "Capabilities")
	cors         = smart("app-launch", "considerations-for-cross-origin-resource-sharing-cors-support", "CORS")
)

var discovery = group{"Discovery", []string{"public"}, []requirement{
	{
		"anybody can read the discovery document, and it is JSON",
		wellKnown, smartKit, all(readsDiscovery(answer.isJSON, "Accept", "application/json"), took(func(c *session) func() (document, error) { return c.document })), "",
	},
	{
		"the discovery document is JSON whatever the header Accept asks for",
		wellKnown, smartKit, all(readsDiscovery(answer.isJSON, "Accept", "text/html"), readsDiscovery(answer.isJSON, "Accept", "application/fhir+xml")), "",
	},
	{"authorization_endpoint is a URL", metadata, smartKit, isEndpoint("authorization_endpoint"), ""},
	{"token_endpoint is a URL", metadata, smartKit, isEndpoint("token_endpoint"), ""},
	{"capabilities is a list of strings", metadata, smartKit, listed("capabilities"), ""},
	{
		"grant_types_supported has authorization_code, and only grants that SMART names", metadata, smartKit,
		all(listed("grant_types_supported", "authorization_code"), listedOnly("grant_types_supported", "authorization_code", "client_credentials")), "",
	},
	{
		"code_challenge_methods_supported has S256, and not plain", metadata, smartKit,
		all(listed("code_challenge_methods_supported", "S256"), listedOnly("code_challenge_methods_supported", "S256")), "",
	},
	{
		"issuer and jwks_uri are there with the capability sso-openid-connect, and issuer only then", metadata, smartKit,
		inTheDocument(issuerGoesWithOpenID), "",
	},
	{"every endpoint is an absolute URL", wellKnown, smartKit, inTheDocument(endpointsAreAbsolute), ""},
	{
		"scopes_supported is a list with the scopes of the kit's launch", metadata, ours,
		listed("scopes_supported", strings.Fields(kitScopes)...), "",
	},
	{"response_types_supported has code", metadata, ours, listed("response_types_supported", "code"), ""},
	{"revocation_endpoint is a URL", metadata, ours, isEndpoint("revocation_endpoint"), ""},
	{
		"token_endpoint_auth_methods_supported has only methods that SMART names", metadata, ours,
		listedOnly("token_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post", "private_key_jwt"), "",
	},
	{
		"the capabilities of a standalone app for patients are claimed, except client-confidential-asymmetric", smart("conformance", "patient-access-for-standalone-apps", "Capability sets"), onc,
		listed("capabilities", "launch-standalone", "client-public", "client-confidential-symmetric", "sso-openid-connect",
			"context-standalone-patient", "permission-offline", "permission-patient", "authorize-post", "permission-v1", "permission-v2"), "",
	},
	{
		"a page of any origin can read the discovery document", cors, smartKit,
		readsDiscovery(func(a answer) error { return a.allows(anotherOrigin) }, "Accept", "application/json", "Origin", anotherOrigin), "",
	},
	{"anybody can read the capability statement", section{"FHIR R4, capabilities", "https://hl7.org/fhir/R4/http.html#capabilities"}, smartKit, readsCapabilities, ""},
	{"a page of any origin can read the capability statement", cors, smartKit, capabilitiesAreReadableAcrossOrigins, ""},
}}
