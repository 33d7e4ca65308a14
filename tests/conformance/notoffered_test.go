package conformance_test

import (
	"fmt"
	"net/url"
	"slices"
)

// What is not offered is not claimed either, and an app that asks for it is told. Where
// there is nothing to claim or to ask for, the check shows that it is not there.

// unclaimed wants none of these capabilities in the discovery document.
func unclaimed(capabilities ...string) func(*session) error {
	return inTheDocument(func(d document) error {
		claimed, err := d.texts("capabilities")
		if err != nil {
			return err
		}
		for _, one := range capabilities {
			if slices.Contains(claimed, one) {
				return fmt.Errorf("capabilities: got %q among them: want it left out", one)
			}
		}
		return nil
	})
}

// unnamed wants none of these members in the discovery document.
func unnamed(members ...string) func(*session) error {
	return inTheDocument(func(d document) error {
		for _, name := range members {
			if value, there := d.members[name]; there {
				return fmt.Errorf("%s: got %v: want it left out", name, value)
			}
		}
		return nil
	})
}

// methodIsUnclaimed wants a method of client authentication left out.
func methodIsUnclaimed(method string) func(*session) error {
	return inTheDocument(func(d document) error {
		claimed, err := d.texts("token_endpoint_auth_methods_supported")
		if err == nil && slices.Contains(claimed, method) {
			err = fmt.Errorf("token_endpoint_auth_methods_supported: got %q among them: want it left out", method)
		}
		return err
	})
}

// withAssertion adds a client assertion in the place of a secret.
func withAssertion(form url.Values) url.Values {
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", "eyJhbGciOiJSUzM4NCJ9.eyJzdWIiOiJhcHAifQ.c2lnbmVk")
	return form
}

func assertionOfAnApp(c *session, form url.Values) (answer, error) {
	return c.askAs(withAssertion(form))
}

func assertionOfAService(c *session) error {
	got, err := c.askAs(withAssertion(url.Values{"grant_type": {"client_credentials"}, "scope": {"system/*.rs"}}))
	if err != nil {
		return err
	}
	return got.refuses("invalid_client", "invalid_request")
}

// readsAfterARevocation launches once more, revokes, and reads with the access token.
func readsAfterARevocation(c *session) error {
	got, err := c.otherTokens()
	if err != nil {
		return err
	}
	if err := c.revoke(got.text("refresh_token")); err != nil {
		return &notReached{"the revocation", err}
	}
	return readsThePatient(c, got)
}

const secretsOnly = "Cognito authenticates clients by their secrets only"

var notOffered = group{"Not offered", []string{"confidential"}, []requirement{
	{
		"EHR launch", smart("app-launch", "launch-app-ehr-launch", "EHR launch"), smartKit,
		all(unclaimed("launch-ehr", "context-ehr-patient", "context-ehr-encounter", "context-banner", "context-style"),
			getsNoCode(url.Values{"launch": {"xyz123"}, "scope": {"launch openid fhirUser patient/*.rs"}}, "invalid_request")),
		"Cognito knows no session of an EHR that the parameter `launch` could name",
	},
	{
		"Token introspection", smart("token-introspection", "token-introspection", "Token introspection"), smartKit,
		unnamed("introspection_endpoint"), "Cognito has no such endpoint",
	},
	{
		"Confidential client with a key", smart("client-confidential-asymmetric", "advertising-server-support-for-this-profile", "Asymmetric client authentication"), smartKit,
		all(unclaimed("client-confidential-asymmetric"), methodIsUnclaimed("private_key_jwt"),
			refusesExchange(assertionOfAnApp, "invalid_client", "invalid_request")),
		secretsOnly,
	},
	{
		"Backend services with a key", smart("backend-services", "request-1", "Backend services"), smartKit,
		all(methodIsUnclaimed("private_key_jwt"), assertionOfAService), secretsOnly + "; a service gets its token with one",
	},
	{
		"Scopes that the user chooses", smart("app-launch", "response-4", "Authorization response"), onc,
		inTokens(first, grantsAllThatIsRequested), "Cognito's sign-in asks for no consent: an app gets the scopes that it requests and may have",
	},
	{
		"Access tokens that end with a revocation", rfc(7009, "2.1"), onc,
		readsAfterARevocation, "the validator verifies tokens offline: a revoked one works until it expires, after an hour at most",
	},
	{
		"Registration of apps", smart("app-launch", "register-app-with-ehr", "Register app"), ours,
		unnamed("registration_endpoint"), "the clients of a stack are declared, and Cognito has no such endpoint",
	},
	{
		"A page where users manage the access of apps", metadata, ours,
		unnamed("management_endpoint"), "Cognito asks users for no consent, so there is none to manage",
	},
	{
		"User-access brands", smart("brands", "metadata-in-well-knownsmart-configuration", "Brands"), smartKit,
		unnamed("user_access_brand_bundle", "user_access_brand_identifier"), "not implemented",
	},
	{
		"Online access", capabilities, ours,
		unclaimed("permission-online"), "Cognito's refresh tokens do not end with the user's session",
	},
	{
		"Encounter of a standalone launch", capabilities, ours,
		all(unclaimed("context-standalone-encounter"), getsNoCode(url.Values{"scope": {"openid launch/encounter"}}, "invalid_scope")),
		"a user is linked to a patient, and to no encounter",
	},
	{
		"App state", smart("app-state", "discovery", "App state"), ours,
		all(unclaimed("smart-app-state"), unnamed("smart_app_state_endpoint", "associated_endpoints")), "not implemented",
	},
}}
