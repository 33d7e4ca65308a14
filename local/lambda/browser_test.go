package lambda_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/local/lambda"
	"github.com/smartlake/pulumi-smartlake/local/localtest"
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
	for range 500 {
		if address, err := os.ReadFile(filepath.Join(dir, "api")); err == nil {
			return string(address)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the function did not start")
	return ""
}

// A page whose host name resolves to loopback could otherwise read the bearer token
// of the next request, and answer in the validator's place.
func TestNoWebPageReadsOrAnswersAnInvocation(t *testing.T) {
	const event = `{"bearerToken":"a token"}`
	address := runtimeAPI(t, event)
	ask := func(method, path, host string, header http.Header) (int, string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, method, "http://"+address+"/2018-06-01/runtime/"+path, http.NoBody)
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
	_, port, _ := strings.Cut(address, ":")
	crossSite := http.Header{"Sec-Fetch-Site": {"cross-site"}}
	for _, page := range []struct {
		host   string
		header http.Header
	}{{"attacker.example:" + port, nil}, {"localhost:" + port, nil}, {"", http.Header{"Sec-Fetch-Site": {"same-origin"}}}, {"", crossSite}} {
		for method, path := range map[string]string{http.MethodGet: "invocation/next", http.MethodPost: "invocation/1/response"} {
			if status, body := ask(method, path, page.host, page.header); status != http.StatusForbidden || strings.Contains(body, "token") {
				t.Errorf("%s %s from %q with %v: got %d %s", method, path, page.host, page.header, status, body)
			}
		}
	}
	if status, body := ask(http.MethodGet, "invocation/next", "", nil); status != http.StatusOK || body != event {
		t.Errorf("the function itself: got %d %s", status, body)
	}
}
