package local_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/smart"
)

func newRequest(t *testing.T, method, address string, form url.Values) *http.Request {
	t.Helper()
	request, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

const throttledMark = `aria-checked="true" aria-label="throttle"`

func TestThePageTakesChangesFromItsOwnFormsAlone(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	origin := "https://" + hostOf(t, cloud.Page)
	throttle := func(header map[string]string) int {
		request := newRequest(t, http.MethodPost, cloud.Page+"faults", url.Values{"name": {"throttle"}, "on": {"true"}})
		for name, value := range header {
			request.Header.Set(name, value)
		}
		status, _, _ := a.answerTo(request)
		return status
	}
	for name, header := range map[string]map[string]string{
		"another website":         {"Sec-Fetch-Site": "cross-site", "Origin": "https://example.org"},
		"another port":            {"Sec-Fetch-Site": "same-site", "Origin": cloud.HostedDomain},
		"an old browser":          {"Origin": "https://example.org"},
		"an old browser, a frame": {"Origin": "null"},
		"an old browser, a port":  {"Origin": cloud.HostedDomain},
	} {
		if status := throttle(header); status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, status)
		}
	}
	// A changing request by GET, which browsers send anywhere, is none.
	if status, _, _ := a.answerTo(newRequest(t, http.MethodGet, cloud.Page+"faults?name=throttle&on=true", nil)); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d, want 405", status)
	}
	if _, _, text := a.answerTo(newRequest(t, http.MethodGet, cloud.Page, nil)); strings.Contains(text, throttledMark) {
		t.Error("throttle is on")
	}
	if status := throttle(map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": origin}); status != http.StatusSeeOther {
		t.Errorf("its own form: %d, want 303", status)
	}
	if _, _, text := a.answerTo(newRequest(t, http.MethodGet, cloud.Page, nil)); !strings.Contains(text, throttledMark) {
		t.Error("throttle is not on")
	}
}

// Every user of the machine can connect to loopback. Another one must not read what was
// asked of the datastore, nor set failures or launch the app of a confidential client.
func TestAnotherUserOfTheMachineFindsNoPage(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	root := "https://" + hostOf(t, cloud.Page) + "/"
	secret := strings.Trim(strings.TrimPrefix(cloud.Page, root), "/")
	if len(secret) < 26 {
		t.Fatalf("the path %q can be guessed", secret)
	}
	for _, guess := range []string{"", strings.Repeat("A", len(secret)) + "/", strings.ToLower(secret) + "/"} {
		for _, request := range []*http.Request{
			newRequest(t, http.MethodGet, root+guess, nil),
			newRequest(t, http.MethodGet, root+guess+"live", nil),
			newRequest(t, http.MethodPost, root+guess+"faults", url.Values{"name": {"throttle"}, "on": {"true"}}),
			newRequest(t, http.MethodPost, root+guess+"app/launch", url.Values{"client": {"app"}}),
		} {
			if status, header, text := a.answerTo(request); status != http.StatusNotFound || strings.Contains(text, secret) || header.Get("Location") != "" {
				t.Errorf("%s %s: %d %v %s", request.Method, request.URL, status, header, text)
			}
		}
	}
	if another := start(t, "dev", nil); strings.HasSuffix(another.Page, secret+"/") {
		t.Error("two clouds share a secret")
	}
}

func TestThePageAnswersToItsOwnAddressAlone(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	host := hostOf(t, cloud.Page)
	_, port, _ := strings.Cut(host, ":")
	for given, want := range map[string]int{
		host: http.StatusOK, "rebound.example.org:" + port: http.StatusMisdirectedRequest, "rebound.example.org": http.StatusMisdirectedRequest,
		"localhost:" + port: http.StatusMisdirectedRequest, "127.0.0.1": http.StatusMisdirectedRequest,
	} {
		request := newRequest(t, http.MethodGet, cloud.Page, nil)
		request.Host = given
		status, _, text := a.answerTo(request)
		if status != want || strings.Contains(text, "Local-patient-1") != (want == http.StatusOK) {
			t.Errorf("%s: %d %s", given, status, text)
		}
	}
}

func TestThePageRunsNothingOfOthersAndSharesNothing(t *testing.T) {
	for what, stack := range map[string]map[string]string{"with a front door": behindADoor, "without": withoutADoor} {
		t.Run(what, func(t *testing.T) { assertProtected(t, start(t, "dev", stack)) })
	}
}

func assertProtected(t *testing.T, cloud *local.Cloud) {
	t.Helper()
	a := newApp(t, cloud)
	targets := "'self' " + cloud.HostedDomain
	if cloud.FrontDoor != "" {
		targets = "'self' " + cloud.FrontDoor + " " + cloud.HostedDomain
	}
	for path, want := range map[string]int{"": 200, "live": 200, "static/page.css": 200, "static/page.js": 200, "static/": 404, "html/overview.html": 404, "app/callback": 400, "none": 404} {
		request := newRequest(t, http.MethodGet, cloud.Page+path, nil)
		request.Header.Set("Origin", "https://example.org")
		status, header, text := a.answerTo(request)
		if status != want {
			t.Errorf("/%s: %d, want %d", path, status, want)
		}
		for name, value := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action " +
				targets + "; base-uri 'none'; frame-ancestors 'none'",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Access-Control-Allow-Origin":  "",
		} {
			if header.Get(name) != value {
				t.Errorf("/%s: %s: %q, want %q", path, name, header.Get(name), value)
			}
		}
		for _, client := range cloud.Clients {
			if client.Secret != "" && strings.Contains(text, client.Secret) {
				t.Errorf("/%s shows the secret of %s", path, client.Name)
			}
		}
	}
}

// beginLaunch presses the button of a client in a browser of its own, and returns where
// it is sent.
func (a app) beginLaunch(client string) (jar http.CookieJar, authorize *url.URL) {
	a.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	a.http.Jar = jar
	status, header, text := a.answerTo(newRequest(a.t, http.MethodPost, a.cloud.Page+"app/launch", url.Values{"client": {client}}))
	authorize, err = url.Parse(header.Get("Location"))
	if status != http.StatusSeeOther || err != nil {
		a.t.Fatalf("%d %s %v", status, text, err)
	}
	return jar, authorize
}

func TestTheSampleAppTakesNoAnswerButThatOfItsBrowsersLastLaunch(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	callback := func(jar http.CookieJar, query url.Values) (int, string) {
		a.http.Jar = jar
		status, _, text := a.answerTo(newRequest(t, http.MethodGet, cloud.Page+"app/callback?"+query.Encode(), nil))
		return status, text
	}
	mine, authorize := a.beginLaunch("app")
	query := authorize.Query()
	for name, want := range map[string]string{"aud": cloud.FHIRBase, "code_challenge_method": "S256", "response_type": "code", "redirect_uri": cloud.Page + "app/callback"} {
		if query.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, query.Get(name), want)
		}
	}
	theirs, other := a.beginLaunch("app")
	empty, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	const foreign, spent = "state: does not match the last launch of this browser", "state: matches no waiting launch"
	for _, c := range []struct {
		name  string
		jar   http.CookieJar
		state string
		want  string
	}{
		{"no state", mine, "", foreign},
		{"a made-up state", mine, "made-up", foreign},
		{"another browser's launch", mine, other.Query().Get("state"), foreign},
		{"a browser that launched nothing", empty, query.Get("state"), foreign},
		{"its own", theirs, other.Query().Get("state"), "access_denied the user said no"},
		{"its own, again", theirs, other.Query().Get("state"), foreign}, // the cookie went with the first
	} {
		status, text := callback(c.jar, url.Values{"state": {c.state}, "error": {"access_denied"}, "error_description": {"the user said no"}})
		if !strings.Contains(text, c.want) || status == http.StatusOK {
			t.Errorf("%s: %d %s, want %q", c.name, status, text, c.want)
		}
	}
	address, err := url.Parse(cloud.Page)
	if err != nil {
		t.Fatal(err)
	}
	theirs.SetCookies(address, []*http.Cookie{{Name: "__Host-smartlake-launch", Value: other.Query().Get("state"), Path: "/", Secure: true}})
	if _, text := callback(theirs, url.Values{"state": {other.Query().Get("state")}, "code": {"x"}}); !strings.Contains(text, spent) {
		t.Errorf("a replayed launch: %s, want %q", text, spent)
	}
	if _, text := callback(mine, url.Values{"state": {query.Get("state")}, "code": {"<b>x</b>"}}); !strings.Contains(text, "the token endpoint: invalid_grant") {
		t.Errorf("a made-up code: %s", text)
	}
}

func TestAStandardOAuthLibraryLaunchesAgainstTheWholeCloud(t *testing.T) {
	cloud := start(t, "dev", map[string]string{"testUsers": testUsers})
	a := newApp(t, cloud)
	var discovery smart.Configuration
	if err := json.Unmarshal([]byte(cloud.Discovery), &discovery); err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{
		ClientID:    a.client("app").ID,
		Endpoint:    oauth2.Endpoint{AuthURL: discovery.AuthorizationEndpoint, TokenURL: discovery.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams},
		RedirectURL: userCallback,
		Scopes:      strings.Fields(launchedScope),
	}
	verifier := oauth2.GenerateVerifier()
	back := a.signInAt(config.AuthCodeURL("a-state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("aud", cloud.FHIRBase)), "ann", "Correct-horse-1")
	if back.Query().Get("state") != "a-state" {
		t.Fatalf("sent to %s", back)
	}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, a.http)
	token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if claims := claimsOf(t, token.AccessToken); claims["patient"] != "patient-001" {
		t.Errorf("claims %v", claims)
	}
	response, err := config.Client(ctx, token).Get(cloud.FHIRBase + "Patient/patient-001")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("got %d", response.StatusCode)
	}
	if _, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier)); err == nil {
		t.Error("the code was good twice")
	}
}

func TestUsersAreMadeUpOnlyWhereAStackDeclaresNone(t *testing.T) {
	names := func(cloud *local.Cloud) string {
		var all []string
		for _, user := range cloud.Users {
			all = append(all, user.Name+":"+user.Password)
		}
		return strings.Join(all, " ")
	}
	if got, want := names(start(t, "dev", nil)), "patient:Local-patient-1 practitioner:Local-practitioner-1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := names(start(t, "dev", map[string]string{"testUsers": testUsers})), "ann:"; got != want {
		t.Errorf("declared: got %s, want %s: a declared password is a secret", got, want)
	}
	if got := names(localtest.Start(t, "dev", nil, func(o *local.Options) { o.NoUsers = true })); got != "" {
		t.Errorf("none wanted: got %s", got)
	}
	if got := names(localtest.Start(t, "dev", nil, func(o *local.Options) { o.FHIRURL = "http://127.0.0.1:9" })); got != "" {
		t.Errorf("a FHIR server behind: got %s", got)
	}
}

func TestFailuresOfTheAuthorizationServerReachTheDatastore(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	set := func(name string, on bool) {
		t.Helper()
		if err := cloud.SetFault(name, on); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(name, want string, wantStatus int) {
		t.Helper()
		if status, answer := a.fhir(http.MethodGet, "Patient", a.token("etl", "system/*.*")); status != wantStatus || !strings.Contains(diagnostics(answer), want) {
			t.Errorf("%s: %d %v, want %s", name, status, answer, want)
		}
	}
	// The last one of the key set's counts, and to end another does not end it.
	set("key-set-slow", true)
	set("key-set-broken", true)
	set("key-set-slow", false)
	refused("a broken key set", "keys_unavailable", http.StatusForbidden)
	set("key-set-broken", false)
	if err := cloud.AuthorizationServer.Rotate(); err != nil { // which the validator asks for the keys for
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // the validator waits a second after a failure
	if status, answer := a.fhir(http.MethodGet, "Patient", a.token("etl", "system/*.*")); status != http.StatusOK {
		t.Errorf("a whole key set: %d %v", status, answer)
	}
	set("clock-skew", true)
	refused("a skewed clock", "token_expired", http.StatusUnauthorized)
	set("clock-skew", false)
}

func diagnostics(outcome map[string]any) string {
	issues, _ := outcome["issue"].([]any)
	if len(issues) == 0 {
		return ""
	}
	text, _ := issues[0].(map[string]any)["diagnostics"].(string)
	return text
}
