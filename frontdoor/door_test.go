package frontdoor_test

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
)

func TestTheDiscoveryDocumentIsServedByteForByte(t *testing.T) {
	w := newWorld(t)
	for _, query := range []string{"", "?v=1", "?access_token=x&%zz"} {
		recorder := w.get("/r4/.well-known/smart-configuration" + query)
		header := recorder.Header()
		if recorder.Code != http.StatusOK || recorder.Body.String() != discovery {
			t.Errorf("got %d %s", recorder.Code, recorder.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/json", "Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag",
			"X-Content-Type-Options": "nosniff",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if tag := header.Get("ETag"); !strings.HasPrefix(tag, `"`) || len(tag) != 24 {
			t.Errorf("ETag: got %q", tag)
		}
	}
	if w.healthLakeCalls.Load() != 0 || w.cognitoCalls.Load() != 0 {
		t.Error("somebody was asked for it")
	}
}

func TestWhoHasTheDiscoveryDocumentIsNotSentItAgain(t *testing.T) {
	w := newWorld(t)
	const target = "/r4/.well-known/smart-configuration"
	tag := w.get(target).Header().Get("ETag")
	for _, given := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		recorder := w.get(target, "If-None-Match", given)
		if recorder.Code != http.StatusNotModified || recorder.Body.Len() != 0 || recorder.Header().Get("ETag") != tag || recorder.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: got %d %s %v", given, recorder.Code, recorder.Body, recorder.Header())
		}
	}
	if recorder := w.get(target, "If-None-Match", `"x"`); recorder.Code != http.StatusOK {
		t.Errorf("another tag: got %d", recorder.Code)
	}
	recorder := w.do(request(http.MethodHead, target, ""))
	if recorder.Code != http.StatusOK || recorder.Body.Len() != 0 || recorder.Header().Get("ETag") != tag || recorder.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: got %d %s %v", recorder.Code, recorder.Body, recorder.Header())
	}
	other := newWorld(t, func(c *frontdoor.Config) { c.DiscoveryDocument = `{"other":true}` })
	if got := other.get(target).Header().Get("ETag"); got == tag {
		t.Error("another document has the same tag")
	}
}

// A cache answers everybody with what one request made it keep.
func TestNoHeaderOfARequestMakesADocumentAnErrorThatACacheKeeps(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(capabilities)
	for _, target := range []string{"/r4/.well-known/smart-configuration", "/r4/metadata"} {
		whole := w.get(target)
		for _, header := range [][]string{
			{"If-Match", `"x"`}, {"If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT"}, {"If-Modified-Since", "Tue, 01 Jan 2999 00:00:00 GMT"},
			{"Range", "bytes=999999-"}, {"Range", "bytes=0-0"}, {"Range", "bytes=0-0,2-2"}, {"Range", "bytes=0-0", "If-Range", whole.Header().Get("ETag")},
		} {
			recorder := w.get(target, header...)
			if recorder.Code != http.StatusOK || recorder.Body.String() != whole.Body.String() || !maps.EqualFunc(recorder.Header(), whole.Header(), slices.Equal) {
				t.Errorf("%s %v: got %d %.40q %v", target, header, recorder.Code, recorder.Body, recorder.Header())
			}
		}
	}
}

func TestDocumentsAreOnlyRead(t *testing.T) {
	w := newWorld(t)
	for _, target := range []string{"/r4/.well-known/smart-configuration", "/r4/metadata"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			recorder := w.do(request(method, target, ""))
			if recorder.Code != http.StatusMethodNotAllowed || recorder.Header().Get("Allow") != "GET, HEAD, OPTIONS" {
				t.Errorf("%s %s: got %d %v", method, target, recorder.Code, recorder.Header())
			}
		}
	}
	if w.healthLakeCalls.Load() != 0 {
		t.Error("HealthLake was asked")
	}
}

func TestTheDoorAnswersForItsOwnHostAlone(t *testing.T) {
	w := newWorld(t)
	targets := []string{"/r4/.well-known/smart-configuration", "/r4/metadata", "/r4/Patient/1", "/r4", "/oauth2/authorize?" + launch().Encode(), "/oauth2/token", "/"}
	for _, host := range []string{"evil.example", "fhir.example.evil.example", "fhir.example:8443", "", "abc.execute-api.us-east-1.amazonaws.com", "fhir.example."} {
		for _, target := range targets {
			r := request(http.MethodGet, target, "", "Authorization", "Bearer t", "X-Forwarded-Host", "fhir.example", "Forwarded", "host=fhir.example")
			r.Host = host
			recorder := w.do(r)
			if header := recorder.Header(); recorder.Code != http.StatusMisdirectedRequest || header.Get("Cache-Control") != "no-store" ||
				header.Get("ETag") != "" || strings.Contains(recorder.Body.String(), "evil") {
				t.Errorf("%q%s: got %d %v %s", host, target, recorder.Code, header, recorder.Body)
			}
		}
	}
	if w.healthLakeCalls.Load() != 0 {
		t.Error("HealthLake was asked")
	}
	for _, host := range []string{"fhir.example", "FHIR.example", "fhir.example:443"} {
		r := request(http.MethodGet, "/r4/.well-known/smart-configuration", "")
		r.Host = host
		if recorder := w.do(r); recorder.Code != http.StatusOK {
			t.Errorf("%s: got %d", host, recorder.Code)
		}
	}
}

func TestADoorWithAPortOfItsOwnIsNamedWithAndWithoutIt(t *testing.T) {
	w := newWorld(t, func(c *frontdoor.Config) { c.BaseURL = "https://127.0.0.1:8443/r4" })
	for host, want := range map[string]int{"127.0.0.1:8443": http.StatusOK, "127.0.0.1": http.StatusOK, "127.0.0.1:8444": http.StatusMisdirectedRequest, "localhost:8443": http.StatusMisdirectedRequest} {
		r := request(http.MethodGet, "/r4/.well-known/smart-configuration", "")
		r.Host = host
		if recorder := w.do(r); recorder.Code != want {
			t.Errorf("%s: got %d, want %d", host, recorder.Code, want)
		}
	}
}

func TestAFHIRRequestGoesToHealthLakeAsTheProxyPassesIt(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/fhir+json")
		_, _ = io.WriteString(rw, `{"resourceType":"Bundle","link":[{"relation":"next","url":"`+w.config.DatastoreEndpoint+`Patient?page=2"}]}`)
	})
	recorder := w.get("/r4/Patient?name=ann", "Authorization", "Bearer t")
	if want := `{"resourceType":"Bundle","link":[{"relation":"next","url":"` + base + `/Patient?page=2"}]}`; recorder.Code != http.StatusOK || recorder.Body.String() != want {
		t.Errorf("got %d %s, want %s", recorder.Code, recorder.Body, want)
	}
	r := w.lastHealthLake
	if r.URL.String() != "/datastore/d1/r4/Patient?name=ann" || r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("X-Amz-Date") != "" {
		t.Errorf("HealthLake got %s %v", r.URL, r.Header)
	}
	recorder = w.get("/r4/Patient")
	if recorder.Code != http.StatusUnauthorized || recorder.Header().Get("WWW-Authenticate") != "Bearer" || w.healthLakeCalls.Load() != 1 {
		t.Errorf("without a token: got %d %v, and HealthLake was asked %d times", recorder.Code, recorder.Header(), w.healthLakeCalls.Load())
	}
}

func TestAPathIsTakenAsItIsWritten(t *testing.T) {
	w := newWorld(t)
	for target, want := range map[string]int{
		"/r4/%2e%2e/%2e%2e/d2/r4/Patient":       http.StatusBadRequest,
		"/r4/../../d2/r4/Patient":               http.StatusBadRequest,
		"/r4//Patient":                          http.StatusBadRequest,
		"/r4/metadat%61":                        http.StatusBadRequest,
		"/r4/.well-known%2Fsmart-configuration": http.StatusBadRequest,
		"/r4/x/../metadata":                     http.StatusBadRequest,
		"/%72%34/Patient":                       http.StatusNotFound,
		"//r4/Patient":                          http.StatusNotFound,
		"/r4x/Patient":                          http.StatusNotFound,
		"/R4/Patient":                           http.StatusNotFound,
		"/":                                     http.StatusNotFound,
		"/.well-known/smart-configuration":      http.StatusNotFound,
		"/oauth2/token/":                        http.StatusNotFound,
		"/oauth2/%74oken":                       http.StatusNotFound,
		"/oauth2/userInfo":                      http.StatusNotFound,
		"/login":                                http.StatusNotFound,
	} {
		recorder := w.get(target, "Authorization", "Bearer t")
		if recorder.Code != want || recorder.Header().Get("Location") != "" {
			t.Errorf("%s: got %d %s, want %d", target, recorder.Code, recorder.Body, want)
		}
	}
	if w.healthLakeCalls.Load() != 0 || w.cognitoCalls.Load() != 0 {
		t.Error("somebody was asked")
	}
}
