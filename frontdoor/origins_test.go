package frontdoor_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
)

// readable expects that a page of an origin may read an answer, or with "" that none may,
// and that no page may send cookies along.
func readable(t *testing.T, recorder *httptest.ResponseRecorder, origin string) {
	t.Helper()
	if got := recorder.Header().Values("Access-Control-Allow-Origin"); origin == "" && len(got) > 0 || origin != "" && (len(got) != 1 || got[0] != origin) {
		t.Errorf("Access-Control-Allow-Origin: got %q, want %q", got, origin)
	}
	if got, there := recorder.Header()["Access-Control-Allow-Credentials"]; there {
		t.Errorf("Access-Control-Allow-Credentials: got %q", got)
	}
}

func varies(t *testing.T, recorder *httptest.ResponseRecorder) {
	t.Helper()
	for _, value := range recorder.Header().Values("Vary") {
		if value == "Origin" {
			return
		}
	}
	t.Errorf("Vary: got %q, want Origin among them", recorder.Header().Values("Vary"))
}

// preflight is what a browser asks before a request of a page.
func (w *world) preflight(target, origin, method, headers string) *httptest.ResponseRecorder {
	return w.do(request(http.MethodOptions, target, "", "Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", headers))
}

var strangers = []string{
	"null", "https://evil.example", "http://portal.example", "https://portal.example.evil.example", "https://portal.example:8443", "http://localhost:3001",
	"https://PORTAL.example", "https://portal.example/", "*", "https://portal.example, https://evil.example", "file://", "https://fhir.example",
}

func TestPagesOfRegisteredOriginsReadFHIRAnswers(t *testing.T) {
	w := newWorld(t)
	for _, origin := range []string{"https://portal.example", "http://localhost:3000", "https://clinic.example", "https://viewer.example"} {
		recorder := w.get("/r4/Patient/p-1", "Origin", origin, "Authorization", "Bearer t", "Cookie", "session=1")
		readable(t, recorder, origin)
		varies(t, recorder)
		if got := recorder.Header().Get("Access-Control-Expose-Headers"); recorder.Code != http.StatusOK ||
			got != "Content-Location, ETag, Last-Modified, Location, Retry-After, WWW-Authenticate" {
			t.Errorf("got %d, %q", recorder.Code, got)
		}
	}
	recorder := w.get("/r4/Patient/p-1", "Origin", "https://portal.example")
	if recorder.Code != http.StatusUnauthorized {
		t.Errorf("without a token: got %d", recorder.Code)
	}
	readable(t, recorder, "https://portal.example") // an app has to see the refusal
}

func TestPagesOfOtherOriginsReadNothing(t *testing.T) {
	w := newWorld(t)
	for _, origin := range strangers {
		recorder := w.get("/r4/Patient/p-1", "Origin", origin, "Authorization", "Bearer t")
		readable(t, recorder, "")
		varies(t, recorder)
		for _, target := range []string{"/r4/Patient/p-1", "/oauth2/token", "/oauth2/revoke"} {
			recorder := w.preflight(target, origin, "POST", "authorization")
			readable(t, recorder, "")
			varies(t, recorder)
			if got := recorder.Header().Get("Access-Control-Allow-Headers"); recorder.Code != http.StatusNoContent || got != "" {
				t.Errorf("%s: a preflight got %d, %q", target, recorder.Code, got)
			}
		}
		recorder = w.post("/oauth2/token", exchange(), "Origin", origin)
		readable(t, recorder, "")
		varies(t, recorder)
	}
	recorder := w.get("/r4/Patient/p-1", "Origin", "https://portal.example", "Origin", "https://evil.example")
	readable(t, recorder, "")
	recorder = w.get("/r4/Patient/p-1")
	readable(t, recorder, "")
	varies(t, recorder)
}

func TestAPreflightOfTheFHIRAPIIsAnsweredHere(t *testing.T) {
	w := newWorld(t)
	recorder := w.preflight("/r4/Patient", "https://portal.example", "PUT", "authorization,if-match,x-amz-fhir-history-consistency-level,x-amz-security-token,x-other")
	readable(t, recorder, "https://portal.example")
	for name, want := range map[string]string{
		"Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
		"Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, Prefer, x-amz-fhir-history-consistency-level",
		"Access-Control-Max-Age":       "600",
	} {
		if got := recorder.Header().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if recorder.Code != http.StatusNoContent || w.healthLakeCalls.Load() != 0 {
		t.Errorf("got %d, and HealthLake was asked %d times", recorder.Code, w.healthLakeCalls.Load())
	}
}

func TestAPreflightIsAnsweredWithHeadersThatAreOnes(t *testing.T) {
	w := newWorld(t)
	recorder := w.preflight("/r4/Patient", "https://portal.example", "GET", "x-amz-fhir-\r\nset-cookie, x-amz-fhir-a:b, X-Amz-Fhir-Ok")
	if got := recorder.Header().Get("Access-Control-Allow-Headers"); got !=
		"Accept, Accept-Language, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, Prefer, x-amz-fhir-ok" {
		t.Errorf("got %q", got)
	}
}

func TestTheTokenEndpointIsForPagesOfTheClientItself(t *testing.T) {
	w := newWorld(t)
	for _, endpoint := range []string{"/oauth2/token", "/oauth2/revoke"} {
		recorder := w.preflight(endpoint, "http://localhost:3000", "POST", "content-type")
		readable(t, recorder, "http://localhost:3000")
		varies(t, recorder)
		if header := recorder.Header(); recorder.Code != http.StatusNoContent || header.Get("Access-Control-Allow-Methods") != "POST" ||
			header.Get("Access-Control-Allow-Headers") != "Accept, Authorization, Content-Type" {
			t.Errorf("got %d %v", recorder.Code, header)
		}
		readable(t, w.preflight(endpoint, "https://viewer.example", "POST", "content-type"), "")
		for _, form := range []url.Values{with(exchange(), "token", "t"), with(exchange("grant_type", "x"), "token", "-")} { // a success, and a refusal
			recorder := w.post(endpoint, form, "Origin", "http://localhost:3000")
			readable(t, recorder, "http://localhost:3000")
			varies(t, recorder)
			readable(t, w.post(endpoint, form, "Origin", "https://clinic.example"), "")
			readable(t, w.post(endpoint, form, "Origin", "https://viewer.example"), "")
		}
	}
	readable(t, w.post("/oauth2/token", exchange("client_id", "x"), "Origin", "https://portal.example"), "https://portal.example")
	readable(t, w.post("/oauth2/token", credentials(), "Origin", "https://portal.example"), "")
}

func TestDocumentsAreForEveryPage(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(capabilities)
	for _, target := range []string{"/r4/.well-known/smart-configuration", "/r4/metadata"} {
		for _, origin := range strangers {
			readable(t, w.get(target, "Origin", origin), "*")
			recorder := w.preflight(target, origin, "GET", "authorization")
			readable(t, recorder, "*")
			if header := recorder.Header(); recorder.Code != http.StatusNoContent || header.Get("Access-Control-Allow-Methods") != "GET, HEAD" ||
				header.Get("Access-Control-Allow-Headers") != "Accept, Accept-Language, Authorization, Content-Type, If-None-Match" {
				t.Errorf("got %d %v", recorder.Code, header)
			}
		}
		readable(t, w.get(target), "*")
	}
	w = newWorld(t)
	w.healthLakeSays(status(http.StatusForbidden, ""))
	readable(t, w.get("/r4/metadata", "Origin", "https://evil.example"), "*")
}

func TestTheOriginOfACallbackIsWrittenAsABrowserWritesIt(t *testing.T) {
	w := newWorld(t, func(c *frontdoor.Config) {
		c.AllowedOrigins = nil
		c.Clients = []frontdoor.Client{
			{ID: "a", Scopes: []string{"openid"}, CallbackURLs: []string{"https://App.Example:443/x", "http://localhost:80/x", "http://[::1]:3000/x", "com.example.app://back/x"}},
		}
	})
	for _, origin := range []string{"https://app.example", "http://localhost", "http://[::1]:3000"} {
		readable(t, w.get("/r4/Patient", "Origin", origin), origin)
	}
	for _, origin := range []string{"https://app.example:443", "com.example.app://back", "null", ""} {
		readable(t, w.get("/r4/Patient", "Origin", origin), "")
	}
}

func TestHealthLakesOwnCORSHeadersAreNotPassedOn(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Access-Control-Allow-Origin", "*")
		rw.Header().Set("Access-Control-Allow-Credentials", "true")
		rw.Header().Set("Content-Type", "application/fhir+json")
		_, _ = io.WriteString(rw, `{}`)
	})
	readable(t, w.get("/r4/Patient", "Origin", "https://evil.example", "Authorization", "Bearer t"), "")
	readable(t, w.get("/r4/Patient", "Origin", "https://portal.example", "Authorization", "Bearer t"), "https://portal.example")
}
