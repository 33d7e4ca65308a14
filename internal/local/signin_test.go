package local_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

const (
	testUsers     = `[{"username":"ann","email":"ann@example.org","password":"Correct-horse-1","patient":"patient-001"}]`
	userCallback  = "http://localhost:3000/callback"
	codeVerifier  = "a-verifier-of-more-than-forty-three-characters-0123456789"
	launchedScope = "openid launch/patient patient/*.rs"
)

// signIn goes through the hosted pages as a declared user, and returns where the
// browser is sent in the end.
func (a app) signIn(username, password string) *url.URL {
	a.t.Helper()
	return a.signInAt(a.cloud.HostedDomain+"/oauth2/authorize?"+url.Values{
		"response_type": {"code"}, "client_id": {a.client("app").ID}, "redirect_uri": {userCallback}, "state": {"s"}, "scope": {launchedScope},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(codeVerifier)}, "code_challenge_method": {"S256"},
	}.Encode(), username, password)
}

// signInAt begins at an URL of the authorize endpoint.
func (a app) signInAt(entry, username, password string) *url.URL {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, entry, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	back, err := hosted.SignIn(a.http, request, userCallback, hosted.User{Name: username, Password: password})
	if err != nil {
		a.t.Fatal(err)
	}
	return back
}

// launch signs ann in and returns her tokens.
func (a app) launch() map[string]any {
	a.t.Helper()
	back := a.signIn("ANN@example.org", "Correct-horse-1")
	status, answer := a.ask(a.client("app"), url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {userCallback}, "code_verifier": {codeVerifier},
	})
	if status != http.StatusOK || back.Query().Get("state") != "s" {
		a.t.Fatalf("sent to %s, then %d %v", back, status, answer)
	}
	return answer
}

// claimsOf reads a token without judging it.
func claimsOf(t *testing.T, token any) map[string]any {
	t.Helper()
	return partOf(t, token, 1)
}

// partOf is the header of a token, 0, or its claims, 1.
func partOf(t *testing.T, token any, part int) map[string]any {
	t.Helper()
	content, err := base64.RawURLEncoding.DecodeString(strings.Split(token.(string), ".")[part])
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(content, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

func TestADeclaredUserLaunchesTheAppAndReadsWithHerPatientClaim(t *testing.T) {
	cloud := start(t, "dev", map[string]string{"testUsers": testUsers})
	a := newApp(t, cloud)
	tokens := a.launch()
	access, id := claimsOf(t, tokens["access_token"]), claimsOf(t, tokens["id_token"])
	if access["patient"] != "patient-001" || access["username"] != "ann" || access["scope"] != launchedScope || access["client_id"] != a.client("app").ID {
		t.Errorf("access token %v: the declared trigger is to add the patient", access)
	}
	if id["email"] != "ann@example.org" || id["sub"] != access["sub"] || id["exp"].(float64)-id["iat"].(float64) != 3600 {
		t.Errorf("ID token %v", id)
	}
	if status, answer := a.fhir(http.MethodGet, "Patient/patient-001", tokens["access_token"].(string)); status != http.StatusOK {
		t.Errorf("got %d %v", status, answer)
	}
	status, refreshed := a.ask(a.client("app"), url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}})
	if status != http.StatusOK || claimsOf(t, refreshed["access_token"])["patient"] != "patient-001" {
		t.Errorf("refresh: got %d %v", status, refreshed)
	}
}

func TestAFailingTriggerKeepsUsersOutAndServicesIn(t *testing.T) {
	cloud := start(t, "dev", map[string]string{"testUsers": testUsers, "launchContext.function.archive": localtest.ScriptArchive(t, "#!/bin/sh\n"+"exit 1"+"\n")})
	a := newApp(t, cloud)
	query := a.signIn("ann", "Correct-horse-1").Query()
	want := "PreTokenGeneration failed with error the function ended during its start; its log says why."
	if query.Get("error") != "invalid_request" || query.Get("error_description") != want || query.Get("state") != "s" || query.Has("code") {
		t.Errorf("sent back with %v", query)
	}
	a.token("etl", "system/*.*")
}

func TestABrokenKeySetAndASkewedClockLetNobodyPass(t *testing.T) {
	for name, c := range map[string]struct {
		skew  time.Duration
		fault cognito.KeySetFault
	}{
		"a broken key set":   {0, cognito.KeySetFault{Broken: true}},
		"garbage":            {0, cognito.KeySetFault{Garbage: true}},
		"tokens of the past": {-2 * time.Hour, cognito.KeySetFault{}},
	} {
		cloud := localtest.Start(t, "dev", nil, func(o *local.Options) {
			o.Now = func() time.Time { return time.Now().Add(c.skew) }
		})
		cloud.AuthorizationServer.SetKeySetFault(c.fault)
		a := newApp(t, cloud)
		token := a.token("etl", "system/*.*")
		if status, answer := a.fhir(http.MethodGet, "Patient", token); status != http.StatusUnauthorized && status != http.StatusForbidden {
			t.Errorf("%s: got %d %v", name, status, answer)
		}
	}
}

func TestTokensOfBeforeAndAfterARotationBothPass(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	before := a.token("etl", "system/*.*")
	if err := cloud.AuthorizationServer.Rotate(); err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"former": before, "new": a.token("etl", "system/*.*")} {
		if status, answer := a.fhir(http.MethodGet, "Patient", token); status != http.StatusOK {
			t.Errorf("the %s token: got %d %v", name, status, answer)
		}
	}
}
