package local_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

func TestTheCloudFailsOnDemandAndRecovers(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	token := a.token("etl", "system/*.*")
	if status, answer := a.fhir(http.MethodGet, "Patient", token); status != http.StatusOK {
		t.Fatalf("before: %d %v", status, answer)
	}
	for _, c := range []struct {
		fault, want string
		status      int
	}{
		{"validator-slow", "Timeout during custom Idp execution.", 403},
		{"validator-error", "the function failed: Fault: on demand", 403},
		{"validator-crash", "the function ended without an answer; its log says why", 403},
		{"throttle", "rate exceeded", 429},
		{"unavailable", "the service is unavailable", 503},
	} {
		if err := cloud.SetFault(c.fault, true); err != nil {
			t.Fatal(err)
		}
		status, answer := a.fhir(http.MethodGet, "Patient", token)
		if text, _ := json.Marshal(answer); status != c.status || !strings.Contains(string(text), c.want) {
			t.Errorf("%s: got %d %s, want %d with %q", c.fault, status, text, c.status, c.want)
		}
		for _, name := range []string{c.fault, "validator-slow"} { // to end what is not set does nothing
			if err := cloud.SetFault(name, false); err != nil {
				t.Fatal(err)
			}
		}
		if status, answer := a.fhir(http.MethodGet, "Patient", token); status != http.StatusOK {
			t.Errorf("after %s: %d %v", c.fault, status, answer)
		}
	}
	const want = `fault: "x": must be one of clock-skew, discovery-limited, front-door-error, front-door-slow, front-door-throttled, key-set-broken, key-set-garbage, key-set-slow, rotate-keys, throttle, unavailable, validator-crash, validator-error, validator-slow`
	if err := cloud.SetFault("x", true); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestTheDatastoreServesAFHIRServersResources(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token left the cloud")
		}
		_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"searchset","total":1,"entry":[{"resource":{"resourceType":"Patient","id":"theirs"}}]}`)
	}))
	defer server.Close()
	archive, err := machine.Validator.Archive(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := declared.LoadStack("../..", "dev", map[string]string{"function.archive": archive, "function.architecture": machine.Architecture()})
	if err != nil {
		t.Fatal(err)
	}
	options := local.Options{Program: program.With(stack.Config), Stack: stack, FHIRURL: server.URL}
	cloud, err := local.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cloud.Close() }()
	a := newApp(t, cloud)
	if status, answer := a.fhir(http.MethodGet, "Patient", a.token("etl", "system/*.*")); status != http.StatusOK || answer["total"] != 1.0 {
		t.Errorf("got %d %v", status, answer)
	}
	if err := cloud.Walk(t.Context(), func(local.Step) {}); err != nil {
		t.Error(err)
	}
	options.FHIRURL = "ftp://example.org"
	if _, err := local.Start(options); err == nil || !strings.HasPrefix(err.Error(), `the FHIR server behind: "ftp://example.org": must be `) {
		t.Errorf("got %v", err)
	}
}
