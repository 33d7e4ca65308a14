package fhirproxy_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
)

func TestAHeaderInAnotherSpellingIsTheSameHeader(t *testing.T) {
	got, err := fhirproxy.RequestHeader(http.Header{"accept": {"a"}, "IF-MATCH": {`W/"1"`}, "x-amz-fhir-a": {"b"}, "cookie": {"c"}})
	if want := (http.Header{"Accept": {"a"}, "If-Match": {`W/"1"`}, "X-Amz-Fhir-A": {"b"}}); err != nil || !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, in := range []http.Header{
		{"content-type": {"a/b"}, "Content-Type": {"c/d"}}, {"content-encoding": {"gzip"}}, {"x-provenance": {"{}"}}, {"connection": {"accept"}}, {"Accept": {"a\r\nX-Secret: 1"}}, {"If-Match": {"a\x00"}},
	} {
		if got, err := fhirproxy.RequestHeader(in); err == nil {
			t.Errorf("%q: got %v", in, got)
		}
	}
}

func TestAnAnswersHeadersAreThoseOfTheList(t *testing.T) {
	in := http.Header{
		"Allow": {"GET"}, "Cache-Control": {"no-store"}, "Content-Type": {"application/fhir+json"}, "Etag": {`W/"1"`}, "Last-Modified": {"x"}, "Retry-After": {"1"},
		"X-Amz-Request-Id": {"a"}, "X-Amzn-Requestid": {"b"}, "X-Progress": {"c"}, "Www-Authenticate": {`Basic realm="x"`, `Bearer error="invalid_token"`},
	}
	want := in.Clone()
	want["Www-Authenticate"] = []string{`Bearer error="invalid_token"`}
	for _, name := range []string{"Set-Cookie", "Server", "Link", "Content-Encoding", "Transfer-Encoding", "Content-Length", "Access-Control-Allow-Origin", "X-Amz-Security-Token", "Authorization", "Vary", "Content-Disposition"} {
		in.Set(name, "x")
	}
	if got := fhirproxy.ResponseHeader(in, from, door); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// FuzzHeaders: whatever is sent, what passes is of the list, in the form that it was sent
// in, and a token is one token.
func FuzzHeaders(f *testing.F) {
	for _, seed := range [][2]string{{"Accept", "a"}, {"authorization", "Bearer a"}, {"Authorization", "Bearer a,Bearer b"}, {"Connection", "close, If-Match"}, {"x-amz-fhir-a", "b"}, {"X-Amz-Date", "1"}, {"Content-Type", "a\r\nb"}} {
		f.Add(seed[0], seed[1], seed[1])
	}
	allowed := []string{"Accept", "Accept-Language", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Exist", "If-None-Match", "Prefer"}
	f.Fuzz(func(t *testing.T, name, value, another string) {
		in := http.Header{name: {value, another}, strings.ToLower(name): {value}}
		out, err := fhirproxy.RequestHeader(in)
		var refusal *fhirproxy.Refusal
		if err != nil && (!errors.As(err, &refusal) || refusal.Status != 400 && refusal.Status != 415) {
			t.Errorf("%q: got %v", in, err)
		}
		for passed, values := range out {
			if err == nil && !slices.Contains(allowed, passed) && !strings.HasPrefix(passed, "X-Amz-Fhir-") {
				t.Errorf("%q passed", passed)
			}
			for _, v := range values {
				if err == nil && (v != value && v != another || strings.ContainsAny(v, "\r\n\x00")) {
					t.Errorf("%q passed with %q", passed, v)
				}
			}
		}
		token, err := fhirproxy.BearerToken(http.Header{"Authorization": {value}})
		if (err == nil) != (token != "") || len(token) > 8<<10 || strings.ContainsAny(token, " ,\r\n\x00\t\"") || err == nil && !strings.HasSuffix(value, token) {
			t.Errorf("%q: got %q, %v", value, token, err)
		}
		if token, err := fhirproxy.BearerToken(http.Header{"Authorization": {value, another}}); err == nil {
			t.Errorf("of two: got %q", token)
		}
		for passed := range fhirproxy.ResponseHeader(in, from, door) {
			if strings.HasPrefix(passed, "Set-") || strings.HasPrefix(passed, "Access-") {
				t.Errorf("%q passed back", passed)
			}
		}
	})
}
