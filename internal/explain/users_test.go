package explain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/explain"
)

// explained is the text and the concerns of a stack with these clients.
func explained(t *testing.T, clients string) (text string, open []string) {
	t.Helper()
	explanation, err := explain.Graph(declaredtest.Graph(t, "dev", map[string]string{"clients": clients}))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := explanation.Text(&out); err != nil {
		t.Fatal(err)
	}
	return out.String(), explanation.Unprotected
}

func TestItIsSaidOfEachClientWhoMayUseItAndWhatIsOpen(t *testing.T) {
	app := func(rest string) string {
		return `[{"name": "c", "kind": "public", "callbackUrls": ["https://a.example/"], ` + rest + `}]`
	}
	const (
		everyone = "client c: it has no groups, so it may be used by every user of the pool"
		held     = "client c: only fine-grained authorization limits the user/ scopes of a Patient to their own records"
	)
	for what, c := range map[string]struct {
		clients, used, counts string
		open                  []string
	}{
		"a service": {`[{"name": "c", "kind": "service", "scopes": ["system/*.rs"]}]`, "the holder of its secret (no user)", "in every token that requests it", nil},
		"an app for patients": {app(`"scopes": ["patient/*.rs"]`), "every user of the pool", "in tokens of users with a patient",
			[]string{everyone}},
		"an app for clinicians": {app(`"scopes": ["user/*.rs"]`), "every user of the pool; for user/ scopes, those whose fhirUser is a Practitioner",
			"counts: in tokens of users whose fhirUser is a Practitioner", []string{everyone + "; for user/ scopes, those whose fhirUser is a Practitioner"}},
		"an app for some groups": {app(`"scopes": ["user/*.rs"], "groups": ["nurses", "clinicians"], "fhirUserTypes": ["Practitioner", "Patient"]`),
			"users in clinicians or nurses; for user/ scopes, those whose fhirUser is a Patient or a Practitioner",
			"counts: in tokens of users whose fhirUser is a Patient or a Practitioner", []string{held}},
	} {
		t.Run(what, func(t *testing.T) {
			text, open := explained(t, c.clients)
			if line := "  may be used by     " + c.used + "\n"; !strings.Contains(text, line) || !strings.Contains(text, c.counts) {
				t.Errorf("want %q and %q in\n%s", line, c.counts, text)
			}
			for _, concern := range []string{everyone, everyone + "; for user/ scopes, those whose fhirUser is a Practitioner", held} {
				if got, want := slices.Contains(open, concern), slices.Contains(c.open, concern); got != want {
					t.Errorf("%q is said: %t, want %t", concern, got, want)
				}
			}
		})
	}
}

func TestItIsSaidWhichClientReachesEveryPatientAndWhichRoleNoneCanGet(t *testing.T) {
	e, err := explain.Graph(declaredtest.Graph(t, "dev", map[string]string{"clients": `[
		{"name": "reporting", "kind": "service", "scopes": ["system/*.rs"]},
		{"name": "labs", "kind": "service", "scopes": ["system/Observation.rs"]},
		{"name": "app", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example/"]}]`}))
	if err != nil {
		t.Fatal(err)
	}
	for concern, want := range map[string]bool{
		"client reporting: system/*.rs reads every resource of every patient":                                                  true,
		"client reporting: it can export the whole datastore, with smart-validator-export":                                     true,
		"client labs: it can export the whole datastore, with smart-validator-export":                                          false,
		"client app: smart-door requires PKCE; Cognito does not, so an app that signs in at Cognito's own address must use it": true,
	} {
		if slices.Contains(e.Unprotected, concern) != want {
			t.Errorf("%q is said: %t, want %t", concern, !want, want)
		}
	}
	roles := map[string]string{}
	for _, role := range e.Roles {
		roles[role.Name] = role.For
	}
	for role, want := range map[string]string{
		"smart-validator-read":      "tokens of client app, client labs, client reporting",
		"smart-validator-write":     "no client of this stack can get it",
		"smart-validator-export":    "tokens of client reporting",
		"smart-validator-execution": "",
	} {
		if roles[role] != want {
			t.Errorf("%s: for %q, want %q", role, roles[role], want)
		}
	}
}

func TestTheWordsOfAnExplanationAreThoseOfItsDatastore(t *testing.T) {
	for fine, want := range map[string]string{
		"true":  "what HealthLake finds to be the records of the token's fhirUser, because of fine-grained authorization; how it does so for others than patients is unverified",
		"false": "every resource of the scope's types, of every patient: without fine-grained authorization nothing limits it to the records of the token's fhirUser",
	} {
		e, err := explain.Graph(declaredtest.Graph(t, "dev", map[string]string{"fineGrainedAuthorization": fine}))
		if err != nil {
			t.Fatal(err)
		}
		if term := (explain.Term{Phrase: "that the user may see", Means: want}); !slices.Contains(e.Terms, term) {
			t.Errorf("fine-grained %s: got %+v", fine, e.Terms)
		}
	}
}
