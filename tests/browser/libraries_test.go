package browser_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

const (
	asked          = "launch/patient openid fhirUser offline_access patient/*.rs"
	granted        = "launch/patient openid patient/*.rs fhirUser offline_access" // of these
	libraryClients = `[
	{"name": "public", "kind": "public", "scopes": ["openid", "launch/patient", "patient/*.rs"], "callbackUrls": ["` + appCallback + `"]},
	{"name": "confidential", "kind": "confidential", "scopes": ["openid", "launch/patient", "patient/*.rs"], "callbackUrls": ["` + appCallback + `"]},
	{"name": "service", "kind": "service", "scopes": ["system/*.rs"]}
]`
)

// library is an app under Node.js that is made with an OAuth library of others.
type library struct{ name string }

func (l library) script(t *testing.T) string {
	t.Helper()
	_, err := os.Stat(filepath.Join("node_modules", l.name))
	if err == nil {
		_, err = exec.LookPath("node")
	}
	if err != nil {
		missing(t, "no Node.js or no library: run npm ci here, or build/scripts/browser: "+err.Error())
	}
	return filepath.Join("testdata", "libraries", l.name+".mjs")
}

// run runs the app as a client until it says what it got. The user's browser is the test's.
func (l library) run(t *testing.T, cloud *local.Cloud, client local.Client, authentication, callback, scope string) map[string]any {
	t.Helper()
	node := exec.CommandContext(t.Context(), "node", l.script(t))
	node.Env = append(os.Environ(),
		"NODE_EXTRA_CA_CERTS="+cloud.CertificateFile, "BASE="+strings.TrimSuffix(cloud.FHIRBase, "/"), "CLIENT_ID="+client.ID, "CLIENT_SECRET="+client.Secret,
		"AUTHENTICATION="+authentication, "REDIRECT_URI="+callback, "SCOPE="+scope)
	node.Stderr = t.Output()
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	result := converse(t, cloud, in, bufio.NewScanner(out))
	if err := node.Wait(); err != nil || result == nil {
		t.Fatalf("the app ended with %v and the result %v", err, result)
	}
	return result
}

// converse signs the user in where the app asks for it, and returns the result.
func converse(t *testing.T, cloud *local.Cloud, in io.Writer, lines *bufio.Scanner) map[string]any {
	t.Helper()
	for lines.Scan() {
		var said struct {
			Address string
			Result  map[string]any
		}
		if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if said.Result != nil {
			return said.Result
		}
		if _, err := fmt.Fprintln(in, signInAt(t, cloud, said.Address)); err != nil {
			t.Fatal(err)
		}
	}
	return nil
}

// signInAt signs the patient in where an app sends the user, and returns where the user is
// sent back to.
func signInAt(t *testing.T, cloud *local.Cloud, address string) *url.URL {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	user := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	back, err := hosted.SignIn(user, request, appCallback, hosted.User{Name: "patient", Password: "Local-patient-1"})
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func TestAppsMadeWithOAuthLibrariesLaunchRefreshAndRevoke(t *testing.T) {
	cloud := localtest.Start(t, "dev", map[string]string{"clients": libraryClients, "frontDoor": "{}"}, nil)
	for _, name := range []string{"openid-client", "oauth4webapi"} {
		for _, c := range []struct{ client, authentication string }{
			{"public", "none"}, {"confidential", "client_secret_basic"}, {"confidential", "client_secret_post"},
		} {
			t.Run(name+" as "+c.client+" by "+c.authentication, func(t *testing.T) {
				got := library{name}.run(t, cloud, clientOf(t, cloud, c.client), c.authentication, appCallback, asked)
				want := map[string]any{
					"token_type": "bearer", "scope": granted, "patient": "patient-001", "fhirUser": "Patient/patient-001",
					"refreshed": granted, "read": "patient-001", "revoked": "invalid_grant",
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got  %v\nwant %v", got, want)
				}
			})
		}
	}
}

func TestServicesMadeWithOAuthLibrariesRead(t *testing.T) {
	cloud := localtest.Start(t, "dev", map[string]string{"clients": libraryClients, "frontDoor": "{}"}, nil)
	for _, name := range []string{"openid-client", "oauth4webapi"} {
		for _, authentication := range []string{"client_secret_basic", "client_secret_post"} {
			t.Run(name+" by "+authentication, func(t *testing.T) {
				got := library{name}.run(t, cloud, clientOf(t, cloud, "service"), authentication, "", "system/*.rs")
				want := map[string]any{"token_type": "bearer", "scope": "system/*.rs", "read": "patient-001"}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got  %v\nwant %v", got, want)
				}
			})
		}
	}
}
