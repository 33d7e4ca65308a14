package smoke_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/program"
	"github.com/smartlake/pulumi-smartlake/internal/smoke"
)

const clients = `[
  {"name":"etl","kind":"service","scopes":["system/*.*"]},
  {"name":"reporting","kind":"service","scopes":["system/*.rs"]},
  {"name":"portal","kind":"confidential","scopes":["openid","patient/*.rs"],"callbackUrls":["https://portal.example.org/callback"]},
  {"name":"app","kind":"public","scopes":["openid","patient/*.rs"],"callbackUrls":["https://app.example.org/callback"]}
]`

var cloud *local.Cloud

// TestMain keeps one local cloud for all tests: none of them changes it. Its HealthLake
// serves the discovery document as often as they ask.
func TestMain(m *testing.M) {
	status, err := withCloud(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func withCloud(tests func() int) (int, error) {
	stack, err := localtest.Load(context.Background(), "dev", map[string]string{"clients": clients, "frontDoor": "none"})
	if err != nil {
		return 1, err
	}
	if cloud, err = local.Start(local.Options{Program: program.With(stack.Config), Stack: stack, LenientHealthLake: true}); err != nil {
		return 1, err
	}
	status := tests()
	return status, cloud.Close()
}

// doctor stands between the smoke test and the cloud, and may change what passes.
// Sending the request on is up to it.
type doctor func(request *http.Request, send func() *http.Response) *http.Response

// doctored is a transport to the cloud with a doctor in it.
type doctored struct {
	treat doctor
	to    *http.Transport
	store
}

func (d *doctored) RoundTrip(request *http.Request) (*http.Response, error) {
	var failed error
	send := func() *http.Response {
		response, err := d.keep(request, d.to)
		if err != nil {
			failed = err
			return nil
		}
		return response
	}
	if d.treat == nil {
		return send(), failed
	}
	response := d.treat(request, send)
	if response == nil && failed == nil {
		failed = errors.New("the doctor hung up")
	}
	return response, failed
}

// store takes the writes that the cloud authorizes but cannot keep.
type store struct {
	mu    sync.Mutex
	kept  map[string]string // by path
	count int
}

func (s *store) keep(request *http.Request, to http.RoundTripper) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	response, err := to.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusNotImplemented && response.StatusCode != http.StatusNotFound {
		return response, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	path := request.URL.Path
	content, ok := s.kept[path]
	switch {
	case request.Method == http.MethodPost:
		s.count++
		id := fmt.Sprintf("kept-%d", s.count)
		s.kept[path+"/"+id] = strings.Replace(string(body), "{", `{"id":"`+id+`",`, 1)
		return reply(http.StatusCreated, s.kept[path+"/"+id]), nil
	case request.Method == http.MethodPut:
		s.kept[path] = string(body)
		return reply(http.StatusOK, string(body)), nil
	case request.Method == http.MethodDelete && ok:
		delete(s.kept, path)
		return reply(http.StatusNoContent, ""), nil
	case request.Method == http.MethodGet && ok:
		return reply(http.StatusOK, content), nil
	}
	return response, nil
}

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// setup is a run against the cloud, all checks asked for, that does not wait.
type setup struct {
	options smoke.Options
	kept    *store
	slept   []time.Duration
}

func newSetup(t *testing.T, treat doctor) *setup {
	t.Helper()
	return newSetupAt(t, cloud, treat)
}

// newSetupAt is a run against a cloud of the caller's.
func newSetupAt(t *testing.T, cloud *local.Cloud, treat doctor) *setup {
	t.Helper()
	credentials, err := local.ReadCredentials(cloud.Dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(cloud.OutputsFile)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := outputs.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	between := &doctored{treat: treat, to: transport, store: store{kept: map[string]string{}}}
	s := &setup{kept: &between.store}
	s.options = smoke.Options{
		Stack: stack, Client: &http.Client{Transport: between}, Credentials: &credentials, Write: true, Expired: true,
	}.Sleeping(func(_ context.Context, d time.Duration) error {
		s.slept = append(s.slept, d)
		return nil
	})
	return s
}

func (s *setup) run(t *testing.T) map[string]smoke.Result {
	t.Helper()
	results, err := smoke.Run(t.Context(), s.options)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]smoke.Result{}
	for _, result := range results {
		if _, twice := byName[result.Name]; twice {
			t.Errorf("two checks are called %q", result.Name)
		}
		byName[result.Name] = result
	}
	return byName
}

// expiring lets the tokens that were given out before the long wait expire in it.
func (s *setup) expiring() doctor {
	old := map[string]bool{}
	return func(request *http.Request, send func() *http.Response) *http.Response {
		bearer := request.Header.Get("Authorization")
		if len(s.slept) == 0 {
			old[bearer] = true
		} else if old[bearer] && request.Method == http.MethodGet {
			return reply(http.StatusUnauthorized, "")
		}
		return send()
	}
}

// everyCheck is what becomes of each check of a stack that is as it must be.
var everyCheck = map[string]smoke.Status{
	"discovery document is valid":                     smoke.Passed,
	"discovery document agrees with the stack":        smoke.Passed,
	"key set is served":                               smoke.Passed,
	"token for etl":                                   smoke.Passed,
	"token for reporting":                             smoke.Passed,
	"capability statement":                            smoke.Passed,
	"search as etl":                                   smoke.Passed,
	"read as etl":                                     smoke.Passed,
	"search as reporting":                             smoke.Passed,
	"read as reporting":                               smoke.Passed,
	"refused: no token":                               smoke.Passed,
	"refused: what is no token":                       smoke.Passed,
	"refused: a token with a changed signature":       smoke.Passed,
	"refused: a token with changed claims":            smoke.Passed,
	"refused: a token without a signature (alg none)": smoke.Passed,
	"refused: a token signed with the public key as a secret (HS256)": smoke.Passed,
	"refused: a token signed by a stranger under the pool's kid":      smoke.Passed,
	"refused: a token of another user pool":                           smoke.Passed,
	"refused: a token of a client that the stack does not have":       smoke.Passed,
	"refused: an ID token":                                            smoke.Skipped,
	"refused: a read-only token that deletes":                         smoke.Passed,
	"still granted: the valid token":                                  smoke.Passed,
	"refused: etl with a scope it lacks":                              smoke.Passed,
	"refused: etl with a wrong secret":                                smoke.Passed,
	"refused: reporting with a scope it lacks":                        smoke.Passed,
	"refused: reporting with a wrong secret":                          smoke.Passed,
	"refused: portal without a user":                                  smoke.Passed,
	"refused: app to users that it is not for":                        smoke.Skipped,
	"refused: portal to users that it is not for":                     smoke.Skipped,
	"create as etl":             smoke.Passed,
	"update as etl":             smoke.Passed,
	"read back as etl":          smoke.Passed,
	"delete as etl":             smoke.Passed,
	"refused: an expired token": smoke.Passed,
}

func TestAStackThatIsAsItMustBePassesEveryCheck(t *testing.T) {
	s := newSetup(t, nil)
	s.options.Client.Transport.(*doctored).treat = s.expiring()
	results := s.run(t)
	got := map[string]smoke.Status{}
	for name, result := range results {
		if got[name] = result.Status; result.Status != everyCheck[name] {
			t.Errorf("%s: %s: %s", name, result.Status, result.Detail)
		}
		if result.Detail == "" && result.Status == smoke.Skipped {
			t.Errorf("%s was skipped without a reason", name)
		}
	}
	if !maps.Equal(got, everyCheck) {
		t.Errorf("got the checks %v", slices.Sorted(maps.Keys(got)))
	}
	if len(s.kept.kept) > 0 {
		t.Errorf("left behind: %v", s.kept.kept)
	}
	if len(s.slept) != 1 || s.slept[0] < time.Hour || s.slept[0] > smoke.MaxWait {
		t.Errorf("waited %v, want once for the hour that a token is valid", s.slept)
	}
}

func TestNothingIsWrittenAndNothingWaitsUnlessItIsAskedFor(t *testing.T) {
	var methods []string
	s := newSetup(t, func(request *http.Request, send func() *http.Response) *http.Response {
		if strings.Contains(request.URL.Path, "/r4/") && request.Method != http.MethodGet {
			methods = append(methods, request.Method)
		}
		return send()
	})
	s.options.Write, s.options.Expired = false, false
	results := s.run(t)
	for _, name := range []string{"create", "update", "read back", "delete", "refused: an expired token"} {
		if result := results[name]; result.Status != smoke.Skipped || !strings.Contains(result.Detail, "not tried without --") || result.Attempts != 0 {
			t.Errorf("%s: got %+v", name, result)
		}
	}
	if want := []string{http.MethodDelete}; !slices.Equal(methods, want) { // of what does not exist, by a token that may not
		t.Errorf("sent %v, want %v", methods, want)
	}
	if len(s.slept) > 0 {
		t.Errorf("waited %v", s.slept)
	}
}

func TestARunNeedsAnHTTPSDatastore(t *testing.T) {
	s := newSetup(t, nil)
	for endpoint, want := range map[string]string{
		"http://127.0.0.1/datastore/r4/": `the FHIR base URL: "http://127.0.0.1/datastore/r4/": must be an absolute https URL without user, query or fragment`,
		"":                               `the FHIR base URL: "": must be an absolute https URL without user, query or fragment`,
	} {
		options := s.options
		options.Stack.FHIRBaseURL, options.Stack.DatastoreEndpoint = endpoint, endpoint
		if _, err := smoke.Run(t.Context(), options); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestACertificateThatNobodyVouchesForIsNotTakenAndNothingPasses(t *testing.T) {
	s := newSetup(t, nil)
	s.options.Client = &http.Client{Transport: &http.Transport{}}
	for name, result := range s.run(t) {
		if result.Status == smoke.Passed {
			t.Errorf("%s passed: %s", name, result.Detail)
		}
		if result.Attempts > 0 && !strings.Contains(result.Detail, "certificate signed by unknown authority") {
			t.Errorf("%s: %s", name, result.Detail)
		}
	}
}

func TestASecretIsNotSentOverPlainHTTP(t *testing.T) {
	reached := false
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(plain.Close)
	s := newSetup(t, nil)
	s.options.Stack.TokenEndpoint = plain.URL
	result := s.run(t)["token for etl"]
	if result.Status != smoke.Failed || !strings.Contains(result.Detail, "must be an absolute https URL") || reached {
		t.Errorf("got %+v; reached: %t", result, reached)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	reached := false
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(elsewhere.Close)
	s := newSetup(t, func(request *http.Request, send func() *http.Response) *http.Response {
		if request.Header.Get("Authorization") == "" {
			return send()
		}
		response := reply(http.StatusTemporaryRedirect, "")
		response.Header.Set("Location", elsewhere.URL)
		return response
	})
	result := s.run(t)["token for etl"]
	if result.Status != smoke.Failed || result.Detail != "expected 200, got 307" || reached {
		t.Errorf("got %+v; reached: %t", result, reached)
	}
}

func TestAServerThatHangsFailsTheCheckInTime(t *testing.T) {
	s := newSetup(t, func(request *http.Request, send func() *http.Response) *http.Response {
		if strings.HasSuffix(request.URL.Path, "jwks.json") {
			<-request.Context().Done()
			return nil
		}
		return send()
	})
	s.options.Timeout = 300 * time.Millisecond
	result := s.run(t)["key set is served"]
	if result.Status != smoke.Failed || result.Took > 3*time.Second {
		t.Errorf("got %+v", result)
	}
}

func TestAnInterruptedRunDeletesWhatItCreatedAndSaysThatItEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	created, deleted := 0, 0
	s := newSetup(t, func(request *http.Request, send func() *http.Response) *http.Response {
		response := send()
		switch {
		case request.Method == http.MethodPut:
			cancel()
		case strings.HasSuffix(request.URL.Path, "/Basic") && response.StatusCode == http.StatusCreated:
			created++
		case written(request) && request.Method == http.MethodDelete && response.StatusCode == http.StatusNoContent:
			deleted++
		}
		return response
	})
	results, err := smoke.Run(ctx, s.options)
	if !errors.Is(err, context.Canceled) || created != 1 || deleted != 1 {
		t.Errorf("got %v; created %d, deleted %d", err, created, deleted)
	}
	for _, result := range results {
		if result.Status == smoke.Failed {
			t.Errorf("%s: %s", result.Name, result.Detail)
		}
	}
}
