package local_test

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

const (
	appsOfUsers = `[
		{"name": "etl", "kind": "service", "scopes": ["system/*.rs"]},
		{"name": "ward", "kind": "public", "scopes": ["openid", "user/*.cruds"], "groups": ["clinicians"], "callbackUrls": ["` + userCallback + `"]},
		{"name": "rounds", "kind": "public", "scopes": ["openid", "user/*.rs"], "callbackUrls": ["` + userCallback + `"]}]`
	usersOfApps = `[
		{"username": "ann", "email": "ann@example.org", "password": "Correct-horse-1", "patient": "patient-001", "fhirUser": "Patient/patient-001"},
		{"username": "bob", "email": "bob@example.org", "password": "Correct-horse-1", "fhirUser": "Practitioner/practitioner-1", "groups": ["night", "clinicians"]},
		{"username": "cat", "email": "cat@example.org", "password": "Correct-horse-1", "fhirUser": "Practitioner/practitioner-2"}]`
)

// tokensOf signs a user in at a client, with all its scopes.
func (a app) tokensOf(client, username string) map[string]any {
	a.t.Helper()
	c := a.client(client)
	back := a.signInAt(a.cloud.HostedDomain+"/oauth2/authorize?"+url.Values{
		"response_type": {"code"}, "client_id": {c.ID}, "redirect_uri": {userCallback}, "scope": {strings.Join(c.Scopes, " ")},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(codeVerifier)}, "code_challenge_method": {"S256"},
	}.Encode(), username, "Correct-horse-1")
	status, answer := a.ask(c, url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {userCallback}, "code_verifier": {codeVerifier},
	})
	if status != http.StatusOK {
		a.t.Fatalf("%s at %s: %d %v", username, client, status, answer)
	}
	return answer
}

func TestEveryUserSignsInAtEveryClientAndOnlyItsOwnGetAnything(t *testing.T) {
	cloud := start(t, "dev", map[string]string{"clients": appsOfUsers, "testUsers": usersOfApps})
	a := newApp(t, cloud)
	for _, c := range []struct{ client, user, reason string }{
		{"ward", "ann", "group_missing"},
		{"ward", "bob", ""},
		{"ward", "cat", "group_missing"},
		{"rounds", "ann", "fhir_user_type_not_allowed"},
		{"rounds", "bob", ""},
		{"rounds", "cat", ""},
	} {
		token, _ := a.tokensOf(c.client, c.user)["access_token"].(string)
		status, answer := a.fhir(http.MethodGet, "Patient?_count=1", token)
		if c.reason == "" && status != http.StatusOK {
			t.Errorf("%s at %s: %d %v", c.user, c.client, status, answer)
		}
		if c.reason != "" && (status == http.StatusOK || !strings.Contains(fmt.Sprint(answer), c.reason)) {
			t.Errorf("%s at %s: %d %v, want %s", c.user, c.client, status, answer, c.reason)
		}
	}
}

func TestTheGroupsOfAUserAreInBothTokensAndOnThePage(t *testing.T) {
	cloud := start(t, "dev", map[string]string{"clients": appsOfUsers, "testUsers": usersOfApps})
	a := newApp(t, cloud)
	for user, want := range map[string]any{"bob": []any{"clinicians", "night"}, "cat": nil} {
		tokens := a.tokensOf("rounds", user)
		for _, token := range []string{"access_token", "id_token"} {
			if got := claimsOf(t, tokens[token])["cognito:groups"]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s of %s: groups %v, want %v", token, user, got, want)
			}
		}
	}
	_, _, page := a.answerTo(newRequest(t, http.MethodGet, cloud.Page, nil))
	for _, want := range []string{
		"May be used by users in clinicians; for user/ scopes, those whose fhirUser is a Practitioner.",
		"May be used by every user of the pool; for user/ scopes, those whose fhirUser is a Practitioner.",
		`data-label="Groups">clinicians, night</td>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestMadeUpUsersAreInTheGroupsOfTheClientsThatAreForThem(t *testing.T) {
	const clients = `[
		{"name": "etl", "kind": "service", "scopes": ["system/*.rs"]},
		{"name": "ward", "kind": "public", "scopes": ["user/*.rs"], "groups": ["clinicians"], "callbackUrls": ["` + userCallback + `"]},
		{"name": "mine", "kind": "public", "scopes": ["patient/*.rs"], "groups": ["patients"], "callbackUrls": ["` + userCallback + `"]}]`
	cloud := start(t, "dev", map[string]string{"clients": clients})
	got := map[string][]string{}
	for _, user := range cloud.Users {
		got[user.Name] = user.Groups
	}
	if want := map[string][]string{"patient": {"patients"}, "practitioner": {"clinicians"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
