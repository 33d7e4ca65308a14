package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

func TestLocalListensOnEveryInterfaceInAContainerAndNowhereElse(t *testing.T) {
	first := freePorts(t, 4)
	args := []string{"local", "--dir", "../..", "--json", "--listen-in-container"}
	if err := local.CheckContainer(first); err != nil { // this machine is none
		_, progress, got := execute(t, append(args, "--port", strconv.Itoa(first))...)
		if got == nil || got.Error() != "--"+err.Error() || statusOf(got) != statusCannotRun || progress != "" {
			t.Errorf("got %v and %q, want %v", got, progress, err)
		}
		return
	}
	if _, _, err := execute(t, args...); err == nil || err.Error() != "--listen-in-container: needs --port, the first of the ports that the container publishes" {
		t.Errorf("without a port: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	root := rootCommand()
	root.SetArgs(append(args, "--port", strconv.Itoa(first), "--ready-file", filepath.Join(t.TempDir(), "ready.json")))
	root.SetErr(io.Discard)
	seen := false
	root.SetOut(writerFunc(func(line []byte) {
		ready, ok := parseEvent(t, string(line)).(readyEvent)
		if !ok {
			return
		}
		seen = true
		assertAnswersFrom(t, ready, first)
		cancel()
	}))
	if err := root.ExecuteContext(ctx); err != nil || !seen {
		t.Fatalf("ready: %t, %v", seen, err)
	}
}

// assertAnswersFrom wants all endpoints to be reached at an address of this machine that is not
// loopback, and to answer only requests for the address that is printed.
func assertAnswersFrom(t *testing.T, ready readyEvent, first int) {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(read(t, ready.Certificate))) {
		t.Fatal("no certificate")
	}
	outside := addressOfThisMachine(t)
	for i, address := range []string{ready.Page, ready.HostedDomain, ready.Issuer, ready.FHIRBaseURL} {
		known, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if want := "127.0.0.1:" + strconv.Itoa(first+i); known.Host != want {
			t.Errorf("%s: want the host %s", address, want)
		}
		for host, refused := range map[string]bool{known.Host: false, net.JoinHostPort(outside, known.Port()): true, "rebound.example": true} {
			// As a published port does: to the container's own address.
			client := &http.Client{Transport: &http.Transport{
				TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "127.0.0.1"},
				DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(outside, known.Port()))
				},
			}}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = host
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			client.CloseIdleConnections()
			want := "Host: " + strconv.Quote(host) + ": must be " + known.Host + "; a local cloud in a container answers only requests for the address that it prints\n"
			if said := string(body) == want; err != nil || said != refused || (response.StatusCode == http.StatusMisdirectedRequest) != refused {
				t.Errorf("%s with Host %s: %d %.200s %v", address, host, response.StatusCode, body, err)
			}
		}
	}
}

// addressOfThisMachine is one that is not loopback.
func addressOfThisMachine(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.IsGlobalUnicast() && !strings.Contains(network.IP.String(), ":") {
			return network.IP.String()
		}
	}
	t.Skip("this machine has loopback addresses only")
	return ""
}

// freePorts is the first of successive ports that nobody has.
func freePorts(t *testing.T, number int) int {
	t.Helper()
	for first := 21000; first < 31000; first += number {
		free := true
		for i := range number {
			listener, err := net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(first+i)))
			if err != nil {
				free = false
				break
			}
			_ = listener.Close()
		}
		if free {
			return first
		}
	}
	t.Fatal("no free ports")
	return 0
}

func TestWithoutTheFlagNobodyReachesACloudFromElsewhere(t *testing.T) {
	outside := addressOfThisMachine(t)
	cloud := runningStack(t, local.Options{}, "frontDoor={}")
	for _, address := range []string{cloud.Page, cloud.HostedDomain, cloud.Issuer, cloud.FHIRBase} {
		known, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort(outside, known.Port()))
		if err == nil {
			_ = connection.Close()
			t.Errorf("%s answers at %s too", address, outside)
		}
	}
}
