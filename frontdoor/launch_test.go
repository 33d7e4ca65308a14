package frontdoor_test

import (
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/launchcontext"
)

// stack is a door on loopback before the local stand-in of Cognito, with the trigger that
// adds launch context.
type stack struct {
	t       *testing.T
	url     string
	browser *http.Client
}

const password = "Anns-own-1"

func newStack(t *testing.T) stack {
	t.Helper()
	var door http.Handler
	outside := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { door.ServeHTTP(w, r) }))
	t.Cleanup(outside.Close)
	mux := http.NewServeMux()
	hosted := httptest.NewTLSServer(mux)
	t.Cleanup(hosted.Close)

	trigger, err := launchcontext.New(launchcontext.Config{PatientAttribute: "custom:patient", FHIRUserAttribute: "custom:fhirUser"})
	if err != nil {
		t.Fatal(err)
	}
	apps := []cognito.Client{
		{ID: portal, Flows: []string{"code"}, Scopes: []string{"launch/patient", "openid", "patient/*.rs"}, CallbackURLs: []string{callback}},
		{ID: clinic, Secret: "clinic-secret", Flows: []string{"code"}, Scopes: []string{"openid", "user/*.rs"}, CallbackURLs: []string{"https://clinic.example/back"}},
		{ID: service, Secret: "service-secret", Flows: []string{"client_credentials"}, Scopes: []string{"system/*.rs"}},
	}
	var clients []frontdoor.Client
	for i, app := range apps {
		apps[i].AccessToken, apps[i].IDToken, apps[i].RefreshToken = time.Hour, time.Hour, 2*time.Hour
		clients = append(clients, frontdoor.Client{ID: app.ID, CallbackURLs: app.CallbackURLs, Scopes: app.Scopes})
	}
	pool, err := cognito.NewPool(cognito.Config{
		Issuer: hosted.URL + "/us-east-1_AbCdEfGhI", HostedDomain: hosted.URL, Clients: apps,
		Users: []cognito.User{{Username: "ann", Password: password, Sub: "11111111-2222-3333-4444-555555555555",
			Attributes: map[string]string{"custom:patient": "p-1", "custom:fhirUser": "Patient/p-1"}}},
		PreToken: trigger.Invoke,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", pool.HostedDomain())
	door, err = frontdoor.New(frontdoor.Config{
		BaseURL: outside.URL + "/r4", DatastoreEndpoint: "https://healthlake.example/datastore/d1/r4/", DiscoveryDocument: discovery, Clients: clients,
		AuthorizationEndpoint: hosted.URL + "/oauth2/authorize", TokenEndpoint: hosted.URL + "/oauth2/token", RevocationEndpoint: hosted.URL + "/oauth2/revoke",
		Region: "us-east-1", Credentials: frontdoor.Credentials{AccessKeyID: "a", SecretAccessKey: "s"}, Transport: hosted.Client().Transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return stack{t, outside.URL, &http.Client{
		Transport: hosted.Client().Transport, // which trusts both servers: they have one certificate
		Jar:       jar,
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if strings.HasSuffix(r.URL.Host, ".example") { // the app's own
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}
}

// signIn goes through the login page as ann, and returns where the browser ends.
func (s stack) signIn(entry string) url.Values {
	s.t.Helper()
	page := s.send(http.MethodGet, entry, nil)
	found := func(pattern string) string {
		match := regexp.MustCompile(pattern).FindStringSubmatch(page.content)
		if match == nil {
			s.t.Fatalf("no login page: %d %s", page.status, page.content)
		}
		return html.UnescapeString(match[1])
	}
	action, err := page.at.Parse(found(`action="([^"]*)"`))
	if err != nil {
		s.t.Fatal(err)
	}
	return s.send(http.MethodPost, action.String(), url.Values{"_csrf": {found(`name="_csrf" value="([^"]*)"`)}, "username": {"ann"}, "password": {password}}).location
}

// reached is where a browser ended.
type reached struct {
	status   int
	at       *url.URL // of the page
	location url.Values
	content  string
}

// send sends a request with a form, perhaps an empty one, and follows redirects but for
// those to an app.
func (s stack) send(method, to string, form url.Values) reached {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, to, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := s.browser.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	location, err := url.Parse(response.Header.Get("Location"))
	if err != nil {
		s.t.Fatal(err)
	}
	return reached{response.StatusCode, response.Request.URL, location.Query(), string(content)}
}

func (s stack) config(client, secret, callback string, style oauth2.AuthStyle, scopes string) oauth2.Config {
	return oauth2.Config{
		ClientID: client, ClientSecret: secret, RedirectURL: callback, Scopes: strings.Split(scopes, " "),
		Endpoint: oauth2.Endpoint{AuthURL: s.url + "/oauth2/authorize", TokenURL: s.url + "/oauth2/token", AuthStyle: style},
	}
}

func TestAnAppLaunchesThroughTheDoorWithSMARTsScopes(t *testing.T) {
	for name, c := range map[string]struct {
		client, secret, callback string
		style                    oauth2.AuthStyle
		scopes, granted          string
		patient                  any
	}{
		"public": {portal, "", callback, oauth2.AuthStyleInParams, "launch/patient openid fhirUser offline_access patient/*.rs",
			"launch/patient openid patient/*.rs fhirUser offline_access", "p-1"},
		"confidential, Basic": {clinic, "clinic-secret", "https://clinic.example/back", oauth2.AuthStyleInHeader, "openid fhirUser online_access user/*.rs",
			"openid user/*.rs fhirUser offline_access", nil},
		"confidential, post": {clinic, "clinic-secret", "https://clinic.example/back", oauth2.AuthStyleInParams, "user/*.rs", "user/*.rs offline_access", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t)
			config := s.config(c.client, c.secret, c.callback, c.style, c.scopes)
			ctx := context.WithValue(t.Context(), oauth2.HTTPClient, s.browser)
			verifier := oauth2.GenerateVerifier()
			back := s.signIn(config.AuthCodeURL("a-state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("aud", s.url+"/r4")))
			if back.Get("state") != "a-state" {
				t.Fatalf("sent back with %v", back)
			}
			token, err := config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			if token.Extra("scope") != c.granted || token.Extra("patient") != c.patient {
				t.Errorf("got %q for %v, want %q for %v", token.Extra("scope"), token.Extra("patient"), c.granted, c.patient)
			}
			token.Expiry = time.Now().Add(-time.Minute)
			again, err := config.TokenSource(ctx, token).Token()
			if err != nil {
				t.Fatal(err)
			}
			if again.Extra("scope") != c.granted || again.Extra("patient") != c.patient || again.RefreshToken != token.RefreshToken {
				t.Errorf("after a refresh: got %q for %v, want %q for %v", again.Extra("scope"), again.Extra("patient"), c.granted, c.patient)
			}
			form := url.Values{"client_id": {c.client}, "token": {token.RefreshToken}}
			if c.secret != "" {
				form.Set("client_secret", c.secret)
			}
			if answer := s.send(http.MethodPost, s.url+"/oauth2/revoke", form); answer.status != http.StatusOK {
				t.Errorf("revoking: got %d", answer.status)
			}
			_, err = config.TokenSource(ctx, token).Token()
			assertInvalidGrant(t, err)
		})
	}
}

func assertInvalidGrant(t *testing.T, err error) {
	t.Helper()
	var refusal *oauth2.RetrieveError
	if !errors.As(err, &refusal) || refusal.ErrorCode != "invalid_grant" {
		t.Errorf("got %v, want invalid_grant", err)
	}
}

func TestACodeIsOfNoUseToAnotherAppNorWithAnotherVerifier(t *testing.T) {
	for name, spoil := range map[string]func(config *oauth2.Config, verifier *string){
		"another app": func(c *oauth2.Config, _ *string) {
			c.ClientID, c.ClientSecret, c.RedirectURL = clinic, "clinic-secret", "https://clinic.example/back"
		},
		"another verifier": func(_ *oauth2.Config, v *string) { *v = oauth2.GenerateVerifier() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t)
			config := s.config(portal, "", callback, oauth2.AuthStyleInParams, "launch/patient patient/*.rs")
			verifier := oauth2.GenerateVerifier()
			back := s.signIn(config.AuthCodeURL("a-state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("aud", s.url+"/r4")))
			spoil(&config, &verifier)
			ctx := context.WithValue(t.Context(), oauth2.HTTPClient, s.browser)
			_, err := config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
			assertInvalidGrant(t, err)
		})
	}
}
