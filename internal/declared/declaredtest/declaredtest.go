// Package declaredtest holds what the tests of the packages that read a declared stack
// share: the stacks of this repository, ones with everything switched on, and golden
// files.
package declaredtest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Account that the stacks are deployed to.
const Account = "123456789012"

// TheirPool is a user pool that somebody else looks after.
const TheirPool = "us-east-1_Abc123XyZ"

// Stacks are the stacks that come with the program.
func Stacks() []string { return []string{"dev", "prod"} }

// Stack is one of [Stacks], with other values for some of its keys.
type Stack struct {
	Name      string
	Overrides map[string]string
}

// EveryStack are stacks that together declare all that the program can, by what they are.
func EveryStack() map[string]Stack {
	return map[string]Stack{
		"dev":           {"dev", nil},
		"prod":          {"prod", nil},
		"everything":    {"dev", Everything()},
		"existing pool": {"dev", map[string]string{"existingUserPool": `{"id":"` + TheirPool + `"}`}},
		"groups":        {"dev", Groups()},
	}
}

// Everything is all that can be switched on beside a user pool that the stack makes.
func Everything() map[string]string {
	const (
		hospital = `{"name":"Hospital","kind":"oidc","issuer":"https://id.example.org","clientId":"smartlake","clientSecret":"for-a-test-only",` +
			`"attributeMapping":{"email":"email"}}`
		university = `{"name":"University","kind":"saml","metadataUrl":"https://idp.example.org/metadata","attributeMapping":{"email":"mail"}}`
	)
	return map[string]string{
		"alarms.emails": `["ops@example.org","doctor@example.org"]`,
		"bulkData":      "{}",
		"customDomain": `{"name":"auth.example.org","certificateArn":"arn:aws:acm:us-east-1:444455556666:certificate/00000000-0000-0000-0000-000000000000",` +
			`"zoneId":"Z0123456789ABC"}`,
		"customerManagedKey": "true",
		"dashboard":          "true",
		"frontDoor": `{"allowedOrigins":["https://app.example.org"],` +
			`"customDomain":{"name":"fhir.example.org","certificateArn":"arn:aws:acm:us-east-1:444455556666:certificate/00000000-0000-0000-0000-000000000000",` +
			`"zoneId":"Z0123456789ABC"}}`,
		"function.provisionedConcurrency": `{"executions":2,"maxExecutions":10,"schedules":[{"name":"day","schedule":"cron(0 7 ? * MON-FRI *)","executions":5}]}`,
		"function.reservedConcurrency":    "20",
		"function.tracing":                "true",
		"identityProviders":               `[` + hospital + `,` + university + `]`,
		"testUsers":                       `[{"username":"ann","email":"ann@example.org","password":"Correct-Horse-1","patient":"p1"}]`,
		"userPool.advancedSecurity":       "AUDIT",
		"userPool.mfa":                    "OPTIONAL",
		"userPool.tier":                   "PLUS",
	}
}

// Groups is an app for the users of one group, and a user in it.
func Groups() map[string]string {
	return map[string]string{
		"clients":   `[{"name":"c","kind":"public","callbackUrls":["https://a.example/"],"scopes":["user/*.rs"],"groups":["nurses"]}]`,
		"testUsers": `[{"username":"ann","email":"a@example.org","password":"Passw0rd!","groups":["nurses"]}]`,
	}
}

// Graph is what a stack of this repository declares in [Account], with some values
// replaced.
func Graph(t testing.TB, stack string, overrides map[string]string) *declared.Graph {
	t.Helper()
	return Changed(t, stack, overrides, func(s *declared.Stack) { s.Account = Account })
}

// Changed is [Graph] after a change to what was loaded: by itself it has no account.
func Changed(t testing.TB, stack string, overrides map[string]string, change func(*declared.Stack)) *declared.Graph {
	t.Helper()
	loaded, err := declared.LoadStack(".", stack, overrides)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&loaded)
	}
	g, err := declared.By(loaded)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Run is the graph of a program that is not this repository's.
func Run(t testing.TB, program pulumi.RunFunc) *declared.Graph {
	t.Helper()
	g, err := declared.Run(program, declared.Stack{Project: "p", Name: "s", Account: Account, Config: map[string]string{"aws:region": "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// AssertNothingMadeUp compares what several stand-ins for AWS, which make up different
// values, lead to in the artefacts of every stack: nothing that they made up may be there.
func AssertNothingMadeUp(t *testing.T, artefacts func(*declared.Graph) map[string]string) {
	t.Helper()
	for what, stack := range EveryStack() {
		in := func(seed, account string) map[string]string {
			return artefacts(Changed(t, stack.Name, stack.Overrides, func(s *declared.Stack) { s.Seed, s.Account = seed, account }))
		}
		first, second, elsewhere := in("first", "111122223333"), in("second", "111122223333"), in("first", "999988887777")
		for name, text := range first {
			if text != second[name] {
				t.Errorf("%s: %s: two stand-ins gave\n%s\nand\n%s", what, name, text, second[name])
			}
			if want := strings.ReplaceAll(text, "111122223333", "999988887777"); elsewhere[name] != want {
				t.Errorf("%s: %s: another account gave\n%s\nwant\n%s", what, name, elsewhere[name], want)
			}
		}
	}
}

// AssertGolden compares text with a file of testdata, whole.
func AssertGolden(t testing.TB, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path) //nolint:gosec // of this repository
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what is declared now; look at the difference after: make golden\ngot\n%s", path, got)
	}
}

// AssertSection compares what stands in a file between the comments "<!-- name -->" and
// "<!-- /name -->", each on a line of its own.
func AssertSection(t testing.TB, path, name, want string) {
	t.Helper()
	text, err := os.ReadFile(path) //nolint:gosec // of this repository
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
	head, rest, found := strings.Cut(string(text), begin)
	got, tail, closed := strings.Cut(rest, end)
	switch {
	case !found || !closed:
		t.Fatalf("%s: nothing between %q and %q", path, begin, end)
	case got == want:
	case *update:
		if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o600); err != nil { //nolint:gosec // of this repository
			t.Fatal(err)
		}
	default:
		t.Errorf("%s: not what is computed now between %q and its end; look at the difference after: go test -run '^%s$' -update\ngot\n%s\nwant\n%s", path, begin, t.Name(), got, want)
	}
}

// JSON is a value as indented JSON.
func JSON(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}
