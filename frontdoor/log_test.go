package frontdoor_test

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

func TestARequestIsOneLineOfTheLog(t *testing.T) {
	w := newWorld(t)
	w.now.Store(1)
	w.get("/r4/.well-known/smart-configuration")
	w.get("/r4/Patient/canary/_history/canary?name=canary", "Authorization", "Bearer canary")
	w.get("/r4/Patient?name=canary")
	w.get("/oauth2/authorize?" + launch().Encode())
	w.get("/oauth2/authorize?" + launch("scope", "canary").Encode())
	w.get("/oauth2/authorize?" + launch("client_id", "canary").Encode())
	w.post("/oauth2/token", exchange())
	w.post("/oauth2/token", exchange("code", "-"))
	w.post("/oauth2/revoke", url.Values{"client_id": {"canary"}, "token": {"t"}})
	w.do(request("CANARY", "/canary", ""))
	w.healthLakeSays(status(http.StatusForbidden, ""))
	w.get("/r4/metadata")
	want := []map[string]any{
		{"route": "discovery", "method": "GET", "status": 200.0},
		{"route": "fhir", "method": "GET", "status": 200.0, "interaction": "vread", "type": "Patient"},
		{"route": "fhir", "method": "GET", "status": 401.0, "interaction": "search-type", "type": "Patient", "failure": "refused"},
		{"route": "authorize", "method": "GET", "status": 303.0, "client_id": portal},
		{"route": "authorize", "method": "GET", "status": 303.0, "client_id": portal, "error": "invalid_scope"},
		{"route": "authorize", "method": "GET", "status": 400.0, "error": "invalid_request"},
		{"route": "token", "method": "POST", "status": 200.0, "client_id": portal},
		{"route": "token", "method": "POST", "status": 400.0, "client_id": portal, "error": "invalid_request"},
		{"route": "revoke", "method": "POST", "status": 400.0, "error": "invalid_client"},
		{"route": "unknown", "method": "other", "status": 404.0, "error": "invalid_request"},
		{"level": "ERROR", "error": "HealthLake answered with status 403", "msg": "capability statement not read"},
		{"level": "ERROR", "route": "metadata", "method": "GET", "status": 503.0},
	}
	got := w.lines()
	for i, line := range got {
		delete(line, "time")
		if line["msg"] == "request" {
			if micros, ok := line["duration_us"].(float64); !ok || micros < 0 {
				t.Errorf("line %d: duration %v", i, line["duration_us"])
			}
			delete(line, "msg")
			delete(line, "duration_us")
			delete(line, "upstream_us")
		}
		if line["level"] == "INFO" {
			delete(line, "level")
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s", strings.ReplaceAll(text(t, got), "},", "},\n"))
	}
}

func TestTheLinesHaveTheMembersThatQueriesName(t *testing.T) {
	w := newWorld(t)
	w.get("/r4/Patient?name=canary")
	w.get("/r4/Patient", "Authorization", "Bearer t")
	w.get("/oauth2/authorize?" + launch("scope", "canary").Encode())
	lambdamaintest.AssertMembers(t, w.log.Take(), wire.FrontDoorLine())
}

func TestALineTellsWhatTheOtherSideTook(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(capabilities)
	ticking := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			w.now.Add(3)
			answer(rw, r)
		}
	}
	w.cognitoSays(ticking(status(http.StatusOK, w.tokens(nil, nil, nil))))
	w.healthLakeSays(ticking(capabilities))
	w.post("/oauth2/token", exchange())
	w.get("/r4/metadata")
	w.get("/r4/Patient", "Authorization", "Bearer t")
	lines := w.lines()
	for i, route := range []string{"token", "metadata"} {
		if lines[i]["route"] != route || lines[i]["upstream_us"] != 3e6 || lines[i]["duration_us"] != 3e6 {
			t.Errorf("got %v", lines[i])
		}
	}
	if micros, ok := lines[2]["upstream_us"].(float64); !ok || micros <= 0 {
		t.Errorf("got %v", lines[2])
	}
}

// A canary is in everything that is secret or about a person, in what is asked and in what is
// answered. None may be in the log, whatever becomes of the request.
func TestNothingSecretIsLogged(t *testing.T) {
	w := newWorld(t)
	token := w.tokens(map[string]any{"username": "canary-user", "patient": "canary-patient", "scope": "patient/*.rs canary-scope"}, map[string]any{"fhirUser": "Patient/canary-patient"}, nil)
	answers := map[string]http.HandlerFunc{
		"tokens":   status(http.StatusOK, token),
		"an error": status(http.StatusBadRequest, `{"error":"canary-error","error_description":"canary"}`),
		"a page":   status(http.StatusOK, "<p>canary"),
		"a redirect": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "https://canary.example/canary", http.StatusFound)
		},
		"a fault":     status(http.StatusInternalServerError, "canary"),
		"a break":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"a lie":       status(http.StatusOK, w.tokens(map[string]any{"client_id": "canary"}, nil, nil)),
		"a long body": asJSON(`{"resourceType":"canary","id":"` + strings.Repeat("canary", 1000) + `"}`),
	}
	header := []string{
		"Authorization", "Bearer canary-access-token", "Cookie", "canary=1", "X-Forwarded-For", "canary", "User-Agent", "canary", "Origin", "https://canary.example",
		"Referer", "https://canary.example", "X-Amz-Fhir-Canary", "canary",
	}
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		w.cognitoSays(answers[name])
		w.healthLakeSays(answers[name])
		w.now.Add(700) // the capability statement is read again
		for _, target := range []string{
			"/r4/metadata?x=canary", "/r4/.well-known/smart-configuration?x=canary", "/r4/Patient/canary", "/r4/Patient?name=canary", "/r4/Patient?access_token=canary",
			"/r4/canary/../canary", "/canary", "/r4/Patient/canary/$canary", "/r4/Canary/canary", "/r4/Patient/1/_history/canary?canary",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, "CANARY"} {
				w.do(request(method, target, `{"canary":"canary"}`, header...))
			}
		}
		for _, edits := range [][]string{
			{"state", "canary", "nonce", "canary", "login_hint", "canary"}, {"scope", "canary"}, {"redirect_uri", "https://canary.example"}, {"client_id", "canary"},
			{"aud", "https://canary.example"}, {"canary", "canary"}, {"launch", "canary"}, {"response_type", "canary"}, {"code_challenge", "canary"},
		} {
			w.get("/oauth2/authorize?"+launch(edits...).Encode(), header[2:]...)
			w.post("/oauth2/authorize", launch(edits...), header[2:]...)
		}
		for _, form := range []url.Values{
			exchange(), refresh(), credentials(), exchange("client_id", "canary"), exchange("code_verifier", "canary"), refresh("scope", "canary"), exchange("grant_type", "canary"),
			with(refresh(), "token", "canary"), {"canary": {"canary", "canary"}}, credentials("resource", "https://canary.example"), credentials("client_assertion", "canary"),
		} {
			for _, endpoint := range []string{"/oauth2/token", "/oauth2/revoke"} {
				w.post(endpoint, form, header[2:]...)
				w.post(endpoint, with(form, "client_secret", "-"), slices.Concat(header[2:], []string{"Authorization", basic(service, "canary-secret")})...)
			}
		}
		r := request(http.MethodGet, "/r4/Patient/canary", "", header...)
		r.Host = "canary.example"
		w.do(r)
	}
	for _, line := range w.lines() {
		if strings.Contains(strings.ToLower(text(t, line)), "canary") {
			t.Errorf("%v", line)
		}
	}
	if n := len(w.lines()); n < 500 {
		t.Errorf("%d lines: the requests are not all there", n)
	}
}

func TestAPanicIsAnAnswerAndALineWithoutItsValue(t *testing.T) {
	for route, ask := range map[string]func(*world) *httptest.ResponseRecorder{
		"token": func(w *world) *httptest.ResponseRecorder { return w.post("/oauth2/token", exchange()) },
		"fhir": func(w *world) *httptest.ResponseRecorder {
			return w.get("/r4/Patient", "Authorization", "Bearer t")
		},
	} {
		t.Run(route, func(t *testing.T) {
			w := newWorld(t, func(c *frontdoor.Config) {
				c.Transport = transport(func(*http.Request) (*http.Response, error) { panic(errors.New("canary")) })
			})
			recorder := ask(w)
			told := members(t, recorder)
			if recorder.Code != http.StatusInternalServerError || recorder.Header().Get("Cache-Control") != "no-store" ||
				route == "token" && told["error"] != "server_error" || route == "fhir" && told["resourceType"] != "OperationOutcome" {
				t.Errorf("got %d %s", recorder.Code, recorder.Body)
			}
			line := w.lines()[0]
			if line["level"] != "ERROR" || line["status"] != 500.0 || line["panic"] != "*errors.errorString" || line["trace"] == nil || strings.Contains(text(t, line), "canary") {
				t.Errorf("got %v", line)
			}
		})
	}
}

func TestAnAnswerThatHealthLakeBreaksOffIsNotEndedAsAWholeOne(t *testing.T) {
	w := newWorld(t)
	w.healthLakeSays(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/fhir+json")
		_, _ = io.WriteString(rw, `{"resourceType":"Bundle","entry":[`+strings.Repeat(" ", 64<<10))
		_ = http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	})
	outside := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Host = "fhir.example"
		w.door.ServeHTTP(rw, r)
	}))
	defer outside.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, outside.URL+"/r4/Patient", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer t")
	answer, err := http.DefaultClient.Do(r)
	if err == nil {
		defer answer.Body.Close()
		_, err = io.ReadAll(answer.Body)
	}
	if err == nil {
		t.Error("the app reads half an answer as a whole one")
	}
	outside.Close()
	if line := w.lines()[0]; line["failure"] != "answer-broken" {
		t.Errorf("got %v", line)
	}
}
