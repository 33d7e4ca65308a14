package local_test

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// TestNoRequestFailsWhileOneCloudFollowsTheOther sends requests of an app with new connections
// all the time, and starts a cloud with one client more.
func TestNoRequestFailsWhileOneCloudFollowsTheOther(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	kept, _ := keptFor(t, t.TempDir())
	var endpoints local.Endpoints
	const etl = `{"name":"etl","kind":"service","scopes":["system/*.rs"]}`
	start := func(clients string) *local.Cloud {
		return localtest.Start(t, "dev", map[string]string{"clients": "[" + clients + "]", "frontDoor": "{}"}, func(o *local.Options) { o.State, o.Endpoints = kept, &endpoints })
	}
	first := start(etl)
	app := newApp(t, first)
	token := app.token("etl", "system/*.rs")
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: first.Roots(), MinVersion: tls.VersionTLS12}, DisableKeepAlives: true, TLSHandshakeTimeout: time.Minute}}
	var requests, failed atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, first.FHIRBase+"Patient?_count=1", nil)
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := client.Do(request)
			if requests.Add(1); err != nil {
				failed.Add(1)
				t.Error(err)
				continue
			}
			if response.StatusCode != http.StatusOK {
				failed.Add(1)
				t.Errorf("status %d", response.StatusCode)
			}
			_ = response.Body.Close()
		}
	}()
	some := func() {
		for want := requests.Load() + 5; requests.Load() < want && failed.Load() == 0; {
			time.Sleep(10 * time.Millisecond)
		}
	}
	some()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := start(etl + `,{"name":"lab","kind":"service","scopes":["system/*.rs"]}`)
	some()
	close(stop)
	<-done
	if second.FHIRBase != first.FHIRBase || failed.Load() != 0 || requests.Load() < 10 {
		t.Errorf("of %d requests %d failed, at %s and then at %s", requests.Load(), failed.Load(), first.FHIRBase, second.FHIRBase)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if err := endpoints.Close(); err != nil {
		t.Fatal(err)
	}
	connection, err := net.Dial("tcp", address(t, first.FHIRBase))
	if err == nil {
		_ = connection.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a closed endpoint: got %v", err)
	}
}

// TestAnEndpointThatTheNextCloudDoesNotHaveIsClosed lets no request wait for nothing.
func TestAnEndpointThatTheNextCloudDoesNotHaveIsClosed(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	kept, _ := keptFor(t, t.TempDir())
	var endpoints local.Endpoints
	var door string
	for _, value := range []string{"{}", "none"} {
		cloud := localtest.Start(t, "dev", map[string]string{"frontDoor": value}, func(o *local.Options) { o.State, o.Endpoints = kept, &endpoints })
		if value == "{}" {
			door = address(t, cloud.FrontDoor)
			if err := cloud.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := net.Dial("tcp", door); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v", err)
	}
}

// address is where an endpoint listens.
func address(t *testing.T, endpoint string) string {
	t.Helper()
	parsed, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}
