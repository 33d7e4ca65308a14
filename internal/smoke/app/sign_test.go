package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

func TestOnlyTheTwoRequestsThatHealthLakeDocumentsSoAreSigned(t *testing.T) {
	credentials := &app.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "hunter2", SessionToken: "session", Region: "eu-west-1"}
	var seen []string
	a, address := against(t, func(_ http.ResponseWriter, r *http.Request) {
		authorization, token := r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token")
		signed := strings.HasPrefix(authorization, "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/") && strings.Contains(authorization, "/eu-west-1/healthlake/aws4_request, ") &&
			strings.Contains(authorization, "SignedHeaders=accept;host;x-amz-date;x-amz-security-token, ") && token == "session"
		if !signed && (authorization != "" || token != "") {
			t.Errorf("half signed: %q %q", authorization, token)
		}
		seen = append(seen, r.URL.Path+map[bool]string{true: " signed"}[signed])
	})
	for _, send := range []func() (app.Answer, error){
		func() (app.Answer, error) { return a.Discover(t.Context(), credentials) },
		func() (app.Answer, error) { return a.Describe(t.Context(), credentials) },
		func() (app.Answer, error) { return a.Discover(t.Context(), nil) },
		func() (app.Answer, error) { return a.Describe(t.Context(), nil) },
		func() (app.Answer, error) { return a.FHIR(t.Context(), app.Request{Path: "Patient"}) },
		func() (app.Answer, error) { return a.Fetch(t.Context(), address+"/keys") },
	} {
		if _, err := send(); err != nil {
			t.Fatal(err)
		}
	}
	const want = "/r4/.well-known/smart-configuration signed|/r4/metadata signed|/r4/.well-known/smart-configuration|/r4/metadata|/r4/Patient|/keys"
	if got := strings.Join(seen, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCredentialsOfTheEnvironmentAreForHealthLakeAlone(t *testing.T) {
	const datastore = "https://healthlake.eu-west-2.amazonaws.com/datastore/1/r4/"
	for _, c := range []struct {
		name, id, secret, token, endpoint string
		want                              *app.Credentials
		problem                           string
	}{
		{"temporary ones", "a", "b", "c", datastore, &app.Credentials{AccessKeyID: "a", SecretAccessKey: "b", SessionToken: "c", Region: "eu-west-2"}, ""},
		{"lasting ones", "a", "b", "", datastore, &app.Credentials{AccessKeyID: "a", SecretAccessKey: "b", Region: "eu-west-2"}, ""},
		{"none", "", "", "", datastore, nil, ""},
		{"a front door", "a", "b", "c", "https://fhir.example.org/r4/", nil, ""},
		{"a local cloud", "a", "b", "c", "https://127.0.0.1:8443/datastore/1/r4/", nil, ""},
		{"a host that looks like it", "a", "b", "c", "https://healthlake.eu-west-2.amazonaws.com.example.org/", nil, ""},
		{"no secret", "a", "", "c", datastore, nil, "AWS_SECRET_ACCESS_KEY: empty in the environment: AWS_ACCESS_KEY_ID goes with it"},
		{"no id", "", "b", "c", datastore, nil, "AWS_ACCESS_KEY_ID: empty in the environment: AWS_SECRET_ACCESS_KEY goes with it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", c.id)
			t.Setenv("AWS_SECRET_ACCESS_KEY", c.secret)
			t.Setenv("AWS_SESSION_TOKEN", c.token)
			got, err := app.FromEnvironment(c.endpoint)
			if c.problem != "" {
				if err == nil || err.Error() != c.problem {
					t.Errorf("got %v, want %s", err, c.problem)
				}
				return
			}
			if err != nil || (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
