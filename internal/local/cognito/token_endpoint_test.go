package cognito_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
)

func TestACodeServesItsClientOnceAndForFiveMinutes(t *testing.T) {
	w := newWorld(t, nil)
	code := func() string {
		w.http = w.newBrowser()
		return w.code(asked())
	}
	for _, c := range []struct {
		name  string
		edits []string
		want  string
	}{
		{"a wrong verifier", []string{"code_verifier", verifier + "x"}, "invalid_grant"},
		{"the challenge as verifier", []string{"code_verifier", asked().Get("code_challenge")}, "invalid_grant"},
		{"no verifier", []string{"code_verifier", "-"}, "invalid_grant"},
		{"another of the client's callbacks", []string{"redirect_uri", "http://localhost:3000/callback?from=pool"}, "invalid_grant"},
		{"an address that is not the client's", []string{"redirect_uri", "https://evil.example"}, "unauthorized_client"},
		{
			"another client",
			[]string{"client_id", "web", "client_secret", "web-secret", "redirect_uri", "https://web.example/callback"}, "invalid_grant",
		},
		{"another client with the first one's address", []string{"client_id", "web", "client_secret", "web-secret"}, "unauthorized_client"},
	} {
		spent := code()
		w.refused(c.name, exchange(spent, c.edits...), c.want)
		w.refused("a code that was shown with "+c.name, exchange(spent), "invalid_grant")
	}
	spent := code()
	w.tokens(exchange(spent))
	w.refused("a spent code", exchange(spent), "invalid_grant")
	w.refused("an unknown code", exchange("none"), "invalid_grant")
	late := code()
	w.wait(5 * time.Minute)
	w.refused("a late code", exchange(late), "invalid_grant")
	inTime := code()
	w.wait(5*time.Minute - time.Second)
	w.tokens(exchange(inTime))
}

// A verifier that can be guessed proves nothing, though the challenge was made of it.
func TestAVerifierHasTheFormOfOne(t *testing.T) {
	w := newWorld(t, nil)
	for name, c := range map[string]struct {
		verifier string
		granted  bool
	}{
		"one character":         {"a", false},
		"42 characters":         {strings.Repeat("a", 42), false},
		"129 characters":        {strings.Repeat("a", 129), false},
		"a reserved character":  {strings.Repeat("a", 42) + "/", false},
		"a space":               {strings.Repeat("a", 42) + " ", false},
		"a line break behind":   {strings.Repeat("a", 43) + "\n", false},
		"a letter of elsewhere": {strings.Repeat("a", 42) + "é", false},
		"43 characters":         {strings.Repeat("a", 43), true},
		"128 characters":        {strings.Repeat("aZ09-._~", 16), true},
	} {
		w.http = w.newBrowser()
		code := w.code(asked("code_challenge", oauth2.S256ChallengeFromVerifier(c.verifier)))
		if form := exchange(code, "code_verifier", c.verifier); c.granted {
			w.tokens(form)
		} else {
			w.refused(name, form, "invalid_grant")
		}
	}
}

// Cognito binds an access token to the resource that the app asked for (RFC 8707).
// Everybody else must refuse it.
func TestAResourceIsTheAudienceOfTheAccessTokenAlsoAfterARefresh(t *testing.T) {
	const resource = "https://fhir.example/datastore/1/r4/"
	w := newWorld(t, nil)
	bound := w.launched("resource", resource)
	refreshed := w.tokens(refreshOf(bound["refresh_token"].(string)))
	for name, tokens := range map[string]map[string]any{"signed in": bound, "refreshed": refreshed} {
		if got := claims(t, tokens["access_token"])["aud"]; got != resource {
			t.Errorf("%s: the access token's aud is %v, want %s", name, got, resource)
		}
		if got := claims(t, tokens["id_token"])["aud"]; got != "spa" {
			t.Errorf("%s: the ID token's aud is %v, want the client", name, got)
		}
	}
	w.http = w.newBrowser()
	if got, ok := claims(t, w.launched()["access_token"])["aud"]; ok {
		t.Errorf("without a resource, the access token's aud is %v", got)
	}
}

func TestNoAnswerOfTheTokenEndpointIsKept(t *testing.T) {
	w := newWorld(t, nil)
	for name, form := range map[string]url.Values{"tokens": exchange(w.code(asked())), "a refusal": exchange("none")} {
		header := w.post("/oauth2/token", form).header
		if header.Get("Cache-Control") != "no-store" || header.Get("Pragma") != "no-cache" {
			t.Errorf("%s: got %v", name, header)
		}
	}
}

func TestACodeIsNotForAnotherClientAtTheSameAddress(t *testing.T) {
	const shared = "https://127.0.0.1:9/app"
	w := newWorld(t, func(c *cognito.Config) { c.ExtraCallbacks = []string{shared} })
	code := w.code(asked("redirect_uri", shared))
	w.refused("another client", exchange(code, "redirect_uri", shared, "client_id", "web", "client_secret", "web-secret"), "invalid_grant")
}

func TestOneOfManyGetsTheTokensOfACode(t *testing.T) {
	w := newWorld(t, nil)
	body := exchange(w.code(asked())).Encode()
	var granted atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			r := w.request(http.MethodPost, "/oauth2/token", body, "Content-Type", "application/x-www-form-urlencoded")
			response, err := w.http.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				granted.Add(1)
			}
		})
	}
	if err := w.pool.Rotate(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if granted.Load() != 1 {
		t.Errorf("%d got tokens, want 1", granted.Load())
	}
}

func TestTheTokenEndpointRefusesWithCognitosErrors(t *testing.T) {
	w := newWorld(t, nil)
	service := func(edits ...string) url.Values {
		return edited(url.Values{"grant_type": {"client_credentials"}, "client_id": {"etl"}, "client_secret": {"etl-secret"}}, edits)
	}
	for _, c := range []struct {
		name string
		form url.Values
		want string
	}{
		{"no grant", service("grant_type", "-"), "invalid_request"},
		{"an unknown grant", service("grant_type", "password"), "unsupported_grant_type"},
		{"token exchange", service("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), "unsupported_grant_type"},
		{"no client", service("client_id", "-"), "invalid_request"},
		{"an unknown client", service("client_id", "nobody"), "invalid_client"},
		{"a wrong secret", service("client_secret", "wrong"), "invalid_client"},
		{"no secret", service("client_secret", "-"), "invalid_client"},
		{"a public client with a secret", exchange("x", "client_secret", "wrong"), "invalid_client"},
		{
			"a public client with an assertion",
			exchange("x", "client_assertion", "a.b.c", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
			"invalid_client",
		},
		{"a scope of another client", service("scope", "system/*.cruds"), "invalid_scope"},
		{"a public client without a user", service("client_id", "spa", "client_secret", "-"), "unauthorized_client"},
		{"a service with a code", exchange("x", "client_id", "etl", "client_secret", "etl-secret"), "unauthorized_client"},
		{"a service with a refresh token", refreshOf("x", "client_id", "etl", "client_secret", "etl-secret"), "unauthorized_client"},
		{"no code", exchange("x", "code", "-"), "invalid_request"},
		{"no redirect_uri", exchange("x", "redirect_uri", "-"), "invalid_request"},
		{"no refresh token", refreshOf("x", "refresh_token", "-"), "invalid_request"},
		{"an unknown refresh token", refreshOf("x"), "invalid_grant"},
		{"a repeated parameter", url.Values{"grant_type": {"client_credentials", "client_credentials"}, "client_id": {"etl"}, "client_secret": {"etl-secret"}}, "invalid_request"},
	} {
		w.refused(c.name, c.form, c.want)
	}
	a := w.do(w.request(http.MethodPost, "/oauth2/token", service().Encode(), "Content-Type", "application/json"))
	if a.status != http.StatusBadRequest || a.object(t)["error"] != "invalid_request" {
		t.Errorf("another content type: got %d %s", a.status, a.body)
	}
	a = w.do(w.request(http.MethodPost, "/oauth2/token?"+service().Encode(), "", "Content-Type", "application/x-www-form-urlencoded"))
	if a.status != http.StatusBadRequest || a.object(t)["error"] != "invalid_request" {
		t.Errorf("parameters in the query: got %d %s", a.status, a.body)
	}
	if a := w.get("/oauth2/token?" + service().Encode()); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "POST" {
		t.Errorf("GET: got %d %s", a.status, a.body)
	}
	a = w.post("/oauth2/token", url.Values{"grant_type": {strings.Repeat("x", 65<<10)}})
	if a.status != http.StatusBadRequest {
		t.Errorf("an endless body: got %d", a.status)
	}
}

func TestClientsAuthenticateByBasicToo(t *testing.T) {
	w := newWorld(t, nil)
	ask := func(id, secret string) int {
		basic := base64.StdEncoding.EncodeToString([]byte(id + ":" + secret))
		return w.do(w.request(http.MethodPost, "/oauth2/token", "grant_type=client_credentials&client_id="+id,
			"Content-Type", "application/x-www-form-urlencoded", "Authorization", "Basic "+basic)).status
	}
	if got := ask("etl", "etl-secret"); got != http.StatusOK {
		t.Errorf("the right secret: got %d", got)
	}
	if got := ask("etl", "web-secret"); got != http.StatusBadRequest {
		t.Errorf("another's secret: got %d", got)
	}
}

func TestAServiceGetsCustomScopesAlone(t *testing.T) {
	w := newWorld(t, func(c *cognito.Config) { c.Clients[2].Scopes = []string{"openid", "system/*.rs"} })
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"etl"}, "client_secret": {"etl-secret"}}
	if got := claims(t, w.tokens(form)["access_token"])["scope"]; got != "system/*.rs" {
		t.Errorf("got %v", got)
	}
	form.Set("scope", "openid system/*.rs")
	w.refused("a scope of users", form, "invalid_scope")
}

func TestARefreshTokenServesItsClientUntilItExpires(t *testing.T) {
	w := newWorld(t, nil)
	refresh := w.launched()["refresh_token"].(string)
	w.refused("another client", refreshOf(refresh, "client_id", "web", "client_secret", "web-secret"), "invalid_grant")
	w.refused("a longer token", refreshOf(refresh+"x"), "invalid_grant")
	w.wait(2*time.Hour - time.Second)
	w.tokens(refreshOf(refresh))
	w.wait(time.Second)
	w.refused("an expired token", refreshOf(refresh), "invalid_grant")
}

func TestARevokedRefreshTokenAndWhatCameOfItAreNoMore(t *testing.T) {
	w := newWorld(t, nil)
	revoke := func(token string, edits ...string) answer {
		return w.post("/oauth2/revoke", edited(url.Values{"client_id": {"spa"}, "token": {token}}, edits))
	}
	userInfo := func(access any) int {
		return w.do(w.request(http.MethodGet, "/oauth2/userInfo", "", "Authorization", "Bearer "+access.(string))).status
	}
	got := w.launched()
	w.http = w.newBrowser()
	bystander := w.launched()
	refresh := got["refresh_token"].(string)
	later := w.tokens(refreshOf(refresh))
	for _, c := range []struct {
		name, token string
		edits       []string
		status      int
		want        string
	}{
		{"no token", "x", []string{"token", "-"}, 400, "invalid_request"},
		{"an access token", got["access_token"].(string), nil, 400, "unsupported_token_type"},
		{"an unknown client", refresh, []string{"client_id", "nobody"}, 401, "invalid_client"},
		{"a wrong secret", refresh, []string{"client_id", "web", "client_secret", "wrong"}, 401, "invalid_client"},
		{"another client", refresh, []string{"client_id", "web", "client_secret", "web-secret"}, 400, "unauthorized_client"},
	} {
		if a := revoke(c.token, c.edits...); a.status != c.status || strings.TrimSpace(a.body) != `{"error":"`+c.want+`"}` {
			t.Errorf("%s: got %d %s, want %d %s", c.name, a.status, a.body, c.status, c.want)
		}
	}
	w.tokens(refreshOf(refresh))
	for range 2 { // a token that is gone counts as revoked
		if a := revoke(refresh); a.status != http.StatusOK || a.body != "" {
			t.Errorf("got %d %q, want 200 and nothing", a.status, a.body)
		}
	}
	w.refused("a revoked token", refreshOf(refresh), "invalid_grant")
	for name, access := range map[string]any{"the first": got["access_token"], "the refreshed": later["access_token"]} {
		if status := userInfo(access); status != http.StatusUnauthorized {
			t.Errorf("%s access token: got %d", name, status)
		}
	}
	if status := userInfo(bystander["access_token"]); status != http.StatusOK {
		t.Errorf("another sign-in's access token: got %d", status)
	}
	w.tokens(refreshOf(bystander["refresh_token"].(string)))
}

func TestAppsInBrowsersMayCallWhatReadsNoCookie(t *testing.T) {
	w := newWorld(t, nil)
	for path, open := range map[string]bool{
		"/oauth2/token": true, "/oauth2/revoke": true, "/oauth2/userInfo": true,
		"/" + poolID + "/.well-known/jwks.json": true, "/" + poolID + "/.well-known/openid-configuration": true,
		"/oauth2/authorize": false, "/login": false, "/logout": false,
	} {
		want := ""
		if open {
			want = "*"
			a := w.do(w.request(http.MethodOptions, path, "", "Origin", "https://app.example",
				"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization"))
			if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != "*" ||
				a.header.Get("Access-Control-Allow-Methods") != "GET, POST, OPTIONS" ||
				a.header.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type" {
				t.Errorf("preflight of %s: got %d %v", path, a.status, a.header)
			}
		}
		a := w.do(w.request(http.MethodGet, path, "", "Origin", "https://app.example"))
		if got := a.header.Get("Access-Control-Allow-Origin"); got != want || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: open to %q, want %q", path, got, want)
		}
	}
}

func TestAUserWithoutASubOrAPasswordIsNone(t *testing.T) {
	for _, user := range []cognito.User{{Username: "ann", Sub: annSub}, {Username: "ann", Password: "x"}, {Sub: annSub, Password: "x"}} {
		if _, err := cognito.NewPool(cognito.Config{Issuer: "https://x/" + poolID, Users: []cognito.User{user}}); err == nil {
			t.Errorf("%+v: a pool with it", user)
		}
	}
}
