package conformance_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A check that cannot fail says nothing. Here the answers of a server that conforms are
// changed on their way, and each check must see its fault.

// fault of a server, in answers to requests whose path ends in one of these.
type fault struct {
	what   string
	paths  []string
	change func(*http.Request, *answer)
	breaks []string // the names of the requirements that do not hold with it
}

// faulty changes answers.
type faulty struct {
	http.RoundTripper
	fault
}

// RoundTrip implements http.RoundTripper.
func (f faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := f.RoundTripper.RoundTrip(r)
	if err != nil || !slices.ContainsFunc(f.paths, func(path string) bool { return strings.HasSuffix(r.URL.Path, path) }) {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	changed := answer{response.StatusCode, response.Header, body}
	f.change(r, &changed)
	response.StatusCode, response.Header = changed.status, changed.header
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(changed.body)), int64(len(changed.body))
	return response, nil
}

// set a member of a JSON object; nil removes it.
func (a *answer) set(name string, value any) {
	members, err := a.object()
	if err != nil {
		return
	}
	if members[name] = value; value == nil {
		delete(members, name)
	}
	if text, err := json.Marshal(members); err == nil {
		a.body = text
	}
}

func sets(name string, value any) func(*http.Request, *answer) {
	return func(_ *http.Request, a *answer) { a.set(name, value) }
}

func removesHeader(names ...string) func(*http.Request, *answer) {
	return func(_ *http.Request, a *answer) {
		for _, name := range names {
			a.header.Del(name)
		}
	}
}

func answers(status int, body string) func(*http.Request, *answer) {
	return func(_ *http.Request, a *answer) { a.status, a.body = status, []byte(body) }
}

// refusalsAreSuccesses has the token endpoint grant what it refuses.
func refusalsAreSuccesses(_ *http.Request, a *answer) {
	if a.status >= 400 {
		a.status, a.body = http.StatusOK, []byte(`{"access_token":"t","token_type":"Bearer","expires_in":60,"scope":"openid"}`)
	}
}

// errorsAreCodes sends the browser back with a code in the place of an error.
func errorsAreCodes(r *http.Request, a *answer) {
	back := r.URL.Query().Get("redirect_uri")
	to, err := url.Parse(a.header.Get("Location"))
	if a.status < 400 && (err != nil || !to.Query().Has("error")) {
		return
	}
	a.status = http.StatusSeeOther
	a.header.Set("Location", back+"?code=c&state="+url.QueryEscape(r.URL.Query().Get("state")))
}

// changesTheWayBack changes the address that the browser is sent back to.
func changesTheWayBack(change func(url.Values)) func(*http.Request, *answer) {
	return func(_ *http.Request, a *answer) {
		to, err := url.Parse(a.header.Get("Location"))
		if err != nil || !strings.HasPrefix(to.String(), callback) {
			return
		}
		query := to.Query()
		change(query)
		to.RawQuery = query.Encode()
		a.header.Set("Location", to.String())
	}
}

// onRefresh changes the answers to refresh tokens alone.
func onRefresh(change func(*http.Request, *answer)) func(*http.Request, *answer) {
	return func(r *http.Request, a *answer) {
		body, err := r.GetBody()
		if err != nil {
			return
		}
		if form, err := io.ReadAll(body); err == nil && bytes.Contains(form, []byte("grant_type=refresh_token")) {
			change(r, a)
		}
	}
}

// withIDToken changes the claims or the header of the ID token, and leaves its signature.
func withIDToken(n int, name string, value any) func(*http.Request, *answer) {
	return func(_ *http.Request, a *answer) {
		members, _ := a.object()
		text, _ := members["id_token"].(string)
		parts := strings.Split(text, ".")
		if len(parts) != 3 {
			return
		}
		content, err := base64.RawURLEncoding.DecodeString(parts[n])
		if err != nil {
			return
		}
		changed := answer{body: content}
		changed.set(name, value)
		parts[n] = base64.RawURLEncoding.EncodeToString(changed.body)
		a.set("id_token", strings.Join(parts, "."))
	}
}

func TestEveryCheckSeesItsFault(t *testing.T) {
	conforming := columns[0].start(t)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10} // the fault
	old.StartTLS()
	t.Cleanup(old.Close)
	conforming.roots = conforming.roots.Clone()
	conforming.roots.AddCert(old.Certificate())
	seen := map[string]bool{}
	for _, f := range faults(old.URL) {
		t.Run(f.what, func(t *testing.T) {
			broken := conforming
			client := *conforming.http
			client.Transport = faulty{conforming.http.Transport, f}
			broken.http = &client
			for _, g := range groups {
				for _, r := range g.requirements {
					if !slices.Contains(f.breaks, r.name) {
						continue
					}
					seen[r.name] = true
					if problems := problemsOf(broken, g, r); r.outcomeOf(problems) != fails {
						t.Errorf("%s: got %v: want the check to fail", g.key(r), problems)
					}
				}
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		if !slices.ContainsFunc(groups, func(g group) bool {
			return slices.ContainsFunc(g.requirements, func(r requirement) bool { return r.name == name })
		}) {
			t.Errorf("%q: no requirement has this name", name)
		}
	}
	for _, g := range groups {
		for _, r := range g.requirements {
			if !seen[r.name] {
				t.Errorf("%q: no fault shows that the check can fail", g.key(r))
			}
		}
	}
}

// problemsOf a requirement at a server, in sessions of their own.
func problemsOf(s server, g group, r requirement) []error {
	var problems []error
	for _, app := range s.apps {
		if slices.Contains(g.apps, app.name) {
			problems = append(problems, r.holds(newSession(s, app)))
		}
	}
	return problems
}
