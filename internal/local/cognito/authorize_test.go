package cognito_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
)

// toldOnThePage demands a refusal that sends the browser nowhere.
func toldOnThePage(t *testing.T, name string, a answer, status int) {
	t.Helper()
	if a.status != status || a.header.Get("Location") != "" || !strings.Contains(a.body, "An error was encountered") {
		t.Errorf("%s: got %d to %q, want %d on a page", name, a.status, a.header.Get("Location"), status)
	}
}

func TestNobodyIsSentToAnAddressThatIsNotTheClients(t *testing.T) {
	w := newWorld(t, nil)
	if _, token := w.form(asked()); token == "" { // a form and a cookie to try with
		t.Fatal("no form")
	}
	for name, target := range map[string]string{
		"another site":              "https://evil.example/callback",
		"a longer path":             callback + "/more",
		"a longer host":             "https://app.example.evil.example/callback",
		"a user in the address":     "https://app.example@evil.example/callback",
		"a backslash":               `https://app.example\@evil.example/callback`,
		"another case":              "https://APP.example/callback",
		"an added query":            callback + "?next=https://evil.example",
		"an added fragment":         callback + "#x",
		"a climbing path":           "https://app.example/x/../callback",
		"an encoded path":           "https://app.example/%63allback",
		"http":                      "http://app.example/callback",
		"another port on localhost": "http://localhost:3001/callback?from=pool",
		"a shorter query":           "http://localhost:3000/callback",
		"a script":                  "javascript:alert(1)",
		"a line break":              callback + "\r\nSet-Cookie: a=b",
		"another client's":          "https://web.example/callback",
		"nothing":                   "",
	} {
		query := asked("redirect_uri", target).Encode()
		toldOnThePage(t, name, w.get("/oauth2/authorize?"+query), http.StatusBadRequest)
		toldOnThePage(t, name, w.get("/login?"+query), http.StatusBadRequest)
		toldOnThePage(t, name, w.post("/login?"+query, url.Values{"username": {"ann"}, "password": {password}}), http.StatusBadRequest)
		toldOnThePage(t, name, w.get("/logout?"+query), http.StatusBadRequest)
	}
	for name, query := range map[string]string{
		"an unknown client":    asked("client_id", "nobody").Encode(),
		"no client":            asked("client_id", "-").Encode(),
		"a service":            asked("client_id", "etl").Encode(),
		"two addresses":        asked().Encode() + "&redirect_uri=https://evil.example",
		"two addresses, first": "redirect_uri=https://evil.example&" + asked().Encode(),
		"two clients":          asked().Encode() + "&client_id=web",
		"a malformed query":    asked().Encode() + "&a=%zz",
		"an endless query":     asked("nonce", strings.Repeat("n", 16<<10)).Encode(),
	} {
		toldOnThePage(t, name, w.get("/oauth2/authorize?"+query), http.StatusBadRequest)
	}
}

func TestOtherErrorsGoBackToTheClientWithItsState(t *testing.T) {
	w := newWorld(t, nil)
	challenge := asked().Get("code_challenge")
	for _, c := range []struct {
		name  string
		query string
		want  string
	}{
		{"no response type", asked("response_type", "-").Encode(), "invalid_request"},
		{"an unknown response type", asked("response_type", "id_token").Encode(), "invalid_request"},
		{"the implicit grant", asked("response_type", "token").Encode(), "unauthorized_client"},
		{"no PKCE", asked("code_challenge", "-", "code_challenge_method", "-").Encode(), "invalid_request"},
		{"a challenge without a method", asked("code_challenge_method", "-").Encode(), "invalid_request"},
		{"the plain method", asked("code_challenge_method", "plain", "code_challenge", verifier).Encode(), "invalid_request"},
		{"plain with a hash", asked("code_challenge_method", "plain").Encode(), "invalid_request"},
		{"a challenge that is no hash", asked("code_challenge", "short").Encode(), "invalid_request"},
		{"a challenge that is another hash", asked("code_challenge", "c2hvcnQ").Encode(), "invalid_request"},
		{"a challenge with a line break inside", asked("code_challenge", challenge[:20]+"\n"+challenge[20:]).Encode(), "invalid_request"},
		{"a challenge with a line break behind", asked("code_challenge", challenge+"\r\n").Encode(), "invalid_request"},
		{"a challenge with bits too many", asked("code_challenge", strings.Repeat("A", 42)+"B").Encode(), "invalid_request"},
		{"a challenge with padding", asked("code_challenge", challenge+"=").Encode(), "invalid_request"},
		{"a resource that is none", asked("resource", "").Encode(), "invalid_target"},
		{"a relative resource", asked("resource", "/datastore/1/r4/").Encode(), "invalid_target"},
		{"a resource with a fragment", asked("resource", "https://fhir.example/r4#x").Encode(), "invalid_target"},
		{"two resources", asked("resource", "https://a.example").Encode() + "&resource=https://b.example", "invalid_request"},
		{"a scope of another client", asked("scope", "openid user/*.rs").Encode(), "invalid_scope"},
		{"a wider scope", asked("scope", "openid patient/*.cruds").Encode(), "invalid_scope"},
		{"a service's scope", asked("scope", "system/*.rs").Encode(), "invalid_scope"},
		{"email without openid", asked("scope", "email patient/*.rs").Encode(), "invalid_scope"},
		{"a repeated scope parameter", asked().Encode() + "&scope=openid", "invalid_request"},
		{"nobody signed in, and no page wanted", asked("prompt", "none").Encode(), "login_required"},
	} {
		for _, path := range []string{"/oauth2/authorize?", "/login?"} {
			if path == "/login?" && c.want == "login_required" {
				continue
			}
			location := w.get(path + c.query).location(t)
			want := callback + "?" + url.Values{"error": {c.want}, "state": {"st/ate ✓"}}.Encode()
			if location.String() != want {
				t.Errorf("%s: sent to %s, want %s", c.name, location, want)
			}
		}
	}
}

func TestTheStateComesBackAsItWas(t *testing.T) {
	w := newWorld(t, nil)
	if _, ok := w.signIn(asked("state", "-"), "ann", password).location(t).Query()["state"]; ok {
		t.Error("a state that was not given comes back")
	}
	for _, state := range []string{"", `{"a":"b&c=d"}`, "100%", "a+b c", "\r\nSet-Cookie: a=b", "https://evil.example"} {
		location := w.get("/oauth2/authorize?" + asked("state", state).Encode()).location(t)
		query := location.Query()
		if got, ok := query["state"]; !ok || len(got) != 1 || got[0] != state || query.Get("code") == "" || len(query) != 2 {
			t.Errorf("%q: sent to %s", state, location)
		}
	}
	twice := w.get("/oauth2/authorize?" + asked("state", "a").Encode() + "&state=b").location(t)
	if twice.String() != callback+"?error=invalid_request" {
		t.Errorf("two states: sent to %s", twice)
	}
}

func TestACallbackKeepsItsQuery(t *testing.T) {
	w := newWorld(t, nil)
	query := w.signIn(asked("redirect_uri", "http://localhost:3000/callback?from=pool"), "ann", password).location(t).Query()
	if query.Get("from") != "pool" || query.Get("code") == "" {
		t.Errorf("got %v", query)
	}
}

func TestWithoutAScopeTheClientGetsAllOfItsScopes(t *testing.T) {
	w := newWorld(t, nil)
	if got := claims(t, w.launched("scope", "-")["access_token"])["scope"]; got != "openid profile email launch/patient patient/*.rs" {
		t.Errorf("got %v", got)
	}
	w.http = w.newBrowser()
	if got := claims(t, w.launched("scope", "openid openid patient/*.rs openid")["access_token"])["scope"]; got != "openid patient/*.rs" {
		t.Errorf("repeated scopes: got %v", got)
	}
}

func TestAnExtraCallbackServesEveryClientWithUsersAndNoOther(t *testing.T) {
	const extra = "https://127.0.0.1:9/app"
	w := newWorld(t, func(c *cognito.Config) { c.ExtraCallbacks = []string{extra} })
	code := w.code(asked("redirect_uri", extra))
	w.tokens(exchange(code, "redirect_uri", extra))
	toldOnThePage(t, "a service", w.get("/oauth2/authorize?"+asked("client_id", "etl", "redirect_uri", extra).Encode()), http.StatusBadRequest)
	toldOnThePage(t, "a logout", w.get("/logout?client_id=spa&logout_uri="+url.QueryEscape(extra)), http.StatusBadRequest)
}

func TestASessionSparesTheSecondSignInForAnHour(t *testing.T) {
	w := newWorld(t, nil)
	first := claims(t, w.launched()["access_token"])
	w.wait(59 * time.Minute)
	location := w.get("/oauth2/authorize?" + asked("client_id", "web", "redirect_uri", "https://web.example/callback", "scope", "openid").Encode()).location(t)
	form := exchange(location.Query().Get("code"), "client_id", "web", "client_secret", "web-secret", "redirect_uri", "https://web.example/callback")
	second := claims(t, w.tokens(form)["access_token"])
	if second["auth_time"] != first["auth_time"] || second["origin_jti"] == first["origin_jti"] || second["client_id"] != "web" {
		t.Errorf("got %v after %v", second, first)
	}
	if location := w.get("/oauth2/authorize?" + asked("prompt", "none").Encode()).location(t); location.Query().Get("code") == "" {
		t.Errorf("prompt=none: sent to %s", location)
	}
	if location := w.get("/oauth2/authorize?" + asked("prompt", "login").Encode()).location(t); location.Path != "/login" {
		t.Errorf("prompt=login: sent to %s", location)
	}
	w.wait(time.Minute)
	if location := w.get("/oauth2/authorize?" + asked().Encode()).location(t); location.Path != "/login" {
		t.Errorf("after an hour: sent to %s", location)
	}
}

func TestAForgedSessionIsNone(t *testing.T) {
	w := newWorld(t, nil)
	a := w.signIn(asked(), "ann", password)
	var real string
	for _, line := range a.header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("cookie %s is open", cookie.Name)
		}
		if cookie.Name == "cognito" {
			real = cookie.Value
			if cookie.MaxAge != 3600 {
				t.Errorf("it lasts %d s", cookie.MaxAge)
			}
		}
	}
	ask := func(cookie string) string {
		w.http = w.newBrowser()
		return w.do(w.request(http.MethodGet, "/oauth2/authorize?"+asked().Encode(), "", "Cookie", "cognito="+cookie)).location(t).Path
	}
	if got := ask(real); got != "/callback" {
		t.Fatalf("the real cookie leads to %s", got)
	}
	for _, forged := range []string{"", "ann", annSub, real[:len(real)-1], real + "A", strings.ToLower(real)} {
		if got := ask(forged); got != "/login" {
			t.Errorf("%q leads to %s", forged, got)
		}
	}
}

func TestSigningInGivesANewSession(t *testing.T) {
	w := newWorld(t, nil)
	action, token := w.form(asked())
	domain, _ := url.Parse(w.domain)
	planted := &http.Cookie{Name: "cognito", Value: "PLANTED", Path: "/", Secure: true}
	w.http.Jar.SetCookies(domain, []*http.Cookie{planted})
	w.post(action, url.Values{"_csrf": {token}, "username": {"ann"}, "password": {password}}).location(t)
	w.http = w.newBrowser()
	w.http.Jar.SetCookies(domain, []*http.Cookie{planted})
	if got := w.get("/oauth2/authorize?" + asked().Encode()).location(t).Path; got != "/login" {
		t.Errorf("a planted session leads to %s", got)
	}
}

var formValue = regexp.MustCompile(`value="[^"]*"`)

func TestAWrongNameAndAWrongPasswordLookTheSame(t *testing.T) {
	w := newWorld(t, nil)
	const name = `"><script>alert(1)</script>`
	var pages []string
	for _, try := range [][2]string{{"ann", "wrong"}, {"ann", ""}, {"ann", "Bobs-own-1"}, {"nobody", password}, {"nobody", ""}, {name, password}} {
		a := w.signIn(asked(), try[0], try[1])
		if a.status != http.StatusBadRequest || a.header.Get("Location") != "" || strings.Contains(a.body, "<script") {
			t.Fatalf("%v: got %d to %q: %s", try, a.status, a.header.Get("Location"), a.body)
		}
		if try[1] != "" && strings.Contains(a.body, try[1]) {
			t.Errorf("%v: the password comes back", try)
		}
		page := formValue.ReplaceAllString(a.body, "") // the name and the form's token
		_, content, _ := strings.Cut(page, "</style>")
		pages = append(pages, content)
	}
	for i, page := range pages {
		if page != pages[0] {
			t.Errorf("page %d differs:\n%s\n%s", i, page, pages[0])
		}
	}
	if location := w.get("/oauth2/authorize?" + asked().Encode()).location(t); location.Path != "/login" {
		t.Errorf("yet somebody is signed in: sent to %s", location)
	}
}

func TestAFormOfElsewhereSignsNobodyIn(t *testing.T) {
	w := newWorld(t, nil)
	good := url.Values{"username": {"ann"}, "password": {password}}
	action, token := w.form(asked())
	other := newWorld(t, nil)
	_, othersToken := other.form(asked())
	for name, csrf := range map[string][]string{"no token": nil, "an empty token": {""}, "a wrong one": {"x"}, "another pool's": {othersToken}} {
		form := url.Values{"_csrf": csrf, "username": {"ann"}, "password": {password}}
		toldOnThePage(t, name, w.post(action, form), http.StatusForbidden)
	}
	domain, _ := url.Parse(w.domain)
	var cookie string
	for _, c := range w.http.Jar.Cookies(domain) {
		if c.Name == "XSRF-TOKEN" {
			cookie = c.Value
		}
	}
	toldOnThePage(t, "the cookie itself", w.post(action, edited(good, []string{"_csrf", cookie})), http.StatusForbidden)
	toldOnThePage(t, "the token in the query", w.post(action+"&_csrf="+url.QueryEscape(token), edited(good, []string{"_csrf", "-"})), http.StatusForbidden)
	good.Set("_csrf", token)
	w.http = w.newBrowser()
	toldOnThePage(t, "another browser's token", w.post(action, good), http.StatusForbidden)
	otherAction, _ := w.form(asked())
	toldOnThePage(t, "another browser's token with a cookie", w.post(otherAction, good), http.StatusForbidden)
	if location := w.get("/oauth2/authorize?" + asked().Encode()).location(t); location.Path != "/login" {
		t.Errorf("somebody is signed in: sent to %s", location)
	}
}

func TestTwoOpenFormsOfOneBrowserBothWork(t *testing.T) {
	w := newWorld(t, nil)
	action, token := w.form(asked())
	w.form(asked("scope", "openid"))
	location := w.post(action, url.Values{"_csrf": {token}, "username": {"ann"}, "password": {password}}).location(t)
	if location.Query().Get("code") == "" {
		t.Errorf("sent to %s", location)
	}
}

func TestThePagesRunNoScriptAndSitInNoFrame(t *testing.T) {
	w := newWorld(t, nil)
	login := w.get("/login?" + asked("redirect_uri", "http://localhost:3000/callback?from=pool").Encode())
	_, style, _ := strings.Cut(login.body, `<style nonce="`)
	nonce, _, _ := strings.Cut(style, `"`)
	want := "default-src 'none'; style-src 'nonce-" + nonce + "'; form-action 'self' http://localhost:3000; base-uri 'none'; frame-ancestors 'none'"
	if got := login.header.Get("Content-Security-Policy"); got != want || len(nonce) < 20 {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, a := range []answer{login, w.get("/login")} {
		if strings.Contains(a.body, "<script") || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'; ") {
			t.Errorf("a page may run scripts: %v", a.header)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	if strings.Count(login.body, `autocomplete="off"`) != 3 {
		t.Error("the form and its two fields are to be completed by nobody")
	}
}

func TestUsersSignInByVerifiedAndDeclaredAliasesAlone(t *testing.T) {
	for _, c := range []struct {
		name, as, password string
		edit               func(*cognito.Config)
		signsIn            bool
	}{
		{"the username in another case", "ANN", password, nil, true},
		{"a verified address", "Ann@Example.org", password, nil, true},
		{"an address that is not verified", "bob@example.org", "Bobs-own-1", nil, false},
		{"an address, where that is no alias", "ann@example.org", password, func(c *cognito.Config) { c.AliasAttributes = nil }, false},
		{"another attribute", "patient-001", password, nil, false},
		{"another case, where it counts", "Ann", password, func(c *cognito.Config) { c.CaseSensitive = true }, false},
		{"the exact name, where case counts", "ann", password, func(c *cognito.Config) { c.CaseSensitive = true }, true},
	} {
		w := newWorld(t, c.edit)
		if got := w.signIn(asked(), c.as, c.password).status == http.StatusFound; got != c.signsIn {
			t.Errorf("%s: signs in: %t", c.name, got)
		}
	}
}

func TestALogoutEndsTheSessionAndGoesToTheClientsAddress(t *testing.T) {
	w := newWorld(t, nil)
	for name, query := range map[string]string{
		"an unknown client": "client_id=nobody&logout_uri=https://app.example/bye",
		"another site":      "client_id=spa&logout_uri=https://evil.example",
		"another client's":  "client_id=web&logout_uri=https://app.example/bye",
		"a longer address":  "client_id=spa&logout_uri=https://app.example/bye/",
		"a callback URL":    "client_id=spa&logout_uri=" + url.QueryEscape(callback),
		"two addresses":     "client_id=spa&logout_uri=https://app.example/bye&logout_uri=https://evil.example",
		"nothing":           "client_id=spa",
		"an address that is good, and a way back that is not": "client_id=spa&redirect_uri=https://evil.example",
	} {
		w.launched()
		toldOnThePage(t, name, w.get("/logout?"+query), http.StatusBadRequest)
		if got := w.get("/oauth2/authorize?" + asked().Encode()).location(t).Path; got != "/callback" {
			t.Errorf("%s: a refused logout ended the session", name)
		}
		w.http = w.newBrowser()
	}
	for query, want := range map[string]string{
		"client_id=spa&logout_uri=https://app.example/bye": "https://app.example/bye",
		asked().Encode(): "/login?" + asked().Encode(),
	} {
		w.launched()
		domain, _ := url.Parse(w.domain)
		cookies := w.http.Jar.Cookies(domain)
		if got := w.get("/logout?" + query).location(t).String(); got != want {
			t.Errorf("sent to %s, want %s", got, want)
		}
		if got := w.get("/oauth2/authorize?" + asked().Encode()).location(t).Path; got != "/login" {
			t.Errorf("after a logout: sent to %s", got)
		}
		w.http.Jar.SetCookies(domain, cookies) // a browser that kept its cookie
		if got := w.get("/oauth2/authorize?" + asked().Encode()).location(t).Path; got != "/login" {
			t.Errorf("after a logout with the old cookie: sent to %s", got)
		}
		w.http = w.newBrowser()
	}
}
