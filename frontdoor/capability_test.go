package frontdoor_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
)

// statement is HealthLake's capability statement, with what is in place of its base URL.
const statement = `{"resourceType":"CapabilityStatement","date":"2030-01-01","fhirVersion":"4.0.1","kind":"instance","status":"active",
	"implementation":{"description":"a data store","url":"BASE"},
	"rest":[{"mode":"server","security":{"description":"kept","extension":[
			{"url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris","extension":[{"url":"token","valueUri":"https://pool.example/oauth2/token"}]},
			{"url":"https://other.example","valueString":"kept"}]},
		"resource":[{"type":"Patient","searchParam":[{"name":"name","type":"string"}]}],
		"operation":[{"name":"export","definition":"BASE/OperationDefinition/export"}],"large":12345678901234567890.10}]}`

// capabilities answers as HealthLake does to a signed request.
func capabilities(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "application/fhir+json")
	_, _ = io.WriteString(rw, strings.ReplaceAll(statement, "BASE", "https://"+r.Host+"/datastore/d1/r4"))
}

func TestTheCapabilityStatementIsHealthLakesWithTheDoorsAddresses(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(capabilities)
	recorder := w.get("/r4/metadata?_format=json")
	var got, want any
	decode(t, recorder.Body.String(), &got)
	decode(t, `{"resourceType":"CapabilityStatement","date":"2030-01-01","fhirVersion":"4.0.1","kind":"instance","status":"active",
		"implementation":{"description":"a data store","url":"https://fhir.example/r4"},
		"rest":[{"mode":"server","security":{"cors":true,"description":"kept","extension":[
				{"url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris","extension":[
					{"url":"authorize","valueUri":"https://fhir.example/oauth2/authorize"},
					{"url":"token","valueUri":"https://fhir.example/oauth2/token"},
					{"url":"revoke","valueUri":"https://fhir.example/oauth2/revoke"}]},
				{"url":"https://other.example","valueString":"kept"}],
				"service":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/restful-security-service","code":"SMART-on-FHIR"}]}]},
			"resource":[{"type":"Patient","searchParam":[{"name":"name","type":"string"}]}],
			"operation":[{"name":"export","definition":"https://fhir.example/r4/OperationDefinition/export"}],"large":12345678901234567890.10}]}`, &want)
	if recorder.Code != http.StatusOK || !reflect.DeepEqual(got, want) {
		t.Errorf("got %d %v\nwant %v", recorder.Code, got, want)
	}
	if header := recorder.Header(); header.Get("Content-Type") != "application/fhir+json" || header.Get("ETag") == "" || header.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("got %v", header)
	}
	if !strings.Contains(recorder.Body.String(), "12345678901234567890.10") {
		t.Error("a number was written anew")
	}
	if again := w.get("/r4/metadata", "If-None-Match", recorder.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("with the tag: got %d", again.Code)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

func TestAStatementThatLacksAnImplementationOrSecurityGetsThem(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"resourceType":"CapabilityStatement","rest":[{"mode":"server"}]}`)
	})
	got := members(t, w.get("/r4/metadata"))
	implementation := got["implementation"].(map[string]any)
	security := got["rest"].([]any)[0].(map[string]any)["security"].(map[string]any)
	if implementation["url"] != base || implementation["description"] == "" || len(security["extension"].([]any)) != 1 || security["cors"] != true {
		t.Errorf("got %v", got)
	}
}

func TestTheRequestForTheStatementIsSignedAsTheFunctionsRole(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(capabilities)
	r := request(http.MethodGet, "/r4/metadata", "", "Authorization", "Bearer canary-access", "Cookie", "canary", "X-Forwarded-For", "canary")
	if recorder := w.do(r); recorder.Code != http.StatusOK {
		t.Fatalf("got %d %s", recorder.Code, recorder.Body)
	}
	got := w.lastHealthLake
	again, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.config.DatastoreEndpoint+"metadata", nil)
	if err != nil {
		t.Fatal(err)
	}
	again.Header.Set("Accept", "application/fhir+json")
	const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	credentials := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "canary-secret-key", SessionToken: "canary-session-token"}
	if err := v4.NewSigner().SignHTTP(t.Context(), credentials, again, emptySHA256, "healthlake", "us-east-1", start); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token", "Accept"} {
		if got.Header.Get(name) != again.Header.Get(name) || got.Header.Get(name) == "" {
			t.Errorf("%s: got %q, want %q", name, got.Header.Get(name), again.Header.Get(name))
		}
	}
	if got.URL.String() != "/datastore/d1/r4/metadata" || strings.Contains(text(t, got.Header), "canary-access") || got.Header.Get("Cookie") != "" {
		t.Errorf("HealthLake got %s %v", got.URL, got.Header)
	}
}

func TestTheStatementIsReadEveryTenMinutes(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(capabilities)
	for range 3 {
		w.get("/r4/metadata")
	}
	w.now.Store(599)
	w.get("/r4/metadata")
	if n := w.healthLakeCalls.Load(); n != 1 {
		t.Errorf("after 599 s: HealthLake was asked %d times, want once", n)
	}
	w.now.Store(600)
	w.get("/r4/metadata")
	if n := w.healthLakeCalls.Load(); n != 2 {
		t.Errorf("after 600 s: HealthLake was asked %d times, want twice", n)
	}
}

func TestAnOldStatementIsServedWhileHealthLakeFails(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(capabilities)
	first := w.get("/r4/metadata").Body.String()
	w.healthLakeSays(status(http.StatusInternalServerError, "canary"))
	for i, at := range []int64{600, 604, 605} {
		w.now.Store(at)
		recorder := w.get("/r4/metadata")
		if want := []int32{2, 2, 3}[i]; recorder.Code != http.StatusOK || recorder.Body.String() != first || w.healthLakeCalls.Load() != want {
			t.Errorf("after %d s: got %d, and HealthLake was asked %d times, want %d", at, recorder.Code, w.healthLakeCalls.Load(), want)
		}
	}
	w.healthLakeSays(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/fhir+json")
		_, _ = io.WriteString(rw, `{"resourceType":"CapabilityStatement","date":"2031-01-01","rest":[{"mode":"server"}]}`)
	})
	w.now.Store(610)
	if recorder := w.get("/r4/metadata"); !strings.Contains(recorder.Body.String(), "2031-01-01") {
		t.Errorf("after HealthLake is back: got %s", recorder.Body)
	}
}

func TestAnOldStatementIsServedWhileHealthLakeHangs(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(capabilities)
	first := w.get("/r4/metadata").Body.String()
	release := make(chan struct{})
	w.healthLakeSays(func(rw http.ResponseWriter, r *http.Request) {
		<-release
		asJSON(`{"resourceType":"CapabilityStatement","date":"2031-01-01","rest":[{"mode":"server"}]}`)(rw, r)
	})
	w.now.Store(600)
	if recorder := w.get("/r4/metadata"); recorder.Code != http.StatusOK || recorder.Body.String() != first {
		t.Errorf("while HealthLake hangs: got %d %s", recorder.Code, recorder.Body)
	}
	close(release)
	if recorder := w.get("/r4/metadata"); !strings.Contains(recorder.Body.String(), "2031-01-01") || w.healthLakeCalls.Load() != 2 {
		t.Errorf("after it answers: got %s, and HealthLake was asked %d times", recorder.Body, w.healthLakeCalls.Load())
	}
}

func TestWithoutAStatementTheAnswerIs503AndTheNextTryIsSoon(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"refused": status(http.StatusForbidden, `{"message":"canary"}`),
		"a page": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(rw, "<p>canary")
		},
		"a page as JSON":     asJSON("<p>canary"),
		"no object":          asJSON(`["canary"]`),
		"null":               asJSON(`null`),
		"another type":       asJSON(`{"resourceType":"OperationOutcome","id":"canary"}`),
		"no rest":            asJSON(`{"resourceType":"CapabilityStatement","id":"canary"}`),
		"an empty rest":      asJSON(`{"resourceType":"CapabilityStatement","rest":[]}`),
		"nothing in rest":    asJSON(`{"resourceType":"CapabilityStatement","id":"canary","rest":[null]}`),
		"1000 rests":         asJSON(`{"resourceType":"CapabilityStatement","rest":[` + strings.Repeat("{},", 999) + `{}]}`),
		"broken security":    asJSON(`{"resourceType":"CapabilityStatement","rest":[{"security":"canary"}]}`),
		"no JSON type":       status(http.StatusOK, statement),
		"over 4 MiB":         asJSON(`{"resourceType":"CapabilityStatement","rest":[{}],"x":"` + strings.Repeat("x", 4<<20) + `"}`),
		"spaces up to 4 MiB": asJSON(statement + strings.Repeat(" ", 4<<20)),
		"half": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Length", "9999")
			asJSON(statement)(rw, nil)
		},
		"a redirect": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "/datastore/d2/r4/metadata", http.StatusFound)
		},
		"broken off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no HTTP": func(rw http.ResponseWriter, _ *http.Request) {
			if connection, _, err := http.NewResponseController(rw).Hijack(); err == nil {
				_, _ = io.WriteString(connection, "canary\r\n\r\n")
				_ = connection.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.healthLakeSays(answer)
			recorder := w.get("/r4/metadata")
			outcome := members(t, recorder)
			if recorder.Code != http.StatusServiceUnavailable || outcome["resourceType"] != "OperationOutcome" || recorder.Header().Get("Retry-After") != "5" ||
				recorder.Header().Get("Cache-Control") != "no-store" || strings.Contains(recorder.Body.String()+w.log.String(), "canary") {
				t.Errorf("got %d %s %v; log: %s", recorder.Code, recorder.Body, recorder.Header(), w.log)
			}
			calls := w.healthLakeCalls.Load()
			w.healthLakeSays(capabilities)
			w.now.Store(4)
			if recorder := w.get("/r4/metadata"); recorder.Code != http.StatusServiceUnavailable || w.healthLakeCalls.Load() != calls {
				t.Errorf("after 4 s: got %d, and HealthLake was asked %d times", recorder.Code, w.healthLakeCalls.Load())
			}
			w.now.Store(5)
			if recorder := w.get("/r4/metadata"); recorder.Code != http.StatusOK {
				t.Errorf("after 5 s: got %d %s", recorder.Code, recorder.Body)
			}
		})
	}
}

func asJSON(body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/fhir+json")
		_, _ = io.WriteString(rw, body)
	}
}

func TestManyWhoAskForTheStatementAtOnceAreOneRequest(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	w.healthLakeSays(func(rw http.ResponseWriter, r *http.Request) {
		<-release
		capabilities(rw, r)
	})
	var asking sync.WaitGroup
	codes := make(chan int, 50)
	for range cap(codes) {
		asking.Go(func() { codes <- w.get("/r4/metadata").Code })
	}
	time.Sleep(20 * time.Millisecond) // most of them wait by now
	close(release)
	asking.Wait()
	close(codes)
	for code := range codes {
		if code != http.StatusOK {
			t.Errorf("got %d", code)
		}
	}
	if n := w.healthLakeCalls.Load(); n != 1 {
		t.Errorf("HealthLake was asked %d times", n)
	}
}

func TestWhoGoesAwayDoesNotEndTheAttemptOfTheOthers(t *testing.T) {
	w := newWorld(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	w.healthLakeSays(func(rw http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		capabilities(rw, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan *httptest.ResponseRecorder)
	go func() { gone <- w.do(request(http.MethodGet, "/r4/metadata", "").WithContext(ctx)) }()
	<-arrived
	cancel()
	if recorder := <-gone; recorder.Code != http.StatusServiceUnavailable {
		t.Errorf("who went away: got %d", recorder.Code)
	}
	close(release)
	if recorder := w.get("/r4/metadata"); recorder.Code != http.StatusOK || w.healthLakeCalls.Load() != 1 {
		t.Errorf("got %d, and HealthLake was asked %d times", recorder.Code, w.healthLakeCalls.Load())
	}
}

func TestTheAttemptToReadTheStatementEndsInTime(t *testing.T) {
	bounded := false
	w := newWorld(t, func(c *frontdoor.Config) {
		c.Transport = transport(func(r *http.Request) (*http.Response, error) {
			end, ok := r.Context().Deadline()
			bounded = ok && time.Until(end) <= 10*time.Second
			return nil, context.DeadlineExceeded
		})
	})
	if recorder := w.get("/r4/metadata"); recorder.Code != http.StatusServiceUnavailable || !bounded {
		t.Errorf("got %d, bounded %t", recorder.Code, bounded)
	}
}
