package local

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

func TestAPanicOfAHandlerIsLoggedAndAFailedHandshakeIsNot(t *testing.T) {
	var log lambdamaintest.Log
	cloud := &Cloud{state: state.Throwaway(), errorLog: newErrorLog(&log)}
	var err error
	if cloud.certificate, err = cloud.keptCertificate("127.0.0.1"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cloud.serve(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a defect") }))
	get := func(client *http.Client) error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+listener.Addr().String(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		return err
	}
	trustsNobody := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}}
	if err := get(trustsNobody); err == nil {
		t.Error("a handshake went through without trust")
	}
	if err := get(cloud.client()); err == nil {
		t.Error("the handler did not panic")
	}
	for wait := 0; wait < 500 && !strings.Contains(log.String(), "a defect"); wait++ {
		time.Sleep(10 * time.Millisecond)
	}
	if got := log.String(); !strings.Contains(got, "a defect") || !strings.Contains(got, "server_test.go:") {
		t.Errorf("want the panic and its trace, got %q", got)
	}
	if got := log.String(); strings.Contains(got, "handshake") {
		t.Errorf("got %q", got)
	}
}

// A client that sends its request in drops, or takes no answer, must not hold a
// connection for good.
func TestNoServerWaitsForAClientForGood(t *testing.T) {
	server := newServer(http.NotFoundHandler(), tls.Certificate{}, nil)
	for what, limit := range map[string]time.Duration{
		"header": server.ReadHeaderTimeout, "body": server.ReadTimeout, "answer": server.WriteTimeout, "next request": server.IdleTimeout,
	} {
		if limit <= 0 || limit > 2*time.Minute {
			t.Errorf("%s: waits for %s", what, limit)
		}
	}
}
