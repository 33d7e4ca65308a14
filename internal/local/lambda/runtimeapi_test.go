package lambda_test

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4/sigv4test"
)

// runtimeAPI starts a function that takes no invocation, and returns the address of
// its Runtime API, at which one waits.
func runtimeAPI(t *testing.T, payload string) string {
	t.Helper()
	dir := t.TempDir()
	function, err := lambda.New(lambda.Config{
		Name: "silent", Dir: dir, Timeout: 20 * time.Second,
		Archive: localtest.ScriptArchive(t, "#!/bin/sh\nprintf %s \"$AWS_LAMBDA_RUNTIME_API\" > api.part\n/bin/mv api.part api\nexec /bin/sleep 60\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _, _ = function.Invoke(ctx, []byte(payload))
	}()
	t.Cleanup(func() { cancel(); <-ended; function.Close() })
	for range 1500 {
		if address, err := os.ReadFile(filepath.Join(dir, "api")); err == nil {
			return string(address)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the function did not start")
	return ""
}

// askRuntimeAPI sends one request to a Runtime API, with a Host of its own if given.
func askRuntimeAPI(t *testing.T, method, url, host string, header http.Header) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

const (
	event       = `{"bearerToken":"a token"}`
	runtimePath = "/2018-06-01/runtime/"
)

// A page whose host name resolves to loopback could otherwise read the bearer token
// of the next request, and answer in the validator's place.
func TestNoWebPageReadsOrAnswersAnInvocation(t *testing.T) {
	api := runtimeAPI(t, event)
	address, _, _ := strings.Cut(api, "/")
	_, port, _ := strings.Cut(address, ":")
	crossSite := http.Header{"Sec-Fetch-Site": {"cross-site"}}
	for _, page := range []struct {
		host   string
		header http.Header
	}{{"attacker.example:" + port, nil}, {"localhost:" + port, nil}, {"", http.Header{"Sec-Fetch-Site": {"same-origin"}}}, {"", crossSite}} {
		for method, path := range map[string]string{http.MethodGet: "invocation/next", http.MethodPost: "invocation/1/response"} {
			if status, body := askRuntimeAPI(t, method, "http://"+api+runtimePath+path, page.host, page.header); status != http.StatusForbidden || strings.Contains(body, "token") {
				t.Errorf("%s %s from %q with %v: got %d %s", method, path, page.host, page.header, status, body)
			}
		}
	}
	if status, body := askRuntimeAPI(t, http.MethodGet, "http://"+api+runtimePath+"invocation/next", "", nil); status != http.StatusOK || body != event {
		t.Errorf("the function itself: got %d %s", status, body)
	}
}

// Every user of the machine can connect to loopback and list the ports that are open.
func TestAnotherUserOfTheMachineReadsAndAnswersNoInvocation(t *testing.T) {
	api := runtimeAPI(t, event)
	address, secret, _ := strings.Cut(api, "/")
	if len(secret) < 26 {
		t.Fatalf("the path %q can be guessed", secret)
	}
	for _, guess := range []string{"", "/", "/" + strings.Repeat("A", len(secret)), "/" + secret[:len(secret)-1], "/" + strings.ToLower(secret)} {
		for method, path := range map[string]string{http.MethodGet: "invocation/next", http.MethodPost: "invocation/1/response"} {
			if status, body := askRuntimeAPI(t, method, "http://"+address+guess+runtimePath+path, "", nil); status != http.StatusNotFound || strings.Contains(body, "token") {
				t.Errorf("%s %s below %q: got %d %s", method, path, guess, status, body)
			}
		}
	}
	if another := runtimeAPI(t, event); strings.HasSuffix(another, secret) {
		t.Error("two functions share a secret")
	}
	if status, body := askRuntimeAPI(t, http.MethodGet, "http://"+api+runtimePath+"invocation/next", "", nil); status != http.StatusOK || body != event {
		t.Errorf("the function itself: got %d %s", status, body)
	}
}

func TestAFunctionHasTheCredentialsOfItsRoleAndWhatIsDeclared(t *testing.T) {
	dir := t.TempDir()
	credentials := sigv4test.NewKeyring().Issue("arn:aws:iam::123456789012:role/door")
	function, err := lambda.New(lambda.Config{
		Name: "silent", Dir: dir, Timeout: 10 * time.Second, Region: "eu-west-1", Credentials: credentials,
		Environment: map[string]string{"DECLARED": "yes", "TZ": "Europe/Berlin", "AWS_SESSION_TOKEN": "declared"},
		Archive:     localtest.ScriptArchive(t, "#!/bin/sh\n/usr/bin/env > environment\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer function.Close()
	if _, _, err := function.Invoke(t.Context(), []byte(event)); err == nil {
		t.Fatal("the script answered")
	}
	text, err := os.ReadFile(filepath.Join(dir, "environment"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	want := credentials.Environment("eu-west-1")
	maps.Copy(want, map[string]string{"DECLARED": "yes", "TZ": "Europe/Berlin", "AWS_LAMBDA_FUNCTION_NAME": "silent"})
	for name, value := range want {
		if !slices.Contains(lines, name+"="+value) {
			t.Errorf("the environment lacks %s=%s", name, value)
		}
	}
}

func TestARequestWhoseBodyDoesNotArriveEnds(t *testing.T) {
	t.Parallel()
	api := runtimeAPI(t, event)
	address, secret, _ := strings.Cut(api, "/")
	for _, path := range []string{"/" + secret + runtimePath + "invocation/1/response", "/elsewhere"} {
		t.Run(path[strings.LastIndex(path, "/")+1:], func(t *testing.T) {
			t.Parallel()
			connection, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = connection.Close() })
			if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(connection, "POST "+path+" HTTP/1.1\r\nHost: "+address+"\r\nContent-Length: 1000\r\n\r\n{"); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(connection); err != nil {
				t.Errorf("the connection stays open: %v", err)
			}
		})
	}
}
