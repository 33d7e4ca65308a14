package cognito_test

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
)

const (
	poolID   = "us-east-1_AbCdEfGhI"
	callback = "https://app.example/callback"
	verifier = "a-verifier-of-more-than-forty-three-characters-0123456789"
	password = "Correct-horse-1"
	annSub   = "11111111-2222-3333-4444-555555555555"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the OAuth library's notes about its routes
	m.Run()
}

// world is a pool behind TLS, a clock that stands, and a browser.
type world struct {
	t       *testing.T
	pool    *cognito.Pool
	domain  string // of the hosted pages and, with a path, the issuer
	issuer  string
	server  *httptest.Server
	elapsed atomic.Int64
	http    *http.Client // keeps cookies, follows no redirect
}

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func (w *world) now() time.Time { return start.Add(time.Duration(w.elapsed.Load())) }

func (w *world) wait(d time.Duration) { w.elapsed.Add(int64(d)) }

// newWorld starts from a valid baseline, which edit may change.
func newWorld(t *testing.T, edit func(*cognito.Config)) *world {
	t.Helper()
	w := &world{t: t}
	mux := http.NewServeMux()
	w.server = httptest.NewTLSServer(mux)
	t.Cleanup(w.server.Close)
	w.domain, w.issuer = w.server.URL, w.server.URL+"/"+poolID
	config := cognito.Config{
		Issuer:       w.issuer,
		HostedDomain: w.domain,
		Clients: []cognito.Client{
			{
				ID: "spa", Flows: []string{"code"}, Scopes: []string{"openid", "profile", "email", "launch/patient", "patient/*.rs"},
				CallbackURLs: []string{callback, "http://localhost:3000/callback?from=pool"}, LogoutURLs: []string{"https://app.example/bye"},
				AccessToken: time.Hour, IDToken: 30 * time.Minute, RefreshToken: 2 * time.Hour,
			},
			{
				ID: "web", Secret: "web-secret", Flows: []string{"code"}, Scopes: []string{"openid", "user/*.rs"},
				CallbackURLs: []string{"https://web.example/callback"},
				AccessToken:  time.Hour, IDToken: time.Hour, RefreshToken: 2 * time.Hour,
			},
			{
				ID: "etl", Secret: "etl-secret", Flows: []string{"client_credentials"}, Scopes: []string{"system/*.rs", "system/Patient.r"},
				AccessToken: 5 * time.Minute,
			},
		},
		Users: []cognito.User{
			{Username: "ann", Password: password, Sub: annSub, Attributes: map[string]string{
				"email": "ann@example.org", "email_verified": "true", "given_name": "Ann", "custom:patient": "patient-001",
			}},
			{Username: "bob", Password: "Bobs-own-1", Sub: "99999999-2222-3333-4444-555555555555", Attributes: map[string]string{
				"email": "bob@example.org", "email_verified": "false",
			}},
		},
		AliasAttributes: []string{"email"},
		Now:             w.now,
	}
	if edit != nil {
		edit(&config)
	}
	pool, err := cognito.NewPool(config)
	if err != nil {
		t.Fatal(err)
	}
	w.pool = pool
	mux.Handle("/", pool.HostedDomain())
	mux.Handle("/"+poolID+"/", pool.Issuer())
	w.http = w.newBrowser()
	return w
}

func (w *world) newBrowser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &http.Client{
		Transport:     w.server.Client().Transport,
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) location(t *testing.T) *url.URL {
	t.Helper()
	if a.status != http.StatusFound {
		t.Fatalf("got %d, want a redirect: %s", a.status, a.body)
	}
	location, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return location
}

// object is the body as JSON.
func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(a.body), &object); err != nil {
		t.Fatalf("%d %q is no JSON: %v", a.status, a.body, err)
	}
	return object
}

func (w *world) do(r *http.Request) answer {
	w.t.Helper()
	response, err := w.http.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func (w *world) request(method, path, body string, header ...string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.domain+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func (w *world) get(path string) answer {
	w.t.Helper()
	return w.do(w.request(http.MethodGet, path, ""))
}

func (w *world) post(path string, form url.Values) answer {
	w.t.Helper()
	return w.do(w.request(http.MethodPost, path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded"))
}

// asked is a valid authorization request of the public client.
func asked(edits ...string) url.Values {
	query := url.Values{
		"response_type": {"code"}, "client_id": {"spa"}, "redirect_uri": {callback}, "state": {"st/ate ✓"},
		"scope": {"openid email patient/*.rs"}, "nonce": {"n-1"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	return edited(query, edits)
}

// edited sets names to values, and removes those with the value "-".
func edited(values url.Values, edits []string) url.Values {
	for i := 0; i < len(edits); i += 2 {
		values.Set(edits[i], edits[i+1])
		if edits[i+1] == "-" {
			values.Del(edits[i])
		}
	}
	return values
}

var (
	formToken  = regexp.MustCompile(`name="_csrf" value="([^"]*)"`)
	formAction = regexp.MustCompile(`action="([^"]*)"`)
)

// form is the login page of an authorization request.
func (w *world) form(query url.Values) (action, token string) {
	w.t.Helper()
	location := w.get("/oauth2/authorize?" + query.Encode()).location(w.t)
	if location.Path != "/login" {
		w.t.Fatalf("sent to %s, want the login page", location)
	}
	page := w.get(location.String())
	action = html.UnescapeString(formAction.FindStringSubmatch(page.body)[1])
	return action, html.UnescapeString(formToken.FindStringSubmatch(page.body)[1])
}

// signIn goes through the login page as a user.
func (w *world) signIn(query url.Values, username, password string) answer {
	w.t.Helper()
	action, token := w.form(query)
	return w.post(action, url.Values{"_csrf": {token}, "username": {username}, "password": {password}})
}

// code signs ann in and returns the code that the client gets.
func (w *world) code(query url.Values) string {
	w.t.Helper()
	location := w.signIn(query, "ann", password).location(w.t)
	code := location.Query().Get("code")
	if code == "" {
		w.t.Fatalf("no code: %s", location)
	}
	return code
}

// exchange is a valid token request of the public client.
func exchange(code string, edits ...string) url.Values {
	return edited(url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"spa"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}, edits)
}

func refreshOf(token string, edits ...string) url.Values {
	return edited(url.Values{"grant_type": {"refresh_token"}, "client_id": {"spa"}, "refresh_token": {token}}, edits)
}

// tokens asks the token endpoint and must get tokens.
func (w *world) tokens(form url.Values) map[string]any {
	w.t.Helper()
	a := w.post("/oauth2/token", form)
	if a.status != http.StatusOK {
		w.t.Fatalf("got %d %s, want tokens", a.status, a.body)
	}
	return a.object(w.t)
}

// launched are the tokens of ann at the public client.
func (w *world) launched(edits ...string) map[string]any {
	w.t.Helper()
	return w.tokens(exchange(w.code(asked(edits...))))
}

// refused asks the token endpoint and must be refused with one error and no more.
func (w *world) refused(name string, form url.Values, want string) {
	w.t.Helper()
	a := w.post("/oauth2/token", form)
	if a.status != http.StatusBadRequest || strings.TrimSpace(a.body) != `{"error":"`+want+`"}` {
		w.t.Errorf("%s: got %d %s, want 400 and only the error %s", name, a.status, a.body, want)
	}
}

// claims reads a token without judging it.
func claims(t *testing.T, token any) map[string]any {
	t.Helper()
	parts := strings.Split(token.(string), ".")
	if len(parts) != 3 {
		t.Fatalf("%v is no token", token)
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(content, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func keyIDOf(t *testing.T, token any) string {
	t.Helper()
	content, err := base64.RawURLEncoding.DecodeString(strings.Split(token.(string), ".")[0])
	if err != nil {
		t.Fatal(err)
	}
	var header map[string]string
	if err := json.Unmarshal(content, &header); err != nil {
		t.Fatal(err)
	}
	if len(header) != 2 || header["alg"] != "RS256" {
		t.Errorf("header %v, want alg RS256 and kid alone", header)
	}
	return header["kid"]
}
