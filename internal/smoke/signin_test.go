package smoke_test

import (
	"crypto/tls"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// withoutService runs the smoke test on a stack without a service client, and returns what
// became of each check as "status detail".
func withoutService(t *testing.T, users func(*local.Cloud) []app.User) (map[string]string, []smoke.Result) {
	t.Helper()
	cloud := localtest.Start(t, "dev", map[string]string{"clients": `[
	  {"name":"app","kind":"public","scopes":["openid","launch/patient","patient/*.cruds"],"callbackUrls":["http://localhost:3000/callback"]},
	  {"name":"clinic","kind":"confidential","scopes":["openid","user/*.rs"],"fhirUserTypes":["Practitioner"],"callbackUrls":["https://clinic.example.org/"]}]`}, nil)
	content, err := os.ReadFile(cloud.OutputsFile)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := outputs.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}}}
	results, err := smoke.Run(t.Context(), smoke.Options{Stack: stack, Client: client, Users: users(cloud), Write: true})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]string{}
	for _, result := range results {
		byName[result.Name] = string(result.Status) + " " + result.Detail
	}
	return byName, results
}

func usersOf(t *testing.T) func(*local.Cloud) []app.User {
	return func(cloud *local.Cloud) []app.User {
		users, err := local.ReadUsers(cloud.Dir)
		if err != nil || len(users) != 2 {
			t.Fatalf("the users are %v, %v", users, err)
		}
		return users
	}
}

func TestUsersSignInAtALocalCloudWithoutAServiceClient(t *testing.T) {
	got, results := withoutService(t, usersOf(t))
	for name, want := range map[string]string{
		"token for app as user patient":           "passed scopes openid launch/patient patient/*.cruds, valid for 1h0m0s",
		"token for clinic as user practitioner":   "passed scopes openid user/*.rs, valid for 1h0m0s",
		"search as app":                           "passed GET Patient?_count=1: 1 found",
		"read as clinic":                          "passed GET Patient by the id that the search found",
		"refused: no token":                       "passed 401",
		"refused: an ID token":                    "passed 401",
		"refused: a read-only token that deletes": "passed as clinic: 40",
		"still granted: the valid token":          "passed 200",
		"create":                                  "skipped only a service client writes",
	} {
		if !strings.HasPrefix(got[name], want) {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	for _, result := range results {
		if result.Status == smoke.Failed || strings.Contains(result.Detail, "Local-p") {
			t.Errorf("%s: %s %s", result.Name, result.Status, result.Detail)
		}
	}
}

func TestWithoutAServiceClientAndUsersWhatNeedsATokenIsSkipped(t *testing.T) {
	got, results := withoutService(t, func(*local.Cloud) []app.User { return nil })
	for name, want := range map[string]string{
		"discovery document is valid":    "passed ",
		"key set is served":              "passed ",
		"token":                          "skipped the stack has no client of kind service, and the smoke test signs users in only at a local cloud",
		"refused: no token":              "skipped no search with a valid token succeeded",
		"refused: clinic without a user": "passed 400 unauthorized_client",
	} {
		if !strings.HasPrefix(got[name], want) {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	if report := (smoke.Report{Results: results}); !report.OK() || report.Count(smoke.Failed) > 0 {
		t.Errorf("got %s", report.Summary())
	}
}
