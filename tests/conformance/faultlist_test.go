package conformance_test

import (
	"net/http"
	"net/url"
)

// Ends of the paths of requests.
var (
	toDiscovery     = []string{discoveryPath}
	toAuthorization = []string{"/oauth2/authorize"}
	toTokens        = []string{"/oauth2/token"}
	toFHIR          = []string{"/Patient", "/Patient/patient-001", "/metadata"}
	toProvider      = []string{"/.well-known/openid-configuration"}
	toKeys          = []string{"/.well-known/jwks.json"}
	toEverything    = []string{""}
)

// faults of which every requirement has one. The address is one of a server that takes TLS
// 1.0.
func faults(takesOldTLS string) []fault {
	all := append(faultsOfDiscovery(takesOldTLS), faultsOfTheLaunch()...)
	return append(append(all, faultsOfTokens()...), faultsOfIdentity()...)
}

func faultsOfDiscovery(takesOldTLS string) []fault {
	list := []fault{
		{"the discovery document is a page", toDiscovery, func(_ *http.Request, a *answer) { a.header.Set("Content-Type", "text/html") }, []string{
			"anybody can read the discovery document, and it is JSON", "the discovery document is JSON whatever the header Accept asks for",
		}},
		{"old TLS", toDiscovery, func(_ *http.Request, a *answer) {
			a.set("authorization_endpoint", takesOldTLS)
			a.set("token_endpoint", takesOldTLS)
		}, []string{"the authorization endpoint takes TLS 1.2 and nothing older", "the token endpoint takes TLS 1.2 and nothing older"}},
		{"the capability statement wants a token", toFHIR, answers(http.StatusUnauthorized, "{}"), []string{"anybody can read the capability statement"}},
		{"no reads", toFHIR, answers(http.StatusUnauthorized, "{}"), []string{"Access tokens that end with a revocation"}},
		{"no CORS", toEverything, removesHeader("Access-Control-Allow-Origin"), []string{
			"a page of any origin can read the discovery document", "a page of any origin can read the capability statement",
			"a page of the app can read the token response", "a page of the app can read the user's resource",
			"the token endpoint takes a preflight of the app", "the FHIR API takes a preflight of the app",
		}},
	}
	for name, c := range map[string]struct {
		value  any
		breaks []string
	}{
		"authorization_endpoint":                {"/oauth2/authorize", []string{"authorization_endpoint is a URL", "every endpoint is an absolute URL"}},
		"token_endpoint":                        {nil, []string{"token_endpoint is a URL"}},
		"grant_types_supported":                 {[]string{"authorization_code", "password"}, []string{"grant_types_supported has authorization_code, and only grants that SMART names"}},
		"code_challenge_methods_supported":      {[]string{"S256", "plain"}, []string{"code_challenge_methods_supported has S256, and not plain"}},
		"scopes_supported":                      {[]string{"openid"}, []string{"scopes_supported is a list with the scopes of the kit's launch"}},
		"response_types_supported":              {[]string{"token"}, []string{"response_types_supported has code"}},
		"revocation_endpoint":                   {nil, []string{"revocation_endpoint is a URL"}},
		"token_endpoint_auth_methods_supported": {[]string{"none"}, []string{"token_endpoint_auth_methods_supported has only methods that SMART names"}},
		"jwks_uri":                              {"https://keys.example/", []string{"the discovery document names the same issuer and keys"}},
		"introspection_endpoint":                {"https://host.example/", []string{"Token introspection"}},
		"registration_endpoint":                 {"https://host.example/", []string{"Registration of apps"}},
		"management_endpoint":                   {"https://host.example/", []string{"A page where users manage the access of apps"}},
		"user_access_brand_bundle":              {"https://host.example/", []string{"User-access brands"}},
		"capabilities":                          {[]any{1}, []string{"capabilities is a list of strings"}},
	} {
		list = append(list, fault{name + " in the discovery document", toDiscovery, sets(name, c.value), c.breaks})
	}
	return append(list,
		fault{"few capabilities", toDiscovery, sets("capabilities", []string{"launch-standalone"}), []string{
			"the capabilities of a standalone app for patients are claimed, except client-confidential-asymmetric", "issuer and jwks_uri are there with the capability sso-openid-connect, and issuer only then",
		}},
		fault{"too many capabilities", toDiscovery, sets("capabilities", []string{"permission-online", "smart-app-state"}), []string{"Online access", "App state"}},
	)
}

func faultsOfTheLaunch() []fault {
	return []fault{
		{"the authorization endpoint is down", toAuthorization, answers(http.StatusInternalServerError, ""), []string{"the browser comes back to the app after the sign-in"}},
		{"no code", []string{"/login"}, changesTheWayBack(func(query url.Values) { query.Del("code") }), []string{"the app gets a code, and no error"}},
		{"another state", []string{"/login"}, changesTheWayBack(func(query url.Values) { query.Set("state", "s") }), []string{"the app gets its state back unchanged"}},
		{"no POST", toAuthorization, func(r *http.Request, a *answer) {
			if r.Method == http.MethodPost {
				a.status = http.StatusMethodNotAllowed
				a.header.Del("Location")
			}
		}, []string{"the authorization endpoint takes a POST too"}},
		{"a code in the place of an error", toAuthorization, errorsAreCodes, []string{
			"an aud of another server gets no code", "a request without aud gets no code", "a redirect_uri that is not registered gets no redirect",
			"the implicit grant gets no token", "a scope that the app may not have gets no code", "a launch without a code challenge gets no code",
			"the challenge method plain gets no code", "EHR launch", "Encounter of a standalone launch",
		}},
		{"no status 401", toFHIR, func(_ *http.Request, a *answer) {
			if a.status == http.StatusUnauthorized {
				a.status = http.StatusForbidden
			}
		}, []string{
			"a read without a token is answered 401", "a token that is none is answered 401", "a FHIR request without a token is told to bring a bearer token",
		}},
	}
}

func faultsOfTokens() []fault {
	const isRefreshed = "a refresh token is exchanged for tokens"
	return []fault{
		{"no tokens", toTokens, answers(http.StatusBadRequest, `{"error":"invalid_grant"}`), []string{
			"the code is exchanged for tokens", "the secret counts in the header Authorization", "the secret counts in the form",
		}},
		{"no refresh", toTokens, onRefresh(answers(http.StatusBadRequest, `{"error":"invalid_grant"}`)), []string{isRefreshed}},
		{"no scope", toTokens, sets("scope", nil), []string{
			"the token response has access_token, token_type, expires_in and scope", "the response has access_token, token_type, expires_in and scope",
		}},
		{"tokens that may be cached", toTokens, removesHeader("Cache-Control"), []string{"the token response may not be cached", "the response may not be cached"}},
		{"fewer scopes than requested", toTokens, sets("scope", "openid"), []string{"every scope that was requested is granted", "Scopes that the user chooses", "scopes of SMART 1 are granted as they are requested"}},
		{"more scopes after a refresh", toTokens, onRefresh(sets("scope", "openid user/*.cruds")), []string{"the response has no scope that the launch did not have"}},
		{"no ID token", toTokens, sets("id_token", nil), []string{"the token response has an ID token"}},
		{"no refresh token", toTokens, sets("refresh_token", nil), []string{"the token response has a refresh token"}},
		{"no patient", toTokens, sets("patient", nil), []string{"the token response has the patient of the launch"}},
		{"another patient", toTokens, sets("patient", "patient-002"), []string{"the patient of the launch can be read", "the patient's data can be searched"}},
		{"two hours", toTokens, sets("expires_in", 7200), []string{"an access token lives an hour at most"}},
		{"fhirContext of an older version", toTokens, sets("fhirContext", []string{"Patient/1"}), []string{"fhirContext, where it is there, is well-formed"}},
		{"the same access token again", toTokens, sets("access_token", "t"), []string{"the access token is a new one"}},
		{"everything is granted", toTokens, refusalsAreSuccesses, []string{
			"a wrong secret in the header is answered 401, with the scheme that counts", "a wrong secret in the form is refused", "no secret is refused",
			"a refresh token that is none is refused", "a refresh token of another app is refused", "a revoked refresh token is refused",
			"a code that is none is refused", "a code counts once", "a code of another app is refused", "a client that is none is refused",
			"another redirect_uri than at the launch is refused", "no code verifier is refused", "an empty code verifier is refused",
			"a wrong code verifier is refused", "the challenge in place of the code verifier is refused",
			"Confidential client with a key", "Backend services with a key",
		}},
	}
}

func faultsOfIdentity() []fault {
	return []fault{
		{"an ID token of one part", toTokens, sets("id_token", "opaque"), []string{"the ID token can be decoded"}},
		{"an ID token of an unknown key", toTokens, withIDToken(0, "kid", "another"), []string{"the ID token's header has RS256 and a key of the issuer's"}},
		{"an ID token with another claim than was signed", toTokens, withIDToken(1, "email", "eve@example.org"), []string{
			"the ID token is signed, for this app, and has iss, sub, aud, exp and iat",
		}},
		{"an ID token without fhirUser", toTokens, withIDToken(1, "fhirUser", nil), []string{"the user's resource in the claim fhirUser can be read"}},
		{"no configuration of the issuer", toProvider, answers(http.StatusNotFound, "{}"), []string{"the issuer's configuration can be read"}},
		{"a configuration without subject types", toProvider, sets("subject_types_supported", nil), []string{"the issuer's configuration has what it must have, and RS256"}},
		{"no RSA key", toKeys, answers(http.StatusOK, `{"keys":[{"kty":"EC"}]}`), []string{"the issuer's keys can be read, and are RSA"}},
	}
}
