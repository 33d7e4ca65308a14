package cognito_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
)

func offering(username, password string) func(*cognito.Config) {
	return func(c *cognito.Config) {
		c.Offered = []cognito.Offer{{Username: username, Password: password, Says: "<b>Patient</b>/patient-001"}}
	}
}

func TestAnOfferedUserSignsInAtAClick(t *testing.T) {
	w := newWorld(t, offering("ann", password))
	action, token := w.form(asked())
	location := w.post(action, url.Values{"_csrf": {token}, "offered": {"ann"}}).location(t)
	if !strings.HasPrefix(location.String(), callback) || location.Query().Get("code") == "" {
		t.Errorf("sent to %s, want a code at %s", location, callback)
	}
	shown := w.get("/login?" + asked().Encode()).body
	if !strings.Contains(shown, ">Continue as ann<") || !strings.Contains(shown, "&lt;b&gt;Patient") || strings.Contains(shown, password) {
		t.Errorf("shown %s", shown)
	}
}

// A script that fills in the form finds each of its parts once, as before.
func TestTheFormIsTheFirstAndHasItsFieldsAlone(t *testing.T) {
	w := newWorld(t, offering("ann", password))
	shown := w.get("/login?" + asked().Encode()).body
	for _, part := range []string{`id="username"`, `name="username"`, `id="password"`, `name="password"`, `type="submit"`, ">Sign in</button>"} {
		if n := strings.Count(shown, part); n != 1 {
			t.Errorf("%s: %d times", part, n)
		}
	}
	if strings.Index(shown, `name="username"`) > strings.Index(shown, "Continue as") {
		t.Error("the form is not the first")
	}
	if plain := newWorld(t, nil).get("/login?" + asked().Encode()).body; strings.Contains(plain, "made up") || strings.Contains(plain, "offered") {
		t.Errorf("nobody is offered: %s", plain)
	}
}

func TestNobodySignsInAtAClickWithoutTheFormOrTheOffer(t *testing.T) {
	w := newWorld(t, offering("ann", password))
	action, token := w.form(asked())
	if answer := w.post(action, url.Values{"offered": {"ann"}}); answer.status != http.StatusForbidden {
		t.Errorf("another site's form: %d, want 403", answer.status)
	}
	for name, form := range map[string]url.Values{
		"somebody who is not offered":          {"offered": {"bob"}},
		"nobody":                               {"offered": {""}},
		"an unknown user":                      {"offered": {"x"}},
		"somebody else's name beside no offer": {"offered": {"bob"}, "username": {"ann"}},
	} {
		form.Set("_csrf", token)
		if answer := w.post(action, form); answer.status != http.StatusBadRequest || answer.header.Get("Location") != "" {
			t.Errorf("%s: %d to %q, want 400", name, answer.status, answer.header.Get("Location"))
		}
	}
	changed := newWorld(t, offering("ann", "the former password"))
	action, token = changed.form(asked())
	if answer := changed.post(action, url.Values{"_csrf": {token}, "offered": {"ann"}}); answer.status != http.StatusBadRequest {
		t.Errorf("after another password was set: %d, want 400", answer.status)
	}
}

// A server at another port of the host can set the form's cookie, and get the token that is
// made from it. Only the browser tells whose page a form is on.
func TestAPageOfAnotherOriginSignsNobodyInAtAClick(t *testing.T) {
	w := newWorld(t, offering("ann", password))
	action, token := w.form(asked())
	form := url.Values{"_csrf": {token}, "offered": {"ann"}}.Encode()
	const media = "application/x-www-form-urlencoded"
	for name, header := range map[string][]string{
		"another port":                          {"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1"},
		"another site":                          {"Sec-Fetch-Site", "cross-site", "Origin", "https://attacker.example"},
		"another origin that hides its name":    {"Sec-Fetch-Site", "cross-site", "Origin", "null"},
		"another port, of an older browser":     {"Origin", "http://127.0.0.1:1"},
		"an origin that hides its name, of one": {"Origin", "null"},
	} {
		answer := w.do(w.request(http.MethodPost, action, form, append(header, "Content-Type", media)...))
		if answer.status != http.StatusForbidden || answer.header.Get("Location") != "" || len(answer.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: %d to %q, want 403 and no cookie", name, answer.status, answer.header.Get("Location"))
		}
	}
	// A page that sends no referrer has a hidden origin too, also for its own forms.
	own := w.do(w.request(http.MethodPost, action, form, "Sec-Fetch-Site", "same-origin", "Origin", "null", "Content-Type", media))
	if got := own.location(t); got.Query().Get("code") == "" {
		t.Errorf("the page's own form: sent to %s", got)
	}
}
