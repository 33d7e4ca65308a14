package local_test

import (
	"context"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/internal/local/apigateway"
	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// chain is the front door as it runs in the local cloud, an HTTP API with the function as a
// process behind it, between a Cognito and a HealthLake that a test makes up.
type chain struct {
	url                 string // of the API, without a path
	client              *http.Client
	function            *lambda.Function
	cognito, healthLake *server
	log                 *lambdamaintest.Log // the function's
	failed              *lambdamaintest.Log // calls of the function
}

// server is one on loopback whose answers can be replaced, and which can go down and come
// back at its address.
type server struct {
	url    string
	calls  atomic.Int64
	answer atomic.Pointer[http.HandlerFunc]
	http   *httptest.Server
}

const (
	chainApp      = "2portal23456789"
	chainSecret   = "canary-secret"
	chainCallback = "https://portal.example/callback"
	discoveryJSON = `{"token_endpoint":"https://fhir.example/oauth2/token"}`
)

func newServer(t testing.TB, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.answer.Store(&answer)
	s.listen(t, "127.0.0.1:0")
	s.url = s.http.URL
	t.Cleanup(func() { s.http.Close() })
	return s
}

func (s *server) listen(t testing.TB, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s.http = &httptest.Server{Listener: listener, Config: &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.calls.Add(1)
			(*s.answer.Load())(w, r)
		}),
	}}
	s.http.StartTLS()
}

func (s *server) host() string { return strings.TrimPrefix(s.url, "https://") }

// certificate is a file with the server's.
func (s *server) certificate(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// newChain starts one, with the function's archive.
func newChain(t testing.TB, archive string, cognito, healthLake http.HandlerFunc) *chain {
	t.Helper()
	c := &chain{cognito: newServer(t, cognito), healthLake: newServer(t, healthLake), log: &lambdamaintest.Log{}, failed: &lambdamaintest.Log{}}
	var api *apigateway.API
	outside := newServer(t, func(w http.ResponseWriter, r *http.Request) { api.ServeHTTP(w, r) })
	c.url = outside.url
	transport := outside.http.Client().Transport.(*http.Transport).Clone() // trusts all three: they have one certificate
	transport.MaxIdleConnsPerHost = 64
	t.Cleanup(transport.CloseIdleConnections)
	c.client = &http.Client{Transport: transport, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.function = newDoorFunction(t, archive, c, c.log)
	var err error
	api, err = apigateway.New(apigateway.Config{Host: outside.host(), Rate: 1e6, Burst: 1e6}, func(ctx context.Context, event []byte) ([]byte, error) {
		answer, _, err := c.function.Invoke(ctx, event)
		if err != nil {
			_, _ = c.failed.Write([]byte(err.Error() + "\n"))
		}
		return answer, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// doorArchive builds the front door's function for this machine.
func doorArchive(t testing.TB) string {
	t.Helper()
	archive, err := machine.FrontDoor.Archive(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

// newDoorFunction makes the front door's function ready for a chain.
func newDoorFunction(t testing.TB, archive string, c *chain, log *lambdamaintest.Log) *lambda.Function {
	t.Helper()
	settings, err := wire.FrontDoor{
		BaseURL:               c.url + wire.FrontDoorBasePath,
		DatastoreEndpoint:     c.healthLake.url + "/datastore/d1/r4/",
		AuthorizationEndpoint: c.cognito.url + "/oauth2/authorize",
		TokenEndpoint:         c.cognito.url + "/oauth2/token",
		RevocationEndpoint:    c.cognito.url + "/oauth2/revoke",
		DiscoveryDocument:     discoveryJSON,
		Clients:               []wire.FrontDoorClient{{ID: chainApp, CallbackURLs: []string{chainCallback}, Scopes: []string{"openid", "launch/patient", "patient/*.rs"}}},
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	function, err := lambda.New(lambda.Config{
		ARN: "arn:aws:lambda:us-east-1:123456789012:function:door", Name: "door", Archive: archive, Region: "us-east-1",
		Credentials: sigv4.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "canary-key", SessionToken: "canary-session"},
		Environment: map[string]string{"SSL_CERT_FILE": c.healthLake.certificate(t), wire.EnvFrontDoor: settings},
		Timeout:     28 * time.Second, Dir: t.TempDir(), Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(function.Close)
	return function
}
