package conformance_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

// server is what is under test, as an app knows it.
type server struct {
	base string       // FHIR base URL: an app's "iss" and "aud"
	http *http.Client // trusts the server's certificate, and follows no redirect
	// roots have the server's certificate.
	roots *x509.CertPool
	apps  []app
	user  hosted.User // a patient, who may use every app
	// scopes that the apps request.
	scopes string
}

// app that is registered at the server.
type app struct {
	name, id, secret, callback string
}

// origin of the app, where it runs in a browser.
func (a app) origin() string {
	u, err := url.Parse(a.callback)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// kitScopes are what the kit requests by default.
const kitScopes = "launch/patient openid fhirUser offline_access patient/*.rs"

// session is one app at a server. Each step is taken once, when a check first asks for it.
type session struct {
	server
	app
	document func() (document, error)
	launched func() (authorization, error) // the redirect back to the app
	tokens   func() (tokens, error)        // the token response to the code
	identity func() (identity, error)      // what the ID token says, unverified
	provider func() (provider, error)      // the issuer's configuration
	keys     func() (keySet, error)
	// refreshed and narrowed are token responses to the refresh token, without a scope
	// and with the scopes that the app has.
	refreshed, narrowed func() (tokens, error)
}

func newSession(s server, a app) *session {
	c := &session{server: s, app: a}
	c.document = sync.OnceValues(c.discover)
	c.launched = sync.OnceValues(func() (authorization, error) { return c.authorize(http.MethodGet, nil) })
	c.tokens = sync.OnceValues(c.exchangeOnce)
	c.identity = sync.OnceValues(c.readIDToken)
	c.provider = sync.OnceValues(c.readProvider)
	c.keys = sync.OnceValues(c.readKeys)
	c.refreshed = sync.OnceValues(func() (tokens, error) { return c.refresh(nil) })
	c.narrowed = sync.OnceValues(func() (tokens, error) {
		before, err := need("the token response", c.tokens)
		if err != nil {
			return tokens{}, err
		}
		return c.refresh(url.Values{"scope": {before.text("scope")}})
	})
	return c
}

// answer of the server.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends one request. The header has pairs of a name and a value.
func (s server) send(method, address string, form url.Values, header ...string) (answer, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(context.Background(), method, address, body)
	if err != nil {
		return answer{}, err
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := s.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	return answer{response.StatusCode, response.Header, content}, err
}

// wants one of these statuses.
func (a answer) wants(statuses ...int) error {
	for _, status := range statuses {
		if a.status == status {
			return nil
		}
	}
	return fmt.Errorf("got status %d: want one of %v\n%s", a.status, statuses, bytes.TrimSpace(a.body[:min(len(a.body), 500)]))
}

// object is the body as a JSON object.
func (a answer) object() (map[string]any, error) {
	var members map[string]any
	if err := json.Unmarshal(a.body, &members); err != nil {
		return nil, fmt.Errorf("the body is no JSON object: %w", err)
	}
	return members, nil
}

// isJSON wants the media type application/json.
func (a answer) isJSON() error {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return fmt.Errorf("got Content-Type %q: want application/json", a.header.Get("Content-Type"))
	}
	return nil
}

// allows wants the answer readable for a page of the origin.
func (a answer) allows(origin string) error {
	if got := a.header.Get("Access-Control-Allow-Origin"); got != origin && got != "*" {
		return fmt.Errorf("got Access-Control-Allow-Origin %q: want %q or *", got, origin)
	}
	return nil
}

// authorization is a request for authorization, and what came of it.
type authorization struct {
	state, verifier, challenge string
	back                       url.Values // of the address that the browser was sent back to
}

// authorize has the user sign in for the app as the kit does, and returns where the
// browser was sent back to. The parameters replace those of the kit; nil values leave one
// out.
func (c *session) authorize(method string, replace url.Values) (authorization, error) {
	document, err := need("the discovery document", c.document)
	if err != nil {
		return authorization{}, err
	}
	a := authorization{state: rand.Text(), verifier: rand.Text() + "-" + rand.Text()}
	a.challenge = oauth2.S256ChallengeFromVerifier(a.verifier)
	parameters := url.Values{
		"response_type": {"code"}, "client_id": {c.id}, "redirect_uri": {c.callback}, "scope": {c.scopes}, "state": {a.state},
		"aud": {c.base}, "code_challenge": {a.challenge}, "code_challenge_method": {"S256"},
	}
	for name, values := range replace {
		if parameters[name] = values; values == nil {
			delete(parameters, name)
		}
	}
	request, err := authorizationRequest(method, document.text("authorization_endpoint"), parameters, c.origin())
	if err != nil {
		return a, err
	}
	back, err := hosted.SignIn(c.http, request, parameters.Get("redirect_uri"), c.user)
	if err != nil {
		return a, err
	}
	a.back = back.Query()
	return a, nil
}

// authorizationRequest is what a browser sends for a link, or for a form of a page of the
// app.
func authorizationRequest(method, endpoint string, parameters url.Values, origin string) (*http.Request, error) {
	if method == http.MethodGet {
		return http.NewRequestWithContext(context.Background(), method, endpoint+"?"+parameters.Encode(), nil)
	}
	request, err := http.NewRequestWithContext(context.Background(), method, endpoint, strings.NewReader(parameters.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", origin)
	return request, nil
}

// code that came back, or an error.
func (a authorization) code() (string, error) {
	if code := a.back.Get("code"); code != "" && !a.back.Has("error") {
		return code, nil
	}
	return "", fmt.Errorf("sent back with %v: want the parameter code, and no error", a.back)
}

// tokens are a token response.
type tokens struct {
	answer
	members map[string]any
}

func (t tokens) text(name string) string {
	text, _ := t.members[name].(string)
	return text
}

// ask sends a request to the token endpoint as a page of the app would, and with the
// app's credentials as the kit sends them.
func (c *session) ask(form url.Values) (answer, error) {
	if c.secret == "" {
		form.Set("client_id", c.id)
		return c.askAs(form, "Origin", c.origin())
	}
	return c.askAs(form, "Authorization", basic(c.id, c.secret))
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// askAs sends a request to the token endpoint with a header.
func (c *session) askAs(form url.Values, header ...string) (answer, error) {
	document, err := need("the discovery document", c.document)
	if err != nil {
		return answer{}, err
	}
	return c.send(http.MethodPost, document.text("token_endpoint"), form, header...)
}

// grantOf is the form that exchanges a code.
func (c *session) grantOf(code, verifier string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.callback}, "code_verifier": {verifier}}
}

func (c *session) exchangeOnce() (tokens, error) {
	launched, err := need("the launch", c.launched)
	if err != nil {
		return tokens{}, err
	}
	code, err := need("the launch", launched.code)
	if err != nil {
		return tokens{}, err
	}
	return tokensIn(c.ask(c.grantOf(code, launched.verifier)))
}

func (c *session) refresh(more url.Values) (tokens, error) {
	before, err := need("the token response", c.tokens)
	if err != nil {
		return tokens{}, err
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {before.text("refresh_token")}}
	if form.Get("refresh_token") == "" {
		return tokens{}, &notReached{"the refresh token", errors.New("the token response has none")}
	}
	for name, values := range more {
		form[name] = values
	}
	return tokensIn(c.ask(form))
}

// tokensIn wants an answer of the token endpoint to be a success.
func tokensIn(a answer, err error) (tokens, error) {
	if err == nil {
		err = a.wants(http.StatusOK)
	}
	if err != nil {
		return tokens{}, err
	}
	members, err := a.object()
	return tokens{a, members}, err
}

// fhir sends a GET with a token to the FHIR API; an empty token is left out.
func (c *session) fhir(path, token string, header ...string) (answer, error) {
	header = append(header, "Accept", "application/fhir+json")
	if token != "" {
		header = append(header, "Authorization", "Bearer "+token)
	}
	return c.send(http.MethodGet, strings.TrimSuffix(c.base, "/")+"/"+path, nil, header...)
}

// reads wants a resource of the type.
func (c *session) reads(typ, id, token string, header ...string) (answer, error) {
	got, err := c.fhir(typ+"/"+id, token, header...)
	if err == nil {
		err = got.wants(http.StatusOK)
	}
	if err != nil {
		return got, err
	}
	resource, err := got.object()
	if err == nil && (resource["resourceType"] != typ || resource["id"] != id) {
		err = fmt.Errorf("got %v/%v: want %s/%s", resource["resourceType"], resource["id"], typ, id)
	}
	return got, err
}
