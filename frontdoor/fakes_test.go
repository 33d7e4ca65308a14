package frontdoor_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
)

const (
	base      = "https://fhir.example/r4"
	portal    = "2portal23456789" // an app of a browser
	clinic    = "3clinic23456789" // an app with a server
	service   = "1service23456789"
	callback  = "https://portal.example/callback"
	loopback  = "http://localhost:3000/callback"
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	discovery = `{"capabilities":["launch-standalone"],"token_endpoint":"https://fhir.example/oauth2/token"}`
)

// world is a door between a fake Cognito and a fake HealthLake.
type world struct {
	t    *testing.T
	door *frontdoor.Door
	log  *lambdamaintest.Log
	now  atomic.Int64 // seconds since the start

	cognito, healthLake *httptest.Server
	cognitoCalls        atomic.Int32
	healthLakeCalls     atomic.Int32
	mu                  sync.Mutex
	asked               cognitoRequest // the last one
	answerCognito       http.HandlerFunc
	answerHealthLake    http.HandlerFunc
	config              frontdoor.Config
	lastHealthLake      *http.Request
}

// cognitoRequest is what Cognito was sent.
type cognitoRequest struct {
	path          string
	authorization []string
	form          url.Values
}

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func newWorld(t *testing.T, edits ...func(*frontdoor.Config)) *world {
	t.Helper()
	w := &world{t: t, log: &lambdamaintest.Log{}}
	w.answerCognito = func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, w.tokens(nil, nil, nil)) }
	w.answerHealthLake = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/fhir+json")
		_, _ = io.WriteString(rw, `{"resourceType":"Patient","id":"p-1"}`)
	}
	w.cognito = httptest.NewTLSServer(http.HandlerFunc(w.serveCognito))
	w.healthLake = httptest.NewTLSServer(http.HandlerFunc(w.serveHealthLake))
	t.Cleanup(w.cognito.Close)
	t.Cleanup(w.healthLake.Close)
	transport := w.cognito.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs.AddCert(w.healthLake.Certificate())
	t.Cleanup(transport.CloseIdleConnections)
	w.config = frontdoor.Config{
		BaseURL:               base,
		DatastoreEndpoint:     w.healthLake.URL + "/datastore/d1/r4/",
		AuthorizationEndpoint: "https://pool.example/oauth2/authorize",
		TokenEndpoint:         w.cognito.URL + "/oauth2/token",
		RevocationEndpoint:    w.cognito.URL + "/oauth2/revoke",
		DiscoveryDocument:     discovery,
		AllowedOrigins:        []string{"https://viewer.example"},
		Clients: []frontdoor.Client{
			{ID: portal, CallbackURLs: []string{callback, loopback}, Scopes: []string{"launch/patient", "openid", "patient/*.rs", "patient/Observation.rs?code=http:%2F%2Floinc.org|1234-5"}},
			{ID: clinic, CallbackURLs: []string{"https://clinic.example/back?tenant=7"}, Scopes: []string{"openid", "user/*.rs"}},
			{ID: service, Scopes: []string{"system/*.rs", "system/Observation.cu"}},
		},
		Region:      "us-east-1",
		Credentials: frontdoor.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "canary-secret-key", SessionToken: "canary-session-token"},
		Logger:      slog.New(slog.NewJSONHandler(w.log, nil)),
		Now:         func() time.Time { return start.Add(time.Duration(w.now.Load()) * time.Second) },
		Transport:   transport,
	}
	for _, edit := range edits {
		edit(&w.config)
	}
	var err error
	if w.door, err = frontdoor.New(w.config); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) serveCognito(rw http.ResponseWriter, r *http.Request) {
	w.cognitoCalls.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || r.Method != http.MethodPost || r.URL.RawQuery != "" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		w.t.Errorf("Cognito got a %s with query %q and type %q: %v", r.Method, r.URL.RawQuery, r.Header.Get("Content-Type"), err)
	}
	w.mu.Lock()
	w.asked = cognitoRequest{r.URL.Path, r.Header.Values("Authorization"), form}
	answer := w.answerCognito
	w.mu.Unlock()
	rw.Header().Set("Content-Type", "application/json;charset=UTF-8")
	answer(rw, r)
}

func (w *world) serveHealthLake(rw http.ResponseWriter, r *http.Request) {
	w.healthLakeCalls.Add(1)
	w.mu.Lock()
	answer := w.answerHealthLake
	w.lastHealthLake = r
	w.mu.Unlock()
	answer(rw, r)
}

// cognitoSays sets what Cognito answers from now on.
func (w *world) cognitoSays(answer http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answerCognito = answer
}

func (w *world) healthLakeSays(answer http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answerHealthLake = answer
}

// status answers with a status and a body.
func status(code int, body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(code)
		_, _ = io.WriteString(rw, body)
	}
}

// tokens is Cognito's answer to the portal, with edits to the claims of the two tokens
// and to the answer's own members. nil leaves a member out.
func (w *world) tokens(access, identity, members map[string]any) string {
	a := map[string]any{
		"token_use": "access", "client_id": portal, "username": "ann", "sub": "s-1",
		"scope": "launch/patient openid patient/*.rs", "patient": "p-1",
	}
	i := map[string]any{"token_use": "id", "aud": portal, "fhirUser": "Patient/p-1"}
	edit(a, access)
	edit(i, identity)
	m := map[string]any{
		"access_token": token(w.t, a), "id_token": token(w.t, i), "refresh_token": "canary-refresh-token",
		"expires_in": 3600, "token_type": "Bearer",
	}
	edit(m, members)
	return text(w.t, m)
}

func edit(members, edits map[string]any) {
	maps.Copy(members, edits)
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil })
}

func text(t *testing.T, value any) string {
	t.Helper()
	written, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

func token(t *testing.T, claims map[string]any) string {
	t.Helper()
	part := func(content string) string { return base64.RawURLEncoding.EncodeToString([]byte(content)) }
	return part(`{"alg":"RS256","kid":"1"}`) + "." + part(text(t, claims)) + "." + part("canary-signature")
}

// request is one to the door's own host.
func request(method, target, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, "https://fhir.example"+target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func (w *world) do(r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	w.door.ServeHTTP(recorder, r)
	return recorder
}

func (w *world) get(target string, header ...string) *httptest.ResponseRecorder {
	return w.do(request(http.MethodGet, target, "", header...))
}

// post sends a form.
func (w *world) post(target string, form url.Values, header ...string) *httptest.ResponseRecorder {
	header = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)
	return w.do(request(http.MethodPost, target, form.Encode(), header...))
}

// with are parameters with edits, of names and values. A value of "-" leaves the parameter out.
func with(values url.Values, edits ...string) url.Values {
	for i := 0; i < len(edits); i += 2 {
		if edits[i+1] == "-" {
			values.Del(edits[i])
		} else {
			values.Set(edits[i], edits[i+1])
		}
	}
	return values
}

// launch is a good authorization request of the portal.
func launch(edits ...string) url.Values {
	return with(url.Values{
		"response_type": {"code"}, "client_id": {portal}, "redirect_uri": {callback}, "state": {"s t+1"}, "aud": {base},
		"scope": {"launch/patient openid fhirUser offline_access patient/*.rs"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}, edits...)
}

// exchange is the request of the portal for the tokens of a code.
func exchange(edits ...string) url.Values {
	return with(url.Values{
		"grant_type": {"authorization_code"}, "client_id": {portal}, "code": {"canary-code"}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}, edits...)
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// members are those of a JSON object.
func members(t *testing.T, recorder *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(recorder.Body.Bytes(), &object); err != nil {
		t.Fatalf("%v: %s", err, recorder.Body)
	}
	return object
}

// refused expects an error of RFC 6749, which no cache keeps and which describes what to send.
func refused(t *testing.T, recorder *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	told := members(t, recorder)
	description, _ := told["error_description"].(string)
	if recorder.Code != status || told["error"] != code || description == "" || len(told) != 2 || recorder.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %s, %v; want %d %s", recorder.Code, recorder.Body, recorder.Header(), status, code)
	}
}

// lines are those of the log.
func (w *world) lines() []map[string]any {
	w.t.Helper()
	var list []map[string]any
	for line := range strings.Lines(w.log.String()) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			w.t.Fatalf("%v: %s", err, line)
		}
		list = append(list, object)
	}
	return list
}
