package local_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// A denial says in an issue of its own why, in sentences. AWS has nothing like it, so the
// status, the code and the first issue are what they would be without.
func TestADenialSaysInWordsWhy(t *testing.T) {
	cloud := start(t, "dev", map[string]string{"clients": appsOfUsers, "testUsers": usersOfApps})
	a := newApp(t, cloud)
	good := a.token("etl", "system/*.rs")
	ann, _ := a.tokensOf("ward", "ann")["access_token"].(string)
	for _, c := range []struct {
		token, code, reason, words string
		status                     int
	}{
		{
			ann, "forbidden", "group_missing",
			"no scope counts, because the client is for users of other groups. " +
				"user/*.cruds did not count: this client is for users in clinicians, and the user is in no group.", http.StatusForbidden,
		},
		// Claims that nobody vouches for are not explained.
		{changed(good, 1), "login", "signature_invalid", "the signature does not fit the token: somebody changed it, or another key signed it.", http.StatusUnauthorized},
		{"x", "login", "token_malformed", "the token is not a JWT of three parts. Send the access token as the token endpoint gave it.", http.StatusUnauthorized},
	} {
		status, answer := a.fhir(http.MethodGet, "Patient?_count=1", c.token)
		want := []any{
			map[string]any{"severity": "error", "code": c.code, "diagnostics": "the validator refused the token: " + c.reason},
			map[string]any{"severity": "information", "code": "informational", "diagnostics": "local cloud: Refused: " + c.words},
		}
		if status != c.status || !reflect.DeepEqual(answer["issue"], want) {
			t.Errorf("%s: got %d %v, want %d %v", c.reason, status, answer["issue"], c.status, want)
		}
	}
	// What is no denial of the validator has no words.
	if status, answer := a.fhir(http.MethodGet, "Patient/not-there", good); status != http.StatusNotFound || len(answer["issue"].([]any)) != 1 ||
		strings.Contains(diagnostics(answer), "local cloud") {
		t.Errorf("got %d %v", status, answer)
	}
}
