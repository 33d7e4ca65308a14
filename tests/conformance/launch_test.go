package conformance_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// securedByTLS wants an endpoint of the discovery document to take TLS 1.2 or newer, and
// nothing older.
func securedByTLS(name string) func(*session) error {
	return func(c *session) error {
		d, err := need("the discovery document", c.document)
		if err != nil {
			return err
		}
		endpoint, err := url.Parse(d.text(name))
		if err != nil {
			return err
		}
		port := endpoint.Port()
		if port == "" {
			port = "443"
		}
		dial := func(config *tls.Config) error {
			config.RootCAs = c.roots
			connection, err := tls.Dial("tcp", net.JoinHostPort(endpoint.Hostname(), port), config)
			if err != nil {
				return err
			}
			return connection.Close()
		}
		if err := dial(&tls.Config{MinVersion: tls.VersionTLS12}); err != nil {
			return fmt.Errorf("%s: %w: want TLS 1.2 or 1.3", name, err)
		}
		if dial(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}) == nil {
			return fmt.Errorf("%s: takes TLS 1.1 or older: want TLS 1.2 or newer", name)
		}
		return nil
	}
}

func comesBack(c *session) error {
	launched, err := c.launched()
	if err == nil && len(launched.back) == 0 {
		err = errors.New("the address of the app has no parameter: want a code and the state")
	}
	return err
}

func bringsACode(c *session) error {
	launched, err := need("the launch", c.launched)
	if err != nil {
		return err
	}
	_, err = launched.code()
	return err
}

func bringsTheState(c *session) error {
	launched, err := need("the launch", c.launched)
	if err != nil {
		return err
	}
	if got := launched.back["state"]; !slices.Equal(got, []string{launched.state}) {
		return fmt.Errorf("state: got %q: want %q", got, launched.state)
	}
	return nil
}

func takesAPost(c *session) error {
	launched, err := c.authorize(http.MethodPost, nil)
	if err != nil {
		return err
	}
	_, err = launched.code()
	return err
}

func exchangesTheCode(c *session) error {
	got, err := c.tokens()
	if err != nil {
		return err
	}
	return got.isJSON()
}

// tokenStep is a token response of a session.
type tokenStep func(*session) (tokens, error)

func first(c *session) (tokens, error)     { return need("the token response", c.tokens) }
func refreshed(c *session) (tokens, error) { return need("the refresh", c.refreshed) }
func narrowed(c *session) (tokens, error)  { return need("the refresh", c.narrowed) }

// inTokens makes a check of one about a token response.
func inTokens(step tokenStep, check func(*session, tokens) error) func(*session) error {
	return func(c *session) error {
		got, err := step(c)
		if err != nil {
			return err
		}
		return check(c, got)
	}
}

// hasRequiredMembers wants the members that a token response must have, of their types.
func hasRequiredMembers(_ *session, got tokens) error {
	var problems []error
	for _, name := range []string{"access_token", "token_type", "scope"} {
		if got.text(name) == "" {
			problems = append(problems, fmt.Errorf("%s: got %v: want a string", name, got.members[name]))
		}
	}
	if value, there := got.members["refresh_token"]; there && got.text("refresh_token") == "" {
		problems = append(problems, fmt.Errorf("refresh_token: got %v: want a string, or none", value))
	}
	if seconds, ok := got.members["expires_in"].(float64); !ok || seconds <= 0 {
		problems = append(problems, fmt.Errorf("expires_in: got %v: want a number of seconds", got.members["expires_in"]))
	}
	if !strings.EqualFold(got.text("token_type"), "Bearer") {
		problems = append(problems, fmt.Errorf("token_type: got %q: want Bearer", got.text("token_type")))
	}
	return errors.Join(problems...)
}

func grantsAllThatIsRequested(c *session, got tokens) error {
	granted := strings.Fields(got.text("scope"))
	for _, scope := range strings.Fields(c.scopes) {
		if !slices.Contains(granted, scope) {
			return fmt.Errorf("scope: got %q: want %q in it, as was requested", got.text("scope"), scope)
		}
	}
	return nil
}

func livesAnHour(_ *session, got tokens) error {
	if seconds, _ := got.members["expires_in"].(float64); seconds > 3600 {
		return fmt.Errorf("expires_in: got %v: want at most 3600", seconds)
	}
	return nil
}

func isNotCached(_ *session, got tokens) error {
	var problems []error
	for name, wanted := range map[string]string{"Cache-Control": "no-store", "Pragma": "no-cache"} {
		if value := got.header.Get(name); !strings.Contains(strings.ToLower(value), wanted) {
			problems = append(problems, fmt.Errorf("%s: got %q: want %s in it", name, value, wanted))
		}
	}
	return errors.Join(problems...)
}

// member wants a member of the token response to be a string.
func member(name string) func(*session) error {
	return inTokens(first, func(_ *session, got tokens) error {
		if got.text(name) == "" {
			return fmt.Errorf("%s: got %v: want a string", name, got.members[name])
		}
		return nil
	})
}

// patientOf is the patient in the token response. A response to a refresh may leave it
// out; then it is still the one of the launch.
func patientOf(c *session, got tokens) (string, error) {
	if patient := got.text("patient"); patient != "" {
		return patient, nil
	}
	launched, err := need("the token response", c.tokens)
	if err != nil {
		return "", err
	}
	if launched.text("patient") == "" {
		return "", &notReached{"the patient", errors.New("the token response has no member patient")}
	}
	return launched.text("patient"), nil
}

func readsThePatient(c *session, got tokens) error {
	patient, err := patientOf(c, got)
	if err != nil {
		return err
	}
	_, err = c.reads("Patient", patient, got.text("access_token"))
	return err
}

func findsThePatientsData(c *session, got tokens) error {
	patient, err := patientOf(c, got)
	if err != nil {
		return err
	}
	answer, err := c.fhir("Observation?patient="+url.QueryEscape(patient), got.text("access_token"))
	if err == nil {
		err = answer.wants(http.StatusOK)
	}
	if err != nil {
		return err
	}
	bundle, err := answer.object()
	if entries, _ := bundle["entry"].([]any); err == nil && (bundle["resourceType"] != "Bundle" || len(entries) == 0) {
		err = fmt.Errorf("got a %v with %d entries: want a Bundle with the patient's observations", bundle["resourceType"], len(entries))
	}
	return err
}

// launchesWithVersion1 requests a scope of SMART 1 in the place of the one of SMART 2.
func launchesWithVersion1(c *session) error {
	const scope = "patient/Patient.read"
	launched, err := c.authorize(http.MethodGet, url.Values{"scope": {strings.Replace(c.scopes, "patient/*.rs", scope, 1)}})
	if err != nil {
		return err
	}
	code, err := launched.code()
	if err != nil {
		return err
	}
	got, err := tokensIn(c.ask(c.grantOf(code, launched.verifier)))
	if err != nil {
		return err
	}
	if granted := strings.Fields(got.text("scope")); !slices.Contains(granted, scope) {
		return fmt.Errorf("scope: got %q: want %s in it, as was requested", granted, scope)
	}
	return readsThePatient(c, got)
}

var relativeReference = regexp.MustCompile(`^[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}(/_history/[A-Za-z0-9.-]{1,64})?$`)

// fhirContextIsWellFormed wants every object of fhirContext to name what it is about.
func fhirContextIsWellFormed(_ *session, got tokens) error {
	value, there := got.members["fhirContext"]
	if !there {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		return fmt.Errorf("fhirContext: got %v: want an array", value)
	}
	for _, one := range list {
		object, _ := one.(map[string]any)
		reference, isReference := object["reference"].(string)
		canonical, isCanonical := object["canonical"].(string)
		_, isIdentifier := object["identifier"].(map[string]any)
		switch {
		case !isReference && !isCanonical && !isIdentifier:
			return fmt.Errorf("fhirContext: got %v: want an object with reference, canonical or identifier", one)
		case isReference && !relativeReference.MatchString(reference):
			return fmt.Errorf("fhirContext: reference: got %q: want a relative one", reference)
		case isCanonical && !strings.HasPrefix(canonical, "http"):
			return fmt.Errorf("fhirContext: canonical: got %q: want a URL", canonical)
		}
	}
	return nil
}

func withoutATokenIsUnauthorized(c *session) error {
	got, err := need("the token response", c.tokens)
	if err != nil {
		return err
	}
	patient, err := patientOf(c, got)
	if err != nil {
		return err
	}
	answer, err := c.fhir("Patient/"+patient, "")
	if err != nil {
		return err
	}
	return answer.wants(http.StatusUnauthorized)
}

var (
	request4      = smart("app-launch", "request-4", "Obtain authorization code")
	response4     = smart("app-launch", "response-4", "Authorization response")
	response5     = smart("app-launch", "response-5", "Access token response")
	launchContext = smart("scopes-and-launch-context", "launch-context-arrives-with-your-access_token", "Launch context")
)

var standaloneLaunch = group{"Standalone launch", []string{"public", "confidential"}, []requirement{
	{"the authorization endpoint takes TLS 1.2 and nothing older", smart("app-launch", "app-protection", "App protection"), smartKit, securedByTLS("authorization_endpoint"), ""},
	{"the browser comes back to the app after the sign-in", request4, smartKit, comesBack, ""},
	{"the app gets a code, and no error", response4, smartKit, bringsACode, ""},
	{"the app gets its state back unchanged", response4, ours, bringsTheState, ""},
	{"the authorization endpoint takes a POST too", request4, smartKit, takesAPost, ""},
	{"the token endpoint takes TLS 1.2 and nothing older", smart("app-launch", "app-protection", "App protection"), smartKit, securedByTLS("token_endpoint"), ""},
	{"the code is exchanged for tokens", rfc(6749, "4.1.3"), smartKit, exchangesTheCode, ""},
	{"the token response has access_token, token_type, expires_in and scope", response5, smartKit, inTokens(first, hasRequiredMembers), ""},
	{"the token response may not be cached", response5, smartKit, inTokens(first, isNotCached), ""},
	{"every scope that was requested is granted", response5, onc, inTokens(first, grantsAllThatIsRequested), ""},
	{"the token response has an ID token", response5, onc, member("id_token"), ""},
	{"the token response has a refresh token", response5, smartKit, member("refresh_token"), ""},
	{"an access token lives an hour at most", response5, ours, inTokens(first, livesAnHour), ""},
	{"the token response has the patient of the launch", launchContext, onc, member("patient"), ""},
	{"the patient of the launch can be read", launchContext, onc, inTokens(first, readsThePatient), ""},
	{"the patient's data can be searched", smart("scopes-and-launch-context", "patient-specific-scopes", "Patient-specific scopes"), onc, inTokens(first, findsThePatientsData), ""},
	{
		"scopes of SMART 1 are granted as they are requested", smart("scopes-and-launch-context", "scopes-for-requesting-fhir-resources", "FHIR resource scopes"), onc,
		launchesWithVersion1, "",
	},
	{"fhirContext, where it is there, is well-formed", smart("scopes-and-launch-context", "fhircontext-exp", "fhirContext"), smartKit, inTokens(first, fhirContextIsWellFormed), ""},
	{"a read without a token is answered 401", rfc(6750, "3"), onc, withoutATokenIsUnauthorized, ""},
}}

// preflight wants a browser to be allowed a request of the app's origin.
func preflight(c *session, address, method string, headers string) error {
	got, err := c.send(http.MethodOptions, address, nil,
		"Origin", c.origin(), "Access-Control-Request-Method", method, "Access-Control-Request-Headers", headers)
	if err != nil {
		return err
	}
	if got.status/100 != 2 {
		return fmt.Errorf("OPTIONS: got status %d: want one of success", got.status)
	}
	for _, header := range strings.Split(headers, ",") {
		allowed := strings.ToLower(got.header.Get("Access-Control-Allow-Headers"))
		if !slices.Contains(strings.Split(strings.ReplaceAll(allowed, " ", ""), ","), header) {
			return fmt.Errorf("OPTIONS: got Access-Control-Allow-Headers %q: want %s in it", allowed, header)
		}
	}
	return got.allows(c.origin())
}

func tokenResponseIsReadableAcrossOrigins(c *session, got tokens) error {
	return got.allows(c.origin())
}

func tokenEndpointTakesAPreflight(c *session) error {
	d, err := need("the discovery document", c.document)
	if err != nil {
		return err
	}
	return preflight(c, d.text("token_endpoint"), http.MethodPost, "content-type")
}

func fhirTakesAPreflight(c *session) error {
	return preflight(c, strings.TrimSuffix(c.base, "/")+"/Patient", http.MethodGet, "authorization")
}

var publicClient = group{"Public client in a browser", []string{"public"}, []requirement{
	{"a page of the app can read the token response", cors, smartKit, inTokens(first, tokenResponseIsReadableAcrossOrigins), ""},
	{"the token endpoint takes a preflight of the app", cors, ours, tokenEndpointTakesAPreflight, ""},
	{"the FHIR API takes a preflight of the app", cors, ours, fhirTakesAPreflight, ""},
}}

// authenticatesBy exchanges a code of its own with the secret sent in some way.
func authenticatesBy(send func(c *session, form url.Values) (answer, error)) func(*session) error {
	return func(c *session) error {
		form, err := c.unusedCode()
		if err != nil {
			return err
		}
		_, err = tokensIn(send(c, form))
		return err
	}
}

// unusedCode launches once more, and returns the form that exchanges the code.
func (c *session) unusedCode() (url.Values, error) {
	launched, err := need("the launch", func() (authorization, error) { return c.authorize(http.MethodGet, nil) })
	if err != nil {
		return nil, err
	}
	code, err := need("the launch", launched.code)
	return c.grantOf(code, launched.verifier), err
}

// otherTokens launches once more, and exchanges the code.
func (c *session) otherTokens() (tokens, error) {
	form, err := c.unusedCode()
	if err != nil {
		return tokens{}, err
	}
	return need("the token response", func() (tokens, error) { return tokensIn(c.ask(form)) })
}

func inTheForm(c *session, form url.Values) (answer, error) {
	form.Set("client_id", c.id)
	form.Set("client_secret", c.secret)
	return c.askAs(form)
}

func inTheHeader(c *session, form url.Values) (answer, error) {
	return c.askAs(form, "Authorization", basic(url.QueryEscape(c.id), url.QueryEscape(c.secret)))
}

// refusesAWrongSecret in the header Authorization with status 401, as the section says a
// server must.
func refusesAWrongSecret(c *session) error {
	form, err := c.unusedCode()
	if err != nil {
		return err
	}
	got, err := c.askAs(form, "Authorization", basic(c.id, "not-the-secret"))
	if err == nil {
		err = errors.Join(got.wants(http.StatusUnauthorized), got.refuses("invalid_client"))
	}
	if scheme := got.header.Get("WWW-Authenticate"); err == nil && !strings.HasPrefix(scheme, "Basic") {
		err = fmt.Errorf("WWW-Authenticate: got %q: want the scheme Basic", scheme)
	}
	return err
}

var symmetric = smart("client-confidential-symmetric", "profile-audience-and-scope", "Client secret")

var confidentialClient = group{"Confidential client with a secret", []string{"confidential"}, []requirement{
	{"the secret counts in the header Authorization", symmetric, smartKit, authenticatesBy(inTheHeader), ""},
	{"the secret counts in the form", rfc(6749, "2.3.1"), ours, authenticatesBy(inTheForm), ""},
	{"a wrong secret in the header is answered 401, with the scheme that counts", rfc(6749, "5.2"), ours, refusesAWrongSecret, ""},
	{
		"a wrong secret in the form is refused", rfc(6749, "5.2"), ours,
		refusesExchange(func(c *session, form url.Values) (answer, error) {
			form.Set("client_id", c.id)
			form.Set("client_secret", "not-the-secret")
			return c.askAs(form)
		}, "invalid_client"), "",
	},
	{
		"no secret is refused", rfc(6749, "3.2.1"), ours,
		refusesExchange(func(c *session, form url.Values) (answer, error) {
			form.Set("client_id", c.id)
			return c.askAs(form)
		}, "invalid_client"), "",
	},
}}
